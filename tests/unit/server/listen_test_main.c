/* Prints what a pg_listener hears, one line each: listen_test_main URL CHANNEL… */
#include <stdio.h>

#include "server/loop/loop.h"
#include "server/pg/pg.h"

static void
on_heard(const char *channel, const char *payload, void *context)
{
	(void)context;
	printf("%s %s\n", channel, payload[0] ? payload : "-");
	fflush(stdout);
}

static void
on_stop(int signo, void *arg)
{
	(void)signo;
	loop_stop(arg);
}

int
main(int argc, char **argv)
{
	struct loop *l = loop_new();
	struct pg_listener *listener;
	struct err e = { 0 };
	if (argc < 3 || pg_listener_new(l, argv[1], (const char *const *)argv + 2, (unsigned)argc - 2,
			    on_heard, NULL, &listener, &e)) {
		fprintf(stderr, "listen_test_main: %s\n", e.detail);
		return 2;
	}
	struct signal_watch *stop = signal_watch_new(l, 15, on_stop, l);
	loop_run(l);
	pg_listener_free(listener);
	signal_watch_free(stop);
	loop_free(l);
	return 0;
}
