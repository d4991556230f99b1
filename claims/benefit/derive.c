/* TYLE_TT_DV of consultations, operations and beds whose rate the caller leaves to the rules. */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "claims/benefit/internal.h"

static bool
derived(const struct work *w)
{
	return w->line->rate_service.hundredths < 0;
}

static bool
consultation(const struct work *w)
{
	return w->line->table == BENEFIT_XML3 && w->line->group == GROUP_CONSULTATION && w->line->scope != 2;
}

static void
why_nth(const struct compute *c, struct work *w, const char *kind, size_t n)
{
	char selector[24];
	for (; n > 0; n--) {
		int length = snprintf(selector, sizeof(selector), "%zu", n);
		(void)length;
		const struct benefit_rate *r = benefit_rate_find(c->rules, kind, selector, c->date);
		if (r) {
			benefit_why(&w->share, &r->rule);
			return;
		}
	}
}

static bool
stay_bed(const struct work *w)
{
	return w->line->table == BENEFIT_XML3 && w->line->group == GROUP_STAY_BED &&
	       w->line->quantity.thousandths > 0;
}

/* A stay bed of a station or polyclinic takes the place of the consultation fee (Circular 39/2018 art. 4). */
static const struct benefit_rate *
stay_bed_rate(const struct compute *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (stay_bed(&c->work[i]))
			return benefit_rate_find(c->rules, "stay_bed_consultation", "", c->date);
	return NULL;
}

/* The sequence counts every consultation of the visit; only the derived ones get its rates. */
static int
derive_consultations(struct compute *c)
{
	const struct benefit_rate *stay = stay_bed_rate(c);
	size_t count = 0;
	struct work **order;
	struct percent *rates;
	for (size_t i = 0; i < c->count; i++)
		count += consultation(&c->work[i]);
	order = ARENA_ARRAY(c->arena, count, struct work *);
	rates = ARENA_ARRAY(c->arena, count, struct percent);
	count = 0;
	for (size_t i = 0; i < c->count; i++)
		if (consultation(&c->work[i]))
			order[count++] = &c->work[i];
	if (count > 1)
		qsort(order, count, sizeof(struct work *), benefit_by_time);
	int rc = benefit_consultation_rates(c->rules, c->date, count, rates, c->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (!derived(order[i]))
			continue;
		if (stay) {
			order[i]->share.rate_service.hundredths = (int32_t)(stay->value / 100);
			benefit_why(&order[i]->share, &stay->rule);
			continue;
		}
		order[i]->share.rate_service = rates[i];
		why_nth(c, order[i], "consultation", i + 1);
	}
	return 0;
}

static bool
intervention(const struct work *w)
{
	return w->line->table == BENEFIT_XML3 && w->line->operation.len > 0 &&
	       (w->line->group == GROUP_SURGERY || w->line->group == GROUP_PROCEDURE);
}

/* An operation comes before a procedure, then the dearer, then the earlier line. */
static bool
more_important(const struct work *a, const struct work *b)
{
	if (a->line->group != b->line->group)
		return a->line->group == GROUP_SURGERY;
	return a->line->price_fund.thousandths > b->line->price_fund.thousandths;
}

static int
derive_intervention(struct compute *c, struct work *w, const struct work *principal)
{
	const char *selector = "main";
	if (w != principal && w->line->group == GROUP_PROCEDURE)
		selector = "extra_procedure";
	else if (w != principal)
		selector = w->line->team == principal->line->team ? "same_team" : "other_team";
	const struct benefit_rate *r = benefit_rate_find(c->rules, "operation", selector, c->date);
	if (!r)
		return benefit_line_error(
		    c, w, ERR_NOT_FOUND, "rate_service", "no operation rate is valid on the admission date");
	w->share.rate_service.hundredths = (int32_t)(r->value / 100);
	benefit_why(&w->share, &r->rule);
	return 0;
}

static int
derive_operations(struct compute *c)
{
	struct map *principals = map_new(c->arena);
	for (size_t i = 0; i < c->count; i++) {
		struct work *w = &c->work[i];
		if (!intervention(w))
			continue;
		const struct work *before = map_get(principals, w->line->operation);
		if (!before || more_important(w, before))
			map_put(principals, w->line->operation, w);
	}
	for (size_t i = 0; i < c->count; i++) {
		struct work *w = &c->work[i];
		if (!intervention(w) || !derived(w))
			continue;
		int rc = derive_intervention(c, w, map_get(principals, w->line->operation));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool
bed(const struct work *w)
{
	int group = w->line->group;
	return w->line->table == BENEFIT_XML3 &&
	       (group == GROUP_DAY_BED || group == GROUP_BED || group == GROUP_STAY_BED);
}

static int
derive_bed(struct compute *c, struct work *w)
{
	struct quantity days;
	int persons = w->line->bed_sharers > 0 ? w->line->bed_sharers : 1;
	const struct benefit_rate *stretcher = benefit_rate_find(c->rules, "bed_stretcher", "", c->date);
	int rc = benefit_bed_share(c->rules, c->date, persons, false, &w->share.rate_service, &days, c->err);
	if (rc < 0)
		return rc;
	if (w->line->stretcher && stretcher && stretcher->value / 100 < w->share.rate_service.hundredths) {
		w->share.rate_service.hundredths = (int32_t)(stretcher->value / 100);
		benefit_why(&w->share, &stretcher->rule);
	} else if (persons > 1) {
		why_nth(c, w, "bed_share", (size_t)persons < 64 ? (size_t)persons : 64);
	}
	return 0;
}

static int
derive_litres(struct compute *c, struct work *w)
{
	const char *ways = w->line->own_vehicle ? "own" : "patient";
	if (w->line->km.thousandths == 0)
		return 0;
	if (benefit_transport_litres(
		c->rules, c->date, w->line->km, w->line->own_vehicle, &w->share.quantity, c->err) < 0)
		return benefit_line_error(
		    c, w, ERR_INPUT, "km", "is out of range, or no transport rule is valid that day");
	benefit_why(&w->share, &benefit_rate_find(c->rules, "transport_litres", "", c->date)->rule);
	benefit_why(&w->share, &benefit_rate_find(c->rules, "transport_ways", ways, c->date)->rule);
	return 0;
}

int
benefit_derive_rates(struct compute *c)
{
	bool consultations = false, operations = false;
	for (size_t i = 0; i < c->count; i++) {
		struct work *w = &c->work[i];
		int rc = derive_litres(c, w);
		if (rc < 0)
			return rc;
		w->share.rate_service = w->line->rate_service;
		if (w->line->table == BENEFIT_XML2)
			w->share.rate_service = PERCENT(100);
		if (!derived(w))
			continue;
		w->share.rate_service = PERCENT(100);
		consultations = consultations || consultation(w);
		operations = operations || intervention(w);
		if (bed(w))
			rc = derive_bed(c, w);
		if (rc < 0)
			return rc;
	}
	int rc = consultations ? derive_consultations(c) : 0;
	if (rc == 0 && operations)
		rc = derive_operations(c);
	return rc;
}
