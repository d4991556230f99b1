/*
 * The rule language: what each operator and function means, what a missing value does, and that a wrong rule
 * is refused when it is loaded, with its place. Expected values are worked out by hand.
 */
#include "claims/rules/rules.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1784178000) /* 2026-07-16 12:00, a Thursday */

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

static void
set_value(struct claim_document *d, struct claim_row *r, enum claim_field f, const char *value)
{
	if (claim_set(d, r, f, slice_of(value), NULL) < 0)
		claim_set_raw(d, r, f, slice_of(value));
}

static struct claim_row *
add_line(
    struct claim_document *d, const char *code, const char *group, const char *quantity, const char *price)
{
	struct claim_row *r = claim_row_add(d, CLAIM_XML3);
	set_value(d, r, XML3_MA_DICH_VU, code);
	set_value(d, r, XML3_MA_NHOM, group);
	set_value(d, r, XML3_SO_LUONG, quantity);
	set_value(d, r, XML3_DON_GIA_BH, price);
	return r;
}

/* XML1 with a well-formed arrival, a malformed leaving time, lists; three lines of XML3, two of one service.
 */
static struct claim_document *
make_claim(void)
{
	struct claim_document *d = claim_document_new(arena);
	struct claim_row *head = claim_row_add(d, CLAIM_XML1);
	set_value(d, head, XML1_MA_LK, "L1");
	set_value(d, head, XML1_HO_TEN, "Nguyễn Thị Thử");
	set_value(d, head, XML1_NGAY_SINH, "198503120000");
	set_value(d, head, XML1_NGAY_VAO, "202607150730");
	set_value(d, head, XML1_NGAY_RA, "15/07/2026");
	set_value(d, head, XML1_NGAY_TTOAN, "202607160915");
	set_value(d, head, XML1_NAM_NAM_LIEN_TUC, "20250228");
	set_value(d, head, XML1_MA_BENH_CHINH, "J02.9");
	set_value(d, head, XML1_MA_BENH_KT, "I10; E11.9 ;");
	set_value(d, head, XML1_GIOI_TINH, "2");
	set_value(d, head, XML1_SO_NGAY_DTRI, "3");
	set_value(d, head, XML1_T_BHTT, "1000.55");
	add_line(d, "A", "1", "1.5", "100");
	add_line(d, "B", "2", "2", "0.333");
	add_line(d, "A", "1", "1", "7");
	return d;
}

static struct rule_set *
load(const char *text, struct err *e)
{
	struct rule_set *set = rule_set_new(arena);
	return rule_set_load(set, "t.rules", slice_of(text), e) == 0 ? set : NULL;
}

static struct rule_verdict
judge(const struct rule_set *set, const struct claim_document *d)
{
	struct rule_judge *j = rule_judge_new(set);
	struct rule_verdict v = { .arena = arena };
	struct rule_options o = { .now = NOW };
	rule_judge_claim(j, d, &o, &v);
	rule_judge_free(j);
	return v;
}

/* Does the condition hold on the claim's XML1? */
static bool
holds(const char *condition)
{
	struct err e = { 0 };
	const char *text =
	    arena_printf(arena, "rule T-1 warning on XML1 when %s vi \"v\" en \"e\"", condition);
	struct rule_set *set = load(text, &e);
	ck_assert_msg(set != NULL, "%s: %s: %s", condition, e.field, e.detail);
	struct rule_verdict v = judge(set, make_claim());
	ck_assert_msg(v.not_evaluated == 0, "%s was not evaluated", condition);
	return v.count == 1;
}

static void
all_hold(const char *const *conditions)
{
	for (; *conditions; conditions++)
		ck_assert_msg(holds(*conditions), "should hold: %s", *conditions);
}

static void
none_holds(const char *const *conditions)
{
	for (; *conditions; conditions++)
		ck_assert_msg(!holds(*conditions), "should not hold: %s", *conditions);
}

