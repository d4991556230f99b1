/*
 * Asynchronous PostgreSQL for one event loop: a pool of connections in pipeline mode, and batches.
 * A batch is the statements between two Syncs and therefore one transaction: it takes effect as a
 * whole or not at all. Nobody sends BEGIN or COMMIT (docs: architecture, "transactions").
 * Only server/pg sees libpq.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"

#define PG_STEPS_MAX 14  /* statements in one batch */
#define PG_PARAMS_MAX 16 /* parameters of one statement */

/* One statement file, embedded at build time (server/app/embed.py). Lives as long as the process. */
struct pg_statement {
	const char *name; /* file name without .sql, unique: also the prepared statement's name */
	const char *sql;
	unsigned param_count;       /* ≤ PG_PARAMS_MAX */
	const unsigned *param_type; /* type oids, as declared in the file's first comment */
	const char *const *param_name;
};

struct pg_pool;
struct pg_result;

struct pg_pool_config {
	const char *url;         /* conninfo or postgresql:// URL; Unix socket or numeric hostaddr */
	const char *application; /* application_name */
	unsigned connections;    /* 1..64 */
	unsigned read_depth;     /* read batches under way per connection, 1..16; writes always 1 */
	unsigned waiting_max;    /* batches that wait for a connection; more get ERR_BUSY */
	unsigned connect_timeout_ms;
	unsigned statement_timeout_ms; /* set on each connection, 0 = none */
	unsigned batch_timeout_ms;     /* from submit to answer, waiting included */
};

enum pg_kind {
	PG_READ,
	PG_WRITE,
	/* A write that is undone: its last step raises SQLSTATE PG_DRY_END, which counts as success; the
	 * results of the steps before it are there. */
	PG_DRY
};
#define PG_DRY_END "HMDRY"

/* How a batch failed; all texts are "" when the server did not say. Valid during the callback. */
struct pg_error {
	enum err_code
	    code; /* ERR_BUSY queue or deadline, ERR_IO no connection, ERR_INPUT the server refused */
	char sqlstate[6];
	const char *message; /* primary message: a problem code when sqlstate starts with HM */
	const char *detail;  /* DETAIL */
	const char *table, *column, *constraint;
};

struct pg_batch;
typedef void pg_done(struct pg_batch *b, void *context);
/* The first half of a batch was answered (its results are valid until done): may add one step. */
typedef void pg_more(struct pg_batch *b, void *context);

struct pg_step {
	const struct pg_statement *statement;
	const char *value[PG_PARAMS_MAX]; /* zero-terminated text, or bytes for bytea; NULL is SQL NULL */
	int length[PG_PARAMS_MAX];
	struct pg_result *result;
};

/* Filled by pg_batch_new and pg_batch_add; callers read `failed`, `error` and `context` only. */
struct pg_batch {
	struct list_node node;
	struct arena *arena;
	enum pg_kind kind;
	unsigned step_count;
	struct pg_step step[PG_STEPS_MAX];
	pg_done *done;
	void *context;
	pg_more *more;                    /* NULL: one half */
	const struct pg_statement *later; /* that `more` may add */
	unsigned first_count;             /* steps of the first half, when there are two */
	int64_t deadline_us;
	unsigned retries_left;
	bool resets_plans; /* its statements must be prepared anew first */
	bool failed;
	struct pg_error error;
};

/*
 * Starts connecting; never fails for an unreachable database (the pool keeps trying with back-off
 * 0.1 s … 5 s). *ret is freed with pg_pool_free. ERR_INPUT when the URL cannot be parsed.
 */
struct loop;
int pg_pool_new(struct loop *loop, const struct pg_pool_config *config, struct pg_pool **ret, struct err *e);
/* Fails every batch with ERR_IO, closes all connections. NULL is allowed. */
void pg_pool_free(struct pg_pool *pool);

/* A batch in a's memory, which must stay until done was called. */
struct pg_batch *pg_batch_new(struct arena *a, enum pg_kind kind, pg_done *done, void *context);
/*
 * Appends a statement with its values (count = statement->param_count, else that is a bug). A slice
 * with at == NULL is SQL NULL. Values are copied when they are not bytea.
 */
void pg_batch_add(
    struct pg_batch *b, const struct pg_statement *statement, const struct slice *value, unsigned count);
/*
 * Makes a write of two halves, still one transaction: the steps added so far are answered first, then
 * `more` is called, from the loop, and may add the statement `later` with pg_batch_add, computed from
 * those answers. The connection waits for it, so `more` must not wait for anything. It is called again
 * when the batch is retried, and not when the first half failed.
 */
void pg_batch_continue(struct pg_batch *b, const struct pg_statement *later, pg_more *more);
/*
 * Hands the batch to the pool; done is called once, later, never from inside this call. ERR_BUSY when
 * the waiting queue is full (done is then not called). Serialization failures and stale plans are
 * retried once inside; so is a read whose connection died.
 */
int pg_submit(struct pg_pool *pool, struct pg_batch *b, struct err *e);

/* Results of step i of a batch that did not fail, valid during the callback. */
size_t pg_rows(const struct pg_batch *b, unsigned step);
/* Column by number; at == NULL when NULL or out of range. The text is zero-terminated. */
struct slice pg_cell(const struct pg_batch *b, unsigned step, size_t row, unsigned column);
/* Column by name; at == NULL when NULL or there is no such column. */
struct slice pg_field(const struct pg_batch *b, unsigned step, size_t row, const char *column);
/* Number of columns of step i, and the name of one (0 .. count - 1). */
unsigned pg_columns(const struct pg_batch *b, unsigned step);
const char *pg_column_name(const struct pg_batch *b, unsigned step, unsigned column);

/* True when at least one connection is usable. */
bool pg_is_ready(const struct pg_pool *pool);

struct pg_stats {
	unsigned connections, ready, busy; /* gauges */
	unsigned waiting;                  /* gauge */
	uint64_t batches, failures, refused, retries, connects, losses, timeouts;
};
void pg_stats_read(const struct pg_pool *pool, struct pg_stats *ret);

/*
 * LISTEN on one connection of its own, re-connected for ever. Called for each notification, and with
 * payload "" after every (re)connect, because what was sent meanwhile is lost: look into the tables.
 */
struct pg_listener;
typedef void pg_notified(const char *channel, const char *payload, void *context);
int pg_listener_new(struct loop *loop, const char *url, const char *const *channel, unsigned channel_count,
    pg_notified *callback, void *context, struct pg_listener **ret, struct err *e);
void pg_listener_free(struct pg_listener *listener);
