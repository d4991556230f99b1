/* From UTF-8 to a peer's character set. */
#include <iconv.h>

#include "base/utf8.h"
#include "hl7/charset.h"
#include "hl7/charset_table.h"

struct encoding {
	enum hl7_charset charset;
	struct buf *out;
	size_t lost;
	iconv_t converter; /* for GB18030 */
};

static const struct hl7_charset_code *
find_code(const struct hl7_charset_table *t, uint32_t code)
{
	size_t low = 0, high = t->encode_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (t->encode[middle].code == code)
			return &t->encode[middle];
		if (t->encode[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const struct hl7_letter *
find_letter(uint32_t code)
{
	size_t low = 0, high = hl7_letter_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (hl7_letters[middle].code == code)
			return &hl7_letters[middle];
		if (hl7_letters[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void
put_utf16(struct encoding *x, uint32_t unit)
{
	bool big = x->charset == HL7_CHARSET_UTF16BE;

	buf_add_char(x->out, (char)(big ? unit >> 8 : unit & 0xff));
	buf_add_char(x->out, (char)(big ? unit & 0xff : unit >> 8));
}

static bool
put_gb18030(struct encoding *x, uint32_t code)
{
	char in[4], out[8];
	char *from = in, *to = out;
	size_t in_left = utf8_encode(code, in), out_left = sizeof(out);

	iconv(x->converter, NULL, NULL, NULL, NULL);
	if (iconv(x->converter, &from, &in_left, &to, &out_left) == (size_t)-1)
		return false;
	buf_add(x->out, slice_from(out, sizeof(out) - out_left));
	return true;
}

/* Writes a character as the set has it; false when it has not. */
static bool
put_direct(struct encoding *x, uint32_t code)
{
	const struct hl7_charset_table *t = &hl7_charset_tables[x->charset];
	const struct hl7_charset_code *found;

	if (x->charset == HL7_CHARSET_GB18030)
		return put_gb18030(x, code);
	if (x->charset == HL7_CHARSET_UTF16LE || x->charset == HL7_CHARSET_UTF16BE) {
		if (code >= 0x10000)
			put_utf16(x, 0xd800 + ((code - 0x10000) >> 10));
		put_utf16(x, code >= 0x10000 ? 0xdc00 + (code & 0x3ff) : code);
		return true;
	}
	if (t->decode == NULL) {
		if (code < 0x80)
			buf_add_char(x->out, (char)code);
		return code < 0x80;
	}
	found = find_code(t, code);
	if (found)
		buf_add(x->out, slice_from((const char *)found->bytes, found->count));
	return found != NULL;
}

static void
put(struct encoding *x, uint32_t code)
{
	if (put_direct(x, code))
		return;
	const struct hl7_charset_table *t = &hl7_charset_tables[x->charset];
	const struct hl7_letter *letter = find_letter(code);
	if (letter && letter->shaped && t->decode && find_code(t, letter->shaped) &&
	    find_code(t, letter->tone)) {
		put_direct(x, letter->shaped);
		put_direct(x, letter->tone);
		return;
	}
	x->lost++;
	buf_add_char(x->out, letter ? letter->plain : '?');
}

static void
encode(struct encoding *x, struct slice utf8)
{
	while (utf8.len > 0) {
		uint32_t code = '?';
		size_t n = utf8_decode(utf8, &code);

		if (n == 0)
			x->lost++;
		if (code >= HL7_UNDECODABLE && code <= HL7_UNDECODABLE + 0xff)
			buf_add_char(x->out, (char)(code - HL7_UNDECODABLE));
		else if (x->charset == HL7_CHARSET_UTF8 && n > 0)
			buf_add(x->out, slice_from(utf8.at, n));
		else
			put(x, code);
		utf8 = slice_skip(utf8, n > 0 ? n : 1);
	}
}

int
hl7_encode(enum hl7_charset c, struct slice utf8, struct buf *out, size_t *ret_lost, struct err *e)
{
	struct encoding x = { .charset = c, .out = out };

	if (c <= HL7_CHARSET_NONE || c >= HL7_CHARSET_COUNT)
		x.charset = HL7_CHARSET_ASCII;
	if (c == HL7_CHARSET_GB18030) {
		x.converter = iconv_open("GB18030", "UTF-8");
		if (x.converter == (iconv_t)-1)
			return err_set(e, ERR_UNSUPPORTED, NULL, "this C library does not know GB18030");
	}
	encode(&x, utf8);
	if (c == HL7_CHARSET_GB18030)
		iconv_close(x.converter);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, NULL, "the encoded text is longer than its buffer may be");
	if (ret_lost)
		*ret_lost = x.lost;
	return 0;
}