START_TEST(numbers_are_exact)
{
	static const char *const yes[] = { "SO_NGAY_DTRI * 2 + 1 = 7", "0.1 + 0.2 = 0.3",
		"T_BHTT / 100 = 10.0055", "round(2.5, 0) = 3", "round(-2.5, 0) = -3",
		"round(1.005, 2) = 1.01", "div(10, 3, 2) = 3.33", "div(20, 3, 0) = 7",
		"div(1, 0, 2) is missing", "abs(3 - 10) = 7", "least(2, 1.5) = 1.5", "greatest(2, 1.5) = 2",
		"- SO_NGAY_DTRI = -3", "SO_NGAY_DTRI in (1, 2, 3)", "SO_NGAY_DTRI not in (1, 2)",
		"SO_NGAY_DTRI between 3 and 3", "T_BHTT = 1000.55", "if(SO_NGAY_DTRI = 3, 1.5, 2) = 1.5",
		NULL };
	all_hold(yes);
}
END_TEST

START_TEST(a_missing_value_makes_comparisons_false_and_sums_missing)
{
	static const char *const yes[] = { "T_VTYT is missing", "not (T_VTYT = 0)", "T_VTYT + 1 is missing",
		"MA_BN is missing", "NGAY_RA is present", "NGAY_RA is malformed",
		"raw(NGAY_RA) = \"15/07/2026\"", "raw(NGAY_VAO) is missing", "XML7.MA_BS is missing",
		"length(MA_BN) is missing", "items(MA_BN) = 0", "not any(x of MA_BN where x is missing)",
		"sum(XML2: T_BHTT) = 0", "min(XML2: T_BHTT) is missing", "count(XML2) = 0",
		"all(XML2 : T_BHTT = 5)", NULL };
	static const char *const no[] = { "T_VTYT = 0", "T_VTYT <> 0", "T_VTYT < 1 or T_VTYT > 1",
		"MA_BN not in (\"a\")", "NGAY_RA > NGAY_VAO", "NGAY_RA <= NGAY_VAO", "starts(MA_BN, \"a\")",
		"NGAY_VAO is malformed", "any(XML2)", NULL };
	all_hold(yes);
	none_holds(no);
}
END_TEST

START_TEST(texts_lists_and_patterns)
{
	static const char *const yes[] = { "length(HO_TEN) = 14", "starts(MA_BENH_CHINH, \"J0\")",
		"ends(MA_BENH_CHINH, \".9\")", "contains(HO_TEN, \"Thị\")",
		"left(MA_BENH_CHINH, 3) = \"J02\"", "right(MA_BENH_CHINH, 2) = \".9\"",
		"mid(MA_BENH_CHINH, 2, 2) = \"02\"", "mid(MA_BENH_CHINH, 9, 2) is missing",
		"before(MA_BENH_CHINH, \".\") = \"J02\"", "after(MA_BENH_CHINH, \".\") = \"9\"",
		"after(MA_BENH_CHINH, \"x\") is missing",
		"left(MA_BENH_CHINH, 3) between \"J00\" and \"J06\"", "items(MA_BENH_KT) = 3",
		"item(MA_BENH_KT, 2) = \"E11.9\"", "item(MA_BENH_KT, -2) = \"E11.9\"",
		"item(MA_BENH_KT, 3) is missing", "item(MA_BENH_KT, 4) is missing",
		"any(x of MA_BENH_KT where x = \"I10\")", "any(x of MA_BENH_KT where x is missing)",
		"count(x of MA_BENH_KT where x is present) = 2",
		"not all(x of MA_BENH_KT where x is present : starts(x, \"I\"))", "number(\"1.50\", 2) = 1.5",
		"number(\"1.505\", 2) is missing", "number(\"x\", 0) is missing",
		"matches(MA_BENH_CHINH, \"[A-Z]\\d{2}(\\.\\d)?\")", "matches(\"aab\", \"a*b\")",
		"not matches(\"aabc\", \"a*b\")", "matches(\"b\", \"a?b|c\")",
		"matches(\"xyzxyz\", \"(xyz){2}\")", "not matches(\"xyz\", \"(xyz){2,3}\")",
		"matches(HO_TEN, \"[A-Za-z\\u ]+\")", "not matches(\"a1\", \"[^0-9]+\")", NULL };
	all_hold(yes);
}
END_TEST

