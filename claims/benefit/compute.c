#include <assert.h>

#include "base/time.h"
#include "claims/benefit/internal.h"

void
benefit_why(struct benefit_share *share, const struct benefit_rule *rule)
{
	if (rule && share->why_count < BENEFIT_WHY_MAX)
		share->why[share->why_count++] = rule;
}

int
benefit_by_time(const void *a, const void *b)
{
	const struct work *x = *(struct work *const *)a, *y = *(struct work *const *)b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x < y ? -1 : x > y;
}

int
benefit_year(int64_t instant)
{
	int year, month, day;
	date_to_civil(time_business_date(instant), &year, &month, &day);
	return year;
}

/* The rows valid on the admission date. */
static int
resolve_rules(struct compute *c)
{
	for (size_t i = 0; i < c->rules->parameter_count; i++) {
		const struct benefit_parameter *p = &c->rules->parameters[i];
		if (benefit_rule_valid(&p->rule, c->date))
			c->parameter[p->key] = p;
	}
	for (size_t i = 0; i < c->rules->reason_count; i++) {
		const struct benefit_reason *r = &c->rules->reasons[i];
		if (benefit_rule_valid(&r->rule, c->date))
			c->step[r->kind] = &r->rule;
	}
	return 0;
}

/* Keys that must have a row; the base salary and what needs it are asked for where they are used. */
static int
require_parameters(struct compute *c)
{
	static const struct benefit_parameter none = { .rule = { .id = "none" } };
	char day[TIME_TEXT_MAX];
	for (size_t key = 0; key < BENEFIT_KEY_COUNT; key++) {
		if (c->parameter[key])
			continue;
		if (key == BENEFIT_BASE_SALARY || key == BENEFIT_SUPPLY_PACKAGE_LIMIT ||
		    key == BENEFIT_CHRONIC_DRUG_CARE) {
			c->parameter[key] = &none;
			continue;
		}
		date_print_iso(c->date, day);
		return err_set(
		    c->err, ERR_NOT_FOUND, "/admitted_at", "parameter %zu has no row on %s", key, day);
	}
	return 0;
}

static int
multiple(const struct compute *c, enum benefit_key key, struct money *ret)
{
	if (decimal_mul_div(
		c->base_salary.hundredths, benefit_value(c, key), BENEFIT_VALUE_ONE, &ret->hundredths) < 0)
		return err_set(c->err, ERR_OVERFLOW, "base_salary", "is too large");
	return 0;
}

/* The limit of the year, re-computed when the base salary changed since 1 January. */
static int
year_limit(struct compute *c)
{
	struct money january;
	int year, month, day;
	int rc = multiple(c, BENEFIT_COPAY_YEAR_LIMIT, &c->year_limit);
	if (rc < 0 || benefit_value(c, BENEFIT_LIMIT_ON_CHANGE) == 0)
		return rc;
	date_to_civil(c->date, &year, &month, &day);
	if (benefit_base_salary(c->rules, date_from_civil(year, 1, 1), &january, NULL, NULL) < 0 ||
	    january.hundredths == c->base_salary.hundredths)
		return 0;
	return benefit_changed_limit(c->visit->copay_paid_before_change, january, c->base_salary,
	    benefit_value(c, BENEFIT_COPAY_YEAR_LIMIT), &c->year_limit, c->err);
}

static int
limits(struct compute *c)
{
	int rc;
	if (c->route->mode == BENEFIT_NONE)
		return 0;
	rc = benefit_base_salary(c->rules, c->date, &c->base_salary, NULL, c->err);
	if (rc == 0)
		rc = multiple(c, BENEFIT_SMALL_VISIT, &c->small_limit);
	if (rc == 0 && c->visit->five_years_from != 0)
		rc = year_limit(c);
	return rc;
}

static void
begin_lines(struct compute *c)
{
	const struct benefit_card_level *card = NULL;
	int64_t card_at = 0;
	for (size_t i = 0; i < c->count; i++) {
		struct work *w = &c->work[i];
		w->line = &c->visit->lines[i];
		w->at = w->line->at != 0 ? w->line->at : c->visit->admitted_at;
		w->given = w->line->given_level.hundredths >= 0;
		if (i == 0 || w->at != card_at)
			card = benefit_card_find(c, w->at);
		card_at = w->at;
		w->card = card;
		w->share.source_line = i;
		w->share.quantity = w->line->quantity;
	}
}

