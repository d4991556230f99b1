/* THANH_TIEN_BV and THANH_TIEN_BH of every line, package ceilings and collective support. */
#include "base/map.h"
#include "claims/benefit/internal.h"

static void
why_step(const struct compute *c, struct work *w, enum benefit_step step)
{
	benefit_why(&w->share, c->step[step]);
}

/* True when payment ratios and list ceilings do not bind this line. */
static bool
ratio_free(const struct compute *c, const struct work *w)
{
	if (w->card && !w->card->ratios_apply)
		return true;
	return w->line->wound && benefit_value(c, BENEFIT_WOUND_RATIO) == 0;
}

/* Transport is paid for some cards only, from the district level up, in an emergency or for an in-patient. */
static bool
transport_covered(const struct compute *c, const struct work *w)
{
	static const char *const levels[] = { [BENEFIT_STATION] = "station",
		[BENEFIT_BASIC] = "basic",
		[BENEFIT_SPECIALISED] = "specialised",
		[BENEFIT_DISTRICT] = "basic",
		[BENEFIT_PROVINCIAL] = "specialised",
		[BENEFIT_CENTRAL] = "specialised" };
	const char *object = arena_text(c->arena, c->visit->object_code);
	const char *level = levels[c->visit->facility];
	if (level && !benefit_rate_find(c->rules, "transport_facility", level, c->date))
		return false;
	if (!benefit_in_set(c, BENEFIT_INPATIENT_CARE, c->visit->care_type) &&
	    !benefit_rate_find(c->rules, "transport_object", object, c->date))
		return false;
	return benefit_card_in(c, w->at, "transport_group");
}

/* Whether the line is inside the insurance, and its PHAM_VI as applied. */
static void
line_scope(const struct compute *c, struct work *w)
{
	w->share.scope = 2;
	w->covered = false;
	if (c->route->mode == BENEFIT_NONE) {
		benefit_why(&w->share, &c->route->rule);
		return;
	}
	if (w->line->scope == 2) {
		why_step(c, w, STEP_SCOPE_OUTSIDE);
		return;
	}
	if (!w->card && !w->given) {
		why_step(c, w, STEP_NO_VALID_CARD);
		return;
	}
	if (w->line->scope == 3 && !(w->card && w->card->outside_list)) {
		why_step(c, w, STEP_SCOPE_NOT_COVERED);
		return;
	}
	if (w->line->table == BENEFIT_XML3 && w->line->group == GROUP_TRANSPORT && !w->given &&
	    !transport_covered(c, w)) {
		why_step(c, w, STEP_TRANSPORT_NOT_COVERED);
		return;
	}
	w->share.scope = w->line->scope;
	w->covered = true;
	if (w->line->scope == 3)
		why_step(c, w, STEP_SCOPE_COVERED);
}

static void
line_ratio(const struct compute *c, struct work *w)
{
	int32_t ratio = w->line->rate_fund.hundredths;
	w->share.rate_fund = w->line->rate_fund;
	w->share.price_fund = w->line->price_fund;
	if (!w->covered) {
		w->share.rate_fund = PERCENT(0);
		return;
	}
	if (w->share.scope == 3) {
		w->share.rate_fund = PERCENT(100);
	} else if (ratio > 0 && ratio < 10000 && ratio_free(c, w)) {
		w->share.rate_fund = PERCENT(100);
		why_step(c, w, STEP_RATIO_NOT_APPLIED);
		if (w->card && w->card->ratios_apply)
			benefit_why(&w->share, &c->parameter[BENEFIT_WOUND_RATIO]->rule);
	} else if (ratio < 10000) {
		why_step(c, w, STEP_PAYMENT_RATIO);
	}
	int64_t ceiling = w->line->price_ceiling.thousandths;
	if (ceiling > 0 && ceiling < w->share.price_fund.thousandths && !ratio_free(c, w)) {
		w->share.price_fund.thousandths = ceiling;
		why_step(c, w, STEP_ITEM_CEILING);
	}
}

static int
line_amounts(const struct compute *c, struct work *w)
{
	struct benefit_share *s = &w->share;
	const struct percent rates[2] = { s->rate_fund, s->rate_service };
	bool xml3 = w->line->table == BENEFIT_XML3;
	bool by_rate = xml3 && benefit_in_set(c, BENEFIT_XML3_RATE_GROUPS, w->line->group);
	if (money_of_line(
		s->quantity, w->line->price_hospital, &s->rate_service, by_rate ? 1 : 0, &s->hospital) < 0)
		return benefit_line_error(c, w, ERR_OVERFLOW, "price_hospital", "the amount is too large");
	if (by_rate && s->rate_service.hundredths != 10000)
		benefit_why(s, &c->parameter[BENEFIT_XML3_RATE_GROUPS]->rule);
	s->in_scope = (struct money){ 0 };
	if (!w->covered)
		return 0;
	if (money_of_line(s->quantity, s->price_fund, rates, xml3 ? 2 : 1, &s->in_scope) < 0)
		return benefit_line_error(c, w, ERR_OVERFLOW, "price_fund", "the amount is too large");
	if (s->in_scope.hundredths > s->hospital.hundredths)
		return benefit_line_error(
		    c, w, ERR_INPUT, "price_fund", "the in-scope amount is above the hospital amount");
	return 0;
}