START_TEST(dates_and_ages)
{
	static const char *const yes[] = { "date(NGAY_VAO) = 2026-07-15", "NGAY_VAO > 2026-07-14",
		"not NGAY_VAO > 2026-07-15", "days(NGAY_VAO, NGAY_TTOAN) = 1",
		"minutes(NGAY_VAO, NGAY_TTOAN) = 1545", "year(NGAY_VAO) = 2026", "month(NGAY_VAO) = 7",
		"day(NGAY_VAO) = 15", "hour(NGAY_VAO) = 7", "minute(NGAY_VAO) = 30", "weekday(today) = 4",
		"today = 2026-07-16", "now > NGAY_TTOAN", "add_days(NGAY_VAO, 20) >= 2026-08-04",
		"date(add_days(NGAY_VAO, -15)) = 2026-06-30", "age_years(NGAY_SINH, 2026-03-11) = 40",
		"age_years(NGAY_SINH, 2026-03-12) = 41", "age_months(NGAY_SINH, 1985-04-11) = 0",
		"age_days(NGAY_SINH, 1985-03-12) = 0", "date(\"20250229\") is missing",
		"date(\"20240229\") = 2024-02-29", "time(\"202401010860\") is missing",
		"days(2024-02-28, 2024-03-01) = 2", NULL };
	all_hold(yes);
}
END_TEST

START_TEST(rows_are_counted_summed_and_paired)
{
	static const char *const yes[] = { "count(XML3) = 3", "count(XML3 where MA_NHOM = \"1\") = 2",
		"sum(XML3: SO_LUONG * DON_GIA_BH) = 157.666", "min(XML3: DON_GIA_BH) = 0.333",
		"max(XML3 where MA_DICH_VU = \"A\": SO_LUONG) = 1.5", "any(XML3 where MA_DICH_VU = \"B\")",
		"all(XML3 : SO_LUONG >= 1)", "not all(XML3 where MA_NHOM = \"1\" : SO_LUONG > 1)",
		"any(XML3 a where any(other XML3 b where b.MA_DICH_VU = a.MA_DICH_VU))",
		"count(XML3 a where any(earlier XML3 b where b.MA_DICH_VU = a.MA_DICH_VU)) = 1",
		"count(XML3 a where any(earlier XML3 b where b.MA_DICH_VU = a.MA_DICH_VU and a.position = "
		"3)) = 1",
		"any(XML3 a where a.MA_DICH_VU = \"B\" and a.position = 2)", NULL };
	all_hold(yes);
}
END_TEST

START_TEST(catalogues_are_valid_on_a_date)
{
	static const char *const yes[] = { "exists(icd10(MA_BENH_CHINH))", "exists(icd10(\"J029\"))",
		"not exists(icd10(\"J99.99\"))", "icd10(\"N40\").sex_limit = \"1\"",
		"icd10(\"G01\").main_forbidden", "not icd10(\"zzz\").main_forbidden",
		"exists(province(\"02\", 2025-06-30))", "not exists(province(\"02\", 2025-07-01))",
		"param(\"base_salary\", 2026-06-30) = 2340000", "param(\"base_salary\", NGAY_VAO) = 2530000",
		"param(\"small_visit\", today) = 0.15", "exists(code(\"MA_LOAI_RV\", \"5\"))",
		"not exists(code(\"MA_LOAI_RV\", \"9\"))",
		"object_code(\"1.13\", 2026-06-30).benefit_fraction = 0",
		"object_code(\"1.13\", 2026-07-01).benefit_fraction = 0.5", NULL };
	all_hold(yes);
}
END_TEST

