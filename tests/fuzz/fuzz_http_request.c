/*
 * Promises of server/loop/http_parse.h: where bytes are cut on the wire changes nothing; an accepted head has
 * one framing, a decoded path that stays below '/', token names, and no control character anywhere.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "server/loop/http_parse.h"
#include "tests/fuzz/fuzz.h"

#define BODY_MAX ((size_t)1 << 16)

static const struct http_limits limits = {
	.header_bytes = 16384,
	.header_count = 100,
	.target_bytes = 8192,
	.query_count = 64,
};

static void
check_clean(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		assert((unsigned char)s.at[i] >= 0x20 && s.at[i] != 0x7f);
}

static size_t
count_of(const struct http_head *h, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < h->field_count; i++)
		count += slice_eq_text(h->field[i].name, name);
	return count;
}

static void
check_head(const struct http_head *h)
{
	assert(h->method < HTTP_METHODS && (h->minor == 0 || h->minor == 1));
	assert(h->path.len > 0 && h->path.at[0] == '/' && utf8_is_valid(h->path));
	assert(!memmem(h->path.at, h->path.len, "/../", 4) && !slice_ends(h->path, SLICE("/..")));
	check_clean(h->path);
	assert(h->field_count <= limits.header_count && h->query_count <= limits.query_count);
	for (size_t i = 0; i < h->query_count; i++) {
		assert(utf8_is_valid(h->query[i].name) && utf8_is_valid(h->query[i].value));
		check_clean(h->query[i].value);
	}
	for (size_t i = 0; i < h->field_count; i++) {
		assert(h->field[i].name.len > 0);
		for (size_t k = 0; k < h->field[i].name.len; k++)
			assert(!strchr(
			    " \t:(),/;<=>?@[\\]{}\"ABCDEFGHIJKLMNOPQRSTUVWXYZ", h->field[i].name.at[k]));
	}
	assert(count_of(h, "content-length") + count_of(h, "transfer-encoding") <= 1);
	assert(h->chunked == (count_of(h, "transfer-encoding") == 1));
	assert((h->length >= 0) == (count_of(h, "content-length") == 1));
	assert(count_of(h, "host") == 1 || (h->minor == 0 && count_of(h, "host") == 0));
	assert(!(h->chunked && h->minor == 0));
}

/* The head's end, found with the whole input at once and again byte by byte. */
static size_t
check_scan(struct slice input)
{
	struct http_scan whole = { 0 }, bytes = { 0 };
	size_t end, again = 0;
	enum http_reason r = http_scan_head(&whole, input, &end), step = HTTP_OK;

	for (size_t n = 1; n <= input.len && n <= 4096 && step == HTTP_OK && again == 0; n++)
		step = http_scan_head(&bytes, slice_from(input.at, n), &again);
	if (input.len <= 4096)
		assert(step == r && again == end);
	assert(end <= input.len);
	return r == HTTP_OK ? end : 0;
}

static enum http_reason
decode(struct slice input, size_t step, struct buf *out, size_t *ret_used, bool *ret_done)
{
	struct http_chunks k = { 0 };
	enum http_reason r = HTTP_OK;
	size_t at = 0, used;

	while (r == HTTP_OK && at < input.len && k.state != CHUNK_DONE) {
		size_t n = input.len - at < step ? input.len - at : step;

		r = http_chunks_feed(&k, slice_from(input.at + at, n), out, &used);
		at += r == HTTP_OK ? used : 0;
		assert(r != HTTP_OK || used == n || k.state == CHUNK_DONE);
	}
	*ret_used = at;
	*ret_done = k.state == CHUNK_DONE;
	return r;
}

static void
check_chunks(struct slice input)
{
	struct buf whole, bytes;
	size_t used, again;
	bool done, done_again;

	buf_init(&whole, BODY_MAX);
	buf_init(&bytes, BODY_MAX);
	enum http_reason r = decode(input, input.len + 1, &whole, &used, &done);
	enum http_reason s = decode(input, 1, &bytes, &again, &done_again);

	assert(r == s && done == done_again && (r != HTTP_OK || used == again));
	assert(slice_eq(buf_slice(&whole), buf_slice(&bytes)) && buf_ok(&whole));
	buf_free(&whole);
	buf_free(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from((const char *)data, size);
	struct arena *a = arena_new(0);
	struct http_head head;
	size_t end = check_scan(input);

	if (end > 0) {
		char *copy = malloc(end);

		assert(copy != NULL);
		memcpy(copy, data, end);
		if (http_parse_head(copy, end, &limits, a, &head) == HTTP_OK)
			check_head(&head);
		free(copy);
		check_chunks(slice_skip(input, end));
	} else {
		check_chunks(input);
	}
	arena_free(a);
	return 0;
}
