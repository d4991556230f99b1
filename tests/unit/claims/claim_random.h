/* Random but legal claim documents from the field table: the same seed gives the same document. */
#pragma once

#include "claims/document.h"

struct claim_random {
	uint64_t state;
};

/* A number below limit (> 0). */
uint64_t claim_random_below(struct claim_random *r, uint64_t limit);
/*
 * A claim with one XML1 row, up to `rows` rows in each table with a list and perhaps one in the others; every
 * value fits its type, its length and what a file can carry. With checkin: XML0 rows only.
 */
struct claim_document *claim_random_document(
    struct claim_random *r, struct arena *a, unsigned rows, bool checkin);
