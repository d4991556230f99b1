/*
 * Slices, and text at the border. Expected values: RFC 3629 (UTF-8), Unicode normalisation forms of
 * Vietnamese letters, and tests/golden/fold.tsv, which was made with Python's unicodedata and which the
 * database's sys.fold() is held to as well.
 */
#include "base/buf.h"
#include "base/utf8.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))
#define FOLD_FILE_MAX 65536

START_TEST(slices_are_compared_by_bytes)
{
	ck_assert(slice_eq(SLICE("a"), SLICE("a")) && !slice_eq(SLICE("a"), SLICE("b")));
	ck_assert(slice_eq(slice_of(NULL), SLICE("")));
	ck_assert(slice_eq(slice_from("a\0b", 3), slice_from("a\0b", 3)));
	ck_assert(!slice_eq_text(slice_from("a\0b", 3), "a"));
	ck_assert_int_lt(slice_compare(SLICE("a"), SLICE("ab")), 0);
	ck_assert_int_gt(slice_compare(SLICE("b"), SLICE("ab")), 0);
	ck_assert_int_gt(slice_compare(SLICE("\xc4\x91"), SLICE("z")), 0); /* unsigned */
	ck_assert_int_eq(slice_compare(slice_of(NULL), SLICE("")), 0);
	ck_assert(slice_starts(SLICE("abc"), SLICE("ab")) && slice_starts(SLICE("abc"), SLICE("")));
	ck_assert(!slice_starts(SLICE("a"), SLICE("ab")));
	ck_assert(slice_ends(SLICE("a.xml"), SLICE(".xml")) && !slice_ends(SLICE("xml"), SLICE(".xml")));
}
END_TEST

START_TEST(slices_are_trimmed_and_skipped)
{
	ck_slice(slice_trim(SLICE(" \t\r\n a b \n")), "a b");
	ck_slice(slice_trim(SLICE(" \n ")), "");
	ck_slice(slice_trim(slice_of(NULL)), "");
	ck_slice(slice_skip(SLICE("abc"), 1), "bc");
	ck_slice(slice_skip(SLICE("abc"), 9), "");
	ck_slice(slice_skip(slice_of(NULL), 9), "");
	ck_assert_uint_eq(slice_find(SLICE("abc"), 'c'), 2);
	ck_assert_uint_eq(slice_find(SLICE("abc"), 'x'), 3);
	ck_assert_uint_eq(slice_find(slice_of(NULL), 'x'), 0);
}
END_TEST

static const struct {
	const char *whole;
	size_t count;
	const char *part[4];
} splits[] = {
	{ "", 0, { NULL } },
	{ "a", 1, { "a" } },
	{ "a;;b", 3, { "a", "", "b" } },
	{ "a;", 2, { "a", "" } },
	{ ";", 2, { "", "" } },
	{ ";b", 2, { "", "b" } },
	{ ";;", 3, { "", "", "" } },
};

START_TEST(lists_are_split_without_losing_empty_parts)
{
	struct slice rest = slice_of(splits[_i].whole), part;

	for (size_t i = 0; i < splits[_i].count; i++) {
		ck_assert(slice_split(&rest, ';', &part));
		ck_slice(part, splits[_i].part[i]);
	}
	ck_assert(!slice_split(&rest, ';', &part));
	ck_assert(!slice_split(&rest, ';', &part));
}
END_TEST

static const struct {
	const char *text;
	int code;
	int64_t value;
} integers[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "0042", 0, 42 },
	{ "-17", 0, -17 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "9223372036854775808", ERR_OVERFLOW, 0 },
	{ "-9223372036854775809", ERR_OVERFLOW, 0 },
	{ "99999999999999999999", ERR_OVERFLOW, 0 },
	{ "", ERR_INPUT, 0 },
	{ "-", ERR_INPUT, 0 },
	{ "+1", ERR_INPUT, 0 },
	{ " 1", ERR_INPUT, 0 },
	{ "1.0", ERR_INPUT, 0 },
	{ "1-", ERR_INPUT, 0 },
};

