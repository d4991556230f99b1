#include "claims/benefit/rates.h"

#include <stdio.h>

#include "base/time.h"
#include "claims/benefit/internal.h"

#define SELECTOR_MAX 16
#define DAY_SECONDS 86400
#define KM_MAX 10000

const struct benefit_rate *
benefit_rate_find(const struct benefit_rules *rules, const char *kind, const char *selector, int32_t date)
{
	for (size_t i = 0; i < rules->rate_count; i++) {
		const struct benefit_rate *r = &rules->rates[i];
		if (strcmp(r->kind, kind) == 0 && strcmp(r->selector, selector) == 0 &&
		    benefit_rule_valid(&r->rule, date))
			return r;
	}
	return NULL;
}

static int
rate_value(const struct benefit_rules *rules, const char *kind, const char *selector, int32_t date,
    int64_t *ret, struct err *e)
{
	const struct benefit_rate *r = benefit_rate_find(rules, kind, selector, date);
	char day[TIME_TEXT_MAX];
	if (!r) {
		date_print_iso(date, day);
		return err_set(e, ERR_NOT_FOUND, kind, "no row \"%s\" is valid on %s", selector, day);
	}
	*ret = r->value;
	return 0;
}

/* The row of the n-th thing; past the last numbered row the last one applies. */
static int
rate_nth(
    const struct benefit_rules *rules, const char *kind, size_t n, int32_t date, int64_t *ret, struct err *e)
{
	char selector[SELECTOR_MAX];
	for (size_t i = n < 64 ? n : 64; i > 0; i--) {
		int length = snprintf(selector, sizeof(selector), "%zu", i);
		(void)length;
		const struct benefit_rate *r = benefit_rate_find(rules, kind, selector, date);
		if (r) {
			*ret = r->value;
			return 0;
		}
	}
	return rate_value(rules, kind, "1", date, ret, e);
}

/* A row's value in 1/10000 of a percent point as a percent. */
static struct percent
percent_of(int64_t value)
{
	return (struct percent){ (int32_t)(value / 100) };
}

/* A row's value in 1/10000 of a unit as a quantity in 1/1000. */
static struct quantity
quantity_of(int64_t value)
{
	return (struct quantity){ value / 10 };
}

static int
price_percent(struct price p, int64_t value, struct price *ret, struct err *e)
{
	if (p.thousandths < 0)
		return err_set(e, ERR_INPUT, "price", "is negative");
	if (decimal_mul_div(p.thousandths, value, 100 * BENEFIT_VALUE_ONE, &ret->thousandths) < 0)
		return err_set(e, ERR_OVERFLOW, "price", "is too large");
	return 0;
}

int
benefit_consultation_rates(
    const struct benefit_rules *rules, int32_t date, size_t count, struct percent *ret_rates, struct err *e)
{
	int64_t cap = 0, left, value = 0;
	int rc = rate_value(rules, "consultation_cap", "", date, &cap, e);
	if (rc < 0)
		return rc;
	left = cap * 100; /* the cap counts prices of 100 % */
	for (size_t i = 0; i < count; i++) {
		rc = rate_nth(rules, "consultation", i + 1, date, &value, e);
		if (rc < 0)
			return rc;
		value = value < left ? value : left;
		left -= value;
		ret_rates[i] = percent_of(value);
	}
	return 0;
}

int
benefit_bed_days(const struct benefit_rules *rules, int64_t admitted_at, int64_t discharged_at,
    enum benefit_ending ending, struct quantity *ret_days, struct err *e)
{
	static const char *const endings[] = { "recovered", "death", "worse_taken_home", "transfer_up",
		"transfer_continued" };
	int32_t date = time_business_date(admitted_at);
	int64_t none = 0, day = 0, extra = 0, stay = discharged_at - admitted_at, days;
	int rc = rate_value(rules, "bed_none_hours", "", date, &none, e);
	if (rc == 0)
		rc = rate_value(rules, "bed_day_hours", "", date, &day, e);
	if (rc == 0)
		rc = rate_value(rules, "bed_extra_day", endings[ending], date, &extra, e);
	if (rc < 0)
		return rc;
	if (stay < 0)
		return err_set(e, ERR_INPUT, "discharged_at", "is before the admission");
	if (stay <= none * 3600 / BENEFIT_VALUE_ONE)
		days = 0;
	else if (stay < day * 3600 / BENEFIT_VALUE_ONE)
		days = 1;
	else
		days = time_business_date(discharged_at) - date + extra / BENEFIT_VALUE_ONE;
	ret_days->thousandths = days * 1000;
	return 0;
}

