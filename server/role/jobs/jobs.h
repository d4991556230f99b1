/*
 * The jobs process: takes rows of job.queue that are due, runs each as a step machine over the database, the
 * signer and the gateway, and writes down how it ended. All state is in rows: a process that dies loses
 * nothing and sends nothing twice.
 */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "claims/benefit/benefit.h"
#include "server/loop/http_client.h"
#include "server/loop/proc.h"
#include "server/pg/pg.h"
#include "server/role/jobs/owner.h"

struct gateway;
struct signer_client;
struct job;

struct jobs {
	struct proc *proc;
	struct pg_pool *pool;
	struct pg_listener *listener;
	struct http_client *client;
	struct gateway *gateway;      /* NULL when no gateway is configured */
	struct signer_client *signer; /* NULL when no signer is configured */
	struct arena *rules_arena;
	const struct benefit_rules *rules;
	char name[OWNER_NAME_MAX]; /* owner of leases */
	struct list_node running;
	struct list_node ending; /* written down as ended, not yet confirmed by the database */
	unsigned running_count;
	bool taking, draining, look_again;
	int64_t held_us; /* when the leases were last extended */
	struct timer *poll;
	unsigned polls;
	uint64_t *done_count, *retry_count, *failed_count, *alarm_count;
};

struct job_kind {
	const char *name;           /* job.queue.kind */
	void (*run)(struct job *j); /* ends, now or later, with job_done, job_retry or job_fail */
	/* Called when the last try failed or job_fail was called, before the row is written; may be NULL;
	 * ends with job_end_failure. */
	void (*given_up)(struct job *j);
};
extern const struct job_kind job_kinds[]; /* ends with .name == NULL */

typedef void job_next(struct job *j, const struct pg_batch *b);

struct job {
	struct list_node node;
	struct jobs *jobs;
	struct arena *arena; /* of the job */
	const struct job_kind *kind;
	int64_t queue_id, tenant_id, facility_id;
	struct slice tenant_code; /* known after the first query */
	struct slice payload;     /* JSON object */
	int attempts, max_attempts;
	void *state; /* the kind's own, in the arena */
	/*
	 * The kind's own, freed with the job: memory for one of many pieces of work, to be reset between
	 * them. While scratch is set, queries live in it; it may be reset in the callback of the last of
	 * them.
	 */
	struct arena *scratch;
	struct buf text, file;
	void (*release)(struct job *j); /* of what else the kind holds; may be NULL */
	job_next *next;
	const char *problem; /* of a failure under way */
	int delay_s;
	bool for_good;
};

/* The payload's number of that name; 0 when absent. */
int64_t job_number(const struct job *j, const char *name);
/*
 * Runs statements as the job's tenant, in one transaction behind job.enter. next gets the batch, in which the
 * caller's statements are steps JOB_STEP, JOB_STEP + 1 …; when the batch fails the job is retried and next is
 * not called. at most PG_STEPS_MAX - 1 statements.
 */
#define JOB_STEP 1
struct job_statement {
	const struct pg_statement *statement;
	const struct slice *value;
	unsigned count;
};
void job_query(
    struct job *j, enum pg_kind kind, const struct job_statement *statement, unsigned count, job_next *next);
/* The same with one statement. */
void job_query_one(struct job *j, enum pg_kind kind, const struct pg_statement *statement,
    const struct slice *value, unsigned count, job_next *next);
/*
 * Statements beside others of the same job: memory in a; next gets the batch also when it failed (see
 * b->failed), and the job must not end before. ERR_BUSY: not asked, and next is not called.
 */
typedef void job_beside(void *arg, const struct pg_batch *b);
int job_query_beside(struct job *j, struct arena *a, enum pg_kind kind, const struct job_statement *statement,
    unsigned count, job_beside *next, void *arg, struct err *e);
/* Extends all leases when a good part of them is used up; for jobs that keep the process busy for long. */
void job_hold(struct job *j);

/* Exactly one of these ends a job. Texts are copied. delay_s < 0: by the table of delays. */
void job_done(struct job *j);
void job_retry(struct job *j, int delay_s, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Later; this try does not count, and nothing is given up. */
void job_postpone(struct job *j, int delay_s, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void job_fail(struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void job_end_failure(struct job *j);

/* A number as a slice in an arena, for statement values. */
struct slice job_slice_int(struct arena *a, int64_t value);
/* A cell as a number, 0 when it is absent or none. */
int64_t job_cell_int(const struct pg_batch *b, unsigned step, size_t row, const char *column);
/* The payload's text of that name, at == NULL when absent. */
struct slice job_text(const struct job *j, const char *name);

/* The kinds, each in its file. */
void claim_run_job(struct job *j);
void claim_run_given_up(struct job *j);
void claim_send_job(struct job *j);
void check_in_job(struct job *j);
void check_in_given_up(struct job *j);
void coverage_check_job(struct job *j);
void coverage_check_given_up(struct job *j);
void reconcile_job(struct job *j);
void rule_preview_job(struct job *j);
void rule_preview_given_up(struct job *j);
void purge_job(struct job *j);
