/*
 * From database rows to a claim document. A source (a view of schema/code/claim_rows.sql, or anything with
 * columns named like the standard's fields) is mapped once per result; then each row is added by position.
 * When all rows of a visit are there, claim_complete sets what follows from them: row numbers, totals, days.
 */
#pragma once

#include "claims/benefit/benefit.h"
#include "claims/document.h"

struct claim_mapping {
	enum claim_table table;
	size_t count; /* columns of the source */
	int *field;   /* per column: enum claim_field, or -1 for a column that begins with '_' */
};

/*
 * Maps column names (any letter case) to the fields of a table; names that begin with '_' are the caller's
 * own (keys, counts). ERR_INPUT names a column that is not a field of the table. Owned by a.
 */
int claim_mapping_make(struct arena *a, enum claim_table table, const char *const *column, size_t count,
    struct claim_mapping *ret, struct err *e);

/*
 * Adds one row. cell[i] belongs to column i; at == NULL or empty is absent. Dates may come in the standard's
 * form or in PostgreSQL's ISO form ("2026-11-22", "2026-11-22 07:30:00+07"), which is turned into business
 * time. ERR_INPUT with e->field "XML3.SO_LUONG".
 */
int claim_mapping_add(
    const struct claim_mapping *m, struct claim_document *d, const struct slice *cell, struct err *e);

/* What claim_complete needs besides the rows. */
struct claim_completion {
	const struct benefit_rules *rules;
	int64_t admitted_at, discharged_at; /* instants, for SO_NGAY_DTRI */
	int drug_days;                      /* longest supply of drugs, days */
	int service_days;                   /* days with a service */
};

/*
 * Sets STT of every row, MA_LK where a row has none, T_THUOC … T_BHTT_GDV of XML1 from the rows of XML2 and
 * XML3 (benefit-rules.md §7: sums of the rounded lines), and SO_NGAY_DTRI. The document has one XML1 row.
 * ERR_OVERFLOW, ERR_NOT_FOUND (no rule for the date), ERR_INPUT.
 */
int claim_complete(struct claim_document *d, const struct claim_completion *c, struct err *e);
