/*
 * claim_run: builds, checks and signs a month's claims and queues their sending. Chunk by chunk in constant
 * memory; a chunk is stored in one transaction, so that a run that dies goes on where it was.
 */
#include "server/role/jobs/claim_run.h"

#include "server/app/statements.h"
#include "server/role/jobs/signer_client.h"

#define ENVELOPES_MAX ((size_t)512 * 1024 * 1024) /* of a chunk */
#define ITEMS_MAX ((size_t)64 * 1024 * 1024)
#define STOPPING_DELAY_S 1

static void run_next_chunk(struct run *r);

/* ---- storing ---- */

static void
on_stored(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_hold(j);
	run_next_chunk(j->state);
}

static void
run_store(struct run *r)
{
	struct job *j = r->job;
	struct buf items;

	buf_init(&items, ITEMS_MAX);
	run_items_write(r, &items);
	if (!buf_ok(&items) || !buf_ok(&j->file)) {
		buf_free(&items);
		job_fail(j, "the claims of one chunk are too large");
		return;
	}
	const struct slice value[] = { job_slice_int(j->scratch, r->run_id), buf_slice(&items),
		j->file.len ? buf_slice(&j->file) : SLICE(""), r->certificate };
	job_query_one(j, PG_WRITE, STMT(claim_run_store), value, 4, on_stored);
	buf_free(&items);
}

/* ---- signing ---- */

static void
run_signed(struct run *r)
{
	struct job *j = r->job;
	struct err e = { 0 };

	if (r->trouble.code != ERR_NONE) {
		job_retry(j, -1, "%s: %s", r->trouble.field, r->trouble.detail);
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		struct run_item *item = &r->item[i];
		size_t at = j->file.len;
		if (item->action != RUN_NEW)
			continue;
		if (claim_signature_finish(slice_from(j->text.at + item->packed.at, item->packed.length),
			&item->task, item->signature, r->certificate, &j->file, &e) < 0) {
			job_retry(j, -1, "%s: %s", e.field, e.detail);
			return;
		}
		item->packed.at = at;
		item->packed.length = j->file.len - at;
	}
	run_store(r);
}

static void
on_signature(struct slice bytes, const struct err *e, void *arg)
{
	struct run_item *item = arg;
	struct run *r = item->run;

	if (e->code != ERR_NONE)
		r->trouble = *e;
	else
		item->signature = arena_slice(r->chunk.arena, bytes);
	if (--r->unanswered == 0)
		run_signed(r);
}

static void
run_sign(struct run *r)
{
	struct job *j = r->job;

	r->unanswered = 1; /* ours, so that the last answer cannot come before all are asked */
	r->trouble = (struct err){ 0 };
	for (size_t i = 0; i < r->count; i++) {
		if (r->item[i].action != RUN_NEW)
			continue;
		r->unanswered++;
		signer_client_sign(
		    j->jobs->signer, j->tenant_code, r->item[i].task.digest, on_signature, &r->item[i]);
	}
	if (--r->unanswered == 0)
		run_signed(r);
}

/* ---- building ---- */

/* Adds the rows of step `step` of b to the chunk. */
static int
run_add_rows(struct run *r, const struct pg_batch *b, unsigned step, enum claim_table table, struct err *e)
{
	const char *name[CLAIM_SOURCE_COLUMNS_MAX];
	struct slice cell[CLAIM_SOURCE_COLUMNS_MAX];
	unsigned columns = pg_columns(b, step);
	struct claim_source s;

	if (columns > CLAIM_SOURCE_COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, claim_tables[table].name, "too many columns");
	for (unsigned i = 0; i < columns; i++)
		name[i] = pg_column_name(b, step, i);
	if (claim_source_make(r->chunk.arena, table, name, columns, &s, e) < 0)
		return e->code;
	for (size_t row = 0; row < pg_rows(b, step); row++) {
		for (unsigned i = 0; i < columns; i++)
			cell[i] = pg_cell(b, step, row, i);
		claim_chunk_add(&r->chunk, &s, cell);
	}
	return 0;
}

static void
on_last_rows(struct job *j, const struct pg_batch *b)
{
	struct run *r = j->state;
	struct err e = { 0 };
	bool sign = r->certificate.len > 0;

	if (run_add_rows(r, b, JOB_STEP, CLAIM_XML4, &e) < 0 ||
	    run_add_rows(r, b, JOB_STEP + 1, CLAIM_XML5, &e) < 0) {
		job_fail(j, "%s: %s", e.field, e.detail);
		return;
	}
	claim_chunk_complete(&r->chunk, j->jobs->rules);
	for (size_t i = 0; i < r->count; i++)
		r->item[i].piece = claim_chunk_find(&r->chunk, r->item[i].visit_id);
	buf_reset(&j->text);
	buf_reset(&j->file);
	run_pack(r, sign ? &j->text : &j->file);
	if (sign)
		run_sign(r);
	else
		run_store(r);
}

