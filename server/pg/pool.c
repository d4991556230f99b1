#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "server/pg/conn.h"
#include "server/pg/pg.h"

#define CONNECTIONS_MAX 64
#define DEPTH_MAX 16
/* Per batch: DEALLOCATE, one Parse per step and one for a second half, the batch itself. */
#define SEGMENTS_PER_BATCH (PG_STEPS_MAX + 3)
#define JANITOR_MS 250
/* After a batch's deadline the server's own statement_timeout gets this long before we cut the line. */
#define GRACE_US 1000000
#define KNOWN_FIRST 256 /* statements, a power of two */

/* What is under way on a connection: everything up to one Sync. */
enum segment_kind { SEGMENT_BATCH, SEGMENT_PREPARE, SEGMENT_FORGET };
struct segment {
	enum segment_kind kind;
	const struct pg_statement *statement; /* PREPARE */
	struct pg_batch *batch;               /* BATCH */
	unsigned step;                        /* whose results come next */
	bool answered;                        /* the step had a result; NULL ends it */
	bool open;                            /* its Sync is not sent: a second half follows */
	PGresult *error;                      /* the first */
};

struct line {             /* a connection of the pool */
	struct conn conn; /* first: events get a struct conn */
	struct pg_pool *pool;
	struct segment *segment; /* ring */
	unsigned segment_first, segment_count, segment_capacity;
	unsigned batches;                  /* under way */
	bool writing;                      /* the one batch under way is a write */
	bool stale;                        /* plans have to be made anew before the next batch */
	const struct pg_statement **known; /* open-addressed set of what is prepared or being prepared */
	size_t known_count, known_capacity;
};

struct pg_pool {
	struct loop *loop;
	struct pg_pool_config config;
	struct conn_options options;
	char *url, *application;
	struct line *line;
	struct list_node waiting;
	unsigned waiting_count;
	struct timer *janitor;
	bool janitor_runs;
	bool down; /* the last attempt failed and no connection is ready */
	bool closing;
	struct pg_stats stats;
};

/* --- the set of prepared statements --- */

static size_t
known_slot(const struct line *l, const struct pg_statement *s)
{
	size_t at = ((uintptr_t)s >> 4) * 2654435761u & (l->known_capacity - 1);
	while (l->known[at] && l->known[at] != s)
		at = (at + 1) & (l->known_capacity - 1);
	return at;
}

static bool
known_has(const struct line *l, const struct pg_statement *s)
{
	return l->known[known_slot(l, s)] == s;
}

static void
known_clear(struct line *l)
{
	memset(l->known, 0, l->known_capacity * sizeof(*l->known));
	l->known_count = 0;
}

static void
known_add(struct line *l, const struct pg_statement *s)
{
	if ((l->known_count + 1) * 2 > l->known_capacity) {
		const struct pg_statement **old = l->known;
		size_t count = l->known_capacity;
		l->known_capacity = count ? count * 2 : KNOWN_FIRST;
		l->known = calloc(l->known_capacity, sizeof(*l->known));
		if (!l->known)
			fatal("out of memory for prepared statements");
		for (size_t i = 0; i < count; i++)
			if (old[i])
				l->known[known_slot(l, old[i])] = old[i];
		free(old);
	}
	l->known[known_slot(l, s)] = s;
	l->known_count++;
}

/* A statement that could not be prepared: rebuild without it, for open addressing has no holes. */
static void
known_remove(struct line *l, const struct pg_statement *s)
{
	const struct pg_statement **old = l->known;
	size_t capacity = l->known_capacity;
	l->known = calloc(capacity, sizeof(*l->known));
	if (!l->known)
		fatal("out of memory for prepared statements");
	l->known_count = 0;
	for (size_t i = 0; i < capacity; i++)
		if (old[i] && old[i] != s)
			known_add(l, old[i]);
	free(old);
}

/* --- segments --- */

static struct segment *
segment_head(struct line *l)
{
	return l->segment_count ? &l->segment[l->segment_first] : NULL;
}

static struct segment *
segment_push(struct line *l, enum segment_kind kind)
{
	assert(l->segment_count < l->segment_capacity);
	struct segment *s = &l->segment[(l->segment_first + l->segment_count++) % l->segment_capacity];
	*s = (struct segment){ .kind = kind };
	return s;
}

static struct segment
segment_pop(struct line *l)
{
	assert(l->segment_count > 0);
	struct segment s = l->segment[l->segment_first];
	l->segment_first = (l->segment_first + 1) % l->segment_capacity;
	l->segment_count--;
	return s;
}

