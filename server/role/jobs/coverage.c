#include "server/role/jobs/coverage.h"

static const struct coverage_result coverage_results[] = {
	{ "000", "ok" },
	{ "001", "ok" }, /* Ministry of Defence: the paper is looked at */
	{ "002", "ok" }, /* Ministry of Public Security: the same */
	{ "003", "switch_card" },
	{ "004", "ok" },
	{ "010", "reject" },
	{ "050", "reject" },
	{ "051", "reject" },
	{ "052", "reject" },
	{ "053", "reject" },
	{ "054", "configuration" },
	{ "055", "configuration" },
	{ "060", "ask_again" },
	{ "061", "ask_again" },
	{ "070", "ask_again" },
	{ "100", "retry" },
	{ "101", "retry" },
	{ "110", "reject" },
	{ "120", "reject" },
	{ "121", "reject" },
	{ "122", "reject" },
	{ "123", "reject" },
	{ "124", "reject" },
	{ "130", "ask_again" },
	{ "205", "configuration" },
	{ "401", "retry" },
	{ "402", "configuration" },
	{ "403", "configuration" },
	{ "500", "retry" },
};

const struct coverage_result *
coverage_result_find(struct slice code)
{
	static const struct coverage_result unknown = { "", "retry" };

	for (size_t i = 0; i < sizeof(coverage_results) / sizeof(coverage_results[0]); i++)
		if (slice_eq_text(code, coverage_results[i].code))
			return &coverage_results[i];
	return &unknown;
}

bool
coverage_is_answer(const struct coverage_result *r)
{
	return strcmp(r->verdict, "retry") != 0;
}
