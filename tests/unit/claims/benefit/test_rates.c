/* Prices, beds and days: expected values are those printed in the circulars and the field guide. */
#include "tests/unit/claims/benefit/benefit_test.h"

static struct arena *arena;
static const struct benefit_rules *rules;
static int32_t date;

static void
setup(void)
{
	arena = arena_new(0);
	rules = benefit_rules_builtin(arena);
	date = day(2026, 8, 25);
}

static void
teardown(void)
{
	arena_free(arena);
}

/* Circular 39/2018 art. 5.3 and the field guide: 100, 30, 30, 30, 10, 0, 0; two prices in all. */
START_TEST(consultations_stop_at_two_prices)
{
	static const int want[] = { 100, 30, 30, 30, 10, 0, 0, 0 };
	struct percent got[8];
	ck_assert_int_eq(benefit_consultation_rates(rules, date, 8, got, NULL), 0);
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(got[i].hundredths, want[i] * 100);
	ck_assert_int_eq(benefit_consultation_rates(rules, day(2015, 1, 1), 1, got, NULL), ERR_NOT_FOUND);
}
END_TEST

static int64_t
days(int64_t from, int64_t to, enum benefit_ending ending)
{
	struct quantity q = { -1 };
	ck_assert_int_eq(benefit_bed_days(rules, from, to, ending, &q, NULL), 0);
	return q.thousandths;
}

/* Art. 6.1: discharge − admission, +1 for four endings; ≤ 4 h none; above 4 h and below 24 h one. */
START_TEST(bed_days_follow_the_circular)
{
	int64_t in = moment(2026, 8, 25, 8, 0);
	ck_assert_int_eq(days(in, moment(2026, 8, 29, 9, 0), BENEFIT_RECOVERED), 4000);
	ck_assert_int_eq(days(in, moment(2026, 8, 29, 9, 0), BENEFIT_DEATH), 5000);
	ck_assert_int_eq(days(in, moment(2026, 8, 29, 9, 0), BENEFIT_WORSE_TAKEN_HOME), 5000);
	ck_assert_int_eq(days(in, moment(2026, 8, 29, 9, 0), BENEFIT_TRANSFER_UP), 5000);
	ck_assert_int_eq(days(in, moment(2026, 8, 29, 9, 0), BENEFIT_TRANSFER_CONTINUED), 5000);
	ck_assert_int_eq(days(in, moment(2026, 8, 25, 12, 0), BENEFIT_DEATH), 0);
	ck_assert_int_eq(days(in, moment(2026, 8, 25, 12, 1), BENEFIT_RECOVERED), 1000);
	ck_assert_int_eq(days(in, moment(2026, 8, 26, 7, 59), BENEFIT_DEATH), 1000);
	ck_assert_int_eq(days(in, moment(2026, 8, 26, 8, 0), BENEFIT_RECOVERED), 1000);
	ck_assert_int_eq(days(in, moment(2026, 8, 26, 8, 0), BENEFIT_DEATH), 2000);
	struct quantity q;
	ck_assert_int_eq(benefit_bed_days(rules, in, in - 60, BENEFIT_RECOVERED, &q, NULL), ERR_INPUT);
}
END_TEST

/* Dates are business dates: 23:00 and 01:00 of UTC+7 are two days although UTC says one. */
START_TEST(bed_days_count_business_dates)
{
	ck_assert_int_eq(
	    days(moment(2026, 8, 25, 23, 0), moment(2026, 8, 27, 1, 0), BENEFIT_RECOVERED), 2000);
}
END_TEST