/* The ids of the chunk's visits as an array for a statement. */
static struct slice
run_visits(const struct run *r)
{
	struct buf text;
	struct slice s;

	buf_init(&text, 32 * RUN_CHUNK);
	for (size_t i = 0; i < r->count; i++)
		buf_addf(&text, "%c%lld", i ? ',' : '{', (long long)r->item[i].visit_id);
	buf_add_char(&text, '}');
	s = arena_slice(r->chunk.arena, buf_slice(&text));
	buf_free(&text);
	return s;
}

static void
on_first_rows(struct job *j, const struct pg_batch *b)
{
	struct run *r = j->state;
	struct err e = { 0 };

	if (run_add_rows(r, b, JOB_STEP, CLAIM_XML1, &e) < 0 ||
	    run_add_rows(r, b, JOB_STEP + 1, CLAIM_XML2, &e) < 0 ||
	    run_add_rows(r, b, JOB_STEP + 2, CLAIM_XML3, &e) < 0) {
		job_fail(j, "%s: %s", e.field, e.detail);
		return;
	}
	const struct slice visits = run_visits(r);
	const struct job_statement next[] = { { STMT(claim_xml4), &visits, 1 },
		{ STMT(claim_xml5), &visits, 1 } };
	job_query(j, PG_READ, next, 2, on_last_rows);
}

static void
on_ended(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_done(j);
}

static void
on_claims(struct job *j, const struct pg_batch *b)
{
	struct run *r = j->state;
	int64_t visit[RUN_CHUNK];

	r->count = pg_rows(b, JOB_STEP);
	if (r->count == 0) {
		const struct slice value[] = { job_slice_int(j->scratch, r->run_id), { NULL, 0 } };
		job_query_one(j, PG_WRITE, STMT(claim_run_end), value, 2, on_ended);
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		struct run_item *item = &r->item[i];
		*item = (struct run_item){ .run = r };
		item->claim_id = job_cell_int(b, JOB_STEP, i, "claim_id");
		item->visit_id = visit[i] = job_cell_int(b, JOB_STEP, i, "visit_id");
		item->facility_code = arena_slice(j->scratch, pg_field(b, JOB_STEP, i, "facility_code"));
		item->last_sha256 = arena_slice(j->scratch, pg_field(b, JOB_STEP, i, "last_sha256"));
		item->last_is_signed = slice_eq_text(pg_field(b, JOB_STEP, i, "last_is_signed"), "t");
		r->after = item->claim_id;
	}
	claim_chunk_init(&r->chunk, j->scratch, visit, r->count);
	const struct slice visits = run_visits(r);
	const struct job_statement next[] = { { STMT(claim_xml1), &visits, 1 },
		{ STMT(claim_xml2), &visits, 1 }, { STMT(claim_xml3), &visits, 1 } };
	job_query(j, PG_READ, next, 3, on_first_rows);
}

static void
run_next_chunk(struct run *r)
{
	struct job *j = r->job;

	if (j->jobs->draining) {
		job_postpone(j, STOPPING_DELAY_S, "the service stops");
		return;
	}
	arena_reset(j->scratch);
	const struct slice value[] = { job_slice_int(j->scratch, r->run_id),
		job_slice_int(j->scratch, r->after), job_slice_int(j->scratch, RUN_CHUNK) };
	job_query_one(j, PG_READ, STMT(claim_run_next), value, 3, on_claims);
}

/* ---- beginning ---- */

static void
on_certificate(struct slice bytes, const struct err *e, void *arg)
{
	struct run *r = arg;

	if (e->code == ERR_NONE)
		r->certificate = arena_slice(r->job->arena, bytes);
	else if (e->code != ERR_NOT_FOUND) { /* without a key the claims stay unsigned, and are not sent */
		job_retry(r->job, -1, "%s: %s", e->field, e->detail);
		return;
	}
	run_next_chunk(r);
}

static void
on_started(struct job *j, const struct pg_batch *b)
{
	struct run *r = j->state;

	if (pg_rows(b, JOB_STEP) == 0)
		job_done(j);
	else if (j->jobs->signer)
		signer_client_certificate(j->jobs->signer, j->tenant_code, on_certificate, r);
	else
		run_next_chunk(r);
}

void
claim_run_job(struct job *j)
{
	struct run *r = ARENA_NEW(j->arena, struct run);

	r->job = j;
	r->run_id = job_number(j, "run_id");
	j->state = r;
	j->scratch = arena_new(0);
	buf_init(&j->text, ENVELOPES_MAX);
	buf_init(&j->file, ENVELOPES_MAX);
	const struct slice value[] = { job_slice_int(j->arena, r->run_id) };
	job_query_one(j, PG_WRITE, STMT(claim_run_start), value, 1, on_started);
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
