/*
 * Time. Instants are seconds since 1970-01-01T00:00:00Z in int64; business dates are days since
 * 1970-01-01 in int32, always of business time (UTC+7, no daylight saving). The date of a visit is
 * never taken from UTC. Years 1800..9999.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define BUSINESS_OFFSET_SECONDS (7 * 3600)
#define TIME_TEXT_MAX 32

struct civil { /* a moment of business time, field by field */
	int year, month, day, hour, minute, second;
};

/*
 * Days since 1970-01-01 of a proleptic Gregorian date, and back. A month outside 1..12 or a day outside the
 * month carries over: (2025, 13, 1) is 2026-01-01, (2025, 3, 0) is 2025-02-28. Nothing is refused here;
 * that is the parsers' work (ERR_INPUT). Printing and breaking up an instant take what lies outside the
 * years 1800..9999 for the nearest end of them.
 */
int32_t date_from_civil(int year, int month, int day);
void date_to_civil(int32_t date, int *ret_year, int *ret_month, int *ret_day);
int date_parse8(struct slice s, int32_t *ret_date, struct err *e);    /* yyyyMMdd */
int date_parse_iso(struct slice s, int32_t *ret_date, struct err *e); /* yyyy-MM-dd */
size_t date_print8(int32_t date, char out[TIME_TEXT_MAX]);
size_t date_print_iso(int32_t date, char out[TIME_TEXT_MAX]);

int64_t time_from_civil(const struct civil *c); /* business time → instant */
void time_to_civil(int64_t instant, struct civil *ret);
int32_t time_business_date(int64_t instant);
/* yyyyMMddHHmm, business time. */
int time_parse12(struct slice s, int64_t *ret_instant, struct err *e);
size_t time_print12(int64_t instant, char out[TIME_TEXT_MAX]);
/* RFC 3339 with any offset (fractions are cut, :60 is taken as :59); printed with +07:00. */
int time_parse_rfc3339(struct slice s, int64_t *ret_instant, struct err *e);
size_t time_print_rfc3339(int64_t instant, char out[TIME_TEXT_MAX]);

/*
 * A birth date-time yyyyMMddHHmm whose parts may be unknown, from the right: HHmm "0000", then also dd "00",
 * then also MM "00". Unknown fields are 0 in *ret; the second is always 0. ERR_INPUT when a known part
 * follows an unknown one, or for a date that does not exist. (BHYT claim standard, NGAY_SINH; "0000"
 * cannot be told from midnight and counts as unknown.)
 */
enum birth_precision { BIRTH_YEAR, BIRTH_MONTH, BIRTH_DAY, BIRTH_MINUTE };
int birth_parse12(struct slice s, struct civil *ret, enum birth_precision *ret_precision, struct err *e);

int64_t time_now(void);          /* wall clock, seconds */
int64_t time_monotonic_us(void); /* for durations */
