/*
 * Business time is UTC+7 without daylight saving. Calendar facts are from the Gregorian calendar itself and
 * from well-known day numbers (Unix epoch 1970-01-01, RFC 3339 §5.8's examples); limits from base/time.h.
 */
#include "base/time.h"

#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *date8, *iso;
	int32_t days;
} dates[] = {
	{ "19700101", "1970-01-01", 0 },
	{ "19691231", "1969-12-31", -1 },
	{ "19700102", "1970-01-02", 1 },
	{ "19000101", "1900-01-01", -25567 }, /* NTP's epoch: 2208988800 s before Unix's */
	{ "19000228", "1900-02-28", -25509 },
	{ "19000301", "1900-03-01", -25508 }, /* 1900 was no leap year */
	{ "20000101", "2000-01-01", 10957 },
	{ "20000229", "2000-02-29", 11016 }, /* 2000 was one */
	{ "20000301", "2000-03-01", 11017 },
	{ "20240229", "2024-02-29", 19782 },
	{ "20241231", "2024-12-31", 20088 },
	{ "20250101", "2025-01-01", 20089 },
	{ "20250701", "2025-07-01", 20270 },
	{ "20380119", "2038-01-19", 24855 }, /* 2^31 s after the epoch */
	{ "18000101", "1800-01-01", -62091 },
	{ "99991231", "9999-12-31", 2932896 },
};

START_TEST(known_dates_have_their_day_numbers)
{
	char out[TIME_TEXT_MAX];
	int32_t date;

	ck_assert_int_eq(date_parse8(slice_of(dates[_i].date8), &date, NULL), 0);
	ck_assert_int_eq(date, dates[_i].days);
	ck_assert_int_eq(date_parse_iso(slice_of(dates[_i].iso), &date, NULL), 0);
	ck_assert_int_eq(date, dates[_i].days);
	ck_assert_uint_eq(date_print8(date, out), 8);
	ck_assert_str_eq(out, dates[_i].date8);
	ck_assert_uint_eq(date_print_iso(date, out), 10);
	ck_assert_str_eq(out, dates[_i].iso);
}
END_TEST

static const char *const bad_dates[] = { "", "2025010", "202501011", "2025-01-1", "20250001", "20250100",
	"20251301", "20250132", "20250229", "19000229", "21000229", "20250431", "17991231", "00000000",
	"2025 101", "2025-1-01", "2025/01/01", "2025-02-30", "+2025-01-01", "2025-01-01T", "-0010101",
	"abcdefgh" };

START_TEST(dates_that_do_not_exist_are_refused)
{
	struct slice s = slice_of(bad_dates[_i]);
	int32_t date = 42;
	struct err e;

	ck_assert_int_eq(date_parse8(s, &date, &e), ERR_INPUT);
	ck_assert_int_eq(date_parse_iso(s, &date, &e), ERR_INPUT);
	ck_assert_int_eq(date, 42);
}
END_TEST

START_TEST(every_day_of_the_supported_years_follows_the_one_before)
{
	static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int32_t date = -62091;

	for (int year = 1800; year <= 9999; year++) {
		int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (int month = 1; month <= 12; month++) {
			for (int day = 1; day <= month_days[month - 1] + (month == 2 ? leap : 0); day++) {
				int y, m, d;
				bool same = date_from_civil(year, month, day) == date;

				date_to_civil(date++, &y, &m, &d);
				/* check reports each assertion through a pipe: not three million times */
				if (!same || y != year || m != month || d != day)
					ck_abort_msg("%04d-%02d-%02d", year, month, day);
			}
		}
	}
	ck_assert_int_eq(date, 2932897);
}
END_TEST

START_TEST(month_and_day_carry_over)
{
	ck_assert_int_eq(date_from_civil(2025, 13, 1), date_from_civil(2026, 1, 1));
	ck_assert_int_eq(date_from_civil(2025, 0, 1), date_from_civil(2024, 12, 1));
	ck_assert_int_eq(date_from_civil(2024, 3, 0), date_from_civil(2024, 2, 29));
	ck_assert_int_eq(date_from_civil(2025, 3, 0), date_from_civil(2025, 2, 28));
	ck_assert_int_eq(date_from_civil(2025, 1, 366), date_from_civil(2026, 1, 1));
}
END_TEST

