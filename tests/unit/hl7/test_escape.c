/* Escape sequences of HL7 chapter 2.7. Expected texts are written by hand from the chapter. */
#include "hl7/escape.h"
#include "tests/unit/unit.h"

static const struct hl7_delimiters usual = { '|', '^', '~', '\\', '&', 0 };
static const struct hl7_delimiters cut = { '|', '^', '~', '\\', '&', '#' };
static const struct hl7_delimiters odd = { '@', '~', '&', '#', '.', '$' };

struct row {
	const char *raw, *text;
};

static void
check_rows(const struct row *rows, size_t count, const struct hl7_delimiters *d, enum hl7_text_mode mode)
{
	struct buf work;

	buf_init(&work, 1000);
	for (size_t i = 0; i < count; i++)
		ck_slice(hl7_unescape(slice_of(rows[i].raw), d, mode, &work), rows[i].text);
	buf_free(&work);
}

START_TEST(sequences_become_what_they_stand_for)
{
	static const struct row rows[] = {
		{ "a\\F\\b", "a|b" },
		{ "\\S\\\\R\\\\E\\\\T\\", "^~\\&" },
		{ "\\X0D\\", "\r" },
		{ "\\X0d0A41\\", "\r\nA" },
		{ "\\X00d\\", "\\X00d\\" },     /* an odd number of digits: kept */
		{ "\\XZZ\\", "\\XZZ\\" },       /* no digits: kept */
		{ "\\P\\", "\\P\\" },           /* no truncation character here */
		{ "\\E\\.br\\E\\", "\\.br\\" }, /* nHapi 74 */
		{ "\\E\\R\\", "\\R\\" }, /* python-hl7 84: the escaped escape does not open a sequence */
		{ "\\H\\b\\N\\", "\\H\\b\\N\\" }, /* markup stays */
		{ "\\C1A2B\\\\M1A2B3C\\\\Zany\\", "\\C1A2B\\\\M1A2B3C\\\\Zany\\" },
		{ "C:\\dir\\F1", "C:\\dir\\F1" }, /* a lone escape character is data */
		{ "a\\b\\F\\c", "a\\b|c" },
		{ "\\", "\\" },
		{ "\\\\", "\\\\" },
		{ "\\F", "\\F" },
		{ "x\\E\\", "x\\" },
		{ "ế\\T\\ữ", "ế&ữ" },
	};
	check_rows(rows, sizeof(rows) / sizeof(*rows), &usual, HL7_TEXT_EXACT);
}
END_TEST

START_TEST(the_messages_own_characters_count)
{
	static const struct row rows[] = { { "#F#S#", "@S#" }, { "#F##S##R##E##T##P#", "@~&#.$" },
		{ "\\F\\", "\\F\\" } };
	static const struct row truncated[] = { { "\\P\\5", "#5" } };

	check_rows(rows, 3, &odd, HL7_TEXT_EXACT);
	check_rows(truncated, 1, &cut, HL7_TEXT_EXACT);
}
END_TEST

START_TEST(for_people_formatting_becomes_lines_and_blanks)
{
	static const struct row rows[] = {
		{ "one\\.br\\two", "one\ntwo" },
		{ "one\\.sp2\\two\\.sp\\three", "one\n\ntwo\nthree" },
		{ "one\\.sp 2\\two\\.sp+2\\three", "one\n\ntwo\n\nthree" },
		{ "a\\.sk3\\b\\.in+4\\\\.ti-2\\c\\.fi\\\\.nf\\\\.ce\\d", "a   bc\nd" },
		{ "\\H\\bold\\N\\", "bold" },
		{ "\\.zz\\\\.br1x\\", "\\.zz\\\\.br1x\\" },
	};
	struct buf out;

	check_rows(rows, sizeof(rows) / sizeof(*rows), &usual, HL7_TEXT_PLAIN);
	buf_init(&out, 1000);
	ck_assert_int_eq(hl7_escape(SLICE("one\ntwo"), &usual, HL7_TEXT_PLAIN, &out, NULL), 0);
	ck_slice(buf_slice(&out), "one\\.br\\two");
	buf_reset(&out);
	ck_assert_int_eq(hl7_escape(SLICE("one\ntwo"), &odd, HL7_TEXT_PLAIN, &out, NULL), 0);
	ck_slice(buf_slice(&out), "one#X0A#two"); /* the dot is a delimiter there */
	buf_free(&out);
}
END_TEST

