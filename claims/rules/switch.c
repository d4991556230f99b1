/* Switching rules on, off or to shadow: for good, or for claims that arrived on some days. */
#include <stdio.h>

#include "claims/rules/internal.h"

/* A dated switch: the state of a rule for claims that arrived on these days. */
struct rule_spell {
	enum rule_state state;
	int32_t from, to;
};

static int
may_switch(const struct rule *r, enum rule_state state, struct err *e)
{
	if (r->info.kind == RULE_CONSTRAINT)
		return err_set(
		    e, ERR_CONFLICT, r->info.id, "the database holds this rule; it cannot be switched");
	if (state != RULE_OFF && !r->when.code && !r->readers)
		return err_set(
		    e, ERR_CONFLICT, r->info.id, "the rule has no condition and cannot be switched on");
	return 0;
}

int
rule_switch(struct rule_set *set, size_t i, enum rule_state state, const char *reason, struct err *e)
{
	assert(i < set->count);
	struct rule *r = &set->rule[i];
	int bad = may_switch(r, state, e);
	if (bad < 0)
		return bad;
	r->info.state = (uint8_t)state;
	r->info.off_reason = state == RULE_OFF ? arena_text(set->arena, slice_of(reason)) : "";
	return 0;
}

static void
mix(struct rule_set *set, uint64_t value)
{
	set->hash = (set->hash ^ value) * UINT64_C(0x100000001b3);
	snprintf(set->version, sizeof(set->version), "%016llx", (unsigned long long)set->hash);
}

int
rule_switch_days(struct rule_set *set, struct slice id, enum rule_state state, int32_t from, int32_t to,
    const char *reason, struct err *e)
{
	if (rule_find(set, id) < 0)
		return err_set(e, ERR_NOT_FOUND, "rule", "there is no rule %.*s", SLICE_ARG(id));
	for (size_t i = 0; i < set->count; i++) {
		struct rule *r = &set->rule[i];
		if (!slice_eq_text(id, r->info.id))
			continue;
		int bad = may_switch(r, state, e);
		if (bad < 0)
			return bad;
		*ARENA_PUSH(set->arena, r->spell, r->spells, r->spell_capacity) =
		    (struct rule_spell){ state, from, to };
		if (state == RULE_OFF)
			r->info.off_reason = arena_text(set->arena, slice_of(reason));
		mix(set, i << 2 | state);
		mix(set, (uint64_t)(uint32_t)from << 32 | (uint32_t)to);
	}
	return 0;
}

enum rule_state
rule_state_on(const struct rule_set *set, size_t i, int32_t day)
{
	assert(i < set->count);
	const struct rule *r = &set->rule[i];
	for (size_t k = r->spells; k-- > 0;)
		if (!day || (r->spell[k].from <= day && day <= r->spell[k].to))
			return r->spell[k].state;
	return (enum rule_state)r->info.state;
}
