/* hmis rules: read, list, explain, test and document the rules that judge claims, offline. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "claims/rules/rules.h"
#include "claims/xml.h"
#include "cli/command.h"
#include "cli/rules.h"

#define OUTPUT_MAX ((size_t)16 << 20)

int
rules_cli_load(struct rule_set *set, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, RULE_FILE_MAX + 1);
	int rc = buf_read_file(&text, path, e);
	if (rc == 0)
		rc = rule_set_load(set, path, buf_slice(&text), e);
	buf_free(&text);
	return rc;
}

/* Errors of a rule file carry their own place: "file:line:column". */
static int
report(const struct err *e)
{
	fprintf(stderr, "%s: %s\n", e->field, e->detail);
	return EXIT_UNUSABLE;
}

static int
load_all(struct rule_set *set, int argc, char **argv)
{
	struct err e = { 0 };
	if (rule_set_load_builtin(set, &e) < 0)
		return report(&e);
	for (int i = 1; i < argc; i++)
		if (rules_cli_load(set, argv[i], &e) < 0)
			return report(&e);
	return EXIT_GOOD;
}

static int
run_check(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct rule_set *set = rule_set_new(a);
	if (argc < 2) {
		arena_free(a);
		return command_fail("usage: hmis rules check FILE…");
	}
	int rc = load_all(set, argc, argv);
	if (rc == EXIT_GOOD)
		printf("%zu rules, version %s\n", rule_count(set), rule_set_version(set));
	arena_free(a);
	return rc;
}

static const char *
table_name(const struct rule_info *r)
{
	return r->table >= 0 ? claim_tables[r->table].name : r->table == RULE_ON_CLAIM ? "claim" : "other";
}

static int
run_list(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct rule_set *set = rule_set_new(a);
	int rc = load_all(set, argc, argv);
	for (size_t i = 0; rc == EXIT_GOOD && i < rule_count(set); i++) {
		const struct rule_info *r = rule_at(set, i);
		printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r->id, table_name(r),
		    rule_severity_name((enum rule_severity)r->severity),
		    rule_state_name((enum rule_state)r->state), r->source, r->certainty,
		    r->state == RULE_OFF ? r->off_reason : r->vi);
	}
	arena_free(a);
	return rc;
}

static int
run_explain(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct rule_set *set = rule_set_new(a);
	int rc = argc < 2 ? command_fail("usage: hmis rules explain ID…") : load_all(set, 1, argv);
	for (int i = 1; rc == EXIT_GOOD && i < argc; i++) {
		int rule = rule_find(set, slice_of(argv[i]));
		if (rule < 0) {
			rc = command_fail("there is no rule %s", argv[i]);
			break;
		}
		struct buf out;
		buf_init(&out, OUTPUT_MAX);
		rules_cli_describe(set, (size_t)rule, &out);
		fwrite(out.at, 1, out.len, stdout);
		buf_free(&out);
	}
	arena_free(a);
	return rc;
}

static int
run_doc(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct rule_set *set = rule_set_new(a);
	struct buf out;
	buf_init(&out, OUTPUT_MAX);
	int rc = load_all(set, argc, argv);
	if (rc == EXIT_GOOD)
		rules_cli_document(set, &out);
	if (rc == EXIT_GOOD && (!buf_ok(&out) || fwrite(out.at, 1, out.len, stdout) != out.len))
		rc = command_fail("the page could not be written");
	buf_free(&out);
	arena_free(a);
	return rc;
}

/* Takes "--catalog PATH" out of the arguments: reads those files instead of the examples' catalogues. */
static int
take_catalogs(int *argc, char **argv, struct rule_catalog_rows *rows)
{
	struct err e = { 0 };
	int kept = 1, taken = 0;
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--catalog") != 0) {
			argv[kept++] = argv[i];
			continue;
		}
		if (++i == *argc)
			return command_fail("--catalog needs a folder or a file");
		if (rules_cli_catalogs(rows, argv[i], &e) < 0)
			return report(&e);
		taken++;
	}
	*argc = kept;
	if (!taken && rule_example_catalogs(rows, &e) < 0)
		return report(&e);
	return EXIT_GOOD;
}

