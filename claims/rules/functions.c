/* The functions of the language: what they take and what they do. A missing argument gives a missing result.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "base/utf8.h"
#include "claims/rules/internal.h"

const struct call_info rule_calls[] = {
	{ "abs", CALL_ABS, RULE_NUMBER, 0, "n", "the number without its sign" },
	{ "round", CALL_ROUND, RULE_NUMBER, 0, "nc", "rounded half away from zero to so many decimals" },
	{ "div", CALL_DIV, RULE_NUMBER, 0, "nnc",
	    "quotient rounded to so many decimals; missing when divided by 0" },
	{ "least", CALL_LEAST, RULE_NUMBER, 0, "nn", "the smaller number" },
	{ "greatest", CALL_GREATEST, RULE_NUMBER, 0, "nn", "the greater number" },
	{ "length", CALL_LENGTH, RULE_NUMBER, 0, "t", "characters of a text" },
	{ "starts", CALL_STARTS, RULE_BOOL, 0, "tt", "does the first text begin with the second" },
	{ "ends", CALL_ENDS, RULE_BOOL, 0, "tt", "does the first text end with the second" },
	{ "contains", CALL_CONTAINS, RULE_BOOL, 0, "tt", "does the first text contain the second" },
	{ "left", CALL_LEFT, RULE_TEXT, 0, "ti", "the first n bytes" },
	{ "right", CALL_RIGHT, RULE_TEXT, 0, "ti", "the last n bytes" },
	{ "mid", CALL_MID, RULE_TEXT, 0, "tii", "n bytes from position p, counted from 1" },
	{ "before", CALL_BEFORE, RULE_TEXT, 0, "tt",
	    "what stands before the second text; missing when it is not there" },
	{ "after", CALL_AFTER, RULE_TEXT, 0, "tt",
	    "what stands after the second text; missing when it is not there" },
	{ "matches", CALL_MATCHES, RULE_BOOL, 0, "tt", "does the whole text fit the pattern" },
	{ "items", CALL_ITEMS, RULE_NUMBER, 0, "t", "number of items of a list (;); 0 when missing" },
	{ "item", CALL_ITEM, RULE_TEXT, 0, "ti", "item n of a list, from 1; from the end with -1, -2 …" },
	{ "number", CALL_NUMBER, RULE_NUMBER, 0, "tc",
	    "a text as a number with at most so many decimals; else missing" },
	{ "year", CALL_YEAR, RULE_NUMBER, 0, "d", "year of a date" },
	{ "month", CALL_MONTH, RULE_NUMBER, 0, "d", "month, 0 when unknown (birth dates)" },
	{ "day", CALL_DAY, RULE_NUMBER, 0, "d", "day of the month, 0 when unknown" },
	{ "hour", CALL_HOUR, RULE_NUMBER, 0, "m", "hour 0–23" },
	{ "minute", CALL_MINUTE, RULE_NUMBER, 0, "m", "minute 0–59" },
	{ "weekday", CALL_WEEKDAY, RULE_NUMBER, 0, "d", "1 Monday … 7 Sunday" },
	{ "days", CALL_DAYS, RULE_NUMBER, 0, "dd", "days from the first to the second date" },
	{ "minutes", CALL_MINUTES, RULE_NUMBER, 0, "mm", "minutes from the first to the second time" },
	{ "add_days", CALL_ADD_DAYS, RULE_DATE, 0, "di", "the date or time so many days later" },
	{ "age_years", CALL_AGE_YEARS, RULE_NUMBER, 0, "dd",
	    "completed years at the second date; an unknown day counts as the first" },
	{ "age_months", CALL_AGE_MONTHS, RULE_NUMBER, 0, "dd",
	    "completed months; missing when the month of birth is unknown" },
	{ "age_days", CALL_AGE_DAYS, RULE_NUMBER, 0, "dd",
	    "days of life; missing when the day of birth is unknown" },
	{ "dose_days", CALL_DOSE_DAYS, RULE_NUMBER, 3, "t",
	    "days in a dose text a * b * days [total]; else missing" },
	{ "dose_total", CALL_DOSE_TOTAL, RULE_NUMBER, 9, "t",
	    "amount × times × days of a dose text; else missing" },
};
const size_t rule_call_count = sizeof(rule_calls) / sizeof(rule_calls[0]);

static struct slice
text_of(const struct rule_value *v)
{
	return slice_from(v->at, v->len);
}

static void
give_text(struct rule_value *v, struct slice s)
{
	*v = (struct rule_value){ .at = s.at, .len = (uint32_t)s.len, .missing = s.len == 0 };
}

static void
give_number(struct rule_value *v, __int128 number)
{
	*v = (struct rule_value){ .number = number };
}

static void
give_missing(struct rule_value *v)
{
	*v = (struct rule_value){ .missing = true };
}

/* ---- numbers ---- */

