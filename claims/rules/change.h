/* Inside claims/rules/ only: changes of a claim, as examples and base claims are written. */
#pragma once

#include "claims/rules/internal.h"

/*
 * Applies changes (`set XML3[2].T_BHTT = "100"`, `clear`, `add`, `copy`, `drop`) from the lexer's current
 * token on, up to the first token that begins none. d may be NULL: then they are only checked.
 */
int changes_apply(struct lexer *l, struct claim_document *d, struct err *e);
/*
 * The same for an example, whose changes may be followed by other claims: `beside NAME` and their changes.
 * They are added to facts. d and facts may be NULL.
 */
int example_apply(const struct rule_set *set, struct lexer *l, struct claim_document *d,
    struct rule_facts *facts, struct err *e);
