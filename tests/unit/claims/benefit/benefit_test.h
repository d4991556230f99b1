/* Small builders for tests of the benefit engine. */
#pragma once

#include "base/time.h"
#include "claims/benefit/benefit.h"
#include "claims/benefit/rates.h"
#include "tests/unit/unit.h"

static inline int32_t
day(int year, int month, int dayofmonth)
{
	return date_from_civil(year, month, dayofmonth);
}

static inline int64_t
moment(int year, int month, int dayofmonth, int hour, int minute)
{
	struct civil c = { .year = year, .month = month, .day = dayofmonth, .hour = hour, .minute = minute };
	return time_from_civil(&c);
}

static inline struct price
price_of(int64_t dong)
{
	return (struct price){ dong * 1000 };
}

/* One in-list service line: group, quantity in 1/1000, price in đồng. */
static inline struct benefit_line
service(int group, int64_t thousandths, int64_t dong)
{
	return (struct benefit_line){ .table = BENEFIT_XML3,
		.group = group,
		.scope = 1,
		.quantity = { thousandths },
		.price_hospital = price_of(dong),
		.price_fund = price_of(dong),
		.rate_service = PERCENT(100),
		.rate_fund = PERCENT(100),
		.given_level = BENEFIT_NO_LEVEL,
		.payment_method = 1 };
}

/* An inpatient visit of 2026-08-25, object code 1.1. */
static inline struct benefit_visit
inpatient(const struct benefit_card *card, const struct benefit_line *lines, size_t count)
{
	return (struct benefit_visit){ .admitted_at = moment(2026, 8, 25, 8, 0),
		.cards = card,
		.card_count = 1,
		.object_code = SLICE("1.1"),
		.care_type = 3,
		.lines = lines,
		.line_count = count };
}
