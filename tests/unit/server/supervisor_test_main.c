/*
 * The real supervisor over test roles: workers that serve the test routes, and one single "jobs" process.
 * Same command line as hmisd --config; configuration also from HMIS_*.
 */
#include <unistd.h>

#include "base/log.h"
#include "server/loop/health.h"
#include "server/role/supervisor.h"
#include "tests/unit/server/http_test_routes.h"

static struct http_server *server;

static void
on_drained(void *arg)
{
	struct proc *p = arg;

	loop_stop(p->loop);
}

static void
drain(struct proc *p)
{
	http_server_drain(server, config_int(p->config, CONFIG_SERVER_STOP_DEADLINE), on_drained, p);
}

static void
handle(struct http_request *q, void *arg)
{
	if (!health_serve(q, NULL, NULL))
		test_hooks.handle(q, arg);
}

/* Fails to start when the body limit is 1: a new configuration that a process cannot work with. */
static int
test_worker_run(struct proc *p)
{
	struct http_hooks hooks = test_hooks;
	struct http_limits limits;
	struct err e = { 0 };

	http_limits_read(&limits, p->config);
	if (limits.body_bytes == 1)
		return 3;
	hooks.handle = handle;
	test_routes_init(p->loop);
	if (http_server_new(p->loop, &limits, NULL, &hooks, NULL, &server, &e) < 0)
		return 1;
	for (size_t i = 0; i < p->listener_count; i++)
		http_server_listen(server, p->listener[i].fd, p->listener[i].secure, &e);
	p->on_drain = drain;
	proc_ready(p);
	loop_run(p->loop);
	http_server_free(server);
	test_routes_free();
	return 0;
}

static int
test_jobs_run(struct proc *p)
{
	proc_ready(p);
	loop_run(p->loop);
	return 0;
}

static const struct proc_role roles[] = {
	{ "jobs", CONFIG_SERVER_JOBS, PROC_SINGLE | PROC_LAST, test_jobs_run, NULL },
	{ "worker", CONFIG_SERVER_WORKERS, PROC_LISTENS, test_worker_run, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

int
main(int argc, char **argv)
{
	return supervisor_run(argc > 1 ? argv[1] : NULL, roles);
}