/* Art. 6.2: one ward a day, two wards half each, three and more: dearest and cheapest above 4 hours. */
START_TEST(a_day_is_shared_by_its_wards)
{
	struct benefit_ward_stay w[4] = { { price_of(175000), 600 }, { price_of(221000), 500 },
		{ price_of(300000), 240 }, { price_of(150000), 100 } };
	struct quantity q[4];
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 1, q, NULL), 0);
	ck_assert_int_eq(q[0].thousandths, 1000);
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 2, q, NULL), 0);
	ck_assert_int_eq(q[0].thousandths, 500);
	ck_assert_int_eq(q[1].thousandths, 500);
	/* the dearest (300,000) stayed 4 hours only: not above 4 */
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 4, q, NULL), 0);
	ck_assert_int_eq(q[0].thousandths, 500);
	ck_assert_int_eq(q[1].thousandths, 500);
	ck_assert_int_eq(q[2].thousandths, 0);
	ck_assert_int_eq(q[3].thousandths, 0);
	w[2].minutes = 241;
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 4, q, NULL), 0);
	ck_assert_int_eq(q[0].thousandths, 500); /* cheapest above 4 h */
	ck_assert_int_eq(q[1].thousandths, 0);
	ck_assert_int_eq(q[2].thousandths, 500); /* dearest */
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 0, q, NULL), ERR_INPUT);
}
END_TEST

START_TEST(three_wards_of_one_price_still_make_one_day)
{
	struct benefit_ward_stay w[3] = { { price_of(1), 300 }, { price_of(1), 300 }, { price_of(1), 300 } };
	struct quantity q[3];
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 3, q, NULL), 0);
	ck_assert_int_eq(q[0].thousandths + q[1].thousandths + q[2].thousandths, 1000);
	w[1].minutes = w[2].minutes = 10;
	ck_assert_int_eq(benefit_ward_day(rules, date, w, 3, q, NULL), 0);
	ck_assert_int_eq(q[0].thousandths, 1000);
}
END_TEST

/* Art. 6.4 and the field guide: TYLE_TT_DV 50 / 33; with a change of ward SO_LUONG 0.5 / 0.33. */
START_TEST(a_bed_is_shared)
{
	static const struct {
		int persons, rate, quantity;
	} want[] = { { 1, 100, 1000 }, { 2, 50, 500 }, { 3, 33, 330 }, { 9, 33, 330 } };
	struct percent rate;
	struct quantity q;
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(benefit_bed_share(rules, date, want[i].persons, false, &rate, &q, NULL), 0);
		ck_assert_int_eq(rate.hundredths, want[i].rate * 100);
		ck_assert_int_eq(q.thousandths, 1000);
		ck_assert_int_eq(benefit_bed_share(rules, date, want[i].persons, true, &rate, &q, NULL), 0);
		ck_assert_int_eq(rate.hundredths, 10000);
		ck_assert_int_eq(q.thousandths, want[i].quantity);
	}
	ck_assert_int_eq(benefit_bed_share(rules, date, 0, false, &rate, &q, NULL), ERR_INPUT);
}
END_TEST

/* Art. 6.3: at most 10 days after one operation. */
START_TEST(surgical_beds_end_after_ten_days)
{
	bool allowed;
	ck_assert_int_eq(benefit_surgical_bed(rules, date, date + 10, &allowed, NULL), 0);
	ck_assert(allowed);
	ck_assert_int_eq(benefit_surgical_bed(rules, date, date + 11, &allowed, NULL), 0);
	ck_assert(!allowed);
	ck_assert_int_eq(benefit_surgical_bed(rules, date, date - 1, &allowed, NULL), 0);
	ck_assert(!allowed);
}
END_TEST

/* Art. 4.4.b, 4.5: stay bed 50 %, at most 3 days; services of a station 70 % (22,400 → 15,680 of E01). */
START_TEST(stations_have_their_own_prices)
{
	struct price p;
	int n;
	ck_assert_int_eq(
	    benefit_stay_bed(rules, date, BENEFIT_STAY_STATION, price_of(120001), 5, &p, &n, NULL), 0);
	ck_assert_int_eq(p.thousandths, 60000500);
	ck_assert_int_eq(n, 3);
	ck_assert_int_eq(
	    benefit_stay_bed(rules, date, BENEFIT_STAY_POLYCLINIC, price_of(120000), 2, &p, &n, NULL), 0);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(benefit_station_price(rules, date, price_of(22400), &p, NULL), 0);
	ck_assert_int_eq(p.thousandths, 15680000);
}
END_TEST

