/* A run over a month's claims, chunk by chunk. Between claim_run.c and claim_pack.c only. */
#pragma once

#include "claims/assemble/chunk.h"
#include "claims/assemble/envelope.h"
#include "claims/finding.h"
#include "claims/signature.h"
#include "server/app/verdict/judging.h"
#include "server/role/jobs/jobs.h"

#define RUN_CHUNK 100 /* claims of a lane */
#define RUN_LANES 3   /* chunks in memory at once: one is read, one signed, one stored */

struct run;
struct run_lane;

enum run_action { RUN_REJECT, RUN_KEEP, RUN_NEW };

struct run_item {
	struct run_lane *lane;
	int64_t claim_id, visit_id;
	struct slice facility_code, last_sha256; /* lower-case hexadecimal, empty = none */
	bool last_is_signed;
	const struct claim_piece *piece;
	struct slice overridden; /* rules that somebody answered for when the visit was closed: text[] */
	struct judging judging;
	enum run_action action;
	struct claim_findings findings;
	struct claim_packed
	    packed; /* of the unsigned envelope; after signing at and length are of the signed one */
	struct claim_signature_task task;
	struct slice signature;
};

enum run_lane_state { LANE_IDLE, LANE_ASKING, LANE_READING, LANE_SIGNING, LANE_READY, LANE_STORING };

/* A chunk on its way: claims asked for, rows read, built, signed, ready, stored. */
struct run_lane {
	struct run *run;
	enum run_lane_state state;
	size_t turn;         /* chunks are stored in this order */
	struct arena *arena; /* of the chunk */
	struct claim_chunk chunk;
	struct run_item item[RUN_CHUNK];
	size_t count;
	size_t unanswered;       /* batches or signatures asked for */
	struct buf plain, items; /* unsigned envelopes to be signed; what claim.run_store reads */
	struct buf file;         /* envelopes to be stored */
};

struct run {
	struct job *job;
	int64_t run_id, after;
	struct slice certificate, key_info; /* empty: nothing is signed */
	struct held_rules rules;            /* of the tenant when the run began, in the job's arena */
	struct run_lane lane[RUN_LANES];
	size_t asked, stored; /* chunks */
	bool all_asked;
	struct err trouble; /* the first; no new chunk is begun */
	bool hopeless;      /* trying again would not help */
};

/*
 * Judges the complete documents of a chunk by the rules that live verdicts use. An item with a critical
 * finding that nobody answered for when the visit was closed is not built. A piece with a problem has no
 * document to judge.
 */
void run_judge(struct run_lane *l);
/*
 * Writes the documents that were not rejected: sets each item's action and packed envelope (appended to out),
 * and its signature task when there is a certificate.
 */
void run_pack(struct run_lane *l, struct buf *out);
/* The items as the JSON that claim.run_store reads. */
void run_items_write(const struct run_lane *l, struct buf *out);
