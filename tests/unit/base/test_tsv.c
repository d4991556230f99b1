/* Tables of tab-separated values as operators write them: accounts, cards, keys, rules. */
#include "base/tsv.h"
#include "tests/unit/unit.h"

static struct tsv t;
static struct err e;

static int
open_text(const char *text)
{
	return tsv_open(&t, "cards.tsv", slice_of(text), &e);
}

START_TEST(rows_are_read_by_column_name_in_any_order)
{
	ck_assert_int_eq(open_text("code\tname\n# a note\n\n66001\tTTYT một\r\n66002\t\n"), 0);
	ck_assert_int_eq(tsv_column(&t, "name"), 1);
	ck_assert_int_eq(tsv_column(&t, "Name"), -1);
	ck_assert_int_eq(tsv_next(&t, &e), 1);
	ck_slice(tsv_cell(&t, "code"), "66001");
	ck_slice(tsv_cell(&t, "name"), "TTYT một");
	ck_slice(tsv_cell(&t, "absent"), "");
	ck_assert_uint_eq(t.line, 4);
	ck_assert_int_eq(tsv_next(&t, &e), 1);
	ck_slice(tsv_cell(&t, "name"), "");
	ck_assert_int_eq(tsv_next(&t, &e), 0);
	ck_assert_int_eq(tsv_next(&t, &e), 0);
}
END_TEST

START_TEST(a_byte_order_mark_and_a_missing_last_line_end_do_no_harm)
{
	ck_assert_int_eq(open_text("\xef\xbb\xbf"
				   "a\tb\n1\t2"),
	    0);
	ck_assert_int_eq(tsv_next(&t, &e), 1);
	ck_slice(tsv_cell(&t, "a"), "1");
	ck_slice(tsv_cell(&t, "b"), "2");
	ck_assert_int_eq(tsv_next(&t, &e), 0);
}
END_TEST

START_TEST(faults_name_file_line_and_column)
{
	static const char *const need[] = { "code", "state", NULL };

	ck_assert_int_eq(open_text(""), ERR_INPUT);
	ck_assert_int_eq(open_text("# only a note\n"), ERR_INPUT);
	ck_assert_int_eq(open_text("code\tname\tcode\n"), ERR_INPUT);
	ck_assert_int_eq(open_text("code\tname\n1\t2\n1\t2\t3\n1\n"), 0);
	ck_assert_int_eq(tsv_need(&t, need, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "cards.tsv:1:state");
	ck_assert_int_eq(tsv_next(&t, &e), 1);
	ck_assert_int_eq(tsv_fault(&t, "name", &e, "not a name"), ERR_INPUT);
	ck_assert_str_eq(e.field, "cards.tsv:2:name");
	ck_assert_int_eq(tsv_next(&t, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "cards.tsv:3");
	ck_assert_int_eq(tsv_next(&t, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "cards.tsv:4");
}
END_TEST

START_TEST(more_columns_than_the_limit_are_refused)
{
	char text[2 * (TSV_COLUMNS_MAX + 1) * 4] = "";
	size_t len = 0;

	for (int i = 0; i <= TSV_COLUMNS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%sc%d", i ? "\t" : "", i);
	ck_assert_int_eq(open_text(text), ERR_INPUT);
	*strrchr(text, '\t') = 0;
	ck_assert_int_eq(open_text(text), 0);
	ck_assert_uint_eq(t.column_count, TSV_COLUMNS_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsv");
	TCase *c = tcase_create("tsv");

	tcase_add_test(c, rows_are_read_by_column_name_in_any_order);
	tcase_add_test(c, a_byte_order_mark_and_a_missing_last_line_end_do_no_harm);
	tcase_add_test(c, faults_name_file_line_and_column);
	tcase_add_test(c, more_columns_than_the_limit_are_refused);
	suite_add_tcase(s, c);
	return unit_main(s);
}
