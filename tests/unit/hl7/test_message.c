/* What a message holds, and where. Expected values are read off the text by eye. */
#include "hl7/hl7.h"
#include "tests/unit/unit.h"

static struct hl7_message m;
static struct err e;

#define PID_TEXT                                                                                             \
	"MSH|^~\\&|LAB|TTYT|HMIS|66001|20260716103000||ORU^R01^ORU_R01|42|P|2.5.1\r"                         \
	"PID|1||9990001^^^A&B&C^MR~9990002^^^^PI||NGUYỄN^VĂN^\"\"||\"\"|M\r"                              \
	"OBR|1|A1\rOBX|1|NM|GLU||5.6\rOBX|2|NM|URE||\"\"\r"                                                  \
	"OBR|2|A2\rOBX|1|ST|HIV||âm tính|\r"

static int
parse(const char *text)
{
	return hl7_parse(&m, slice_of(text), NULL, &e);
}

#define ck_get(path, want_state, text)                                                                       \
	do {                                                                                                 \
		struct hl7_value ck_v = hl7_get_text(&m, path);                                              \
		ck_assert_int_eq(ck_v.state, want_state);                                                    \
		ck_slice(ck_v.raw, text);                                                                    \
	} while (0)

START_TEST(a_path_leads_to_field_repetition_component_and_subcomponent)
{
	ck_assert_int_eq(parse(PID_TEXT), 0);
	ck_assert_uint_eq(m.segment_count, 7);
	ck_get("MSH-1", HL7_VALUE, "|");
	ck_get("MSH-2", HL7_VALUE, "^~\\&");
	ck_get("MSH-2.1", HL7_VALUE, "^~\\&");
	ck_get("MSH-2.2", HL7_ABSENT, "");
	ck_get("MSH-9.2", HL7_VALUE, "R01");
	ck_get("MSH-12", HL7_VALUE, "2.5.1");
	ck_get("PID-3", HL7_VALUE, "9990001^^^A&B&C^MR~9990002^^^^PI");
	ck_get("PID-3(2)", HL7_VALUE, "9990002^^^^PI");
	ck_get("PID-3.1", HL7_VALUE, "9990001");
	ck_get("PID-3(2).5", HL7_VALUE, "PI");
	ck_get("PID-3.4", HL7_VALUE, "A&B&C");
	ck_get("PID-3.4.2", HL7_VALUE, "B");
	ck_get("pid.3[1].4.3", HL7_VALUE, "C");
	ck_get("PID", HL7_VALUE, "PID|1||9990001^^^A&B&C^MR~9990002^^^^PI||NGUYỄN^VĂN^\"\"||\"\"|M");
	ck_get("OBX(3)-5", HL7_VALUE, "âm tính");
	ck_get("OBR(2)/OBX-5", HL7_VALUE, "âm tính");
	ck_get("OBR(1)/OBX(2)-3", HL7_VALUE, "URE");
	ck_get("OBR(1)/OBX(3)-3", HL7_ABSENT, "");
	ck_get("PID/OBR(2)/OBX-3", HL7_VALUE, "HIV");
}
END_TEST

START_TEST(absent_empty_and_delete_are_three_things)
{
	ck_assert_int_eq(parse(PID_TEXT), 0);
	ck_get("PID-2", HL7_EMPTY, "");
	ck_get("PID-30", HL7_ABSENT, "");
	ck_get("ZZZ-1", HL7_ABSENT, "");
	ck_get("PID-7", HL7_NULL, "\"\"");
	ck_get("PID-7.3", HL7_NULL, "\"\"");
	ck_get("PID-5.3", HL7_NULL, "\"\"");
	ck_get("PID-5.4", HL7_ABSENT, "");
	ck_get("PID-3.2", HL7_EMPTY, "");
	ck_get("PID-3(3).1", HL7_ABSENT, "");
	ck_get("PID-7(2)", HL7_ABSENT, "");
	ck_get("OBX(3)-6", HL7_EMPTY, "");
	ck_get("OBX(3)-7", HL7_ABSENT, "");
	ck_get("OBX(2)-5", HL7_NULL, "\"\"");
}
END_TEST