START_TEST(integers_are_read_whole_or_refused)
{
	int64_t value = 4711;

	ck_assert_int_eq(slice_to_int64(slice_of(integers[_i].text), &value), integers[_i].code);
	ck_assert_int_eq(value, integers[_i].code == 0 ? integers[_i].value : 4711);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	bool valid;
	size_t characters;
} encodings[] = {
	{ "", 0, true, 0 },
	{ "a\0b", 3, true, 3 },
	{ "\xc2\x80", 2, true, 1 },
	{ "\xdf\xbf", 2, true, 1 },
	{ "\xe0\xa0\x80", 3, true, 1 },
	{ "\xed\x9f\xbf", 3, true, 1 },
	{ "\xee\x80\x80", 3, true, 1 },
	{ "\xef\xbf\xbf", 3, true, 1 },
	{ "\xf0\x90\x80\x80", 4, true, 1 },
	{ "\xf4\x8f\xbf\xbf", 4, true, 1 },
	{ "Nguy\xe1\xbb\x85n", 8, true, 6 },
	{ "\x80", 1, false, 1 },
	{ "\xc0\xaf", 2, false, 2 },         /* overlong / */
	{ "\xc1\xbf", 2, false, 2 },         /* overlong */
	{ "\xe0\x9f\xbf", 3, false, 3 },     /* overlong */
	{ "\xf0\x8f\xbf\xbf", 4, false, 4 }, /* overlong */
	{ "\xed\xa0\x80", 3, false, 3 },     /* surrogate */
	{ "\xed\xbf\xbf", 3, false, 3 },     /* surrogate */
	{ "\xf4\x90\x80\x80", 4, false, 4 }, /* above U+10FFFF */
	{ "\xf5\x80\x80\x80", 4, false, 4 },
	{ "\xff", 1, false, 1 },
	{ "\xe1\xbb", 2, false, 2 }, /* cut short */
	{ "\xe1\xbbz", 3, false, 3 },
	{ "\xf0\x90\x80", 3, false, 3 },
	{ "a\xc3", 2, false, 2 },
};

START_TEST(utf8_is_told_from_other_bytes)
{
	struct slice s = slice_from(encodings[_i].bytes, encodings[_i].len);

	ck_assert_int_eq(utf8_is_valid(s), encodings[_i].valid);
	ck_assert_uint_eq(utf8_length(s), encodings[_i].characters);
}
END_TEST

START_TEST(a_cut_never_splits_a_character)
{
	struct slice s = SLICE("a\xc4\x91\xe1\xbb\x85\xf0\x9f\x98\x80"); /* 1 + 2 + 3 + 4 bytes */
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

	for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
		ck_assert_uint_eq(utf8_cut(s, max).len, want[max]);
	/* broken text is cut somewhere, but not thrown away */
	ck_assert_uint_eq(utf8_cut(SLICE("\x80\x80\x80\x80\x80\x80\x80\x80"), 6).len, 6);
	ck_assert_uint_eq(utf8_cut(SLICE("\x80\x80"), 1).len, 1);
}
END_TEST

