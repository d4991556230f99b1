/*
 * The frame around routes: one request = one batch = sec.enter + the route's statement. Everything a
 * request needs lives in its arena; nothing here is freed by hand.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "server/app/problem.h"
#include "server/app/route.h"
#include "server/loop/http.h"
#include "server/loop/offload.h"
#include "server/pg/pg.h"

struct app;
struct config;

struct app_config {
	struct loop *loop;
	struct pg_pool *pool;
	struct offload *offload;
	const struct config *config;
	const struct noun *const *nouns;
	size_t noun_count;
};
struct app *app_new(const struct app_config *c); /* never NULL */
void app_free(struct app *app);
/* admit, handle and problem hooks for http_server_new, with arg = the app. */
extern const struct http_hooks app_http_hooks;

/* What a statement or a handler answers. */
struct app_reply {
	int status;
	struct slice body; /* at == NULL: none */
	const char *type;  /* NULL = the route's */
	struct slice etag, location, next_cursor, followup;
};

/* One request, from the match to the answer. Handlers and steps read these fields and set `reply`. */
struct app_request {
	struct app *app;
	struct http_request *http;
	struct arena *arena;
	const struct route *route;
	const struct noun *noun;
	struct route_match match;
	struct slice param[ROUTE_PARAMS_MAX]; /* as checked, in the route's order; at == NULL = absent */
	struct slice body;                    /* JSON, NFC; at == NULL without BODY */
	unsigned char token_hash[32];         /* SHA-256 of the bearer token */
	bool has_token;
	struct slice ticket; /* of sec.enter: lets app_query run as the same actor */
	struct app_reply reply;
	void *state; /* the handler's own */
	bool answered;
	bool wants_verdict; /* Prefer: return=verdict, on a route that honours it */
	bool adds_verdict; /* the answer is ready and waits for the verdict: a problem now means going without
			      it */
	struct slice verdict;  /* JSON; at == NULL until it was made */
	void *judging, *draft; /* of server/app/verdict */
	/* private to the frame */
	struct slice idem_key, facility;
	void (*next)(struct app_request *r, const struct pg_batch *b);
};

/* Value of the route's parameter of that name; at == NULL when absent. */
struct slice app_param(const struct app_request *r, const char *name);
/* Sets a COMPUTED parameter; value must live as long as the request. */
void app_param_set(struct app_request *r, const char *name, struct slice value);

/*
 * Runs the route's own statement (behind sec.enter), with idempotency, and answers: what happens without a
 * handler. For handlers that had to compute something first.
 */
void app_run_route(struct app_request *r);

typedef void app_next(struct app_request *r, const struct pg_batch *b);
/*
 * Runs one more statement as the actor of this request, in a batch of its own: by sec.resume when the
 * request was entered already, else by sec.enter. next gets the batch, whose last step holds the rows; when
 * it fails the request has been answered with the fitting problem and next is not called. The batch's
 * results end with next: copy to r->arena what must stay. next may call app_query again.
 */
void app_query(struct app_request *r, enum pg_kind kind, const struct pg_statement *statement,
    const struct slice *value, unsigned count, app_next *next);
/* As app_query with several statements in one transaction; their rows are in steps APP_STEP, APP_STEP + 1 …
 */
struct app_statement {
	const struct pg_statement *statement;
	const struct slice *value;
	unsigned count;
};
#define APP_STEP 1u
#define APP_STATEMENTS_MAX (PG_STEPS_MAX - APP_STEP)
void app_query_all(struct app_request *r, enum pg_kind kind, const struct app_statement *statement,
    unsigned count, app_next *next);
/* Step of b that holds the rows of app_query's statement, or of app_query_all's last one. */
unsigned app_query_step(const struct pg_batch *b);
/* As app_query without any identity: for the few functions that open one (login). */
void app_query_public(struct app_request *r, enum pg_kind kind, const struct pg_statement *statement,
    const struct slice *value, unsigned count, app_next *next);
/* Reads api.reply from row 0 into r->reply (copied to the arena). */
void app_read_reply(struct app_request *r, const struct pg_batch *b);

/* Answers with r->reply. Exactly one of these three per request. */
void app_finish(struct app_request *r);
/* Answers with a problem; the code is a row of problems.tsv. field: JSON pointer or NULL. */
void app_problem(struct app_request *r, const char *code, const char *field, const char *detail);
void app_problem_send(struct app_request *r, const struct problem *p);

/* /openapi.json, made once. */
struct slice app_openapi(struct app *app);
struct pg_pool *app_pool(struct app *app);
struct offload *app_offload(struct app *app);
const struct config *app_config_of(struct app *app);
struct loop *app_loop(struct app *app);
/* Stops answering ready (health) before a drain. */
void app_set_draining(struct app *app);
bool app_is_draining(const struct app *app);
