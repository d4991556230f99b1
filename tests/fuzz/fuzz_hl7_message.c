/*
 * Promises of hl7/hl7.h: all tokenisers agree; what is accepted is written back as it came and its index
 * stays within 1.25 of it; strictly written it has the same segments; walks and numbers see the same fields.
 */
#include <assert.h>

#include "hl7/hl7.h"
#include "tests/fuzz/fuzz.h"

static struct hl7_message m[3], again;
static struct buf out;

static void
check_fields(uint32_t i)
{
	struct hl7_walk w;
	struct hl7_value v, part;

	hl7_walk_begin(&w, &m[0], i);
	while (hl7_walk_next(&w, &v)) {
		struct hl7_value same = w.field < 300 ? hl7_field(&m[0], i, w.field) : v;
		struct slice rest = v.raw;
		unsigned n = 0;

		assert(same.state == v.state && same.raw.at == v.raw.at && same.raw.len == v.raw.len);
		while (n++ < 20 && hl7_piece_next(&rest, m[0].delimiters.repetition, &part)) {
			if (hl7_is_header_field(&m[0], i, w.field))
				break;
			same = hl7_part(&m[0], v, n, 0, 0);
			assert(v.state == HL7_NULL ||
			       (same.raw.at == part.raw.at && same.raw.len == part.raw.len));
			hl7_part(&m[0], v, n, 2, 2);
		}
	}
}

static void
check_strict(void)
{
	buf_reset(&out);
	hl7_write_strict(&m[0], &out);
	/* without blank lines, segments of one or two letters may be too many for the bytes */
	if (m[0].segment_count > out.len / 4)
		return;
	assert(hl7_parse(&again, buf_slice(&out), NULL, NULL) == 0);
	assert(again.segment_count == m[0].segment_count);
	for (uint32_t i = 0; i < again.segment_count; i++)
		assert(slice_eq(hl7_segment(&again, i), hl7_segment(&m[0], i)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_from((const char *)data, size);
	int rc[3] = { 0 };

	out.max = HL7_BYTES_DEFAULT;
	for (unsigned t = 0; t < 3; t++) {
		m[t].tokeniser = HL7_TOKENISER_SCALAR + t;
		rc[t] = hl7_tokeniser_usable(m[t].tokeniser) ? hl7_parse(&m[t], s, NULL, NULL) : rc[0];
		assert(rc[t] == rc[0]);
		if (rc[0] < 0 || !hl7_tokeniser_usable(m[t].tokeniser))
			continue;
		assert(m[t].segment_count == m[0].segment_count && m[t].flags == m[0].flags);
		assert(memcmp(m[t].segment, m[0].segment, m[0].segment_count * sizeof(uint32_t)) == 0);
		assert(memcmp(m[t].block, m[0].block, m[0].block_count * sizeof(*m[0].block)) == 0);
	}
	if (rc[0] < 0)
		return 0;
	assert(hl7_index_size(&m[0]) <= size + size / 4 + 20);
	buf_reset(&out);
	hl7_write(&m[0], &out);
	assert(slice_eq(buf_slice(&out), s));
	for (uint32_t i = 0; i < m[0].segment_count; i++)
		check_fields(i);
	if (!(m[0].flags & HL7_FLAG_LF))
		check_strict();
	return 0;
}
