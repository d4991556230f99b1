/*
 * Promises that hold for every visit: who pays adds up, nobody pays less than nothing, a better card never
 * costs more, the year limit is exact. Visits are random from a fixed seed (HMIS_SEED picks another).
 */
#include "tests/unit/claims/benefit/benefit_test.h"

#define ROUNDS 6000
#define LINES 24

struct sample {
	struct benefit_card card;
	struct benefit_line lines[LINES];
	struct benefit_visit visit;
};

static struct arena *arena, *scratch;
static const struct benefit_rules *rules;
static uint64_t state;

static void
setup(void)
{
	const char *seed = getenv("HMIS_SEED");
	arena = arena_new(0);
	scratch = arena_new(0);
	rules = benefit_rules_builtin(arena);
	state = seed ? strtoull(seed, NULL, 10) | 1 : 20261122;
}

static void
teardown(void)
{
	arena_free(scratch);
	arena_free(arena);
}

/* xorshift64*: 0..limit-1 */
static int64_t
pick(int64_t limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (int64_t)((state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

static bool
one_in(int64_t n)
{
	return pick(n) == 0;
}

static struct benefit_line
random_line(void)
{
	static const int xml3[] = { 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18 };
	static const int xml2[] = { 4, 5, 6, 7, 17 };
	static const int32_t rates[] = { 10000, 10000, 10000, 8000, 5000, 3300, 3000, 1000, 0 };
	bool drug = one_in(2);
	struct benefit_line l = service(drug ? xml2[pick(5)] : xml3[pick(13)], pick(20000), 0);
	l.table = drug ? BENEFIT_XML2 : BENEFIT_XML3;
	l.price_hospital.thousandths = pick(one_in(4) ? 2000000000 : 300000000);
	l.price_fund = l.price_hospital;
	if (!drug && one_in(4))
		l.price_fund.thousandths = pick(l.price_hospital.thousandths + 1);
	l.scope = one_in(10) ? 2 : one_in(20) ? 3 : 1;
	l.rate_service.hundredths = drug ? 10000 : rates[pick(9)];
	l.rate_fund.hundredths = one_in(3) ? rates[pick(9)] : 10000;
	l.at = moment(2026, 8, 25, 8, 0) + pick(10 * 86400);
	l.wound = one_in(30);
	l.payment_method = (int)pick(3) + 1;
	if (!drug && one_in(6))
		l.price_ceiling.thousandths = pick(500000000);
	return l;
}

/* Money of others must be below the hospital amount, which only the engine knows: ask it first. */
static void
random_support(struct sample *s)
{
	struct benefit_result r;
	ck_assert_int_eq(benefit_compute(rules, &s->visit, &r, scratch, NULL), 0);
	for (size_t i = 0; i < s->visit.line_count; i++) {
		int64_t hospital = r.lines[i].hospital.hundredths;
		if (hospital < 2 || !one_in(5))
			continue;
		s->lines[i].support = (enum benefit_support)pick(3);
		s->lines[i].source[pick(BENEFIT_SOURCES)].hundredths = pick(hospital);
	}
}

static struct sample *
random_visit(bool support)
{
	static const char *const codes[] = { "1.1", "1.2", "1.3", "1.13", "1.18", "2", "3.1", "8", "9" };
	static const char *const groups[] = { "DN", "HT", "CN", "TE", "QN", "LH" };
	struct sample *s = ARENA_NEW(scratch, struct sample);
	memcpy(s->card.group, groups[pick(6)], 3);
	s->card.digit = (int)pick(5) + 1;
	size_t count = (size_t)pick(LINES) + 1;
	for (size_t i = 0; i < count; i++)
		s->lines[i] = random_line();
	s->visit = inpatient(&s->card, s->lines, count);
	s->visit.object_code = slice_of(codes[pick(9)]);
	s->visit.care_type = one_in(2) ? 3 : 1;
	if (one_in(5))
		s->visit.exempt_from = moment(2026, 8, 25, 8, 0) + pick(10 * 86400);
	if (support)
		random_support(s);
	return s;
}

static struct benefit_result
compute(const struct sample *s)
{
	struct benefit_result r;
	struct err e = { 0 };
	int rc = benefit_compute(rules, &s->visit, &r, scratch, &e);
	ck_assert_msg(rc == 0, "%s: %s", e.field, e.detail);
	return r;
}

static void
check_share(const struct benefit_share *s)
{
	ck_assert_int_eq(s->hospital.hundredths,
	    s->fund.hundredths + s->copay.hundredths + s->self_pay.hundredths + s->other.hundredths);
	ck_assert_int_ge(s->fund.hundredths, 0);
	ck_assert_int_ge(s->copay.hundredths, 0);
	ck_assert_int_ge(s->self_pay.hundredths, 0);
	ck_assert_int_ge(s->other.hundredths, 0);
	ck_assert_int_ge(s->in_scope.hundredths, s->fund.hundredths);
	ck_assert_int_ge(s->hospital.hundredths, s->in_scope.hundredths);
	int64_t sources = 0;
	for (size_t i = 0; i < BENEFIT_SOURCES; i++)
		sources += s->source[i].hundredths;
	ck_assert_int_eq(sources, s->other.hundredths);
	ck_assert_int_gt((int)s->why_count, 0);
}

static void
check_totals(const struct benefit_result *r)
{
	struct benefit_totals t = { 0 };
	for (size_t i = 0; i < r->line_count; i++) {
		const struct benefit_share *s = &r->lines[i];
		check_share(s);
		t.hospital.hundredths += s->hospital.hundredths;
		t.in_scope.hundredths += s->in_scope.hundredths;
		t.fund.hundredths += s->fund.hundredths;
		t.copay.hundredths += s->copay.hundredths;
		t.self_pay.hundredths += s->self_pay.hundredths;
		t.other.hundredths += s->other.hundredths;
		t.fund_fee.hundredths += s->fund_fee.hundredths;
		t.drug.hundredths += s->drug.hundredths;
		t.supply.hundredths += s->supply.hundredths;
	}
	ck_assert_int_eq(memcmp(&t, &r->total, sizeof(t)), 0);
}

START_TEST(shares_add_up_and_none_is_negative)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct sample *s = random_visit(true);
		if (one_in(2)) {
			s->visit.five_years_from = day(2025, 1, 1);
			s->visit.copay_paid = (struct money){ pick(1600000000) };
		}
		for (size_t k = 0; k < s->visit.line_count; k++)
			if (s->lines[k].table == BENEFIT_XML3 && one_in(4))
				s->lines[k].package = one_in(2) ? SLICE("G1") : SLICE("G2");
		struct benefit_result r = compute(s);
		check_totals(&r);
		arena_reset(scratch);
	}
}
END_TEST

START_TEST(the_same_visit_gives_the_same_result)
{
	for (int i = 0; i < ROUNDS / 10; i++) {
		struct sample *s = random_visit(true);
		struct benefit_result a = compute(s), b = compute(s);
		ck_assert_int_eq((int)a.line_count, (int)b.line_count);
		ck_assert_int_eq(memcmp(a.lines, b.lines, a.line_count * sizeof(*a.lines)), 0);
		ck_assert_int_eq(memcmp(&a.total, &b.total, sizeof(a.total)), 0);
		arena_reset(scratch);
	}
}
END_TEST

/* Without year limit, derived rates and packages the order of lines means nothing. */
START_TEST(the_order_of_lines_means_nothing)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct sample *s = random_visit(true), *t = ARENA_NEW(scratch, struct sample);
		size_t n = s->visit.line_count;
		*t = *s;
		t->visit.lines = t->lines;
		for (size_t k = 0; k < n; k++)
			t->lines[k] = s->lines[n - 1 - k];
		struct benefit_result a = compute(s), b = compute(t);
		ck_assert_int_eq(memcmp(&a.total, &b.total, sizeof(a.total)), 0);
		for (size_t k = 0; k < n; k++) {
			ck_assert_int_eq(a.lines[k].fund.hundredths, b.lines[n - 1 - k].fund.hundredths);
			ck_assert_int_eq(a.lines[k].copay.hundredths, b.lines[n - 1 - k].copay.hundredths);
		}
		arena_reset(scratch);
	}
}
END_TEST

