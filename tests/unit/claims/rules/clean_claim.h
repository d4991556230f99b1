/* Clean claims for tests and measurements: the base claims of the rules with other prices. */
#pragma once

#include "claims/rules/rules.h"

/* 0 … sides - 1; the same seed gives the same run. */
uint64_t clean_dice(uint64_t *seed, uint64_t sides);

/* A number of a row by the field's name. */
int64_t clean_get(const struct claim_row *r, const char *name);
void clean_put(struct claim_row *r, const char *name, int64_t value);
/*
 * A line at another unit price (1/1000 đồng): quantity × price, the fund's part by the level (spec:
 * benefit-rules.md §6).
 */
void clean_reprice(struct claim_row *r, int64_t price);
/* The totals of XML1 from the lines. */
void clean_total(struct claim_document *d);

/* A clean claim from a base claim (NULL = any): prices up to the approved ones. In the arena. */
struct claim_document *clean_claim_make(
    const struct rule_set *set, const char *base, struct arena *a, uint64_t *seed);