static __int128
divide_rounded(__int128 a, __int128 b)
{
	bool negative = (a < 0) != (b < 0);
	a = a < 0 ? -a : a;
	b = b < 0 ? -b : b;
	__int128 q = a / b;
	if (a % b >= b - a % b)
		q++;
	return negative ? -q : q;
}

static __int128
power_of_ten(uint32_t n)
{
	__int128 power = 1;
	while (n--)
		power *= 10;
	return power;
}

static void
call_div(struct rule_value *v, uint32_t shift, bool *overflow)
{
	__int128 power = power_of_ten(shift), limit = ((__int128)1 << 125) / power;
	if (v[1].number == 0)
		give_missing(v);
	else if (v[0].number > limit || v[0].number < -limit)
		*overflow = true;
	else
		give_number(v, divide_rounded(v[0].number * power, v[1].number));
}

static void
call_number(struct rule_value *v, uint32_t extra, bool *overflow)
{
	__int128 x = v[0].number;
	switch (extra >> 8) {
	case CALL_ABS:
		v[0].number = x < 0 ? -x : x;
		break;
	case CALL_ROUND:
		give_number(v, divide_rounded(x, power_of_ten(extra & 0xFF)));
		break;
	case CALL_LEAST:
		v[0].number = x < v[1].number ? x : v[1].number;
		break;
	case CALL_GREATEST:
		v[0].number = x > v[1].number ? x : v[1].number;
		break;
	default:
		call_div(v, extra & 0xFF, overflow);
		break;
	}
}

/* ---- texts ---- */

/* Index of the first occurrence, or s.len. */
static size_t
find_text(struct slice s, struct slice part)
{
	const char *at = s.len >= part.len ? memmem(s.at, s.len, part.at, part.len) : NULL;
	return at ? (size_t)(at - s.at) : s.len;
}

static void
call_mid(struct rule_value *v, __int128 from, __int128 count)
{
	if (from < 1 || count < 1 || from > v->len) {
		give_missing(v);
		return;
	}
	size_t start = (size_t)from - 1, left = v->len - start;
	give_text(v, slice_from(v->at + start, count < (__int128)left ? (size_t)count : left));
}

static void
call_item(struct rule_value *v, __int128 n)
{
	struct slice rest = text_of(v), part;
	__int128 count = 0, wanted = n;
	if (n < 0) {
		struct slice all = rest;
		while (slice_split(&all, ';', &part))
			count++;
		wanted = count + n + 1;
	}
	for (__int128 i = 1; slice_split(&rest, ';', &part); i++) {
		if (i != wanted)
			continue;
		give_text(v, slice_trim(part));
		return;
	}
	give_missing(v);
}

static __int128
count_items(struct slice rest)
{
	struct slice part;
	__int128 count = 0;
	while (slice_split(&rest, ';', &part))
		count++;
	return count;
}

static void
call_to_number(struct rule_value *v, uint32_t scale)
{
	int64_t number;
	struct slice s = text_of(v);
	if (s.len > 24 || decimal_parse(s, (int)(scale > 6 ? 6 : scale), &number, NULL) < 0)
		give_missing(v);
	else
		give_number(v, number * power_of_ten(scale > 6 ? scale - 6 : 0));
}

static void
call_to_date(struct rule_value *v)
{
	struct slice s = text_of(v);
	int32_t days;
	int64_t number;
	if (s.len != 8 || date_parse8(s, &days, NULL) < 0 || slice_to_int64(s, &number) < 0)
		give_missing(v);
	else
		give_number(v, number);
}

static void
call_to_time(struct rule_value *v)
{
	struct slice s = text_of(v);
	int64_t instant, number;
	if (s.len != 12 || time_parse12(s, &instant, NULL) < 0 || slice_to_int64(s, &number) < 0)
		give_missing(v);
	else
		give_number(v, number);
}

