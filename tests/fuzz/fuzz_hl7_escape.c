/* Promises of hl7/escape.h: unescape(escape(x)) is x; escaped text holds no delimiter and no control byte. */
#include <assert.h>

#include "hl7/escape.h"
#include "tests/fuzz/fuzz.h"

static const struct hl7_delimiters sets[] = { { '|', '^', '~', '\\', '&', 0 },
	{ '|', '^', '~', '\\', '&', '#' }, { '@', '~', '&', '#', '.', '$' }, { '|', '^', '\\', '&', 0, 0 },
	{ '|', '^', '~', 0, 0, 0 } };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf escaped, back, plain;

	if (size == 0)
		return 0;
	const struct hl7_delimiters *d = &sets[data[0] % (sizeof(sets) / sizeof(*sets))];
	struct slice text = slice_from((const char *)data + 1, size - 1);

	escaped.max = back.max = plain.max = (size_t)1 << 26;
	buf_reset(&escaped);
	buf_reset(&plain);
	hl7_unescape(text, d, HL7_TEXT_PLAIN, &plain);
	hl7_unescape(text, d, HL7_TEXT_EXACT, &back);
	if (hl7_escape(text, d, HL7_TEXT_EXACT, &escaped, NULL) < 0) {
		assert(d->escape == 0 && escaped.len == 0);
		return 0;
	}
	for (size_t i = 0; i < escaped.len; i++) {
		char c = escaped.at[i];

		assert((unsigned char)c >= 0x20 && c != 0x7f && c != d->field && c != d->component);
		assert(c != d->repetition && (c != d->subcomponent || c == d->escape));
		assert(c != d->truncation || d->truncation == 0);
	}
	assert(slice_eq(hl7_unescape(buf_slice(&escaped), d, HL7_TEXT_EXACT, &back), text));
	buf_reset(&escaped);
	hl7_escape(text, d, HL7_TEXT_PLAIN, &escaped, NULL);
	return 0;
}
