/* Waiting for an answer of the gateway, so that reception need not ask again and again. */
#include "server/app/coverage/coverage.h"

#include "base/err.h"
#include "base/time.h"
#include "server/app/statements.h"
#include "server/loop/loop.h"

#define LOOK_EVERY_MS 250

struct waiting {
	struct app_request *request;
	struct timer *timer;
	int64_t until_us;
};

static unsigned waiters; /* of this process: those asleep */

static void on_time(void *arg);

/* Answers, or sleeps a little. A waiter has a timer only while it sleeps: a query that fails ends the
 * request. */
static void
waiting_look_on(struct waiting *w)
{
	struct app_request *r = w->request;

	if (r->reply.followup.len == 0 || time_monotonic_us() >= w->until_us || app_is_draining(r->app) ||
	    waiters >= COVERAGE_WAITERS) {
		app_finish(r);
		return;
	}
	waiters++;
	w->timer = timer_new(app_loop(r->app), on_time, w);
	timer_start(w->timer, LOOK_EVERY_MS);
}

static void
on_looked(struct app_request *r, const struct pg_batch *b)
{
	app_read_reply(r, b);
	waiting_look_on(r->state);
}

static void
on_time(void *arg)
{
	struct waiting *w = arg;
	struct app_request *r = w->request;

	timer_free(w->timer);
	waiters--;
	app_query(
	    r, PG_READ, STMT(coverage_check_get), r->param, STMT(coverage_check_get)->param_count, on_looked);
}

void
coverage_await(struct app_request *r, struct slice argument)
{
	struct waiting *w = ARENA_NEW(r->arena, struct waiting);
	int64_t seconds = 0;

	(void)argument;
	slice_to_int64(app_param(r, "wait"), &seconds);
	*w = (struct waiting){ .request = r, .until_us = time_monotonic_us() + seconds * 1000000 };
	r->state = w;
	waiting_look_on(w);
}
