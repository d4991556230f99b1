/* What follows from a visit's rows: keys and numbers of rows, totals of XML1, days of treatment. */
#include "base/time.h"
#include "claims/assemble/assemble.h"
#include "claims/benefit/rates.h"

struct sums {
	struct money hospital, in_scope, fund, copay, self_pay, other, fee, drug, supply;
};

static void
number_rows(struct claim_document *d, enum claim_table t)
{
	int field = claim_field_of(t, "STT");

	for (size_t i = 0; field >= 0 && i < claim_row_count(d, t); i++)
		claim_set_number(claim_row_at(d, t, i), (enum claim_field)field, (int64_t)i + 1);
}

/* Rows that came without MA_LK get that of XML1. */
static void
key_rows(struct claim_document *d, enum claim_table t, const struct claim_row *x1)
{
	int field = claim_field_of(t, "MA_LK");

	for (size_t i = 0; field >= 0 && i < claim_row_count(d, t); i++)
		if (!claim_has(claim_row_at(d, t, i), (enum claim_field)field))
			claim_share_text(claim_row_at(d, t, i), (enum claim_field)field, x1, XML1_MA_LK);
}

/* Adds row's field to *sum; 0 or ERR_OVERFLOW. */
static int
sum_add(struct money *sum, const struct claim_row *row, enum claim_field field)
{
	return money_add(*sum, (struct money){ claim_number(row, field) }, sum);
}

/* The set of a dated parameter; 0 when there is no such row. */
static uint64_t
rule_set(const struct benefit_rules *rules, enum benefit_key key, int32_t date)
{
	for (size_t i = 0; i < rules->parameter_count; i++) {
		const struct benefit_parameter *p = &rules->parameters[i];
		if (p->key == key && p->rule.from <= date && date <= p->rule.to)
			return p->set;
	}
	return 0;
}

static bool
in_set(uint64_t set, struct slice code)
{
	int64_t n;

	return slice_to_int64(code, &n) == 0 && n >= 0 && n < 64 && (set >> n & 1) != 0;
}

static int
sum_drugs(const struct claim_document *d, uint64_t fee_set, struct sums *s)
{
	int bad = 0;

	for (size_t i = 0; i < claim_row_count(d, CLAIM_XML2); i++) {
		const struct claim_row *r = claim_row_at(d, CLAIM_XML2, i);
		bad |= sum_add(&s->hospital, r, XML2_THANH_TIEN_BV) |
		       sum_add(&s->in_scope, r, XML2_THANH_TIEN_BH);
		bad |= sum_add(&s->fund, r, XML2_T_BHTT) | sum_add(&s->copay, r, XML2_T_BNCCT);
		bad |= sum_add(&s->self_pay, r, XML2_T_BNTT) | sum_add(&s->other, r, XML2_T_NGUONKHAC);
		bad |= sum_add(&s->drug, r, XML2_THANH_TIEN_BV);
		if (in_set(fee_set, claim_text(r, XML2_MA_PTTT)))
			bad |= sum_add(&s->fee, r, XML2_T_BHTT);
	}
	return bad ? ERR_OVERFLOW : 0;
}

static int
sum_services(const struct claim_document *d, uint64_t fee_set, uint64_t supply_set, struct sums *s)
{
	int bad = 0;

	for (size_t i = 0; i < claim_row_count(d, CLAIM_XML3); i++) {
		const struct claim_row *r = claim_row_at(d, CLAIM_XML3, i);
		bad |= sum_add(&s->hospital, r, XML3_THANH_TIEN_BV) |
		       sum_add(&s->in_scope, r, XML3_THANH_TIEN_BH);
		bad |= sum_add(&s->fund, r, XML3_T_BHTT) | sum_add(&s->copay, r, XML3_T_BNCCT);
		bad |= sum_add(&s->self_pay, r, XML3_T_BNTT) | sum_add(&s->other, r, XML3_T_NGUONKHAC);
		if (in_set(supply_set, claim_text(r, XML3_MA_NHOM)))
			bad |= sum_add(&s->supply, r, XML3_THANH_TIEN_BV);
		if (in_set(fee_set, claim_text(r, XML3_MA_PTTT)))
			bad |= sum_add(&s->fee, r, XML3_T_BHTT);
	}
	return bad ? ERR_OVERFLOW : 0;
}

static void
set_totals(struct claim_row *x1, const struct sums *s)
{
	claim_set_number(x1, XML1_T_THUOC, s->drug.hundredths);
	claim_set_number(x1, XML1_T_VTYT, s->supply.hundredths);
	claim_set_number(x1, XML1_T_TONGCHI_BV, s->hospital.hundredths);
	claim_set_number(x1, XML1_T_TONGCHI_BH, s->in_scope.hundredths);
	claim_set_number(x1, XML1_T_BNTT, s->self_pay.hundredths);
	claim_set_number(x1, XML1_T_BNCCT, s->copay.hundredths);
	claim_set_number(x1, XML1_T_BHTT, s->fund.hundredths);
	claim_set_number(x1, XML1_T_NGUONKHAC, s->other.hundredths);
	claim_set_number(x1, XML1_T_BHTT_GDV, s->fee.hundredths);
}

static int
set_days(struct claim_row *x1, const struct claim_completion *c, struct err *e)
{
	struct benefit_treatment t = { 0, c->admitted_at, c->discharged_at, c->drug_days, c->service_days };
	int64_t care_type;
	int days;

	if (slice_to_int64(claim_text(x1, XML1_MA_LOAI_KCB), &care_type) < 0 || care_type < 0 ||
	    care_type > 99)
		return err_set(e, ERR_INPUT, "XML1.MA_LOAI_KCB", "not a type of care");
	t.care_type = (int)care_type;
	if (benefit_treatment_days(c->rules, &t, &days, e) < 0)
		return e ? (int)e->code : ERR_NOT_FOUND;
	claim_set_number(x1, XML1_SO_NGAY_DTRI, days);
	return 0;
}

int
claim_complete(struct claim_document *d, const struct claim_completion *c, struct err *e)
{
	int32_t date = time_business_date(c->admitted_at);
	uint64_t fee = rule_set(c->rules, BENEFIT_FEE_FOR_SERVICE, date);
	uint64_t supply = rule_set(c->rules, BENEFIT_SUPPLY_GROUPS, date);
	struct sums s = { 0 };
	struct claim_row *x1;

	if (claim_row_count(d, CLAIM_XML1) != 1)
		return err_set(e, ERR_INPUT, "XML1", "a claim has exactly one XML1 row");
	x1 = claim_row_at(d, CLAIM_XML1, 0);
	for (enum claim_table t = CLAIM_XML1; t < CLAIM_TABLES; t++) {
		if (claim_row_count(d, t) == 0)
			continue;
		number_rows(d, t);
		key_rows(d, t, x1);
	}
	if (sum_drugs(d, fee, &s) < 0 || sum_services(d, fee, supply, &s) < 0)
		return err_set(e, ERR_OVERFLOW, "XML1.T_TONGCHI_BV", "the total does not fit");
	set_totals(x1, &s);
	return set_days(x1, c, e);
}
