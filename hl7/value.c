#include "hl7/value.h"

static size_t
digits(struct slice s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] >= '0' && s.at[n] <= '9')
		n++;
	return n;
}

static int
two(struct slice s, size_t at)
{
	return (s.at[at] - '0') * 10 + (s.at[at + 1] - '0');
}

/* NM: sign, digits, point, digits; one digit at least. */
static bool
is_number(struct slice s)
{
	s = slice_trim(s);
	if (s.len > 0 && (s.at[0] == '+' || s.at[0] == '-'))
		s = slice_skip(s, 1);
	size_t before = digits(s), after = 0;
	s = slice_skip(s, before);
	if (s.len > 0 && s.at[0] == '.') {
		s = slice_skip(s, 1);
		after = digits(s);
		s = slice_skip(s, after);
	}
	return s.len == 0 && before + after > 0;
}

static bool
is_sequence(struct slice s)
{
	return slice_is_digits(s) && s.len <= 4;
}

/* YYYY[MM[DD]] of a day that exists. */
static bool
is_date(struct slice s)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (digits(s) != s.len || (s.len != 4 && s.len != 6 && s.len != 8))
		return false;
	if (s.len == 4)
		return true;
	int year = two(s, 0) * 100 + two(s, 2), month = two(s, 4), day = s.len == 8 ? two(s, 6) : 1;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || leap;
}

/* HH[MM[SS[.S[S[S[S]]]]]] */
static bool
is_clock(struct slice s)
{
	size_t n = digits(s);
	struct slice rest = slice_skip(s, n);

	if ((n != 2 && n != 4 && n != 6) || two(s, 0) > 23 || (n >= 4 && two(s, 2) > 59) ||
	    (n == 6 && two(s, 4) > 59))
		return false;
	if (rest.len == 0)
		return true;
	rest = slice_skip(rest, 1);
	return n == 6 && s.at[n] == '.' && rest.len >= 1 && rest.len <= 4 && digits(rest) == rest.len;
}

/* Takes "+ZZZZ" or "-ZZZZ" off the end; false when there is a sign and no zone behind it. */
static bool
cut_zone(struct slice *s)
{
	for (size_t i = 0; i < s->len; i++) {
		if (s->at[i] != '+' && s->at[i] != '-')
			continue;
		struct slice zone = slice_skip(*s, i + 1);

		s->len = i;
		return zone.len == 4 && digits(zone) == 4 && two(zone, 0) <= 14 && two(zone, 2) <= 59;
	}
	return true;
}

static bool
is_time(struct slice s)
{
	return cut_zone(&s) && s.len > 0 && is_clock(s);
}

static bool
is_moment(struct slice s)
{
	if (!cut_zone(&s))
		return false;
	struct slice date = slice_from(s.at, s.len < 8 ? s.len : 8), clock = slice_skip(s, 8);
	return is_date(date) && (clock.len == 0 || is_clock(clock));
}

bool
hl7_value_fits(const char *type, struct slice raw)
{
	static const struct {
		const char *type;
		bool (*fits)(struct slice);
	} forms[] = { { "NM", is_number }, { "SI", is_sequence }, { "DT", is_date }, { "TM", is_time },
		{ "DTM", is_moment }, { "TS", is_moment } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (strcmp(forms[i].type, type) == 0)
			return forms[i].fits(raw);
	return true;
}
