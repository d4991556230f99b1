/* Taking, ending and counting jobs. */
#include "server/role/jobs/jobs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "base/utf8.h"
#include "server/app/statements.h"
#include "server/loop/metrics.h"
#include "server/role/jobs.h"
#include "server/role/jobs/gateway.h"
#include "server/role/jobs/retry.h"
#include "server/role/jobs/signer_client.h"

#define TAKE_MOST 32
#define POLL_MS 1000
#define PLAN_EVERY 60 /* polls */
#define BURY_EVERY 5  /* polls */
#define LEASE "2 minutes"
#define HOLD_EVERY_US (20 * INT64_C(1000000))
#define PROBLEM_MAX 590 /* bytes */
#define JOB_ARENA_MAX ((size_t)1 << 30)
#define LIST_MAX ((size_t)64 * 1024) /* of ids or owners in one statement */

const struct job_kind job_kinds[] = {
	{ "claim_run", claim_run_job, claim_run_given_up },
	{ "claim_send", claim_send_job, NULL },
	{ "check_in_send", check_in_job, check_in_given_up },
	{ "coverage_check", coverage_check_job, coverage_check_given_up },
	{ "reconcile", reconcile_job, NULL },
	{ "rule_preview", rule_preview_job, rule_preview_given_up },
	{ "purge", purge_job, NULL },
	{ NULL, NULL, NULL },
};

static void jobs_look(struct jobs *jobs);

struct slice
job_slice_int(struct arena *a, int64_t value)
{
	return slice_of(arena_printf(a, "%lld", (long long)value));
}

struct slice
job_text(const struct job *j, const char *name)
{
	struct json_value *o;

	if (json_parse(j->arena, j->payload, 1000, &o, NULL) < 0)
		return (struct slice){ NULL, 0 };
	return json_member_text(o, name);
}

int64_t
job_number(const struct job *j, const char *name)
{
	int64_t value = 0;

	slice_to_int64(job_text(j, name), &value);
	return value;
}

int64_t
job_cell_int(const struct pg_batch *b, unsigned step, size_t row, const char *column)
{
	int64_t value = 0;

	slice_to_int64(pg_field(b, step, row, column), &value);
	return value;
}

/* ---- queries ---- */

static void
on_job_batch(struct pg_batch *b, void *context)
{
	struct job *j = context;

	if (b->failed) {
		job_retry(j, -1, "%s %s %s", b->error.sqlstate, b->error.message, b->error.constraint);
		return;
	}
	if (!j->tenant_code.at)
		j->tenant_code = arena_slice(j->arena, pg_field(b, 0, 0, "code"));
	j->next(j, b);
}

/* The statements as the job's tenant. */
static void
job_batch_fill(const struct job *j, struct pg_batch *b, const struct job_statement *statement, unsigned count)
{
	const struct slice enter[] = { job_slice_int(b->arena, j->tenant_id),
		slice_of(arena_printf(b->arena, "job-%lld", (long long)j->queue_id)) };

	pg_batch_add(b, STMT(job_enter), enter, 2);
	for (unsigned i = 0; i < count; i++)
		pg_batch_add(b, statement[i].statement, statement[i].value, statement[i].count);
}

void
job_query(
    struct job *j, enum pg_kind kind, const struct job_statement *statement, unsigned count, job_next *next)
{
	struct pg_batch *b = pg_batch_new(j->scratch ? j->scratch : j->arena, kind, on_job_batch, j);
	struct err e = { 0 };

	job_batch_fill(j, b, statement, count);
	j->next = next;
	if (pg_submit(j->jobs->pool, b, &e) < 0)
		job_retry(j, -1, "%s", e.detail);
}

void
job_query_one(struct job *j, enum pg_kind kind, const struct pg_statement *statement,
    const struct slice *value, unsigned count, job_next *next)
{
	const struct job_statement one = { statement, value, count };

	job_query(j, kind, &one, 1, next);
}

struct beside {
	job_beside *next;
	void *arg;
};

static void
on_beside(struct pg_batch *b, void *context)
{
	const struct beside *s = context;

	s->next(s->arg, b);
}