START_TEST(each_gives_every_place_and_stops_at_the_group)
{
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ "OBX(*)-5", "5.6,\"\",âm tính," },
		{ "OBR/OBX(*)-3", "GLU,URE," },
		{ "PID-3(*).1", "9990001,9990002," },
		{ "PID-3(*)", "9990001^^^A&B&C^MR,9990002^^^^PI," },
		{ "OBX(*)-5(*).1", "5.6,\"\",âm tính," },
		{ "ZZZ(*)-5", "" },
	};
	ck_assert_int_eq(parse(PID_TEXT), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hl7_cursor c = { 0 };
		struct hl7_value v;
		struct hl7_path p;
		struct buf got;

		buf_init(&got, 1000);
		ck_assert_int_eq(hl7_path_compile(slice_of(rows[i].path), &p, &e), 0);
		while (hl7_each(&m, &p, &c, &v)) {
			buf_add(&got, v.raw);
			buf_add_char(&got, ',');
		}
		ck_slice(buf_slice(&got), rows[i].want);
		buf_reset(&got);
		hl7_path_print(&p, &got);
		ck_slice(buf_slice(&got), rows[i].path);
		buf_free(&got);
	}
}
END_TEST

START_TEST(a_path_that_is_none_is_refused_with_its_place)
{
	static const struct {
		const char *path, *place;
	} rows[] = {
		{ "", "character 1" },
		{ "PIDX-5", "character 4" },
		{ "PID-", "character 5" },
		{ "PID-0", "character 6" },
		{ "PID-5(2", "character 8" },
		{ "PID-5.1.1.1", "character 10" },
		{ "PID-70000", "character 9" },
		{ "OBR(*)/OBX-5", "character 7" },
		{ "A/B/C/D/E-1", "character 8" },
		{ "PID-5 ", "character 6" },
	};
	struct hl7_path p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(hl7_path_compile(slice_of(rows[i].path), &p, &e), ERR_INPUT);
		ck_assert_str_eq(e.field, rows[i].place);
	}
}
END_TEST

START_TEST(delimiters_are_the_messages_own)
{
	ck_assert_int_eq(parse("MSH@~&#\\@A~B@C\rPID@1@@X&Y\\Z\r"), 0);
	ck_get("MSH-3.2", HL7_VALUE, "B");
	ck_get("PID-3(2)", HL7_VALUE, "Y\\Z");
	ck_get("PID-3(2).1.2", HL7_VALUE, "Z");
	ck_assert_int_eq(m.delimiters.escape, '#');
	ck_assert_int_eq(parse("MSH|^~\\&#|A\r"), 0);
	ck_assert_int_eq(m.delimiters.truncation, '#');
	ck_assert_uint_eq(m.flags, 0);
	ck_assert_int_eq(parse("MSH|^~\\&#!?|A\r"), 0);
	ck_assert_uint_eq(m.flags, HL7_FLAG_LONG_MSH2);
	ck_assert_int_eq(parse("MSH|^~|A&B\\F\\\r"), 0);
	ck_assert_uint_eq(m.flags, HL7_FLAG_SHORT_MSH2);
	ck_get("MSH-3.1.1", HL7_VALUE, "A&B\\F\\");
	ck_assert_int_eq(m.delimiters.escape, 0);
	ck_assert_int_eq(parse("MSH|^~\\\\&|A&B\r"), 0);
	ck_assert_uint_eq(m.flags, HL7_FLAG_TWICE_MSH2);
	ck_get("MSH-3.1.2", HL7_VALUE, "B");
	ck_assert_int_eq(parse("MSH||A^B\r"), 0);
	ck_assert_uint_eq(m.flags, HL7_FLAG_EMPTY_MSH2);
	ck_get("MSH-2", HL7_EMPTY, "");
	ck_get("MSH-3.2", HL7_VALUE, "B");
	ck_assert_int_eq(parse("MSH|"), 0);
	ck_assert_int_eq(parse("MSH|^~\\&"), 0);
	ck_assert_uint_eq(hl7_field_count(&m, 0), 2);
}
END_TEST

