/* Inside cli/ only: what the claims of the files at hand say about one another, for hmis claim check. */
#pragma once

#include "claims/rules/rules.h"

#define CLAIM_CROSS_FACTS_MAX 4000000u /* facts of all files, about 300,000 claims and 700 MB */

struct claim_cross {
	struct rule_facts *facts; /* NULL = the claims cannot be compared; why says why not */
	const char *why;
	uint32_t claims, given; /* claims found at first, claims asked for since */
};

/*
 * Reads the files once and keeps what their claims share. There is nothing to compare with a single claim,
 * with standard input (it cannot be read twice) or beyond CLAIM_CROSS_FACTS_MAX. A file that cannot be read
 * is left to the second reading to report.
 */
void claim_cross_collect(struct claim_cross *x, char *const *files, int count);
/* Number of the next claim in facts, in the order of reading: for rule_options.facts_claim. */
uint32_t claim_cross_next(struct claim_cross *x);
void claim_cross_free(struct claim_cross *x);
