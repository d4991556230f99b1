/* The engine's contract: clear refusals, explanations, dated switches. Amounts are in tests/golden/benefit.
 */
#include "tests/unit/claims/benefit/benefit_test.h"

static struct arena *arena;
static const struct benefit_rules *rules;
static const struct benefit_card dn4 = { "DN", 4, 0, 0 };

static void
setup(void)
{
	arena = arena_new(0);
	rules = benefit_rules_builtin(arena);
}

static void
teardown(void)
{
	arena_free(arena);
}

static void
refused(const struct benefit_visit *v, enum err_code code, const char *field)
{
	struct err e = { 0 };
	struct benefit_result before = { .line_count = 77 }, r = before;
	ck_assert_int_eq(benefit_compute(rules, v, &r, arena, &e), code);
	ck_assert_str_eq(e.field, field);
	ck_assert(e.detail[0] != '\0');
	ck_assert_int_eq((int)r.line_count, 77); /* untouched */
}

START_TEST(bad_fields_are_named)
{
	struct benefit_line l[2] = { service(15, 1000, 500000), service(15, 1000, 500000) };
	struct benefit_visit v = inpatient(&dn4, l, 2);
	l[1].quantity.thousandths = -1;
	refused(&v, ERR_INPUT, "/lines/1/quantity");
	l[1] = service(15, 1000, 500000);
	l[1].rate_fund.hundredths = 10001;
	refused(&v, ERR_INPUT, "/lines/1/rate_fund");
	l[1] = service(0, 1000, 500000);
	refused(&v, ERR_INPUT, "/lines/1/group");
	l[1] = service(15, 1000, 500000);
	l[1].price_fund = price_of(500001);
	refused(&v, ERR_INPUT, "/lines/1/price_fund");
	l[1] = service(15, 1000, 500000);
	l[1].source[BENEFIT_VTTN] = MONEY_DONG(500000); /* 0 ≤ other sources < THANH_TIEN_BV */
	refused(&v, ERR_INPUT, "/lines/1/source");
	l[1] = service(15, 1000, 500000);
	v.care_type = 0;
	refused(&v, ERR_INPUT, "/care_type");
	v.care_type = 3;
	v.line_count = BENEFIT_LINES_MAX + 1;
	refused(&v, ERR_LIMIT, "/lines");
}
END_TEST

START_TEST(overflow_is_an_error)
{
	struct benefit_line l[2] = { service(15, 1000, 500000), service(15, INT64_MAX, INT64_MAX / 1000) };
	struct benefit_visit v = inpatient(&dn4, l, 2);
	refused(&v, ERR_OVERFLOW, "/lines/1/price_hospital");
	l[0] = l[1] = service(15, 1000, INT64_MAX / 1000);
	l[0].quantity.thousandths = l[1].quantity.thousandths = 9000;
	refused(&v, ERR_OVERFLOW, "/lines");
}
END_TEST

START_TEST(what_no_rule_covers_is_refused)
{
	struct benefit_line l = service(15, 1000, 500000);
	struct benefit_visit v = inpatient(&dn4, &l, 1);
	v.object_code = SLICE("4.9");
	refused(&v, ERR_NOT_FOUND, "/object_code");
	v.object_code = SLICE("3.6"); /* inpatients only */
	v.care_type = 1;
	refused(&v, ERR_NOT_FOUND, "/object_code");
	v.object_code = SLICE("10"); /* case by case: the level must be given */
	refused(&v, ERR_INPUT, "/lines/0/given_level");
	v.object_code = SLICE("1.1");
	v.admitted_at = moment(2008, 1, 1, 0, 0);
	refused(&v, ERR_NOT_FOUND, "/admitted_at");
}
END_TEST

/* Example E38: 60 km each way by the facility's own ambulance, 0.2 l/km at 20,500: 24 litres, 492,000. */
START_TEST(transports_are_paid_by_the_litre)
{
	static const struct benefit_card hn2 = { "HN", 2, 0, 0 }, gd4 = { "GD", 4, 0, 0 };
	struct benefit_line l = service(12, 0, 20500);
	struct benefit_visit v = inpatient(&hn2, &l, 1);
	struct benefit_result r;
	v.facility = BENEFIT_BASIC;
	l.km.thousandths = 60000;
	l.own_vehicle = true;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.lines[0].quantity.thousandths, 24000);
	ck_assert_int_eq(r.total.fund.hundredths, 49200000);
	l.own_vehicle = false; /* one way */
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.total.fund.hundredths, 24600000);
	ck_assert_str_eq(r.lines[0].why[0]->id, "transport_litres");
	ck_assert_str_eq(r.lines[0].why[1]->id, "transport_ways.patient");
	/* Decree 146/2018 art. 26: not for every card, not from a station, not for an out-patient … */
	v.cards = &gd4;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.total.self_pay.hundredths, 24600000);
	v.cards = &hn2;
	v.facility = BENEFIT_STATION;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.total.fund.hundredths, 0);
	v.facility = BENEFIT_BASIC;
	v.care_type = 1;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.total.fund.hundredths, 0);
	ck_assert_str_eq(r.lines[0].why[r.lines[0].why_count - 1]->id, "reason.transport_not_covered");
	v.object_code = SLICE("2"); /* … unless it is an emergency */
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.total.fund.hundredths, 24600000);
	l.km.thousandths = -1;
	refused(&v, ERR_INPUT, "/lines/0/km");
	l.km.thousandths = 10000001; /* beyond 10,000 km */
	refused(&v, ERR_INPUT, "/lines/0/km");
}
END_TEST

