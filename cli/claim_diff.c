/* hmis claim diff: two claims, field by field. */
#include <string.h>

#include "base/utf8.h"
#include "claims/diff.h"
#include "cli/claim.h"
#include "cli/command.h"

#define VALUE_SHOWN_MAX 60 /* bytes of a value on a line */

static int
load(const char *file, struct arena *arena, struct claim_document **ret)
{
	struct claim_findings l;
	struct claim_file info;
	struct err e = { 0 };
	struct buf bytes;
	buf_init(&bytes, CLI_FILE_MAX);
	claim_findings_init(&l, arena);
	int rc = buf_read_file(&bytes, file, &e);
	if (rc == 0)
		rc = claim_read_one(buf_slice(&bytes), arena, &l, ret, &info, &e);
	buf_free(&bytes);
	if (rc < 0)
		return command_error(file, &e);
	claim_cli_print_findings(stderr, file, &l, true);
	return EXIT_GOOD;
}

static void
print_value(const struct claim_row *r, enum claim_field f)
{
	struct buf text;
	buf_init(&text, CLAIM_TEXT_MAX);
	claim_print(r, f, &text);
	struct slice s = utf8_cut(buf_slice(&text), VALUE_SHOWN_MAX);
	if (!claim_has(r, f))
		fputs("∅", stdout);
	else
		printf("\"%.*s\"%s", SLICE_ARG(s), s.len < text.len ? "…" : "");
	buf_free(&text);
}

static void
print_difference(const struct claim_diff *d)
{
	const char *table = claim_tables[d->table].name;
	if (d->kind == CLAIM_DIFF_ADDED) {
		printf("+ %s[%u]\n", table, d->row_b);
	} else if (d->kind == CLAIM_DIFF_REMOVED) {
		printf("- %s[%u]\n", table, d->row_a);
	} else {
		printf("~ %s[%u].%s: ", table, d->row_a, claim_fields[d->field].name);
		print_value(d->a, (enum claim_field)d->field);
		fputs(" → ", stdout);
		print_value(d->b, (enum claim_field)d->field);
		putchar('\n');
	}
}

static int
compare(const struct claim_arguments *a, struct arena *arena)
{
	struct claim_document *first = NULL, *second = NULL;
	struct claim_diff *list;
	size_t count;
	if (load(a->file[0], arena, &first) || load(a->file[1], arena, &second) || !first || !second)
		return EXIT_UNUSABLE;
	claim_document_diff(arena, first, second, &list, &count);
	for (size_t i = 0; i < count; i++)
		print_difference(&list[i]);
	return count ? EXIT_FINDINGS : EXIT_GOOD;
}

int
claim_cli_diff(int argc, char **argv)
{
	struct claim_arguments a;
	int rc = claim_cli_arguments(argc, argv, 2, "diff A B (files of one claim each)", &a);
	if (rc)
		return rc;
	struct arena *arena = arena_new(0);
	rc = compare(&a, arena);
	arena_free(arena);
	return rc;
}
