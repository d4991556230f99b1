/*
 * Recall: faults are put into clean claims, one at a time, and must be found. Clean claims are the base
 * claims with other prices (amounts and totals computed anew here); each kind of fault is tried many times
 * with a fixed seed. The table of recall per kind is printed. A fault counts as found by the rules when a
 * rule reports that did not before, and as found at all when the structural check does. The promise: 99 % of
 * each kind, and nothing critical in a clean claim.
 */
#include <stdio.h>

#include "base/decimal.h"
#include "claims/check.h"
#include "claims/rules/rules.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1784178000) /* 2026-07-16 12:00 */
#define TRIES 400

static uint64_t seed = 20260716;

static uint64_t
dice(uint64_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % sides;
}

struct bench {
	struct rule_set *set;
	struct rule_judge *judge;
	struct arena *arena; /* of one claim */
};

/* ---- a catalogue of staff beside the built-in ones ---- */

static bool
staff_has(void *context, unsigned catalog)
{
	(void)context;
	return rule_catalog_builtin.has(NULL, catalog) || strcmp(rule_catalogs[catalog].name, "staff") == 0;
}

/* Everybody is approved for 2020–2030; the licence of 9990000009 ended in 2025. */
static int
staff_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	(void)context;
	(void)date;
	if (strcmp(rule_catalogs[catalog].name, "staff") != 0)
		return rule_catalog_builtin.get(NULL, catalog, key, date, attribute, ret);
	bool expired = slice_eq_text(key[0], "9990000009");
	const struct rule_attribute *a = attribute >= 0 ? &rule_catalogs[catalog].attribute[attribute] : NULL;
	*ret = (struct rule_value){ .number = 1 };
	if (a && strcmp(a->name, "licence_from") == 0)
		ret->number = 20200101;
	if (a && strcmp(a->name, "licence_to") == 0)
		ret->number = expired ? 20251231 : 20301231;
	return 1;
}

static const struct rule_catalog catalog = { NULL, staff_has, staff_get };

/* ---- clean claims ---- */

static void
set(struct claim_document *d, enum claim_table t, size_t row, const char *field, const char *value)
{
	struct claim_row *r = claim_row_at(d, t, row);
	enum claim_field f = (enum claim_field)claim_field_of(t, field);
	if (claim_set(d, r, f, slice_of(value), NULL) < 0)
		claim_set_raw(d, r, f, slice_of(value));
}

static enum claim_field
same_field(enum claim_table t, const char *name)
{
	int f = claim_field_of(t, name);
	ck_assert_int_ge(f, 0);
	return (enum claim_field)f;
}

static int64_t
get(const struct claim_row *r, const char *name)
{
	return claim_number(r, same_field((enum claim_table)r->table, name));
}

static void
put(struct claim_row *r, const char *name, int64_t value)
{
	claim_set_number(r, same_field((enum claim_table)r->table, name), value);
}

/* A line at another unit price: quantity × price, the fund's part by the level (spec: benefit-rules.md §6).
 */
static void
reprice(struct claim_row *r, int64_t price)
{
	int64_t total, fund;
	bool drug = r->table == CLAIM_XML2;
	ck_assert_int_eq(decimal_mul_div(get(r, "SO_LUONG"), price, 10000, &total), 0);
	ck_assert_int_eq(decimal_mul_div(total, get(r, "MUC_HUONG"), 10000, &fund), 0);
	put(r, drug ? "DON_GIA" : "DON_GIA_BV", price);
	if (!drug)
		put(r, "DON_GIA_BH", price);
	put(r, "THANH_TIEN_BV", total);
	put(r, "THANH_TIEN_BH", total);
	put(r, "T_BHTT", fund);
	put(r, "T_BNCCT", total - fund);
}

