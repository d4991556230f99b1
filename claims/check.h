/*
 * The structural check of a claim document: required fields, types, lengths, dates and their order, parallel
 * lists, code catalogues, line formulas and totals. The gateway's business rules are the rule engine's
 * (another file).
 */
#pragma once

#include "claims/document.h"
#include "claims/finding.h"

/* Money must be exact to 1/100 đồng × this (spec: benefit-rules.md §6, rounding to 2 decimals). */
#define CLAIM_CHECK_EXACT_HUNDREDTHS 1
/* The gateway tolerates ±2 đồng per record (benefit-rules.md §6): beyond it is an error, within it a warning.
 */
#define CLAIM_CHECK_GATEWAY_HUNDREDTHS 200

struct claim_check_options {
	/*
	 * Groups MA_NHOM of XML3 whose THANH_TIEN_BV is multiplied by TYLE_TT_DV, as bits 1 << MA_NHOM; 0 =
	 * the default 8, 13, 14, 15, 16, 18 (benefit-rules.md §6, setting xml3_bv_rate_groups).
	 */
	uint32_t bv_rate_groups;
	bool from_reader; /* types, lengths and missing tables were reported when the document was read */
	bool checkin;     /* the document is a check-in file: XML0 instead of XML1 is required */
};

/* Adds findings to the list; options may be NULL. Pure: reads the document only. */
void claim_check(
    const struct claim_document *d, const struct claim_check_options *options, struct claim_findings *l);