/* Field guide: 01 07 09 → 0; 02 03 04 06 → out − in + 1; 05 → days of drugs; 08 → days with a service. */
START_TEST(treatment_days_follow_the_type_of_care)
{
	static const int want[] = { -1, 0, 5, 5, 5, 30, 5, 0, 2, 0 };
	struct benefit_treatment t = { .admitted_at = moment(2026, 8, 25, 23, 0),
		.discharged_at = moment(2026, 8, 29, 1, 0),
		.drug_days = 30,
		.service_days = 2 };
	int n;
	for (t.care_type = 1; t.care_type <= 9; t.care_type++) {
		ck_assert_int_eq(benefit_treatment_days(rules, &t, &n, NULL), 0);
		ck_assert_int_eq(n, want[t.care_type]);
	}
	t.care_type = 15;
	ck_assert_int_eq(benefit_treatment_days(rules, &t, &n, NULL), ERR_NOT_FOUND);
}
END_TEST

/* Field guide: bought 100,000, two uses, reprocessing 10,000 → 55,000. */
START_TEST(reused_supplies_cost_a_share)
{
	struct price p;
	ck_assert_int_eq(benefit_reused_price(price_of(100000), price_of(10000), 2, &p, NULL), 0);
	ck_assert_int_eq(p.thousandths, 55000000);
	ck_assert_int_eq(benefit_reused_price(price_of(100000), price_of(0), 3, &p, NULL), 0);
	ck_assert_int_eq(p.thousandths, 33333333);
	ck_assert_int_eq(benefit_reused_price(price_of(1), price_of(1), 0, &p, NULL), ERR_INPUT);
}
END_TEST

/* Decree 146/2018 art. 26 and E38: 60 km, own vehicle, 0.2 l/km both ways = 24 litres; else one way 12. */
START_TEST(transport_is_paid_in_litres)
{
	struct quantity litres, km = { 60000 };
	ck_assert_int_eq(benefit_transport_litres(rules, date, km, true, &litres, NULL), 0);
	ck_assert_int_eq(litres.thousandths, 24000);
	ck_assert_int_eq(benefit_transport_litres(rules, date, km, false, &litres, NULL), 0);
	ck_assert_int_eq(litres.thousandths, 12000);
	km.thousandths = -1;
	ck_assert_int_eq(benefit_transport_litres(rules, date, km, false, &litres, NULL), ERR_INPUT);
}
END_TEST

/* The check values of the notes on Decree 188/2025. */
START_TEST(year_limit_moves_with_the_base_salary)
{
	struct money old = MONEY_DONG(2340000), new = MONEY_DONG(2530000), limit;
	ck_assert_int_eq(benefit_changed_limit(MONEY_DONG(13000000), old, new, 60000, &limit, NULL), 0);
	ck_assert_int_eq(limit.hundredths, 1412444444);
	ck_assert_int_eq(benefit_changed_limit(MONEY_DONG(1396758), old, new, 60000, &limit, NULL), 0);
	ck_assert_int_eq(limit.hundredths, 1506658803);
	ck_assert_int_eq(benefit_changed_limit(MONEY_DONG(0), old, new, 60000, &limit, NULL), 0);
	ck_assert_int_eq(limit.hundredths, 1518000000);
	/* 6 × 2,340,000 already paid: exempt at once */
	ck_assert_int_eq(benefit_changed_limit(MONEY_DONG(14040000), old, new, 60000, &limit, NULL), 0);
	ck_assert_int_eq(limit.hundredths, 1404000000);
}
END_TEST

