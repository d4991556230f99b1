/* A run over a month's claims: what is known of one chunk. Between claim_run.c and claim_pack.c only. */
#pragma once

#include "claims/assemble/chunk.h"
#include "claims/assemble/envelope.h"
#include "claims/finding.h"
#include "claims/signature.h"
#include "server/role/jobs/jobs.h"

#define RUN_CHUNK 100 /* claims in memory at once */

enum run_action { RUN_REJECT, RUN_KEEP, RUN_NEW };

struct run_item {
	struct run *run;
	int64_t claim_id, visit_id;
	struct slice facility_code, last_sha256; /* lower-case hexadecimal, empty = none */
	bool last_is_signed;
	const struct claim_piece *piece;
	enum run_action action;
	struct claim_findings findings;
	struct claim_packed
	    packed; /* of the unsigned envelope; after signing at and length are of the signed one */
	struct claim_signature_task task;
	struct slice signature;
};

struct run {
	struct job *job;
	int64_t run_id, after;
	struct slice certificate; /* empty: nothing is signed */
	struct claim_chunk chunk;
	struct run_item item[RUN_CHUNK];
	size_t count;
	size_t unanswered;  /* signatures asked for */
	struct err trouble; /* of the signer */
};

/*
 * Judges and writes the complete documents of a chunk: sets each item's action, findings and packed envelope
 * (appended to out).
 */
void run_pack(struct run *r, struct buf *out);
/* The items as the JSON that claim.run_store reads. */
void run_items_write(const struct run *r, struct buf *out);
