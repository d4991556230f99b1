/* Bed days (Circular 39/2018 art. 6, spec §8) and the visit's way through JSON. */
#include <string.h>

#include "base/time.h"
#include "claims/benefit/stay.h"
#include "claims/benefit/visit_json.h"
#include "tests/unit/unit.h"

static int64_t
at(int day, int hour)
{
	struct civil c = { .year = 2026, .month = 8, .day = day, .hour = hour };
	return time_from_civil(&c);
}

static struct benefit_move
move(int64_t from, int64_t to, int64_t ward, int64_t dong)
{
	return (struct benefit_move){ .from = from,
		.to = to,
		.ward = ward,
		.sharers = 1,
		.priced = true,
		.group = 15,
		.scope = 1,
		.price_hospital = { dong * 1000 },
		.price_fund = { dong * 1000 },
		.rate_fund = PERCENT(100) };
}

/* Compares the lines of a stay with "move:thousandths move:thousandths …". */
static void
check_stay(struct benefit_move *moves, size_t count, enum benefit_ending ending, const char *want)
{
	struct arena *a = arena_new(0);
	struct benefit_stay stay = { .from = moves[0].from,
		.to = moves[count - 1].to,
		.ending = ending,
		.moves = moves,
		.move_count = count };
	struct benefit_stay_line *lines = NULL;
	size_t n = 0;
	struct err e = { 0 };
	struct buf got;
	ck_assert_msg(benefit_stay_lines(benefit_rules_builtin(a), date_from_civil(2026, 8, 25), &stay, a,
			  &lines, &n, &e) == 0,
	    "%s %s", e.field, e.detail);
	buf_init(&got, 4096);
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%s%zu:%lld", i ? " " : "", lines[i].move,
		    (long long)lines[i].line.quantity.thousandths);
	ck_slice(got.at ? buf_slice(&got) : SLICE(""), want);
	for (size_t i = 0; i < n; i++)
		ck_assert(lines[i].from < lines[i].to && lines[i].to <= stay.to);
	buf_free(&got);
	arena_free(a);
}

START_TEST(days_of_one_ward)
{
	struct benefit_move week = move(at(3, 9), at(10, 10), 1, 175000);
	struct benefit_move morning = move(at(3, 6), at(3, 10), 1, 175000);
	struct benefit_move night = move(at(3, 22), at(4, 8), 1, 175000);
	check_stay(&week, 1, BENEFIT_RECOVERED, "0:7000");
	check_stay(&week, 1, BENEFIT_DEATH, "0:8000");
	check_stay(&week, 1, BENEFIT_TRANSFER_UP, "0:8000");
	check_stay(&morning, 1, BENEFIT_RECOVERED, ""); /* 4 hours: no bed */
	check_stay(&night, 1, BENEFIT_RECOVERED, "0:1000");
}
END_TEST

START_TEST(days_of_several_wards)
{
	/* Example E13: 25 to 29 August, moved on the 27th. */
	struct benefit_move two[] = { move(at(25, 9), at(27, 14), 1, 175000),
		move(at(27, 14), at(29, 10), 2, 221000) };
	check_stay(two, 2, BENEFIT_RECOVERED, "0:2000 0:500 1:500 1:1000");
	/* Three wards on the 26th: the dearest and the cheapest with more than 4 hours. */
	struct benefit_move three[] = { move(at(25, 9), at(26, 6), 1, 175000),
		move(at(26, 6), at(26, 12), 2, 300000), move(at(26, 12), at(28, 9), 3, 221000) };
	check_stay(three, 3, BENEFIT_RECOVERED, "0:1000 0:500 1:500 2:1000");
	/* Another bed of the same ward on the same day is no change of ward. */
	struct benefit_move same[] = { move(at(25, 9), at(26, 12), 1, 175000),
		move(at(26, 12), at(27, 9), 1, 175000) };
	check_stay(same, 2, BENEFIT_RECOVERED, "0:2000");
}
END_TEST

START_TEST(beds_that_cost_nothing)
{
	struct benefit_move moves[] = { move(at(25, 9), at(26, 12), 1, 0),
		move(at(26, 12), at(28, 9), 2, 221000) };
	moves[0].priced = false;
	check_stay(moves, 2, BENEFIT_RECOVERED, "1:2000");
}
END_TEST

START_TEST(shared_beds)
{
	struct benefit_move moves[] = { move(at(25, 9), at(26, 12), 1, 100000),
		move(at(26, 12), at(28, 9), 2, 100000) };
	moves[0].sharers = moves[1].sharers = 2;
	/* A day of two wards carries the share in the quantity: half of a half day. */
	check_stay(moves, 2, BENEFIT_RECOVERED, "0:1000 0:250 1:250 1:1000");
}
END_TEST

/* Circular 39/2018 art. 4.4.b, 4.5.b: half the price of the in-patient bed, at most 3 days an episode. */
START_TEST(stay_beds_of_stations_and_polyclinics)
{
	static const enum benefit_stay_kind kind[] = { BENEFIT_STAY_AT_STATION, BENEFIT_STAY_AT_POLYCLINIC };
	struct arena *a = arena_new(0);
	struct benefit_stay_line *l = NULL;
	size_t n = 0;
	for (int i = 0; i < 4; i++) {
		struct benefit_move m = move(at(25, 9), at(30, 9), 1, 150001);
		struct benefit_stay stay = {
			.kind = kind[i % 2], .from = m.from, .to = m.to, .moves = &m, .move_count = 1
		};
		m.group =
		    i < 2 ? 15 : 16; /* a service of group 16 is listed with the price of the stay bed */
		ck_assert_int_eq(benefit_stay_lines(benefit_rules_builtin(a), date_from_civil(2026, 8, 25),
				     &stay, a, &l, &n, NULL),
		    0);
		ck_assert_uint_eq(n, 1);
		ck_assert_int_eq(l->line.quantity.thousandths, 3000);
		ck_assert_int_eq(l->line.group, 16);
		ck_assert_int_eq(l->line.price_fund.thousandths, i < 2 ? 75000500 : 150001000);
		ck_assert_int_eq(l->line.price_hospital.thousandths, l->line.price_fund.thousandths);
		ck_assert_int_eq(l->to, at(28, 0));
	}
	arena_free(a);
}
END_TEST