static const struct {
	const char *given;
	int64_t instant;
	const char *printed, *text12;
	int32_t date;
} instants[] = {
	{ "1970-01-01T00:00:00Z", 0, "1970-01-01T07:00:00+07:00", "197001010700", 0 },
	/* the business day ends at 17:00 UTC */
	{ "2025-06-30T16:59:59Z", 1751302799, "2025-06-30T23:59:59+07:00", "202506302359", 20269 },
	{ "2025-06-30T17:00:00Z", 1751302800, "2025-07-01T00:00:00+07:00", "202507010000", 20270 },
	{ "2024-12-31T17:00:00Z", 1735664400, "2025-01-01T00:00:00+07:00", "202501010000", 20089 },
	{ "2024-02-28T17:00:00Z", 1709139600, "2024-02-29T00:00:00+07:00", "202402290000", 19782 },
	{ "2025-07-01T08:30:15+07:00", 1751333415, "2025-07-01T08:30:15+07:00", "202507010830", 20270 },
	{ "2025-07-01t01:30:15z", 1751333415, "2025-07-01T08:30:15+07:00", "202507010830", 20270 },
	{ "2025-06-30T20:30:15-05:00", 1751333415, "2025-07-01T08:30:15+07:00", "202507010830", 20270 },
	{ "2025-07-01T01:30:15.999999Z", 1751333415, "2025-07-01T08:30:15+07:00", "202507010830", 20270 },
	{ "2025-07-01T01:30:15-00:00", 1751333415, "2025-07-01T08:30:15+07:00", "202507010830", 20270 },
	/* RFC 3339 §5.8 */
	{ "1985-04-12T23:20:50.52Z", 482196050, "1985-04-13T06:20:50+07:00", "198504130620", 5581 },
	{ "1996-12-19T16:39:57-08:00", 851042397, "1996-12-20T07:39:57+07:00", "199612200739", 9850 },
	{ "1990-12-31T23:59:60Z", 662687999, "1991-01-01T06:59:59+07:00", "199101010659", 7670 },
	{ "1990-12-31T15:59:60-08:00", 662687999, "1991-01-01T06:59:59+07:00", "199101010659", 7670 },
	{ "1937-01-01T12:00:27.87+00:20", -1041337173, "1937-01-01T18:40:27+07:00", "193701011840", -12053 },
	{ "1969-12-31T16:59:59.9Z", -25201, "1969-12-31T23:59:59+07:00", "196912312359", -1 },
	{ "1800-01-01T00:00:00+07:00", -5364687600, "1800-01-01T00:00:00+07:00", "180001010000", -62091 },
	{ "9999-12-31T23:59:59+07:00", 253402275599, "9999-12-31T23:59:59+07:00", "999912312359", 2932896 },
};

START_TEST(instants_are_shown_as_business_time)
{
	char out[TIME_TEXT_MAX];
	int64_t instant;
	struct err e;

	ck_assert_int_eq(time_parse_rfc3339(slice_of(instants[_i].given), &instant, &e), 0);
	ck_assert_int_eq(instant, instants[_i].instant);
	ck_assert_int_eq(time_business_date(instant), instants[_i].date);
	ck_assert_uint_eq(time_print_rfc3339(instant, out), 25);
	ck_assert_str_eq(out, instants[_i].printed);
	ck_assert_uint_eq(time_print12(instant, out), 12);
	ck_assert_str_eq(out, instants[_i].text12);
	ck_assert_int_eq(time_parse12(slice_of(out), &instant, &e), 0);
	/* the minute is kept, the seconds are not in the form */
	ck_assert_int_eq(instant,
	    instants[_i].instant - (instants[_i].printed[17] - '0') * 10 - (instants[_i].printed[18] - '0'));
}
END_TEST

static const char *const bad_times[] = { "", "2025-07-01", "2025-07-01 08:30:15+07:00", "2025-07-01T08:30:15",
	"2025-07-01T08:30+07:00", "2025-07-01T24:00:00Z", "2025-07-01T23:60:00Z", "2025-07-01T23:59:61Z",
	"2025-07-01T12:00:60Z", "2025-07-01T08:30:15.Z", "2025-07-01T08:30:15+0700",
	"2025-07-01T08:30:15+24:00", "2025-07-01T08:30:15+07:60", "2025-07-01T08:30:15+07:00 ",
	"2025-02-29T00:00:00Z", "1799-12-31T23:59:59+07:00", "1799-12-31T23:59:59Z", "9999-12-31T17:00:00Z",
	"10000-01-01T00:00:00Z",
	("2025-07-01T08:30:15\xe2\x88\x92"
	 "07:00") };

START_TEST(times_of_another_form_are_refused)
{
	int64_t instant = 42;
	struct err e;

	ck_assert_int_eq(time_parse_rfc3339(slice_of(bad_times[_i]), &instant, &e), ERR_INPUT);
	ck_assert_int_eq(instant, 42);
}
END_TEST