/* Which wards of a day with three or more share it. */
static void
ward_ends(const struct benefit_ward_stay *wards, size_t count, int64_t minutes, size_t *ret_dearest,
    size_t *ret_cheapest)
{
	bool found = false;
	for (size_t i = 0; i < count; i++)
		found = found || wards[i].minutes > minutes;
	size_t dearest = count, cheapest = count;
	for (size_t i = 0; i < count; i++) {
		if (found && wards[i].minutes <= minutes)
			continue;
		if (dearest == count || wards[i].bed_price.thousandths > wards[dearest].bed_price.thousandths)
			dearest = i;
		if (cheapest == count ||
		    wards[i].bed_price.thousandths < wards[cheapest].bed_price.thousandths)
			cheapest = i;
	}
	if (dearest == cheapest) /* equal prices: the day is shared with the next ward that counts */
		for (size_t i = count; i-- > 0;)
			if (i != dearest && (!found || wards[i].minutes > minutes))
				cheapest = i;
	*ret_dearest = dearest;
	*ret_cheapest = cheapest;
}

int
benefit_ward_day(const struct benefit_rules *rules, int32_t date, const struct benefit_ward_stay *wards,
    size_t count, struct quantity *ret_days, struct err *e)
{
	int64_t share = 0, hours = 0;
	size_t first = 0, second = 1;
	int rc = rate_value(rules, "bed_ward_share", "", date, &share, e);
	if (rc == 0)
		rc = rate_value(rules, "bed_ward_hours", "", date, &hours, e);
	if (rc < 0)
		return rc;
	if (count < 1 || count > 24)
		return err_set(e, ERR_INPUT, "wards", "a day has 1 to 24 wards");
	if (count == 1)
		second = first;
	if (count > 2)
		ward_ends(wards, count, hours * 60 / BENEFIT_VALUE_ONE, &first, &second);
	for (size_t i = 0; i < count; i++)
		ret_days[i].thousandths = 0;
	if (first == second) {
		ret_days[first].thousandths = 1000;
		return 0;
	}
	ret_days[first] = ret_days[second] = quantity_of(share);
	return 0;
}

int
benefit_bed_share(const struct benefit_rules *rules, int32_t date, int persons, bool ward_change,
    struct percent *ret_rate, struct quantity *ret_days, struct err *e)
{
	int64_t value = 0;
	if (persons < 1)
		return err_set(e, ERR_INPUT, "persons", "is below 1");
	int rc = rate_nth(
	    rules, ward_change ? "bed_share_quantity" : "bed_share", (size_t)persons, date, &value, e);
	if (rc < 0)
		return rc;
	*ret_rate = ward_change ? PERCENT(100) : percent_of(value);
	*ret_days = ward_change ? quantity_of(value) : (struct quantity){ 1000 };
	return 0;
}

int
benefit_surgical_bed(
    const struct benefit_rules *rules, int32_t operated_on, int32_t bed_on, bool *ret_allowed, struct err *e)
{
	int64_t days = 0;
	int rc = rate_value(rules, "surgical_bed_days", "", operated_on, &days, e);
	if (rc < 0)
		return rc;
	*ret_allowed = bed_on >= operated_on && bed_on - operated_on <= days / BENEFIT_VALUE_ONE;
	return 0;
}

int
benefit_stay_bed(const struct benefit_rules *rules, int32_t date, enum benefit_stay_place place,
    struct price internal_type3, int days, struct price *ret_price, int *ret_days, struct err *e)
{
	const char *selector = place == BENEFIT_STAY_STATION ? "station" : "polyclinic";
	struct price price;
	int64_t value = 0, most = 0;
	int rc = rate_value(rules, "stay_bed", selector, date, &value, e);
	if (rc == 0)
		rc = rate_value(rules, "stay_bed_days", selector, date, &most, e);
	if (rc == 0 && days < 0)
		rc = err_set(e, ERR_INPUT, "days", "is negative");
	if (rc == 0)
		rc = price_percent(internal_type3, value, &price, e);
	if (rc < 0)
		return rc;
	*ret_price = price;
	*ret_days = days < most / BENEFIT_VALUE_ONE ? days : (int)(most / BENEFIT_VALUE_ONE);
	return 0;
}