/* Circular 39/2018 art. 4.4.b, 4.5.b: a stay bed takes the place of the consultation fee. */
START_TEST(a_stay_bed_takes_the_consultations)
{
	struct benefit_line l[2] = { service(13, 1000, 36500), service(16, 2000, 75000) };
	struct benefit_visit v = inpatient(&dn4, l, 2);
	struct benefit_result r;
	v.care_type = 6;
	l[0].rate_service = l[1].rate_service = BENEFIT_DERIVE;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.lines[0].hospital.hundredths, 0);
	ck_assert_str_eq(r.lines[0].why[0]->id, "stay_bed_consultation");
	ck_assert_int_eq(r.lines[1].hospital.hundredths, 15000000);
	l[1].quantity.thousandths = 0; /* no bed day: the consultation is paid */
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.lines[0].hospital.hundredths, 3650000);
}
END_TEST

/* A bill explains itself: the rows applied, in order, with texts in both languages. */
START_TEST(every_line_says_why)
{
	struct benefit_line l[2] = { service(15, 1000, 100000), service(15, 1000, 100000) };
	struct benefit_visit v = inpatient(&dn4, l, 2);
	struct benefit_result r;
	l[1].scope = 2;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	static const char *const want[] = { "card_level.4", "route.1.1", "small_visit",
		"base_salary.2026-07-01" };
	ck_assert_int_eq((int)r.lines[0].why_count, 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(r.lines[0].why[i]->id, want[i]);
		ck_assert(r.lines[0].why[i]->text_vi[0] != '\0' && r.lines[0].why[i]->text_en[0] != '\0');
	}
	ck_assert_int_eq((int)r.lines[1].why_count, 1);
	ck_assert_str_eq(r.lines[1].why[0]->id, "reason.scope_outside");
}
END_TEST

/* With the switch off the line at the limit stays whole: the patient pays exactly what is left. */
START_TEST(the_crossing_split_is_a_switch)
{
	struct benefit_rules *own = benefit_rules_new(arena);
	struct benefit_line l = service(8, 1000, 10000000);
	struct benefit_visit v = inpatient(&dn4, &l, 1);
	struct benefit_result r;
	*own = *rules;
	own->parameters = ARENA_ARRAY(arena, rules->parameter_count, struct benefit_parameter);
	memcpy(own->parameters, rules->parameters, rules->parameter_count * sizeof(*own->parameters));
	for (size_t i = 0; i < own->parameter_count; i++)
		if (own->parameters[i].key == BENEFIT_CROSSING_SPLIT)
			own->parameters[i].value = 0;
	v.five_years_from = day(2025, 1, 1);
	v.copay_paid = MONEY_DONG(15000000); /* limit 6 × 2,530,000 = 15,180,000: none paid before July */
	ck_assert_int_eq(benefit_compute(own, &v, &r, arena, NULL), 0);
	ck_assert_int_eq((int)r.line_count, 1);
	ck_assert_int_eq(r.lines[0].copay.hundredths, 18000000);
	ck_assert_int_eq(r.lines[0].fund.hundredths, 982000000);
	ck_assert_int_eq(r.copay_limit.hundredths, 1518000000);
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq((int)r.line_count, 2);
	ck_assert_int_eq((int)r.lines[1].source_line, 0);
	ck_assert_int_eq(r.total.copay.hundredths, 18000000);
	ck_assert(r.exempt_from == v.admitted_at);
}
END_TEST

/* Law art. 22.1.c: co-payment of self-presenting visits is not counted, and not limited. */
START_TEST(off_route_visits_have_no_year_limit)
{
	struct benefit_line l = service(8, 1000, 10000000);
	struct benefit_visit v = inpatient(&dn4, &l, 1);
	struct benefit_result r;
	v.object_code = SLICE("3.1");
	v.five_years_from = day(2025, 1, 1);
	v.copay_paid = MONEY_DONG(90000000);
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.total.copay.hundredths, 680000000); /* 80 × 40 % = 32 */
}
END_TEST