struct package {
	struct slice name;
	struct money ceiling;
	size_t *lines; /* indexes in compute.work */
	size_t count, capacity;
};

static bool
in_package(struct compute *c, struct work *w)
{
	if (w->line->package.len == 0 || !w->covered || ratio_free(c, w))
		return false;
	if (w->share.rate_fund.hundredths == 10000)
		return true;
	why_step(c, w, STEP_PACKAGE_RATIO);
	return false;
}

static int
package_add(struct compute *c, struct map *packages, struct work *w)
{
	struct package *p = map_get(packages, w->line->package);
	if (!p) {
		p = ARENA_NEW(c->arena, struct package);
		p->name = w->line->package;
		if (decimal_mul_div(c->base_salary.hundredths, benefit_value(c, BENEFIT_SUPPLY_PACKAGE_LIMIT),
			BENEFIT_VALUE_ONE, &p->ceiling.hundredths) < 0)
			return benefit_line_error(c, w, ERR_OVERFLOW, "package", "the ceiling is too large");
		map_put(packages, w->line->package, p);
	}
	if (w->line->package_ceiling.hundredths > 0)
		p->ceiling = w->line->package_ceiling;
	*ARENA_PUSH(c->arena, p->lines, p->count, p->capacity) = (size_t)(w - c->work);
	return 0;
}

static int
package_apply(struct compute *c, struct package *p)
{
	struct benefit_package_line *lines = ARENA_ARRAY(c->arena, p->count, struct benefit_package_line);
	bool lowered = false;
	for (size_t i = 0; i < p->count; i++) {
		const struct benefit_share *s = &c->work[p->lines[i]].share;
		lines[i] = (struct benefit_package_line){ .quantity = s->quantity,
			.rate_service = s->rate_service,
			.price = s->price_fund,
			.amount = s->in_scope };
	}
	int rc = benefit_package_lower(lines, p->count, p->ceiling, &lowered, c->err);
	if (rc < 0)
		return benefit_line_error(
		    c, &c->work[p->lines[0]], rc, "package", "the package cannot be computed");
	for (size_t i = 0; i < p->count; i++) {
		struct work *w = &c->work[p->lines[i]];
		w->share.ceiling = p->ceiling;
		w->share.price_fund = lines[i].price;
		w->share.in_scope = lines[i].amount;
		if (!lowered)
			continue;
		benefit_why(&w->share, &c->parameter[BENEFIT_SUPPLY_PACKAGE_LIMIT]->rule);
		why_step(c, w, STEP_PACKAGE_LOWERED);
	}
	return 0;
}

static int
package_ceilings(struct compute *c)
{
	struct map *packages = NULL;
	void *found;
	size_t cursor = 0;
	struct slice name;
	for (size_t i = 0; i < c->count; i++) {
		if (!in_package(c, &c->work[i]))
			continue;
		if (!packages)
			packages = map_new(c->arena);
		int rc = package_add(c, packages, &c->work[i]);
		if (rc < 0)
			return rc;
	}
	while (packages && map_next(packages, &cursor, &name, &found)) {
		int rc = package_apply(c, found);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The sum of the other sources of a line; it must be below the hospital amount. */
static int
sources(const struct compute *c, struct work *w)
{
	struct money sum = { 0 };
	for (size_t i = 0; i < BENEFIT_SOURCES; i++)
		if (money_add(sum, w->line->source[i], &sum) < 0)
			return benefit_line_error(c, w, ERR_OVERFLOW, "source", "the sum is too large");
	if (w->line->support == BENEFIT_ARV || sum.hundredths == 0)
		return 0;
	if (sum.hundredths >= w->share.hospital.hundredths)
		return benefit_line_error(
		    c, w, ERR_INPUT, "source", "other sources must be below the hospital amount");
	w->share.other = sum;
	memcpy(w->share.source, w->line->source, sizeof(w->share.source));
	return 0;
}

/* Money given to the facility is deducted before the insurance part is computed (field guide). */
static int
collective_support(struct compute *c, struct work *w)
{
	struct money rest = { w->share.hospital.hundredths - w->share.other.hundredths };
	if (w->line->support != BENEFIT_COLLECTIVE || w->share.other.hundredths == 0 || !w->covered)
		return 0;
	if (money_percent(rest, w->share.rate_fund, &rest) < 0)
		return benefit_line_error(c, w, ERR_OVERFLOW, "source", "the amount is too large");
	if (rest.hundredths < w->share.in_scope.hundredths)
		w->share.in_scope = rest;
	return 0;
}

int
benefit_amounts(struct compute *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct work *w = &c->work[i];
		line_scope(c, w);
		line_ratio(c, w);
		int rc = line_amounts(c, w);
		if (rc == 0)
			rc = sources(c, w);
		if (rc < 0)
			return rc;
	}
	int rc = package_ceilings(c);
	for (size_t i = 0; rc == 0 && i < c->count; i++)
		rc = collective_support(c, &c->work[i]);
	return rc;
}