/* --- the end of a batch --- */

static void
batch_clear(struct pg_batch *b)
{
	for (unsigned i = 0; i < b->step_count; i++) {
		PQclear((PGresult *)b->step[i].result);
		b->step[i].result = NULL;
	}
}

static void
batch_done(struct pg_pool *p, struct pg_batch *b)
{
	if (b->failed)
		p->stats.failures++;
	b->done(b, b->context);
	/* The arena may be gone now: only what the pool itself holds is touched from here. */
}

/* Fails a batch that never got, or lost, its connection. */
static void
batch_fail(struct pg_pool *p, struct pg_batch *b, enum err_code code, const char *why)
{
	batch_clear(b);
	b->failed = true;
	b->error = (struct pg_error){
		.code = code, .message = why, .detail = "", .table = "", .column = "", .constraint = ""
	};
	batch_done(p, b);
}

static const char *
error_field(const PGresult *r, int field)
{
	const char *text = PQresultErrorField(r, field);
	return text ? text : "";
}

static void
waiting_put(struct pg_pool *p, struct pg_batch *b, bool first)
{
	list_append(first ? p->waiting.next : &p->waiting, &b->node);
	p->waiting_count++;
}

static struct pg_batch *
waiting_take(struct pg_pool *p, struct pg_batch *b)
{
	list_remove(&b->node);
	p->waiting_count--;
	return b;
}

/* 40001 and 40P01: the same again may succeed. 0A000 "cached plan must not change result type" and
 * 26000: the server forgot or outgrew a plan. */
static bool
batch_may_retry(struct line *l, struct pg_batch *b, const char *sqlstate, const char *message)
{
	bool plan = strcmp(sqlstate, "26000") == 0 ||
		    (strcmp(sqlstate, "0A000") == 0 && strncmp(message, "cached plan", 11) == 0);
	if (plan)
		l->stale = true;
	if (b->retries_left == 0)
		return false;
	if (!plan && strcmp(sqlstate, "40001") != 0 && strcmp(sqlstate, "40P01") != 0)
		return false;
	b->retries_left--;
	b->resets_plans = plan;
	return true;
}

static void
batch_complete(struct line *l, struct segment *s)
{
	struct pg_pool *p = l->pool;
	struct pg_batch *b = s->batch;
	l->batches--;
	if (l->batches == 0)
		l->writing = false;
	const char *sqlstate = s->error ? error_field(s->error, PG_DIAG_SQLSTATE) : "";
	if (!s->error || (b->kind == PG_DRY && strcmp(sqlstate, PG_DRY_END) == 0)) {
		struct pg_step keep[PG_STEPS_MAX];
		unsigned count = b->step_count;
		memcpy(keep, b->step, sizeof(keep));
		batch_done(p, b);
		for (unsigned i = 0; i < count; i++)
			PQclear((PGresult *)keep[i].result);
		return;
	}
	batch_clear(b);
	const char *message = error_field(s->error, PG_DIAG_MESSAGE_PRIMARY);
	if (!p->closing && batch_may_retry(l, b, sqlstate, message)) {
		p->stats.retries++;
		waiting_put(p, b, true);
		return;
	}
	b->failed = true;
	b->error = (struct pg_error){
		.code = sqlstate[0] ? ERR_INPUT : ERR_IO,
		.message = message,
		.detail = error_field(s->error, PG_DIAG_MESSAGE_DETAIL),
		.table = error_field(s->error, PG_DIAG_TABLE_NAME),
		.column = error_field(s->error, PG_DIAG_COLUMN_NAME),
		.constraint = error_field(s->error, PG_DIAG_CONSTRAINT_NAME),
	};
	strncpy(b->error.sqlstate, sqlstate, sizeof(b->error.sqlstate) - 1);
	batch_done(p, b);
}

/* --- sending --- */

static bool
send_forget(struct line *l)
{
	/* In a segment of its own: the batch behind it must not share its fate. */
	segment_push(l, SEGMENT_FORGET);
	known_clear(l);
	l->stale = false;
	return PQsendQueryParams(l->conn.pq, "deallocate all", 0, NULL, NULL, NULL, NULL, 0) &&
	       PQpipelineSync(l->conn.pq);
}