int
benefit_station_price(const struct benefit_rules *rules, int32_t date, struct price list_price,
    struct price *ret_price, struct err *e)
{
	int64_t value = 0;
	int rc = rate_value(rules, "station_service", "", date, &value, e);
	if (rc < 0)
		return rc;
	return price_percent(list_price, value, ret_price, e);
}

int
benefit_treatment_days(
    const struct benefit_rules *rules, const struct benefit_treatment *t, int *ret_days, struct err *e)
{
	char code[SELECTOR_MAX];
	int32_t date = time_business_date(t->admitted_at);
	const struct benefit_rate *calendar;
	int length = snprintf(code, sizeof(code), "%d", t->care_type);
	(void)length;
	if (t->discharged_at < t->admitted_at)
		return err_set(e, ERR_INPUT, "discharged_at", "is before the admission");
	if (t->drug_days < 0 || t->service_days < 0)
		return err_set(e, ERR_INPUT, t->drug_days < 0 ? "drug_days" : "service_days", "is negative");
	if (benefit_rate_find(rules, "days_none", code, date)) {
		*ret_days = 0;
		return 0;
	}
	calendar = benefit_rate_find(rules, "days_calendar", code, date);
	if (calendar) {
		*ret_days =
		    time_business_date(t->discharged_at) - date + (int)(calendar->value / BENEFIT_VALUE_ONE);
		return 0;
	}
	if (benefit_rate_find(rules, "days_of_drugs", code, date)) {
		*ret_days = t->drug_days;
		return 0;
	}
	if (benefit_rate_find(rules, "days_of_services", code, date)) {
		*ret_days = t->service_days;
		return 0;
	}
	return err_set(e, ERR_NOT_FOUND, "care_type", "no rule for the days of type of care %s", code);
}

int
benefit_reused_price(
    struct price purchase, struct price reprocessing, int uses, struct price *ret_price, struct err *e)
{
	int64_t sum;
	if (uses < 1)
		return err_set(e, ERR_INPUT, "uses", "is below 1");
	if (purchase.thousandths < 0 || reprocessing.thousandths < 0)
		return err_set(
		    e, ERR_INPUT, purchase.thousandths < 0 ? "purchase" : "reprocessing", "is negative");
	if (__builtin_add_overflow(purchase.thousandths, reprocessing.thousandths, &sum))
		return err_set(e, ERR_OVERFLOW, "purchase", "is too large");
	return decimal_mul_div(sum, 1, uses, &ret_price->thousandths);
}

int
benefit_transport_litres(const struct benefit_rules *rules, int32_t date, struct quantity km,
    bool own_vehicle, struct quantity *ret_litres, struct err *e)
{
	int64_t litres = 0, ways = 0;
	int rc = rate_value(rules, "transport_litres", "", date, &litres, e);
	if (rc == 0)
		rc = rate_value(rules, "transport_ways", own_vehicle ? "own" : "patient", date, &ways, e);
	if (rc < 0)
		return rc;
	if (km.thousandths < 0 || km.thousandths > INT64_C(1000) * KM_MAX)
		return err_set(e, ERR_INPUT, "km", "is out of range 0..%d", KM_MAX);
	rc = decimal_mul_div(
	    km.thousandths * (ways / BENEFIT_VALUE_ONE), litres, BENEFIT_VALUE_ONE, &ret_litres->thousandths);
	return rc < 0 ? err_set(e, ERR_OVERFLOW, "km", "is too large") : 0;
}

struct percent
benefit_stent_rate(const struct benefit_rules *rules, int32_t date, int nth)
{
	int64_t value = 0;
	if (rate_nth(rules, "stent", nth > 0 ? (size_t)nth : 1, date, &value, NULL) < 0)
		return PERCENT(100);
	return percent_of(value);
}

int
benefit_base_salary(const struct benefit_rules *rules, int32_t date, struct money *ret,
    const struct benefit_rule **ret_rule, struct err *e)
{
	char day[TIME_TEXT_MAX];
	for (size_t i = 0; i < rules->parameter_count; i++) {
		const struct benefit_parameter *p = &rules->parameters[i];
		if (p->key != BENEFIT_BASE_SALARY || !benefit_rule_valid(&p->rule, date))
			continue;
		ret->hundredths = p->value / (BENEFIT_VALUE_ONE / 100);
		if (ret_rule)
			*ret_rule = &p->rule;
		return 0;
	}
	date_print_iso(date, day);
	return err_set(e, ERR_NOT_FOUND, "base_salary", "no base salary is known for %s", day);
}

