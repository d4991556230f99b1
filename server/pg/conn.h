/*
 * One connection that looks after itself: connects without blocking, reports when it is usable and when it is
 * lost, and tries again with back-off. Used by the pool and the listener; nobody else includes it.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/err.h"
#include "server/loop/loop.h"

enum conn_state {
	CONN_RESTING,    /* waits before the next attempt */
	CONN_CONNECTING, /* PQconnectPoll */
	CONN_READY
};

struct conn_options {
	const char *url;
	const char *application;
	unsigned connect_timeout_ms;
	unsigned statement_timeout_ms; /* 0 = none */
};

struct conn;
struct conn_events {
	void (*ready)(struct conn *c);                    /* authenticated and idle */
	void (*lost)(struct conn *c, const char *reason); /* was ready; c->pq is still there, but broken */
	void (*refused)(struct conn *c);                  /* an attempt failed */
	void (*readable)(struct conn *c);                 /* input was consumed; look at the results */
};

struct conn {
	struct loop *loop;
	const struct conn_options *options;
	const struct conn_events *events;
	enum conn_state state;
	PGconn *pq;
	struct watch *watch;
	struct timer *timer;
	unsigned failures;  /* attempts since it was last ready */
	bool doomed;        /* pgconn_doom was called; the loss comes with the next round of the loop */
	const char *reason; /* why, when doomed */
};

/* Judges the URL. ERR_INPUT. */
int pgconn_check_url(const char *url, struct err *e);
/* options and events are borrowed. Attempts begin with the next round of the loop. */
void pgconn_init(
    struct conn *c, struct loop *l, const struct conn_options *options, const struct conn_events *events);
/* Closes without any report. */
void pgconn_close(struct conn *c);
/* Sends what libpq holds and watches for what is needed. Dooms the connection when it is broken. */
void pgconn_flush(struct conn *c);
/* Gives the connection up from within any call: lost() follows from the loop. reason is a literal. */
void pgconn_doom(struct conn *c, const char *reason);