static const struct {
	const char *text, *place, *words;
} refused[] = {
	{ "rule A-1 critical on XML1\nwhen NGAY_RAA < NGAY_VAO vi \"v\" en \"e\"", "t.rules:2:6",
	    "no field NGAY_RAA" },
	{ "rule A-1 critical on XML1 when NGAY_RA < 5 vi \"v\" en \"e\"", "t.rules:1:42",
	    "cannot be set against" },
	{ "rule A-1 critical on XML99", "t.rules:1:22", "a table" },
	{ "rule A-1 critical on XML1 when foo(1) = 2", "t.rules:1:32", "called foo" },
	{ "rule A-1 critical on XML1 when icd10(MA_LK).smell = \"1\"", "t.rules:1:45", "no attribute smell" },
	{ "rule A-1 critical on XML1 when param(\"nothing\", today) = 1", "t.rules:1:38", "no parameter" },
	{ "rule A-1 critical on XML1 when SO_NGAY_DTRI", "t.rules:1:32", "true or false" },
	{ "rule A-1 critical on XML1 when XML3.SO_LUONG = 1", "t.rules:1:32", "several rows" },
	{ "rule A-1 critical on XML1 when SO_NGAY_DTRI / 7 = 1", "t.rules:1:45", "div(a, b, decimals)" },
	{ "rule A-1 critical on XML1 when matches(MA_LK, \"(\")", "t.rules:1:47", "not closed" },
	{ "rule A-1 critical on XML1 when MA_LK = \"", "t.rules:1:40", "no closing quote" },
	{ "rule A-1 critical on XML1 when MA_LK = \"\"", "t.rules:1:40", "is missing" },
	{ "rule A-1 critical on XML1 when true vi \"{NOBODY}\" en \"e\"", "t.rules:1:1", "names no field" },
	{ "rule A-1 critical on XML1 when true vi \"v\"", "t.rules:1:1", "message in Vietnamese" },
	{ "rule A-1 critical on XML1 when true vi \"v\" en \"e\" rule A-1 warning", "t.rules:1:51",
	    "already" },
	{ "rule A-1 critical on XML1 vi \"v\" en \"e\"", "t.rules:1:1", "needs \"when\"" },
	{ "rule A-1 critical on XML1 when true from 2025-02-30", "t.rules:1:42", "a date is expected" },
	{ "rule A-1 critical on XML3 when any(earlier XML2 b)", "t.rules:1:44", "a row of the same table" },
	{ "define a: a rule A-1 critical on XML1 when a", "t.rules:1:11", "too deeply" },
	{ "rule A-1 critical on XML1 when exists(facilities(MA_LK))", "t.rules:1:39", "no catalogue" },
	{ "? ", "t.rules:1:1", "unexpected character" },
};

START_TEST(a_wrong_rule_is_refused_with_its_place)
{
	struct err e = { 0 };
	struct rule_set *set = rule_set_new(arena);
	int rc = rule_set_load(set, "t.rules", slice_of(refused[_i].text), &e);
	ck_assert_int_lt(rc, 0);
	ck_assert_str_eq(e.field, refused[_i].place);
	ck_assert_msg(strstr(e.detail, refused[_i].words) != NULL, "%s", e.detail);
	ck_assert_uint_eq(rule_count(set), 0);
}
END_TEST

/* "rule … when " + part × n (+ middle + end × n) */
static int
load_repeated(const char *part, const char *middle, const char *end, size_t n, struct err *e)
{
	struct buf text;
	buf_init(&text, RULE_FILE_MAX * 2);
	buf_add_text(&text, "rule A-1 critical on XML1 when ");
	for (size_t i = 0; i < n; i++)
		buf_add_text(&text, part);
	buf_add_text(&text, middle);
	for (size_t i = 0; i < n; i++)
		buf_add_text(&text, end);
	buf_add_text(&text, " vi \"v\" en \"e\"");
	int rc = rule_set_load(rule_set_new(arena), "t.rules", buf_slice(&text), e);
	buf_free(&text);
	return rc;
}

