/* Promises of hl7/batch.h: the parts in a row are the whole; a message of a part holds one MSH; joins can be
 * read. */
#include <assert.h>

#include "hl7/batch.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hl7_message m, before;
	static struct buf out;
	struct slice text = slice_from((const char *)data, size);
	struct hl7_batch b;
	struct hl7_part_of_file part;
	size_t at = 0;

	out.max = HL7_BYTES_DEFAULT;
	before.segment_count = 0;
	hl7_batch_begin(&b, text);
	while (hl7_batch_next(&b, &part)) {
		assert(part.bytes.at == text.at + at && part.bytes.len > 0);
		at += part.bytes.len;
		assert(part.kind != HL7_PART_OTHER || at == part.bytes.len);
		if (part.kind != HL7_PART_MESSAGE || hl7_parse(&m, part.bytes, NULL, NULL) < 0)
			continue;
		buf_reset(&out);
		hl7_join_added(&m, &out);
		buf_reset(&out);
		if (before.segment_count > 0)
			hl7_join_continued(&before, &m, &out, NULL);
		struct hl7_message swap = before;
		before = m;
		m = swap;
	}
	assert(at == size);
	return 0;
}
