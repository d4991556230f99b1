/* Findings. What is right or wrong is read off the standard's chapters 2, 2.A, 3 and 7. */
#include "hl7/tables.h"
#include "hl7/validate.h"
#include "tests/unit/unit.h"

static struct hl7_message m;
static struct arena *arena;
static struct err e;
static struct hl7_profile *profile;

#define MSH(version) "MSH|^~\\&|A|B|C|D|20260716||ORU^R01|1|P|" version "\r"

/* All findings of a message as "path name severity;" in their order. */
static const char *
judge(const char *text)
{
	static char got[4000];
	struct hl7_findings l;
	size_t n = 0;

	ck_assert_int_eq(hl7_parse(&m, slice_of(text), NULL, &e), 0);
	hl7_findings_init(&l, arena);
	hl7_validate(&m, HL7_CHARSET_UTF8, profile, &l);
	got[0] = 0;
	for (size_t i = 0; i < l.count && n < sizeof(got); i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s %s %s;", l.item[i].path,
		    hl7_finding_name(l.item[i].code), hl7_severity_name(l.item[i].severity));
	return got;
}

START_TEST(a_good_message_has_no_findings)
{
	ck_assert_str_eq(judge(MSH("2.5.1") "PID|1||77^^^X^MR||NGUYỄN^AN||19800229|F\r"
					    "OBR|1||F1|GLU^Đường\rOBX|1|NM|GLU^Đường||-5.6|mmol/"
					    "L|||||F|||20260716083000.12+0700\r"
					    "ZZZ|whatever\r"),
	    "");
}
END_TEST

START_TEST(each_kind_of_fault_is_found_where_it_is)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ MSH("2.5.1") "PID|1||||N\r", "PID-3 required-missing error;" },
		{ MSH("2.5.1") "PID|1||7\r", "PID-5 required-missing error;" },
		{ MSH("2.5.1") "OBX|1|NM|X||5,6||||||F\r", "OBX-5 type error;" },
		{ MSH("2.5.1") "OBX|1|NM|X||5.6||||||F\rOBX|1|NM|X||1~a||||||F\r",
		    "OBX(2)-5(2) type error;" },
		{ MSH("2.5.1") "OBX|1|DT|X||20260230||||||F\r", "OBX-5 type error;" },
		{ MSH("2.5.1") "OBX|1|TM|X||2460||||||F\r", "OBX-5 type error;" },
		{ MSH("2.5.1") "OBX|1|NM|X||1||||||?\r", "OBX-11 code warning;" },
		{ MSH("2.5.1") "OBX|x|NM|X||1||||||F\r", "OBX-1 type error;" },
		{ MSH("2.5.1") "PID|1||7||N||2026-07|Q\r", "PID-7.1 type error;PID-8 code-added info;" },
		{ MSH("2.3") "PID|1||7||N||31/12/1980\r", "PID-7.1 type error;" },
		{ MSH("2.3") "PID|1||7||N~M\r", "PID-5(2) repeated warning;" },
		{ MSH("2.5.1") "OBX|1|NM|X^^^^^^^||1||||||F\r", "" },
		{ MSH("2.5.1") "OBX|1|NM|X^^^^^^v||1||||||F\r", "OBX-3.7 component-beyond warning;" },
		{ MSH("2.7") "OBX|1|NM|X^^^^^^v||1||||||F\r", "" },
		{ MSH("2.3") "SPM|1\r", "SPM segment-unknown warning;" },
		{ MSH("2.5.1") "PIDX|1\r", "PIDX segment-name warning;" },
		{ MSH("9") "NTE|1\r", "MSH-12 version-unknown warning;MSH-12.1 code warning;" },
		{ MSH("2.5.1") "NTE|1||a|||||x\r", "NTE-8 field-beyond warning;" },
		{ "MSH|^~\\&|A\nNTE|1\n",
		    " tolerated info;MSH-12 version-unknown warning;MSH-7 required-missing error;"
		    "MSH-9 required-missing error;MSH-10 required-missing error;"
		    "MSH-11 required-missing error;MSH-12 required-missing error;" },
		{ MSH("2.5.1") "NTE|1||\xff\r", " undecodable warning;" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(judge(rows[i].text), rows[i].want);
}
END_TEST