START_TEST(a_hostile_rule_is_refused_at_once)
{
	struct err e = { 0 };
	ck_assert_int_eq(load_repeated("(", "true", ")", 100000, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("not ", "true", "", 100000, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("true and ", "true", "", 100000, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("1 * ", "1 = 1", "", 4000, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("9", " = 1", "", 100, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("0.1 * ", "1 = 1", "", 30, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("any(XML3 where ", "true", ")", 6, &e), ERR_LIMIT);
	ck_assert_int_eq(load_repeated("if(1 = 1, 1, ", "2", ") between 1 and 2", 30, &e), ERR_INPUT);
	ck_assert_int_lt(
	    load_repeated("matches(MA_LK, \"((((a{100}){100}){100}){100}\") or ", "true", "", 1, &e), 0);
	ck_assert_int_eq(
	    load_repeated("matches(MA_LK, \"(((((){100}){100}){100}){100}){100}\") or ", "true", "", 1, &e),
	    ERR_LIMIT);
	ck_assert_int_eq(load_repeated("x", "", "", RULE_FILE_MAX, &e), ERR_LIMIT);
}
END_TEST

START_TEST(what_cannot_be_evaluated_is_said)
{
	struct err e = { 0 };
	struct rule_set *set =
	    load("rule A-1 critical on XML1 vi \"v\" en \"e\" when"
		 " T_BHTT * T_BHTT * T_BHTT * T_BHTT * T_BHTT * T_BHTT * T_BHTT * T_BHTT > 1",
		&e);
	struct claim_document *d = make_claim();
	ck_assert_ptr_nonnull(set);
	set_value(d, claim_row_at(d, CLAIM_XML1, 0), XML1_T_BHTT, "9999999999999.99");
	struct rule_verdict v = judge(set, d);
	ck_assert_uint_eq(v.not_evaluated, 1);
	ck_assert_uint_eq(v.critical, 1);
	ck_assert_int_eq(v.at[0].outcome, RULE_OVERFLOW);
}
END_TEST

static bool
any_has(void *context, unsigned catalog)
{
	(void)context, (void)catalog;
	return true;
}

static int
unreadable_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	(void)context, (void)catalog, (void)key, (void)date, (void)attribute, (void)ret;
	return ERR_IO;
}

START_TEST(a_catalogue_that_cannot_be_read_is_said)
{
	struct err e = { 0 };
	struct rule_set *set =
	    load("rule A-1 critical on XML3 when not exists(service(MA_DICH_VU)) vi \"v\" en \"e\"", &e);
	static const struct rule_catalog unreadable = { NULL, any_has, unreadable_get };
	struct rule_verdict v = { .arena = arena };
	struct rule_options o = { .now = NOW, .catalog = &unreadable };
	struct rule_judge *j;
	ck_assert_ptr_nonnull(set);
	j = rule_judge_new(set);
	rule_judge_claim(j, make_claim(), &o, &v);
	ck_assert_uint_eq(v.not_evaluated, 1);
	ck_assert_int_eq(v.at[0].outcome, RULE_NO_CATALOG);
	/* one that is not there at all is no fault of the claim, and is told apart */
	o.catalog = NULL;
	rule_judge_claim(j, make_claim(), &o, &v);
	ck_assert_uint_eq(v.count, 0);
	ck_assert_uint_eq(v.catalogs_needed, UINT64_C(1) << rule_catalog_find(SLICE("service")));
	rule_judge_free(j);
}
END_TEST

START_TEST(a_constraint_is_held_elsewhere)
{
	struct err e = { 0 };
	struct rule_set *set =
	    load("rule A-1 critical on other constraint \"staff_excl\", \"post_excl\" vi \"v\" en \"e\"", &e);
	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(rule_at(set, 0)->kind, RULE_CONSTRAINT);
	ck_assert_str_eq(rule_at(set, 0)->condition, "\"staff_excl\", \"post_excl\"");
	ck_assert_uint_eq(judge(set, make_claim()).count, 0);
	ck_assert_int_eq(rule_switch(set, 0, RULE_OFF, "no", &e), ERR_CONFLICT);
	ck_assert_int_eq(rule_at(set, 0)->state, RULE_ON);
}
END_TEST

START_TEST(what_the_reader_says_of_dates_is_told_apart)
{
	struct err e = { 0 };
	struct rule_set *set =
	    load("rule A-1 critical on claim reader dates \"value-type\" vi \"v\" en \"e\""
		 " rule A-2 critical on claim reader others \"value-type\" vi \"v\" en \"e\""
		 " rule A-3 critical on claim reader \"value-type\" vi \"v\" en \"e\"",
		&e);
	struct claim_findings l;
	struct rule_verdict v = { .arena = arena };
	struct rule_options o = { .now = NOW, .reader = &l };
	struct rule_judge *j;
	ck_assert_ptr_nonnull(set);
	claim_findings_init(&l, arena);
	claim_finding_add(&l, FINDING_VALUE_TYPE, CLAIM_XML1, 1, XML1_NGAY_RA, "x");
	claim_finding_add(&l, FINDING_VALUE_TYPE, CLAIM_XML1, 1, XML1_GT_THE_DEN, "x"); /* a list of dates */
	claim_finding_add(&l, FINDING_VALUE_TYPE, CLAIM_XML3, 1, XML3_SO_LUONG, "x");
	j = rule_judge_new(set);
	rule_judge_claim(j, make_claim(), &o, &v);
	static const uint16_t rules[] = { 0, 0, 1, 2, 2, 2 };
	ck_assert_uint_eq(v.count, sizeof(rules) / sizeof(rules[0]));
	for (size_t i = 0; i < v.count; i++)
		ck_assert_uint_eq(v.at[i].rule, rules[i]);
	rule_judge_free(j);
}
END_TEST

START_TEST(a_claim_cannot_make_a_rule_slow)
{
	struct err e = { 0 };
	struct rule_set *set = load("rule A-1 warning on XML3 vi \"v\" en \"e\" when count(XML3 a where"
				    " count(XML3 b where b.SO_LUONG > a.SO_LUONG) > 1) > 5",
	    &e);
	struct claim_document *d = make_claim();
	ck_assert_ptr_nonnull(set);
	for (int i = 0; i < 20000; i++)
		add_line(d, "A", "1", "1", "1");
	struct rule_verdict v = judge(set, d);
	ck_assert_uint_eq(v.count, 1);
	ck_assert_int_eq(v.at[0].outcome, RULE_TOO_LONG);
}
END_TEST

START_TEST(a_rule_is_in_force_between_its_dates)
{
	struct err e = { 0 };
	struct rule_set *set =
	    load("rule A-1 warning on XML1 when true vi \"v\" en \"e\" from 2026-07-15 to 2026-07-15"
		 " rule A-2 warning on XML1 when true vi \"v\" en \"e\" from 2026-07-16"
		 " rule A-3 warning on XML1 when true vi \"v\" en \"e\" to 2026-07-14"
		 " rule A-4 critical on XML1 when true vi \"v\" en \"e\" shadow"
		 " rule A-5 critical on XML1 when true vi \"v\" en \"e\" off \"not yet\"",
		&e);
	ck_assert_ptr_nonnull(set);
	struct rule_verdict v = judge(set, make_claim());
	ck_assert_uint_eq(v.count, 2);
	ck_assert_str_eq(rule_at(set, v.at[0].rule)->id, "A-1");
	ck_assert_uint_eq(v.critical, 0);
	ck_assert_uint_eq(v.shadow, 1);
}
END_TEST

START_TEST(a_finding_says_where_what_and_how_much)
{
	struct err e = { 0 };
	struct buf text;
	struct rule_set *set =
	    load("rule A-1 critical on XML3 when MA_DICH_VU = \"B\" field SO_LUONG"
		 " vi \"{MA_DICH_VU}: {SO_LUONG} của {XML1.HO_TEN}, {XML1.NGAY_VAO}\" en \"e {MA_VAT_TU}\""
		 " fix \"sửa {SO_LUONG}\" \"mend\" risk round(SO_LUONG * DON_GIA_BH, 2)",
		&e);
	struct claim_document *d = make_claim();
	ck_assert_ptr_nonnull(set);
	struct rule_verdict v = judge(set, d);
	ck_assert_uint_eq(v.count, 1);
	ck_assert_int_eq(v.at[0].at_risk, 67); /* 2 × 0.333 = 0.666 */
	buf_init(&text, 4096);
	rule_place(&v.at[0], &text);
	ck_slice(buf_slice(&text), "XML3[2].SO_LUONG");
	buf_reset(&text);
	rule_message(set, &v.at[0], d, true, &text);
	ck_slice(buf_slice(&text), "B: 2.000 của Nguyễn Thị Thử, 15/07/2026 07:30");
	buf_reset(&text);
	rule_message(set, &v.at[0], d, false, &text);
	ck_slice(buf_slice(&text), "e ∅");
	buf_free(&text);
}
END_TEST

START_TEST(a_faulty_file_leaves_the_set_as_it_was)
{
	struct err e = { 0 };
	struct rule_set *set =
	    load("define good: true rule A-1 warning on XML1 when good vi \"v\" en \"e\"", &e);
	const char *version = arena_text(arena, slice_of(rule_set_version(set)));
	const char *bad = "define more: true rule A-2 warning on XML1 when more vi \"v\" en \"e\" rule A-3 "
			  "warning on XML1 when";
	ck_assert_int_lt(rule_set_load(set, "bad", slice_of(bad), &e), 0);
	ck_assert_uint_eq(rule_count(set), 1);
	ck_assert_int_eq(rule_find(set, SLICE("A-2")), -1);
	ck_assert_int_eq(rule_find(set, SLICE("A-1")), 0);
	ck_assert_str_eq(rule_set_version(set), version);
	const char *again = "define more: true rule A-2 warning on XML1 when more and good vi \"v\" en \"e\"";
	ck_assert_int_eq(rule_set_load(set, "again", slice_of(again), &e), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules");
	TCase *c = tcase_create("language");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 20);
	tcase_add_test(c, numbers_are_exact);
	tcase_add_test(c, a_missing_value_makes_comparisons_false_and_sums_missing);
	tcase_add_test(c, texts_lists_and_patterns);
	tcase_add_test(c, dates_and_ages);
	tcase_add_test(c, rows_are_counted_summed_and_paired);
	tcase_add_test(c, catalogues_are_valid_on_a_date);
	tcase_add_loop_test(
	    c, a_wrong_rule_is_refused_with_its_place, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(c, a_hostile_rule_is_refused_at_once);
	tcase_add_test(c, what_cannot_be_evaluated_is_said);
	tcase_add_test(c, a_catalogue_that_cannot_be_read_is_said);
	tcase_add_test(c, a_constraint_is_held_elsewhere);
	tcase_add_test(c, what_the_reader_says_of_dates_is_told_apart);
	tcase_add_test(c, a_claim_cannot_make_a_rule_slow);
	tcase_add_test(c, a_rule_is_in_force_between_its_dates);
	tcase_add_test(c, a_finding_says_where_what_and_how_much);
	tcase_add_test(c, a_faulty_file_leaves_the_set_as_it_was);
	suite_add_tcase(s, c);
	return unit_main(s);
}
