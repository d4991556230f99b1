/*
 * A small service on server/loop for tests over real sockets: configuration from a file and HMIS_*, listeners
 * opened here, routes that echo, wait, stream and fail. Prints "ready PORT [TLS-PORT]" when it listens. Stops
 * gracefully at SIGTERM.
 *
 *     http_test_server [CONFIG]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "server/loop/config.h"
#include "server/loop/http.h"
#include "server/loop/listen.h"
#include "server/loop/metrics.h"
#include "tests/unit/server/http_test_routes.h"

static struct loop *main_loop;
static struct http_server *server;
static int64_t stop_ms;

static void
on_drained(void *arg)
{
	(void)arg;
	loop_stop(main_loop);
}

static void
on_stop(int signo, void *arg)
{
	(void)arg;
	if (signo == SIGHUP) {
		struct err e = { 0 };

		if (http_server_reload_tls(server, &e) < 0)
			log_event(LOG_ERROR, "reload", "detail=\"%s\"", e.detail);
		return;
	}
	http_server_drain(server, stop_ms, on_drained, NULL);
}

static void
need(int r, const struct err *e)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s: %s\n", e->field, e->detail);
	exit(1);
}

static int
open_listeners(const char *addresses, bool secure, struct err *e)
{
	struct slice rest = slice_of(addresses), address;
	int port = 0;

	while (rest.len > 0 && slice_split(&rest, ' ', &address)) {
		int fd;

		need(listen_open(address, false, &fd, e), e);
		need(http_server_listen(server, fd, secure, e), e);
		port = listen_port(fd);
	}
	return port;
}

int
main(int argc, char **argv)
{
	struct config *c;
	struct http_limits limits;
	struct err e = { 0 };
	struct http_tls tls;
	int port, tls_port;

	need(config_load(argc > 1 ? argv[1] : NULL, environ, &c, &e), &e);
	log_open("test", log_level_parse(config_text(c, CONFIG_LOG_LEVEL)));
	http_limits_read(&limits, c);
	tls.certificate_file = config_text(c, CONFIG_HTTP_TLS_CERTIFICATE);
	tls.key_file = config_text(c, CONFIG_HTTP_TLS_KEY);
	stop_ms = config_int(c, CONFIG_SERVER_STOP_DEADLINE);
	main_loop = loop_new();
	test_routes_init(main_loop);
	need(http_server_new(
		 main_loop, &limits, tls.key_file[0] ? &tls : NULL, &test_hooks, NULL, &server, &e),
	    &e);
	port = open_listeners(config_text(c, CONFIG_HTTP_LISTEN), false, &e);
	tls_port = open_listeners(config_text(c, CONFIG_HTTP_LISTEN_TLS), true, &e);
	struct signal_watch *term = signal_watch_new(main_loop, SIGTERM, on_stop, NULL);
	struct signal_watch *hup = signal_watch_new(main_loop, SIGHUP, on_stop, NULL);

	printf("ready %d %d\n", port, tls_port);
	fflush(stdout);
	loop_run(main_loop);
	http_server_free(server);
	test_routes_free();
	signal_watch_free(term);
	signal_watch_free(hup);
	loop_free(main_loop);
	config_free(c);
	return 0;
}
