/*
 * Rules across claims: which facts touch a time (ends that touch, equal and open ends), who is the same
 * person, what is taken out of a claim, and that the index stays right while claims come and go. The expected
 * facts of the last test come from looking at every pair.
 */
#include "claims/rules/rules.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1784178000) /* 2026-07-16 12:00 */

static struct arena *arena;
static struct rule_facts *facts;

static void
setup(void)
{
	arena = arena_new(0);
	facts = rule_facts_new(100000);
}

static void
teardown(void)
{
	rule_facts_free(facts);
	arena_free(arena);
}

static void
set(struct claim_document *d, struct claim_row *r, enum claim_field f, const char *value)
{
	if (value)
		ck_assert_int_eq(claim_set(d, r, f, slice_of(value), NULL), 0);
}

static struct claim_document *
visit(const char *ma_lk, const char *citizen, const char *card, const char *from, const char *to,
    const char *kind)
{
	struct claim_document *d = claim_document_new(arena);
	struct claim_row *head = claim_row_add(d, CLAIM_XML1);
	set(d, head, XML1_MA_LK, ma_lk);
	set(d, head, XML1_SO_CCCD, citizen);
	set(d, head, XML1_MA_THE_BHYT, card);
	set(d, head, XML1_NGAY_VAO, from);
	set(d, head, XML1_NGAY_RA, to);
	set(d, head, XML1_MA_LOAI_KCB, kind);
	set(d, head, XML1_MA_CSKCB, "66001");
	set(d, head, XML1_MA_BENH_CHINH, "I10");
	return d;
}

static uint32_t
take(uint32_t batch, const struct claim_document *d)
{
	uint32_t claim = 0;
	ck_assert_int_eq(rule_facts_take(facts, batch, d, &claim, NULL), 0);
	ck_assert_uint_gt(claim, 0);
	return claim;
}

static struct rule_verdict
judge(const char *condition, const struct claim_document *d, uint32_t claim)
{
	struct err e = { 0 };
	struct rule_set *rules = rule_set_new(arena);
	const char *text = arena_printf(arena,
	    "rule T-1 warning on XML1 when %s vi \"{other.ma_lk} {other.from} {other.to}\" en \"e\"",
	    condition);
	int rc = rule_set_load(rules, "t.rules", slice_of(text), &e);
	ck_assert_msg(rc == 0, "%s: %s: %s", condition, e.field, e.detail);
	struct rule_judge *j = rule_judge_new(rules);
	struct rule_verdict v = { .arena = arena };
	struct rule_options o = { .now = NOW, .facts = facts, .facts_claim = claim };
	rule_judge_claim(j, d, &o, &v);
	rule_judge_free(j);
	return v;
}

static bool
holds(const char *condition, const struct claim_document *d)
{
	struct rule_verdict v = judge(condition, d, 0);
	ck_assert_uint_eq(v.not_evaluated, 0);
	return v.count == 1;
}

#define OVERLAP "any(others stay s between NGAY_VAO and NGAY_RA)"
#define ME "999185000001"

START_TEST(both_ends_of_a_time_belong_to_it)
{
	static const struct {
		const char *from, *to;
		bool touches;
	} cases[] = {
		{ "202607100700", "202607100759", false }, /* ends a minute before */
		{ "202607100700", "202607100800", true },  /* ends when this one begins */
		{ "202607100800", "202607100900", true },  /* the same time */
		{ "202607100815", "202607100830", true },  /* inside */
		{ "202607100700", "202607101000", true },  /* around */
		{ "202607100900", "202607101000", true },  /* begins when this one ends */
		{ "202607100901", "202607101000", false }, /* begins a minute after */
	};
	struct claim_document *own = visit("L0", ME, NULL, "202607100800", "202607100900", "01");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rule_facts_clear(facts);
		take(1, visit("L1", ME, NULL, cases[i].from, cases[i].to, "01"));
		ck_assert_msg(holds(OVERLAP, own) == cases[i].touches, "case %zu", i);
		ck_assert(
		    holds("not any(others stay s between NGAY_VAO and NGAY_RA where s.from < NGAY_RA and "
			  "s.to > NGAY_VAO)",
			own) == (i < 2 || i > 4));
	}
}
END_TEST

