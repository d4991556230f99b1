/*
 * The rules a process judges by: one compiled set without anything of a tenant's own, and the sets of the few
 * tenants with rules or switches of their own that were used last. Replaced when claim.rule_epoch says that
 * they are old. A compiled set takes about 0.3 MB.
 */
#pragma once

#include "claims/benefit/benefit.h"
#include "claims/rules/rules.h"
#include "server/pg/pg.h"

#define HELD_TENANTS_MAX 8

struct held_fault { /* a rule of the tenant's own that cannot be compiled any more */
	const char *code, *problem;
};

struct held_rules {
	struct arena *arena;
	struct rule_set *set;
	struct rule_judge *judge;
	const struct held_fault *fault;
	size_t faults;
	int64_t tenant, epoch;
	uint64_t used;
};

/* The rules of a tenant at that epoch (0 = built-in ones only), or NULL: then read claim.rule_texts and give
 * its rows to held_take. Valid until the next call of either. */
const struct held_rules *held_find(int64_t tenant, int64_t epoch);
/* Compiles the built-in rules and the rows of step `step` (statement verdict_rules). Never NULL: what cannot
 * be compiled is listed in `fault`. */
const struct held_rules *held_take(int64_t tenant, int64_t epoch, const struct pg_batch *b, unsigned step);
/* A new set in a: the built-in rules and what the rows add, without the rule `leave_out` (NULL = with all).
 */
struct rule_set *held_compile(struct arena *a, const struct pg_batch *b, unsigned step, const char *leave_out,
    const struct held_fault **ret_fault, size_t *ret_faults);
/* The benefit rules that come with the program, for completing documents. */
const struct benefit_rules *held_benefit(void);
