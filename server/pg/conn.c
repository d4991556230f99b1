#include "server/pg/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS                                                                                      \
	1000 /* an attempt is cheap, and after a restart of PostgreSQL nobody is served until the next one   \
	      */

static void conn_start(struct conn *c);

int
pgconn_check_url(const char *url, struct err *e)
{
	char *message = NULL;
	PQconninfoOption *option = PQconninfoParse(url, &message);
	if (!option) {
		/* The message may quote a password, so it is not passed on. */
		PQfreemem(message);
		return err_set(
		    e, ERR_INPUT, "database.url", "not a connection string that libpq understands");
	}
	PQconninfoFree(option);
	return 0;
}

static void
on_notice(void *arg, const PGresult *r)
{
	(void)arg;
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	log_event(
	    LOG_DEBUG, "pg_notice", "sqlstate=%s severity=%s", state ? state : "", severity ? severity : "");
}

/* A connection without socket: the watch must go before libpq closes or changes the descriptor. */
static void
conn_drop(struct conn *c)
{
	watch_free(c->watch);
	c->watch = NULL;
	if (c->pq)
		PQfinish(c->pq);
	c->pq = NULL;
	c->doomed = false;
	c->state = CONN_RESTING;
}

static void
conn_rest(struct conn *c)
{
	conn_drop(c);
	int64_t wait = 0;
	if (c->failures > 0) {
		unsigned doublings = c->failures - 1 < 8 ? c->failures - 1 : 8;
		wait = (int64_t)BACKOFF_FIRST_MS << doublings;
	}
	timer_start(c->timer, wait < BACKOFF_LAST_MS ? wait : BACKOFF_LAST_MS);
}

static void
conn_refused(struct conn *c, const char *why)
{
	c->failures++;
	/* The first refusal is news; the rest would only fill the log. */
	if (c->failures == 1 || c->failures % 60 == 0)
		log_event(LOG_WARN, "pg_refused", "reason=\"%s\" attempts=%u", why, c->failures);
	conn_rest(c);
	c->events->refused(c);
}

static void
conn_lost(struct conn *c)
{
	const char *reason = c->reason;
	log_event(LOG_WARN, "pg_lost", "reason=\"%s\"", reason);
	watch_free(c->watch);
	c->watch = NULL;
	c->state = CONN_RESTING;
	c->events->lost(c, reason);
	c->failures = 0;
	conn_rest(c);
}

void
pgconn_doom(struct conn *c, const char *reason)
{
	if (c->doomed)
		return;
	c->doomed = true;
	c->reason = reason;
	watch_set(c->watch, 0);
	timer_start(c->timer, 0);
}

void
pgconn_flush(struct conn *c)
{
	if (c->doomed)
		return;
	int pending = PQflush(c->pq);
	if (pending < 0)
		pgconn_doom(c, "write failed");
	else
		watch_set(c->watch, pending ? WATCH_READ | WATCH_WRITE : WATCH_READ);
}

static void
on_io(int fd, int ready, void *arg)
{
	(void)fd;
	struct conn *c = arg;
	/* Input first, also when only writing is possible: with both sides full nothing else helps. */
	if (!PQconsumeInput(c->pq)) {
		c->events->readable(c); /* a last message may say why, e.g. 57P01 */
		pgconn_doom(c, "connection closed by the server");
		return;
	}
	c->events->readable(c);
	if (ready & WATCH_WRITE)
		pgconn_flush(c);
	if (!c->doomed && PQstatus(c->pq) == CONNECTION_BAD)
		pgconn_doom(c, "connection broken");
}

static void on_connect_io(int fd, int ready, void *arg);

static void
conn_poll(struct conn *c)
{
	watch_free(c->watch);
	c->watch = NULL;
	switch (PQconnectPoll(c->pq)) {
	case PGRES_POLLING_READING:
		c->watch = watch_new(c->loop, PQsocket(c->pq), WATCH_READ, on_connect_io, c);
		return;
	case PGRES_POLLING_WRITING:
		c->watch = watch_new(c->loop, PQsocket(c->pq), WATCH_WRITE, on_connect_io, c);
		return;
	case PGRES_POLLING_OK:
		timer_stop(c->timer);
		if (PQsetnonblocking(c->pq, 1) != 0) {
			conn_refused(c, "cannot be made non-blocking");
			return;
		}
		c->failures = 0;
		c->state = CONN_READY;
		c->watch = watch_new(c->loop, PQsocket(c->pq), WATCH_READ, on_io, c);
		c->events->ready(c);
		return;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE:
		break;
	}
	conn_refused(c, "connect failed");
}

static void
on_connect_io(int fd, int ready, void *arg)
{
	(void)fd;
	(void)ready;
	conn_poll(arg);
}

/* Rest is over, an attempt took too long, or a doomed connection has to go. */
static void
on_timer(void *arg)
{
	struct conn *c = arg;
	if (c->doomed)
		conn_lost(c);
	else if (c->state == CONN_CONNECTING)
		conn_refused(c, "connect timed out");
	else if (c->state == CONN_RESTING)
		conn_start(c);
}

/*
 * `options` of the URL with ours before it, so that the URL's win. The time zone makes PostgreSQL print
 * instants with +07:00 and makes current_date the business date.
 */
static void
conn_run_options(const struct conn *c, char *out, size_t size)
{
	const char *own = "";
	PQconninfoOption *all = PQconninfoParse(c->options->url, NULL);
	for (PQconninfoOption *o = all; o && o->keyword; o++)
		if (strcmp(o->keyword, "options") == 0 && o->val)
			own = o->val;
	int len = snprintf(out, size, "-c TimeZone=Asia/Ho_Chi_Minh -c statement_timeout=%u %s",
	    c->options->statement_timeout_ms, own);
	if (len < 0 || (size_t)len >= size)
		fatal("database.url: options longer than %zu bytes", size);
	PQconninfoFree(all);
}

static void
conn_start(struct conn *c)
{
	char options[1024];
	conn_run_options(c, options, sizeof(options));
	const char *key[] = { "dbname", "application_name", "client_encoding", "options", NULL };
	const char *value[] = { c->options->url, c->options->application, "UTF8", options, NULL };
	c->state = CONN_CONNECTING;
	c->pq = PQconnectStartParams(key, value, 1);
	if (!c->pq)
		fatal("out of memory for a database connection");
	if (PQstatus(c->pq) == CONNECTION_BAD) {
		conn_refused(c, "connect failed");
		return;
	}
	PQsetNoticeReceiver(c->pq, on_notice, NULL);
	timer_start(c->timer, c->options->connect_timeout_ms);
	/* libpq asks to behave as if the last poll had said WRITING. */
	c->watch = watch_new(c->loop, PQsocket(c->pq), WATCH_WRITE, on_connect_io, c);
}

void
pgconn_init(
    struct conn *c, struct loop *l, const struct conn_options *options, const struct conn_events *events)
{
	*c = (struct conn){ .loop = l, .options = options, .events = events };
	c->timer = timer_new(l, on_timer, c);
	timer_start(c->timer, 0);
}

void
pgconn_close(struct conn *c)
{
	timer_free(c->timer);
	c->timer = NULL;
	conn_drop(c);
}
