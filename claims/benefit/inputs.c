/* The ranges of a visit's fields: bad input never reaches the arithmetic. */
#include <stdio.h>

#include "base/time.h"
#include "claims/benefit/internal.h"

#define CODE_MAX 63 /* codes that are members of a set */

static int
visit_error(const struct compute *c, const char *field, const char *text)
{
	return err_set(c->err, ERR_INPUT, field, "%s", text);
}

int
benefit_line_error(
    const struct compute *c, const struct work *w, enum err_code code, const char *name, const char *text)
{
	char field[64];
	int length = snprintf(field, sizeof(field), "/lines/%td/%s", w - c->work, name);
	(void)length;
	return err_set(c->err, code, field, "%s", text);
}

static bool
instant_ok(int64_t instant)
{
	const struct civil first = { .year = 1900, .month = 1, .day = 1 };
	const struct civil last = { .year = 2999, .month = 12, .day = 31 };
	return instant >= time_from_civil(&first) && instant <= time_from_civil(&last);
}

static bool
percent_ok(struct percent p, bool may_be_absent)
{
	return (p.hundredths >= 0 && p.hundredths <= 10000) || (may_be_absent && p.hundredths == -1);
}

static int
check_card(const struct compute *c, size_t i)
{
	const struct benefit_card *card = &c->visit->cards[i];
	char field[64];
	bool letters = card->group[0] >= 'A' && card->group[0] <= 'Z' && card->group[1] >= 'A' &&
		       card->group[1] <= 'Z' && card->group[2] == '\0';
	bool digit = card->digit >= 1 && card->digit <= 9;
	if (letters && digit && (card->from == 0 || card->to == 0 || card->from <= card->to))
		return 0;
	int length =
	    snprintf(field, sizeof(field), "/cards/%zu/%s", i, letters ? digit ? "to" : "digit" : "group");
	(void)length;
	return visit_error(c, field,
	    !letters ? "must be two capital letters"
	    : digit  ? "is before from"
		     : "must be 1 to 9");
}

static int
check_visit(const struct compute *c)
{
	const struct benefit_visit *v = c->visit;
	if (v->line_count > BENEFIT_LINES_MAX)
		return err_set(c->err, ERR_LIMIT, "/lines", "more than %d lines", BENEFIT_LINES_MAX);
	if (v->card_count > BENEFIT_CARDS_MAX)
		return err_set(c->err, ERR_LIMIT, "/cards", "more than %d cards", BENEFIT_CARDS_MAX);
	if (!instant_ok(v->admitted_at))
		return visit_error(c, "/admitted_at", "must be between 1900 and 2999");
	if (v->exempt_from != 0 && !instant_ok(v->exempt_from))
		return visit_error(c, "/exempt_from", "must be between 1900 and 2999");
	if (v->care_type < 1 || v->care_type > CODE_MAX)
		return visit_error(c, "/care_type", "must be 1 to 63");
	if (v->object_code.len == 0)
		return visit_error(c, "/object_code", "is empty");
	if (v->copay_paid.hundredths < 0)
		return visit_error(c, "/copay_paid", "is negative");
	if (v->copay_paid_before_change.hundredths < 0 ||
	    v->copay_paid_before_change.hundredths > v->copay_paid.hundredths)
		return visit_error(c, "/copay_paid_before_change", "must be from 0 to copay_paid");
	for (size_t i = 0; i < v->card_count; i++) {
		int rc = check_card(c, i);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static const char *
line_fault(const struct benefit_line *l, const char **ret_text)
{
	*ret_text = "is out of range";
	if (l->table != BENEFIT_XML2 && l->table != BENEFIT_XML3)
		return "table";
	if (l->group < 1 || l->group > CODE_MAX)
		return "group";
	if (l->scope < 1 || l->scope > 3)
		return "scope";
	if (l->at != 0 && !instant_ok(l->at))
		return "at";
	if (!percent_ok(l->rate_service, true))
		return "rate_service";
	if (!percent_ok(l->rate_fund, false))
		return "rate_fund";
	if (!percent_ok(l->given_level, true))
		return "given_level";
	if (l->payment_method < 0 || l->payment_method > CODE_MAX)
		return "payment_method";
	if (l->support != BENEFIT_INDIVIDUAL && l->support != BENEFIT_COLLECTIVE && l->support != BENEFIT_ARV)
		return "support";
	*ret_text = "is negative";
	if (l->quantity.thousandths < 0)
		return "quantity";
	if (l->km.thousandths < 0)
		return "km";
	if (l->price_hospital.thousandths < 0)
		return "price_hospital";
	if (l->price_fund.thousandths < 0)
		return "price_fund";
	if (l->price_ceiling.thousandths < 0)
		return "price_ceiling";
	if (l->package_ceiling.hundredths < 0)
		return "package_ceiling";
	if (l->bed_sharers < 0)
		return "bed_sharers";
	for (size_t i = 0; i < BENEFIT_SOURCES; i++)
		if (l->source[i].hundredths < 0)
			return "source";
	*ret_text = "a line of XML2 has one price only";
	if (l->table == BENEFIT_XML2 && l->price_fund.thousandths != l->price_hospital.thousandths)
		return "price_fund";
	*ret_text = "only lines of XML3 have a price ceiling";
	if (l->table == BENEFIT_XML2 && l->price_ceiling.thousandths != 0)
		return "price_ceiling";
	*ret_text = "only lines of XML3 belong to a supply package";
	if (l->table == BENEFIT_XML2 && l->package.len > 0)
		return "package";
	return NULL;
}

int
benefit_check_inputs(const struct compute *c)
{
	int rc = check_visit(c);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < c->count; i++) {
		const char *text;
		const char *name = line_fault(&c->visit->lines[i], &text);
		if (name)
			return benefit_line_error(c, &c->work[i], ERR_INPUT, name, text);
	}
	return 0;
}