START_TEST(refusals)
{
	struct arena *a = arena_new(0);
	struct benefit_move m = move(at(25, 9), at(24, 9), 1, 100000);
	struct benefit_stay stay = { .from = m.from, .to = m.to, .moves = &m, .move_count = 1 };
	struct benefit_stay_line *lines = NULL;
	size_t n = 0;
	struct err e = { 0 };
	ck_assert_int_eq(benefit_stay_lines(benefit_rules_builtin(a), date_from_civil(2026, 8, 25), &stay, a,
			     &lines, &n, &e),
	    ERR_INPUT);
	stay.move_count = BENEFIT_MOVES_MAX + 1;
	ck_assert_int_eq(benefit_stay_lines(benefit_rules_builtin(a), date_from_civil(2026, 8, 25), &stay, a,
			     &lines, &n, &e),
	    ERR_LIMIT);
	arena_free(a);
}
END_TEST

#define HEAD                                                                                                 \
	"{\"id\":1099511627777,\"v\":3,\"priced\":false,\"rules\":7,\"admitted\":1787709600,"                \
	"\"object\":\"1.1\",\"care\":\"01\",\"facility\":\"basic\",\"exempt\":null,\"five_years\":null,"     \
	"\"paid\":0,\"paid_before\":0.00,\"level\":null,\"cards\":[[\"DN\",\"4\",\"2026-01-01\",null]],"
#define LINE(id, price)                                                                                      \
	"{\"id\":" id ",\"t\":3,\"g\":1,\"s\":\"1\",\"at\":1787713200,\"q\":3.000,\"ph\":" price             \
	",\"pf\":" price ",\"pc\":null,\"rs\":null,\"ri\":100.00,\"w\":false,\"m\":\"1\",\"pk\":null,"       \
	"\"om\":null,\"o1\":0,\"o2\":0,\"o3\":0,\"o4\":0,\"op\":null,\"team\":null}"

static int
read_case(struct arena *a, const char *json, struct benefit_case *ret, struct err *e)
{
	*e = (struct err){ 0 };
	return benefit_case_read(benefit_rules_builtin(a), a, slice_of(json), ret, e);
}

/* Example E03: 51,000 + 3 × 100,000 is not below 15 % of the base salary of 2,340,000: 80 %. */
START_TEST(there_and_back)
{
	struct arena *a = arena_new(0);
	struct benefit_case c;
	struct benefit_result result;
	struct err e;
	struct buf out;
	const char *json = HEAD "\"lines\":[" LINE("5", "200000.000") "],\"stay\":null}";
	ck_assert_msg(read_case(a, json, &c, &e) == 0, "%s %s", e.field, e.detail);
	ck_assert_int_eq(c.visit_id, 1099511627777);
	ck_assert_int_eq(c.version, 3);
	ck_assert_int_eq(c.rules_version, 7);
	ck_assert_uint_eq(c.visit.line_count, 1);
	ck_assert_msg(benefit_compute(benefit_rules_builtin(a), &c.visit, &result, a, &e) == 0, "%s %s",
	    e.field, e.detail);
	buf_init(&out, 65536);
	benefit_case_write(&c, &result, &out);
	ck_assert(buf_ok(&out));
	ck_assert_ptr_nonnull(strstr(out.at, "{\"c\":5,\"p\":0,\"q\":3,"));
	ck_assert_ptr_nonnull(strstr(
	    out.at, "\"ah\":600000,\"ai\":600000,\"lv\":80,\"fu\":480000,\"cp\":120000,\"se\":0,\"ot\":0"));
	ck_assert_ptr_nonnull(strstr(out.at, "\"w\":\"{\\\""));
	buf_free(&out);
	arena_free(a);
}
END_TEST

START_TEST(what_is_not_a_case)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{\"lines\":7}",
		HEAD "\"lines\":[" LINE("5", "\"x\"") "]}",
		HEAD "\"lines\":[],\"stay\":{\"from\":1,\"to\":2,\"ending\":\"gone\",\"moves\":[]}}",
		"{\"facility\":\"moon\",\"lines\":[]}",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct arena *a = arena_new(0);
		struct benefit_case c = { .version = 77 };
		struct err e;
		int rc = read_case(a, wrong[i], &c, &e);
		ck_assert_msg(rc < 0, "%s", wrong[i]);
		ck_assert_int_eq(c.version, 77);
		arena_free(a);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("benefit stay");
	TCase *c = tcase_create("stay");
	tcase_add_test(c, days_of_one_ward);
	tcase_add_test(c, days_of_several_wards);
	tcase_add_test(c, beds_that_cost_nothing);
	tcase_add_test(c, shared_beds);
	tcase_add_test(c, stay_beds_of_stations_and_polyclinics);
	tcase_add_test(c, refusals);
	tcase_add_test(c, there_and_back);
	tcase_add_test(c, what_is_not_a_case);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