START_TEST(who_has_not_left_stays_on)
{
	struct claim_document *own = visit("L0", ME, NULL, "202608100800", "202608100900", "01");
	/* an inpatient without discharge is still there; an outpatient left on the day of arrival */
	take(1, visit("L1", ME, NULL, "202607100800", NULL, "03"));
	take(1, visit("L2", ME, NULL, "202607110800", NULL, "01"));
	ck_assert(holds("count(others stay s between NGAY_VAO and NGAY_RA) = 1", own));
	ck_assert(holds("any(others stay s where s.code = \"03\" and s.to is missing)", own));
	ck_assert(holds("any(others stay s where s.to = time(\"202607112359\"))", own));
	/* without a time of its own a claim overlaps nothing */
	ck_assert(!holds(OVERLAP, visit("L3", ME, NULL, "202608100800", NULL, "03")));
	ck_assert(holds("any(others stay s between NGAY_VAO and today)",
	    visit("L3", ME, NULL, "202607100800", NULL, "03")));
}
END_TEST

START_TEST(a_person_is_known_by_citizen_or_insurance_number_and_counted_once)
{
	struct claim_document *own = visit("L0", ME, "GD4669990012345", "202607100800", "202607100900", "01");
	take(1, visit("L1", ME, NULL, "202607100800", "202607100900", "01"));
	take(1, visit("L2", NULL, "HT1669990012345", "202607100800", "202607100900", "01"));
	take(1, visit("L3", ME, "9990012345", "202607100800", "202607100900", "01"));
	take(1, visit("L4", "999185000002", "GD4669990099999", "202607100800", "202607100900", "01"));
	take(1, visit("L5", NULL, NULL, "202607100800", "202607100900", "01"));
	ck_assert(holds("count(others stay s between NGAY_VAO and NGAY_RA) = 3", own));
	ck_assert(
	    !holds("any(others stay s)", visit("L6", NULL, NULL, "202607100800", "202607100900", "01")));
}
END_TEST

START_TEST(a_claim_is_not_its_own_neighbour)
{
	struct claim_document *own = visit("L0", ME, NULL, "202607100800", "202607100900", "01");
	uint32_t claim = take(1, own);
	take(2, own); /* sent again in another file: an older form of the same claim */
	ck_assert_uint_eq(judge(OVERLAP, own, claim).count, 0);
	ck_assert_uint_eq(judge("any(others dossier(MA_LK) d)", own, claim).count, 0);
	take(1, own); /* twice in one file */
	ck_assert_uint_eq(judge("any(others dossier(MA_LK) d)", own, claim).count, 1);
}
END_TEST

START_TEST(a_finding_names_the_other_claim)
{
	struct claim_document *own = visit("L0", ME, NULL, "202607100800", "202607100900", "01");
	take(1, visit("L1", ME, NULL, "202607090700", NULL, "03"));
	struct rule_verdict v = judge(OVERLAP, own, 0);
	ck_assert_uint_eq(v.count, 1);
	rule_facts_clear(facts); /* the finding does not need the index any more */
	ck_assert_ptr_nonnull(v.at[0].other);
	ck_slice(v.at[0].other->ma_lk, "L1");
	ck_slice(v.at[0].other->facility, "66001");
	struct err e = { 0 };
	struct rule_set *rules = rule_set_new(arena);
	const char *text = "rule T-1 warning on XML1 when any(others stay s) vi \"{other.ma_lk} {other.from} "
			   "{other.to} {other.value}\" en \"e\"";
	ck_assert_int_eq(rule_set_load(rules, "t", slice_of(text), &e), 0);
	struct buf out;
	buf_init(&out, 1000);
	rule_message(rules, &v.at[0], own, true, &out);
	ck_slice(buf_slice(&out), "L1 09/07/2026 07:00 … 0");
	buf_free(&out);
}
END_TEST

START_TEST(without_an_index_rules_across_claims_say_so)
{
	struct claim_document *own = visit("L0", ME, NULL, "202607100800", "202607100900", "01");
	rule_facts_cut(facts, 1u << RULE_FACT_STAY);
	struct rule_verdict v = judge(OVERLAP, own, 0);
	ck_assert_uint_eq(v.count, 1);
	ck_assert_uint_eq(v.not_evaluated, 1);
	ck_assert_uint_eq(v.at[0].outcome, RULE_NO_FACTS);
	rule_facts_free(facts);
	facts = NULL;
	v = judge(OVERLAP, own, 0);
	ck_assert_uint_eq(v.count, 0);
	ck_assert_uint_eq(v.facts_needed, 1u << RULE_FACT_STAY);
}
END_TEST

