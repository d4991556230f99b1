/* Papers of a claim that follow from its XML1 row. */
#pragma once

#include "claims/document.h"

/* Who signs them besides the head of the facility. */
struct claim_signers {
	struct slice doctor, doctor_name; /* MA_BS, TEN_BS; empty = not known */
};

/*
 * Adds XML7 to the claim of a stay that has ended, and XML14 when a day of return is set (NGAY_TAI_KHAM),
 * unless they are there. Nothing without a doctor or before discharge. The document has one XML1 row.
 */
void claim_add_papers(struct claim_document *d, const struct claim_signers *s);
