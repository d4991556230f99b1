/* The route row of the visit, the card of a line and MUC_HUONG in the order of the rules (§4). */
#include <stdio.h>

#include "base/time.h"
#include "claims/benefit/internal.h"

static bool
chronic_drugs(const struct compute *c)
{
	if (c->visit->chronic_drugs != BENEFIT_UNKNOWN)
		return c->visit->chronic_drugs == BENEFIT_YES;
	return benefit_in_set(c, BENEFIT_CHRONIC_DRUG_CARE, c->visit->care_type);
}

/* -1: the row does not fit; else the more specific the higher. */
static int
route_fit(
    const struct benefit_route_factor *r, const struct compute *c, enum benefit_setting setting, bool chronic)
{
	if (!benefit_rule_valid(&r->rule, c->date) || !slice_eq_text(c->visit->object_code, r->code))
		return -1;
	if (r->facility != BENEFIT_FACILITY_ANY && r->facility != c->visit->facility)
		return -1;
	if (r->setting != BENEFIT_SETTING_ANY && r->setting != setting)
		return -1;
	if (r->chronic_drugs && !chronic)
		return -1;
	return (r->facility != BENEFIT_FACILITY_ANY) * 4 + r->chronic_drugs * 2 +
	       (r->setting != BENEFIT_SETTING_ANY);
}

int
benefit_route_find(struct compute *c)
{
	bool inpatient = benefit_in_set(c, BENEFIT_INPATIENT_CARE, c->visit->care_type);
	bool chronic = chronic_drugs(c);
	int best = -1;
	char day[TIME_TEXT_MAX];
	for (size_t i = 0; i < c->rules->route_factor_count; i++) {
		const struct benefit_route_factor *r = &c->rules->route_factors[i];
		int fit = route_fit(r, c, inpatient ? BENEFIT_INPATIENT : BENEFIT_OUTPATIENT, chronic);
		if (fit <= best)
			continue;
		best = fit;
		c->route = r;
	}
	if (best >= 0)
		return 0;
	date_print_iso(c->date, day);
	return err_set(c->err, ERR_NOT_FOUND, "/object_code", "no rule for object code %.*s, %s, on %s",
	    (int)(c->visit->object_code.len < 16 ? c->visit->object_code.len : 16), c->visit->object_code.at,
	    inpatient ? "inpatient" : "outpatient", day);
}

static const struct benefit_card_level *
level_of_card(const struct compute *c, const struct benefit_card *card)
{
	const struct benefit_card_level *any = NULL;
	for (size_t i = 0; i < c->rules->card_level_count; i++) {
		const struct benefit_card_level *r = &c->rules->card_levels[i];
		if (r->digit != card->digit || !benefit_rule_valid(&r->rule, c->date))
			continue;
		if (strcmp(r->group, card->group) == 0)
			return r;
		if (r->group[0] == '\0')
			any = r;
	}
	return any;
}

int
benefit_check_cards(struct compute *c)
{
	char field[64];
	for (size_t i = 0; i < c->visit->card_count && c->route->mode != BENEFIT_NONE; i++) {
		if (level_of_card(c, &c->visit->cards[i]))
			continue;
		int length = snprintf(field, sizeof(field), "/cards/%zu/digit", i);
		(void)length;
		return err_set(
		    c->err, ERR_INPUT, field, "no benefit level is known for this digit of the card");
	}
	return 0;
}

/* A card that expires in the stay still counts for the days of grace. */
static bool
card_valid(const struct compute *c, const struct benefit_card *card, int32_t date)
{
	int64_t grace = benefit_value(c, BENEFIT_CARD_GRACE_DAYS) / BENEFIT_VALUE_ONE;
	if (card->from != 0 && date < card->from)
		return false;
	if (card->to == 0 || date <= card->to)
		return true;
	return c->date <= card->to && date <= card->to + grace;
}

/* The best of two entitlements: the higher level, then the one without ratios (law art. 22.2). */
static bool
better(const struct benefit_card_level *a, const struct benefit_card_level *b)
{
	if (!b || a->level.hundredths != b->level.hundredths)
		return !b || a->level.hundredths > b->level.hundredths;
	return (!a->ratios_apply) + a->outside_list > (!b->ratios_apply) + b->outside_list;
}

