/*
 * Many claims at once: the rows of some visits, table by table and in any order of visits, become one
 * document per visit. Rows of one table of one visit keep the order they come in.
 */
#pragma once

#include "claims/assemble/assemble.h"
#include "claims/assemble/papers.h"

#define CLAIM_SOURCE_COLUMNS_MAX 96

/* A result of one of the views claim.xml1 … xml5: its mapping, and where the columns with '_' are (-1 =
 * absent). */
struct claim_source {
	struct claim_mapping mapping;
	int visit, arrived, discharged, drug_days, service_days, doctor;
	int row, source_kind,
	    source; /* what the row is of: _charge_id, _result_id or _note_id; _source_kind, _source_id */
};

/* What a row of a document was made of: a charge, result or note by its id; a charge's own source besides. */
struct claim_row_key {
	int64_t id;
	const char *source_kind; /* "order", "prescription_line" …; "" */
	int64_t source_id;
};

struct claim_piece {
	int64_t visit_id;
	struct claim_document *document;
	struct claim_completion completion;
	struct claim_signers signers;
	bool found; /* its XML1 row came */
	/* Per table, one for each row of the document; NULL unless the chunk keeps keys. */
	struct claim_row_key *key[CLAIM_TABLES];
	size_t key_capacity[CLAIM_TABLES];
	struct err problem; /* code ERR_NONE, or why the claim cannot be built */
};

struct claim_chunk {
	struct arena *arena;
	struct claim_piece *piece; /* by visit id */
	size_t count, last;
	bool keeps_keys; /* set after claim_chunk_init by who wants piece.key */
};

/* Visit ids may come in any order; each once. Everything is owned by a. */
void claim_chunk_init(struct claim_chunk *k, struct arena *a, const int64_t *visit_id, size_t count);
/* The piece of a visit, or NULL. */
struct claim_piece *claim_chunk_find(const struct claim_chunk *k, int64_t visit_id);
/* ERR_INPUT without a column _visit_id, with too many columns, or with a column that is not a field. */
int claim_source_make(struct arena *a, enum claim_table table, const char *const *column, size_t count,
    struct claim_source *ret, struct err *e);
/*
 * Adds a row to its visit's document; what is wrong with it becomes the piece's problem. A row of a visit
 * that is not in the chunk is passed over.
 */
void claim_chunk_add(struct claim_chunk *k, const struct claim_source *s, const struct slice *cell);
/* claim_complete and claim_add_papers for each piece without a problem; one without an XML1 row gets
 * ERR_NOT_FOUND. */
void claim_chunk_complete(struct claim_chunk *k, const struct benefit_rules *rules);
