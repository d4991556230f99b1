/*
 * claim_run: builds, checks and signs a month's claims and queues their sending. Chunk by chunk in constant
 * memory: while one chunk is stored, the next is signed and the one after it read. A chunk is stored in one
 * transaction, so that a run that dies goes on where it was: what was not stored is still a draft.
 */
#include "server/role/jobs/claim_run.h"

#include "server/app/statements.h"
#include "server/role/jobs/signer_client.h"

#define ENVELOPES_MAX ((size_t)512 * 1024 * 1024) /* of a chunk */
#define ITEMS_MAX ((size_t)64 * 1024 * 1024)
#define KEY_INFO_MAX ((size_t)64 * 1024)
#define STOPPING_DELAY_S 1

static void run_step(struct run *r);

/* ---- trouble ---- */

static void
run_trouble(struct run *r, const struct err *e)
{
	if (r->trouble.code == ERR_NONE)
		r->trouble = *e;
}

static void
run_hopeless(struct run *r, const struct err *e)
{
	run_trouble(r, e);
	r->hopeless = true;
}

/* True when the batch answered; else the run is in trouble. */
static bool
run_answered(struct run *r, const struct pg_batch *b)
{
	struct err e = { 0 };

	if (!b->failed)
		return true;
	err_set(&e, ERR_IO, b->error.sqlstate, "%s %s", b->error.message, b->error.constraint);
	run_trouble(r, &e);
	return false;
}

/* Asks the database for something of a lane. */
static void
lane_query(struct run_lane *l, enum pg_kind kind, const struct job_statement *statement, unsigned count,
    job_beside *next)
{
	struct err e = { 0 };

	if (job_query_beside(l->run->job, l->arena, kind, statement, count, next, l, &e) == 0)
		l->unanswered++;
	else
		run_trouble(l->run, &e);
}

/* ---- storing ---- */

static void
on_stored(void *arg, const struct pg_batch *b)
{
	struct run_lane *l = arg;

	l->unanswered--;
	l->state = LANE_IDLE;
	if (run_answered(l->run, b)) {
		l->run->stored++;
		job_hold(l->run->job);
	}
	run_step(l->run);
}

static void
lane_store(struct run_lane *l)
{
	struct run *r = l->run;
	struct err e = { 0 };

	buf_reset(&l->items);
	run_items_write(l, &l->items);
	if (!buf_ok(&l->items) || !buf_ok(&l->file)) {
		err_set(&e, ERR_LIMIT, "", "the claims of one chunk are too large");
		run_hopeless(r, &e);
		return;
	}
	const struct slice value[] = { job_slice_int(l->arena, r->run_id), buf_slice(&l->items),
		l->file.len ? buf_slice(&l->file) : SLICE(""), r->certificate };
	const struct job_statement store = { STMT(claim_run_store), value, 4 };
	l->state = LANE_STORING;
	lane_query(l, PG_WRITE, &store, 1, on_stored);
}

/* ---- signing ---- */

static void
lane_signed(struct run_lane *l)
{
	struct run *r = l->run;
	struct err e = { 0 };

	l->state = LANE_READY;
	for (size_t i = 0; i < l->count && r->trouble.code == ERR_NONE; i++) {
		struct run_item *item = &l->item[i];
		size_t at = l->file.len;
		if (item->action != RUN_NEW)
			continue;
		if (claim_signature_finish_known(
			slice_from(l->plain.at + item->packed.at, item->packed.length), &item->task,
			item->signature, r->key_info, &l->file, &e) < 0)
			run_hopeless(r, &e);
		item->packed.at = at;
		item->packed.length = l->file.len - at;
	}
}

static void
on_signature(struct slice bytes, const struct err *e, void *arg)
{
	struct run_item *item = arg;
	struct run_lane *l = item->lane;

	if (e->code != ERR_NONE)
		run_trouble(l->run, e);
	else
		item->signature = arena_slice(l->arena, bytes);
	if (--l->unanswered > 0)
		return;
	lane_signed(l);
	run_step(l->run);
}

