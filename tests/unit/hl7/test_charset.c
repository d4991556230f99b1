/*
 * Character sets. Expected characters come from the C library's iconv; for the font encodings that it does
 * not know, from texts known to be written in them.
 */
#include <iconv.h>

#include "base/utf8.h"
#include "hl7/charset.h"
#include "tests/unit/unit.h"

static struct buf out, back;
static struct err e;

static const char letters[] = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀề"
			      "ỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡ"
			      "ỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ";

static const struct {
	enum hl7_charset charset;
	const char *iconv;
} known[] = {
	{ HL7_CHARSET_8859_1, "ISO-8859-1" },
	{ HL7_CHARSET_8859_2, "ISO-8859-2" },
	{ HL7_CHARSET_8859_3, "ISO-8859-3" },
	{ HL7_CHARSET_8859_4, "ISO-8859-4" },
	{ HL7_CHARSET_8859_5, "ISO-8859-5" },
	{ HL7_CHARSET_8859_6, "ISO-8859-6" },
	{ HL7_CHARSET_8859_7, "ISO-8859-7" },
	{ HL7_CHARSET_8859_8, "ISO-8859-8" },
	{ HL7_CHARSET_8859_9, "ISO-8859-9" },
	{ HL7_CHARSET_8859_10, "ISO-8859-10" },
	{ HL7_CHARSET_8859_11, "ISO-8859-11" },
	{ HL7_CHARSET_8859_13, "ISO-8859-13" },
	{ HL7_CHARSET_8859_14, "ISO-8859-14" },
	{ HL7_CHARSET_8859_15, "ISO-8859-15" },
	{ HL7_CHARSET_8859_16, "ISO-8859-16" },
	{ HL7_CHARSET_CP1258, "CP1258" },
	{ HL7_CHARSET_TCVN5712, "TCVN5712-1" },
	{ HL7_CHARSET_VISCII, "VISCII" },
};

static struct slice
decode(enum hl7_charset c, struct slice text, size_t *ret_bad)
{
	struct hl7_decoded d;

	buf_reset(&out);
	ck_assert_int_eq(hl7_decode(c, text, &out, &d, &e), 0);
	*ret_bad = d.undecodable;
	return buf_slice(&out);
}

static struct slice
encode(enum hl7_charset c, struct slice text, size_t *ret_lost)
{
	buf_reset(&back);
	ck_assert_int_eq(hl7_encode(c, text, &back, ret_lost, &e), 0);
	return buf_slice(&back);
}

START_TEST(every_byte_of_every_table_means_what_the_c_library_says)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		iconv_t cd = iconv_open("UTF-8", known[i].iconv);

		ck_assert(cd != (iconv_t)-1);
		for (int b = 0; b < 256; b++) {
			char byte = (char)b, want[16];
			char *from = &byte, *to = want;
			size_t in = 1, left = sizeof(want), bad;

			iconv(cd, NULL, NULL, NULL, NULL);
			bool good = iconv(cd, &from, &in, &to, &left) != (size_t)-1 &&
				    iconv(cd, NULL, NULL, &to, &left) != (size_t)-1;
			struct slice got = decode(known[i].charset, slice_from(&byte, 1), &bad);

			ck_assert_msg(bad == (good ? 0 : 1), "%s byte %02x", known[i].iconv, b);
			if (good)
				ck_assert_msg(slice_eq(got, slice_from(want, sizeof(want) - left)),
				    "%s byte %02x", known[i].iconv, b);
			ck_assert(slice_eq(encode(known[i].charset, got, &bad), slice_from(&byte, 1)));
		}
		iconv_close(cd);
	}
}
END_TEST

START_TEST(vietnamese_letters_survive_each_vietnamese_set)
{
	static const enum hl7_charset sets[] = { HL7_CHARSET_CP1258, HL7_CHARSET_TCVN5712, HL7_CHARSET_VISCII,
		HL7_CHARSET_VNI, HL7_CHARSET_UTF8, HL7_CHARSET_UTF16LE, HL7_CHARSET_UTF16BE,
		HL7_CHARSET_GB18030 };
	size_t lost;

	ck_assert_uint_eq(utf8_length(slice_of(letters)), 134);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct hl7_decoded d;
		struct slice there = encode(sets[i], slice_of(letters), &lost);

		ck_assert_uint_eq(lost, 0);
		buf_reset(&out);
		ck_assert_int_eq(hl7_decode_nfc(sets[i], there, &out, &d, &e), 0);
		ck_slice(buf_slice(&out), letters);
		ck_assert_uint_eq(d.undecodable, 0);
	}
}
END_TEST

