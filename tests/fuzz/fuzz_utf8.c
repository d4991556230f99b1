/*
 * Promises of base/utf8.h, with utf8proc as the peer: validity as utf8proc sees it, cleaning gives NFC and
 * cleans nothing twice, search forms do not depend on the normal form and fold nothing twice.
 */
#include <assert.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "tests/fuzz/fuzz.h"

static bool
peer_is_valid(struct slice s, size_t *ret_length)
{
	size_t length = 0;

	for (; s.len > 0; length++) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &c);

		if (n <= 0)
			return false;
		s = slice_skip(s, (size_t)n);
	}
	*ret_length = length;
	return true;
}

static struct slice
peer_normalise(struct arena *a, struct slice s, int form)
{
	utf8proc_uint8_t *text;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &text,
	    (utf8proc_option_t)(UTF8PROC_STABLE | form));
	struct slice copy;

	assert(n >= 0);
	copy = arena_slice(a, slice_from((const char *)text, (size_t)n));
	free(text);
	return copy;
}

static void
check_fold(struct arena *a, struct slice s)
{
	struct slice once = utf8_fold(a, s);

	assert(utf8_is_valid(once) && once.at[once.len] == '\0');
	assert(slice_eq(utf8_fold(a, once), once));
	assert(!slice_starts(once, SLICE(" ")) && !slice_ends(once, SLICE(" ")));
	for (size_t i = 0; i < once.len; i++) {
		unsigned char c = (unsigned char)once.at[i];

		assert(c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c >= 0x80);
		assert(c != ' ' || once.at[i + 1] != ' ');
	}
}

static void
check_cut(struct slice s, size_t max)
{
	struct slice cut = utf8_cut(s, max);

	assert(cut.len <= max && cut.len <= s.len);
	assert(s.len <= max || cut.len + 3 >= max);
	if (utf8_is_valid(s)) {
		assert(utf8_is_valid(cut));
		assert(utf8_length(cut) + utf8_length(slice_skip(s, cut.len)) == utf8_length(s));
	}
}

static void
check_clean(struct arena *a, struct slice s)
{
	struct slice clean = SLICE("unchanged"), again;
	struct err e;

	if (utf8_clean(a, s, &clean, &e) != 0) {
		assert(e.code == ERR_INPUT && slice_eq(clean, SLICE("unchanged")));
		return;
	}
	assert(utf8_is_valid(s));
	assert(slice_eq(clean, peer_normalise(a, s, UTF8PROC_COMPOSE)));
	assert(utf8_clean(a, clean, &again, &e) == 0 && again.at == clean.at && again.len == clean.len);
	assert(slice_eq(utf8_fold(a, clean), utf8_fold(a, s)));
	assert(slice_eq(utf8_fold(a, peer_normalise(a, s, UTF8PROC_DECOMPOSE)), utf8_fold(a, s)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_from((const char *)data, size);
	struct arena *a = arena_new(0);
	size_t length = 0;
	bool valid = peer_is_valid(s, &length);

	assert(utf8_is_valid(s) == valid);
	assert(valid ? utf8_length(s) == length : utf8_length(s) <= size);
	check_fold(a, s);
	check_clean(a, s);
	check_cut(s, size / 2);
	check_cut(s, size == 0 ? 0 : data[0]);
	arena_free(a);
	return 0;
}
