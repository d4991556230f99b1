/* Errors and log lines as operators and API users see them. */
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/utf8.h"
#include "tests/unit/unit.h"

START_TEST(an_error_names_its_field_and_reason)
{
	struct err e = { .http = 418 };

	ck_assert_int_eq(err_set(&e, ERR_INPUT, "/quantity", "%d is below %s", -1, "zero"), ERR_INPUT);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_str_eq(e.field, "/quantity");
	ck_assert_str_eq(e.detail, "-1 is below zero");
	err_prefix_field(&e, "/lines/3");
	ck_assert_str_eq(e.field, "/lines/3/quantity");
	ck_assert_int_eq(err_http_status(&e), 422);
	/* an error may be built from itself */
	ck_assert_int_eq(err_set(&e, ERR_IO, e.field, "again: %s", e.detail), ERR_IO);
	ck_assert_str_eq(e.field, "/lines/3/quantity");
	ck_assert_str_eq(e.detail, "again: -1 is below zero");
	ck_assert_int_eq(err_set(&e, ERR_BUSY, NULL, "later"), ERR_BUSY);
	ck_assert_str_eq(e.field, "");
	ck_assert_int_eq(err_set(NULL, ERR_BUSY, NULL, "nobody listens"), ERR_BUSY);
	err_prefix_field(NULL, "/x");
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	struct err e;
	char text[2000];

	/* đ is two bytes: 127 and 383 are odd, so a cut by bytes would leave half of one */
	for (size_t i = 0; i < sizeof(text) - 2; i += 2) {
		text[i] = '\xc4';
		text[i + 1] = '\x91';
	}
	text[sizeof(text) - 2] = '\0';
	err_set(&e, ERR_INPUT, text, "%s", text);
	ck_assert_uint_eq(strlen(e.field), 126);
	ck_assert_uint_eq(strlen(e.detail), 382);
	ck_assert(utf8_is_valid(slice_of(e.detail)));
	err_set(&e, ERR_INPUT, "x", "y");
	err_prefix_field(&e, text);
	ck_assert_uint_eq(strlen(e.field), 126);
	ck_assert(utf8_is_valid(slice_of(e.field)));
}
END_TEST

/* RFC 9110: which status tells the caller what to do */
static const struct {
	enum err_code code;
	const char *name;
	int http;
} codes[] = {
	{ ERR_NONE, "none", 200 },
	{ ERR_INPUT, "input", 422 },
	{ ERR_LIMIT, "limit", 413 },
	{ ERR_OVERFLOW, "overflow", 422 },
	{ ERR_NOT_FOUND, "not_found", 404 },
	{ ERR_CONFLICT, "conflict", 409 },
	{ ERR_BUSY, "busy", 503 },
	{ ERR_DENIED, "denied", 403 },
	{ ERR_IO, "io", 500 },
	{ ERR_UNSUPPORTED, "unsupported", 501 },
};

START_TEST(every_code_has_a_name_and_a_status)
{
	struct err e = { .code = codes[_i].code };

	ck_assert_str_eq(err_code_name(e.code), codes[_i].name);
	ck_assert_int_eq(err_http_status(&e), codes[_i].http);
	e.http = 428;
	ck_assert_int_eq(err_http_status(&e), 428);
}
END_TEST

/* What log_event writes to standard error for this value. */
static char *
log_line(char out[4096], const char *value)
{
	int pipe_end[2];
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(pipe_end), 0);
	dup2(pipe_end[1], STDERR_FILENO);
	close(pipe_end[1]);
	log_event(LOG_DEBUG, "hidden", "x=1");
	log_event(LOG_WARN, "request", "status=%d value=\"%s\"", 422, value);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(pipe_end[0], out, 4095);
	close(pipe_end[0]);
	ck_assert_int_gt(n, 0);
	out[n] = '\0';
	return out;
}

START_TEST(an_event_is_one_line)
{
	char out[4096], text[5000];

	log_open("worker-1", LOG_INFO);
	log_line(out, "a\nlevel=error\x1b[2J");
	ck_assert_ptr_nonnull(strstr(
	    out, " level=warn process=worker-1 event=request status=422 value=\"a level=error [2J\"\n"));
	ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
	ck_assert_int_eq(strncmp(out, "time=2", 6), 0);
	ck_assert_ptr_null(strstr(out, "hidden"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_line(out, text);
	ck_assert_uint_le(strlen(out), 2049);
	ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
}
END_TEST

START_TEST(levels_are_read_by_name)
{
	ck_assert_int_eq(log_level_parse("debug"), LOG_DEBUG);
	ck_assert_int_eq(log_level_parse("info"), LOG_INFO);
	ck_assert_int_eq(log_level_parse("warn"), LOG_WARN);
	ck_assert_int_eq(log_level_parse("error"), LOG_ERROR);
	ck_assert_int_eq(log_level_parse("loud"), LOG_INFO);
	ck_assert_int_eq(log_level_parse(NULL), LOG_INFO);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("err");
	TCase *tc = tcase_create("err");

	tcase_add_test(tc, an_error_names_its_field_and_reason);
	tcase_add_test(tc, long_texts_are_cut_between_characters);
	tcase_add_loop_test(
	    tc, every_code_has_a_name_and_a_status, 0, (int)(sizeof(codes) / sizeof(codes[0])));
	tcase_add_test(tc, an_event_is_one_line);
	tcase_add_test(tc, levels_are_read_by_name);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