static void
total(struct claim_document *d)
{
	static const struct {
		const char *total, *part;
	} sums[] = { { "T_TONGCHI_BV", "THANH_TIEN_BV" }, { "T_TONGCHI_BH", "THANH_TIEN_BH" },
		{ "T_BNTT", "T_BNTT" }, { "T_BNCCT", "T_BNCCT" }, { "T_BHTT", "T_BHTT" },
		{ "T_BHTT_GDV", "T_BHTT" } };
	struct claim_row *head = claim_row_at(d, CLAIM_XML1, 0);
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		int64_t sum = 0;
		for (enum claim_table t = CLAIM_XML2; t <= CLAIM_XML3; t++)
			for (size_t k = 0; k < claim_row_count(d, t); k++)
				sum += get(claim_row_at(d, t, k), sums[i].part);
		put(head, sums[i].total, sum);
	}
	int64_t drugs = 0;
	for (size_t k = 0; k < claim_row_count(d, CLAIM_XML2); k++)
		drugs += get(claim_row_at(d, CLAIM_XML2, k), "THANH_TIEN_BV");
	put(head, "T_THUOC", drugs);
}

static struct claim_document *
clean_claim(struct bench *b)
{
	static const char *const bases[] = { "outpatient", "inpatient", "papers", "birth", "referral" };
	struct claim_document *d;
	struct err e = { 0 };
	ck_assert_int_eq(rule_claim_build(b->set, bases[dice(5)], b->arena, &d, &e), 0);
	for (size_t k = 0; k < claim_row_count(d, CLAIM_XML2); k++)
		reprice(claim_row_at(d, CLAIM_XML2, k), 1000 * (int64_t)(100 + dice(50000)));
	/* the dearest service stays, so that the visit is no small one */
	reprice(claim_row_at(d, CLAIM_XML3, 1), 1000 * (int64_t)(40000 + dice(10000)));
	total(d);
	return d;
}

/* ---- faults: each changes one thing ---- */

static size_t
any_row(struct claim_document *d, enum claim_table t)
{
	return (size_t)dice(claim_row_count(d, t));
}

static enum claim_table
any_lines(void)
{
	return dice(2) ? CLAIM_XML2 : CLAIM_XML3;
}

static void
wrong_total(struct claim_document *d)
{
	static const char *const f[] = { "T_THUOC", "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BNCCT", "T_BHTT",
		"T_BHTT_GDV" };
	struct claim_row *head = claim_row_at(d, CLAIM_XML1, 0);
	const char *name = f[dice(6)];
	put(head, name, get(head, name) + 300 + (int64_t)dice(1000000));
}

static void
wrong_amount(struct claim_document *d)
{
	static const char *const f[] = { "THANH_TIEN_BV", "THANH_TIEN_BH", "T_BNCCT", "T_BHTT" };
	enum claim_table t = any_lines();
	struct claim_row *r = claim_row_at(d, t, any_row(d, t));
	const char *name = f[dice(4)];
	put(r, name, get(r, name) + 300 + (int64_t)dice(1000000));
}

static void
swap(struct claim_row *r, const char *a, const char *b)
{
	int64_t x = get(r, a), y = get(r, b);
	if (x == y)
		y = x + 1;
	put(r, a, y);
	put(r, b, x);
}

static void
swapped_dates(struct claim_document *d)
{
	if (dice(2))
		swap(claim_row_at(d, CLAIM_XML1, 0), "NGAY_VAO", "NGAY_RA");
	else
		swap(claim_row_at(d, CLAIM_XML2, 0), "NGAY_YL", "NGAY_TH_YL");
}

static void
order_outside(struct claim_document *d)
{
	enum claim_table t = any_lines();
	set(d, t, any_row(d, t), "NGAY_YL", dice(2) ? "202606300700" : "202607161100");
}

static void
old_code(struct claim_document *d)
{
	if (dice(2))
		set(d, CLAIM_XML1, 0, "MATINH_CU_TRU", dice(2) ? "02" : "06");
	else
		set(d, CLAIM_XML1, 0, "MAHUYEN_CU_TRU", "643");
}

