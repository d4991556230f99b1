/*
 * Amounts. Sources: benefit-rules of the project's specification, §6 (line formulas, split, identity) and §7
 * (totals); they quote decision 4750/QĐ-BYT and the fund's validation sheet.
 */
#include <stdlib.h>

#include "base/decimal.h"
#include "claims/check_parts.h"

/* Groups whose hospital amount carries the service ratio when nothing else is set: 8, 13, 14, 15, 16, 18. */
#define DEFAULT_RATE_GROUPS (1u << 8 | 1u << 13 | 1u << 14 | 1u << 15 | 1u << 16 | 1u << 18)
#define AMOUNT_MAX INT64_C(100000000000000000) /* 10^15 đồng in hundredths */
#define GROUP_SUPPLY 10
#define GROUP_SUPPLY_BY_RATIO 11

/* The same fields of XML2 and XML3. */
struct line_fields {
	enum claim_field quantity, price_hospital, price_insurance, ratio_insurance;
	enum claim_field hospital, insurance, level, scope, group, payment;
	enum claim_field other, other_first; /* T_NGUONKHAC and the first of its four parts */
	enum claim_field self, copay, fund;
	int ratio_service; /* -1: none */
};

static const struct line_fields drug_fields = { XML2_SO_LUONG, XML2_DON_GIA, XML2_DON_GIA, XML2_TYLE_TT_BH,
	XML2_THANH_TIEN_BV, XML2_THANH_TIEN_BH, XML2_MUC_HUONG, XML2_PHAM_VI, XML2_MA_NHOM, XML2_MA_PTTT,
	XML2_T_NGUONKHAC, XML2_T_NGUONKHAC_NSNN, XML2_T_BNTT, XML2_T_BNCCT, XML2_T_BHTT, -1 };
static const struct line_fields service_fields = { XML3_SO_LUONG, XML3_DON_GIA_BV, XML3_DON_GIA_BH,
	XML3_TYLE_TT_BH, XML3_THANH_TIEN_BV, XML3_THANH_TIEN_BH, XML3_MUC_HUONG, XML3_PHAM_VI, XML3_MA_NHOM,
	XML3_MA_PTTT, XML3_T_NGUONKHAC, XML3_T_NGUONKHAC_NSNN, XML3_T_BNTT, XML3_T_BNCCT, XML3_T_BHTT,
	XML3_TYLE_TT_DV };

/* A field's amount; more than the 15 characters of the standard is cut so that sums stay exact. */
static int64_t
amount(const struct claim_row *r, enum claim_field f)
{
	int64_t value = claim_number(r, f);
	return value < AMOUNT_MAX ? value : AMOUNT_MAX;
}

/* Sums over a document of any size stop at the largest number. */
static void
add_to(int64_t *sum, int64_t value)
{
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = INT64_MAX;
}

void
check_amount(struct check *c, enum claim_finding_code code, const struct claim_row *r, uint32_t number,
    enum claim_field field, int64_t right, const char *formula)
{
	int64_t stated = amount(r, field);
	if (claim_is_raw(r, field) || llabs(stated - right) <= CLAIM_CHECK_EXACT_HUNDREDTHS)
		return;
	char a[DECIMAL_TEXT_MAX], b[DECIMAL_TEXT_MAX];
	size_t a_len = decimal_print(stated, 2, a), b_len = decimal_print(right, 2, b);
	struct claim_finding *f = claim_finding_add(c->findings, code, r->table, number, (int)field,
	    "%.*s ≠ %.*s = %s", (int)a_len, a, (int)b_len, b, formula);
	if (llabs(stated - right) <= CLAIM_CHECK_GATEWAY_HUNDREDTHS)
		claim_finding_lower(c->findings, f, CLAIM_WARNING);
}

static int
code_number(const struct claim_row *r, enum claim_field f)
{
	int64_t value;
	if (slice_to_int64(claim_text(r, f), &value) < 0 || value < 0 || value > 31)
		return -1;
	return (int)value;
}

static struct percent
ratio(const struct claim_row *r, int field)
{
	if (field < 0 || !claim_has(r, (enum claim_field)field))
		return PERCENT(100);
	int64_t value = claim_number(r, (enum claim_field)field);
	return PERCENT(value <= 100 ? value : 100);
}

/* quantity × price × ratios, or -1 when it does not fit. */
static int64_t
product(const struct claim_row *r, enum claim_field quantity, enum claim_field price,
    const struct percent *ratios, size_t count)
{
	struct money m;
	struct quantity q = { claim_number(r, quantity) };
	struct price p = { claim_number(r, price) };
	return money_of_line(q, p, ratios, count, &m) < 0 ? -1 : m.hundredths;
}

