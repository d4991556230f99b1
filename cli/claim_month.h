/* Inside cli/ only: judging a month again (claim_month.c asks and sums up, claim_month_judge.c does it). */
#pragma once

#include <stdatomic.h>
#include <stdio.h>

#include "claims/rules/rules.h"
#include "cli/claim_export.h"

#define MONTH_PARTS_MAX 16
#define MONTH_PLACES_MAX 5000

struct month_place {
	char tenant[64], facility[16];
	size_t visits;
};

/* What a rule found in the month. */
struct month_sum {
	uint64_t findings, claims;
	int64_t at_risk; /* 1/100 đồng; of critical and of warning rules alike */
};

/* What one process did; written by it, read by the parent. */
struct month_part {
	uint64_t judged, clean, critical_claims, problems, not_evaluated;
	uint64_t catalogs_needed;
	struct month_sum sum[RULES_MAX];
};

struct month_share {
	atomic_uint_fast64_t done;
	struct month_part part[MONTH_PARTS_MAX];
};

struct month {
	struct export_wish wish; /* tenant and facility are those of the place at hand */
	const struct rule_set *set;
	struct month_place *place;
	size_t places, visits;
	int64_t now;
	bool english, alone;
	int out; /* descriptor of the findings' file, -1 = none */
	struct month_share *share;
};

/* In a child: judges its part of every place. 0, or ERR_IO, ERR_INPUT, ERR_LIMIT. */
int month_judge_part(const struct month *m, unsigned part, struct err *e);