START_TEST(escaping_is_written_as_the_chapter_says)
{
	struct buf out;
	struct err e;

	buf_init(&out, 1000);
	ck_assert_int_eq(hl7_escape(SLICE("a|b^c~d\\e&f\r#"), &usual, HL7_TEXT_EXACT, &out, &e), 0);
	ck_slice(buf_slice(&out), "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f\\X0D\\#");
	buf_reset(&out);
	ck_assert_int_eq(hl7_escape(SLICE("#"), &cut, HL7_TEXT_EXACT, &out, &e), 0);
	ck_slice(buf_slice(&out), "\\P\\");
	buf_reset(&out);
	/* a text of two quotation marks does not delete */
	ck_assert_int_eq(hl7_escape(SLICE("\"\""), &usual, HL7_TEXT_EXACT, &out, &e), 0);
	ck_slice(buf_slice(&out), "\\X22\\\"");
	buf_reset(&out);
	const struct hl7_delimiters none = { '|', '^', '~', 0, 0, 0 };
	ck_assert_int_eq(hl7_escape(SLICE("a&b"), &none, HL7_TEXT_EXACT, &out, &e), 0);
	ck_assert_int_eq(hl7_escape(SLICE("a^b"), &none, HL7_TEXT_EXACT, &out, &e), ERR_INPUT);
	ck_slice(buf_slice(&out), "a&b");
	buf_free(&out);
}
END_TEST

static uint64_t seed = 88172645463325252u;

static unsigned
random_below(unsigned n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (unsigned)(seed % n);
}

static void
check_round(struct slice text, const struct hl7_delimiters *d, struct buf *out, struct buf *back)
{
	buf_reset(out);
	ck_assert_int_eq(hl7_escape(text, d, HL7_TEXT_EXACT, out, NULL), 0);
	bool clean = true;
	for (size_t i = 0; i < out->len; i++) {
		char c = out->at[i];
		clean &= (unsigned char)c >= 0x20 && c != 0x7f && c != d->field && c != d->component &&
			 c != d->repetition && c != d->subcomponent;
	}
	ck_assert(clean);
	ck_assert(!slice_eq_text(buf_slice(out), "\"\""));
	struct slice again = hl7_unescape(buf_slice(out), d, HL7_TEXT_EXACT, back);
	ck_assert(slice_eq(again, text));
}

START_TEST(unescape_of_escape_is_the_text_for_every_text)
{
	static const struct hl7_delimiters *const sets[] = { &usual, &cut, &odd };
	static const char likely[] = "|^~\\&#@.$\"XFSRETPHNCZM.br0dD\r\n\x1c\v\xc3\xa9";
	struct buf out, back;
	char text[24];

	buf_init(&out, 1000);
	buf_init(&back, 1000);
	for (int i = 0; i < 30000; i++) {
		size_t len = random_below(sizeof(text));

		for (size_t n = 0; n < len; n++)
			text[n] =
			    random_below(4) ? likely[random_below(sizeof(likely))] : (char)random_below(256);
		check_round(slice_from(text, len), sets[i % 3], &out, &back);
	}
	buf_free(&out);
	buf_free(&back);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hl7_escape");
	TCase *c = tcase_create("escape");

	tcase_add_test(c, sequences_become_what_they_stand_for);
	tcase_add_test(c, the_messages_own_characters_count);
	tcase_add_test(c, for_people_formatting_becomes_lines_and_blanks);
	tcase_add_test(c, escaping_is_written_as_the_chapter_says);
	tcase_add_test(c, unescape_of_escape_is_the_text_for_every_text);
	suite_add_tcase(s, c);
	return unit_main(s);
}
