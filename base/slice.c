#include "base/slice.h"

#include "base/err.h"

/* What slice_split leaves in *rest when only an empty last part remains ("a;" after "a"). */
static const char last_part_is_empty[1] = "";

bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool
slice_eq_text(struct slice a, const char *text)
{
	return slice_eq(a, slice_of(text));
}

int
slice_compare(struct slice a, struct slice b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && slice_eq(slice_from(s.at, prefix.len), prefix);
}

bool
slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_eq(slice_skip(s, s.len - suffix.len), suffix);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_skip(s, 1);
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

size_t
slice_find(struct slice s, char c)
{
	const char *hit = s.len == 0 ? NULL : memchr(s.at, c, s.len);

	return hit == NULL ? s.len : (size_t)(hit - s.at);
}

struct slice
slice_skip(struct slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return n == 0 ? s : slice_from(s.at + n, s.len - n);
}

bool
slice_split(struct slice *rest, char separator, struct slice *ret_part)
{
	if (rest->at == last_part_is_empty) {
		*ret_part = *rest;
		*rest = slice_from(NULL, 0);
		return true;
	}
	if (rest->len == 0) {
		rest->at = NULL;
		return false;
	}
	size_t n = slice_find(*rest, separator);

	*ret_part = slice_from(rest->at, n);
	if (n == rest->len)
		*rest = slice_from(NULL, 0);
	else if (n + 1 == rest->len)
		*rest = slice_from(last_part_is_empty, 0);
	else
		*rest = slice_skip(*rest, n + 1);
	return true;
}

bool
slice_is_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

int
slice_to_int64(struct slice s, int64_t *ret_value)
{
	bool negative = s.len > 0 && s.at[0] == '-';
	struct slice digits = slice_skip(s, negative ? 1 : 0);
	/* Built below zero, because INT64_MIN has no positive twin. */
	int64_t value = 0;

	if (!slice_is_digits(digits))
		return ERR_INPUT;
	for (size_t i = 0; i < digits.len; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, digits.at[i] - '0', &value))
			return ERR_OVERFLOW;
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return ERR_OVERFLOW;
	*ret_value = value;
	return 0;
}
