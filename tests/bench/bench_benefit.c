/* How many visits of 20 lines the benefit engine computes in a second on one core. Prints one line. */
#include <stdio.h>

#include "base/time.h"
#include "claims/benefit/benefit.h"

#define LINES 20
#define SECONDS 2

/* A usual inpatient visit: consultation, tests, images, beds, drugs, one ratio drug, one supply. */
static void
fill(struct benefit_line *lines)
{
	static const int groups[LINES] = { 13, 1, 1, 1, 2, 2, 3, 15, 15, 15, 4, 4, 4, 4, 4, 4, 6, 10, 10,
		18 };
	for (size_t i = 0; i < LINES; i++) {
		bool drug = groups[i] == 4 || groups[i] == 6;
		lines[i] = (struct benefit_line){ .table = drug ? BENEFIT_XML2 : BENEFIT_XML3,
			.group = groups[i],
			.scope = 1,
			.quantity = { (int64_t)(1 + i % 7) * 1000 },
			.price_hospital = { (int64_t)(12345 + 6789 * i) * 1000 },
			.price_fund = { (int64_t)(12345 + 6789 * i) * 1000 },
			.rate_service = groups[i] == 13 ? BENEFIT_DERIVE : PERCENT(100),
			.rate_fund = groups[i] == 6 ? PERCENT(50) : PERCENT(100),
			.given_level = BENEFIT_NO_LEVEL,
			.payment_method = 1 };
	}
}

int
main(void)
{
	struct arena *rules_arena = arena_new(0), *arena = arena_new(0);
	const struct benefit_rules *rules = benefit_rules_builtin(rules_arena);
	const struct civil day = { .year = 2026, .month = 8, .day = 25, .hour = 8 };
	const struct benefit_card card = { "DN", 4, 0, 0 };
	struct benefit_line lines[LINES];
	struct benefit_visit visit = { .admitted_at = time_from_civil(&day),
		.cards = &card,
		.card_count = 1,
		.object_code = SLICE("1.1"),
		.care_type = 3,
		.lines = lines,
		.line_count = LINES };
	struct benefit_result result;
	int64_t start = time_monotonic_us(), spent = 1, visits = 0, fund = 0;
	fill(lines);
	while (spent < SECONDS * INT64_C(1000000)) {
		for (int i = 0; i < 1000; i++) {
			if (benefit_compute(rules, &visit, &result, arena, NULL) < 0)
				return 1;
			fund += result.total.fund.hundredths % 2;
			arena_reset(arena);
		}
		visits += 1000;
		spent = time_monotonic_us() - start;
	}
	printf("benefit: %lld visits/s of %d lines, one core (%lld)\n", (long long)(visits * 1000000 / spent),
	    LINES, (long long)fund);
	arena_free(arena);
	arena_free(rules_arena);
	return 0;
}