START_TEST(rows_of_the_database_are_facts_or_refused)
{
	struct err e = { 0 };
	struct slice row[RULE_FACT_CELLS] = { SLICE("1"), SLICE("work"), SLICE("9990000004"), { NULL, 0 },
		{ NULL, 0 }, SLICE("202607100800"), { NULL, 0 }, SLICE("L1"), SLICE("66002"), SLICE("02.03"),
		SLICE("13"), SLICE("f") };
	struct claim_document *own = visit("L0", ME, NULL, "202607100800", "202607100900", "01");
	ck_assert_int_eq(rule_facts_add_row(facts, row, &e), 0);
	ck_assert(holds(
	    "any(others work(\"9990000004\") w between NGAY_VAO and NGAY_RA where w.facility = \"66002\" and "
	    "w.code = \"02.03\" and w.value = 13 and w.to is missing and w.ma_lk = \"L1\")",
	    own));
	ck_assert_uint_eq(rule_facts_count(facts), 1);
	static const struct {
		int cell;
		const char *value, *field;
	} wrong[] = { { RULE_FACT_CELL_KIND, "nonsense", "kind" },
		{ RULE_FACT_CELL_FROM, "8 o'clock", "from" }, { RULE_FACT_CELL_TO, "x", "to" },
		{ RULE_FACT_CELL_VALUE, "1.5", "value" } };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct slice bad[RULE_FACT_CELLS];
		memcpy(bad, row, sizeof(bad));
		bad[wrong[i].cell] = slice_of(wrong[i].value);
		ck_assert_int_eq(rule_facts_add_row(facts, bad, &e), ERR_INPUT);
		ck_assert_str_eq(e.field, wrong[i].field);
	}
	row[RULE_FACT_CELL_IS_CUT] = SLICE("t");
	ck_assert_int_eq(rule_facts_add_row(facts, row, &e), 0);
	ck_assert_uint_eq(judge("any(others work(\"x\") w)", own, 0).not_evaluated, 1);
}
END_TEST

START_TEST(lines_give_work_machines_beds_and_orders)
{
	struct claim_document *d = visit("L1", "999185000002", NULL, "202607100800", "202607121000", "03");
	struct claim_row *r = claim_row_add(d, CLAIM_XML3);
	set(d, r, XML3_MA_DICH_VU, "10.0506");
	set(d, r, XML3_MA_NHOM, "8");
	set(d, r, XML3_MA_BAC_SI, "B1");
	set(d, r, XML3_NGUOI_THUC_HIEN, "B1;B2");
	set(d, r, XML3_MA_MAY, "M1;M2");
	set(d, r, XML3_NGAY_YL, "202607100900");
	set(d, r, XML3_NGAY_TH_YL, "202607100930");
	set(d, r, XML3_NGAY_KQ, "202607101030");
	r = claim_row_add(d, CLAIM_XML3);
	set(d, r, XML3_MA_NHOM, "15");
	set(d, r, XML3_MA_KHOA, "K19");
	set(d, r, XML3_MA_GIUONG, "H001");
	set(d, r, XML3_TYLE_TT_DV, "50");
	set(d, r, XML3_NGAY_YL, "202607101200");
	set(d, r, XML3_NGAY_KQ, "202607111200");
	r = claim_row_add(d, CLAIM_XML3);
	set(d, r, XML3_MA_NHOM, "1"); /* a laboratory runs many tests at a time */
	set(d, r, XML3_NGUOI_THUC_HIEN, "B2");
	set(d, r, XML3_MA_MAY, "M2");
	set(d, r, XML3_NGAY_TH_YL, "202607100930");
	take(1, d);
	static const char *const yes[] = {
		"count(others work(\"B2\") w where w.from = time(\"202607100930\") and w.value = 8) = 1",
		"count(others work(\"B2\") w) = 1", "count(others machine(\"M2\") m) = 1",
		"any(others machine(\"M1\") m where m.to = time(\"202607101030\"))",
		"any(others bed(\"66001\", \"K19\", \"H001\") b between NGAY_VAO and NGAY_RA where b.value = "
		"50)",
		"not any(others bed(\"66002\", \"K19\", \"H001\") b)",
		"any(others order(\"B1\") o between time(\"202607100900\") and time(\"202607100900\"))",
		"not any(others order(\"B2\") o)",
		"max(others work(\"B1\") w : w.to) = time(\"202607101030\")",
		"sum(others work(\"B1\") w : w.value) = 8", NULL
	};
	struct claim_document *own = visit("L0", ME, NULL, "202607100800", "202607121000", "03");
	for (const char *const *c = yes; *c; c++)
		ck_assert_msg(holds(*c, own), "should hold: %s", *c);
}
END_TEST

