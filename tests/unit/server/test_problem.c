/*
 * What clients read when PostgreSQL refuses: SQLSTATEs of PostgreSQL 15, appendix A; the form of RFC 9457;
 * titles of problems.tsv.
 */
#include "base/json.h"
#include "server/app/problem.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static const char *body; /* of the request */

static void
setup(void)
{
	arena = arena_new(0);
}

static void
teardown(void)
{
	arena_free(arena);
}

static struct problem
of(struct pg_error e)
{
	struct problem p;
	e.message = e.message ? e.message : "";
	e.detail = e.detail ? e.detail : "";
	e.table = e.table ? e.table : "";
	e.column = e.column ? e.column : "";
	e.constraint = e.constraint ? e.constraint : "";
	e.code = e.code ? e.code : ERR_INPUT;
	problem_from_pg(&p, arena, &e, slice_of(body));
	return p;
}

START_TEST(standard_states_have_a_status)
{
	static const struct {
		const char *sqlstate;
		int http;
		const char *code;
	} row[] = { { "23505", 409, "value.taken" }, { "23503", 422, "reference.unknown" },
		{ "23514", 422, "value.refused" }, { "23P01", 409, "value.overlaps" },
		{ "23502", 422, "value.missing" }, { "22P02", 422, "value.malformed" },
		{ "22003", 422, "value.out_of_range" }, { "22007", 422, "value.bad_date" },
		{ "22008", 422, "value.bad_date" }, { "22001", 422, "value.too_long" },
		{ "40001", 503, "busy.conflict" }, { "40P01", 503, "busy.conflict" },
		{ "55P03", 503, "busy.locked" }, { "57014", 503, "busy.too_slow" },
		{ "53300", 503, "busy.database" }, { "57P01", 503, "busy.database" },
		{ "53100", 503, "busy.disk_full" }, { "25006", 503, "busy.read_only" },
		{ "42501", 403, "permission.denied" }, { "25P02", 500, "internal" },
		{ "42P01", 500, "internal" }, { "P0001", 500, "internal" }, { "HMxyz", 500, "internal" },
		{ "HM200", 500, "internal" } };
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct pg_error e = { 0 };
		memcpy(e.sqlstate, row[i].sqlstate, 6);
		struct problem p = of(e);
		ck_assert_msg(p.http == row[i].http && strcmp(p.code, row[i].code) == 0, "%s: %d %s",
		    row[i].sqlstate, p.http, p.code);
		ck_assert(p.title_vi[0] && p.title_en[0]);
		ck_assert_int_eq(p.retry_after_s, p.http == 503 ? 1 : 0);
	}
}
END_TEST

START_TEST(a_lost_connection_is_503)
{
	ck_assert_int_eq(of((struct pg_error){ .code = ERR_IO }).http, 503);
	ck_assert_int_eq(of((struct pg_error){ .code = ERR_BUSY }).http, 503);
}
END_TEST

START_TEST(our_own_states_carry_status_code_and_fields)
{
	struct problem p = of((struct pg_error){ .sqlstate = "HM412", .message = "version.changed" });
	ck_assert_int_eq(p.http, 412);
	ck_assert_str_eq(p.code, "version.changed");
	p = of((struct pg_error){ .sqlstate = "HM422",
	    .message = "thing.unheard_of",
	    .detail = "[{\"pointer\":\"/a\",\"code\":\"x\",\"detail\":\"y\"}]" });
	ck_assert_int_eq(p.http, 422);
	ck_assert_str_eq(p.code, "thing.unheard_of");
	ck_assert_str_eq(p.errors, "[{\"pointer\":\"/a\",\"code\":\"x\",\"detail\":\"y\"}]");
	ck_assert(p.title_vi[0]);
	/* a DETAIL that is not the promised JSON must not break the answer */
	ck_assert_ptr_null(
	    of((struct pg_error){ .sqlstate = "HM422", .message = "a.b", .detail = "[{" }).errors);
}
END_TEST

START_TEST(the_field_comes_from_the_constraint_or_the_column)
{
	struct problem p = of(
	    (struct pg_error){ .sqlstate = "23505", .table = "patient", .constraint = "patient_phone_key" });
	ck_assert_ptr_nonnull(strstr(p.errors, "\"pointer\":\"/phone\""));
	p = of((struct pg_error){ .sqlstate = "23502", .table = "patient", .column = "full_name" });
	ck_assert_ptr_nonnull(strstr(p.errors, "\"pointer\":\"/full_name\""));
	p = of((struct pg_error){ .sqlstate = "23505", .table = "user", .constraint = "user_username_key" });
	ck_assert_str_eq(p.code, "user.username_taken");
}
END_TEST

