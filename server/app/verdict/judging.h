/*
 * Judging one visit: the statements that read it, the document built from their rows, the verdict of the
 * rules and its JSON. Without any request, so that the jobs process judges the same way.
 */
#pragma once

#include "base/json.h"
#include "claims/assemble/chunk.h"
#include "server/app/verdict/held.h"

/* verdict_head ($1 visit), then claim_rows_statements and claim_facts ($1 visits). */
#define JUDGING_STATEMENTS 7
#define JUDGING_CANNOT_BUILD "cannot-build" /* in place of a rule's id: the rows make no claim */
struct judging {
	struct arena *arena;
	int64_t visit_id;
	/* verdict_head */
	bool found, insured;
	int64_t tenant, epoch, lists_epoch;
	int version;
	enum rule_stage stage;
	const char *status, *department, *practitioner; /* "" when absent */
	const struct slice *overridden;                 /* rule ids */
	size_t overridden_count;
	/* the document */
	struct claim_chunk chunk;
	const struct claim_piece *piece;
	/* what other visits say: rows of claim_facts, RULE_FACT_CELLS cells each */
	const struct slice *fact;
	size_t facts;
	/* the verdict */
	const struct held_rules *rules;
	const struct rule_catalog *catalog; /* NULL = the built-in ones alone */
	struct claim_findings reader;
	struct rule_verdict verdict;
	size_t blocking; /* critical findings that nobody answers for, and 1 when no claim can be built */
	/* Errors of the structural check that no rule speaks about, once the visit is discharged. */
	const struct claim_finding **loose;
	size_t loose_count;
	size_t unfinished; /* critical findings that wait for work before the discharge */
	int64_t now;
};

/*
 * Takes the rows of a batch whose step `first` is verdict_head. found and insured say whether there is
 * anything to judge. ERR_INPUT when the columns are not those of a claim table.
 */
int judging_read(struct judging *j, struct arena *a, int64_t visit_id, const struct pg_batch *b,
    unsigned first, struct err *e);
/*
 * Completes the document and judges it; j->rules must be set, and the visit found and insured. What is known
 * only at the end of a visit (j->stage) makes findings pending.
 */
void judging_run(struct judging *j);
/* The same for a document that is complete already (j->piece): arena, rules, piece, stage and now must be
 * set. */
void judging_judge(struct judging *j);
/* Takes what claim.override keeps for the visit: text[] of PostgreSQL. */
void judging_set_overridden(struct judging *j, struct slice array);
/* Is every critical finding of the rule answered for. */
bool judging_is_overridden(const struct judging *j, struct slice rule);
/* The verdict as the API shows it: one object. */
void judging_write(const struct judging *j, struct json_writer *w);
/* What claim.verdict_store keeps. */
void judging_write_sums(const struct judging *j, struct json_writer *w);
void judging_write_findings(const struct judging *j, struct json_writer *w);
/* The ids of the rules with critical findings that nobody answers for, as text[] of PostgreSQL. */
void judging_write_blocking(const struct judging *j, struct buf *out);
/* errors[] of a problem that lists the critical findings: pointer, code = rule, detail. */
void judging_write_errors(const struct judging *j, struct json_writer *w);
