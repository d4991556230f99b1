/* Files, batches and continued messages (HL7 chapter 2.10). */
#include "hl7/batch.h"
#include "tests/unit/unit.h"

static struct err e;

/* The kinds of a file's parts as letters, with the trailers' counts: "FBMMb2/2f1/1". */
static void
check_parts(const char *text, const char *want)
{
	struct hl7_batch b;
	struct hl7_part_of_file part;
	struct buf got, whole;

	buf_init(&got, 1000);
	buf_init(&whole, 1000);
	hl7_batch_begin(&b, slice_of(text));
	while (hl7_batch_next(&b, &part)) {
		buf_add_char(&got, "FBMbf?"[part.kind]);
		if (part.kind == HL7_PART_BATCH_END || part.kind == HL7_PART_FILE_END)
			buf_addf(&got, "%lld/%lld", (long long)part.said, (long long)part.seen);
		buf_add(&whole, part.bytes);
	}
	ck_slice(buf_slice(&got), want);
	ck_slice(buf_slice(&whole), text);
	buf_free(&got);
	buf_free(&whole);
}

START_TEST(a_file_falls_into_its_parts_which_are_the_whole)
{
	check_parts(
	    "FHS|^~\\&|A\rBHS|^~\\&\rMSH|^~\\&|1\rPID|1\rMSH|^~\\&|2\rBTS|2\rFTS|1\r", "FBMMb2/2f1/1");
	check_parts("MSH|^~\\&|1\rMSH#^~\\&#2\r", "MM");
	check_parts("MSH|^~\\&|1\nPID|1\nMSH|^~\\&|2\n", "MM");
	check_parts("\vMSH|^~\\&|1\r\x1c\r\vMSH|^~\\&|2\r\x1c\r", "MM");
	check_parts("BHS|^~\\&\r\nMSH|^~\\&|1\r\nBTS\r\n", "BMb-1/1");
	check_parts("BHS|^~\\&\rEVN|A01\rBTS|3|\r", "Bb3/0");
	check_parts("hello\rMSH|^~\\&|1\r", "?M");
	check_parts("\xef\xbb\xbf\r\nMSH|^~\\&|1\r\n", "M");
	/* a message quoted in a field is not one */
	check_parts("MSH|^~\\&|1\rOBX|1|TX|||x\nMSH|^~\\&|quoted\rZZZ|MSH|\r", "M");
	check_parts("", "");
}
END_TEST

static void
parse(struct hl7_message *m, struct slice text)
{
	hl7_message_init(m);
	ck_assert_int_eq(hl7_parse(m, text, NULL, &e), 0);
}

START_TEST(added_text_comes_to_the_segment_before)
{
	struct hl7_message m;
	struct buf out;

	buf_init(&out, 1000);
	parse(&m, SLICE("MSH|^~\\&|A\rOBX|1|TX|||one \rADD|two |x\rADD|yz|F\rNTE|1\r"));
	hl7_join_added(&m, &out);
	ck_slice(buf_slice(&out), "MSH|^~\\&|A\rOBX|1|TX|||one two |xyz|F\rNTE|1\r");
	hl7_message_free(&m);
	buf_reset(&out);
	parse(&m, SLICE("MSH|^~\\&|A\nPID|1"));
	hl7_join_added(&m, &out);
	ck_slice(buf_slice(&out), "MSH|^~\\&|A\nPID|1");
	hl7_message_free(&m);
	buf_free(&out);
}
END_TEST

START_TEST(a_message_sent_in_two_becomes_one)
{
	struct hl7_message a, b;
	struct buf out, joined;

	buf_init(&out, 1000);
	buf_init(&joined, 1000);
	parse(&a, SLICE("MSH|^~\\&|A\rOBX|1|TX|||one \rADD|\rDSC|P7\r"));
	parse(&b, SLICE("MSH|^~\\&|A|||||||||||P7\rADD|two|F\rNTE|1\r"));
	ck_slice(hl7_continuation(&a).raw, "P7");
	ck_assert_int_eq(hl7_continuation(&b).state, HL7_ABSENT);
	ck_assert_int_eq(hl7_join_continued(&a, &b, &out, &e), 0);
	hl7_message_free(&b);
	parse(&b, buf_slice(&out));
	hl7_join_added(&b, &joined);
	ck_slice(buf_slice(&joined), "MSH|^~\\&|A\rOBX|1|TX|||one two|F\rNTE|1\r");
	hl7_message_free(&b);
	parse(&b, SLICE("MSH|^~\\&|A|||||||||||P8\rADD|two|F\r"));
	ck_assert_int_eq(hl7_join_continued(&a, &b, &out, &e), ERR_CONFLICT);
	hl7_message_free(&a);
	hl7_message_free(&b);
	buf_free(&out);
	buf_free(&joined);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hl7_batch");
	TCase *c = tcase_create("batch");

	tcase_add_test(c, a_file_falls_into_its_parts_which_are_the_whole);
	tcase_add_test(c, added_text_comes_to_the_segment_before);
	tcase_add_test(c, a_message_sent_in_two_becomes_one);
	suite_add_tcase(s, c);
	return unit_main(s);
}
