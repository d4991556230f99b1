#include "server/app/verdict/lists.h"

#include "base/time.h"
#include "claims/rules/catalog_held.h"

#define BEFORE 31 /* days that are held around a visit's own, so that most visits share them */
#define AFTER 31
#define DAYS_MAX 366 /* of claim.catalog_all, between first and last */

static struct rule_catalog_held *
held(void)
{
	static struct rule_catalog_held *h; /* for the life of the process */
	if (!h)
		h = rule_catalog_held_new();
	return h;
}

static int32_t
number_of(int32_t day)
{
	int y, m, d;
	date_to_civil(day, &y, &m, &d);
	return y * 10000 + m * 100 + d;
}

static struct slice
facility_of(const struct judging *j)
{
	const struct claim_document *d = j->piece->document;
	return claim_row_count(d, CLAIM_XML1) ? claim_text(claim_row_at(d, CLAIM_XML1, 0), XML1_MA_CSKCB)
					      : SLICE("");
}

/* First and last day the visit names: its arrival, and the day it is judged. */
static void
days_of(const struct judging *j, int32_t *ret_first, int32_t *ret_last)
{
	int32_t today = time_business_date(j->now), first = claim_document_date(j->piece->document);
	if (first == 0 || first > today)
		first = today;
	*ret_first = first;
	*ret_last = today - first > DAYS_MAX - BEFORE ? first + DAYS_MAX - BEFORE : today;
}

static struct rule_catalog_want
want_of(const struct judging *j, int32_t before, int32_t after)
{
	struct rule_catalog_want want = { .tenant = j->tenant, .epoch = j->lists_epoch };
	int32_t first, last;
	(void)slice_to_int64(facility_of(j), &want.facility);
	days_of(j, &first, &last);
	first -= before;
	last = last + after - first > DAYS_MAX ? first + DAYS_MAX : last + after;
	want.first_day = number_of(first);
	want.last_day = number_of(last);
	return want;
}

const struct rule_catalog *
lists_find(const struct judging *j)
{
	struct rule_catalog_want want = want_of(j, 0, 0);
	return rule_catalog_held_find(held(), &want);
}

static struct slice
date_text(struct arena *a, int32_t number)
{
	return slice_of(arena_printf(a, "%04d-%02d-%02d", number / 10000, number / 100 % 100, number % 100));
}

void
lists_question(const struct judging *j, struct slice ret_values[LISTS_QUESTION])
{
	struct rule_catalog_want want = want_of(j, BEFORE, AFTER);
	ret_values[0] = facility_of(j);
	ret_values[1] = date_text(j->arena, want.first_day);
	ret_values[2] = date_text(j->arena, want.last_day);
}

int
lists_take(const struct judging *j, const struct pg_batch *b, unsigned step, struct err *e)
{
	struct rule_catalog_want want = want_of(j, BEFORE, AFTER);
	struct rule_catalog_rows *rows = rule_catalog_held_start(held(), &want);
	for (size_t i = 0; i < pg_rows(b, step); i++) {
		int rc = rule_catalog_rows_add_text(
		    rows, pg_field(b, step, i, "catalog"), pg_field(b, step, i, "lines"), e);
		if (rc < 0)
			return rc;
	}
	rule_catalog_held_keep(held());
	return 0;
}