static bool
send_prepare(struct line *l, const struct pg_statement *s)
{
	/* Parse is not transactional but is skipped in an aborted batch: hence a Sync of its own. */
	segment_push(l, SEGMENT_PREPARE)->statement = s;
	known_add(l, s);
	return PQsendPrepare(l->conn.pq, s->name, s->sql, (int)s->param_count, s->param_type) &&
	       PQpipelineSync(l->conn.pq);
}

static bool
send_step(struct line *l, const struct pg_step *step)
{
	const struct pg_statement *s = step->statement;
	int format[PG_PARAMS_MAX];
	for (unsigned i = 0; i < s->param_count; i++)
		format[i] = s->param_type[i] == 17; /* bytea travels as bytes */
	return PQsendQueryPrepared(
	    l->conn.pq, s->name, (int)s->param_count, step->value, step->length, format, 0);
}

static bool
send_prepares(struct line *l, const struct pg_batch *b)
{
	for (unsigned i = 0; i < b->step_count; i++)
		if (!known_has(l, b->step[i].statement) && !send_prepare(l, b->step[i].statement))
			return false;
	return !b->later || known_has(l, b->later) || send_prepare(l, b->later);
}

static bool
send_all(struct line *l, struct pg_batch *b)
{
	if ((b->resets_plans || l->stale) && !send_forget(l))
		return false;
	b->resets_plans = false;
	if (b->more)
		b->step_count = b->first_count; /* of an attempt before */
	if (!send_prepares(l, b))
		return false;
	for (unsigned i = 0; i < b->step_count; i++)
		if (!send_step(l, &b->step[i]))
			return false;
	return b->more ? PQsendFlushRequest(l->conn.pq) : PQpipelineSync(l->conn.pq);
}

static void
line_send(struct line *l, struct pg_batch *b)
{
	l->batches++;
	l->writing = b->kind != PG_READ;
	l->pool->stats.batches++;
	bool sent = send_all(l, b);
	struct segment *s = segment_push(l, SEGMENT_BATCH);
	s->batch = b;
	s->open = b->more;
	if (sent)
		pgconn_flush(&l->conn);
	else
		pgconn_doom(&l->conn, "cannot send");
}

/* The first half was answered: asks for the second one and ends the transaction. */
static void
line_continue(struct line *l, struct segment *s)
{
	struct pg_batch *b = s->batch;
	s->open = false;
	if (!s->error)
		b->more(b, b->context);
	assert(b->step_count <= b->first_count + 1);
	bool sent = b->step_count == b->first_count || send_step(l, &b->step[b->first_count]);
	if (sent && PQpipelineSync(l->conn.pq))
		pgconn_flush(&l->conn);
	else
		pgconn_doom(&l->conn, "cannot send");
}

static struct line *
pool_choose(struct pg_pool *p, enum pg_kind kind)
{
	struct line *best = NULL;
	unsigned limit = kind == PG_READ ? p->config.read_depth : 1;
	for (unsigned i = 0; i < p->config.connections; i++) {
		struct line *l = &p->line[i];
		if (l->conn.state != CONN_READY || l->conn.doomed || l->writing || l->batches >= limit)
			continue;
		if (l->batches == 0)
			return l;
		if (!best || l->batches < best->batches)
			best = l;
	}
	return best;
}

/* In order of arrival; a write at the head waits for an empty connection and is not overtaken. */
static void
pool_dispatch(struct pg_pool *p)
{
	while (!list_is_empty(&p->waiting)) {
		struct pg_batch *b = LIST_ITEM(p->waiting.next, struct pg_batch, node);
		struct line *l = pool_choose(p, b->kind);
		if (!l)
			return;
		line_send(l, waiting_take(p, b));
	}
}

/* --- receiving --- */

static void
line_segment_end(struct line *l)
{
	struct segment s = segment_pop(l);
	if (s.kind == SEGMENT_BATCH)
		batch_complete(l, &s);
	else if (s.kind == SEGMENT_PREPARE && s.error) {
		log_event(LOG_ERROR, "pg_prepare", "statement=%s sqlstate=%s message=\"%s\"",
		    s.statement->name, error_field(s.error, PG_DIAG_SQLSTATE),
		    error_field(s.error, PG_DIAG_MESSAGE_PRIMARY));
		known_remove(l, s.statement);
	}
	PQclear(s.error);
}

static void
segment_result(struct segment *s, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	s->answered = true;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		if (s->kind == SEGMENT_BATCH && s->step < s->batch->step_count &&
		    !s->batch->step[s->step].result) {
			s->batch->step[s->step].result = (struct pg_result *)r;
			return;
		}
	} else if (status != PGRES_PIPELINE_ABORTED && !s->error) {
		s->error = r;
		return;
	}
	PQclear(r);
}

