/*
 * Recall: faults are put into clean claims, one at a time, and must be found. Clean claims are the base
 * claims with other prices (amounts and totals computed anew here), judged with the catalogues of the
 * examples; each kind of fault is tried many times with a fixed seed. The table of recall per kind is
 * printed. A fault counts as found by the rules when a rule reports that did not before (where a kind names
 * rules, one of those), and as found at all when the structural check does. The promise: 99 % of each kind,
 * and nothing critical in a clean claim.
 */
#include <stdio.h>

#include "claims/check.h"
#include "claims/rules/rules.h"
#include "tests/unit/claims/rules/clean_claim.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1784178000) /* 2026-07-16 12:00 */
#define TRIES 400

static uint64_t seed = 20260716;

struct bench {
	struct rule_set *set;
	struct rule_judge *judge;
	struct rule_catalog catalog; /* of a facility that does not exist (claims/rules/examples) */
	struct arena *arena;         /* of one claim */
};

static void
set(struct claim_document *d, enum claim_table t, size_t row, const char *field, const char *value)
{
	struct claim_row *r = claim_row_at(d, t, row);
	enum claim_field f = (enum claim_field)claim_field_of(t, field);
	if (claim_set(d, r, f, slice_of(value), NULL) < 0)
		claim_set_raw(d, r, f, slice_of(value));
}

static uint64_t
dice(uint64_t sides)
{
	return clean_dice(&seed, sides);
}

static int64_t
get(const struct claim_row *r, const char *name)
{
	return clean_get(r, name);
}

static void
put(struct claim_row *r, const char *name, int64_t value)
{
	clean_put(r, name, value);
}

static struct claim_document *
clean_claim(struct bench *b, const char *base)
{
	return clean_claim_make(b->set, base, b->arena, &seed);
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
	set(d, t, any_row(d, t), "MA_BAC_SI", "9990000005");
}

/* ---- faults that only catalogues show; outpatient claims: drug 2, service 2 ---- */

static void
drug(struct claim_document *d, const char *code)
{
	set(d, CLAIM_XML2, 1, "MA_THUOC", code);
}

static void
service(struct claim_document *d, const char *code)
{
	set(d, CLAIM_XML3, 1, "MA_DICH_VU", code);
	set(d, CLAIM_XML4, 0, "MA_DICH_VU", code);
}

static void
unknown_practitioner(struct claim_document *d)
{
	enum claim_table t = any_lines();
	size_t row = any_row(d, t);
	set(d, t, row, t == CLAIM_XML3 && dice(2) ? "NGUOI_THUC_HIEN" : "MA_BAC_SI", "9991000000");
}

static void
no_right_to_prescribe(struct claim_document *d)
{
	set(d, CLAIM_XML2, any_row(d, CLAIM_XML2), "MA_BAC_SI", "9990000006");
}

static void
price_above(struct claim_document *d)
{
	if (dice(2)) {
		size_t row = any_row(d, CLAIM_XML2);
		struct claim_row *r = claim_row_at(d, CLAIM_XML2, row);
		clean_reprice(r, 20000000 + 1000 * (int64_t)(1 + dice(9000)));
	} else {
		clean_reprice(claim_row_at(d, CLAIM_XML3, 2), 550100000 + 1000 * (int64_t)(1 + dice(9000)));
	}
	clean_total(d);
}

static void
not_in_tender(struct claim_document *d)
{
	static const char *const codes[][2] = { { "MA_THUOC", "40.9999" }, { "SO_DANG_KY", "VD-77777-26" },
		{ "TT_THAU", "777/QĐ-SYT;G1;N4;2026" }, { "MA_THUOC", "40.67" } };
	size_t i = (size_t)dice(4);
	set(d, CLAIM_XML2, any_row(d, CLAIM_XML2), codes[i][0], codes[i][1]);
}

static void
other_product(struct claim_document *d)
{
	static const char *const codes[][2] = { { "HAM_LUONG", "1000mg" }, { "DANG_BAO_CHE", "Siro" },
		{ "DUONG_DUNG", "3.05" }, { "DON_VI_TINH", "chai" }, { "TEN_THUOC", "Thuốc khác" } };
	size_t i = (size_t)dice(5);
	set(d, CLAIM_XML2, any_row(d, CLAIM_XML2), codes[i][0], codes[i][1]);
}

static void
unknown_service(struct claim_document *d)
{
	static const char *const codes[] = { "22.9999.1370", "22.0121.1369", "01.0002.0001" };
	service(d, codes[dice(3)]);
}

static void
outside_scope(struct claim_document *d)
{
	static const char *const codes[] = { "9990000004", "9990000008" };
	set(d, CLAIM_XML3, 1 + (size_t)dice(2), "NGUOI_THUC_HIEN", codes[dice(2)]);
}

