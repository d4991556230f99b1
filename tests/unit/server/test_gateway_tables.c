/* What the gateway's codes mean (gateway API §4.4 and §5) and when a job is tried again (§13). */
#include "server/role/jobs/coverage.h"
#include "server/role/jobs/gateway.h"
#include "server/role/jobs/retry.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *code, *outcome;
} submission[] = { { "200", "received" }, { "123", "refused" }, { "124", "refused" }, { "125", "alarm" },
	{ "201", "refused" }, { "202", "refused" }, { "204", "refused" }, { "205", "refused" },
	{ "401", "retry" }, { "402", "alarm" }, { "403", "alarm" }, { "408", "retry" }, { "500", "retry" },
	{ "701", "refused" }, { "1001", "retry" }, { "10", "refused" }, { "", "refused" },
	{ "2000", "refused" } };

START_TEST(a_submission_code_means_what_the_guide_says)
{
	enum gateway_outcome o = gateway_code_outcome(slice_of(submission[_i].code));

	ck_assert_str_eq(gateway_outcome_name(o), submission[_i].outcome);
}
END_TEST

static const struct {
	const char *code, *verdict;
} look_up[] = { { "000", "ok" }, { "001", "ok" }, { "002", "ok" }, { "003", "switch_card" }, { "004", "ok" },
	{ "010", "reject" }, { "050", "reject" }, { "051", "reject" }, { "052", "reject" },
	{ "053", "reject" }, { "054", "configuration" }, { "055", "configuration" }, { "060", "ask_again" },
	{ "061", "ask_again" }, { "070", "ask_again" }, { "100", "retry" }, { "101", "retry" },
	{ "110", "reject" }, { "120", "reject" }, { "121", "reject" }, { "122", "reject" },
	{ "124", "reject" }, { "130", "ask_again" }, { "500", "retry" }, { "999", "retry" },
	{ "", "retry" } };

START_TEST(a_look_up_code_means_what_the_guide_says)
{
	const struct coverage_result *r = coverage_result_find(slice_of(look_up[_i].code));

	ck_assert_str_eq(r->verdict, look_up[_i].verdict);
	ck_assert_int_eq(coverage_is_answer(r), strcmp(look_up[_i].verdict, "retry") != 0);
}
END_TEST

static const struct {
	const char *table;
	int attempt, delay;
} retries[] = { { "60 300 900 3600", 1, 60 }, { "60 300 900 3600", 2, 300 }, { "60 300 900 3600", 3, 900 },
	{ "60 300 900 3600", 4, 3600 }, { "60 300 900 3600", 20, 3600 }, { "1", 7, 1 }, { " 5  9 ", 2, 9 },
	{ "0", 1, 0 }, { "", 3, RETRY_FALLBACK_S }, { "soon", 1, RETRY_FALLBACK_S },
	{ "-5", 1, RETRY_FALLBACK_S }, { "999999999", 1, RETRY_MOST_S }, { "60", 0, RETRY_FALLBACK_S } };

START_TEST(pauses_follow_the_table_and_the_last_repeats)
{
	ck_assert_int_eq(retry_delay_s(slice_of(retries[_i].table), retries[_i].attempt), retries[_i].delay);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gateway_tables");
	TCase *c = tcase_create("tables");

	tcase_add_loop_test(c, a_submission_code_means_what_the_guide_says, 0, COUNT(submission));
	tcase_add_loop_test(c, a_look_up_code_means_what_the_guide_says, 0, COUNT(look_up));
	tcase_add_loop_test(c, pauses_follow_the_table_and_the_last_repeats, 0, COUNT(retries));
	suite_add_tcase(s, c);
	return unit_main(s);
}