static const char *const bad_times12[] = { "", "20250701083", "2025070108301", "202507012400", "202507010860",
	"202502290000", "2025070108 0", "179912312359", "000000000000" };

START_TEST(bad_times_of_12_digits_are_refused)
{
	int64_t instant = 42;
	struct err e;

	ck_assert_int_eq(time_parse12(slice_of(bad_times12[_i]), &instant, &e), ERR_INPUT);
	ck_assert_int_eq(instant, 42);
}
END_TEST

START_TEST(the_ends_of_time_are_clamped)
{
	char out[TIME_TEXT_MAX];

	time_print_rfc3339(INT64_MIN, out);
	ck_assert_str_eq(out, "1800-01-01T00:00:00+07:00");
	time_print12(INT64_MAX, out);
	ck_assert_str_eq(out, "999912312359");
	date_print8(INT32_MIN, out);
	ck_assert_str_eq(out, "18000101");
	date_print_iso(INT32_MAX, out);
	ck_assert_str_eq(out, "9999-12-31");
}
END_TEST

static const struct {
	const char *text;
	enum birth_precision precision;
	struct civil want;
} births[] = {
	/* 195600000000 is the insurance standard's own example of an unknown month and day */
	{ "195600000000", BIRTH_YEAR, { 1956, 0, 0, 0, 0, 0 } },
	{ "195607000000", BIRTH_MONTH, { 1956, 7, 0, 0, 0, 0 } },
	{ "195607150000", BIRTH_DAY, { 1956, 7, 15, 0, 0, 0 } },
	{ "202507010830", BIRTH_MINUTE, { 2025, 7, 1, 8, 30, 0 } },
	{ "202507010030", BIRTH_MINUTE, { 2025, 7, 1, 0, 30, 0 } },
	{ "202507010800", BIRTH_MINUTE, { 2025, 7, 1, 8, 0, 0 } },
	{ "202402290000", BIRTH_DAY, { 2024, 2, 29, 0, 0, 0 } },
};

START_TEST(a_birth_may_be_known_in_part)
{
	enum birth_precision precision;
	struct civil c;
	const struct civil *w = &births[_i].want;

	ck_assert_int_eq(birth_parse12(slice_of(births[_i].text), &c, &precision, NULL), 0);
	ck_assert_int_eq(precision, births[_i].precision);
	ck_assert(c.year == w->year && c.month == w->month && c.day == w->day && c.hour == w->hour &&
		  c.minute == w->minute && c.second == 0);
}
END_TEST

static const char *const bad_births[] = { "", "19560000", "195600150000", "195600000830", "195607000830",
	"195613000000", "195602300000", "202502290000", "195607152400", "195607151260", "000000000000",
	"19560715000x" };

START_TEST(a_birth_with_a_gap_is_refused)
{
	enum birth_precision precision = BIRTH_DAY;
	struct civil c = { .year = 42 };
	struct err e;

	ck_assert_int_eq(birth_parse12(slice_of(bad_births[_i]), &c, &precision, &e), ERR_INPUT);
	ck_assert_int_eq(c.year, 42);
}
END_TEST

START_TEST(clocks_run_forwards)
{
	int64_t start = time_monotonic_us();

	/* 2025-01-01: a machine whose clock is before this program was written cannot date a visit */
	ck_assert_int_gt(time_now(), 1735664400);
	ck_assert_int_ge(time_monotonic_us(), start);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("time");
	TCase *tc = tcase_create("time");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, known_dates_have_their_day_numbers, 0, COUNT(dates));
	tcase_add_loop_test(tc, dates_that_do_not_exist_are_refused, 0, COUNT(bad_dates));
	tcase_add_test(tc, every_day_of_the_supported_years_follows_the_one_before);
	tcase_add_test(tc, month_and_day_carry_over);
	tcase_add_loop_test(tc, instants_are_shown_as_business_time, 0, COUNT(instants));
	tcase_add_loop_test(tc, times_of_another_form_are_refused, 0, COUNT(bad_times));
	tcase_add_loop_test(tc, bad_times_of_12_digits_are_refused, 0, COUNT(bad_times12));
	tcase_add_test(tc, the_ends_of_time_are_clamped);
	tcase_add_loop_test(tc, a_birth_may_be_known_in_part, 0, COUNT(births));
	tcase_add_loop_test(tc, a_birth_with_a_gap_is_refused, 0, COUNT(bad_births));
	tcase_add_test(tc, clocks_run_forwards);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
