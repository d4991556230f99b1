/* Promises of hl7/mllp.h: however the bytes are cut, the same frames, events and counters; no frame is too
 * long. */
#include <assert.h>

#include "hl7/mllp.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	struct mllp_counters count;
	uint64_t hash;
};

static void
mix(struct seen *s, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		s->hash = (s->hash ^ (unsigned char)bytes.at[i]) * UINT64_C(1099511628211);
	s->hash = (s->hash ^ 0x100) * UINT64_C(1099511628211);
}

static struct seen
run(struct mllp *m, struct slice input, size_t piece, size_t max, bool bare)
{
	struct seen s = { .hash = 7 };

	m->frame_max = m->held.max = max;
	m->bare_fs = bare;
	m->state = MLLP_OUTSIDE;
	m->count = (struct mllp_counters){ 0 };
	buf_reset(&m->held);
	while (input.len > 0) {
		struct slice part = slice_from(input.at, piece < input.len ? piece : input.len);
		enum mllp_event event;

		input = slice_skip(input, part.len);
		while ((event = mllp_feed(m, &part)) != MLLP_MORE) {
			assert(m->frame.len <= max);
			s.hash += event;
			mix(&s, m->frame);
		}
	}
	s.count = m->count;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mllp m;
	static struct buf out;

	if (size < 2)
		return 0;
	if (m.frame_max == 0)
		mllp_init(&m, 0, false);
	struct slice input = slice_from((const char *)data + 2, size - 2);
	size_t max = 1u + data[1] % 40;
	bool bare = data[0] & 1;
	struct seen whole = run(&m, input, SIZE_MAX, max, bare),
		    cut = run(&m, input, 1u + data[0] / 2 % 9, max, bare);

	assert(whole.hash == cut.hash && memcmp(&whole.count, &cut.count, sizeof(whole.count)) == 0);
	assert(whole.count.bytes == input.len);
	out.max = size + 10;
	buf_reset(&out);
	if (mllp_write(input, &out, NULL) == 0 && input.len <= 1000) {
		whole = run(&m, buf_slice(&out), 3, 1000, false);
		assert(whole.count.frames == 1 && slice_eq(m.held.len ? buf_slice(&m.held) : input, input));
	}
	return 0;
}
