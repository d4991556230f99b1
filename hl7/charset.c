/* Names, choice, and decoding. */
#include "hl7/charset.h"

#include <iconv.h>
#include <strings.h>

#include "base/utf8.h"
#include "hl7/charset_table.h"

/* HL7 table 0211, IANA names, and what peers write. */
static const struct {
	const char *name;
	enum hl7_charset charset;
} names[] = {
	{ "ASCII", HL7_CHARSET_ASCII },
	{ "US-ASCII", HL7_CHARSET_ASCII },
	{ "UNICODE UTF-8", HL7_CHARSET_UTF8 },
	{ "UTF-8", HL7_CHARSET_UTF8 },
	{ "UTF8", HL7_CHARSET_UTF8 },
	{ "UNICODE", HL7_CHARSET_UTF8 },
	{ "UNICODE UTF8", HL7_CHARSET_UTF8 },
	{ "UNICODE_UTF-8", HL7_CHARSET_UTF8 },
	{ "UNICODE-UTF-8", HL7_CHARSET_UTF8 },
	{ "UNICODE UTF-16", HL7_CHARSET_UTF16BE },
	{ "UTF-16", HL7_CHARSET_UTF16BE },
	{ "UTF-16BE", HL7_CHARSET_UTF16BE },
	{ "UTF-16LE", HL7_CHARSET_UTF16LE },
	{ "CP1258", HL7_CHARSET_CP1258 },
	{ "WINDOWS-1258", HL7_CHARSET_CP1258 },
	{ "TCVN5712", HL7_CHARSET_TCVN5712 },
	{ "TCVN-5712", HL7_CHARSET_TCVN5712 },
	{ "TCVN5712-1", HL7_CHARSET_TCVN5712 },
	{ "TCVN5712-1:1993", HL7_CHARSET_TCVN5712 },
	{ "TCVN", HL7_CHARSET_TCVN5712 },
	{ "VISCII", HL7_CHARSET_VISCII },
	{ "VNI", HL7_CHARSET_VNI },
	{ "VNI-WIN", HL7_CHARSET_VNI },
	{ "VNI-WINDOWS", HL7_CHARSET_VNI },
	{ "TCVN3", HL7_CHARSET_TCVN3 },
	{ "ABC", HL7_CHARSET_TCVN3 },
	{ "GB18030", HL7_CHARSET_GB18030 },
	{ "GB 18030-2000", HL7_CHARSET_GB18030 },
	{ "GB18030-2000", HL7_CHARSET_GB18030 },
	{ "GBK", HL7_CHARSET_GB18030 },
	{ "GB2312", HL7_CHARSET_GB18030 },
	{ "LATIN1", HL7_CHARSET_8859_1 },
};
static const struct {
	int part;
	enum hl7_charset charset;
	const char *name;
} parts[] = {
	{ 1, HL7_CHARSET_8859_1, "8859/1" },
	{ 2, HL7_CHARSET_8859_2, "8859/2" },
	{ 3, HL7_CHARSET_8859_3, "8859/3" },
	{ 4, HL7_CHARSET_8859_4, "8859/4" },
	{ 5, HL7_CHARSET_8859_5, "8859/5" },
	{ 6, HL7_CHARSET_8859_6, "8859/6" },
	{ 7, HL7_CHARSET_8859_7, "8859/7" },
	{ 8, HL7_CHARSET_8859_8, "8859/8" },
	{ 9, HL7_CHARSET_8859_9, "8859/9" },
	{ 10, HL7_CHARSET_8859_10, "8859/10" },
	{ 11, HL7_CHARSET_8859_11, "8859/11" },
	{ 13, HL7_CHARSET_8859_13, "8859/13" },
	{ 14, HL7_CHARSET_8859_14, "8859/14" },
	{ 15, HL7_CHARSET_8859_15, "8859/15" },
	{ 16, HL7_CHARSET_8859_16, "8859/16" },
};

/* "8859/1", "ISO-8859-1", "iso8859_1", "ISO_8859-1", "8859-1" */
static enum hl7_charset
part_by_name(struct slice s)
{
	int64_t number;

	if (s.len >= 3 && strncasecmp(s.at, "ISO", 3) == 0)
		s = slice_skip(s, s.len > 3 && memchr("-_ ", s.at[3], 3) ? 4 : 3);
	if (!slice_starts(s, SLICE("8859")) || s.len < 6 || memchr("/-_", s.at[4], 3) == NULL)
		return HL7_CHARSET_NONE;
	if (slice_to_int64(slice_skip(s, 5), &number) < 0)
		return HL7_CHARSET_NONE;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].part == number)
			return parts[i].charset;
	return HL7_CHARSET_NONE;
}

