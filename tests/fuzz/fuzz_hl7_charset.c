/* Promises of hl7/charset.h: decoded text is UTF-8, encoding it gives the bytes back, in every character set.
 */
#include <assert.h>

#include "base/utf8.h"
#include "hl7/charset.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf there, back;
	struct hl7_decoded found;
	size_t lost;

	if (size == 0)
		return 0;
	enum hl7_charset c = HL7_CHARSET_ASCII + data[0] % (HL7_CHARSET_COUNT - HL7_CHARSET_ASCII);
	struct slice bytes = slice_from((const char *)data + 1, size - 1);

	there.max = back.max = (size_t)1 << 26;
	buf_reset(&there);
	buf_reset(&back);
	assert(hl7_decode(c, bytes, &there, &found, NULL) == 0);
	assert(utf8_is_valid(buf_slice(&there)) && found.undecodable <= bytes.len);
	assert(hl7_encode(c, buf_slice(&there), &back, &lost, NULL) == 0);
	assert(slice_eq(buf_slice(&back), bytes) && lost == 0);
	buf_reset(&there);
	assert(hl7_decode_nfc(c, bytes, &there, NULL, NULL) == 0);
	assert(utf8_is_valid(buf_slice(&there)));
	buf_reset(&back);
	hl7_encode(c, bytes, &back, NULL, NULL);
	hl7_charset_by_name(bytes);
	hl7_charset_choose(HL7_CHARSET_NONE, HL7_CHARSET_NONE, bytes, HL7_CHARSET_NONE);
	return 0;
}
