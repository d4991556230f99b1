/* What people's exports look like (RFC 4180, semicolons of Vietnamese Excel, tabs), and how broken ones are
 * told. */
#include "schema/csv.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static void
set_up(void)
{
	arena = arena_new(16 * 1024 * 1024);
}

static void
tear_down(void)
{
	arena_free(arena);
}

/* The rows as "line:cell|cell" joined with newlines, or the error as "field: detail". */
static struct slice
all_rows(const char *text)
{
	struct csv csv;
	struct slice *cells;
	struct err e = { 0 };
	size_t count, line;
	const char *out = "";
	int r;

	csv_open(&csv, slice_of(text));
	while ((r = csv_next(&csv, arena, &cells, &count, &line, &e)) == 1) {
		out = arena_printf(arena, "%s%zu:", out, line);
		for (size_t i = 0; i < count; i++)
			out = arena_printf(arena, "%s%s%.*s", out, i ? "|" : "", SLICE_ARG(cells[i]));
		out = arena_printf(arena, "%s\n", out);
	}
	return slice_of(r == 0 ? out : arena_printf(arena, "%s: %s", e.field, e.detail));
}

START_TEST(commas_and_quotes)
{
	ck_slice(all_rows("a,b\r\n\"x, \"\"y\"\"\",z\r\n"), "1:a|b\n2:x, \"y\"|z\n");
	ck_slice(all_rows("a,b\n\"\",\n"), "1:a|b\n2:|\n");
	ck_slice(all_rows("a,b\n\"two\nlines\",z\nlast,one"), "1:a|b\n2:two\nlines|z\n4:last|one\n");
}
END_TEST

START_TEST(semicolons_and_tabs)
{
	ck_slice(all_rows("a;b\n1,5;x\n"), "1:a|b\n2:1,5|x\n");
	ck_slice(all_rows("a\tb\n\"1\"; x\t,\n"), "1:a|b\n2:\"1\"; x|,\n");
}
END_TEST

START_TEST(mark_blanks_and_empty_lines)
{
	ck_slice(all_rows("\xef\xbb\xbf"
			  "a,b\n\n  \r\n 1 , 2 \n"),
	    "1:a|b\n4:1|2\n");
	ck_slice(all_rows(""), "");
	ck_slice(all_rows("\n\n"), "");
}
END_TEST

START_TEST(text_becomes_composed)
{
	/* "é" as e + U+0301 is the same name as the composed letter. */
	ck_slice(all_rows("te\xcc\x81\n"), "1:t\xc3\xa9\n");
}
END_TEST

START_TEST(faults_name_their_line)
{
	ck_slice(all_rows("a,b\nx,\"y\n"), "line 2: a quote is not closed");
	ck_slice(all_rows("a,b\n\"x\"y,z\n"), "line 2: text after a closing quote");
	ck_slice(all_rows("a,b\nx,\xff\n"), "line 2: a cell is not clean UTF-8 text");
	ck_slice(all_rows("a,b\nx,\x07\n"), "line 2: a cell is not clean UTF-8 text");
}
END_TEST

START_TEST(limits)
{
	const char *wide = "a";
	for (int i = 0; i < CSV_COLUMN_MAX; i++)
		wide = arena_printf(arena, "%s,a", wide);
	ck_slice(all_rows(wide), "line 1: more than 200 columns");
	char *cell = arena_alloc(arena, CSV_CELL_MAX + 2);
	memset(cell, 'x', CSV_CELL_MAX + 1);
	ck_slice(all_rows(cell), "line 1: a cell is longer than 64 KiB");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("csv");
	TCase *tc = tcase_create("csv");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, commas_and_quotes);
	tcase_add_test(tc, semicolons_and_tabs);
	tcase_add_test(tc, mark_blanks_and_empty_lines);
	tcase_add_test(tc, text_becomes_composed);
	tcase_add_test(tc, faults_name_their_line);
	tcase_add_test(tc, limits);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
