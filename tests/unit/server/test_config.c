/* The configuration file and HMIS_* (docs/operating): what is accepted, and that each refusal names its
 * place. */
#include "server/loop/config.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct config *
good(const char *text, char *const *env)
{
	struct config *c = NULL;
	struct err e = { 0 };

	ck_assert_msg(config_parse(slice_of(text), "f", env, &c, &e) == 0, "%s: %s", e.field, e.detail);
	return c;
}

START_TEST(defaults_are_those_that_are_documented)
{
	struct config *c = good("", NULL);

	ck_assert_int_eq(config_int(c, CONFIG_HTTP_HEADER_BYTES), 16 * 1024);
	ck_assert_int_eq(config_int(c, CONFIG_HTTP_HEADER_COUNT), 100);
	ck_assert_int_eq(config_int(c, CONFIG_HTTP_BODY_BYTES), 64 * 1024);
	ck_assert_int_eq(config_int(c, CONFIG_HTTP_HEADER_DEADLINE), 10000);
	ck_assert_int_eq(config_int(c, CONFIG_HTTP_BODY_DEADLINE), 30000);
	ck_assert_str_eq(config_text(c, CONFIG_HTTP_LISTEN), "127.0.0.1:8080");
	ck_assert_str_eq(config_source(c, CONFIG_HTTP_LISTEN), "default");
	config_free(c);
}
END_TEST

static const struct {
	const char *text;
	enum config_key key;
	int64_t value;
} numbers[] = {
	{ "[http]\nbody_bytes = 12", CONFIG_HTTP_BODY_BYTES, 12 },
	{ "[http]\nbody_bytes=12B", CONFIG_HTTP_BODY_BYTES, 12 },
	{ "[http]\nbody_bytes = 12 KiB ; comment", CONFIG_HTTP_BODY_BYTES, 12288 },
	{ "[http]\r\n  body_bytes\t=\t2 MiB\t# comment\r\n", CONFIG_HTTP_BODY_BYTES, 2097152 },
	{ "# first\n\n[http] ; section\nheader_deadline = 1500 ms", CONFIG_HTTP_HEADER_DEADLINE, 1500 },
	{ "[http]\nheader_deadline = 3 s", CONFIG_HTTP_HEADER_DEADLINE, 3000 },
	{ "[http]\nbody_deadline = 2min", CONFIG_HTTP_BODY_DEADLINE, 120000 },
	{ "[log]\nrequests = off", CONFIG_LOG_REQUESTS, 0 },
	{ "[log]\nrequests = true", CONFIG_LOG_REQUESTS, 1 }, { "[log]\nlevel = warn", CONFIG_LOG_LEVEL, 2 },
	{ "[http]\nheader_count = 8", CONFIG_HTTP_HEADER_COUNT, 8 },       /* the least */
	{ "[http]\nheader_count = 1000", CONFIG_HTTP_HEADER_COUNT, 1000 }, /* the most */
};

START_TEST(numbers_have_units)
{
	struct config *c = good(numbers[_i].text, NULL);

	ck_assert_int_eq(config_int(c, numbers[_i].key), numbers[_i].value);
	ck_assert_str_eq(config_source(c, numbers[_i].key), "file");
	config_free(c);
}
END_TEST

static const struct {
	const char *text, *field, *detail; /* detail: a part of the sentence */
} faults[] = {
	{ "[http]\n\nbody_byte = 1", "f:3", "unknown key \"body_byte\" in [http]" },
	{ "[htpp]", "f:1", "unknown section" },
	{ "[http", "f:1", "section is written" },
	{ "workers = 1", "f:1", "before the first key" },
	{ "[server]\nworkers", "f:2", "name = value" },
	{ "[server]\nworkers = 1\nworkers = 1", "f:3", "given twice" },
	{ "[server]\nworkers =", "f:2", "number is wanted" },
	{ "[server]\nworkers = -1", "f:2", "number is wanted" },
	{ "[server]\nworkers = 33", "f:2", "not within 0..32 processes" },
	{ "[server]\nworkers = 2 KiB", "f:2", "unknown unit" },
	{ "[http]\nbody_bytes = 10 KB", "f:2", "unknown unit \"KB\"" },
	{ "[http]\nbody_bytes = 9223372036854775807 GiB", "f:2", "too large" },
	{ "[http]\nbody_bytes = 99999999999999999999", "f:2", "number is wanted" },
	{ "[http]\nheader_count = 7", "f:2", "not within 8..1000" },
	{ "[http]\nidle = 1 KiB", "f:2", "unknown unit" },
	{ "[log]\nlevel = loud", "f:2", "debug info warn error" },
	{ "[log]\nrequests = maybe", "f:2", "yes or no" },
	{ "[http]\nlisten = a\001b", "f:2", "control character" },
};

