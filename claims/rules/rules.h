/*
 * The rule engine: rules are texts (the language is described in docs/rules.md), compiled once when they are
 * loaded and then evaluated over a claim document, in time bounded by the rows they name. Pure: no files, no
 * database, no clock.
 *
 *     struct rule_set *set = rule_set_new(arena);
 *     rule_set_load_builtin(set, e);                         // or rule_set_load(set, "my.rules", text, e)
 *     struct rule_judge *judge = rule_judge_new(set);
 *     rule_judge_claim(judge, document, &options, &verdict); // again and again
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "claims/document.h"
#include "claims/finding.h"
#include "claims/rules/catalog_rows.h"
#include "claims/rules/facts.h"

/* ---- limits of a rule set: beyond them a file is refused ---- */
#define RULES_MAX 4000u          /* rules of a set */
#define RULE_FILE_MAX (1u << 20) /* bytes of one file */
#define RULE_TEXT_MAX 4000u      /* bytes of one "text" */
#define RULE_DEPTH_MAX 40u       /* nesting of an expression */
#define RULE_NODES_MAX 3000u /* parts of one rule's expressions, definitions counted where they are used */
#define RULE_LOOPS_MAX 4u    /* any, all, count … inside one another */
#define RULE_STACK_MAX 64u   /* values an expression holds at a time */
#define RULE_SET_VALUES_MAX 500u     /* values of one "in (…)" */
#define RULE_PATTERN_MAX 200u        /* bytes of a pattern */
#define RULE_PATTERN_STATES_MAX 127u /* characters a pattern spells out, repetitions written out */
#define RULE_SCALE_MAX 18u           /* decimals of an intermediate result */

/* ---- limits of one evaluation ---- */
#define RULE_FINDINGS_PER_RULE 50u /* of one rule in one claim; more are only counted */
#define RULE_STEPS_BASE 1000000    /* steps one rule may take in one claim … */
#define RULE_STEPS_PER_ROW 256     /* … and this much for each row of the claim */

enum rule_severity { RULE_WARNING, RULE_CRITICAL };

enum rule_state {
	RULE_ON,
	RULE_SHADOW, /* judged and reported apart: blocks nobody */
	RULE_OFF     /* not judged; off_reason says why */
};

enum rule_kind {
	RULE_WHEN,      /* a condition */
	RULE_READER,    /* what the reader or the structural check reports under certain codes */
	RULE_CONSTRAINT /* held by constraints of the database, whose names are its condition; not judged */
};

#define RULE_ON_CLAIM (-1) /* rule_info.table: once for the claim as a whole */
#define RULE_ON_OTHER (-2) /* about something that is not a claim (catalogues, adjustment files) */

struct rule_info {
	const char *id;
	const char *file;
	uint32_t line;
	uint8_t severity; /* enum rule_severity */
	uint8_t state;    /* enum rule_state */
	uint8_t kind;     /* enum rule_kind */
	int8_t table;     /* enum claim_table, RULE_ON_CLAIM or RULE_ON_OTHER */
	int16_t field;    /* where the finding stands, -1 = the row */
	int32_t from,
	    to; /* first and last day of NGAY_VAO, days since 1970-01-01; INT32_MIN, INT32_MAX = open */
	const char *vi, *en, *fix_vi, *fix_en, *cite, *source, *certainty;
	const char *off_reason; /* "" unless off */
	const char *needs;      /* what a rule that is off waits for: "index", "catalogue drugs" …; "" */
	const char *condition;  /* the text of its condition, one line; "" for other kinds */
	uint64_t catalogs;      /* bit per catalogue that it looks into */
	uint32_t facts;         /* bit per enum rule_fact_kind that it asks other claims for */
};

struct rule_set;

/* An empty set in an arena. Never NULL. */
struct rule_set *rule_set_new(struct arena *a);
/*
 * Adds the rules of a text: all of them, or none after an error. ERR_INPUT or ERR_LIMIT with
 * "file:line:column" in e->field: syntax, types, unknown field, function, catalogue or parameter, repeated
 * id. text need not stay.
 */