/* 80 → 95 → 100 %: the fund pays no less, the patient no more, on every line. */
START_TEST(a_better_card_never_costs_more)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct sample *s = random_visit(true);
		memcpy(s->card.group, "DN", 3);
		int64_t fund[LINES] = { 0 };
		for (s->card.digit = 4; s->card.digit >= 2; s->card.digit--) {
			struct benefit_result r = compute(s);
			for (size_t k = 0; k < r.line_count; k++) {
				ck_assert_int_ge(r.lines[k].fund.hundredths, fund[k]);
				fund[k] = r.lines[k].fund.hundredths;
			}
		}
		arena_reset(scratch);
	}
}
END_TEST

/* More of a thing never lowers the amounts, nor at a level that does not depend on the total the fund part.
 */
START_TEST(more_quantity_never_means_less)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct sample *s = random_visit(false);
		s->card.digit = 2;
		struct benefit_result a = compute(s);
		size_t k = (size_t)pick((int64_t)s->visit.line_count);
		s->lines[k].quantity.thousandths += 1 + pick(5000);
		struct benefit_result b = compute(s);
		ck_assert_int_ge(b.lines[k].hospital.hundredths, a.lines[k].hospital.hundredths);
		ck_assert_int_ge(b.lines[k].in_scope.hundredths, a.lines[k].in_scope.hundredths);
		ck_assert_int_ge(b.total.fund.hundredths, a.total.fund.hundredths);
		arena_reset(scratch);
	}
}
END_TEST