int
job_query_beside(struct job *j, struct arena *a, enum pg_kind kind, const struct job_statement *statement,
    unsigned count, job_beside *next, void *arg, struct err *e)
{
	struct beside *s = ARENA_NEW(a, struct beside);
	struct pg_batch *b = pg_batch_new(a, kind, on_beside, s);

	*s = (struct beside){ next, arg };
	job_batch_fill(j, b, statement, count);
	return pg_submit(j->jobs->pool, b, e);
}

/* A batch of the process itself: its arena goes with it. */
struct own_batch {
	struct list_node node; /* of jobs.ending when it ends a job */
	int64_t ended;         /* id of that job, else 0 */
	struct jobs *jobs;
	struct arena *arena;
	void (*next)(struct jobs *jobs, const struct pg_batch *b);
};

static void
on_own_batch(struct pg_batch *b, void *context)
{
	struct own_batch *own = context;
	struct arena *arena = own->arena;

	if (b->failed)
		log_event(LOG_WARN, "job-database", "sqlstate=%s problem=\"%s\"", b->error.sqlstate,
		    b->error.message);
	if (own->ended)
		list_remove(&own->node);
	if (own->next)
		own->next(own->jobs, b);
	arena_free(arena);
}

/* ended: the job that the statement ends, or 0. */
static void
own_submit(struct jobs *jobs, const struct pg_statement *statement, const struct slice *value, unsigned count,
    int64_t ended, void (*next)(struct jobs *jobs, const struct pg_batch *b))
{
	struct arena *arena = arena_new(0);
	struct own_batch *own = ARENA_NEW(arena, struct own_batch);
	struct pg_batch *b = pg_batch_new(arena, PG_WRITE, on_own_batch, own);
	struct err e = { 0 };

	*own = (struct own_batch){ .ended = ended, .jobs = jobs, .arena = arena, .next = next };
	if (ended)
		list_append(&jobs->ending, &own->node);
	pg_batch_add(b, statement, value, count);
	if (pg_submit(jobs->pool, b, &e) < 0) {
		log_event(LOG_WARN, "job-database", "problem=\"%s\"", e.detail);
		b->failed = true;
		if (ended)
			list_remove(&own->node);
		if (next)
			next(jobs, b);
		arena_free(arena);
	}
}

static void
own_query(struct jobs *jobs, const struct pg_statement *statement, const struct slice *value, unsigned count,
    void (*next)(struct jobs *jobs, const struct pg_batch *b))
{
	own_submit(jobs, statement, value, count, 0, next);
}

/* "{1,2}": the jobs under way, those included whose end the database has not confirmed. out is initialised.
 */
static void
list_running(struct jobs *jobs, struct buf *out)
{
	buf_add_char(out, '{');
	LIST_FOREACH(node, &jobs->running)
	buf_addf(out, "%lld,", (long long)LIST_ITEM(node, struct job, node)->queue_id);
	LIST_FOREACH(node, &jobs->ending)
	buf_addf(out, "%lld,", (long long)LIST_ITEM(node, struct own_batch, node)->ended);
	if (out->len > 1)
		out->len--;
	buf_add_char(out, '}');
}

/* Extends the leases of all jobs under way; a job that has lost its lease is left to end by itself. */
static void
jobs_hold(struct jobs *jobs)
{
	int64_t now = time_monotonic_us();
	struct buf ids;

	if (now - jobs->held_us < HOLD_EVERY_US || jobs->running_count == 0)
		return;
	jobs->held_us = now;
	buf_init(&ids, LIST_MAX);
	list_running(jobs, &ids);
	const struct slice value[] = { buf_slice(&ids), slice_of(jobs->name), SLICE(LEASE) };
	own_query(jobs, STMT(job_hold), value, 3, NULL);
	buf_free(&ids);
}

void
job_hold(struct job *j)
{
	jobs_hold(j->jobs);
}

/* ---- ending ---- */

static void
job_release(struct job *j)
{
	if (j->release)
		j->release(j);
	buf_free(&j->text);
	buf_free(&j->file);
	arena_free(j->scratch);
	arena_free(j->arena);
}

