/*
 * A catalogue source filled with rows: what a facility's database, or files beside a claim, know on top of
 * the built-in catalogues. Fill it, then judge with it:
 *
 *     struct rule_catalog_rows *rows = rule_catalog_rows_new(arena);
 *     rule_catalog_rows_read(rows, "drug", text, e);          // a TSV, or …_add_text with rows from SQL
 *     struct rule_catalog source = rule_catalog_rows_source(rows);
 *     options.catalog = &source;
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "claims/rules/catalog.h"

#define RULE_CATALOG_KEY_MAX 200u                  /* bytes of one row's keys together */
#define RULE_CATALOG_PERIODS_MAX 1000u             /* rows of one catalogue with the same keys */
#define RULE_CATALOG_BYTES_MAX ((size_t)768 << 20) /* of all rows; the arena must allow as much */

struct rule_catalog_rows; /* lives in an arena */

/* Empty: no catalogue is present. Never NULL. */
struct rule_catalog_rows *rule_catalog_rows_new(struct arena *a);
/* The catalogue is here even if it has no rows: it replaces a built-in one of that name. */
void rule_catalog_rows_present(struct rule_catalog_rows *r, unsigned catalog);
/*
 * Adds one row and marks the catalogue present. key: as many as the catalogue has, not empty; in disease
 * codes the dot counts for nothing. from, to: yyyyMMdd, both included, 0 = open. cell: one text per
 * attribute, empty = missing; bool t or f, number with at most the attribute's decimals, date yyyyMMdd or
 * yyyy-MM-dd, time yyyyMMddHHmm. Of several rows that are valid on a day the one added first answers.
 * In a catalogue of several keys that is not a built-in one, "*" in place of a key then finds whether there
 * is any row with the others (its attributes are missing).
 * Everything is copied. 0, ERR_INPUT, ERR_OVERFLOW or ERR_LIMIT with "catalogue:attribute" (key1 …, from, to)
 * in e->field; then nothing was added.
 */
int rule_catalog_rows_add(struct rule_catalog_rows *r, unsigned catalog, const struct slice *key,
    int32_t from, int32_t to, const struct slice *cell, struct err *e);
/*
 * Reads one catalogue as TSV with a header: columns key1 …, from, to (yyyyMMdd or yyyy-MM-dd, both included,
 * empty = open) and the names of attributes, in any order. Keys must be there; a column left out is open or
 * missing. Errors as above with "name:line:column" in e->field; rows before the faulty one stay, so throw r
 * away. ERR_NOT_FOUND: there is no such catalogue.
 */
int rule_catalog_rows_read(struct rule_catalog_rows *r, const char *name, struct slice tsv, struct err *e);
/*
 * The same without header, as claim.catalog_rows() gives it: lines of keys, from, to and all attributes in
 * the order of catalogs.tsv, separated by tabs. No lines: the catalogue is present and empty.
 */
int rule_catalog_rows_add_text(
    struct rule_catalog_rows *r, struct slice name, struct slice lines, struct err *e);
/* Number of rows of a catalogue. */
size_t rule_catalog_rows_count(const struct rule_catalog_rows *r, unsigned catalog);
/*
 * The source: catalogues that are present here, the built-in ones for the rest. It borrows r; lookups
 * allocate nothing.
 */
struct rule_catalog rule_catalog_rows_source(struct rule_catalog_rows *r);