static void
lane_sign(struct run_lane *l)
{
	const struct job *j = l->run->job;

	l->state = LANE_SIGNING;
	for (size_t i = 0; i < l->count; i++) {
		if (l->item[i].action != RUN_NEW)
			continue;
		l->unanswered++;
		signer_client_sign(
		    j->jobs->signer, j->tenant_code, l->item[i].task.digest, on_signature, &l->item[i]);
	}
	if (l->unanswered == 0) /* answers never come from inside the call */
		lane_signed(l);
}

/* ---- building ---- */

static void
lane_build(struct run_lane *l)
{
	bool sign = l->run->certificate.len > 0;

	claim_chunk_complete(&l->chunk, l->run->job->jobs->rules);
	for (size_t i = 0; i < l->count; i++)
		l->item[i].piece = claim_chunk_find(&l->chunk, l->item[i].visit_id);
	run_judge(l);
	buf_reset(&l->plain);
	buf_reset(&l->file);
	run_pack(l, sign ? &l->plain : &l->file);
	if (sign)
		lane_sign(l);
	else
		l->state = LANE_READY;
}

/* Adds the rows of step `step` of b to the chunk. */
static int
lane_add(struct run_lane *l, const struct pg_batch *b, unsigned step, enum claim_table table, struct err *e)
{
	const char *name[CLAIM_SOURCE_COLUMNS_MAX];
	struct slice cell[CLAIM_SOURCE_COLUMNS_MAX];
	unsigned columns = pg_columns(b, step);
	struct claim_source s;

	if (columns > CLAIM_SOURCE_COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, claim_tables[table].name, "too many columns");
	for (unsigned i = 0; i < columns; i++)
		name[i] = pg_column_name(b, step, i);
	if (claim_source_make(l->arena, table, name, columns, &s, e) < 0)
		return e->code;
	for (size_t row = 0; row < pg_rows(b, step); row++) {
		for (unsigned i = 0; i < columns; i++)
			cell[i] = pg_cell(b, step, row, i);
		claim_chunk_add(&l->chunk, &s, cell);
	}
	return 0;
}

/* The rows of some tables, from `first` on; the last answer builds the chunk. */
static void
lane_rows(struct run_lane *l, const struct pg_batch *b, enum claim_table first)
{
	struct run *r = l->run;
	struct err e = { 0 };

	l->unanswered--;
	if (run_answered(r, b))
		for (unsigned step = JOB_STEP; step < b->step_count && e.code == ERR_NONE; step++)
			if (lane_add(l, b, step, (enum claim_table)(first + step - JOB_STEP), &e) < 0)
				run_hopeless(r, &e);
	if (l->unanswered > 0)
		return;
	if (r->trouble.code != ERR_NONE)
		l->state = LANE_IDLE;
	else
		lane_build(l);
	run_step(r);
}

static void
on_first_rows(void *arg, const struct pg_batch *b)
{
	lane_rows(arg, b, CLAIM_XML1);
}

static void
on_last_rows(void *arg, const struct pg_batch *b)
{
	lane_rows(arg, b, CLAIM_XML4);
}

/* The ids of the chunk's visits as an array for a statement. */
static struct slice
lane_visits(const struct run_lane *l)
{
	struct buf text;
	struct slice s;

	buf_init(&text, 32 * RUN_CHUNK);
	for (size_t i = 0; i < l->count; i++)
		buf_addf(&text, "%c%lld", i ? ',' : '{', (long long)l->item[i].visit_id);
	buf_add_char(&text, '}');
	s = arena_slice(l->arena, buf_slice(&text));
	buf_free(&text);
	return s;
}