int
benefit_direct_cap(const struct benefit_rules *rules, int32_t date, enum benefit_direct kind,
    struct money *ret_cap, struct err *e)
{
	static const char *const kinds[] = { "outpatient_district", "inpatient_district",
		"inpatient_provincial", "inpatient_central" };
	struct money salary = { 0 };
	int64_t factor = 0;
	int rc = rate_value(rules, "direct_payment", kinds[kind], date, &factor, e);
	if (rc == 0)
		rc = benefit_base_salary(rules, date, &salary, NULL, e);
	if (rc < 0)
		return rc;
	rc = decimal_mul_div(salary.hundredths, factor, BENEFIT_VALUE_ONE, &ret_cap->hundredths);
	return rc < 0 ? err_set(e, ERR_OVERFLOW, "base_salary", "is too large") : 0;
}

int
benefit_changed_limit(struct money paid_before, struct money old_salary, struct money new_salary,
    int64_t factor, struct money *ret_limit, struct err *e)
{
	int64_t old_limit, rest;
	if (paid_before.hundredths < 0 || old_salary.hundredths <= 0 || new_salary.hundredths <= 0)
		return err_set(
		    e, ERR_INPUT, "copay_paid_before_change", "salaries must be above 0, payments not below");
	if (decimal_mul_div(old_salary.hundredths, factor, BENEFIT_VALUE_ONE, &old_limit) < 0)
		return err_set(e, ERR_OVERFLOW, "old_salary", "is too large");
	if (paid_before.hundredths >= old_limit) {
		*ret_limit = paid_before;
		return 0;
	}
	if (decimal_mul_div(old_limit - paid_before.hundredths, new_salary.hundredths, old_salary.hundredths,
		&rest) < 0 ||
	    __builtin_add_overflow(paid_before.hundredths, rest, &ret_limit->hundredths))
		return err_set(e, ERR_OVERFLOW, "new_salary", "is too large");
	return 0;
}

static int
package_sum(const struct benefit_package_line *lines, size_t count, struct money *ret, struct err *e)
{
	struct money sum = { 0 };
	for (size_t i = 0; i < count; i++) {
		if (lines[i].amount.hundredths < 0)
			return err_set(e, ERR_INPUT, "amount", "is negative");
		if (money_add(sum, lines[i].amount, &sum) < 0)
			return err_set(e, ERR_OVERFLOW, "amount", "the sum of the package is too large");
	}
	*ret = sum;
	return 0;
}

/* The largest unit price whose amount is at most `amount`: rounded down, so the product cannot exceed it. */
static int
price_below(struct benefit_package_line *l, struct money amount, struct err *e)
{
	__int128 units = (__int128)l->quantity.thousandths * l->rate_service.hundredths;
	/* amount/100 = q/1000 × p/1000 × r/10000, so p = amount × 10^8 ÷ (q × r) */
	__int128 price = units > 0 ? (__int128)amount.hundredths * 100000000 / units : 0;
	if (price > l->price.thousandths)
		price = l->price.thousandths;
	l->price.thousandths = (int64_t)price;
	if (money_of_line(l->quantity, l->price, &l->rate_service, 1, &l->amount) < 0)
		return err_set(e, ERR_OVERFLOW, "price", "is too large");
	return 0;
}

int
benefit_package_lower(
    struct benefit_package_line *lines, size_t count, struct money ceiling, bool *ret_lowered, struct err *e)
{
	struct money sum = { 0 }, left = ceiling;
	int rc = package_sum(lines, count, &sum, e);
	if (rc < 0)
		return rc;
	if (ceiling.hundredths < 0)
		return err_set(e, ERR_INPUT, "ceiling", "is negative");
	if (sum.hundredths <= ceiling.hundredths) {
		*ret_lowered = false;
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct money share;
		rc = decimal_mul_div(
		    lines[i].amount.hundredths, ceiling.hundredths, sum.hundredths, &share.hundredths);
		if (rc < 0)
			return err_set(e, ERR_OVERFLOW, "ceiling", "is too large");
		if (i + 1 == count || share.hundredths > left.hundredths)
			share = left;
		rc = price_below(&lines[i], share, e);
		if (rc < 0)
			return rc;
		left.hundredths -= lines[i].amount.hundredths;
	}
	*ret_lowered = true;
	return 0;
}