int rule_set_load(struct rule_set *set, const char *file, struct slice text, struct err *e);
/*
 * As rule_set_load for one version of an officer's rule: the text holds one rule, of that id, and is in force
 * for days of arrival from … to only (days since 1970-01-01, narrowed by its own dates). Versions of one id
 * may stand in a set together when their days do not meet.
 */
int rule_set_load_version(struct rule_set *set, const char *file, const char *id, struct slice text,
    int32_t from, int32_t to, struct err *e);
/* Adds the rules that come with the program (claims/rules/\*.rules). */
int rule_set_load_builtin(struct rule_set *set, struct err *e);

size_t rule_count(const struct rule_set *set);
const struct rule_info *rule_at(const struct rule_set *set, size_t i); /* i below the count */
int rule_find(const struct rule_set *set, struct slice id);            /* or -1 */
/* Changes a rule's state (an officer's switch); reason is copied, used for RULE_OFF. A rule without condition
 * stays off: ERR_CONFLICT. */
int rule_switch(struct rule_set *set, size_t i, enum rule_state state, const char *reason, struct err *e);
/*
 * The same for claims that arrived on the days from … to (INT32_MIN, INT32_MAX = open) and for every version
 * of the rule of that id; where two switches meet the later call wins. reason is copied. ERR_NOT_FOUND,
 * ERR_CONFLICT.
 */
int rule_switch_days(struct rule_set *set, struct slice id, enum rule_state state, int32_t from, int32_t to,
    const char *reason, struct err *e);
/* State of a rule for a claim that arrived on that day (0 = unknown: the last switch holds). */
enum rule_state rule_state_on(const struct rule_set *set, size_t i, int32_t day);
/* Version of the set: a hash over the texts and dated switches it was made from, 16 hexadecimal digits. */
const char *rule_set_version(const struct rule_set *set);

/* ---- judging ---- */

enum rule_outcome {
	RULE_HIT,        /* the condition holds */
	RULE_OVERFLOW,   /* not evaluated: a number grew too large */
	RULE_TOO_LONG,   /* not evaluated: more steps than a rule may take */
	RULE_NO_CATALOG, /* not evaluated: a catalogue could not be read */
	RULE_NO_FACTS    /* not evaluated: the index of other claims is not whole */
};

/* What a finding about something missing waits for; those that wait are pending and do not count. */
enum rule_pending {
	RULE_PENDING_NOT,
	RULE_PENDING_WORK,      /* work before the discharge: a result, who carried it out, the diagnosis */
	RULE_PENDING_DISCHARGE, /* the discharge itself */
	RULE_PENDING_PAYMENT,   /* paying the bill */
	RULE_PENDING_PAPER      /* a paper (XML6 to XML15) that this system does not make */
};

struct rule_finding {
	uint16_t rule;    /* number of the rule in its set */
	uint8_t outcome;  /* enum rule_outcome */
	uint8_t severity; /* enum rule_severity */
	bool is_shadow;
	uint8_t pending;                    /* enum rule_pending, set by rule_verdict_settle */
	int8_t table;                       /* enum claim_table, -1 = the claim */
	int16_t field;                      /* enum claim_field, -1 */
	uint32_t row;                       /* from 1, 0 = none */
	int64_t at_risk;                    /* 1/100 đồng */
	const struct claim_finding *reader; /* of RULE_READER: what was reported; else NULL */
	const struct rule_other *other;     /* the other claim that a rule across claims found, or NULL */
};

struct rule_verdict {
	struct arena *arena; /* set by the caller; holds at[] */
	struct rule_finding *at;
	size_t count, capacity;
	size_t hidden;            /* beyond RULE_FINDINGS_PER_RULE */
	size_t critical, warning; /* shadow rules and pending findings not counted */
	size_t shadow, not_evaluated, pending;
	int64_t at_risk; /* highest of the critical findings' amounts and not their sum, as they overlap */
	uint64_t catalogs_needed; /* bit per catalogue that was absent and that a rule in force needed */
	uint32_t facts_needed; /* bit per kind of fact that a rule in force needed when there was no index */
};

