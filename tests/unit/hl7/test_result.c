/* Results from HL7 and ASTM look the same afterwards. */
#include "hl7/astm.h"
#include "hl7/result.h"
#include "tests/unit/unit.h"

static struct hl7_message m;
static struct arena *arena;
static struct err e;

static const struct result_message *
read_hl7(const char *text, enum hl7_charset c)
{
	struct result_message *r;

	ck_assert_int_eq(hl7_parse(&m, slice_of(text), NULL, &e), 0);
	ck_assert_int_eq(result_read_hl7(&m, c, arena, &r, &e), 0);
	return r;
}

static const struct result_message *
read_astm(const char *text)
{
	struct result_message *r;

	ck_assert_int_eq(astm_parse(&m, slice_of(text), NULL, &e), 0);
	ck_assert_int_eq(result_read_astm(&m, HL7_CHARSET_UTF8, arena, &r, &e), 0);
	return r;
}

START_TEST(an_oru_gives_patient_orders_results_and_notes)
{
	const struct result_message *r = read_hl7(
	    "MSH|^~\\&|LAB|TT|HMIS|66001|20260716||ORU^R01^ORU_R01|9|P|2.5.1\r"
	    "PID|1||9990001^^^X||NGUYỄN^AN^VĂN||19800101|M\rNTE|1||of the patient\r"
	    "PV1|1|O|||||||||||||||||V77\r"
	    "ORC|RE|P1|F1\rOBR|1|P1|F1|CTM^Công thức máu^L|||202607160800|||||||||||||||202607160900|||F\r"
	    "OBX|1|NM|WBC^Bạch cầu^L||5.6|10*9/L|4-10|H~A|||F|||202607160850\rNTE|1||line one~line two\r"
	    "OBX|2|CE|BLD^Nhóm máu||A^Nhóm A^L||||||F\rOBX|3|SN|TIT||>^1^:^128\rOBX|4|ST|X||\"\"\r"
	    "SPM|1|S77&L^F77|BLO\r"
	    "OBR|2|P2||SH\rOBX|1|TX|T||a\\T\\b~c\r",
	    HL7_CHARSET_UTF8);
	const struct result_patient *p = r->patients;
	const struct result_order *o = p->orders;
	const struct result_item *x = o->items;

	ck_slice(r->control_id, "9");
	ck_slice(r->event, "R01");
	ck_slice(p->id, "9990001");
	ck_slice(p->family, "NGUYỄN");
	ck_slice(p->visit, "V77");
	ck_slice(p->notes->text, "of the patient");
	ck_assert_uint_eq(r->order_count, 2);
	ck_assert_uint_eq(r->item_count, 5);
	ck_slice(o->service.name, "Công thức máu");
	ck_slice(o->specimen, "S77");
	ck_slice(o->status, "F");
	ck_slice(x->value.text, "5.6");
	ck_slice(x->unit, "10*9/L");
	ck_slice(x->flags, "H,A");
	ck_slice(x->notes->text, "line one\nline two");
	x = x->next;
	ck_slice(x->value.text, "Nhóm A");
	ck_slice(x->coded.code, "A");
	x = x->next;
	ck_slice(x->value.text, ">1:128");
	x = x->next;
	ck_assert(x->value.is_null);
	ck_slice(x->value.text, "");
	o = o->next;
	ck_slice(o->placer, "P2");
	ck_slice(o->items->value.text, "a&b\nc");
	ck_slice(o->specimen, "");
	ck_assert_ptr_null(o->next);
}
END_TEST

START_TEST(an_oul_names_the_specimen_first)
{
	const struct result_message *r = read_hl7(
	    "MSH|^~\\&|A||||||OUL^R22|1|P|2.5.1\rPID|1||1\rSPM|1|B1|S\rOBR|1|||GLU\rOBX|1|NM|GLU||5\r"
	    "SPM|2|B2|S\rOBR|2|||URE\rOBX|1|NM|URE||6\r",
	    HL7_CHARSET_UTF8);

	ck_slice(r->patients->orders->specimen, "B1");
	ck_slice(r->patients->orders->next->specimen, "B2");
}
END_TEST

START_TEST(an_obx_without_order_is_not_lost)
{
	const struct result_message *r =
	    read_hl7("MSH|^~\\&|A||||||ORU^R01|1|P|2.3.1\rOBX|1|NM|GLU||5\r", HL7_CHARSET_UTF8);

	ck_assert_uint_eq(r->order_count, 1);
	ck_slice(r->patients->orders->items->value.text, "5");
}
END_TEST

START_TEST(texts_come_in_utf8_and_unknown_bytes_are_counted)
{
	const struct result_message *r =
	    read_hl7("MSH|^~\\&|A||||||ORU^R01|1|P|2.3.1\rOBX|1|ST|X||\xb5g\x81\r", HL7_CHARSET_TCVN3);

	ck_slice(r->patients->orders->items->value.text, "àg\xee\xbe\x81");
	ck_assert_uint_eq(r->undecodable, 1);
	ck_assert_uint_eq(r->patients->orders->items->undecodable, 1);
}
END_TEST

START_TEST(analyzer_records_give_the_same)
{
	const struct result_message *r =
	    read_astm("H|\\^&|77||XN^1|||||||P|1|20260716080000\rP|1|PID9|LAB9||TRẦN^BÌNH||19700101|F\r"
		      "O|1|  B77||^^^GLU\\^^^URE|R||202607160700||||N||||S||||||||||F\r"
		      "R|1|^^^GLU^1| 5.6 |mmol/L|3.9 - 6.4|H||F||op|20260716|20260716081500|D1\rC|1|I|ok|G\r"
		      "M|1|x\rR|2|^^^URE|\"\"\rQ|1|^B78||ALL\rL|1|N\r");
	const struct result_order *o = r->patients->orders;
	const struct result_item *x = o->items;

	ck_slice(r->sender, "XN");
	ck_slice(r->control_id, "77");
	ck_slice(r->patients->id, "PID9");
	ck_slice(r->patients->lab_id, "LAB9");
	ck_slice(r->patients->given, "BÌNH");
	ck_slice(o->specimen, "B77");
	ck_slice(o->service.code, "GLU");
	ck_slice(o->status, "F");
	ck_slice(x->test.code, "GLU");
	ck_slice(x->value.text, "5.6");
	ck_slice(x->range, "3.9 - 6.4");
	ck_slice(x->status, "F");
	ck_slice(x->observed_at, "20260716081500");
	ck_slice(x->notes->text, "ok");
	ck_assert(x->next->value.is_null);
	ck_slice(r->queries->specimen, "B78");
	ck_assert(r->ended);
}
END_TEST

static void
begin(void)
{
	hl7_message_init(&m);
	arena = arena_new(0);
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
	Suite *s = suite_create("hl7_result");
	TCase *c = tcase_create("result");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, an_oru_gives_patient_orders_results_and_notes);
	tcase_add_test(c, an_oul_names_the_specimen_first);
	tcase_add_test(c, an_obx_without_order_is_not_lost);
	tcase_add_test(c, texts_come_in_utf8_and_unknown_bytes_are_counted);
	tcase_add_test(c, analyzer_records_give_the_same);
	suite_add_tcase(s, c);
	return unit_main(s);
}