static const struct {
	const char *given, *clean;
} normal_forms[] = {
	{ "e\xcc\x82\xcc\x83", "\xe1\xbb\x85" },            /* e + ^ + ~ = ễ */
	{ "\xc3\xaa\xcc\x83", "\xe1\xbb\x85" },             /* ê + ~ = ễ */
	{ "\xe1\xba\xbd\xcc\x82", "\xe1\xba\xbd\xcc\x82" }, /* ẽ + ^ is another letter, kept */
	{ "a\xcc\x82\xcc\xa3", "\xe1\xba\xad" },            /* a + ^ + dot below = ậ */
	{ "a\xcc\xa3\xcc\x82", "\xe1\xba\xad" },            /* the same in canonical order */
	{ "\xe1\xba\xa1\xcc\x82", "\xe1\xba\xad" },         /* ạ + ^ */
	{ "o\xcc\x9b\xcc\x81", "\xe1\xbb\x9b" },            /* o + horn + acute = ớ */
	{ "u\xcc\x9b\xcc\xa3", "\xe1\xbb\xb1" },            /* ự */
	{ "A\xcc\x86\xcc\x81", "\xe1\xba\xae" },            /* Ắ */
	{ "a\xcd\x81", "\xc3\xa1" },                        /* deprecated Vietnamese acute tone mark U+0341 */
	{ "a\xcd\x80", "\xc3\xa0" },                        /* deprecated grave tone mark U+0340 */
	{ "\xe2\x84\xab", "\xc3\x85" },                     /* Angstrom sign = Å */
	{ "Nguye\xcc\x82\xcc\x83n", "Nguy\xe1\xbb\x85n" },
};

START_TEST(text_is_composed_at_the_border)
{
	struct arena *a = arena_new(0);
	struct slice clean;
	struct err e;

	ck_assert_int_eq(utf8_clean(a, slice_of(normal_forms[_i].given), &clean, &e), 0);
	ck_slice(clean, normal_forms[_i].clean);
	arena_free(a);
}
END_TEST

static const char *const kept[] = { "", "plain", "a\tb\r\nc",
	"Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b \xc3\x81nh \xc4\x90\xc3\xa0o",
	("39\xc2\xb0"
	 "C"),
	"15.300\xe2\x82\xab", "\xf0\x9f\x98\x80", "\xe2\x80\x9cM'\xc4\x90r\xe1\xba\xafk\xe2\x80\x9d" };

START_TEST(text_in_normal_form_is_not_copied)
{
	struct arena *a = arena_new(0);
	struct slice given = slice_of(kept[_i]), clean;

	ck_assert_int_eq(utf8_clean(a, given, &clean, NULL), 0);
	ck_assert_ptr_eq(clean.at, given.at);
	ck_assert_uint_eq(clean.len, given.len);
	ck_assert_uint_eq(arena_used(a), 0);
	arena_free(a);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *detail;
} refused[] = {
	{ "ab\0c", 4, "byte 2" },
	{ "a\x1b[0m", 5, "U+001B not allowed at byte 1" },
	{ "\x0b", 1, "U+000B" },
	{ "ab\x7f", 3, "U+007F not allowed at byte 2" },
	{ "\xc2\x85", 2, "U+0085" },
	{ "\xc2\x9f", 2, "U+009F" },
	{ "a\xef\xbf\xbe", 4, "U+FFFE" },
	{ "a\xef\xbf\xbf", 4, "U+FFFF" },
	{ "abc\xff", 4, "not UTF-8 at byte 3" },
	{ "\xe1\xbb\x85\xe1\xbb", 5, "not UTF-8 at byte 3" },
	{ "\xed\xa0\x80", 3, "not UTF-8 at byte 0" },
};

START_TEST(control_characters_and_broken_bytes_are_refused_by_offset)
{
	struct arena *a = arena_new(0);
	struct slice clean = SLICE("unchanged");
	struct err e;

	ck_assert_int_eq(
	    utf8_clean(a, slice_from(refused[_i].bytes, refused[_i].len), &clean, &e), ERR_INPUT);
	ck_assert_msg(strstr(e.detail, refused[_i].detail) != NULL, "%s", e.detail);
	ck_slice(clean, "unchanged");
	arena_free(a);
}
END_TEST

START_TEST(endless_marks_are_refused_quickly)
{
	struct arena *a = arena_new(0);
	struct slice clean;
	struct err e;
	char text[1 + 2 * 31];

	/* UAX #15 §13: at most 30 non-starters in a row */
	text[0] = 'a';
	for (size_t i = 0; i < 31; i++) {
		text[1 + 2 * i] = '\xcc';
		text[2 + 2 * i] = i % 2 == 0 ? '\x81' : '\xa3';
	}
	ck_assert_int_eq(utf8_clean(a, slice_from(text, 61), &clean, &e), 0);
	ck_assert_int_eq(utf8_clean(a, slice_from(text, 63), &clean, &e), ERR_INPUT);
	arena_free(a);
}
END_TEST

