/* From rows with named columns to complete documents: dates, totals, and rows that do not fit. */
#include "base/time.h"
#include "claims/assemble/chunk.h"
#include "claims/assemble/envelope.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new(0);
}

static void
teardown(void)
{
	arena_free(arena);
}

/* One row of one column; the document's value as text. */
static const char *
mapped(enum claim_table table, const char *column, const char *cell, int *ret_bad)
{
	struct claim_document *d = claim_document_new(arena);
	const struct slice value = slice_of(cell);
	struct claim_mapping m;
	struct err e = { 0 };
	struct buf out;

	ck_assert_int_eq(claim_mapping_make(arena, table, &column, 1, &m, &e), 0);
	*ret_bad = claim_mapping_add(&m, d, &value, &e);
	buf_init(&out, 4096);
	if (*ret_bad == 0)
		claim_print(claim_row_at(d, table, 0), (enum claim_field)m.field[0], &out);
	const char *text = arena_text(arena, buf_slice(&out));
	buf_free(&out);
	return text;
}

/* PostgreSQL's ISO output in any session time zone becomes business time, UTC+7 (gateway API §13.4). */
static const struct {
	const char *column, *cell, *want;
} dates[] = {
	{ "ngay_vao", "2026-11-02 01:01:00+00", "202611020801" },
	{ "ngay_vao", "2026-11-02 08:01:59.999+07", "202611020801" },
	{ "ngay_vao", "2026-11-01 23:30:00+00", "202611020630" },
	{ "ngay_vao", "2026-10-31 17:00:00+00", "202611010000" },
	{ "ngay_vao", "2026-11-01 21:30:00-03:30", "202611020800" },
	{ "ngay_vao", "2026-01-01 00:30:00+09:30", "202512312200" },
	{ "ngay_vao", "2024-02-29 17:00:00+00", "202403010000" },
	{ "ngay_vao", "202611020801", "202611020801" },
	{ "gt_the_tu", "20260101", "20260101" },
	{ "nam_nam_lien_tuc", "2026-11-02", "20261102" },
	{ "can_nang", "54.50", "54.5" },
	{ "ho_ten", "2026-11-02 là tên", "2026-11-02 là tên" },
};

START_TEST(a_cell_becomes_the_standards_form)
{
	int bad;

	ck_assert_str_eq(mapped(CLAIM_XML1, dates[_i].column, dates[_i].cell, &bad), dates[_i].want);
	ck_assert_int_eq(bad, 0);
}
END_TEST

static const struct {
	const char *column, *cell;
} wrong[] = { { "ngay_vao", "2026-11-02 01:01" }, { "ngay_vao", "gestern" },
	{ "ngay_vao", "2026-11-02T01:01:00Z" }, { "can_nang", "many" },
	{ "ngay_vao", "2026-1x-02 01:01:00+00" } };

START_TEST(a_cell_that_is_no_value_is_refused)
{
	int bad;

	mapped(CLAIM_XML1, wrong[_i].column, wrong[_i].cell, &bad);
	ck_assert_int_eq(bad, ERR_INPUT);
}
END_TEST