START_TEST(font_encodings_read_texts_that_were_written_in_them)
{
	static const struct {
		enum hl7_charset charset;
		const char *bytes, *text;
	} rows[] = {
		{ HL7_CHARSET_TCVN3, "C\xe9ng ho\xb5 x\xb7 h\xe9i ch\xf1 ngh\xdc\x61 Vi\xd6t Nam",
		    "Cộng hoà xã hội chủ nghĩa Việt Nam" },
		{ HL7_CHARSET_TCVN3, "\xa7\xe9\x63 l\xcbp - T\xf9 do - H\xb9nh ph\xf3\x63",
		    "Độc lập - Tự do - Hạnh phúc" },
		{ HL7_CHARSET_VNI, "Co\xe4ng ho\xf8\x61 xa\xf5 ho\xe4i chu\xfb ngh\xf3\x61 Vie\xe4t Nam",
		    "Cộng hòa xã hội chủ nghĩa Việt Nam" },
		{ HL7_CHARSET_VNI, "Xin cha\xf8o ca\xf9\x63 ba\xefn", "Xin chào các bạn" },
		{ HL7_CHARSET_VNI, "\xd1O\xc4\x43 LA\xc4P T\xd6\xcf DO HA\xcfNH PHU\xd9\x43",
		    "ĐỘC LẬP TỰ DO HẠNH PHÚC" },
	};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_slice(decode(rows[i].charset, slice_of(rows[i].bytes), &n), rows[i].text);
		ck_assert_uint_eq(n, 0);
		ck_slice(encode(rows[i].charset, slice_of(rows[i].text), &n), rows[i].bytes);
		ck_assert_uint_eq(n, 0);
	}
	/* a capital with a tone has only the small letter's byte */
	ck_slice(encode(HL7_CHARSET_TCVN3, SLICE("Ế"), &n), "\xd5");
}
END_TEST

START_TEST(a_letter_that_a_set_lacks_loses_its_marks_and_is_counted)
{
	size_t lost;

	ck_slice(encode(HL7_CHARSET_ASCII, SLICE("Đặng Thị Ánh 中"), &lost), "Dang Thi Anh ?");
	ck_assert_uint_eq(lost, 5);
	ck_slice(encode(HL7_CHARSET_8859_1, SLICE("é ế"), &lost), "\xe9 e");
	ck_assert_uint_eq(lost, 1);
}
END_TEST

/* Any bytes: decoding and encoding give them back, and what is decoded is UTF-8. */
START_TEST(bytes_without_meaning_are_kept)
{
	uint64_t seed = 88172645463325252u;
	char bytes[40];
	size_t n;

	for (int round = 0; round < 20000; round++) {
		enum hl7_charset c =
		    HL7_CHARSET_ASCII + (unsigned)round % (HL7_CHARSET_COUNT - HL7_CHARSET_ASCII);
		size_t len = (size_t)round % sizeof(bytes);

		for (size_t i = 0; i < len; i++) {
			seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
			bytes[i] = (char)seed;
		}
		struct slice there = decode(c, slice_from(bytes, len), &n);
		bool same = utf8_is_valid(there) && slice_eq(encode(c, there, &n), slice_from(bytes, len));
		ck_assert_msg(same, "%s, %zu bytes", hl7_charset_name(c), len);
	}
	ck_slice(decode(HL7_CHARSET_UTF8, SLICE("a\xff\x62"), &n), "a\xee\xbf\xbf\x62");
	ck_assert_uint_eq(n, 1);
}
END_TEST

/* All of U+0000 to U+2FFF and a sample beyond. */
START_TEST(code_points_survive_utf16_and_gb18030)
{
	static const struct {
		enum hl7_charset charset;
		const char *iconv;
	} wide[] = { { HL7_CHARSET_UTF16LE, "UTF-16LE" }, { HL7_CHARSET_UTF16BE, "UTF-16BE" },
		{ HL7_CHARSET_GB18030, "GB18030" } };

	for (size_t i = 0; i < 3; i++) {
		iconv_t cd = iconv_open(wide[i].iconv, "UTF-8");

		ck_assert(cd != (iconv_t)-1);
		for (uint32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 61) {
			char text[4], want[8];
			char *from = text, *to = want;
			size_t len, in, left = sizeof(want), n;

			if ((code >= 0xd800 && code < 0xe000) || (code >= 0xef00 && code < 0xf000) ||
			    code == 0xfeff)
				continue;
			in = len = utf8_encode(code, text);
			bool good = iconv(cd, &from, &in, &to, &left) != (size_t)-1;
			struct slice there = encode(wide[i].charset, slice_from(text, len), &n);
			bool same = slice_eq(there, slice_from(want, sizeof(want) - left)) || !good;
			same = same &&
			       (!good || slice_eq(decode(wide[i].charset, there, &n), slice_from(text, len)));
			if (!same)
				ck_abort_msg("%s U+%04X", wide[i].iconv, code);
		}
		iconv_close(cd);
	}
}
END_TEST

