/* Rows of the claim views as a chunk of documents. */
#pragma once

#include "claims/assemble/chunk.h"
#include "server/pg/pg.h"

/* Adds the rows of step `step` of b (a statement claim_xml1 … claim_xml5) to the chunk. ERR_INPUT, ERR_LIMIT.
 */
int claim_rows_add(
    struct claim_chunk *k, const struct pg_batch *b, unsigned step, enum claim_table table, struct err *e);
/* The five statements, XML1 first; each takes an array of visit ids. */
#define CLAIM_ROWS_TABLES 5
extern const struct pg_statement *const claim_rows_statements[CLAIM_ROWS_TABLES];