START_TEST(an_unusable_value_is_found_in_the_body)
{
	body = "{\"on\":\"2026-13-01\",\"lines\":[{\"n\":1},{\"a/b\":\"x y\",\"n\":1}]}";
	struct problem p = of((struct pg_error){
	    .sqlstate = "22008", .message = "date/time field value out of range: \"2026-13-01\"" });
	ck_assert_ptr_nonnull(strstr(p.errors, "\"pointer\":\"/on\""));
	p = of((struct pg_error){
	    .sqlstate = "22P02", .message = "invalid input syntax for type bigint: \"x y\"" });
	ck_assert_ptr_nonnull(strstr(p.errors, "\"pointer\":\"/lines/1/a~1b\"")); /* RFC 6901, 3 */
	/* the value stands twice, or nowhere: no guess */
	p = of(
	    (struct pg_error){ .sqlstate = "22P02", .message = "invalid input syntax for type date: \"1\"" });
	ck_assert_ptr_nonnull(strstr(p.errors, "\"pointer\":\"\""));
	p = of(
	    (struct pg_error){ .sqlstate = "22P02", .message = "invalid input syntax for type date: \"2\"" });
	ck_assert_ptr_nonnull(strstr(p.errors, "\"pointer\":\"\""));
	body = NULL;
	p = of((struct pg_error){ .sqlstate = "22P02", .message = "no quotes" });
	ck_assert_ptr_null(strstr(p.errors, "no quotes")); /* the server's words stay here */
	ck_assert_ptr_nonnull(strstr(p.errors, "is not of the kind that the field takes"));
}
END_TEST

START_TEST(server_texts_never_reach_the_client)
{
	struct buf b;
	struct problem p = of((struct pg_error){ .sqlstate = "23505",
	    .table = "patient",
	    .constraint = "patient_phone_key",
	    .message = "duplicate key",
	    .detail = "Key (phone)=(0905123456) already exists." });
	buf_init(&b, 1 << 16);
	problem_write(&p, SLICE(""), SLICE("id"), &b);
	ck_assert_ptr_null(strstr(b.at, "0905123456"));
	buf_free(&b);
}
END_TEST

START_TEST(the_body_is_json_in_the_language_asked_for)
{
	static const struct {
		const char *accept;
		bool english;
	} row[] = { { "", false }, { "vi", false }, { "en", true }, { "en-GB,en;q=0.9", true },
		{ "vi,en;q=0.5", false }, { "fr, en", true }, { "*", false } };
	struct problem p;
	problem_from_code(&p, "not_found", 0);
	problem_add(&p, arena, "/a\"b", "x.y", "tab\there");
	problem_add(&p, arena, "?q", "x.z", "second");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct buf b;
		struct json_value *v;
		buf_init(&b, 1 << 16);
		problem_write(&p, slice_of(row[i].accept), SLICE("req-1"), &b);
		ck_assert_int_eq(json_parse(arena, buf_slice(&b), 100, &v, NULL), 0);
		ck_slice(json_member_text(v, "title"), row[i].english ? p.title_en : p.title_vi);
		ck_slice(json_member_text(v, "status"), "404");
		ck_slice(json_member_text(v, "request_id"), "req-1");
		const struct json_value *errors = json_member(v, "errors");
		ck_assert_uint_eq(errors->count, 2);
		ck_slice(json_member_text(errors->first, "pointer"), "/a\"b");
		ck_slice(json_member_text(errors->first->next, "code"), "x.z");
		buf_free(&b);
	}
}
END_TEST

START_TEST(every_row_has_both_titles_and_order)
{
	for (size_t i = 0; i < problem_row_count; i++) {
		ck_assert(problem_rows[i].title_vi[0] && problem_rows[i].title_en[0]);
		ck_assert_ptr_eq(problem_find(slice_of(problem_rows[i].code)), &problem_rows[i]);
	}
	ck_assert_ptr_null(problem_find(SLICE("no.such.code")));
	ck_assert_ptr_null(problem_find_constraint(SLICE("")));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("problem");
	TCase *t = tcase_create("problem");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, standard_states_have_a_status);
	tcase_add_test(t, a_lost_connection_is_503);
	tcase_add_test(t, our_own_states_carry_status_code_and_fields);
	tcase_add_test(t, the_field_comes_from_the_constraint_or_the_column);
	tcase_add_test(t, an_unusable_value_is_found_in_the_body);
	tcase_add_test(t, server_texts_never_reach_the_client);
	tcase_add_test(t, the_body_is_json_in_the_language_asked_for);
	tcase_add_test(t, every_row_has_both_titles_and_order);
	suite_add_tcase(s, t);
	return unit_main(s);
}