enum hl7_charset
hl7_charset_by_name(struct slice name)
{
	name = slice_trim(name);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == name.len && strncasecmp(names[i].name, name.at, name.len) == 0)
			return names[i].charset;
	return part_by_name(name);
}

const char *
hl7_charset_name(enum hl7_charset c)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].charset == c)
			return parts[i].name;
	if (c == HL7_CHARSET_UTF16LE || c == HL7_CHARSET_UTF16BE)
		return "UNICODE UTF-16";
	if (c == HL7_CHARSET_GB18030)
		return "GB 18030-2000";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].charset == c)
			return names[i].name;
	return "";
}

bool
hl7_charset_is_parsable(enum hl7_charset c)
{
	return c != HL7_CHARSET_UTF16LE && c != HL7_CHARSET_UTF16BE && c != HL7_CHARSET_GB18030;
}

bool
hl7_charset_is_line_safe(enum hl7_charset c)
{
	return hl7_charset_is_parsable(c) && c != HL7_CHARSET_TCVN5712 && c != HL7_CHARSET_VISCII;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return false;
	return true;
}

static enum hl7_charset
sniff(struct slice s)
{
	if (slice_starts(s, SLICE("\xff\xfe")) || (s.len >= 2 && s.at[0] != 0 && s.at[1] == 0))
		return HL7_CHARSET_UTF16LE;
	if (slice_starts(s, SLICE("\xfe\xff")) || (s.len >= 2 && s.at[0] == 0 && s.at[1] != 0))
		return HL7_CHARSET_UTF16BE;
	return utf8_is_valid(s) ? HL7_CHARSET_UTF8 : HL7_CHARSET_NONE;
}

enum hl7_charset
hl7_charset_choose(
    enum hl7_charset peer, enum hl7_charset announced, struct slice text, enum hl7_charset otherwise)
{
	if (peer != HL7_CHARSET_NONE)
		return peer;
	if (announced == HL7_CHARSET_ASCII && !is_ascii(text))
		announced = HL7_CHARSET_NONE;
	if (announced != HL7_CHARSET_NONE)
		return announced;
	enum hl7_charset found = sniff(text);
	if (found == HL7_CHARSET_NONE)
		found = otherwise;
	return found == HL7_CHARSET_NONE ? HL7_CHARSET_8859_1 : found;
}

/* --- decoding ------------------------------------------------------------------------------------- */

struct decoding {
	struct slice text;
	struct buf *out;
	struct hl7_decoded found;
};

static void
put(struct decoding *d, uint32_t code)
{
	char bytes[4];

	buf_add(d->out, slice_from(bytes, utf8_encode(code, bytes)));
}

/* Marks count bytes at `at` as undecodable. */
static void
mark(struct decoding *d, size_t at, size_t count)
{
	if (d->found.undecodable == 0)
		d->found.first = at;
	d->found.undecodable += count;
	for (size_t i = 0; i < count; i++)
		put(d, HL7_UNDECODABLE + (unsigned char)d->text.at[at + i]);
}

static bool
is_mark(uint32_t code)
{
	return code >= HL7_UNDECODABLE && code <= HL7_UNDECODABLE + 0xff;
}

static void
decode_utf8(struct decoding *d)
{
	size_t done = 0, at = 0;

	while (at < d->text.len) {
		uint32_t code = 0;
		size_t n = utf8_decode(slice_skip(d->text, at), &code);

		if (n > 0 && !is_mark(code)) {
			at += n;
			continue;
		}
		buf_add(d->out, slice_from(d->text.at + done, at - done));
		n = n > 0 ? n : 1;
		mark(d, at, n);
		at += n;
		done = at;
	}
	buf_add(d->out, slice_skip(d->text, done));
}

static uint32_t
unit_at(const struct decoding *d, size_t at, bool big)
{
	unsigned char a = (unsigned char)d->text.at[at], b = (unsigned char)d->text.at[at + 1];

	return big ? (uint32_t)(a << 8 | b) : (uint32_t)(b << 8 | a);
}

