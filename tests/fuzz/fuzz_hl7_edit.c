/*
 * Promises of hl7/edit.h: what is set is read again at the same path, nothing else changes in number; an edit
 * without changes copies. Input: path, LF, value, LF, message.
 */
#include <assert.h>

#include "hl7/edit.h"
#include "hl7/escape.h"
#include "tests/fuzz/fuzz.h"

static struct hl7_message m, again;
static struct buf out, work;
static struct arena *arena;

static void
check(const struct hl7_path *p, struct slice value)
{
	struct hl7_edit edit;

	hl7_edit_begin(&edit, &m, arena);
	buf_reset(&out);
	hl7_edit_write(&edit, &out);
	assert(slice_eq(buf_slice(&out), m.bytes));
	if (hl7_edit_set(&edit, p, value, NULL) < 0)
		return;
	buf_reset(&out);
	hl7_edit_write(&edit, &out);
	assert(hl7_parse(&again, buf_slice(&out), NULL, NULL) == 0);
	assert(again.segment_count == m.segment_count);
	struct hl7_value v = hl7_get(&again, p);
	assert(v.state == (value.len ? HL7_VALUE : HL7_EMPTY));
	assert(slice_eq(hl7_unescape(v.raw, &again.delimiters, HL7_TEXT_EXACT, &work), value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_from((const char *)data, size), path, value;
	struct hl7_path p;

	if (arena == NULL)
		arena = arena_new(0);
	out.max = work.max = (size_t)1 << 26;
	if (size == 0 || !slice_split(&rest, '\n', &path) || !slice_split(&rest, '\n', &value) ||
	    rest.len == 0)
		return 0;
	if (hl7_path_compile(path, &p, NULL) < 0 || hl7_parse(&m, rest, NULL, NULL) < 0)
		return 0;
	/* limits: a separator for each missing field */
	if (p.field < 50 && p.repetition < 50 && p.component < 50 && p.subcomponent < 50)
		check(&p, value);
	arena_reset(arena);
	return 0;
}
