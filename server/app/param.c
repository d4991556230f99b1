#include "server/app/param.h"

#include "base/err.h"
#include "base/time.h"
#include "base/utf8.h"

#define ID_MAX ((INT64_C(1) << 53) - 1) /* what JavaScript can hold exactly */
#define CODE_MAX 64
#define TEXT_MAX_DEFAULT 200

bool
param_type_find(struct slice word, enum param_type *ret)
{
	static const struct {
		const char *word;
		enum param_type type;
	} row[] = { { "i8", PARAM_I8 }, { "text", PARAM_TEXT }, { "code", PARAM_CODE },
		{ "date", PARAM_DATE }, { "month", PARAM_MONTH } };
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (slice_eq_text(word, row[i].word)) {
			*ret = row[i].type;
			return true;
		}
	return false;
}

static bool
is_code(struct slice s)
{
	if (s.len == 0 || s.len > CODE_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '.' || c == '_' || c == '-';
		if (!good)
			return false;
	}
	return true;
}

static bool
is_month(struct slice s)
{
	char text[11];
	int32_t date;
	if (s.len != 7)
		return false;
	memcpy(text, s.at, 7);
	memcpy(text + 7, "-01", 4);
	return date_parse_iso(slice_from(text, 10), &date, NULL) == 0;
}

bool
param_fits(enum param_type type, struct slice s)
{
	int64_t n;
	int32_t date;
	switch (type) {
	case PARAM_TEXT:
	case PARAM_CHOICE:
		return s.len > 0;
	case PARAM_I8:
		return slice_is_digits(s) && slice_to_int64(s, &n) == 0 && n >= 1 && n <= ID_MAX;
	case PARAM_INT:
		return slice_to_int64(s, &n) == 0;
	case PARAM_DATE:
		return date_parse_iso(s, &date, NULL) == 0;
	case PARAM_TIME:
		return time_parse_rfc3339(s, &n, NULL) == 0;
	case PARAM_MONTH:
		return is_month(s);
	case PARAM_BOOL:
		return slice_eq_text(s, "true") || slice_eq_text(s, "false");
	case PARAM_CODE:
		return is_code(s);
	}
	return false;
}

static const char *
type_sentence(enum param_type type)
{
	switch (type) {
	case PARAM_I8:
		return "expected an id: a whole number from 1 to 9007199254740991";
	case PARAM_INT:
		return "expected a whole number";
	case PARAM_DATE:
		return "expected a date yyyy-MM-dd";
	case PARAM_TIME:
		return "expected a time as in RFC 3339";
	case PARAM_MONTH:
		return "expected a month yyyy-MM";
	case PARAM_BOOL:
		return "expected true or false";
	case PARAM_CODE:
		return "expected 1 to 64 letters, digits, '.', '_' or '-'";
	case PARAM_TEXT:
	case PARAM_CHOICE:
		break;
	}
	return "must not be empty";
}

static bool
is_choice(const char *choices, struct slice value)
{
	struct slice rest = slice_of(choices), word;
	while (slice_split(&rest, ' ', &word))
		if (slice_eq(word, value))
			return true;
	return false;
}

const char *
param_check(const struct param *p, struct arena *a, struct slice value, struct slice *ret)
{
	int64_t n = 0;
	if (!param_fits(p->type, value))
		return type_sentence(p->type);
	if (p->type == PARAM_CHOICE && !is_choice(p->choices, value))
		return arena_printf(a, "expected one of: %s", p->choices);
	if (p->type == PARAM_INT && (slice_to_int64(value, &n) != 0 || n < p->min || n > p->max))
		return arena_printf(a, "expected a whole number from %lld to %lld", p->min, p->max);
	if (p->type == PARAM_TEXT) {
		long long max = p->max ? p->max : TEXT_MAX_DEFAULT;
		if (utf8_clean(a, value, &value, NULL))
			return "not clean UTF-8 text";
		if (utf8_length(value) > (size_t)max)
			return arena_printf(a, "longer than %lld characters", max);
	}
	*ret = value;
	return NULL;
}