static void
unknown_machine(struct claim_document *d)
{
	static const char *const codes[] = { "HH.1.66001.SN77", "HH.1.66001.SN09", "CT.1.66001.SN99" };
	set(d, CLAIM_XML3, 1 + (size_t)dice(2), "MA_MAY", codes[dice(3)]);
}

static void
unknown_bed(struct claim_document *d)
{
	static const char *const codes[] = { "H077", "H002", "T045" };
	set(d, CLAIM_XML3, 1 + (size_t)dice(4), "MA_GIUONG", codes[dice(3)]);
}

static void
wrong_age(struct claim_document *d)
{
	if (dice(2))
		drug(d, "40.813");
	else
		service(d, "22.0902.1370");
}

static void
item_for_men(struct claim_document *d)
{
	if (dice(2))
		drug(d, "40.812");
	else
		service(d, "22.0901.1370");
}

static void
contraindicated(struct claim_document *d)
{
	drug(d, dice(2) ? "40.818" : "40.819");
}

static void
no_indication(struct claim_document *d)
{
	static const char *const drugs[] = { "40.820", "40.823" };
	static const char *const services[] = { "22.0905.1370", "22.0908.1370" };
	if (dice(2))
		drug(d, drugs[dice(2)]);
	else
		service(d, services[dice(2)]);
}

static void
same_substance(struct claim_document *d)
{
	drug(d, "40.817");
}

static void
excluding_services(struct claim_document *d)
{
	service(d, dice(2) ? "22.0903.1370" : "22.0904.1370");
	/* the excluding pair is found at the later line */
	claim_set_number(claim_row_at(d, CLAIM_XML3, 1), XML3_STT, 2);
}

static void
unpaid_here(struct claim_document *d)
{
	static const char *const drugs[] = { "40.824", "40.825" };
	if (dice(2))
		drug(d, drugs[dice(2)]);
	else
		service(d, "22.0909.1370");
}

static void
wrong_list_ratio(struct claim_document *d)
{
	drug(d, "40.814");
}

static void
more_than_bought(struct claim_document *d)
{
	drug(d, "40.826");
}

static void
outside_hours(struct claim_document *d)
{
	if (dice(2))
		set(d, CLAIM_XML2, any_row(d, CLAIM_XML2), "MA_BAC_SI", "9990000007");
	else
		set(d, CLAIM_XML3, 1, "NGUOI_THUC_HIEN", "9990000007");
}

static void
unknown_facility(struct claim_document *d)
{
	static const char *const fields[] = { "MA_DKBD", "MA_CSKCB", "MA_NOI_DI" };
	static const char *const codes[] = { "66777", "66888", "99123" };
	set(d, CLAIM_XML1, 0, fields[dice(3)], codes[dice(3)]);
}

static void
implausible_result(struct claim_document *d)
{
	static const char *const values[] = { "1120", "0.01", "dương tính", "<0.001" };
	set(d, CLAIM_XML4, 0, "GIA_TRI", values[dice(4)]);
}

static const struct {
	const char *name;
	void (*change)(struct claim_document *);
	const char *base;  /* base claim it is put into, NULL = any */
	const char *rules; /* one of these must find it, NULL = any rule */
} kinds[] = {
	{ "wrong total", wrong_total, NULL, NULL },
	{ "wrong line amount", wrong_amount, NULL, NULL },
	{ "swapped dates", swapped_dates, NULL, NULL },
	{ "order outside the visit", order_outside, NULL, NULL },
	{ "out-of-date code", old_code, NULL, NULL },
	{ "unknown code", unknown_code, NULL, NULL },
	{ "wrong sex", wrong_sex, NULL, NULL },
	{ "over-long text", long_text, NULL, NULL },
	{ "missing field", missing_field, NULL, NULL },
	{ "wrong route", wrong_route, NULL, NULL },
	{ "duplicate line", duplicate_line, NULL, NULL },
	{ "wrong card", wrong_card, NULL, NULL },
	{ "wrong level", wrong_level, NULL, NULL },
	{ "malformed value", malformed, NULL, NULL },
	{ "wrong cost group", wrong_group, NULL, NULL },
	{ "wrong ratio", wrong_ratio, NULL, NULL },
	{ "wrong dose text", wrong_dose, NULL, NULL },
	{ "expired licence", expired_licence, NULL, "X2-041 X3-035" },
	{ "unknown practitioner", unknown_practitioner, NULL, "X2-040 X3-032 X3-034" },
	{ "no right to prescribe", no_right_to_prescribe, NULL, "X2-042" },
	{ "price above approved", price_above, "outpatient", "X2-015 X3-009" },
	{ "drug not in tender", not_in_tender, NULL, "X2-010 X2-012 X2-013" },
	{ "other product", other_product, NULL, "X2-011 X2-014 X2-017" },
	{ "unknown or old service", unknown_service, "outpatient", "X3-007 X3-008" },
	{ "outside scope", outside_scope, "outpatient", "X3-036" },
	{ "unknown machine", unknown_machine, "outpatient", "X3-047" },
	{ "unknown bed", unknown_bed, "inpatient", "X3-076" },
	{ "age limit", wrong_age, "outpatient", "X2-055 X3-097" },
	{ "item for the other sex", item_for_men, "outpatient", "X2-056 X3-096" },
	{ "contraindicated", contraindicated, "outpatient", "X2-053 X2-054" },
	{ "no indication", no_indication, "outpatient", "X2-057-indication X2-058 X3-101-indication X3-105" },
	{ "same substance twice", same_substance, "outpatient", "X2-052" },
	{ "excluding services", excluding_services, "outpatient", "X3-099 X3-100" },
	{ "not paid at this place", unpaid_here, "outpatient", "X2-057 X2-057-department X3-101" },
	{ "ratio of the list", wrong_list_ratio, "outpatient", "X2-025" },
	{ "more than bought", more_than_bought, "outpatient", "X2-061" },
	{ "outside hours", outside_hours, "outpatient", "X2-043 X3-038" },
	{ "unknown facility", unknown_facility, NULL, "X1-039 X1-045 X1-074-list" },
	{ "implausible result", implausible_result, "outpatient", "X4-011 X4-012" },
};

