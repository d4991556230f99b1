/*
 * A slice is a borrowed run of bytes with its length; it is not zero-terminated
 * and owns nothing. All input in this program travels as slices.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *at;
	size_t len;
};

/* A slice of a string literal: SLICE("abc"). */
#define SLICE(literal) ((struct slice){ "" literal "", sizeof(literal) - 1 })
/* printf("%.*s", SLICE_ARG(s)) */
#define SLICE_ARG(s) ((int)(s).len), ((s).at)

static inline struct slice
slice_of(const char *text) /* zero-terminated, may be NULL */
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline struct slice
slice_from(const char *at, size_t len)
{
	return (struct slice){ at, len };
}

bool slice_eq(struct slice a, struct slice b);
bool slice_eq_text(struct slice a, const char *text);
/* <0, 0, >0 by unsigned bytes, shorter first on a tie. */
int slice_compare(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
/* Without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);
/* Index of the first occurrence of c, or s.len. */
size_t slice_find(struct slice s, char c);
/* s without its first n bytes (n is capped at s.len). */
struct slice slice_skip(struct slice s, size_t n);
/*
 * Takes the part before the next separator off *rest and returns true, or false when
 * nothing is left. "a;;b" gives "a", "", "b"; "" gives nothing; "a;" gives "a", "".
 * Start with *rest = the whole and at != NULL.
 */
bool slice_split(struct slice *rest, char separator, struct slice *ret_part);
/* True when s is one or more ASCII digits. */
bool slice_is_digits(struct slice s);
/* Decimal digits with optional '-', no blanks, whole slice: 0 or ERR_INPUT/ERR_OVERFLOW. */
int slice_to_int64(struct slice s, int64_t *ret_value);
