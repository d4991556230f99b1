/*
 * What other claims say about a shared thing, for rules that look across claims: "any(others stay s between
 * NGAY_VAO and NGAY_RA)". A fact is a kind, a key (a person, a practitioner, a machine, a bed), a span of
 * time and the claim that says it. Facts are kept in an index in memory, found by kind, key and time, added
 * and removed claim by claim. They come from claim documents (rule_facts_take: files, re-judging a month) or
 * from the database (rule_facts_add_row: claim.facts_near, the neighbours of one visit); rules cannot tell
 * which.
 *
 *     struct rule_facts *facts = rule_facts_new(1000000);
 *     rule_facts_take(facts, batch, document, &claim, e);         // for each claim of the files, then
 *     struct rule_options o = { .facts = facts, .facts_claim = claim };
 *
 *     rule_facts_clear(facts);                                    // for one visit, from the database
 *     rule_facts_add_row(facts, cells, e);                        // for each row
 *     struct rule_options o = { .facts = facts };
 *
 * One index per thread of work: looking up may put it in order.
 */
#pragma once

#include "claims/document.h"
#include "claims/rules/catalog.h"

enum rule_fact_kind {
	RULE_FACT_DOSSIER, /* a claim of the same batch (file) under its MA_LK */
	RULE_FACT_STAY,    /* a person's visit, from arrival to discharge */
	RULE_FACT_SUPPLY,  /* a person's drugs for days at home, until they run out */
	RULE_FACT_COPAY,   /* a person's co-payment of a visit */
	RULE_FACT_SERVICE, /* a service that a person had */
	RULE_FACT_LEAVE,   /* a person's sick leave */
	RULE_FACT_ORDER,   /* a practitioner ordered something */
	RULE_FACT_WORK,    /* a practitioner carried out a service */
	RULE_FACT_MACHINE, /* a machine was used */
	RULE_FACT_BED,     /* a bed was used */
	RULE_FACT_PAPER,   /* a numbered paper was given */
	RULE_FACT_KINDS
};

#define RULE_FACT_KEYS_MAX 3
#define RULE_FACT_KEY_MAX 200 /* bytes of a key, its parts together */

struct rule_fact_info {
	const char *name;
	uint8_t keys; /* texts that a rule gives; 0 = the person of the claim, found without asking */
	bool has_code;
	bool has_value;
	uint8_t value_scale; /* decimals of value */
	const char *about;   /* one English sentence: key, time, code and value */
};
extern const struct rule_fact_info rule_facts_infos[RULE_FACT_KINDS];
int rule_fact_find(struct slice name); /* or -1 */

#define RULE_FACT_OPEN INT64_MAX /* in place of a last minute: not ended */

struct rule_fact {
	uint8_t kind; /* enum rule_fact_kind */
	/* parts of the key; of a person: citizen number (or other id), social insurance number; "" = not
	 * known */
	struct slice key[RULE_FACT_KEYS_MAX];
	int64_t from, to; /* yyyyMMddHHmm, both included; to may be RULE_FACT_OPEN */
	struct slice code;
	int64_t value; /* of the kind's scale */
};

struct rule_facts;

/* An empty index for so many facts at most (about 80 bytes each, taken as they come). Never NULL. */
struct rule_facts *rule_facts_new(size_t limit);
void rule_facts_free(struct rule_facts *x);  /* NULL is allowed */
void rule_facts_clear(struct rule_facts *x); /* forgets all facts and keeps the memory */
size_t rule_facts_count(const struct rule_facts *x);

/*
 * Adds the facts of a claim document. batch: number of the file it came in. *ret_claim is the claim's number
 * here (never 0), for rule_options.facts_claim and rule_facts_remove. ERR_LIMIT when the index is full
 * (nothing of the claim is in it then).
 */
int rule_facts_take(
    struct rule_facts *x, uint32_t batch, const struct claim_document *d, uint32_t *ret_claim, struct err *e);
/* A claim whose facts follow by rule_facts_add. Texts are copied. ERR_LIMIT. */
int rule_facts_claim(struct rule_facts *x, uint32_t batch, struct slice ma_lk, struct slice facility,
    uint32_t *ret_claim, struct err *e);
/* Adds a fact of a claim; one without key or beginning is passed over. ERR_LIMIT; ERR_INPUT for a key too
 * long. */
int rule_facts_add(struct rule_facts *x, uint32_t claim, const struct rule_fact *f, struct err *e);
/* Takes the facts of a claim out; its number may be given again. */
void rule_facts_remove(struct rule_facts *x, uint32_t claim);

/* Notes that facts of these kinds (a bit each) were left out: rules that ask for them are "not evaluated". */
void rule_facts_cut(struct rule_facts *x, uint32_t kinds);

/*
 * Adds one row of claim.facts_near (schema/code/claim_facts.sql), cells as text in the function's order,
 * those of a null with at = NULL. A row whose is_cut is true says that the database left facts of this kind
 * out: rules that ask for the kind are then "not evaluated". ERR_INPUT naming the cell; ERR_LIMIT.
 */
enum rule_fact_cell {
	RULE_FACT_CELL_VISIT, /* the visit that the row is for; not read here */
	RULE_FACT_CELL_KIND,
	RULE_FACT_CELL_KEY1,
	RULE_FACT_CELL_KEY2,
	RULE_FACT_CELL_KEY3,
	RULE_FACT_CELL_FROM, /* yyyyMMddHHmm */
	RULE_FACT_CELL_TO,   /* yyyyMMddHHmm or null */
	RULE_FACT_CELL_MA_LK,
	RULE_FACT_CELL_FACILITY, /* MA_CSKCB */
	RULE_FACT_CELL_CODE,
	RULE_FACT_CELL_VALUE, /* whole number, of the kind's scale */
	RULE_FACT_CELL_IS_CUT,
	RULE_FACT_CELLS
};
int rule_facts_add_row(struct rule_facts *x, const struct slice cell[RULE_FACT_CELLS], struct err *e);

/* The claim behind a finding, copied to the verdict's arena. */
struct rule_other {
	uint8_t kind; /* enum rule_fact_kind */
	struct slice ma_lk, facility, code;
	int64_t from, to, value; /* as in struct rule_fact */
};