/* Takes all results that are complete. PQgetResult is never called while busy: it would block the loop. */
static void
on_readable(struct conn *c)
{
	struct line *l = (struct line *)c;
	bool was_null = false;
	struct segment *s;
	while ((s = segment_head(l)) && !PQisBusy(c->pq)) {
		PGresult *r = PQgetResult(c->pq);
		if (!r) {
			/* NULL ends a statement; twice in a row means that nothing is ready (or a dead line).
			 */
			if (was_null)
				break;
			was_null = true;
			s->step += s->answered;
			s->answered = false;
			if (s->open && s->step == s->batch->step_count)
				line_continue(l, s);
			continue;
		}
		was_null = false;
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			line_segment_end(l);
			continue;
		}
		bool broken = PQstatus(c->pq) == CONNECTION_BAD;
		segment_result(s, r);
		if (broken)
			break;
	}
	PGnotify *n;
	while ((n = PQnotifies(c->pq)))
		PQfreemem(n);
	pool_dispatch(l->pool);
}

static void
on_ready(struct conn *c)
{
	struct line *l = (struct line *)c;
	if (!PQenterPipelineMode(c->pq)) {
		pgconn_doom(c, "no pipeline mode");
		return;
	}
	known_clear(l);
	l->stale = false;
	l->pool->stats.connects++;
	l->pool->down = false;
	pool_dispatch(l->pool);
}

static bool
pool_has_ready(const struct pg_pool *p)
{
	for (unsigned i = 0; i < p->config.connections; i++)
		if (p->line[i].conn.state == CONN_READY && !p->line[i].conn.doomed)
			return true;
	return false;
}

/* All that was under way is answered: reads go once more when somebody else can take them, writes may
 * or may not have happened. */
static void
on_lost(struct conn *c, const char *reason)
{
	struct line *l = (struct line *)c;
	struct pg_pool *p = l->pool;
	(void)reason;
	p->stats.losses++;
	bool elsewhere = pool_has_ready(p);
	l->batches = 0;
	l->writing = false;
	struct list_node again;
	list_init(&again);
	while (l->segment_count) {
		struct segment s = segment_pop(l);
		PQclear(s.error);
		if (s.kind != SEGMENT_BATCH)
			continue;
		if (elsewhere && s.batch->kind == PG_READ && s.batch->retries_left > 0) {
			s.batch->retries_left--;
			batch_clear(s.batch);
			list_append(&again, &s.batch->node);
			p->stats.retries++;
			continue;
		}
		batch_fail(p, s.batch, ERR_IO, "the database connection was lost");
	}
	while (!list_is_empty(&again)) {
		struct pg_batch *b = LIST_ITEM(again.prev, struct pg_batch, node);
		list_remove(&b->node);
		waiting_put(p, b, true);
	}
	pool_dispatch(p);
}

/* Nobody is connected and the database refuses: waiting longer would only hold clients. */
static void
on_refused(struct conn *c)
{
	struct pg_pool *p = ((struct line *)c)->pool;
	if (pool_has_ready(p))
		return;
	p->down = true;
	while (!list_is_empty(&p->waiting)) {
		struct pg_batch *b = LIST_ITEM(p->waiting.next, struct pg_batch, node);
		batch_fail(p, waiting_take(p, b), ERR_IO, "the database cannot be reached");
	}
}

/* --- deadlines --- */

static void
pool_expire(struct pg_pool *p, int64_t now)
{
	while (!list_is_empty(&p->waiting)) {
		struct pg_batch *b = LIST_ITEM(p->waiting.next, struct pg_batch, node);
		if (b->deadline_us > now)
			break;
		p->stats.timeouts++;
		batch_fail(p, waiting_take(p, b), ERR_BUSY, "no connection became free in time");
	}
	for (unsigned i = 0; i < p->config.connections; i++) {
		struct line *l = &p->line[i];
		for (unsigned k = 0; k < l->segment_count; k++) {
			struct segment *s = &l->segment[(l->segment_first + k) % l->segment_capacity];
			if (s->kind != SEGMENT_BATCH)
				continue;
			if (s->batch->deadline_us + GRACE_US < now) {
				p->stats.timeouts++;
				pgconn_doom(&l->conn, "no answer before the deadline");
			}
			break;
		}
	}
}