static int
run_test(int argc, char **argv)
{
	struct arena *a = arena_new(2 * RULE_CATALOG_BYTES_MAX);
	struct rule_set *set = rule_set_new(a);
	struct rule_catalog_rows *rows = rule_catalog_rows_new(a);
	struct rule_catalog source = rule_catalog_rows_source(rows);
	int rc = take_catalogs(&argc, argv, rows);
	if (rc == EXIT_GOOD)
		rc = load_all(set, argc, argv);
	if (rc == EXIT_GOOD)
		rc = rules_cli_test(set, &source);
	arena_free(a);
	return rc;
}

static int
write_example(const struct claim_document *d)
{
	struct buf out;
	struct err e = { 0 };
	buf_init(&out, OUTPUT_MAX);
	struct claim_writer *w = claim_writer_new(&out, NULL);
	struct slice facility = SLICE("66001");
	int32_t made = time_business_date(RULES_CLI_TEST_NOW);
	if (claim_row_count(d, CLAIM_XML1))
		facility = claim_text(claim_row_at(d, CLAIM_XML1, 0), XML1_MA_CSKCB);
	struct claim_envelope head = { facility, made, 1 };
	int rc =
	    claim_row_count(d, CLAIM_XML1) ? claim_write(w, &head, d, &e) : claim_write_checkin(w, d, &e);
	if (rc < 0)
		rc = command_error("example", &e);
	else if (fwrite(out.at, 1, out.len, stdout) != out.len)
		rc = command_fail("the claim could not be written");
	claim_writer_free(w);
	buf_free(&out);
	return rc;
}

/* hmis rules example NAME [NUMBER] [FILE…]: a base claim, or the claim of a rule's example, as a claim file.
 */
static int
run_example(int argc, char **argv)
{
	int64_t number = 1;
	if (argc < 2 || (argc > 2 && (slice_to_int64(slice_of(argv[2]), &number) < 0 || number < 1)))
		return command_fail("usage: hmis rules example CLAIM|RULE [NUMBER] [FILE…]");
	struct arena *a = arena_new(0);
	struct rule_set *set = rule_set_new(a);
	struct claim_document *d = NULL;
	struct err e = { 0 };
	int shift = argc > 2 ? 2 : 1, rc = load_all(set, argc - shift, argv + shift);
	int rule = rc == EXIT_GOOD ? rule_find(set, slice_of(argv[1])) : -1;
	if (rc == EXIT_GOOD && rule >= 0 && (size_t)number > rule_example_count(set, (size_t)rule))
		rc = command_fail("%s has %zu examples", argv[1], rule_example_count(set, (size_t)rule));
	else if (rc == EXIT_GOOD && rule >= 0)
		rc = rule_example_build(set, (size_t)rule, (size_t)number - 1, a, NULL, &d, &e);
	else if (rc == EXIT_GOOD)
		rc = rule_claim_build(set, argv[1], a, &d, &e);
	if (e.code != ERR_NONE)
		rc = command_error(argv[1], &e);
	if (rc == EXIT_GOOD && d)
		rc = write_example(d);
	arena_free(a);
	return rc;
}

static const struct command commands[] = {
	{ "check", "read rule files and say what is wrong with them", run_check },
	{ "list", "one line per rule: id, table, severity, state, source, certainty, message", run_list },
	{ "explain", "everything about rules: condition, texts, examples", run_explain },
	{ "test", "run the examples of all rules (and of rule files of your own)", run_test },
	{ "example", "a base claim, or the claim of a rule's example, as a claim file", run_example },
	{ "doc", "all rules as a page (Markdown)", run_doc },
	{ NULL, NULL, NULL },
};

int
command_rules(int argc, char **argv)
{
	return command_group("hmis rules", commands, argc, argv);
}