/* Decree 146 art. 27.3.c: the exemption ends on 31 December. */
START_TEST(the_exemption_ends_with_the_year)
{
	struct benefit_line l[2] = { service(15, 1000, 500000), service(15, 1000, 500000) };
	struct benefit_visit v = inpatient(&dn4, l, 2);
	struct benefit_result r;
	v.admitted_at = moment(2026, 12, 30, 8, 0);
	v.exempt_from = moment(2026, 10, 1, 0, 0);
	l[1].at = moment(2027, 1, 1, 0, 0);
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.lines[0].level.hundredths, 10000);
	ck_assert_int_eq(r.lines[1].level.hundredths, 8000);
}
END_TEST

/* Two entitlements at once: the higher level (law art. 22.2). */
START_TEST(the_better_card_counts)
{
	const struct benefit_card cards[] = { { "DN", 4, 0, 0 }, { "HT", 3, 0, 0 } };
	struct benefit_line l = service(15, 1000, 500000);
	struct benefit_visit v = inpatient(cards, &l, 1);
	struct benefit_result r;
	v.card_count = 2;
	ck_assert_int_eq(benefit_compute(rules, &v, &r, arena, NULL), 0);
	ck_assert_int_eq(r.lines[0].level.hundredths, 9500);
}
END_TEST

START_TEST(a_table_is_refused_by_line_and_column)
{
	static const struct {
		const char *row, *field;
	} bad[] = {
		{ "x\tbase_salry\tdong\t1\t2020-01-01\t\ts\tlaw\tv\te", "benefit_parameter:2:key" },
		{ "x\tbase_salary\tdong\t1,5\t2020-01-01\t\ts\tlaw\tv\te", "benefit_parameter:2:value" },
		{ "x\tbase_salary\tdong\t-1\t2020-01-01\t\ts\tlaw\tv\te", "benefit_parameter:2:value" },
		{ "x\tbase_salary\tdong\t1\t2020-02-30\t\ts\tlaw\tv\te",
		    "benefit_parameter:2:effective_from" },
		{ "x\tbase_salary\tdong\t1\t2020-01-02\t2020-01-01\ts\tlaw\tv\te",
		    "benefit_parameter:2:effective_to" },
		{ "x\tbase_salary\tdong\t1\t2020-01-01\t\ts\trumour\tv\te", "benefit_parameter:2:certainty" },
		{ "x\tbase_salary\tdong\t1\t2020-01-01\t\t\tlaw\tv\te", "benefit_parameter:2:source" },
		{ "x\tsupply_groups\tset\t1,64\t2020-01-01\t\ts\tlaw\tv\te", "benefit_parameter:2:value" },
		{ "x\tbase_salary", "benefit_parameter:2:*" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { 0 };
		const char *tsv = arena_printf(arena,
		    "id\tkey\tunit\tvalue\teffective_from\teffective_to\tsource\tcertainty\ttext_vi\ttext_"
		    "en\n%s\n",
		    bad[i].row);
		ck_assert_int_eq(benefit_rules_load(
				     arena, benefit_rules_new(arena), "benefit_parameter", slice_of(tsv), &e),
		    ERR_INPUT);
		ck_assert_str_eq(e.field, bad[i].field);
	}
	ck_assert_int_eq(
	    benefit_rules_load(arena, benefit_rules_new(arena), "benefit_x", SLICE("id\n"), NULL),
	    ERR_NOT_FOUND);
}
END_TEST

START_TEST(two_rows_for_one_day_are_refused)
{
	struct benefit_rules *own = benefit_rules_new(arena);
	struct err e = { 0 };
	*own = *rules;
	own->parameters = ARENA_ARRAY(arena, rules->parameter_count, struct benefit_parameter);
	memcpy(own->parameters, rules->parameters, rules->parameter_count * sizeof(*own->parameters));
	ck_assert_int_eq(benefit_rules_check(own, &e), 0);
	for (size_t i = 0; i < own->parameter_count; i++)
		if (own->parameters[i].key == BENEFIT_BASE_SALARY)
			own->parameters[i].rule.to = BENEFIT_DATE_OPEN;
	ck_assert_int_eq(benefit_rules_check(own, &e), ERR_INPUT);
	ck_assert(strncmp(e.field, "base_salary.", 12) == 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("benefit");
	TCase *t = tcase_create("compute");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bad_fields_are_named);
	tcase_add_test(t, overflow_is_an_error);
	tcase_add_test(t, what_no_rule_covers_is_refused);
	tcase_add_test(t, transports_are_paid_by_the_litre);
	tcase_add_test(t, a_stay_bed_takes_the_consultations);
	tcase_add_test(t, every_line_says_why);
	tcase_add_test(t, the_crossing_split_is_a_switch);
	tcase_add_test(t, off_route_visits_have_no_year_limit);
	tcase_add_test(t, the_exemption_ends_with_the_year);
	tcase_add_test(t, the_better_card_counts);
	tcase_add_test(t, a_table_is_refused_by_line_and_column);
	tcase_add_test(t, two_rows_for_one_day_are_refused);
	suite_add_tcase(s, t);
	return unit_main(s);
}
