#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/buf.h"

/* UAX #15 §13, "Stream-Safe Text Format": longer runs only serve to burn time. */
#define MARKS_IN_A_ROW_MAX 30

size_t
utf8_decode(struct slice s, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (s.len == 0)
		return 0;
	unsigned char lead = (unsigned char)s.at[0];
	size_t n = lead < 0x80   ? 1
		   : lead < 0xc2 ? 0
		   : lead < 0xe0 ? 2
		   : lead < 0xf0 ? 3
		   : lead < 0xf5 ? 4
				 : 0;
	uint32_t c = n == 1 ? lead : n == 2 ? lead & 0x1fu : n == 3 ? lead & 0xfu : lead & 0x7u;

	if (n == 0 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char next = (unsigned char)s.at[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (next & 0x3fu);
	}
	if (c < smallest[n] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*ret = c;
	return n;
}

size_t
utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool
utf8_is_valid(struct slice s)
{
	while (s.len > 0) {
		uint32_t c;
		size_t n = utf8_decode(s, &c);

		if (n == 0)
			return false;
		s = slice_skip(s, n);
	}
	return true;
}

size_t
utf8_length(struct slice s)
{
	size_t count = 0;

	for (; s.len > 0; count++) {
		uint32_t c;
		size_t n = utf8_decode(s, &c);

		s = slice_skip(s, n == 0 ? 1 : n);
	}
	return count;
}

struct slice
utf8_cut(struct slice s, size_t max_bytes)
{
	if (s.len <= max_bytes)
		return s;
	/* A character has at most three bytes after its first; longer runs are broken anyway. */
	for (size_t n = max_bytes, steps = 0; steps < 4; n--, steps++) {
		if (((unsigned char)s.at[n] & 0xc0) != 0x80)
			return slice_from(s.at, n);
		if (n == 0)
			break;
	}
	return slice_from(s.at, max_bytes);
}

static bool
is_refused(uint32_t c)
{
	if (c < 0x20)
		return c != '\t' && c != '\n' && c != '\r';
	/* DEL and C1 are control characters; XML 1.0 cannot carry U+FFFE and U+FFFF. */
	return (c >= 0x7f && c <= 0x9f) || c == 0xfffe || c == 0xffff;
}

/*
 * What our texts are made of and what NFC leaves as it is: Latin up to U+02FF, the Vietnamese letters, dashes
 * and quotation marks, the đồng sign. All else is looked at closely.
 */
static bool
is_plain(uint32_t c)
{
	return c < 0x300 || (c >= 0x1ea0 && c <= 0x1ef9) || (c >= 0x2010 && c <= 0x2027) || c == 0x20ab;
}

/* How many leading bytes are printable ASCII: nearly all of a claim is, so this runs eight bytes at a time.
 */
static size_t
ascii_run(struct slice s)
{
	const uint64_t each = UINT64_C(0x0101010101010101), high = each << 7;
	size_t i = 0;

	for (uint64_t word; s.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s.at + i, sizeof(word));
		/* a byte above 0x7e, then one below 0x20 */
		if (((word | (word + each)) | ((word - each * 0x20) & ~word)) & high)
			break;
	}
	while (i < s.len && s.at[i] >= 0x20 && s.at[i] < 0x7f)
		i++;
	return i;
}

/* Checks every character; *ret_plain is false when normalisation may change something. */
static int
check_characters(struct slice s, bool *ret_plain, struct err *e)
{
	bool plain = true;
	int marks = 0;

	for (size_t i = 0; i < s.len;) {
		uint32_t c;
		size_t run = ascii_run(slice_from(s.at + i, s.len - i));

		if (run > 0) {
			marks = 0;
			i += run;
			continue;
		}
		size_t n = utf8_decode(slice_from(s.at + i, s.len - i), &c);

		if (n == 0)
			return err_set(e, ERR_INPUT, NULL, "not UTF-8 at byte %zu", i);
		if (is_refused(c))
			return err_set(e, ERR_INPUT, NULL, "character U+%04X not allowed at byte %zu", c, i);
		if (is_plain(c)) {
			marks = 0;
		} else {
			plain = false;
			marks =
			    utf8proc_get_property((utf8proc_int32_t)c)->combining_class != 0 ? marks + 1 : 0;
		}
		if (marks > MARKS_IN_A_ROW_MAX)
			return err_set(e, ERR_INPUT, NULL,
			    "more than %d combining marks in a row at byte %zu", MARKS_IN_A_ROW_MAX, i);
		i += n;
	}
	*ret_plain = plain;
	return 0;
}

int
utf8_clean(struct arena *a, struct slice s, struct slice *ret, struct err *e)
{
	utf8proc_uint8_t *normal = NULL;
	utf8proc_ssize_t len;
	bool plain = true;
	int rc = check_characters(s, &plain, e);

	if (rc != 0)
		return rc;
	if (plain) {
		*ret = s;
		return 0;
	}
	if (s.len > PTRDIFF_MAX / 8)
		return err_set(e, ERR_LIMIT, NULL, "text of %zu bytes", s.len);
	len = utf8proc_map((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &normal,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (len < 0)
		fatal("utf8proc_map: %s", utf8proc_errmsg(len));
	struct slice clean = slice_from((const char *)normal, (size_t)len);

	*ret = slice_eq(clean, s) ? s : arena_slice(a, clean);
	free(normal);
	return 0;
}

/* Valid, and no run of marks that would cost time beyond measure. */
static bool
is_normalisable(struct slice s)
{
	for (int marks = 0; s.len > 0;) {
		uint32_t c;
		size_t n = utf8_decode(s, &c);

		if (n == 0)
			return false;
		marks = c < 0x300 || utf8proc_get_property((utf8proc_int32_t)c)->combining_class == 0
			    ? 0
			    : marks + 1;
		if (marks > MARKS_IN_A_ROW_MAX)
			return false;
		s = slice_skip(s, n);
	}
	return true;
}

void
utf8_nfc(struct slice s, struct buf *out)
{
	utf8proc_uint8_t *normal = NULL;

	if (s.len == 0 || s.len > PTRDIFF_MAX / 8 || !is_normalisable(s)) {
		buf_add(out, s);
		return;
	}
	utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &normal,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (len < 0)
		fatal("utf8proc_map: %s", utf8proc_errmsg(len));
	buf_add(out, slice_from((const char *)normal, (size_t)len));
	free(normal);
}

/* What a character becomes in the search form. */
enum fold { FOLD_KEEP, FOLD_DROP, FOLD_BLANK };

static enum fold
fold_kind(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
		return FOLD_KEEP;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return FOLD_DROP;
	default:
		return FOLD_BLANK;
	}
}

struct fold_writer {
	struct arena *arena;
	char *text;
	size_t len, capacity;
	bool blank; /* a blank is due before the next letter */
};

static void
fold_put(struct fold_writer *w, char c)
{
	*ARENA_PUSH(w->arena, w->text, w->len, w->capacity) = c;
}

static void
fold_character(struct fold_writer *w, uint32_t c)
{
	char bytes[4];
	enum fold kind = fold_kind(c);

	if (kind == FOLD_BLANK)
		w->blank = w->len > 0;
	if (kind != FOLD_KEEP)
		return;
	c = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
	/* đ has no decomposition; ð and ɖ have capitals that look the same as Đ and are typed for it. */
	if (c == 0x111 || c == 0xf0 || c == 0x256)
		c = 'd';
	if (w->blank)
		fold_put(w, ' ');
	w->blank = false;
	for (size_t i = 0, n = utf8_encode(c, bytes); i < n; i++)
		fold_put(w, bytes[i]);
}

/* Marks are dropped, so their canonical order does not matter and one character at a time is enough. */
struct slice
utf8_fold(struct arena *a, struct slice s)
{
	utf8proc_int32_t part[16];
	struct fold_writer w = { .arena = a, .capacity = s.len + 1 };

	w.text = arena_alloc(a, w.capacity);
	while (s.len > 0) {
		uint32_t c;
		size_t n = utf8_decode(s, &c);
		utf8proc_ssize_t parts = 0;

		if (n == 0)
			fold_character(&w, 0xfffd);
		else if (c < 0x80)
			fold_character(&w, c);
		else
			parts = utf8proc_decompose_char(
			    (utf8proc_int32_t)c, part, 16, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, NULL);
		for (utf8proc_ssize_t i = 0; i < parts && i < 16; i++)
			fold_character(&w, (uint32_t)part[i]);
		s = slice_skip(s, n == 0 ? 1 : n);
	}
	fold_put(&w, '\0');
	return slice_from(w.text, w.len - 1);
}