static void
job_free(struct job *j)
{
	struct jobs *jobs = j->jobs;

	list_remove(&j->node);
	jobs->running_count--;
	job_release(j);
	if (jobs->draining && jobs->running_count == 0)
		loop_stop(jobs->proc->loop);
	else
		jobs_look(jobs);
}

/*
 * Written outside the job's own transactions: the row says how it ended even when the last of them failed. If
 * this is lost, the next look for work frees the job and it is run once more; every kind is safe to run
 * again.
 */
void
job_done(struct job *j)
{
	const struct slice value[] = { job_slice_int(j->arena, j->queue_id), slice_of(j->jobs->name) };

	own_submit(j->jobs, STMT(job_finish), value, 2, j->queue_id, NULL);
	metric_add(j->jobs->done_count, 1);
	job_free(j);
}

void
job_end_failure(struct job *j)
{
	struct arena *a = j->arena;
	const struct slice value[] = { job_slice_int(a, j->queue_id), slice_of(j->jobs->name),
		slice_of(j->problem), job_slice_int(a, j->delay_s),
		j->for_good ? SLICE("true") : SLICE("false") };

	own_submit(j->jobs, STMT(job_fail), value, 5, j->queue_id, NULL);
	log_event(j->for_good ? LOG_ERROR : LOG_WARN, j->for_good ? "job-failed" : "job-retry",
	    "kind=%s id=%lld attempt=%d delay_s=%d problem=\"%s\"", j->kind->name, (long long)j->queue_id,
	    j->attempts, j->delay_s, j->problem);
	metric_add(j->for_good ? j->jobs->failed_count : j->jobs->retry_count, 1);
	job_free(j);
}

static void
job_stumble(struct job *j, bool for_good, int delay_s, const char *problem)
{
	bool last = for_good || j->attempts >= j->max_attempts;

	if (j->problem) { /* giving up failed as well: write the first reason */
		job_end_failure(j);
		return;
	}
	j->problem = arena_text(j->arena, utf8_cut(slice_of(problem), PROBLEM_MAX));
	j->for_good = last;
	j->delay_s = delay_s >= 0
			 ? delay_s
			 : retry_delay_s(slice_of(config_text(j->jobs->proc->config, CONFIG_GATEWAY_RETRY)),
			       j->attempts);
	if (last && j->kind->given_up)
		j->kind->given_up(j);
	else
		job_end_failure(j);
}

void
job_retry(struct job *j, int delay_s, const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	job_stumble(j, false, delay_s, text);
}

void
job_fail(struct job *j, const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	job_stumble(j, true, 0, text);
}

void
job_postpone(struct job *j, int delay_s, const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	const struct slice value[] = { job_slice_int(j->arena, j->queue_id), slice_of(j->jobs->name),
		utf8_cut(slice_of(text), PROBLEM_MAX), job_slice_int(j->arena, delay_s) };
	own_submit(j->jobs, STMT(job_postpone), value, 4, j->queue_id, NULL);
	log_event(LOG_INFO, "job-postponed", "kind=%s id=%lld delay_s=%d reason=\"%s\"", j->kind->name,
	    (long long)j->queue_id, delay_s, text);
	job_free(j);
}

/* ---- taking ---- */

static void
job_start(struct jobs *jobs, const struct pg_batch *b, size_t row)
{
	struct arena *arena = arena_new(JOB_ARENA_MAX);
	struct job *j = ARENA_NEW(arena, struct job);
	struct slice kind = pg_field(b, 0, row, "kind");

	j->jobs = jobs;
	j->arena = arena;
	j->queue_id = job_cell_int(b, 0, row, "queue_id");
	j->tenant_id = job_cell_int(b, 0, row, "tenant_id");
	j->facility_id = job_cell_int(b, 0, row, "facility_id");
	j->attempts = (int)job_cell_int(b, 0, row, "attempts");
	j->max_attempts = (int)job_cell_int(b, 0, row, "max_attempts");
	j->payload = arena_slice(arena, pg_field(b, 0, row, "payload"));
	list_append(&jobs->running, &j->node);
	jobs->running_count++;
	for (j->kind = job_kinds; j->kind->name && !slice_eq_text(kind, j->kind->name); j->kind++)
		;
	if (j->kind->name) {
		j->kind->run(j);
		return;
	}
	j->kind = &(const struct job_kind){ "unknown", NULL, NULL };
	job_fail(j, "no such kind of job");
}