START_TEST(a_column_that_is_no_field_is_refused_by_name)
{
	const char *column[] = { "_own", "so_luong" };
	struct claim_mapping m;
	struct err e = { 0 };

	ck_assert_int_eq(claim_mapping_make(arena, CLAIM_XML1, column, 2, &m, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "so_luong");
	ck_assert_int_eq(claim_mapping_make(arena, CLAIM_XML3, column, 2, &m, &e), 0);
	ck_assert_int_eq(m.field[0], -1);
	ck_assert_int_eq(m.field[1], XML3_SO_LUONG);
}
END_TEST

/* ---- chunks ---- */

static void
add(struct claim_chunk *k, enum claim_table table, const char *const *column, const char *const *cell,
    size_t count)
{
	struct slice value[CLAIM_SOURCE_COLUMNS_MAX];
	struct claim_source s;
	struct err e = { 0 };

	ck_assert_int_eq(claim_source_make(arena, table, column, count, &s, &e), 0);
	for (size_t i = 0; i < count; i++)
		value[i] = slice_of(cell[i]);
	claim_chunk_add(k, &s, value);
}

static void
add_visit(struct claim_chunk *k, const char *visit, const char *ma_lk)
{
	static const char *const column[] = { "_visit_id", "_arrived", "_discharged", "_drug_days",
		"_service_days", "ma_lk", "ma_loai_kcb", "ngay_vao", "ma_cskcb" };
	/* 2026-11-02 08:00 to 09:00 +07 */
	const char *const cell[] = { visit, "1793581200", "1793584800", "5", "1", ma_lk, "01", "202611020800",
		"66001" };

	add(k, CLAIM_XML1, column, cell, COUNT(column));
}

/* A line of a group; fund, copay, self and other amounts as given. */
static void
add_line(struct claim_chunk *k, const char *visit, enum claim_table table, const char *group,
    const char *hospital, const char *insurance, const char *fund, const char *copay, const char *self,
    const char *other)
{
	static const char *const column[] = { "_visit_id", "ma_nhom", "thanh_tien_bv", "thanh_tien_bh",
		"t_bhtt", "t_bncct", "t_bntt", "t_nguonkhac", "ma_pttt" };
	const char *const cell[] = { visit, group, hospital, insurance, fund, copay, self, other, "1" };

	add(k, table, column, cell, COUNT(column));
}

static const char *
field_text(const struct claim_piece *p, enum claim_field f)
{
	struct buf out;

	buf_init(&out, 4096);
	claim_print(claim_row_at(p->document, claim_fields[f].table, 0), f, &out);
	const char *text = arena_text(arena, buf_slice(&out));
	buf_free(&out);
	return text;
}

/* benefit-rules.md §7: totals of XML1 are sums of the rounded lines; added by hand here. */
START_TEST(totals_are_the_sums_of_the_lines)
{
	const int64_t visits[] = { 20, 10 };
	struct claim_chunk k;
	const struct claim_piece *p;

	claim_chunk_init(&k, arena, visits, 2);
	add_line(&k, "20", CLAIM_XML2, "4", "12505.00", "12505.00", "10004.00", "2501.00", "0", "0");
	add_visit(&k, "20", "B");
	add_visit(&k, "10", "A");
	add_line(&k, "20", CLAIM_XML3, "13", "27500.00", "27500.00", "22000.00", "5500.00", "0", "0");
	add_line(&k, "10", CLAIM_XML3, "13", "1.00", "1.00", "1.00", "0", "0", "0");
	add_line(&k, "20", CLAIM_XML3, "10", "100000.25", "80000.00", "60000.00", "15000.05", "20000.20",
	    "5000.00");
	add_line(
	    &k, "99", CLAIM_XML3, "13", "5.00", "5.00", "5.00", "0", "0", "0"); /* of no visit asked for */
	claim_chunk_complete(&k, benefit_rules_builtin(arena));
	p = claim_chunk_find(&k, 20);
	ck_assert_int_eq(p->problem.code, ERR_NONE);
	ck_assert_str_eq(field_text(p, XML1_T_TONGCHI_BV), "140005.25");
	ck_assert_str_eq(field_text(p, XML1_T_TONGCHI_BH), "120005");
	ck_assert_str_eq(field_text(p, XML1_T_BHTT), "92004");
	ck_assert_str_eq(field_text(p, XML1_T_BNCCT), "23001.05");
	ck_assert_str_eq(field_text(p, XML1_T_BNTT), "20000.2");
	ck_assert_str_eq(field_text(p, XML1_T_NGUONKHAC), "5000");
	ck_assert_str_eq(field_text(p, XML1_T_THUOC), "12505");
	ck_assert_str_eq(field_text(p, XML1_T_VTYT), "100000.25");
	ck_assert_str_eq(field_text(claim_chunk_find(&k, 10), XML1_T_TONGCHI_BV), "1");
	ck_assert_uint_eq(claim_row_count(p->document, CLAIM_XML3), 2);
	ck_assert_int_eq(claim_number(claim_row_at(p->document, CLAIM_XML3, 1), XML3_STT), 2);
}
END_TEST

/* Letter 1245: MA_LK joins the rows of all tables of a visit. */
START_TEST(every_row_bears_the_key_of_its_visit)
{
	const int64_t visits[] = { 1, 2 };
	struct claim_chunk k;

	claim_chunk_init(&k, arena, visits, 2);
	add_line(&k, "1", CLAIM_XML2, "4", "1", "1", "1", "0", "0", "0");
	add_line(&k, "2", CLAIM_XML3, "13", "1", "1", "1", "0", "0", "0");
	add_line(&k, "2", CLAIM_XML3, "13", "1", "1", "1", "0", "0", "0");
	add_visit(&k, "1", "A");
	add_visit(&k, "2", "B");
	claim_chunk_complete(&k, benefit_rules_builtin(arena));
	ck_assert_str_eq(field_text(&k.piece[0], XML2_MA_LK), "A");
	for (size_t i = 0; i < 2; i++)
		ck_assert(slice_eq_text(
		    claim_text(claim_row_at(k.piece[1].document, CLAIM_XML3, i), XML3_MA_LK), "B"));
}
END_TEST

START_TEST(one_bad_visit_does_not_spoil_the_others)
{
	const int64_t visits[] = { 1, 2, 3 };
	struct claim_chunk k;

	claim_chunk_init(&k, arena, visits, 3);
	add_visit(&k, "1", "A");
	add_visit(&k, "2", "B");
	add_line(&k, "2", CLAIM_XML3, "13", "not money", "1", "1", "0", "0", "0");
	claim_chunk_complete(&k, benefit_rules_builtin(arena));
	ck_assert_int_eq(claim_chunk_find(&k, 1)->problem.code, ERR_NONE);
	ck_assert_int_eq(claim_chunk_find(&k, 2)->problem.code, ERR_INPUT);
	ck_assert_str_eq(claim_chunk_find(&k, 2)->problem.field, "XML3.THANH_TIEN_BV");
	ck_assert_int_eq(claim_chunk_find(&k, 3)->problem.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(the_content_hash_knows_content_and_not_the_day_of_making)
{
	const int64_t visits[] = { 1, 2 };
	struct claim_packed a, b, c;
	struct claim_chunk k;
	struct claim_writer *w;
	struct err e = { 0 };
	struct buf out;

	claim_chunk_init(&k, arena, visits, 2);
	add_visit(&k, "1", "A");
	add_visit(&k, "2", "B");
	claim_chunk_complete(&k, benefit_rules_builtin(arena));
	buf_init(&out, 1 << 20);
	w = claim_writer_new(&out, NULL);
	ck_assert_int_eq(claim_pack(w, &out, SLICE("66001"), 20000, k.piece[0].document, &a, &e), 0);
	ck_assert_int_eq(claim_pack(w, &out, SLICE("66001"), 20001, k.piece[0].document, &b, &e), 0);
	ck_assert_int_eq(claim_pack(w, &out, SLICE("66001"), 20000, k.piece[1].document, &c, &e), 0);
	ck_assert_mem_eq(a.content, b.content, 32);
	ck_assert_mem_ne(a.content, c.content, 32);
	ck_assert_uint_eq(b.at, a.at + a.length);
	ck_assert_uint_eq(out.len, c.at + c.length);
	claim_writer_free(w);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("claim_assemble");
	TCase *c = tcase_create("assemble");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, a_cell_becomes_the_standards_form, 0, COUNT(dates));
	tcase_add_loop_test(c, a_cell_that_is_no_value_is_refused, 0, COUNT(wrong));
	tcase_add_test(c, a_column_that_is_no_field_is_refused_by_name);
	tcase_add_test(c, totals_are_the_sums_of_the_lines);
	tcase_add_test(c, every_row_bears_the_key_of_its_visit);
	tcase_add_test(c, one_bad_visit_does_not_spoil_the_others);
	tcase_add_test(c, the_content_hash_knows_content_and_not_the_day_of_making);
	suite_add_tcase(s, c);
	return unit_main(s);
}