/* ---- counting ---- */

struct count {
	size_t rule[RULES_MAX]; /* findings of each rule that was asked for */
	size_t critical, structure;
};

static bool
is_named(const char *rules, const char *id)
{
	struct slice rest = slice_of(rules), word;
	while (slice_split(&rest, ' ', &word))
		if (slice_eq_text(word, id))
			return true;
	return false;
}

static void
judge(struct bench *b, const struct claim_document *d, const char *rules, struct count *n)
{
	struct claim_findings l;
	struct rule_verdict v = { .arena = b->arena };
	struct rule_options o = { .now = NOW, .catalog = &b->catalog, .reader = &l };
	*n = (struct count){ 0 };
	claim_findings_init(&l, b->arena);
	claim_check(d, NULL, &l);
	rule_judge_claim(b->judge, d, &o, &v);
	for (size_t i = 0; i < v.count; i++)
		n->rule[v.at[i].rule] += !rules || is_named(rules, rule_at(b->set, v.at[i].rule)->id);
	n->critical = v.critical;
	n->structure = l.by_severity[CLAIM_WARNING] + l.by_severity[CLAIM_ERROR];
}

/* Does a rule say more than before? */
static bool
is_more(const struct count *before, const struct count *after)
{
	for (size_t i = 0; i < RULES_MAX; i++)
		if (after->rule[i] > before->rule[i])
			return true;
	return false;
}

static struct bench bench;

static void
setup(void)
{
	struct err e = { 0 };
	struct arena *a = arena_new(0);
	struct rule_catalog_rows *rows = rule_catalog_rows_new(a);
	ck_assert_int_eq(rule_example_catalogs(rows, &e), 0);
	bench.catalog = rule_catalog_rows_source(rows);
	bench.set = rule_set_new(a);
	ck_assert_int_eq(rule_set_load_builtin(bench.set, &e), 0);
	bench.judge = rule_judge_new(bench.set);
	bench.arena = arena_new(0);
}

START_TEST(faults_of_every_kind_are_found)
{
	size_t by_rules = 0, by_any = 0;
	const char *rules = kinds[_i].rules;
	for (int i = 0; i < TRIES; i++) {
		arena_reset(bench.arena);
		struct claim_document *d = clean_claim(&bench, kinds[_i].base);
		static struct count before, after;
		judge(&bench, d, rules, &before);
		kinds[_i].change(d);
		judge(&bench, d, rules, &after);
		bool found = is_more(&before, &after);
		by_rules += found;
		by_any += found || (!rules && after.structure > before.structure);
	}
	printf("recall: %-24s rules %5.1f %%, rules and structure %5.1f %%  %s\n", kinds[_i].name,
	    100.0 * (double)by_rules / TRIES, 100.0 * (double)by_any / TRIES, rules ? rules : "");
	fflush(stdout);
	ck_assert_msg(by_any * 100 >= TRIES * 99, "%s: %zu of %d", kinds[_i].name, by_any, TRIES);
}
END_TEST

START_TEST(clean_claims_have_nothing_critical)
{
	size_t critical = 0, claims = 5000;
	for (size_t i = 0; i < claims; i++) {
		arena_reset(bench.arena);
		static struct count n;
		judge(&bench, clean_claim(&bench, NULL), NULL, &n);
		critical += n.critical;
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