/* Two connections read the rows of a chunk. */
static void
lane_read(struct run_lane *l)
{
	const struct slice visits = lane_visits(l);
	const struct job_statement first[] = { { STMT(claim_xml1), &visits, 1 },
		{ STMT(claim_xml2), &visits, 1 }, { STMT(claim_xml3), &visits, 1 } };
	const struct job_statement last[] = { { STMT(claim_xml4), &visits, 1 },
		{ STMT(claim_xml5), &visits, 1 } };

	l->state = LANE_READING;
	lane_query(l, PG_READ, first, 3, on_first_rows);
	lane_query(l, PG_READ, last, 2, on_last_rows);
	if (l->unanswered == 0)
		l->state = LANE_IDLE;
}

static void
lane_take_claims(struct run_lane *l, const struct pg_batch *b)
{
	int64_t visit[RUN_CHUNK];

	l->count = pg_rows(b, JOB_STEP);
	for (size_t i = 0; i < l->count; i++) {
		struct run_item *item = &l->item[i];
		*item = (struct run_item){ .lane = l };
		item->claim_id = job_cell_int(b, JOB_STEP, i, "claim_id");
		item->visit_id = visit[i] = job_cell_int(b, JOB_STEP, i, "visit_id");
		item->facility_code = arena_slice(l->arena, pg_field(b, JOB_STEP, i, "facility_code"));
		item->last_sha256 = arena_slice(l->arena, pg_field(b, JOB_STEP, i, "last_sha256"));
		item->last_is_signed = slice_eq_text(pg_field(b, JOB_STEP, i, "last_is_signed"), "t");
		item->overridden = arena_slice(l->arena, pg_field(b, JOB_STEP, i, "overridden"));
		l->run->after = item->claim_id;
	}
	claim_chunk_init(&l->chunk, l->arena, visit, l->count);
	l->chunk.keeps_keys = true;
}

static void
on_claims(void *arg, const struct pg_batch *b)
{
	struct run_lane *l = arg;
	struct run *r = l->run;

	l->unanswered--;
	l->state = LANE_IDLE;
	if (run_answered(r, b) && pg_rows(b, JOB_STEP) == 0)
		r->all_asked = true;
	if (r->trouble.code == ERR_NONE && !r->all_asked) {
		lane_take_claims(l, b);
		lane_read(l);
	}
	run_step(r);
}

static void
lane_ask(struct run_lane *l)
{
	struct run *r = l->run;

	arena_reset(l->arena);
	l->turn = r->asked++;
	const struct slice value[] = { job_slice_int(l->arena, r->run_id), job_slice_int(l->arena, r->after),
		job_slice_int(l->arena, RUN_CHUNK) };
	const struct job_statement next = { STMT(claim_run_next), value, 3 };
	l->state = LANE_ASKING;
	lane_query(l, PG_READ, &next, 1, on_claims);
	if (l->unanswered == 0)
		l->state = LANE_IDLE;
}

/* ---- the whole ---- */

static struct run_lane *
run_lane_in(struct run *r, enum run_lane_state state)
{
	for (size_t i = 0; i < RUN_LANES; i++)
		if (r->lane[i].state == state)
			return &r->lane[i];
	return NULL;
}

static bool
run_is_under_way(const struct run *r)
{
	for (size_t i = 0; i < RUN_LANES; i++)
		if (r->lane[i].unanswered > 0)
			return true;
	return false;
}

static void
on_ended(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_done(j);
}

/* Nothing is under way and nothing new is to be begun. */
static void
run_end(struct run *r)
{
	struct job *j = r->job;
	const struct err *e = &r->trouble;

	if (e->code != ERR_NONE && r->hopeless) {
		job_fail(j, "%s: %s", e->field, e->detail);
	} else if (e->code != ERR_NONE) {
		job_retry(j, -1, "%s: %s", e->field, e->detail);
	} else if (!r->all_asked) {
		job_postpone(j, STOPPING_DELAY_S, "the service stops");
	} else {
		const struct slice value[] = { job_slice_int(j->arena, r->run_id), { NULL, 0 } };
		job_query_one(j, PG_WRITE, STMT(claim_run_end), value, 2, on_ended);
	}
}