static bool
text_starts(const struct rule_value *v)
{
	return slice_starts(text_of(&v[0]), text_of(&v[1]));
}

static void
call_text(uint8_t call, struct rule_value *v, const struct pattern *pattern)
{
	struct slice s = text_of(v), t = text_of(&v[1]);
	size_t at;
	switch (call) {
	case CALL_LENGTH:
		give_number(v, (__int128)utf8_length(s));
		break;
	case CALL_STARTS:
		give_number(v, text_starts(v));
		break;
	case CALL_ENDS:
		give_number(v, slice_ends(s, t));
		break;
	case CALL_CONTAINS:
		give_number(v, find_text(s, t) < s.len);
		break;
	case CALL_LEFT:
		call_mid(v, 1, v[1].number);
		break;
	case CALL_RIGHT:
		call_mid(v, v[1].number >= v->len ? 1 : v->len - v[1].number + 1, v[1].number);
		break;
	case CALL_MID:
		call_mid(v, v[1].number, v[2].number);
		break;
	case CALL_BEFORE:
		at = find_text(s, t);
		give_text(v, slice_from(s.at, at < s.len ? at : 0));
		break;
	case CALL_AFTER:
		at = find_text(s, t);
		give_text(v, at < s.len ? slice_skip(s, at + t.len) : SLICE(""));
		break;
	case CALL_MATCHES:
		give_number(v, pattern_match(pattern, s));
		break;
	default:
		call_item(v, v[1].number);
		break;
	}
}

/* ---- dates: yyyyMMdd or, from 10^9 on, yyyyMMddHHmm ---- */

struct parts {
	int year, month, day, hour, minute;
};

static struct parts
parts_of(__int128 value)
{
	int64_t x = (int64_t)value, date = x, clock = 0;
	if (x >= 1000000000) {
		date = x / 10000;
		clock = x % 10000;
	}
	return (struct parts){ (int)(date / 10000), (int)(date / 100 % 100), (int)(date % 100),
		(int)(clock / 100), (int)(clock % 100) };
}

bool
value_days(__int128 date, int32_t *ret)
{
	struct parts d = parts_of(date);
	if (d.month == 0 || d.day == 0)
		return false;
	*ret = date_from_civil(d.year, d.month, d.day);
	return true;
}

static void
call_days(struct rule_value *v, bool in_minutes)
{
	int32_t a, b;
	struct parts x = parts_of(v[0].number), y = parts_of(v[1].number);
	if (!value_days(v[0].number, &a) || !value_days(v[1].number, &b)) {
		give_missing(v);
		return;
	}
	__int128 days = b - a;
	int minutes = (y.hour - x.hour) * 60 + y.minute - x.minute;
	give_number(v, in_minutes ? days * 1440 + minutes : days);
}

static void
call_add_days(struct rule_value *v)
{
	int32_t days;
	__int128 date = v[0].number, clock = 0, n = v[1].number;
	bool timed = date >= 1000000000;
	if (timed) {
		clock = date % 10000;
		date /= 10000;
	}
	if (!value_days(date, &days) || n > 1000000 || n < -1000000) {
		give_missing(v);
		return;
	}
	int year, month, day;
	date_to_civil(days + (int32_t)n, &year, &month, &day);
	date = (__int128)year * 10000 + month * 100 + day;
	give_number(v, timed ? date * 10000 + clock : date);
}

static void
call_age(uint8_t call, struct rule_value *v)
{
	struct parts b = parts_of(v[0].number), at = parts_of(v[1].number);
	if (call == CALL_AGE_DAYS) {
		call_days(v, false);
		return;
	}
	if (call == CALL_AGE_MONTHS && b.month == 0) {
		give_missing(v);
		return;
	}
	int month = b.month ? b.month : 1, day = b.day ? b.day : 1;
	int months = (at.year - b.year) * 12 + at.month - month - (at.day < day);
	int years = months < 0 ? -1 : months / 12;
	give_number(v, call == CALL_AGE_YEARS ? years : months);
}