static void
finish_share(const struct compute *c, const struct work *w, struct benefit_share *s)
{
	int method = w->line->payment_method == 0 ? 1 : w->line->payment_method;
	if (benefit_in_set(c, BENEFIT_FEE_FOR_SERVICE, method))
		s->fund_fee = s->fund;
	if (w->line->table == BENEFIT_XML2)
		s->drug = s->hospital;
	else if (benefit_in_set(c, BENEFIT_SUPPLY_GROUPS, w->line->group))
		s->supply = s->hospital;
	if (s->other.hundredths > 0 && w->line->support == BENEFIT_INDIVIDUAL)
		benefit_why(s, c->step[STEP_SUPPORT_INDIVIDUAL]);
	else if (s->other.hundredths > 0 && w->line->support == BENEFIT_COLLECTIVE)
		benefit_why(s, c->step[STEP_SUPPORT_COLLECTIVE]);
}

static int
add_totals(struct benefit_totals *t, const struct benefit_share *s, struct err *e)
{
	const struct {
		struct money *sum;
		struct money part;
	} sums[] = { { &t->hospital, s->hospital }, { &t->in_scope, s->in_scope }, { &t->fund, s->fund },
		{ &t->copay, s->copay }, { &t->self_pay, s->self_pay }, { &t->other, s->other },
		{ &t->fund_fee, s->fund_fee }, { &t->drug, s->drug }, { &t->supply, s->supply } };
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (money_add(*sums[i].sum, sums[i].part, sums[i].sum) < 0)
			return err_set(e, ERR_OVERFLOW, "/lines", "the total of the visit is too large");
	return 0;
}

/* What the law and every checker of the gateway ask of a line; a violation is a bug of this folder. */
static void
assert_identity(const struct benefit_share *s)
{
	__int128 parts =
	    (__int128)s->fund.hundredths + s->copay.hundredths + s->self_pay.hundredths + s->other.hundredths;
	assert(parts == s->hospital.hundredths);
	assert(s->fund.hundredths >= 0 && s->copay.hundredths >= 0);
	assert(s->self_pay.hundredths >= 0 && s->other.hundredths >= 0);
}

static int
collect(struct compute *c, struct benefit_result *ret)
{
	struct benefit_result r = { .base_salary = c->base_salary,
		.small_visit_limit = c->small_limit,
		.copay_limit = c->year_limit,
		.exempt_from = c->crossed_at };
	for (size_t i = 0; i < c->count; i++)
		r.line_count += c->work[i].second ? 2 : 1;
	r.lines = ARENA_ARRAY(c->arena, r.line_count, struct benefit_share);
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++) {
		struct work *w = &c->work[i];
		finish_share(c, w, &w->share);
		r.lines[n++] = w->share;
		if (!w->second)
			continue;
		finish_share(c, w, w->second);
		r.lines[n++] = *w->second;
	}
	for (size_t i = 0; i < n; i++) {
		assert_identity(&r.lines[i]);
		int rc = add_totals(&r.total, &r.lines[i], c->err);
		if (rc < 0)
			return rc;
	}
	*ret = r;
	return 0;
}

static int
split_lines(struct compute *c)
{
	for (size_t i = 0; i < c->count; i++) {
		int rc = benefit_split(c, &c->work[i], &c->work[i].share);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
benefit_compute(const struct benefit_rules *rules, const struct benefit_visit *visit,
    struct benefit_result *ret, struct arena *a, struct err *e)
{
	struct compute c = { .rules = rules, .visit = visit, .arena = a, .err = e };
	int (*const steps[])(struct compute *) = { resolve_rules, require_parameters, benefit_route_find,
		benefit_check_cards, limits };
	int (*const line_steps[])(struct compute *) = { benefit_derive_rates, benefit_amounts, benefit_levels,
		split_lines, benefit_year_limit };
	int rc;
	c.count = visit->line_count <= BENEFIT_LINES_MAX ? visit->line_count : 0;
	c.work = ARENA_ARRAY(a, c.count, struct work);
	rc = benefit_check_inputs(&c);
	if (rc < 0)
		return rc;
	c.date = time_business_date(visit->admitted_at);
	for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = steps[i](&c);
	if (rc < 0)
		return rc;
	begin_lines(&c);
	for (size_t i = 0; rc == 0 && i < sizeof(line_steps) / sizeof(line_steps[0]); i++)
		rc = line_steps[i](&c);
	return rc < 0 ? rc : collect(&c, ret);
}
