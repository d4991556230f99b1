#include "server/role/worker.h"

#include "base/log.h"
#include "server/app/app.h"
#include "server/app/openapi.h"
#include "server/loop/metrics.h"
#include "server/loop/proc.h"

#define HASH_THREADS 2
#define GAUGES_MS 1000

struct worker {
	struct proc *proc;
	struct pg_pool *pool;
	struct offload *offload;
	struct app *app;
	struct http_server *server;
	struct timer *gauges;
	int64_t *ready, *busy, *waiting, *hashing;
	uint64_t *counter[7];
	struct pg_stats last;
};

int
worker_check(const struct config *c, struct err *e)
{
	if (!config_text(c, CONFIG_DATABASE_URL)[0])
		return err_set(e, ERR_INPUT, "database.url", "is needed: where PostgreSQL is");
	if (config_int(c, CONFIG_SESSION_IDLE) > config_int(c, CONFIG_SESSION_LIFETIME))
		return err_set(e, ERR_INPUT, "session.idle", "longer than session.lifetime");
	return 0;
}

void
worker_dump_routes(struct buf *out)
{
	openapi_dump_routes(app_nouns, app_noun_count, out);
}

/* Copies the pool's numbers into the metrics: differences for counters, so that a restart goes on. */
static void
on_gauges(void *arg)
{
	struct worker *w = arg;
	struct pg_stats now;
	pg_stats_read(w->pool, &now);
	metric_set(w->ready, now.ready);
	metric_set(w->busy, now.busy);
	metric_set(w->waiting, now.waiting);
	metric_set(w->hashing, (int64_t)offload_pending(w->offload));
	const uint64_t value[] = { now.batches, now.failures, now.refused, now.retries, now.connects,
		now.losses, now.timeouts };
	const uint64_t before[] = { w->last.batches, w->last.failures, w->last.refused, w->last.retries,
		w->last.connects, w->last.losses, w->last.timeouts };
	for (unsigned i = 0; i < 7; i++)
		metric_add(w->counter[i], value[i] - before[i]);
	w->last = now;
	timer_start(w->gauges, GAUGES_MS);
}

static void
worker_metrics(struct worker *w)
{
	static const struct {
		const char *name, *help;
	} row[] = {
		{ "hmis_pg_batches_total", "Batches sent to PostgreSQL." },
		{ "hmis_pg_failures_total",
		    "Batches that PostgreSQL refused or that lost their connection." },
		{ "hmis_pg_refused_total",
		    "Batches refused because the waiting queue was full or no database there." },
		{ "hmis_pg_retries_total", "Batches sent once more." },
		{ "hmis_pg_connects_total", "Connections made." },
		{ "hmis_pg_losses_total", "Connections lost." },
		{ "hmis_pg_timeouts_total", "Batches without answer before their deadline." },
	};
	for (unsigned i = 0; i < 7; i++)
		w->counter[i] = metric_counter(row[i].name, "", row[i].help);
	w->ready = metric_gauge("hmis_pg_connections_ready", "", "Usable connections.");
	w->busy = metric_gauge("hmis_pg_connections_busy", "", "Connections with a batch under way.");
	w->waiting = metric_gauge("hmis_pg_waiting", "", "Batches that wait for a connection.");
	w->hashing = metric_gauge("hmis_password_queue", "", "Passwords being hashed or waiting for it.");
	w->gauges = timer_new(w->proc->loop, on_gauges, w);
	timer_start(w->gauges, 0);
}

static int
worker_pool(struct worker *w, struct err *e)
{
	const struct config *c = w->proc->config;
	struct pg_pool_config pool = {
		.url = config_text(c, CONFIG_DATABASE_URL),
		.application = "hmisd worker",
		.connections = (unsigned)config_int(c, CONFIG_DATABASE_POOL),
		.read_depth = (unsigned)config_int(c, CONFIG_DATABASE_READ_DEPTH),
		.waiting_max = (unsigned)config_int(c, CONFIG_DATABASE_WAITING),
		.connect_timeout_ms = (unsigned)config_int(c, CONFIG_DATABASE_CONNECT_TIMEOUT),
		.statement_timeout_ms = (unsigned)config_int(c, CONFIG_DATABASE_STATEMENT_TIMEOUT),
		.batch_timeout_ms = (unsigned)config_int(c, CONFIG_DATABASE_BATCH_TIMEOUT),
	};
	return pg_pool_new(w->proc->loop, &pool, &w->pool, e);
}

static int
worker_server(struct worker *w, struct err *e)
{
	const struct config *c = w->proc->config;
	struct http_limits limits;
	struct http_tls tls = { config_text(c, CONFIG_HTTP_TLS_CERTIFICATE),
		config_text(c, CONFIG_HTTP_TLS_KEY) };
	http_limits_read(&limits, c);
	int rc = http_server_new(w->proc->loop, &limits, tls.certificate_file[0] ? &tls : NULL,
	    &app_http_hooks, w->app, &w->server, e);
	for (size_t i = 0; !rc && i < w->proc->listener_count; i++)
		rc = http_server_listen(w->server, w->proc->listener[i].fd, w->proc->listener[i].secure, e);
	return rc;
}

static void
on_drained(void *arg)
{
	struct worker *w = arg;
	loop_stop(w->proc->loop);
}

static void
on_drain(struct proc *p)
{
	struct worker *w = p->state;
	app_set_draining(w->app);
	http_server_drain(w->server, config_int(p->config, CONFIG_SERVER_STOP_DEADLINE), on_drained, w);
}

int
worker_run(struct proc *p)
{
	struct worker w = { .proc = p };
	struct err e = { 0 };
	p->state = &w; /* cppcheck-suppress autoVariables ; p lives in this call */
	int rc = worker_check(p->config, &e);
	if (!rc)
		rc = worker_pool(&w, &e);
	if (rc) {
		log_event(LOG_ERROR, "start", "field=%s problem=\"%s\"", e.field, e.detail);
		return 1;
	}
	w.offload =
	    offload_new(p->loop, HASH_THREADS, (size_t)config_int(p->config, CONFIG_SESSION_HASH_QUEUE));
	const struct app_config app = { p->loop, w.pool, w.offload, p->config, app_nouns, app_noun_count };
	w.app = app_new(&app);
	worker_metrics(&w);
	rc = worker_server(&w, &e);
	if (rc)
		log_event(LOG_ERROR, "start", "field=%s problem=\"%s\"", e.field, e.detail);
	else {
		p->on_drain = on_drain;
		proc_ready(p);
		loop_run(p->loop);
	}
	/* Requests first: their answers need the server, the app and the pool. */
	offload_free(w.offload);
	pg_pool_free(w.pool);
	if (w.server)
		http_server_free(w.server);
	timer_free(w.gauges);
	app_free(w.app);
	return rc ? 1 : 0;
}
