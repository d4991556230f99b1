#include "tests/unit/claims/rules/clean_claim.h"

#include "base/decimal.h"

uint64_t
clean_dice(uint64_t *seed, uint64_t sides)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*seed >> 33) % sides;
}

static enum claim_field
same_field(enum claim_table t, const char *name)
{
	int f = claim_field_of(t, name);
	assert(f >= 0);
	return (enum claim_field)f;
}

int64_t
clean_get(const struct claim_row *r, const char *name)
{
	return claim_number(r, same_field((enum claim_table)r->table, name));
}

void
clean_put(struct claim_row *r, const char *name, int64_t value)
{
	claim_set_number(r, same_field((enum claim_table)r->table, name), value);
}

/* A line at another unit price: quantity × price, the fund's part by the level (spec: benefit-rules.md §6).
 */
void
clean_reprice(struct claim_row *r, int64_t price)
{
	int64_t total, fund;
	bool drug = r->table == CLAIM_XML2;
	int rc;
	rc = decimal_mul_div(clean_get(r, "SO_LUONG"), price, 10000, &total);
	assert(rc == 0);
	rc = decimal_mul_div(total, clean_get(r, "MUC_HUONG"), 10000, &fund);
	assert(rc == 0);
	clean_put(r, drug ? "DON_GIA" : "DON_GIA_BV", price);
	if (!drug)
		clean_put(r, "DON_GIA_BH", price);
	clean_put(r, "THANH_TIEN_BV", total);
	clean_put(r, "THANH_TIEN_BH", total);
	clean_put(r, "T_BHTT", fund);
	clean_put(r, "T_BNCCT", total - fund);
}

void
clean_total(struct claim_document *d)
{
	static const struct {
		const char *total, *part;
	} sums[] = { { "T_TONGCHI_BV", "THANH_TIEN_BV" }, { "T_TONGCHI_BH", "THANH_TIEN_BH" },
		{ "T_BNTT", "T_BNTT" }, { "T_BNCCT", "T_BNCCT" }, { "T_BHTT", "T_BHTT" },
		{ "T_BHTT_GDV", "T_BHTT" } };
	struct claim_row *head = claim_row_at(d, CLAIM_XML1, 0);
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		int64_t sum = 0;
		for (enum claim_table t = CLAIM_XML2; t <= CLAIM_XML3; t++)
			for (size_t k = 0; k < claim_row_count(d, t); k++)
				sum += clean_get(claim_row_at(d, t, k), sums[i].part);
		clean_put(head, sums[i].total, sum);
	}
	int64_t drugs = 0;
	for (size_t k = 0; k < claim_row_count(d, CLAIM_XML2); k++)
		drugs += clean_get(claim_row_at(d, CLAIM_XML2, k), "THANH_TIEN_BV");
	clean_put(head, "T_THUOC", drugs);
}

struct claim_document *
clean_claim_make(const struct rule_set *set, const char *base, struct arena *a, uint64_t *seed)
{
	static const char *const bases[] = { "outpatient", "inpatient", "papers", "birth", "referral" };
	struct claim_document *d;
	struct err e = { 0 };
	if (rule_claim_build(set, base ? base : bases[clean_dice(seed, 5)], a, &d, &e) < 0)
		fatal("base claim: %s", e.detail);
	for (size_t k = 0; k < claim_row_count(d, CLAIM_XML2); k++) {
		struct claim_row *r = claim_row_at(d, CLAIM_XML2, k);
		clean_reprice(r, clean_get(r, "DON_GIA") -
				     (int64_t)clean_dice(seed, (uint64_t)clean_get(r, "DON_GIA") / 2));
	}
	/* the dearest service stays, so that the visit is no small one */
	clean_reprice(claim_row_at(d, CLAIM_XML3, 1), 1000 * (int64_t)(40000 + clean_dice(seed, 7500)));
	clean_total(d);
	return d;
}
