/* Inside claims/ only: the parts of the structural check. */
#pragma once

#include "claims/check.h"

struct check {
	const struct claim_document *d;
	const struct claim_check_options *options;
	struct claim_findings *findings;
	int32_t date; /* of the visit, picks dated lengths */
};

/* One row's amounts: line formulas, identity (benefit-rules.md §6). Rows of XML2 and XML3 only. */
void check_line(struct check *c, const struct claim_row *r, uint32_t number);
/* XML1's totals against the lines (§7). */
void check_totals(struct check *c);
/*
 * Reports `code` at a field when stated and right differ by more than CLAIM_CHECK_EXACT_HUNDREDTHS; within
 * the gateway's tolerance as a warning. formula is shown to people, e.g. "SO_LUONG × DON_GIA".
 */
void check_amount(struct check *c, enum claim_finding_code code, const struct claim_row *r, uint32_t number,
    enum claim_field field, int64_t right, const char *formula);
