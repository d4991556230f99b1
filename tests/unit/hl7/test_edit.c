/* Changing and building messages: only what was asked for changes. */
#include "hl7/build.h"
#include "hl7/edit.h"
#include "tests/unit/unit.h"

#define TEXT "MSH|^~\\&|A|B\r\nPID|1||77^^^X~88||N\\T\\M^B||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST"

static struct hl7_message m;
static struct err e;
static struct arena *arena;
static struct buf out;

static int
set(struct hl7_edit *edit, const char *path, const char *value)
{
	struct hl7_path p;

	ck_assert_int_eq(hl7_path_compile(slice_of(path), &p, &e), 0);
	return hl7_edit_set(edit, &p, slice_of(value), &e);
}

static void
check_written(const struct hl7_edit *edit, const char *want)
{
	buf_reset(&out);
	hl7_edit_write(edit, &out);
	ck_slice(buf_slice(&out), want);
}

START_TEST(an_edit_without_changes_copies)
{
	struct hl7_edit edit;

	hl7_edit_begin(&edit, &m, arena);
	check_written(&edit, TEXT);
}
END_TEST

START_TEST(only_the_place_that_is_set_changes)
{
	static const struct {
		const char *path, *value, *want;
	} rows[] = {
		{ "PID-3.1", "99",
		    "MSH|^~\\&|A|B\r\nPID|1||99^^^X~88||N\\T\\M^B||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "PID-3(2).4", "a|b",
		    "MSH|^~\\&|A|B\r\nPID|1||77^^^X~88^^^a\\F\\b||N\\T\\M^B||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "PID-3", "9", "MSH|^~\\&|A|B\r\nPID|1||9||N\\T\\M^B||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "PID-5.2.2", "s",
		    "MSH|^~\\&|A|B\r\nPID|1||77^^^X~88||N\\T\\M^B&s||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "PID-7.2", "d",
		    "MSH|^~\\&|A|B\r\nPID|1||77^^^X~88||N\\T\\M^B||^d\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "PID-10", "n",
		    "MSH|^~\\&|A|B\r\nPID|1||77^^^X~88||N\\T\\M^B||\"\"|||n\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "MSH-3", "Q",
		    "MSH|^~\\&|Q|B\r\nPID|1||77^^^X~88||N\\T\\M^B||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST" },
		{ "OBX-5", "v",
		    "MSH|^~\\&|A|B\r\nPID|1||77^^^X~88||N\\T\\M^B||\"\"\r\nZZZ|x\\qy\r\nOBX|1|ST|||v" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hl7_edit edit;

		hl7_edit_begin(&edit, &m, arena);
		ck_assert_int_eq(set(&edit, rows[i].path, rows[i].value), 0);
		check_written(&edit, rows[i].want);
	}
}
END_TEST

START_TEST(changes_add_up)
{
	struct hl7_edit edit;
	struct hl7_path p;

	hl7_edit_begin(&edit, &m, arena);
	ck_assert_int_eq(set(&edit, "PID-5.1", "NGUYỄN"), 0);
	ck_assert_int_eq(set(&edit, "PID-5.3", "AN"), 0);
	ck_assert_int_eq(hl7_path_compile(SLICE("PID-3"), &p, &e), 0);
	ck_assert_int_eq(hl7_edit_set_raw(&edit, &p, SLICE("\"\""), &e), 0);
	hl7_edit_remove(&edit, 2);
	hl7_edit_insert(&edit, 1, SLICE("PV1|1"));
	hl7_edit_insert(&edit, 3, SLICE("NTE|1"));
	hl7_edit_insert(&edit, 3, SLICE("NTE|2"));
	check_written(&edit,
	    "MSH|^~\\&|A|B\r\nPID|1||\"\"||NGUYỄN^B^AN||\"\"\r\nPV1|1\r\nOBX|1|ST\r\nNTE|1\r\nNTE|2\r\n");
}
END_TEST

START_TEST(what_cannot_be_set_is_refused)
{
	struct hl7_edit edit;

	hl7_edit_begin(&edit, &m, arena);
	ck_assert_int_eq(set(&edit, "PV1-3", "x"), ERR_NOT_FOUND);
	ck_assert_int_eq(set(&edit, "PID", "x"), ERR_UNSUPPORTED);
	ck_assert_int_eq(set(&edit, "PID-3(*)", "x"), ERR_UNSUPPORTED);
	ck_assert_int_eq(set(&edit, "MSH-2", "x"), ERR_UNSUPPORTED);
	check_written(&edit, TEXT);
}
END_TEST

START_TEST(a_built_message_has_no_separator_too_many)
{
	struct hl7_builder b;

	hl7_build_begin(&b, &out, NULL);
	hl7_build_segment(&b, "MSH");
	hl7_build_field(&b, 3, "HMIS");
	hl7_build_text(&b, 9, 1, 1, 1, SLICE("ADT"));
	hl7_build_text(&b, 9, 1, 2, 1, SLICE("A01"));
	hl7_build_segment(&b, "PID");
	hl7_build_text(&b, 3, 1, 1, 1, SLICE("7|7"));
	hl7_build_text(&b, 3, 1, 4, 2, SLICE("X"));
	hl7_build_text(&b, 3, 2, 1, 1, SLICE("8"));
	hl7_build_field(&b, 5, "");
	hl7_build_null(&b, 7);
	hl7_build_segment(&b, "EVN");
	ck_assert_int_eq(hl7_build_end(&b, &e), 0);
	ck_slice(buf_slice(&out), "MSH|^~\\&|HMIS||||||ADT^A01\rPID|||7\\F\\7^^^&X~8||||\"\"\rEVN\r");
}
END_TEST

START_TEST(a_builder_reports_what_it_cannot_write)
{
	const struct hl7_delimiters few = { '|', '^', 0, 0, 0, 0 };
	struct hl7_builder b;
	struct buf small;

	hl7_build_begin(&b, &out, &few);
	hl7_build_segment(&b, "MSH");
	hl7_build_field(&b, 3, "a|b");
	ck_assert_int_eq(hl7_build_end(&b, &e), ERR_INPUT);
	buf_init(&small, 12);
	hl7_build_begin(&b, &small, NULL);
	hl7_build_segment(&b, "MSH");
	hl7_build_field(&b, 3, "too much");
	ck_assert_int_eq(hl7_build_end(&b, &e), ERR_LIMIT);
	buf_free(&small);
}
END_TEST

static void
begin(void)
{
	hl7_message_init(&m);
	buf_init(&out, 10000);
	arena = arena_new(0);
	ck_assert_int_eq(hl7_parse(&m, SLICE(TEXT), NULL, &e), 0);
}

static void
end(void)
{
	hl7_message_free(&m);
	buf_free(&out);
	arena_free(arena);
}

int
main(void)
{
	Suite *s = suite_create("hl7_edit");
	TCase *c = tcase_create("edit");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, an_edit_without_changes_copies);
	tcase_add_test(c, only_the_place_that_is_set_changes);
	tcase_add_test(c, changes_add_up);
	tcase_add_test(c, what_cannot_be_set_is_refused);
	tcase_add_test(c, a_built_message_has_no_separator_too_many);
	tcase_add_test(c, a_builder_reports_what_it_cannot_write);
	suite_add_tcase(s, c);
	return unit_main(s);
}