START_TEST(characters_are_written_as_they_are_read)
{
	static const uint32_t border[] = { 0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000,
		0x10ffff };
	static const size_t length[] = { 1, 1, 2, 2, 3, 3, 3, 3, 4, 4 };

	for (size_t i = 0; i < sizeof(border) / sizeof(border[0]); i++) {
		char bytes[4];
		uint32_t c;

		ck_assert_uint_eq(utf8_encode(border[i], bytes), length[i]);
		ck_assert_uint_eq(utf8_decode(slice_from(bytes, length[i]), &c), length[i]);
		ck_assert_uint_eq(c, border[i]);
		ck_assert_uint_eq(utf8_decode(slice_from(bytes, length[i] - 1), &c), 0);
	}
}
END_TEST

START_TEST(search_forms_agree_with_the_golden_file)
{
	struct arena *a = arena_new(0);
	struct buf file;
	struct slice rest, line;
	struct err e;
	int rows = 0;

	buf_init(&file, FOLD_FILE_MAX);
	ck_assert_int_eq(buf_read_file(&file, UNIT_GOLDEN "/fold.tsv", &e), 0);
	rest = buf_slice(&file);
	ck_assert(slice_split(&rest, '\n', &line));
	ck_slice(line, "input\tfolded\tnote");
	while (slice_split(&rest, '\n', &line) && line.len > 0) {
		struct slice input = slice_from(line.at, slice_find(line, '\t'));
		struct slice tail = slice_skip(line, input.len + 1);
		struct slice folded = slice_from(tail.at, slice_find(tail, '\t'));
		struct slice got = utf8_fold(a, input);

		ck_assert_msg(slice_eq(got, folded), "\"%.*s\": got \"%.*s\", want \"%.*s\"",
		    SLICE_ARG(input), SLICE_ARG(got), SLICE_ARG(folded));
		ck_slice(utf8_fold(a, folded), folded.len == 0 ? "" : arena_text(a, folded));
		rows++;
	}
	ck_assert_int_ge(rows, 40);
	buf_free(&file);
	arena_free(a);
}
END_TEST

START_TEST(broken_text_still_has_a_search_form)
{
	struct arena *a = arena_new(0);

	ck_slice(utf8_fold(a, SLICE("An\xff\xfe"
				    "B\xc3\xacnh\xe1\xbb")),
	    "an binh");
	ck_slice(utf8_fold(a, slice_from("a\0b", 3)), "a b");
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, slices_are_compared_by_bytes);
	tcase_add_test(tc, slices_are_trimmed_and_skipped);
	tcase_add_loop_test(tc, lists_are_split_without_losing_empty_parts, 0, COUNT(splits));
	tcase_add_loop_test(tc, integers_are_read_whole_or_refused, 0, COUNT(integers));
	tcase_add_loop_test(tc, utf8_is_told_from_other_bytes, 0, COUNT(encodings));
	tcase_add_test(tc, a_cut_never_splits_a_character);
	tcase_add_loop_test(tc, text_is_composed_at_the_border, 0, COUNT(normal_forms));
	tcase_add_loop_test(tc, text_in_normal_form_is_not_copied, 0, COUNT(kept));
	tcase_add_loop_test(tc, control_characters_and_broken_bytes_are_refused_by_offset, 0, COUNT(refused));
	tcase_add_test(tc, endless_marks_are_refused_quickly);
	tcase_add_test(tc, characters_are_written_as_they_are_read);
	tcase_add_test(tc, search_forms_agree_with_the_golden_file);
	tcase_add_test(tc, broken_text_still_has_a_search_form);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
