/*
 * Promises of hl7/astm.h: frames are found alike however the bytes are cut; a link never says more than one
 * byte or frame at a time and always has a deadline unless it is neutral; records are read within their
 * bytes.
 */
#include <assert.h>

#include "hl7/astm.h"
#include "hl7/result.h"
#include "tests/fuzz/fuzz.h"

static uint64_t
tokens(struct astm_frames *f, struct slice input, size_t piece)
{
	uint64_t hash = 7;

	f->state = ASTM_BETWEEN;
	f->junk = 0;
	while (input.len > 0) {
		struct slice part = slice_from(input.at, piece < input.len ? piece : input.len);
		enum astm_token token;

		input = slice_skip(input, part.len);
		while ((token = astm_frames_feed(f, &part)) != ASTM_MORE) {
			hash = (hash ^ token) * UINT64_C(1099511628211);
			if (token == ASTM_GOT_FRAME)
				hash = (hash ^ f->text.len ^ f->number << 20) * UINT64_C(1099511628211);
		}
	}
	return hash ^ f->junk;
}

static void
talk(struct astm_link *link, const uint8_t *data, size_t size)
{
	uint64_t now = 1;

	link->state = ASTM_NEUTRAL;
	link->frames.state = ASTM_BETWEEN;
	link->deadline = UINT64_MAX;
	buf_reset(&link->queue);
	buf_reset(&link->message);
	astm_link_send(link, SLICE("H|\\^&\rL|1\r"), now, NULL);
	for (size_t i = 0; i < size; i++) {
		struct slice one = slice_from((const char *)data + i, 1);

		buf_reset(&link->output);
		if (data[i] == 0xff)
			astm_link_tick(link, now += 30000);
		else
			astm_link_feed(link, &one, now);
		assert(link->output.len <= 300);
		assert((link->state == ASTM_NEUTRAL) == (link->deadline == UINT64_MAX));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct astm_frames f;
	static struct astm_link link;
	static struct hl7_message m;
	static struct arena *arena;
	static struct buf records;
	struct result_message *r;
	size_t bad;

	if (arena == NULL) {
		arena = arena_new(0);
		astm_frames_init(&f, 50, false);
		astm_link_init(&link, NULL);
	}
	if (size == 0)
		return 0;
	struct slice input = slice_from((const char *)data + 1, size - 1);
	f.no_lf = data[0] & 1;
	uint64_t whole = tokens(&f, input, SIZE_MAX), pieces = tokens(&f, input, 1u + data[0] / 2 % 7);
	assert(whole == pieces);
	talk(&link, data + 1, size - 1);
	records.max = (size_t)1 << 20;
	buf_reset(&records);
	if (input.len == 0 || astm_unframe(input, &records, &bad, NULL) < 0 ||
	    astm_parse(&m, buf_slice(&records), NULL, NULL) < 0)
		return 0;
	assert(result_read_astm(&m, HL7_CHARSET_UTF8, arena, &r, NULL) == 0);
	arena_reset(arena);
	return 0;
}
