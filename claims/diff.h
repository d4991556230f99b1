/* The difference between two claim documents, field by field, for people. */
#pragma once

#include "claims/document.h"

enum claim_diff_kind { CLAIM_DIFF_CHANGED, CLAIM_DIFF_ADDED, CLAIM_DIFF_REMOVED };

struct claim_diff {
	enum claim_diff_kind kind; /* ADDED and REMOVED: a whole row, field is -1 */
	enum claim_table table;
	int field;             /* enum claim_field or -1 */
	uint32_t row_a, row_b; /* from 1, 0 = none */
	const struct claim_row *a, *b;
};

/*
 * Compares numerically and textually (formatting does not count). Rows are matched by STT when both sides
 * have it once, then by equal content, then in order. Results in table, row, field order, in arena;
 * *ret_count entries.
 */
void claim_document_diff(struct arena *arena, const struct claim_document *a, const struct claim_document *b,
    struct claim_diff **ret, size_t *ret_count);