START_TEST(each_fault_is_named_with_its_line)
{
	struct config *c = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(config_parse(slice_of(faults[_i].text), "f", NULL, &c, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, faults[_i].field);
	ck_assert_msg(
	    strstr(e.detail, faults[_i].detail), "got \"%s\", want \"%s\"", e.detail, faults[_i].detail);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(the_environment_overrides_the_file)
{
	char *env[] = { (char[]){ "PATH=/bin" }, (char[]){ "HMIS_HTTP_BODY_BYTES=1 MiB" },
		(char[]){ "HMIS_TEST_ANYTHING=1" }, NULL };
	struct config *c = good("[http]\nbody_bytes = 5\nheader_count = 50\n", env);

	ck_assert_int_eq(config_int(c, CONFIG_HTTP_BODY_BYTES), 1048576);
	ck_assert_str_eq(config_source(c, CONFIG_HTTP_BODY_BYTES), "environment");
	ck_assert_int_eq(config_int(c, CONFIG_HTTP_HEADER_COUNT), 50);
	config_free(c);
}
END_TEST

START_TEST(a_mistyped_variable_is_refused)
{
	char *unknown[] = { (char[]){ "HMIS_HTTP_BODY_BYTE=1" }, NULL };
	char *bad[] = { (char[]){ "HMIS_SERVER_WORKERS=many" }, NULL };
	struct config *c = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(config_parse(SLICE(""), "f", unknown, &c, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "HMIS_HTTP_BODY_BYTE");
	ck_assert_int_eq(config_parse(SLICE(""), "f", bad, &c, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "HMIS_SERVER_WORKERS");
}
END_TEST

START_TEST(what_needs_a_restart_is_told)
{
	struct config *old = good("", NULL);
	struct config *now = good("[server]\nworkers = 3\n[http]\nbody_bytes = 7\nlisten = *:1\n", NULL);
	struct buf names;

	buf_init(&names, 1000);
	config_diff_fixed(old, now, &names);
	ck_slice(buf_slice(&names), "server.workers http.listen");
	buf_free(&names);
	config_free(old);
	config_free(now);
}
END_TEST

START_TEST(every_key_is_explained_and_no_secret_shown)
{
	struct config *c = good("[database]\nurl = host=/run/x password=geheim\n", NULL);
	enum config_key key;
	struct buf out;

	buf_init(&out, 1 << 20);
	config_explain(c, &out);
	ck_assert(buf_ok(&out));
	ck_assert_ptr_null(strstr(out.at, "geheim"));
	ck_assert_ptr_nonnull(strstr(out.at, "HMIS_HTTP_HEADER_DEADLINE"));
	for (int k = 0; k < CONFIG_KEYS; k++) {
		const struct config_row *row = config_row((enum config_key)k);
		char name[100];

		snprintf(name, sizeof(name), "%s.%s", row->section, row->name);
		ck_assert(config_find(name, &key) && key == (enum config_key)k);
		ck_assert_msg(strlen(row->text) > 10, "%s has no text", name);
		ck_assert_ptr_nonnull(strstr(out.at, row->text));
	}
	ck_assert(!config_find("http", &key) && !config_find("http.nothing", &key));
	buf_free(&out);
	config_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_test(t, defaults_are_those_that_are_documented);
	tcase_add_loop_test(t, numbers_have_units, 0, COUNT(numbers));
	tcase_add_loop_test(t, each_fault_is_named_with_its_line, 0, COUNT(faults));
	tcase_add_test(t, the_environment_overrides_the_file);
	tcase_add_test(t, a_mistyped_variable_is_refused);
	tcase_add_test(t, what_needs_a_restart_is_told);
	tcase_add_test(t, every_key_is_explained_and_no_secret_shown);
	suite_add_tcase(s, t);
	return unit_main(s);
}
