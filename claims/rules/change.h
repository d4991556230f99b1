/* Inside claims/rules/ only: changes of a claim, as examples and base claims are written. */
#pragma once

#include "claims/rules/internal.h"

/*
 * Applies changes (`set XML3[2].T_BHTT = "100"`, `clear`, `add`, `copy`, `drop`) from the lexer's current
 * token on, up to the first token that begins none. d may be NULL: then they are only checked.
 */
int changes_apply(struct lexer *l, struct claim_document *d, struct err *e);
