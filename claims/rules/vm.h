/* Inside claims/rules/ only: the state of an evaluation. */
#pragma once

#include "claims/rules/facts_index.h"
#include "claims/rules/internal.h"

struct frame {
	const struct claim_row *row;
	uint32_t position; /* of row, from 0 */
	/* of a loop */
	const struct claim_rows *rows;
	uint32_t end;            /* rows before this one */
	uint32_t except;         /* row to pass over, UINT32_MAX = none */
	const struct fact *fact; /* of a loop over facts */
	const uint32_t *next;    /* chain of an index: position + 1, 0 = end; NULL = one after another */
	struct slice rest, item;
	uint8_t loop;
	struct rule_value result;
};

struct row_index { /* hash chains over the rows of one table by one field */
	uint32_t *head, *next;
	size_t heads, capacity;
	bool built;
};

struct rule_judge {
	const struct rule_set *set;
	struct row_index index[RULE_INDEXES_MAX];
};

struct run {
	struct rule_judge *judge;
	const struct claim_document *document;
	const struct rule_catalog *catalog;
	/* other claims: NULL = no index; this claim in it, and what it is known by */
	struct rule_facts *facts;
	uint32_t claim;
	const struct fact_claim *own;
	struct slice ma_lk, person[2];
	const struct fact *witness; /* the fact that a loop of the current row stopped at */
	__int128 today, now;
	int32_t document_date; /* yyyyMMdd, for catalogues asked without a date; 0 */
	int64_t budget;
	uint8_t outcome; /* enum rule_outcome; RULE_HIT = no trouble so far */
	struct frame frame[RULE_FRAMES];
	struct fact_cursor cursor[RULE_FRAMES];
	struct rule_value stack[RULE_STACK_MAX + 1]; /* [0] is not used */
};

/* Runs a program over the row in frame[0]; the result is in stack[1]. False when r->outcome says why not. */
bool run_program(struct run *r, const struct program *p);
/* The chains of an index, built when first asked for in this claim. */
const struct row_index *run_index(struct run *r, unsigned index);
/* Hash of a row's value in a field, and of a value of the same type. */
uint64_t hash_value(const struct rule_value *v, bool is_text);
/* The value of a field of a row (NULL = missing). */
struct rule_value row_value(const struct claim_row *row, unsigned slot, enum rule_type type);