static void
unknown_code(struct claim_document *d)
{
	static const char *const codes[][2] = { { "MA_BENH_CHINH", "J99.98" }, { "MA_KHOA", "K97" },
		{ "MA_LOAI_KCB", "77" }, { "MA_DOITUONG_KCB", "6" }, { "MAXA_CU_TRU", "99998" },
		{ "MA_BENH_KT", "I10;QQ1" }, { "MA_TAI_NAN", "z" } };
	size_t i = (size_t)dice(7);
	set(d, CLAIM_XML1, 0, codes[i][0], codes[i][1]);
}

static void
wrong_sex(struct claim_document *d)
{
	static const char *const male[] = { "N40", "C61", "N41.0", "N44" };
	set(d, CLAIM_XML1, 0, "MA_BENH_CHINH", male[dice(4)]);
}

static void
long_text(struct claim_document *d)
{
	static const char x[] =
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	static const char *const f[] = { "MA_LK", "MA_BN", "MA_HSBA" };
	set(d, CLAIM_XML1, 0, f[dice(3)], x);
}

static void
missing_field(struct claim_document *d)
{
	enum claim_table t = (enum claim_table)(CLAIM_XML1 + dice(3));
	const struct claim_table_info *info = &claim_tables[t];
	struct claim_row *r = claim_row_at(d, t, any_row(d, t));
	enum claim_field f;
	do {
		f = (enum claim_field)(info->first + dice(info->count));
	} while (claim_fields[f].required != CLAIM_REQUIRED || !claim_has(r, f));
	claim_clear(r, f);
}

static void
wrong_route(struct claim_document *d)
{
	static const char *const codes[] = { "1.2", "1.3", "1.12", "1.13", "3.1" };
	set(d, CLAIM_XML1, 0, "MA_DOITUONG_KCB", codes[dice(5)]);
}

static void
duplicate_line(struct claim_document *d)
{
	enum claim_table t = any_lines();
	size_t from = any_row(d, t);
	struct claim_row *r = claim_row_add(d, t), *source = claim_row_at(d, t, from);
	memcpy(r, source, sizeof(*r) + sizeof(union claim_slot) * claim_tables[t].count);
	put(r, "STT", (int64_t)claim_row_count(d, t));
}

static void
wrong_card(struct claim_document *d)
{
	static const char *const codes[][2] = { { "MA_THE_BHYT", "GD466999001234" },
		{ "MA_THE_BHYT", "4GD669990012345" }, { "MA_THE_BHYT", "HT4669990012345" },
		{ "GT_THE_DEN", "20260501" }, { "GT_THE_TU", "20260720" }, { "MA_DKBD", "66001;66001" },
		{ "GT_THE_TU", "2026" } };
	size_t i = (size_t)dice(7);
	set(d, CLAIM_XML1, 0, codes[i][0], codes[i][1]);
}

static void
wrong_level(struct claim_document *d)
{
	enum claim_table t = any_lines();
	set(d, t, t == CLAIM_XML2 ? any_row(d, t) : 1, "MUC_HUONG", dice(2) ? "95" : "100");
}

static void
malformed(struct claim_document *d)
{
	static const char *const codes[][2] = { { "NGAY_RA", "20260715" }, { "NGAY_VAO", "15/07/2026" },
		{ "T_BHTT", "1.000,5" }, { "CAN_NANG", "52,5" }, { "NGAY_TTOAN", "x" },
		{ "SO_NGAY_DTRI", "1.5" } };
	size_t i = (size_t)dice(6);
	set(d, CLAIM_XML1, 0, codes[i][0], codes[i][1]);
}

static void
wrong_group(struct claim_document *d)
{
	enum claim_table t = any_lines();
	set(d, t, any_row(d, t), "MA_NHOM", t == CLAIM_XML2 ? "13" : "4");
}

static void
wrong_ratio(struct claim_document *d)
{
	enum claim_table t = any_lines();
	set(d, t, t == CLAIM_XML2 ? any_row(d, t) : 1, "TYLE_TT_BH", dice(2) ? "120" : "50");
}