START_TEST(times_are_those_of_the_standard)
{
	static const struct {
		const char *value;
		bool good;
	} rows[] = {
		{ "2026", true },
		{ "202607", true },
		{ "20260716", true },
		{ "2026071608", true },
		{ "202607160830", true },
		{ "20260716083059", true },
		{ "20260716083059.1234", true },
		{ "20260716083059.1234+0700", true },
		{ "202607-0500", true },
		{ "20240229", true },
		{ "20230229", false },
		{ "202613", false },
		{ "20260732", false },
		{ "2026071624", false },
		{ "202607160860", false },
		{ "20260716083059.12345", false },
		{ "2026071608.1", false },
		{ "20260716+7", false },
		{ "16/07/2026", false },
		{ "2026071", false },
		{ "20260716 0830", false },
		{ "20260716083059.", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[300];

		snprintf(text, sizeof(text), MSH("2.6") "OBX|1|DTM|X||%s||||||F\r", rows[i].value);
		ck_assert_str_eq(judge(text), rows[i].good ? "" : "OBX-5 type error;");
	}
}
END_TEST

START_TEST(a_profile_adds_rules_and_takes_findings_away)
{
	static const char text[] = "path\trule\tvalue\tseverity\tnote\n"
				   "PID-3.1\tlength\t4\terror\t\n"
				   "OBX(*)-3.1\tvalues\tGLU, URE\twarning\t\n"
				   "OBX(*)-18\trequired\t\tinfo\t\n"
				   "PV1-19.1\trequired\t\terror\t\n"
				   "PID-19\tforbidden\t\terror\t\n"
				   "OBX-11\tignore\t\t\t\n";

	ck_assert_int_eq(hl7_profile_read(arena, "p.tsv", slice_of(text), &profile, &e), 0);
	ck_assert_str_eq(
	    judge(MSH(
		"2.5.1") "PID|1||ưưưưư||N||||||||||||||1\r"
			 "OBX|1|NM|GLU||1||||||?|||||||D\rOBX|1|NM|XYZ||1||||||?|||||||D\rOBX|1|NM|URE||1\r"),
	    "PID-3.1 profile-length error;OBX(2)-3.1 profile-values warning;OBX(3)-18 profile-required info;"
	    "PV1-19.1 profile-required error;PID-19 profile-forbidden error;");
}
END_TEST

START_TEST(a_profile_that_cannot_be_read_names_its_place)
{
	static const struct {
		const char *row, *place;
	} rows[] = {
		{ "PID-3\tneeded\t\t\n", "p.tsv:2:rule" },
		{ "PIDX-3\trequired\t\t\n", "p.tsv:2:path" },
		{ "PID-3\tlength\tx\t\n", "p.tsv:2:value" },
		{ "PID-3\trequired\t\tfatal\n", "p.tsv:2:severity" },
		{ "PID-3\tvalues\t\t\n", "p.tsv:2:value" },
		{ "PID-3\n", "p.tsv:2" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[200];

		snprintf(text, sizeof(text), "path\trule\tvalue\tseverity\n%s", rows[i].row);
		ck_assert_int_eq(hl7_profile_read(arena, "p.tsv", slice_of(text), &profile, &e), ERR_INPUT);
		ck_assert_str_eq(e.field, rows[i].place);
	}
}
END_TEST

START_TEST(a_finding_speaks_both_languages_and_becomes_an_err_segment)
{
	struct hl7_findings l;
	struct buf text;

	ck_assert_int_eq(hl7_parse(&m, SLICE(MSH("2.5.1") "PID|1||7\r"), NULL, &e), 0);
	hl7_findings_init(&l, arena);
	hl7_validate(&m, HL7_CHARSET_UTF8, NULL, &l);
	ck_assert_uint_eq(l.count, 1);
	buf_init(&text, 1000);
	hl7_finding_print(&l.item[0], true, &text);
	ck_slice(buf_slice(&text), "Required field missing: Patient name");
	buf_reset(&text);
	hl7_finding_print(&l.item[0], false, &text);
	ck_slice(buf_slice(&text), "Thiếu trường bắt buộc Patient name");
	struct hl7_ack_error error = hl7_finding_error(&m, &l.item[0], arena);
	ck_assert_int_eq((int)error.code, 101);
	ck_assert_str_eq(error.segment, "PID");
	ck_assert_uint_eq(error.field, 5);
	buf_free(&text);
}
END_TEST

START_TEST(a_list_that_is_full_says_so)
{
	struct hl7_findings l;
	struct buf text;

	buf_init(&text, 100000);
	buf_add_text(&text, MSH("2.5.1"));
	for (int i = 0; i < HL7_FINDINGS_MAX + 50; i++)
		buf_add_text(&text, "OBX|x|NM|X||1||||||F\r");
	ck_assert_int_eq(hl7_parse(&m, buf_slice(&text), NULL, &e), 0);
	hl7_findings_init(&l, arena);
	hl7_validate(&m, HL7_CHARSET_UTF8, NULL, &l);
	ck_assert_uint_eq(l.count, HL7_FINDINGS_MAX);
	ck_assert_int_eq(l.item[l.count - 1].code, HL7_FINDING_MORE);
	ck_assert_int_eq(l.worst, HL7_SEVERITY_ERROR);
	buf_free(&text);
}
END_TEST

START_TEST(the_tables_know_what_each_version_has)
{
	ck_assert_uint_eq(hl7_table_field_count(HL7_V2_3, SLICE("PID")), 30);
	ck_assert_uint_eq(hl7_table_field_count(HL7_V2_5_1, SLICE("PID")), 39);
	ck_assert_uint_eq(hl7_table_field_count(HL7_V2_3, SLICE("SPM")), 0);
	ck_assert_str_eq(hl7_table_field(HL7_V2_3, SLICE("OBX"), 3)->type, "CE");
	ck_assert_str_eq(hl7_table_field(HL7_V2_8, SLICE("OBX"), 3)->type, "CWE");
	ck_assert_ptr_null(hl7_table_field(HL7_V2_5, SLICE("PID"), 99));
	ck_assert_ptr_null(hl7_table_segment(SLICE("ZZZ")));
	ck_assert_int_eq(hl7_table_code(125, SLICE("NM")), HL7_CODE_KNOWN);
	ck_assert_int_eq(hl7_table_code(125, SLICE("??")), HL7_CODE_WRONG);
	ck_assert_int_eq(hl7_table_code(1, SLICE("X")), HL7_CODE_ADDED);
	ck_assert_int_eq(hl7_table_code(4711, SLICE("X")), HL7_CODE_NO_TABLE);
	ck_assert_int_eq(hl7_version_of(SLICE("2.8.2")), HL7_V2_8);
	ck_assert_int_eq(hl7_version_of(SLICE("3")), HL7_VERSION_COUNT);
}
END_TEST

static void
begin(void)
{
	hl7_message_init(&m);
	arena = arena_new(0);
	profile = NULL;
}

static void
end(void)
{
	hl7_message_free(&m);
	arena_free(arena);
}

int
main(void)
{
	Suite *s = suite_create("hl7_validate");
	TCase *c = tcase_create("validate");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, a_good_message_has_no_findings);
	tcase_add_test(c, each_kind_of_fault_is_found_where_it_is);
	tcase_add_test(c, times_are_those_of_the_standard);
	tcase_add_test(c, a_profile_adds_rules_and_takes_findings_away);
	tcase_add_test(c, a_profile_that_cannot_be_read_names_its_place);
	tcase_add_test(c, a_finding_speaks_both_languages_and_becomes_an_err_segment);
	tcase_add_test(c, a_list_that_is_full_says_so);
	tcase_add_test(c, the_tables_know_what_each_version_has);
	suite_add_tcase(s, c);
	return unit_main(s);
}