static bool
has_service_rate(const struct check *c, const struct line_fields *f, const struct claim_row *r)
{
	uint32_t groups =
	    c->options && c->options->bv_rate_groups ? c->options->bv_rate_groups : DEFAULT_RATE_GROUPS;
	int group = code_number(r, f->group);
	return f->ratio_service >= 0 && group >= 0 && groups >> group & 1;
}

static void
check_hospital_amount(
    struct check *c, const struct line_fields *f, const struct claim_row *r, uint32_t number)
{
	bool rated = has_service_rate(c, f, r);
	struct percent service = ratio(r, f->ratio_service);
	int64_t right = product(r, f->quantity, f->price_hospital, &service, rated ? 1 : 0);
	const char *formula = f->ratio_service < 0 ? "SO_LUONG × DON_GIA"
			      : rated              ? "SO_LUONG × DON_GIA_BV × TYLE_TT_DV"
						   : "SO_LUONG × DON_GIA_BV";
	if (right >= 0)
		check_amount(c, FINDING_LINE_FORMULA, r, number, f->hospital, right, formula);
}

static bool
is_near(int64_t a, int64_t b)
{
	return llabs(a - b) <= CLAIM_CHECK_EXACT_HUNDREDTHS;
}

/* Money given to the facility for all patients is taken off before the insurance's part (§6, second form). */
static bool
fits_facility_support(const struct line_fields *f, const struct claim_row *r)
{
	struct money left = { amount(r, f->hospital) - amount(r, f->other) }, part;
	if (amount(r, f->other) == 0 || money_percent(left, ratio(r, (int)f->ratio_insurance), &part) < 0)
		return false;
	return is_near(part.hundredths, amount(r, f->insurance));
}

static void
check_insurance_amount(
    struct check *c, const struct line_fields *f, const struct claim_row *r, uint32_t number)
{
	struct percent ratios[2] = { ratio(r, (int)f->ratio_insurance), ratio(r, (int)f->ratio_service) };
	int64_t right = product(r, f->quantity, f->price_insurance, ratios, f->ratio_service < 0 ? 1 : 2);
	const char *formula = f->ratio_service < 0 ? "SO_LUONG × DON_GIA × TYLE_TT_BH"
						   : "SO_LUONG × DON_GIA_BH × TYLE_TT_DV × TYLE_TT_BH";
	if (right >= 0 && !fits_facility_support(f, r))
		check_amount(c, FINDING_LINE_FORMULA, r, number, f->insurance, right, formula);
}

static int64_t
at_least_0(int64_t value)
{
	return value > 0 ? value : 0;
}

struct shares {
	int64_t fund, copay, self;
};

/* The split of §6: individual support first pays what the patient owes. */
static bool
split(const struct line_fields *f, const struct claim_row *r, bool facility_support, struct shares *ret)
{
	int64_t hospital = amount(r, f->hospital), insurance = amount(r, f->insurance);
	int64_t other = amount(r, f->other), level = claim_number(r, f->level);
	struct money fund;
	if (level > 10000 ||
	    money_percent((struct money){ insurance }, (struct percent){ (int32_t)level }, &fund) < 0)
		return false;
	int64_t copay = insurance - fund.hundredths, self = hospital - insurance;
	if (facility_support) {
		*ret = (struct shares){ fund.hundredths, copay, self - other };
		return true;
	}
	ret->self = at_least_0(self - other);
	ret->copay = at_least_0(copay - at_least_0(other - self));
	ret->fund = fund.hundredths - at_least_0(other - self - copay);
	return true;
}

static bool
fits_shares(const struct line_fields *f, const struct claim_row *r, const struct shares *s)
{
	return is_near(amount(r, f->fund), s->fund) && is_near(amount(r, f->copay), s->copay) &&
	       is_near(amount(r, f->self), s->self);
}

static void
check_split(struct check *c, const struct line_fields *f, const struct claim_row *r, uint32_t number)
{
	struct shares s;
	if (amount(r, f->other) && split(f, r, true, &s) && fits_shares(f, r, &s))
		return;
	if (!split(f, r, false, &s))
		return;
	check_amount(c, FINDING_LINE_FORMULA, r, number, f->fund, s.fund, "THANH_TIEN_BH × MUC_HUONG");
	check_amount(c, FINDING_LINE_FORMULA, r, number, f->copay, s.copay, "THANH_TIEN_BH − T_BHTT");
	check_amount(c, FINDING_LINE_FORMULA, r, number, f->self, s.self, "THANH_TIEN_BV − THANH_TIEN_BH");
}