static void
wrong_dose(struct claim_document *d)
{
	set(d, CLAIM_XML2, any_row(d, CLAIM_XML2), "LIEU_DUNG",
	    dice(2) ? "Ngày uống 2 lần" : "uống sau ăn * 2");
}

static void
expired_licence(struct claim_document *d)
{
	enum claim_table t = any_lines();
	set(d, t, any_row(d, t), "MA_BAC_SI", "9990000009");
}

static const struct {
	const char *name;
	void (*change)(struct claim_document *);
} kinds[] = {
	{ "wrong total", wrong_total },
	{ "wrong line amount", wrong_amount },
	{ "swapped dates", swapped_dates },
	{ "order outside the visit", order_outside },
	{ "out-of-date code", old_code },
	{ "unknown code", unknown_code },
	{ "wrong sex", wrong_sex },
	{ "over-long text", long_text },
	{ "missing field", missing_field },
	{ "wrong route", wrong_route },
	{ "duplicate line", duplicate_line },
	{ "wrong card", wrong_card },
	{ "wrong level", wrong_level },
	{ "malformed value", malformed },
	{ "wrong cost group", wrong_group },
	{ "wrong ratio", wrong_ratio },
	{ "wrong dose text", wrong_dose },
	{ "expired licence", expired_licence },
};

/* ---- counting ---- */

struct count {
	size_t rules, critical, structure;
};

static struct count
judge(struct bench *b, const struct claim_document *d)
{
	struct claim_findings l;
	struct rule_verdict v = { .arena = b->arena };
	struct rule_options o = { .now = NOW, .catalog = &catalog, .reader = &l };
	claim_findings_init(&l, b->arena);
	claim_check(d, NULL, &l);
	rule_judge_claim(b->judge, d, &o, &v);
	return (
	    struct count){ v.count, v.critical, l.by_severity[CLAIM_WARNING] + l.by_severity[CLAIM_ERROR] };
}

static struct bench bench;

static void
setup(void)
{
	struct err e = { 0 };
	bench.set = rule_set_new(arena_new(0));
	ck_assert_int_eq(rule_set_load_builtin(bench.set, &e), 0);
	bench.judge = rule_judge_new(bench.set);
	bench.arena = arena_new(0);
}

START_TEST(faults_of_every_kind_are_found)
{
	size_t by_rules = 0, by_any = 0;
	for (int i = 0; i < TRIES; i++) {
		arena_reset(bench.arena);
		struct claim_document *d = clean_claim(&bench);
		struct count before = judge(&bench, d);
		kinds[_i].change(d);
		struct count after = judge(&bench, d);
		by_rules += after.rules > before.rules;
		by_any += after.rules > before.rules || after.structure > before.structure;
	}
	printf("recall: %-24s rules %5.1f %%, rules and structure %5.1f %%\n", kinds[_i].name,
	    100.0 * (double)by_rules / TRIES, 100.0 * (double)by_any / TRIES);
	fflush(stdout);
	ck_assert_msg(by_any * 100 >= TRIES * 99, "%s: %zu of %d", kinds[_i].name, by_any, TRIES);
}
END_TEST

START_TEST(clean_claims_have_nothing_critical)
{
	size_t critical = 0, claims = 5000;
	for (size_t i = 0; i < claims; i++) {
		arena_reset(bench.arena);
		critical += judge(&bench, clean_claim(&bench)).critical;
	}
	printf("false critical: %zu in %zu clean claims\n", critical, claims);
	fflush(stdout);
	ck_assert_uint_eq(critical, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rule recall");
	TCase *c = tcase_create("mutations");
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, clean_claims_have_nothing_critical);
	tcase_add_loop_test(c, faults_of_every_kind_are_found, 0, sizeof(kinds) / sizeof(kinds[0]));
	suite_add_tcase(s, c);
	return unit_main(s);
}