static void
on_taken(struct jobs *jobs, const struct pg_batch *b)
{
	size_t count = b->failed ? 0 : pg_rows(b, 0);

	/* a job that ends at once looks for more: not before all of these are under way */
	for (size_t i = 0; i < count; i++)
		job_start(jobs, b, i);
	jobs->taking = false;
	if (jobs->look_again && !b->failed)
		jobs_look(jobs);
	else if (!jobs->draining)
		timer_start(jobs->poll, POLL_MS);
}

/* Takes work when there is room for it. */
static void
jobs_look(struct jobs *jobs)
{
	unsigned limit = (unsigned)config_int(jobs->proc->config, CONFIG_JOBS_CONCURRENCY);
	unsigned room = jobs->running_count < limit ? limit - jobs->running_count : 0;
	struct buf ids;
	char most[16];

	if (jobs->draining || room == 0)
		return;
	if (jobs->taking) {
		jobs->look_again = true;
		return;
	}
	jobs->taking = true;
	jobs->look_again = false;
	snprintf(most, sizeof(most), "%u", room < TAKE_MOST ? room : TAKE_MOST);
	buf_init(&ids, LIST_MAX);
	list_running(jobs, &ids);
	const struct slice value[] = { slice_of(jobs->name), slice_of(most), SLICE(LEASE), buf_slice(&ids) };
	own_query(jobs, STMT(job_take), value, 4, on_taken);
	buf_free(&ids);
}

/* ---- leases of the dead ---- */

static void
on_buried(struct jobs *jobs, const struct pg_batch *b)
{
	if (b->failed)
		return;
	log_event(LOG_WARN, "jobs-taken-over", "count=%lld", (long long)job_cell_int(b, 0, 0, "count"));
	jobs_look(jobs);
}

static void
on_owners(struct jobs *jobs, const struct pg_batch *b)
{
	size_t count = b->failed ? 0 : pg_rows(b, 0);
	struct buf dead;

	buf_init(&dead, LIST_MAX);
	buf_add_char(&dead, '{');
	for (size_t i = 0; i < count; i++) {
		struct slice owner = pg_field(b, 0, i, "owner");
		if (!owner_is_dead(owner))
			continue;
		/* a name that was judged holds no quote, backslash or brace: it begins as ours does */
		buf_addf(&dead, "%s\"%.*s\"", dead.len > 1 ? "," : "", SLICE_ARG(owner));
	}
	buf_add_char(&dead, '}');
	const struct slice value[] = { buf_slice(&dead) };
	if (dead.len > 2 && buf_ok(&dead))
		own_query(jobs, STMT(job_bury), value, 1, on_buried);
	buf_free(&dead);
}

static void
on_poll(void *arg)
{
	struct jobs *jobs = arg;

	const struct slice name = slice_of(jobs->name);

	if (jobs->polls % BURY_EVERY == 0)
		own_query(jobs, STMT(job_owners), &name, 1, on_owners);
	if (jobs->polls++ % PLAN_EVERY == 0)
		own_query(jobs, STMT(job_plan_schedules), NULL, 0, NULL);
	jobs_hold(jobs);
	jobs_look(jobs);
	timer_start(jobs->poll, POLL_MS);
}

static void
on_notified(const char *channel, const char *payload, void *context)
{
	(void)channel;
	(void)payload;
	jobs_look(context);
}

/* ---- the process ---- */

static void
on_drain(struct proc *p)
{
	struct jobs *jobs = p->state;

	jobs->draining = true;
	timer_stop(jobs->poll);
	if (jobs->running_count == 0)
		loop_stop(p->loop);
}