START_TEST(line_ends_mark_and_frame_are_tolerated_and_remembered)
{
	static const struct {
		const char *text;
		unsigned flags;
	} rows[] = {
		{ "MSH|^~\\&|A\rPID|1|B\r", 0 },
		{ "MSH|^~\\&|A\nPID|1|B\n", HL7_FLAG_LF },
		{ "MSH|^~\\&|A\r\nPID|1|B\r\n", HL7_FLAG_CRLF },
		{ "MSH|^~\\&|A\rPID|1|B", HL7_FLAG_NO_FINAL_CR },
		{ "\xef\xbb\xbfMSH|^~\\&|A\rPID|1|B\r", HL7_FLAG_BOM },
		{ "\vMSH|^~\\&|A\rPID|1|B\r\x1c\r", HL7_FLAG_LEADING | HL7_FLAG_FRAMED },
		{ "\r\n MSH|^~\\&|A\rPID|1|B\r", HL7_FLAG_LEADING },
		{ "MSH|^~\\&|A\r\r\rPID|1|B\r\r", HL7_FLAG_BLANK_LINES },
		{ "MSH|^~\\&|A\r\n\r\nPID|1|B\r\n\r\n", HL7_FLAG_CRLF | HL7_FLAG_BLANK_LINES },
		{ "MSH|^~\\&|A\n\nPID|1|B\n", HL7_FLAG_LF | HL7_FLAG_BLANK_LINES },
		{ "MSH|^~\\&|A\r\n\nPID|1|B\r\n", HL7_FLAG_CRLF | HL7_FLAG_BLANK_LINES },
	};
	struct buf out;

	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(parse(rows[i].text), 0);
		ck_assert_uint_eq(m.flags, rows[i].flags);
		ck_assert_uint_eq(m.segment_count, 2);
		ck_get("PID-2", HL7_VALUE, "B");
		buf_reset(&out);
		hl7_write(&m, &out);
		ck_slice(buf_slice(&out), rows[i].text);
		buf_reset(&out);
		hl7_write_strict(&m, &out);
		ck_slice(buf_slice(&out), "MSH|^~\\&|A\rPID|1|B\r");
	}
	buf_free(&out);
}
END_TEST

START_TEST(a_line_feed_inside_a_field_is_data)
{
	ck_assert_int_eq(parse("MSH|^~\\&|A\rOBX|1|TX|X||one\ntwo\n|F\rZZZ|x\n\r"), 0);
	ck_assert_uint_eq(m.segment_count, 3);
	ck_get("OBX-5", HL7_VALUE, "one\ntwo\n");
	ck_get("ZZZ-1", HL7_VALUE, "x\n");
	ck_assert_int_eq(parse("MSH|^~\\&|a\nb c|A\rPID|1\r"), 0);
	ck_get("MSH-3", HL7_VALUE, "a\nb c");
}
END_TEST

