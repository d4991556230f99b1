#include "base/time.h"

#include <assert.h>
#include <stdbool.h>
#include <time.h>

#define DAY_SECONDS 86400
#define YEAR_MIN 1800
#define YEAR_MAX 9999
/* 1800-01-01 and 9999-12-31 as days since 1970-01-01. */
#define DATE_MIN (-62091)
#define DATE_MAX 2932896

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days of the proleptic Gregorian calendar, counted in 400-year eras that begin on 1 March. */
int32_t
date_from_civil(int year, int month, int day)
{
	int64_t months = (int64_t)year * 12 + month - 1 - 2;
	int64_t march_year = floor_div(months, 12);
	int64_t march_month = months - march_year * 12;
	int64_t era = floor_div(march_year, 400);
	int64_t year_of_era = march_year - era * 400;
	int64_t day_of_year = (153 * march_month + 2) / 5;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	int64_t date = era * 146097 + day_of_era - 719468 + day - 1;

	assert(date >= INT32_MIN && date <= INT32_MAX);
	return (int32_t)date;
}

void
date_to_civil(int32_t date, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t days = (int64_t)date + 719468;
	int64_t era = floor_div(days, 146097);
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;

	*ret_day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	*ret_month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	*ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool
is_date(int year, int month, int day)
{
	return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 && day >= 1 &&
	       day <= month_days(year, month);
}

/* Takes n digits off *rest; -1 when they are not there. */
static int
take_digits(struct slice *rest, size_t n)
{
	int value = 0;

	if (rest->len < n || !slice_is_digits(slice_from(rest->at, n)))
		return -1;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (rest->at[i] - '0');
	*rest = slice_skip(*rest, n);
	return value;
}

static bool
take_char(struct slice *rest, char c)
{
	if (rest->len == 0 || rest->at[0] != c)
		return false;
	*rest = slice_skip(*rest, 1);
	return true;
}

static char *
put_digits(char *at, int value, int n)
{
	for (int i = n - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + n;
}

static char *
put_char(char *at, char c)
{
	*at = c;
	return at + 1;
}

static size_t
put_end(char *at, const char *start)
{
	*at = '\0';
	return (size_t)(at - start);
}

static int
bad(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, NULL, "%s", what);
}

int
date_parse8(struct slice s, int32_t *ret_date, struct err *e)
{
	if (s.len != 8 || !slice_is_digits(s))
		return bad(e, "not a date of the form yyyyMMdd");
	int year = take_digits(&s, 4), month = take_digits(&s, 2), day = take_digits(&s, 2);

	if (!is_date(year, month, day))
		return bad(e, "no such date");
	*ret_date = date_from_civil(year, month, day);
	return 0;
}

/* Takes yyyy-MM-dd off *rest; false when the form is wrong. */
static bool
take_iso_date(struct slice *rest, int *year, int *month, int *day)
{
	return (*year = take_digits(rest, 4)) >= 0 && take_char(rest, '-') &&
	       (*month = take_digits(rest, 2)) >= 0 && take_char(rest, '-') &&
	       (*day = take_digits(rest, 2)) >= 0;
}

int
date_parse_iso(struct slice s, int32_t *ret_date, struct err *e)
{
	int year, month, day;

	if (!take_iso_date(&s, &year, &month, &day) || s.len > 0)
		return bad(e, "not a date of the form yyyy-MM-dd");
	if (!is_date(year, month, day))
		return bad(e, "no such date");
	*ret_date = date_from_civil(year, month, day);
	return 0;
}

static char *
put_date(char *at, int32_t date, bool dashes)
{
	int year, month, day;

	date = date < DATE_MIN ? DATE_MIN : date > DATE_MAX ? DATE_MAX : date;
	date_to_civil(date, &year, &month, &day);
	at = put_digits(at, year, 4);
	if (dashes)
		at = put_char(at, '-');
	at = put_digits(at, month, 2);
	if (dashes)
		at = put_char(at, '-');
	return put_digits(at, day, 2);
}

size_t
date_print8(int32_t date, char out[TIME_TEXT_MAX])
{
	return put_end(put_date(out, date, false), out);
}

size_t
date_print_iso(int32_t date, char out[TIME_TEXT_MAX])
{
	return put_end(put_date(out, date, true), out);
}

/* Seconds since 1970-01-01 00:00 of the wall clock at UTC+7, kept within the years that we print. */
static int64_t
wall_seconds(int64_t instant)
{
	int64_t first = (int64_t)DATE_MIN * DAY_SECONDS;
	int64_t last = ((int64_t)DATE_MAX + 1) * DAY_SECONDS - 1;

	if (instant < first - BUSINESS_OFFSET_SECONDS)
		return first;
	if (instant > last - BUSINESS_OFFSET_SECONDS)
		return last;
	return instant + BUSINESS_OFFSET_SECONDS;
}

int64_t
time_from_civil(const struct civil *c)
{
	int64_t date = date_from_civil(c->year, c->month, c->day);

	return date * DAY_SECONDS + (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second -
	       BUSINESS_OFFSET_SECONDS;
}

void
time_to_civil(int64_t instant, struct civil *ret)
{
	int64_t wall = wall_seconds(instant);
	int64_t date = floor_div(wall, DAY_SECONDS);
	int second = (int)(wall - date * DAY_SECONDS);

	date_to_civil((int32_t)date, &ret->year, &ret->month, &ret->day);
	ret->hour = second / 3600;
	ret->minute = second / 60 % 60;
	ret->second = second % 60;
}

int32_t
time_business_date(int64_t instant)
{
	return (int32_t)floor_div(wall_seconds(instant), DAY_SECONDS);
}

int
time_parse12(struct slice s, int64_t *ret_instant, struct err *e)
{
	struct civil c = { 0 };

	if (s.len != 12 || !slice_is_digits(s))
		return bad(e, "not a time of the form yyyyMMddHHmm");
	c.year = take_digits(&s, 4);
	c.month = take_digits(&s, 2);
	c.day = take_digits(&s, 2);
	c.hour = take_digits(&s, 2);
	c.minute = take_digits(&s, 2);
	if (!is_date(c.year, c.month, c.day))
		return bad(e, "no such date");
	if (c.hour > 23 || c.minute > 59)
		return bad(e, "no such time of day");
	*ret_instant = time_from_civil(&c);
	return 0;
}

size_t
time_print12(int64_t instant, char out[TIME_TEXT_MAX])
{
	struct civil c;
	char *at = put_date(out, time_business_date(instant), false);

	time_to_civil(instant, &c);
	at = put_digits(at, c.hour, 2);
	at = put_digits(at, c.minute, 2);
	return put_end(at, out);
}

/* Takes Z or ±hh:mm off *rest as seconds east of UTC. */
static bool
take_offset(struct slice *rest, int *ret_seconds)
{
	if (take_char(rest, 'Z') || take_char(rest, 'z')) {
		*ret_seconds = 0;
		return true;
	}
	bool west = take_char(rest, '-');

	if (!west && !take_char(rest, '+'))
		return false;
	int hour = take_digits(rest, 2);

	if (hour < 0 || hour > 23 || !take_char(rest, ':'))
		return false;
	int minute = take_digits(rest, 2);

	if (minute < 0 || minute > 59)
		return false;
	*ret_seconds = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

/* Takes HH:mm:ss off *rest and drops a fraction; false when the form is wrong. */
static bool
take_clock(struct slice *rest, struct civil *c)
{
	if ((c->hour = take_digits(rest, 2)) < 0 || !take_char(rest, ':') ||
	    (c->minute = take_digits(rest, 2)) < 0 || !take_char(rest, ':') ||
	    (c->second = take_digits(rest, 2)) < 0)
		return false;
	if (!take_char(rest, '.'))
		return true;
	if (take_digits(rest, 1) < 0)
		return false;
	while (take_digits(rest, 1) >= 0)
		continue;
	return true;
}

int
time_parse_rfc3339(struct slice s, int64_t *ret_instant, struct err *e)
{
	struct civil c = { 0 };
	int offset;

	if (!take_iso_date(&s, &c.year, &c.month, &c.day) || !(take_char(&s, 'T') || take_char(&s, 't')) ||
	    !take_clock(&s, &c) || !take_offset(&s, &offset) || s.len > 0)
		return bad(e, "not a time of the form yyyy-MM-ddTHH:mm:ss+07:00 (RFC 3339)");
	if (!is_date(c.year, c.month, c.day))
		return bad(e, "no such date");
	if (c.hour > 23 || c.minute > 59 || c.second > 60)
		return bad(e, "no such time of day");
	/* RFC 3339 §5.7: a leap second is the last of a UTC day; it is taken as the second before it. */
	bool leap = c.second == 60;

	c.second -= leap;
	int64_t instant = time_from_civil(&c) + BUSINESS_OFFSET_SECONDS - offset;

	if (leap && floor_div(instant, DAY_SECONDS) == floor_div(instant + 1, DAY_SECONDS))
		return bad(e, "no such time of day");
	if (instant + BUSINESS_OFFSET_SECONDS != wall_seconds(instant))
		return bad(e, "the year at UTC+7 is not within 1800..9999");
	*ret_instant = instant;
	return 0;
}

size_t
time_print_rfc3339(int64_t instant, char out[TIME_TEXT_MAX])
{
	struct civil c;
	char *at = put_date(out, time_business_date(instant), true);

	time_to_civil(instant, &c);
	at = put_digits(put_char(at, 'T'), c.hour, 2);
	at = put_digits(put_char(at, ':'), c.minute, 2);
	at = put_digits(put_char(at, ':'), c.second, 2);
	at = put_digits(put_char(at, '+'), BUSINESS_OFFSET_SECONDS / 3600, 2);
	at = put_digits(put_char(at, ':'), BUSINESS_OFFSET_SECONDS / 60 % 60, 2);
	return put_end(at, out);
}

int
birth_parse12(struct slice s, struct civil *ret, enum birth_precision *ret_precision, struct err *e)
{
	struct civil c = { 0 };
	enum birth_precision precision;

	if (s.len != 12 || !slice_is_digits(s))
		return bad(e, "not a birth time of the form yyyyMMddHHmm");
	c.year = take_digits(&s, 4);
	c.month = take_digits(&s, 2);
	c.day = take_digits(&s, 2);
	c.hour = take_digits(&s, 2);
	c.minute = take_digits(&s, 2);
	bool has_clock = c.hour != 0 || c.minute != 0;

	if (c.month == 0)
		precision = BIRTH_YEAR;
	else if (c.day == 0)
		precision = BIRTH_MONTH;
	else
		precision = has_clock ? BIRTH_MINUTE : BIRTH_DAY;
	if ((c.month == 0 && c.day != 0) || (precision < BIRTH_DAY && has_clock))
		return bad(e, "a part is known (not 00) although a longer part before it is unknown");
	if (!is_date(c.year, c.month == 0 ? 1 : c.month, c.day == 0 ? 1 : c.day))
		return bad(e, "no such date");
	if (c.hour > 23 || c.minute > 59)
		return bad(e, "no such time of day");
	*ret = c;
	*ret_precision = precision;
	return 0;
}

int64_t
time_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		fatal("no wall clock");
	return now.tv_sec;
}

int64_t
time_monotonic_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		fatal("no monotonic clock");
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