static void
call_date(uint8_t call, struct rule_value *v)
{
	struct parts d = parts_of(v[0].number);
	int32_t days;
	switch (call) {
	case CALL_DATE:
		give_number(v, (__int128)d.year * 10000 + d.month * 100 + d.day);
		break;
	case CALL_YEAR:
		give_number(v, d.year);
		break;
	case CALL_MONTH:
		give_number(v, d.month);
		break;
	case CALL_DAY:
		give_number(v, d.day);
		break;
	case CALL_HOUR:
		give_number(v, d.hour);
		break;
	case CALL_MINUTE:
		give_number(v, d.minute);
		break;
	default: /* CALL_WEEKDAY: 1970-01-01 was a Thursday */
		if (value_days(v[0].number, &days))
			give_number(v, ((days + 3) % 7 + 7) % 7 + 1);
		else
			give_missing(v);
		break;
	}
}

/* ---- dose texts: "1 viên/lần * 2 lần/ngày * 5 ngày [2 viên/ngày]" ---- */

/* The number that a part of a dose begins with, in 1/1000; false when there is none. */
static bool
dose_number(struct slice part, int64_t *ret)
{
	size_t n = 0;
	part = slice_trim(part);
	while (n < part.len && ((part.at[n] >= '0' && part.at[n] <= '9') || part.at[n] == '.'))
		n++;
	return n > 0 && n < 12 && decimal_parse(slice_from(part.at, n), 3, ret, NULL) == 0 && *ret > 0;
}

static void
call_dose(uint8_t call, struct rule_value *v)
{
	struct slice rest = text_of(v), part;
	int64_t number[3];
	size_t count = 0;
	rest = slice_from(rest.at, slice_find(rest, '['));
	while (slice_split(&rest, '*', &part)) {
		if (count == 3 || !dose_number(part, &number[count])) {
			give_missing(v);
			return;
		}
		count++;
	}
	if (count != 3)
		give_missing(v);
	else if (call == CALL_DOSE_DAYS)
		give_number(v, number[2]);
	else
		give_number(v, (__int128)number[0] * number[1] * number[2]);
}

/* ---- */

static unsigned
argument_count(uint8_t call)
{
	switch (call) {
	case CALL_DIV:
	case CALL_LEAST:
	case CALL_GREATEST:
	case CALL_STARTS:
	case CALL_ENDS:
	case CALL_CONTAINS:
	case CALL_LEFT:
	case CALL_RIGHT:
	case CALL_BEFORE:
	case CALL_AFTER:
	case CALL_ITEM:
	case CALL_DAYS:
	case CALL_MINUTES:
	case CALL_ADD_DAYS:
	case CALL_AGE_YEARS:
	case CALL_AGE_MONTHS:
	case CALL_AGE_DAYS:
		return 2;
	case CALL_MID:
		return 3;
	default:
		return 1;
	}
}

static bool
is_yes_no(uint8_t call)
{
	return call == CALL_STARTS || call == CALL_ENDS || call == CALL_CONTAINS || call == CALL_MATCHES;
}

int64_t
rule_call(uint8_t call, struct rule_value *v, uint32_t extra, const struct pattern *pattern, bool *overflow)
{
	bool missing = false, text = call >= CALL_LENGTH && call <= CALL_TIME_OF_TEXT;
	int64_t length = text && !v[0].missing ? v[0].len : 0;
	for (unsigned i = 0; i < argument_count(call); i++)
		missing |= v[i].missing;
	if (missing && call == CALL_ITEMS)
		give_number(v, 0);
	else if (missing && is_yes_no(call))
		give_number(v, false);
	else if (missing)
		give_missing(v);
	else if (call <= CALL_GREATEST)
		call_number(v, (uint32_t)call << 8 | extra, overflow);
	else if (call == CALL_ITEMS)
		give_number(v, count_items(text_of(v)));
	else if (call == CALL_NUMBER)
		call_to_number(v, extra);
	else if (call == CALL_DATE_OF_TEXT)
		call_to_date(v);
	else if (call == CALL_TIME_OF_TEXT)
		call_to_time(v);
	else if (text)
		call_text(call, v, pattern);
	else if (call == CALL_DAYS || call == CALL_MINUTES)
		call_days(v, call == CALL_MINUTES);
	else if (call == CALL_ADD_DAYS)
		call_add_days(v);
	else if (call >= CALL_AGE_YEARS && call <= CALL_AGE_DAYS)
		call_age(call, v);
	else if (call >= CALL_DOSE_DAYS)
		call_dose(call, v);
	else
		call_date(call, v);
	return length;
}
