/*
 * Promises of base/time.h: the calendar is the C library's (gmtime_r), printing and parsing are inverse, and
 * what is printed is what was given when it was given in that form.
 *
 * Input: 8 bytes of an instant, the rest is a text.
 */
#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "tests/fuzz/fuzz.h"

#define FIRST (INT64_C(-5364687600))
#define LAST (INT64_C(253402275599))

static void
check_instant(int64_t instant)
{
	char out[TIME_TEXT_MAX];
	time_t shifted = instant + BUSINESS_OFFSET_SECONDS;
	struct civil c;
	struct tm tm;
	int64_t again;

	assert(gmtime_r(&shifted, &tm) != NULL);
	time_to_civil(instant, &c);
	assert(c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 && c.day == tm.tm_mday);
	assert(c.hour == tm.tm_hour && c.minute == tm.tm_min && c.second == tm.tm_sec);
	assert(time_from_civil(&c) == instant);
	assert(time_business_date(instant) == date_from_civil(c.year, c.month, c.day));
	size_t n = time_print_rfc3339(instant, out);

	assert(n == 25 && strlen(out) == n);
	assert(time_parse_rfc3339(slice_from(out, n), &again, NULL) == 0 && again == instant);
	n = time_print12(instant, out);
	assert(n == 12 && strlen(out) == n);
	assert(time_parse12(slice_from(out, n), &again, NULL) == 0 && again == instant - c.second);
}

static void
check_date(int32_t date)
{
	int year, month, day;
	char out[TIME_TEXT_MAX];
	int32_t again;

	date_to_civil(date, &year, &month, &day);
	assert(month >= 1 && month <= 12 && day >= 1 && day <= 31);
	assert(date_from_civil(year, month, day) == date);
	size_t n = date_print8(date, out);

	assert(n == 8 && date_parse8(slice_from(out, n), &again, NULL) == 0);
	assert(again == date || year < 1800 || year > 9999);
	n = date_print_iso(date, out);
	assert(n == 10 && date_parse_iso(slice_from(out, n), &again, NULL) == 0);
	assert(again == date || year < 1800 || year > 9999);
}

static void
check_birth(struct slice s)
{
	enum birth_precision precision;
	struct civil c;
	int64_t instant;

	if (birth_parse12(s, &c, &precision, NULL) != 0) {
		assert(time_parse12(s, &instant, NULL) != 0);
		return;
	}
	assert((c.month == 0) == (precision == BIRTH_YEAR));
	assert((c.day == 0) == (precision <= BIRTH_MONTH));
	assert((time_parse12(s, &instant, NULL) == 0) == (precision >= BIRTH_DAY));
}

static void
check_text(struct slice s)
{
	char out[TIME_TEXT_MAX];
	int64_t instant;
	int32_t date;

	if (date_parse8(s, &date, NULL) == 0)
		assert(slice_eq(slice_from(out, date_print8(date, out)), s));
	if (date_parse_iso(s, &date, NULL) == 0)
		assert(slice_eq(slice_from(out, date_print_iso(date, out)), s));
	if (time_parse12(s, &instant, NULL) == 0)
		assert(slice_eq(slice_from(out, time_print12(instant, out)), s));
	if (time_parse_rfc3339(s, &instant, NULL) == 0) {
		assert(instant >= FIRST && instant <= LAST);
		check_instant(instant);
		if (s.len == 25 && slice_ends(s, SLICE("+07:00")) &&
		    !slice_starts(slice_skip(s, 17), SLICE("60")) && s.at[10] == 'T')
			assert(slice_eq(slice_from(out, time_print_rfc3339(instant, out)), s));
	}
	check_birth(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[TIME_TEXT_MAX];
	int64_t instant;

	if (size < sizeof(instant))
		return 0;
	memcpy(&instant, data, sizeof(instant));
	check_date((int32_t)instant);
	/* Any instant can be shown; one of the supported years is shown as it is. */
	assert(time_print_rfc3339(instant, out) == 25 && time_print12(instant, out) == 12);
	int64_t within = instant % (LAST - FIRST + 1);

	check_instant(within < 0 ? within + LAST + 1 : within + FIRST);
	check_text(slice_from((const char *)data + sizeof(instant), size - sizeof(instant)));
	return 0;
}
