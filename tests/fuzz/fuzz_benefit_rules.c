/* The loader of benefit rule tables: the first byte picks the table, the rest is its TSV. */
#include "claims/benefit/benefit.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const tables[] = { "benefit_parameter", "benefit_card_level",
		"benefit_route_factor", "benefit_rate", "benefit_reason" };
	struct err e = { 0 };
	if (size == 0)
		return 0;
	struct arena *a = arena_new(0);
	struct benefit_rules *rules = benefit_rules_new(a);
	const struct slice tsv = { (const char *)data + 1, size - 1 };
	int rc = benefit_rules_load(a, rules, tables[(data[0] - '0') % 5u], tsv, &e);
	if (rc == 0)
		(void)benefit_rules_check(rules, &e);
	else if (e.field[0] == '\0' || e.detail[0] == '\0')
		__builtin_trap();
	arena_free(a);
	return 0;
}
