/*
 * Promises of base64 in base/buf.h: any bytes come back, and a text that is accepted is the only one, white
 * space aside, that stands for its bytes (RFC 4648 §3.5).
 */
#include <assert.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX ((size_t)64 << 20)

static void
check_decoding(struct slice text)
{
	struct buf bytes, again, bare;

	buf_init(&bytes, TEXT_MAX);
	buf_init(&again, TEXT_MAX);
	buf_init(&bare, TEXT_MAX);
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != ' ' && (text.at[i] < '\t' || text.at[i] > '\r'))
			buf_add_char(&bare, text.at[i]);
	int rc = buf_add_base64_decoded(&bytes, text);

	assert(rc == 0 || rc == ERR_INPUT);
	buf_add_base64(&again, buf_slice(&bytes));
	if (rc == 0)
		assert(slice_eq(buf_slice(&again), buf_slice(&bare)));
	buf_free(&bytes);
	buf_free(&again);
	buf_free(&bare);
}

static void
check_encoding(struct slice bytes)
{
	struct buf text, again;

	buf_init(&text, TEXT_MAX);
	buf_init(&again, TEXT_MAX);
	buf_add_base64(&text, bytes);
	assert(buf_ok(&text) && text.len == (bytes.len + 2) / 3 * 4);
	assert(buf_add_base64_decoded(&again, buf_slice(&text)) == 0);
	assert(slice_eq(buf_slice(&again), bytes));
	buf_free(&text);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from((const char *)data, size);

	check_decoding(input);
	check_encoding(input);
	return 0;
}