int
jobs_check(const struct config *c, struct err *e)
{
	if (config_int(c, CONFIG_SERVER_JOBS) == 0)
		return 0;
	if (!config_text(c, CONFIG_JOBS_DATABASE_URL)[0])
		return err_set(
		    e, ERR_INPUT, "jobs.database_url", "is needed: the jobs process connects as hmis_jobs");
	if (config_text(c, CONFIG_GATEWAY_URL)[0] && !config_text(c, CONFIG_GATEWAY_ACCOUNTS_FILE)[0])
		return err_set(e, ERR_INPUT, "gateway.accounts_file", "is needed when gateway.url is set");
	return 0;
}

static int
jobs_open(struct jobs *jobs, struct err *e)
{
	static const char *const channel[] = { "hmis_job" };
	const struct config *c = jobs->proc->config;
	struct loop *l = jobs->proc->loop;
	const struct http_client_limits limits = { (int)config_int(c, CONFIG_JOBS_CONCURRENCY),
		(int)config_int(c, CONFIG_JOBS_CONCURRENCY), 1024 };
	const struct pg_pool_config pool = {
		.url = config_text(c, CONFIG_JOBS_DATABASE_URL),
		.application = "hmisd jobs",
		.connections = (unsigned)config_int(c, CONFIG_JOBS_POOL),
		.read_depth = 1,
		.waiting_max = 4096,
		.connect_timeout_ms = (unsigned)config_int(c, CONFIG_DATABASE_CONNECT_TIMEOUT),
		.statement_timeout_ms = (unsigned)config_int(c, CONFIG_JOBS_STATEMENT_TIMEOUT),
		.batch_timeout_ms = 2 * (unsigned)config_int(c, CONFIG_JOBS_STATEMENT_TIMEOUT),
	};

	if (pg_pool_new(l, &pool, &jobs->pool, e) < 0)
		return e->code;
	if (pg_listener_new(l, pool.url, channel, 1, on_notified, jobs, &jobs->listener, e) < 0)
		return e->code;
	jobs->client = http_client_new(l, &limits);
	if (config_text(c, CONFIG_SIGNER_SOCKET)[0])
		jobs->signer = signer_client_new(l, config_text(c, CONFIG_SIGNER_SOCKET));
	return config_text(c, CONFIG_GATEWAY_URL)[0] ? gateway_new(jobs->client, c, &jobs->gateway, e) : 0;
}

int
jobs_run(struct proc *p)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	struct err e = { 0 };
	int bad;

	if (!jobs)
		fatal("jobs: no memory");
	owner_name(jobs->name);
	jobs->proc = p;
	list_init(&jobs->running);
	list_init(&jobs->ending);
	jobs->rules_arena = arena_new(0);
	jobs->rules = benefit_rules_builtin(jobs->rules_arena);
	jobs->done_count = metric_counter("hmis_jobs_done_total", "", "Jobs that ended well.");
	jobs->retry_count =
	    metric_counter("hmis_jobs_retries_total", "", "Tries of jobs that are to be tried again.");
	jobs->failed_count =
	    metric_counter("hmis_jobs_failed_total", "", "Jobs given up; a person must look.");
	jobs->alarm_count = metric_counter(
	    "hmis_gateway_alarms_total", "", "Answers of the gateway that hold the queue of an account.");
	jobs->poll = timer_new(p->loop, on_poll, jobs);
	p->state = jobs;
	bad = jobs_open(jobs, &e);
	if (bad < 0) {
		log_event(LOG_ERROR, "start", "field=%s problem=\"%s\"", e.field, e.detail);
	} else {
		p->on_drain = on_drain;
		timer_start(jobs->poll, 0);
		proc_ready(p);
		loop_run(p->loop);
	}
	jobs->draining = true; /* nothing new is taken while the rest is told that it ends */
	http_client_free(jobs->client);
	signer_client_free(jobs->signer);
	pg_listener_free(jobs->listener);
	pg_pool_free(jobs->pool);
	LIST_FOREACH(node, &jobs->running)
	job_release(LIST_ITEM(node, struct job, node));
	gateway_free(jobs->gateway);
	timer_free(jobs->poll);
	arena_free(jobs->rules_arena);
	free(jobs);
	return bad < 0 ? 1 : 0;
}