static void
on_janitor(void *arg)
{
	struct pg_pool *p = arg;
	pool_expire(p, time_monotonic_us());
	bool busy = p->waiting_count > 0;
	for (unsigned i = 0; i < p->config.connections && !busy; i++)
		busy = p->line[i].segment_count > 0;
	p->janitor_runs = busy;
	if (busy)
		timer_start(p->janitor, JANITOR_MS);
}

int
pg_submit(struct pg_pool *p, struct pg_batch *b, struct err *e)
{
	assert(b->step_count > 0);
	if (p->closing || p->down) {
		p->stats.refused++;
		return err_set(e, ERR_BUSY, NULL, "the database cannot be reached");
	}
	struct line *l = list_is_empty(&p->waiting) ? pool_choose(p, b->kind) : NULL;
	if (!l && p->waiting_count >= p->config.waiting_max) {
		p->stats.refused++;
		return err_set(e, ERR_BUSY, NULL, "too many requests wait for the database");
	}
	b->deadline_us = time_monotonic_us() + (int64_t)p->config.batch_timeout_ms * 1000;
	if (l)
		line_send(l, b);
	else
		waiting_put(p, b, false);
	if (!p->janitor_runs) {
		p->janitor_runs = true;
		timer_start(p->janitor, JANITOR_MS);
	}
	return 0;
}

/* --- life --- */

static const struct conn_events pool_events = {
	.ready = on_ready, .lost = on_lost, .refused = on_refused, .readable = on_readable
};

int
pg_pool_new(struct loop *loop, const struct pg_pool_config *config, struct pg_pool **ret, struct err *e)
{
	int rc = pgconn_check_url(config->url, e);
	if (rc)
		return rc;
	assert(config->connections >= 1 && config->connections <= CONNECTIONS_MAX);
	assert(config->read_depth >= 1 && config->read_depth <= DEPTH_MAX);
	struct pg_pool *p = calloc(1, sizeof(*p));
	struct line *line = calloc(config->connections, sizeof(*line));
	if (!p || !line)
		fatal("out of memory for the database pool");
	p->loop = loop;
	p->config = *config;
	p->url = strdup(config->url);
	p->application = strdup(config->application ? config->application : "hmisd");
	p->options = (struct conn_options){ p->url, p->application, config->connect_timeout_ms,
		config->statement_timeout_ms };
	p->line = line;
	list_init(&p->waiting);
	p->janitor = timer_new(loop, on_janitor, p);
	for (unsigned i = 0; i < config->connections; i++) {
		struct line *l = &line[i];
		l->pool = p;
		l->segment_capacity = config->read_depth * SEGMENTS_PER_BATCH;
		l->segment = calloc(l->segment_capacity, sizeof(*l->segment));
		l->known_capacity = KNOWN_FIRST;
		l->known = calloc(l->known_capacity, sizeof(*l->known));
		if (!l->segment || !l->known)
			fatal("out of memory for the database pool");
		pgconn_init(&l->conn, loop, &p->options, &pool_events);
	}
	*ret = p;
	return 0;
}

void
pg_pool_free(struct pg_pool *p)
{
	if (!p)
		return;
	p->closing = true;
	timer_free(p->janitor);
	for (unsigned i = 0; i < p->config.connections; i++) {
		struct line *l = &p->line[i];
		while (l->segment_count) {
			struct segment s = segment_pop(l);
			PQclear(s.error);
			if (s.kind == SEGMENT_BATCH)
				batch_fail(p, s.batch, ERR_IO, "the service stops");
		}
		pgconn_close(&l->conn);
		free(l->segment);
		free(l->known);
	}
	while (!list_is_empty(&p->waiting)) {
		struct pg_batch *b = LIST_ITEM(p->waiting.next, struct pg_batch, node);
		batch_fail(p, waiting_take(p, b), ERR_IO, "the service stops");
	}
	free(p->line);
	free(p->url);
	free(p->application);
	free(p);
}

bool
pg_is_ready(const struct pg_pool *p)
{
	return !p->closing && pool_has_ready(p);
}

void
pg_stats_read(const struct pg_pool *p, struct pg_stats *ret)
{
	*ret = p->stats;
	ret->connections = p->config.connections;
	ret->ready = ret->busy = 0;
	for (unsigned i = 0; i < p->config.connections; i++) {
		ret->ready += p->line[i].conn.state == CONN_READY;
		ret->busy += p->line[i].batches > 0;
	}
	ret->waiting = p->waiting_count;
}