struct rule_options {
	int64_t now;                         /* instant the claim is judged at; gives `today` and `now` */
	const struct rule_catalog *catalog;  /* NULL = rule_catalog_builtin */
	const struct claim_findings *reader; /* from reading and claim_check, or NULL */
	struct rule_facts *facts; /* what other claims say; NULL = rules across claims are not evaluated */
	uint32_t facts_claim;     /* this claim's number in facts, 0 = it is not in there */
};

/* What evaluating needs besides the set: stack, indexes. One per thread of work, used again for each claim.
 */
struct rule_judge;
struct rule_judge *rule_judge_new(const struct rule_set *set); /* never NULL */
void rule_judge_free(struct rule_judge *j);                    /* NULL is allowed */
/*
 * Judges a claim by all rules in force. v->arena must be set, the rest is filled anew. The only memory taken
 * is for findings (in v->arena) and, when a claim has more rows than any before it, for indexes.
 */
void rule_judge_claim(struct rule_judge *j, const struct claim_document *d, const struct rule_options *o,
    struct rule_verdict *v);

/*
 * What a claim that is not finished lacks is not a fault yet. Fields known only at a later stage of the visit
 * are rows of a table (to_come.c); a finding of a rule that asks for such a field where it is still empty, or
 * for rows that still come, is marked pending and leaves the counts of critical and warning.
 */
enum rule_stage {
	RULE_STAGE_OPEN,   /* the visit goes on: discharge, results, further lines are to come */
	RULE_STAGE_CLOSED, /* discharged; not paid yet */
	RULE_STAGE_SETTLED /* nothing is to come but papers that this system does not make */
};
const char *rule_pending_name(enum rule_pending p); /* "", "work", "discharge", "payment", "paper" */
void rule_verdict_settle(const struct rule_set *set, const struct claim_document *d, enum rule_stage stage,
    struct rule_verdict *v);
/*
 * Calls see for every field whose being empty can make the rule's condition hold, with field -1 for a table
 * whose rows it goes over.
 */
typedef void rule_asked(void *context, int table, int field);
void rule_asks(const struct rule_set *set, size_t i, rule_asked *see, void *context);

/* ---- texts for people ---- */

/* The sentence of a finding with its placeholders filled from the document. */
void rule_message(const struct rule_set *set, const struct rule_finding *f, const struct claim_document *d,
    bool vietnamese, struct buf *out);
/* How to mend it. */
void rule_fix(const struct rule_set *set, const struct rule_finding *f, const struct claim_document *d,
    bool vietnamese, struct buf *out);
/* "XML3[5].SO_LUONG" */
void rule_place(const struct rule_finding *f, struct buf *out);
const char *rule_severity_name(enum rule_severity s); /* "warning", "critical" */
const char *rule_state_name(enum rule_state s);       /* "on", "shadow", "off" */

/* ---- examples: claims in short, for tests and documentation ---- */

/*
 * Builds the base claim of that name ("outpatient" …, written as `claim NAME` in the set's files).
 * ERR_NOT_FOUND or ERR_INPUT.
 */
int rule_claim_build(const struct rule_set *set, const char *name, struct arena *a,
    struct claim_document **ret, struct err *e);
size_t rule_claim_count(const struct rule_set *set);
const char *rule_claim_name(const struct rule_set *set, size_t i);
/* Number of examples of a rule. */
size_t rule_example_count(const struct rule_set *set, size_t rule);
struct rule_example {
	const char *base;        /* name of the base claim */
	const char *change;      /* its changes as text, one per line */
	const char *const *also; /* ids that the same change triggers besides */
	size_t also_count;
};
struct rule_example rule_example_at(const struct rule_set *set, size_t rule, size_t i);
/*
 * Fills in the catalogues that base claims and examples are judged with (claims/rules/examples): those of a
 * facility that does not exist. ERR_INPUT, ERR_LIMIT.
 */
int rule_example_catalogs(struct rule_catalog_rows *rows, struct err *e);
/*
 * Builds the claim of an example: the base claim with its changes. The claims beside it (`beside NAME`) are
 * added to facts; NULL = they are passed over.
 */
int rule_example_build(const struct rule_set *set, size_t rule, size_t i, struct arena *a,
    struct rule_facts *facts, struct claim_document **ret, struct err *e);