/* Law art. 22.1.c: what is collected is min(due, limit − already paid), to the last 0.01. */
START_TEST(the_year_limit_is_exact)
{
	for (int i = 0; i < ROUNDS / 2; i++) {
		struct sample *s = random_visit(true);
		s->visit.object_code = SLICE("1.1");
		struct benefit_result free = compute(s);
		s->visit.five_years_from = day(2025, 1, 1);
		int64_t left = one_in(10) ? 0 : pick(free.total.copay.hundredths + 2);
		s->visit.copay_paid.hundredths = 1518000000 - left; /* 6 × 2,530,000 */
		if (left > 1518000000)
			s->visit.copay_paid.hundredths = left = 0;
		if (s->visit.copay_paid.hundredths == 0)
			left = 1518000000;
		struct benefit_result r = compute(s);
		int64_t due = free.total.copay.hundredths;
		ck_assert_int_eq(r.total.copay.hundredths, due < left ? due : left);
		ck_assert_int_eq(r.total.hospital.hundredths, free.total.hospital.hundredths);
		ck_assert_int_eq(r.total.in_scope.hundredths, free.total.in_scope.hundredths);
		check_totals(&r);
		arena_reset(scratch);
	}
}
END_TEST

/* A package is never paid above its ceiling, and no unit price is raised. */
START_TEST(packages_stay_below_their_ceiling)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct sample *s = random_visit(false);
		int64_t ceiling = pick(2000000000) + 1, sum = 0;
		s->card.digit = 4;
		for (size_t k = 0; k < s->visit.line_count; k++) {
			s->lines[k] = service(10, pick(20000), pick(3000000));
			s->lines[k].package = SLICE("G1");
			s->lines[k].package_ceiling.hundredths = ceiling;
		}
		struct benefit_result r = compute(s);
		for (size_t k = 0; k < r.line_count; k++) {
			sum += r.lines[k].in_scope.hundredths;
			ck_assert_int_le(
			    r.lines[k].price_fund.thousandths, s->lines[k].price_fund.thousandths);
		}
		ck_assert_int_le(sum, ceiling);
		check_totals(&r);
		arena_reset(scratch);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("benefit properties");
	TCase *t = tcase_create("properties");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shares_add_up_and_none_is_negative);
	tcase_add_test(t, the_same_visit_gives_the_same_result);
	tcase_add_test(t, the_order_of_lines_means_nothing);
	tcase_add_test(t, a_better_card_never_costs_more);
	tcase_add_test(t, more_quantity_never_means_less);
	tcase_add_test(t, the_year_limit_is_exact);
	tcase_add_test(t, packages_stay_below_their_ceiling);
	suite_add_tcase(s, t);
	return unit_main(s);
}