START_TEST(what_is_not_hl7_is_refused_with_reason_and_place)
{
	static const struct {
		struct slice text;
		const char *place;
	} rows[] = {
		{ { "", 0 }, "byte 0" },
		{ { "\r\n \v", 4 }, "byte 0" },
		{ { "  hello", 7 }, "byte 2" },
		{ { "msh|^~\\&|", 9 }, "byte 0" },
		{ { "MSH", 3 }, "byte 3" },
		{ { "MSHX^~\\&", 8 }, "byte 3" },
		{ { "MSH ^~\\& ", 9 }, "byte 3" },
		{ { "MSH|^~A&|", 9 }, "MSH-2" },
		{ { "MSH#", 4 }, "MSH-2" },
		{ { "M\0S\0H\0|\0", 8 }, "byte 0" },
		{ { "\xff\xfeM\0S\0", 6 }, "byte 0" },
		{ { "PID|1|MSH|^~\\&|", 15 }, "byte 0" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(hl7_parse(&m, rows[i].text, NULL, &e), ERR_INPUT);
		ck_assert_str_eq(e.field, rows[i].place);
		ck_assert_uint_gt(strlen(e.detail), 10);
		ck_assert_uint_eq(m.segment_count, 0);
	}
}
END_TEST

START_TEST(limits_are_kept_and_named)
{
	const struct hl7_limits limits = { .bytes = 40, .segments = 2, .fields = 5 };
	const char *text = "MSH|^~\\&|A\rPID|1\rPV1|1\r";

	ck_assert_int_eq(hl7_parse(&m, slice_of(text), &limits, &e), ERR_LIMIT);
	ck_assert_str_eq(e.field, "segment 3");
	ck_assert_int_eq(hl7_parse(&m, slice_of("MSH|^~\\&|A\rPID||||||\r"), &limits, &e), ERR_LIMIT);
	ck_assert_str_eq(e.field, "segment 2");
	ck_assert_int_eq(hl7_parse(&m, slice_of("MSH|^~\\&|A\rPID|||||x\r"), &limits, &e), 0);
	ck_assert_int_eq(hl7_parse(&m, slice_from(PID_TEXT, 41), &limits, &e), ERR_LIMIT);
	ck_assert_str_eq(e.field, "byte 40");
	/* lines of one byte would make an index larger than promised */
	ck_assert_int_eq(parse("MSH|^~\\&|\rA\rA\rA\rA\rA\rA\rA\rA\rA\rA\r"), ERR_LIMIT);
}
END_TEST

START_TEST(the_index_stays_within_one_and_a_quarter_of_the_message)
{
	char text[5000] = "MSH|^~\\&|\r";
	uint32_t len = 10;

	for (; len + 4 <= 4096; len += 4)
		memcpy(text + len, "ZZ1\r", 4);
	ck_assert_int_eq(hl7_parse(&m, slice_from(text, len), NULL, &e), 0);
	ck_assert_uint_gt(m.segment_count, 1000);
	ck_assert_uint_le(hl7_index_size(&m), len + len / 4 + 20);
	memset(text + 9, '|', 4000);
	const struct hl7_limits limits = { .fields = 5000 };
	ck_assert_int_eq(hl7_parse(&m, slice_from(text, 4009), &limits, &e), 0);
	ck_assert_uint_eq(hl7_field_count(&m, 0), 4003); /* 4002 separators */
	ck_assert_uint_le(hl7_index_size(&m), 4009 + 4009 / 4 + 20);
}
END_TEST

START_TEST(a_walk_sees_the_same_fields_as_their_numbers)
{
	ck_assert_int_eq(parse(PID_TEXT), 0);
	for (uint32_t i = 0; i < m.segment_count; i++) {
		struct hl7_walk w;
		struct hl7_value v;

		hl7_walk_begin(&w, &m, i);
		while (hl7_walk_next(&w, &v)) {
			struct hl7_value again = hl7_field(&m, i, w.field);

			ck_assert_int_eq(v.state, again.state);
			ck_assert_ptr_eq(v.raw.at, again.raw.at);
			ck_assert_uint_eq(v.raw.len, again.raw.len);
		}
		ck_assert_uint_eq(w.field, hl7_field_count(&m, i));
		ck_assert_int_eq(hl7_field(&m, i, w.field + 1).state, HL7_ABSENT);
	}
}
END_TEST

START_TEST(an_object_that_has_seen_the_largest_message_allocates_no_more)
{
	char text[9000] = "MSH|^~\\&|\r";

	for (size_t n = 10; n + 4 <= sizeof(text); n += 4)
		memcpy(text + n, "ZZ1\r", 4);
	ck_assert_int_eq(hl7_parse(&m, slice_from(text, sizeof(text) - 2), NULL, &e), 0);
	const uint32_t *segment = m.segment;
	const struct hl7_block *block = m.block;
	for (size_t len = 10; len < sizeof(text); len += 100) {
		ck_assert_int_eq(hl7_parse(&m, slice_from(text, len), NULL, &e), 0);
		ck_assert_ptr_eq(m.segment, segment);
		ck_assert_ptr_eq(m.block, block);
	}
}
END_TEST

static void
begin(void)
{
	hl7_message_init(&m);
}

static void
end(void)
{
	hl7_message_free(&m);
}

int
main(void)
{
	Suite *s = suite_create("hl7_message");
	TCase *c = tcase_create("message");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, a_path_leads_to_field_repetition_component_and_subcomponent);
	tcase_add_test(c, absent_empty_and_delete_are_three_things);
	tcase_add_test(c, each_gives_every_place_and_stops_at_the_group);
	tcase_add_test(c, a_path_that_is_none_is_refused_with_its_place);
	tcase_add_test(c, delimiters_are_the_messages_own);
	tcase_add_test(c, line_ends_mark_and_frame_are_tolerated_and_remembered);
	tcase_add_test(c, a_line_feed_inside_a_field_is_data);
	tcase_add_test(c, what_is_not_hl7_is_refused_with_reason_and_place);
	tcase_add_test(c, limits_are_kept_and_named);
	tcase_add_test(c, the_index_stays_within_one_and_a_quarter_of_the_message);
	tcase_add_test(c, an_object_that_has_seen_the_largest_message_allocates_no_more);
	tcase_add_test(c, a_walk_sees_the_same_fields_as_their_numbers);
	suite_add_tcase(s, c);
	return unit_main(s);
}