static void
decode_utf16(struct decoding *d, bool big)
{
	size_t at = 0, len = d->text.len;

	while (at + 1 < len) {
		uint32_t code = unit_at(d, at, big);
		uint32_t low = code >= 0xd800 && code < 0xdc00 && at + 3 < len ? unit_at(d, at + 2, big) : 0;

		if (low >= 0xdc00 && low < 0xe000) {
			put(d, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
			at += 4;
			continue;
		}
		if ((code >= 0xd800 && code < 0xe000) || is_mark(code))
			mark(d, at, 2);
		else
			put(d, code);
		at += 2;
	}
	mark(d, at, len - at);
}

static uint16_t
find_pair(const struct hl7_charset_table *t, uint8_t first, uint8_t second)
{
	size_t low = 0, high = t->pair_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct hl7_charset_pair *p = &t->pairs[middle];
		int order = p->first != first ? p->first - first : p->second - second;

		if (order == 0)
			return p->code;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return HL7_NO_CODE;
}

static void
decode_table(struct decoding *d, const struct hl7_charset_table *t)
{
	const uint8_t *p = (const uint8_t *)d->text.at;

	for (size_t at = 0; at < d->text.len; at++) {
		uint16_t code = HL7_NO_CODE;

		if (t->pair_count && at + 1 < d->text.len && p[at + 1] >= 0x80)
			code = find_pair(t, p[at], p[at + 1]);
		if (code != HL7_NO_CODE) {
			put(d, code);
			at++;
		} else if (t->decode[p[at]] != HL7_NO_CODE) {
			put(d, t->decode[p[at]]);
		} else {
			mark(d, at, 1);
		}
	}
}

static void
decode_ascii(struct decoding *d)
{
	for (size_t at = 0; at < d->text.len; at++) {
		if ((unsigned char)d->text.at[at] < 0x80)
			buf_add_char(d->out, d->text.at[at]);
		else
			mark(d, at, 1);
	}
}

/* Length of the GB18030 character at the start of s: 1, 2 or 4. */
static size_t
gb18030_length(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.at;

	if (p[0] < 0x80 || s.len < 2)
		return 1;
	if (p[1] >= '0' && p[1] <= '9')
		return s.len < 4 ? 1 : 4;
	return 2;
}

/* The code point of one GB18030 character; the tables are the C library's (27,000 rows). */
static bool
gb18030_code(iconv_t converter, struct slice character, uint32_t *ret)
{
	char in[4], out[8];
	char *from = in, *to = out;
	size_t in_left = character.len, out_left = sizeof(out);

	memcpy(in, character.at, character.len);
	iconv(converter, NULL, NULL, NULL, NULL);
	if (iconv(converter, &from, &in_left, &to, &out_left) == (size_t)-1 || in_left > 0)
		return false;
	size_t len = sizeof(out) - out_left;
	return utf8_decode(slice_from(out, len), ret) == len && !is_mark(*ret);
}

static int
decode_gb18030(struct decoding *d, struct err *e)
{
	iconv_t converter = iconv_open("UTF-8", "GB18030");

	if (converter == (iconv_t)-1)
		return err_set(e, ERR_UNSUPPORTED, NULL, "this C library does not know GB18030");
	for (size_t at = 0, n; at < d->text.len; at += n) {
		uint32_t code;

		n = gb18030_length(slice_skip(d->text, at));
		if (n == 1 && (unsigned char)d->text.at[at] < 0x80) {
			put(d, (unsigned char)d->text.at[at]);
		} else if (n > 1 && gb18030_code(converter, slice_from(d->text.at + at, n), &code)) {
			put(d, code);
		} else {
			n = 1;
			mark(d, at, 1);
		}
	}
	iconv_close(converter);
	return 0;
}

int
hl7_decode(enum hl7_charset c, struct slice text, struct buf *out, struct hl7_decoded *ret, struct err *e)
{
	struct decoding d = { .text = text, .out = out };
	int rc = 0;

	if (c == HL7_CHARSET_UTF8)
		decode_utf8(&d);
	else if (c == HL7_CHARSET_UTF16LE || c == HL7_CHARSET_UTF16BE)
		decode_utf16(&d, c == HL7_CHARSET_UTF16BE);
	else if (c == HL7_CHARSET_GB18030)
		rc = decode_gb18030(&d, e);
	else if (c > HL7_CHARSET_NONE && c < HL7_CHARSET_COUNT && hl7_charset_tables[c].decode)
		decode_table(&d, &hl7_charset_tables[c]);
	else
		decode_ascii(&d);
	if (rc == 0 && !buf_ok(out))
		rc = err_set(e, ERR_LIMIT, NULL, "the decoded text is longer than its buffer may be");
	if (rc == 0 && ret)
		*ret = d.found;
	return rc;
}

int
hl7_decode_nfc(enum hl7_charset c, struct slice text, struct buf *out, struct hl7_decoded *ret, struct err *e)
{
	struct hl7_decoded found;
	size_t before = out->len;
	int rc = hl7_decode(c, text, out, &found, e);

	if (rc < 0)
		return rc;
	struct slice decoded = slice_skip(buf_slice(out), before);
	if (!is_ascii(decoded)) {
		struct buf copy;

		buf_init(&copy, out->max);
		buf_add(&copy, decoded);
		out->len = before;
		utf8_nfc(buf_slice(&copy), out);
		buf_free(&copy);
		if (!buf_ok(out))
			rc = err_set(e, ERR_LIMIT, NULL, "the text is longer than its buffer may be");
	}
	if (rc == 0 && ret)
		*ret = found;
	return rc;
}
