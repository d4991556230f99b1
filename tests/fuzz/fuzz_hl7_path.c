/* Promises of hl7/hl7.h: a path prints as one that means the same; hl7_each visits hl7_get's place first. */
#include <assert.h>

#include "hl7/hl7.h"
#include "tests/fuzz/fuzz.h"

static const char text[] =
    "MSH|^~\\&|A^B&C|\rPID|1||7^^^X~8||N^M|\rOBR|1\rOBX|1|ST|a~b||x\rOBX|2\rOBR|2\rOBX|1|NM|c||\"\"\r";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hl7_message m;
	static struct buf out;
	struct hl7_path p, again;
	struct hl7_cursor c = { 0 };
	struct hl7_value v, first;
	unsigned visited = 0;

	out.max = 1000;
	if (m.segment_count == 0 && hl7_parse(&m, slice_of(text), NULL, NULL) < 0)
		return 0;
	if (hl7_path_compile(slice_from((const char *)data, size), &p, NULL) < 0)
		return 0;
	buf_reset(&out);
	hl7_path_print(&p, &out);
	assert(buf_ok(&out) && hl7_path_compile(buf_slice(&out), &again, NULL) == 0);
	assert(again.steps == p.steps && again.field == p.field && again.repetition == p.repetition);
	assert(again.component == p.component && again.subcomponent == p.subcomponent);
	first = hl7_get(&m, &p);
	while (hl7_each(&m, &p, &c, &v)) {
		if (visited++ == 0)
			assert(v.state == first.state && v.raw.len == first.raw.len);
		assert(v.raw.len == 0 || (v.raw.at >= text && v.raw.at + v.raw.len <= text + sizeof(text)));
		assert(visited < 100);
	}
	return 0;
}