/* §1: the base salary by date, and the derived limits printed there. */
START_TEST(base_salary_is_dated)
{
	static const struct {
		int year, month, day;
		int64_t dong;
	} want[] = { { 2016, 5, 1, 1210000 }, { 2018, 6, 30, 1210000 }, { 2018, 7, 1, 1390000 },
		{ 2019, 7, 1, 1490000 }, { 2023, 6, 30, 1490000 }, { 2023, 7, 1, 1800000 },
		{ 2024, 7, 1, 2340000 }, { 2026, 6, 30, 2340000 }, { 2026, 7, 1, 2530000 } };
	struct money m;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int32_t d = day(want[i].year, want[i].month, want[i].day);
		ck_assert_int_eq(benefit_base_salary(rules, d, &m, NULL, NULL), 0);
		ck_assert_int_eq(m.hundredths, want[i].dong * 100);
	}
	ck_assert_int_eq(benefit_base_salary(rules, day(2016, 4, 30), &m, NULL, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(benefit_direct_cap(rules, date, BENEFIT_OUTPATIENT_DISTRICT, &m, NULL), 0);
	ck_assert_int_eq(m.hundredths, 37950000);
	ck_assert_int_eq(benefit_direct_cap(rules, date, BENEFIT_INPATIENT_CENTRAL, &m, NULL), 0);
	ck_assert_int_eq(m.hundredths, 632500000);
}
END_TEST

/* The rows of the stent rule are data but off: an unread text changes nobody's bill. */
START_TEST(stents_are_paid_in_full_until_the_text_is_read)
{
	for (int n = 1; n <= 4; n++)
		ck_assert_int_eq(benefit_stent_rate(rules, date, n).hundredths, 10000);
}
END_TEST

/* E27: 80,000,000 + 2 × 20,000,000 against 113,850,000 → 75,900,000 and 18,975,000 each. */
START_TEST(packages_are_lowered_pro_rata)
{
	struct benefit_package_line l[2] = {
		{ { 1000 }, PERCENT(100), price_of(80000000), MONEY_DONG(80000000) },
		{ { 2000 }, PERCENT(100), price_of(20000000), MONEY_DONG(40000000) },
	};
	bool lowered;
	ck_assert_int_eq(benefit_package_lower(l, 2, MONEY_DONG(120000000), &lowered, NULL), 0);
	ck_assert(!lowered);
	ck_assert_int_eq(benefit_package_lower(l, 2, MONEY_DONG(113850000), &lowered, NULL), 0);
	ck_assert(lowered);
	ck_assert_int_eq(l[0].price.thousandths, INT64_C(75900000000));
	ck_assert_int_eq(l[1].price.thousandths, INT64_C(18975000000));
	ck_assert_int_eq(l[1].amount.hundredths, INT64_C(3795000000));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("benefit rates");
	TCase *t = tcase_create("rates");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, consultations_stop_at_two_prices);
	tcase_add_test(t, bed_days_follow_the_circular);
	tcase_add_test(t, bed_days_count_business_dates);
	tcase_add_test(t, a_day_is_shared_by_its_wards);
	tcase_add_test(t, three_wards_of_one_price_still_make_one_day);
	tcase_add_test(t, a_bed_is_shared);
	tcase_add_test(t, surgical_beds_end_after_ten_days);
	tcase_add_test(t, stations_have_their_own_prices);
	tcase_add_test(t, treatment_days_follow_the_type_of_care);
	tcase_add_test(t, reused_supplies_cost_a_share);
	tcase_add_test(t, transport_is_paid_in_litres);
	tcase_add_test(t, year_limit_moves_with_the_base_salary);
	tcase_add_test(t, base_salary_is_dated);
	tcase_add_test(t, stents_are_paid_in_full_until_the_text_is_read);
	tcase_add_test(t, packages_are_lowered_pro_rata);
	suite_add_tcase(s, t);
	return unit_main(s);
}