/* The chunk whose turn it is to be stored, when it is ready. */
static struct run_lane *
run_ready(struct run *r)
{
	for (size_t i = 0; i < RUN_LANES; i++)
		if (r->lane[i].state == LANE_READY && r->lane[i].turn == r->stored)
			return &r->lane[i];
	return NULL;
}

/* Begins whatever can be begun; ends the job when there is nothing more. To be called when a lane moved. */
static void
run_step(struct run *r)
{
	bool stops = r->job->jobs->draining || r->all_asked;
	struct run_lane *idle = run_lane_in(r, LANE_IDLE), *ready;

	if (r->trouble.code == ERR_NONE && !stops && idle && !run_lane_in(r, LANE_ASKING))
		lane_ask(idle);
	ready = r->trouble.code == ERR_NONE && !run_lane_in(r, LANE_STORING) ? run_ready(r) : NULL;
	if (ready)
		lane_store(ready);
	if (!run_is_under_way(r))
		run_end(r);
}

/* ---- beginning ---- */

static void
on_certificate(struct slice bytes, const struct err *e, void *arg)
{
	struct run *r = arg;
	struct err bad = { 0 };
	struct buf key_info;

	if (e->code != ERR_NONE && e->code != ERR_NOT_FOUND) {
		job_retry(r->job, -1, "%s: %s", e->field, e->detail);
		return;
	}
	if (e->code == ERR_NONE) { /* without a key the claims stay unsigned, and are not sent */
		buf_init(&key_info, KEY_INFO_MAX);
		r->certificate = arena_slice(r->job->arena, bytes);
		if (claim_signature_key_info(bytes, &key_info, &bad) < 0)
			run_hopeless(r, &bad);
		r->key_info = arena_slice(r->job->arena, buf_slice(&key_info));
		buf_free(&key_info);
	}
	run_step(r);
}

static void
on_started(struct job *j, const struct pg_batch *b)
{
	struct run *r = j->state;

	if (pg_rows(b, JOB_STEP) == 0) {
		job_done(j);
		return;
	}
	r->rules.set = held_compile(j->arena, b, JOB_STEP + 1, NULL, &r->rules.fault, &r->rules.faults);
	if (j->jobs->signer)
		signer_client_certificate(j->jobs->signer, j->tenant_code, on_certificate, r);
	else
		run_step(r);
}

static void
run_release(struct job *j)
{
	struct run *r = j->state;

	for (size_t i = 0; i < RUN_LANES; i++) {
		arena_free(r->lane[i].arena);
		buf_free(&r->lane[i].plain);
		buf_free(&r->lane[i].items);
		buf_free(&r->lane[i].file);
	}
}

void
claim_run_job(struct job *j)
{
	struct run *r = ARENA_NEW(j->arena, struct run);

	r->job = j;
	r->run_id = job_number(j, "run_id");
	for (size_t i = 0; i < RUN_LANES; i++) {
		struct run_lane *l = &r->lane[i];
		l->run = r;
		l->arena = arena_new(0);
		buf_init(&l->plain, ENVELOPES_MAX);
		buf_init(&l->items, ITEMS_MAX);
		buf_init(&l->file, ENVELOPES_MAX);
	}
	j->state = r;
	j->release = run_release;
	const struct slice value[] = { job_slice_int(j->arena, r->run_id) };
	const struct job_statement start[] = { { STMT(claim_run_start), value, 1 },
		{ STMT(verdict_rules), NULL, 0 } };
	job_query(j, PG_WRITE, start, 2, on_started);
}

static void
on_run_failed(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_end_failure(j);
}

void
claim_run_given_up(struct job *j)
{
	const struct slice value[] = { job_slice_int(j->arena, job_number(j, "run_id")),
		slice_of(j->problem) };

	job_query_one(j, PG_WRITE, STMT(claim_run_end), value, 2, on_run_failed);
}