START_TEST(an_index_that_is_full_says_so_and_keeps_nothing_of_the_claim)
{
	struct err e = { 0 };
	uint32_t claim;
	rule_facts_free(facts);
	facts = rule_facts_new(3);
	take(1, visit("L1", ME, NULL, "202607100800", "202607100900", "01")); /* dossier and stay */
	ck_assert_int_eq(rule_facts_take(facts, 1,
			     visit("L2", ME, NULL, "202607100800", "202607100900", "01"), &claim, &e),
	    ERR_LIMIT);
	ck_assert_uint_eq(rule_facts_count(facts), 2);
}
END_TEST

/* ---- claims come and go ---- */

#define VISITS 3000

static uint64_t seed = 20260716;

static uint64_t
dice(uint64_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % sides;
}

static const char *
minute_text(uint64_t minute) /* of July 2026 */
{
	return arena_printf(arena, "202607%02d%02d%02d", (int)(1 + minute / 1440), (int)(minute / 60 % 24),
	    (int)(minute % 60));
}

START_TEST(the_index_agrees_with_looking_at_every_claim)
{
	static struct {
		uint64_t from, to;
		uint32_t claim; /* 0 = not there */
		struct claim_document *document;
	} v[VISITS];
	for (size_t i = 0; i < VISITS; i++) {
		v[i].from = dice(30 * 1440);
		v[i].to = v[i].from + dice(i % 50 ? 90 : 9000);
		if (v[i].to >= 31 * 1440)
			v[i].to = 31 * 1440 - 1;
		v[i].document = visit(arena_printf(arena, "L%zu", i), ME, NULL, minute_text(v[i].from),
		    minute_text(v[i].to), "01");
	}
	for (size_t step = 0; step < 4000; step++) {
		size_t i = dice(VISITS);
		if (v[i].claim) {
			rule_facts_remove(facts, v[i].claim);
			v[i].claim = 0;
		} else {
			v[i].claim = take(1, v[i].document);
		}
		if (step % 40)
			continue;
		size_t touching = 0, own = dice(VISITS);
		for (size_t k = 0; k < VISITS; k++)
			touching +=
			    v[k].claim && k != own && v[k].from <= v[own].to && v[k].to >= v[own].from;
		const char *c =
		    arena_printf(arena, "count(others stay s between NGAY_VAO and NGAY_RA) = %zu", touching);
		ck_assert_msg(holds(c, v[own].document), "step %zu: %zu", step, touching);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("facts");
	TCase *c = tcase_create("facts");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, both_ends_of_a_time_belong_to_it);
	tcase_add_test(c, who_has_not_left_stays_on);
	tcase_add_test(c, a_person_is_known_by_citizen_or_insurance_number_and_counted_once);
	tcase_add_test(c, a_claim_is_not_its_own_neighbour);
	tcase_add_test(c, a_finding_names_the_other_claim);
	tcase_add_test(c, without_an_index_rules_across_claims_say_so);
	tcase_add_test(c, rows_of_the_database_are_facts_or_refused);
	tcase_add_test(c, lines_give_work_machines_beds_and_orders);
	tcase_add_test(c, an_index_that_is_full_says_so_and_keeps_nothing_of_the_claim);
	tcase_add_test(c, the_index_agrees_with_looking_at_every_claim);
	suite_add_tcase(s, c);
	return unit_main(s);
}
