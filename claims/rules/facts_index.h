/* Inside claims/rules/ only: looking facts up, and who a claim is about. */
#pragma once

#include "claims/rules/facts.h"

struct fact_name { /* what a hash table holds: a text in a space of its own */
	struct fact_name *next;
	uint64_t hash;
	uint32_t len, space;
	const char *text;
};

struct fact_claim {
	struct fact_name ma_lk;
	struct fact_text *facility;
	struct fact *first;
	uint32_t number, batch;
};

struct fact_text { /* a code that many facts share */
	struct fact_name name;
	size_t uses;
};

struct fact_group;

struct fact {
	struct fact *next; /* of its claim */
	struct fact_claim *claim;
	struct fact_text *code; /* NULL = none */
	struct fact_group *group[2];
	int64_t from, to, value;
	uint8_t kind;
};

struct fact_entry {
	int64_t from, to;
	struct fact *fact;
};

struct fact_group { /* all facts under one key, by time */
	struct fact_name key;
	struct fact_entry *at;
	int64_t *reach; /* last minute of each block of entries; only when there are several blocks */
	uint32_t count, capacity, blocks;
	uint32_t sorted; /* so many are in order; the others came later */
};

struct fact_cursor {
	const struct fact_group *group[2];
	uint32_t at, end;
	int64_t from, to;
	uint8_t kind, part;
	uint32_t steps; /* entries passed since the last answer */
};

/* Who a claim is about: citizen number (or other id) and social insurance number; "" = not known. */
void fact_person(const struct claim_document *d, struct slice ret_key[2]);
/*
 * The facts of a kind and key that touch a time (both ends included). key: as many parts as the kind has, or
 * the two of a person. fact_next gives the next one, NULL at the end.
 */
void fact_seek(struct rule_facts *x, unsigned kind, const struct slice *key, int64_t from, int64_t to,
    struct fact_cursor *ret);
const struct fact *fact_next(struct fact_cursor *c);
/* Was something left out of this kind? */
bool fact_is_cut(const struct rule_facts *x, unsigned kind);
uint32_t fact_claim_find(const struct rule_facts *x, struct slice ma_lk); /* one of this MA_LK, or 0 */
const struct fact_claim *fact_claim_of(const struct rule_facts *x, uint32_t claim); /* NULL for 0 */

static inline struct slice
fact_slice(const struct fact_name *n)
{
	return n ? slice_from(n->text, n->len) : SLICE("");
}
