/* Who pays a line, and the year limit of co-payment. */
#include <stdlib.h>

#include "base/time.h"
#include "claims/benefit/internal.h"

static int64_t
above_zero(int64_t value)
{
	return value > 0 ? value : 0;
}

static void
split_arv(const struct compute *c, const struct work *w, struct benefit_share *s, int64_t copay)
{
	size_t part = (size_t)(benefit_value(c, BENEFIT_ARV_SOURCE) / BENEFIT_VALUE_ONE) - 1;
	for (size_t i = BENEFIT_SOURCES; i-- > 0;)
		if (w->line->source[i].hundredths > 0)
			part = i;
	memset(s->source, 0, sizeof(s->source));
	s->source[part].hundredths = copay;
	s->other.hundredths = copay;
	s->copay.hundredths = 0;
	if (copay > 0)
		benefit_why(s, &c->parameter[BENEFIT_ARV_SOURCE]->rule);
}

/* Field guide: T_BHTT, T_BNCCT, T_BNTT and T_NGUONKHAC from the amounts and the level of a line. */
int
benefit_split(struct compute *c, struct work *w, struct benefit_share *s)
{
	struct money fund;
	int64_t copay, self, other = s->other.hundredths;
	if (money_percent(s->in_scope, s->level, &fund) < 0)
		return benefit_line_error(c, w, ERR_OVERFLOW, "price_fund", "the amount is too large");
	copay = s->in_scope.hundredths - fund.hundredths;
	self = s->hospital.hundredths - s->in_scope.hundredths;
	s->fund = fund;
	s->copay.hundredths = copay;
	s->self_pay.hundredths = self;
	if (w->line->support == BENEFIT_ARV) {
		split_arv(c, w, s, copay);
	} else if (w->line->support == BENEFIT_COLLECTIVE && w->covered) {
		/* in_scope was lowered so that hospital − other covers it */
		s->self_pay.hundredths = self - other;
	} else {
		s->self_pay.hundredths = above_zero(self - other);
		s->copay.hundredths = above_zero(copay - above_zero(other - self));
		s->fund.hundredths -= above_zero(other - self - copay);
	}
	return 0;
}

static void
why_limit(const struct compute *c, struct benefit_share *s, enum benefit_step step)
{
	benefit_why(s, &c->parameter[BENEFIT_COPAY_YEAR_LIMIT]->rule);
	benefit_why(s, c->step[step]);
}

static int
line_after_limit(struct compute *c, struct work *w)
{
	w->share.level = PERCENT(100);
	why_limit(c, &w->share, STEP_YEAR_LIMIT_AFTER);
	return benefit_split(c, w, &w->share);
}

/* The patient pays exactly what is left below the limit; the fund takes the rest of the co-payment. */
static void
line_capped(struct compute *c, struct work *w, int64_t left)
{
	w->share.fund.hundredths += w->share.copay.hundredths - left;
	w->share.copay.hundredths = left;
	why_limit(c, &w->share, STEP_YEAR_LIMIT_CAPPED);
}

/*
 * Splits the line by quantity (3 decimals, rounded up) so that the first part holds the co-payment that
 * is left. False when it cannot be split: then the line is capped.
 */
static bool
line_split(struct compute *c, struct work *w, int64_t left)
{
	struct benefit_share *first = &w->share, *second;
	int64_t copay = first->copay.hundredths, whole = first->quantity.thousandths, part;
	__int128 product = (__int128)whole * left;
	struct money hospital, in_scope;
	if (benefit_value(c, BENEFIT_CROSSING_SPLIT) == 0 || first->other.hundredths > 0 || whole < 2)
		return false;
	part = (int64_t)((product + copay - 1) / copay);
	if (part < 1 || part >= whole ||
	    decimal_mul_div(first->hospital.hundredths, part, whole, &hospital.hundredths) < 0 ||
	    decimal_mul_div(first->in_scope.hundredths, part, whole, &in_scope.hundredths) < 0 ||
	    in_scope.hundredths < left || in_scope.hundredths > hospital.hundredths ||
	    first->in_scope.hundredths - in_scope.hundredths >
		first->hospital.hundredths - hospital.hundredths)
		return false;
	second = ARENA_NEW(c->arena, struct benefit_share);
	*second = *first;
	second->part = 2;
	second->quantity.thousandths = whole - part;
	second->hospital.hundredths -= hospital.hundredths;
	second->in_scope.hundredths -= in_scope.hundredths;
	second->level = PERCENT(100);
	second->fund = second->in_scope;
	second->copay.hundredths = 0;
	second->self_pay.hundredths = second->hospital.hundredths - second->in_scope.hundredths;
	why_limit(c, second, STEP_YEAR_LIMIT_AFTER);
	first->part = 1;
	first->quantity.thousandths = part;
	first->hospital = hospital;
	first->in_scope = in_scope;
	first->copay.hundredths = left;
	first->fund.hundredths = in_scope.hundredths - left;
	first->self_pay.hundredths = hospital.hundredths - in_scope.hundredths;
	why_limit(c, first, STEP_YEAR_LIMIT_BEFORE);
	w->second = second;
	return true;
}

static int
line_year_limit(struct compute *c, struct work *w, int64_t *left)
{
	int64_t copay = w->share.copay.hundredths;
	if (copay <= *left || w->given || time_business_date(w->at) < c->visit->five_years_from) {
		*left = above_zero(*left - copay);
		return 0;
	}
	if (c->crossed_at == 0)
		c->crossed_at = w->at;
	if (*left == 0)
		return line_after_limit(c, w);
	if (!line_split(c, w, *left))
		line_capped(c, w, *left);
	*left = 0;
	return 0;
}

/*
 * Law art. 22.1.c: after five continuous years the co-payments of a calendar year stop at the limit.
 * Lines count in the order of their time; a stay over New Year starts again on 1 January.
 */
int
benefit_year_limit(struct compute *c)
{
	struct work **order;
	int64_t left = above_zero(c->year_limit.hundredths - c->visit->copay_paid.hundredths);
	int year = benefit_year(c->visit->admitted_at);
	if (c->visit->five_years_from == 0 || c->route->mode != BENEFIT_FACTOR ||
	    c->route->value.hundredths < 10000)
		return 0;
	order = ARENA_ARRAY(c->arena, c->count, struct work *);
	for (size_t i = 0; i < c->count; i++)
		order[i] = &c->work[i];
	if (c->count > 1)
		qsort(order, c->count, sizeof(struct work *), benefit_by_time);
	for (size_t i = 0; i < c->count; i++) {
		if (benefit_year(order[i]->at) > year) {
			year = benefit_year(order[i]->at);
			left = c->year_limit.hundredths;
		}
		int rc = line_year_limit(c, order[i], &left);
		if (rc < 0)
			return rc;
	}
	return 0;
}
