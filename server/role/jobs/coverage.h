/* What the gateway's answer to a card look-up means (gateway API §5, result table). */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

struct coverage_result {
	const char *code;    /* maKetQua */
	const char *verdict; /* ok, switch_card, ask_again, reject, retry, configuration */
};
/* The row of a code; an unknown code is asked again later ("retry"). Never NULL. */
const struct coverage_result *coverage_result_find(struct slice code);
/* True when the answer is one; false for "retry": the card counts as not checked. */
bool coverage_is_answer(const struct coverage_result *r);
