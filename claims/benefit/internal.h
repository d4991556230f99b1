/* Shared inside claims/benefit only: the steps of one computation. */
#pragma once

#include <assert.h>

#include "claims/benefit/benefit.h"
#include "claims/benefit/rates.h"

/* Steps explained by benefit_reason.tsv; names in rules.c, id "reason.<name>". */
enum benefit_step {
	STEP_SCOPE_OUTSIDE,
	STEP_SCOPE_COVERED,
	STEP_SCOPE_NOT_COVERED,
	STEP_NO_VALID_CARD,
	STEP_LEVEL_GIVEN,
	STEP_PAYMENT_RATIO,
	STEP_RATIO_NOT_APPLIED,
	STEP_ITEM_CEILING,
	STEP_PACKAGE_LOWERED,
	STEP_PACKAGE_RATIO,
	STEP_EXEMPT,
	STEP_YEAR_LIMIT_BEFORE,
	STEP_YEAR_LIMIT_AFTER,
	STEP_YEAR_LIMIT_CAPPED,
	STEP_SUPPORT_INDIVIDUAL,
	STEP_SUPPORT_COLLECTIVE,
	STEP_TRANSPORT_NOT_COVERED,
	STEP_COUNT
};

enum benefit_group { /* MA_NHOM */
	GROUP_SURGERY = 8,
	GROUP_TRANSPORT = 12,
	GROUP_CONSULTATION = 13,
	GROUP_DAY_BED = 14,
	GROUP_BED = 15,
	GROUP_STAY_BED = 16,
	GROUP_PROCEDURE = 18
};

struct work { /* one line while it is computed */
	const struct benefit_line *line;
	struct benefit_share share;
	const struct benefit_card_level *card; /* NULL: no valid card on the day */
	struct benefit_share *second;          /* part 2 of a split line */
	bool covered;                          /* inside the insurance: has a level */
	bool given;                            /* level given by the caller */
	int64_t at;
};

struct compute { /* one call of benefit_compute */
	const struct benefit_rules *rules;
	const struct benefit_visit *visit;
	struct arena *arena;
	struct err *err;
	int32_t date; /* business date of admission */
	const struct benefit_parameter *parameter[BENEFIT_KEY_COUNT];
	const struct benefit_rule *step[STEP_COUNT];
	const struct benefit_route_factor *route;
	struct work *work;
	size_t count;
	struct money base_salary, small_limit, year_limit;
	bool small_visit;
	int64_t crossed_at;
};

static inline bool
benefit_rule_valid(const struct benefit_rule *rule, int32_t date)
{
	return rule->from <= date && date <= rule->to;
}

/* qsort order of struct work pointers: by time, then in the order of the visit. */
int benefit_by_time(const void *a, const void *b);
/* Calendar year of an instant in business time. */
int benefit_year(int64_t instant);
/* Notes that a row was applied to a line; NULL is ignored. More than BENEFIT_WHY_MAX are dropped. */
void benefit_why(struct benefit_share *share, const struct benefit_rule *rule);
/* Fills err with field "/lines/<index>/<name>" and returns code. */
int benefit_line_error(
    const struct compute *c, const struct work *w, enum err_code code, const char *name, const char *text);

/* inputs.c: ranges of every field; 0 or ERR_INPUT/ERR_LIMIT. */
int benefit_check_inputs(const struct compute *c);
/* derive.c: litres of transports; TYLE_TT_DV where the caller left it to the rules. */
int benefit_derive_rates(struct compute *c);
/* amounts.c: scope, ratios, THANH_TIEN_BV and THANH_TIEN_BH of every line, package ceilings. */
int benefit_amounts(struct compute *c);
/* level.c: the route row, the levels of the cards, the card of a line and MUC_HUONG before the year limit. */
int benefit_route_find(struct compute *c);
int benefit_check_cards(struct compute *c);
/* True when a card of the visit is valid at that moment and of a group that has a rate row of this kind. */
bool benefit_card_in(const struct compute *c, int64_t at, const char *kind);
const struct benefit_card_level *benefit_card_find(const struct compute *c, int64_t at);
int benefit_levels(struct compute *c);
/* split.c: shares of one line from its amounts and level; the year limit. */
int benefit_split(struct compute *c, struct work *w, struct benefit_share *s);
int benefit_year_limit(struct compute *c);

static inline int64_t
benefit_value(const struct compute *c, enum benefit_key key)
{
	const struct benefit_parameter *p = c->parameter[key];
	assert(p);
	return p->value;
}

static inline bool
benefit_in_set(const struct compute *c, enum benefit_key key, int n)
{
	const struct benefit_parameter *p = c->parameter[key];
	assert(p);
	return n >= 0 && n < 64 && ((p->set >> n) & 1) != 0;
}