static void
check_identity(struct check *c, const struct line_fields *f, const struct claim_row *r, uint32_t number)
{
	int64_t sources = 0;
	for (int i = 0; i < 4; i++)
		sources += amount(r, (enum claim_field)((int)f->other_first + i));
	check_amount(c, FINDING_LINE_SOURCES, r, number, f->other, sources, "NSNN + VTNN + VTTN + CL");
	int64_t shares = amount(r, f->fund) + amount(r, f->copay) + amount(r, f->self) + amount(r, f->other);
	check_amount(c, FINDING_LINE_IDENTITY, r, number, f->hospital, shares,
	    "T_BHTT + T_BNCCT + T_BNTT + T_NGUONKHAC");
}

static void
check_outside(struct check *c, const struct line_fields *f, const struct claim_row *r, uint32_t number)
{
	const enum claim_field zero[] = { f->ratio_insurance, f->insurance, f->level };
	if (!slice_eq_text(claim_text(r, f->scope), "2"))
		return;
	for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		if (amount(r, zero[i]))
			claim_finding_add(c->findings, FINDING_SCOPE_OUTSIDE, r->table, number, (int)zero[i],
			    "%s", claim_fields[zero[i]].name);
}

void
check_line(struct check *c, const struct claim_row *r, uint32_t number)
{
	const struct line_fields *f = r->table == CLAIM_XML2 ? &drug_fields : &service_fields;
	check_hospital_amount(c, f, r, number);
	check_insurance_amount(c, f, r, number);
	check_split(c, f, r, number);
	check_identity(c, f, r, number);
	check_outside(c, f, r, number);
}

struct totals {
	int64_t hospital, insurance, self, copay, fund, other, fund_by_service, drugs, supplies;
};

static void
add_line(struct totals *t, const struct line_fields *f, const struct claim_row *r)
{
	int64_t hospital = amount(r, f->hospital);
	int group = code_number(r, f->group);
	add_to(&t->hospital, hospital);
	add_to(&t->insurance, amount(r, f->insurance));
	add_to(&t->self, amount(r, f->self));
	add_to(&t->copay, amount(r, f->copay));
	add_to(&t->fund, amount(r, f->fund));
	add_to(&t->other, amount(r, f->other));
	if (slice_eq_text(claim_text(r, f->payment), "1"))
		add_to(&t->fund_by_service, amount(r, f->fund));
	if (f == &drug_fields)
		add_to(&t->drugs, hospital);
	else if (group == GROUP_SUPPLY || group == GROUP_SUPPLY_BY_RATIO)
		add_to(&t->supplies, hospital);
}

void
check_totals(struct check *c)
{
	struct totals t = { 0 };
	const struct claim_row *r = claim_row_at(c->d, CLAIM_XML1, 0);
	for (size_t i = 0; i < claim_row_count(c->d, CLAIM_XML2); i++)
		add_line(&t, &drug_fields, claim_row_at(c->d, CLAIM_XML2, i));
	for (size_t i = 0; i < claim_row_count(c->d, CLAIM_XML3); i++)
		add_line(&t, &service_fields, claim_row_at(c->d, CLAIM_XML3, i));
	const struct {
		enum claim_field field;
		int64_t right;
		const char *formula;
	} rules[] = {
		{ XML1_T_THUOC, t.drugs, "Σ XML2.THANH_TIEN_BV" },
		{ XML1_T_VTYT, t.supplies, "Σ XML3.THANH_TIEN_BV (MA_NHOM 10, 11)" },
		{ XML1_T_TONGCHI_BV, t.hospital, "Σ THANH_TIEN_BV" },
		{ XML1_T_TONGCHI_BH, t.insurance, "Σ THANH_TIEN_BH" },
		{ XML1_T_BNTT, t.self, "Σ T_BNTT" },
		{ XML1_T_BNCCT, t.copay, "Σ T_BNCCT" },
		{ XML1_T_BHTT, t.fund, "Σ T_BHTT" },
		{ XML1_T_NGUONKHAC, t.other, "Σ T_NGUONKHAC" },
		{ XML1_T_BHTT_GDV, t.fund_by_service, "Σ T_BHTT (MA_PTTT 1)" },
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		check_amount(
		    c, FINDING_TOTAL_DIFFERS, r, 1, rules[i].field, rules[i].right, rules[i].formula);
}
