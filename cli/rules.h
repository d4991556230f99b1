/* Inside cli/ only: what the `hmis rules` commands and `hmis claim check` share. */
#pragma once

#include "claims/rules/rules.h"

/* Instant that examples are judged at: 2026-07-16 12:00, the day after the base claims' last visit. */
#define RULES_CLI_TEST_NOW INT64_C(1784178000)

/* Adds a rule file to a set; errors carry "file:line:column" in e->field. */
int rules_cli_load(struct rule_set *set, const char *path, struct err *e);
/* Markdown: one rule, or all of them by table. */
void rules_cli_describe(const struct rule_set *set, size_t rule, struct buf *out);
void rules_cli_document(const struct rule_set *set, struct buf *out);
/*
 * Judges, with these catalogues, every base claim (nothing critical may be found) and every example (exactly
 * its rule and those it names may be found in addition to what the base claim gives); prints what differs.
 * EXIT_GOOD or EXIT_FINDINGS.
 */
int rules_cli_test(const struct rule_set *set, const struct rule_catalog *catalog);

/*
 * Reads catalogues: a folder (every NAME.tsv in it must be a catalogue) or one file NAME.tsv. Errors name
 * "file:line:column".
 */
int rules_cli_catalogs(struct rule_catalog_rows *rows, const char *path, struct err *e);