/* NULL when no card is valid at that moment. A card still valid wins over one in its days of grace. */
const struct benefit_card_level *
benefit_card_find(const struct compute *c, int64_t at)
{
	int32_t date = time_business_date(at);
	const struct benefit_card_level *best = NULL, *grace = NULL;
	for (size_t i = 0; i < c->visit->card_count; i++) {
		const struct benefit_card *card = &c->visit->cards[i];
		const struct benefit_card_level *level;
		if (!card_valid(c, card, date))
			continue;
		level = level_of_card(c, card);
		if (!level)
			continue;
		if (card->to != 0 && date > card->to)
			grace = better(level, grace) ? level : grace;
		else
			best = better(level, best) ? level : best;
	}
	return best ? best : grace;
}

bool
benefit_card_in(const struct compute *c, int64_t at, const char *kind)
{
	int32_t date = time_business_date(at);
	for (size_t i = 0; i < c->visit->card_count; i++)
		if (card_valid(c, &c->visit->cards[i], date) &&
		    benefit_rate_find(c->rules, kind, c->visit->cards[i].group, c->date))
			return true;
	return false;
}

static void
why_step(const struct compute *c, struct work *w, enum benefit_step step)
{
	benefit_why(&w->share, c->step[step]);
}

/* MUC_HUONG is written with as many decimals as the form of the day has; half away from zero. */
static struct percent
level_format(const struct compute *c, int64_t hundredths)
{
	static const int32_t steps[] = { 100, 10, 1 };
	int32_t step = steps[benefit_value(c, BENEFIT_LEVEL_DECIMALS) / BENEFIT_VALUE_ONE];
	return (struct percent){ (int32_t)((hundredths + step / 2) / step * step) };
}

/* The exemption holds from its moment to the end of that calendar year (law art. 27.3.c of Decree 146). */
static bool
exempt(const struct compute *c, const struct work *w)
{
	if (c->visit->exempt_from == 0 || w->at < c->visit->exempt_from)
		return false;
	return benefit_year(c->visit->exempt_from) == benefit_year(w->at);
}

static void
level_by_factor(const struct compute *c, struct work *w)
{
	struct benefit_share *s = &w->share;
	int64_t factor = c->route->value.hundredths;
	benefit_why(s, &w->card->rule);
	benefit_why(s, &c->route->rule);
	s->level = w->card->level;
	if (factor < 10000) {
		s->level = level_format(c, w->card->level.hundredths * factor / 10000);
		return;
	}
	if (exempt(c, w)) {
		s->level = PERCENT(100);
		why_step(c, w, STEP_EXEMPT);
	} else if (c->small_visit) {
		s->level = PERCENT(100);
		benefit_why(s, &c->parameter[BENEFIT_SMALL_VISIT]->rule);
		benefit_why(s, &c->parameter[BENEFIT_BASE_SALARY]->rule);
	}
}

static int
line_level(const struct compute *c, struct work *w)
{
	w->share.level = PERCENT(0);
	if (!w->covered)
		return 0;
	if (w->given) {
		w->share.level = w->line->given_level;
		why_step(c, w, STEP_LEVEL_GIVEN);
		return 0;
	}
	switch (c->route->mode) {
	case BENEFIT_FIXED:
		w->share.level = level_format(c, c->route->value.hundredths);
		benefit_why(&w->share, &c->route->rule);
		return 0;
	case BENEFIT_FACTOR:
		level_by_factor(c, w);
		return 0;
	case BENEFIT_MANUAL:
		return benefit_line_error(
		    c, w, ERR_INPUT, "given_level", "this object code needs a level given for each line");
	case BENEFIT_NONE:
		break;
	}
	return 0;
}

int
benefit_levels(struct compute *c)
{
	struct money sum = { 0 };
	for (size_t i = 0; i < c->count; i++)
		if (money_add(sum, c->work[i].share.in_scope, &sum) < 0)
			return err_set(c->err, ERR_OVERFLOW, "/lines", "the in-scope total is too large");
	c->small_visit = sum.hundredths < c->small_limit.hundredths;
	for (size_t i = 0; i < c->count; i++) {
		int rc = line_level(c, &c->work[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}