START_TEST(names_are_understood_as_peers_write_them)
{
	static const struct {
		const char *name;
		enum hl7_charset charset;
	} rows[] = {
		{ "UNICODE UTF-8", HL7_CHARSET_UTF8 },
		{ "utf-8", HL7_CHARSET_UTF8 },
		{ "8859/1", HL7_CHARSET_8859_1 },
		{ "ISO-8859-15", HL7_CHARSET_8859_15 },
		{ "iso8859_2", HL7_CHARSET_8859_2 },
		{ "8859/12", HL7_CHARSET_NONE },
		{ "8859", HL7_CHARSET_NONE },
		{ "ISO", HL7_CHARSET_NONE },
		{ " ASCII ", HL7_CHARSET_ASCII },
		{ "windows-1258", HL7_CHARSET_CP1258 },
		{ "VISCII", HL7_CHARSET_VISCII },
		{ "GB 18030-2000", HL7_CHARSET_GB18030 },
		{ "", HL7_CHARSET_NONE },
		{ "EBCDIC", HL7_CHARSET_NONE },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_int_eq((int)hl7_charset_by_name(slice_of(rows[i].name)), (int)rows[i].charset);
	for (enum hl7_charset c = HL7_CHARSET_ASCII; c < HL7_CHARSET_COUNT; c++) {
		enum hl7_charset again = hl7_charset_by_name(slice_of(hl7_charset_name(c)));
		ck_assert(again == c || c == HL7_CHARSET_UTF16LE);
	}
}
END_TEST

START_TEST(the_set_is_chosen_by_setting_announcement_mark_validity_and_default)
{
	const enum hl7_charset none = HL7_CHARSET_NONE, utf8 = HL7_CHARSET_UTF8, vni = HL7_CHARSET_VNI;
	const enum hl7_charset latin = HL7_CHARSET_8859_1, ascii = HL7_CHARSET_ASCII;

	ck_assert(hl7_charset_choose(vni, utf8, SLICE("ế"), none) == vni);
	ck_assert(hl7_charset_choose(none, latin, SLICE("ế"), none) == latin);
	ck_assert(hl7_charset_choose(none, ascii, SLICE("ế"), none) == utf8);
	ck_assert(hl7_charset_choose(none, ascii, SLICE("e"), none) == ascii);
	ck_assert(hl7_charset_choose(none, none, SLICE("ế"), vni) == utf8);
	ck_assert(hl7_charset_choose(none, none, SLICE("\xd5"), vni) == vni);
	ck_assert(hl7_charset_choose(none, none, SLICE("\xd5"), none) == latin);
	ck_assert(hl7_charset_choose(none, none, SLICE("M\0S\0"), none) == HL7_CHARSET_UTF16LE);
	ck_assert(hl7_charset_choose(none, none, SLICE("\xfe\xff\0M"), none) == HL7_CHARSET_UTF16BE);
	ck_assert(!hl7_charset_is_parsable(HL7_CHARSET_GB18030));
	ck_assert(hl7_charset_is_parsable(HL7_CHARSET_VISCII));
	ck_assert(!hl7_charset_is_line_safe(HL7_CHARSET_VISCII));
	ck_assert(hl7_charset_is_line_safe(HL7_CHARSET_VNI));
}
END_TEST

static void
begin(void)
{
	buf_init(&out, 10000);
	buf_init(&back, 10000);
}

static void
end(void)
{
	buf_free(&out);
	buf_free(&back);
}

int
main(void)
{
	Suite *s = suite_create("hl7_charset");
	TCase *c = tcase_create("charset");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, every_byte_of_every_table_means_what_the_c_library_says);
	tcase_add_test(c, vietnamese_letters_survive_each_vietnamese_set);
	tcase_add_test(c, font_encodings_read_texts_that_were_written_in_them);
	tcase_add_test(c, a_letter_that_a_set_lacks_loses_its_marks_and_is_counted);
	tcase_add_test(c, bytes_without_meaning_are_kept);
	tcase_add_test(c, code_points_survive_utf16_and_gb18030);
	tcase_add_test(c, names_are_understood_as_peers_write_them);
	tcase_add_test(c, the_set_is_chosen_by_setting_announcement_mark_validity_and_default);
	suite_add_tcase(s, c);
	return unit_main(s);
}
