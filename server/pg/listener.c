#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/pg/conn.h"
#include "server/pg/pg.h"

#define LISTEN_CONNECT_TIMEOUT_MS 5000

struct pg_listener {
	struct conn conn; /* first: events get a struct conn */
	struct conn_options options;
	char *url;
	char *command; /* listen "a"; listen "b" */
	char **channel;
	unsigned channel_count;
	bool listening; /* the command's results are in */
	pg_notified *callback;
	void *context;
};

static void
on_ready(struct conn *c)
{
	struct pg_listener *l = (struct pg_listener *)c;
	l->listening = false;
	if (!PQsendQuery(c->pq, l->command))
		pgconn_doom(c, "cannot send");
	else
		pgconn_flush(c);
}

/* Reads the answer to LISTEN; true once it is complete. */
static bool
listener_begins(struct pg_listener *l)
{
	while (!PQisBusy(l->conn.pq)) {
		PGresult *r = PQgetResult(l->conn.pq);
		if (!r)
			return true;
		bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
		if (!ok) {
			pgconn_doom(&l->conn, "listen refused");
			return false;
		}
	}
	return false;
}

static void
on_readable(struct conn *c)
{
	struct pg_listener *l = (struct pg_listener *)c;
	if (!l->listening) {
		if (!listener_begins(l))
			return;
		l->listening = true;
		for (unsigned i = 0; i < l->channel_count; i++)
			l->callback(l->channel[i], "", l->context);
	}
	PGnotify *n;
	while ((n = PQnotifies(c->pq))) {
		l->callback(n->relname, n->extra, l->context);
		PQfreemem(n);
	}
}

static void
on_lost(struct conn *c, const char *reason)
{
	(void)reason;
	((struct pg_listener *)c)->listening = false;
}

static void
on_refused(struct conn *c)
{
	(void)c; /* conn.c tries again */
}

static const struct conn_events listener_events = {
	.ready = on_ready, .lost = on_lost, .refused = on_refused, .readable = on_readable
};

/* Channel names come from code; still they are quoted by rule: [a-z0-9_] only. */
static bool
channel_is_plain(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

int
pg_listener_new(struct loop *loop, const char *url, const char *const *channel, unsigned channel_count,
    pg_notified *callback, void *context, struct pg_listener **ret, struct err *e)
{
	int rc = pgconn_check_url(url, e);
	if (rc)
		return rc;
	struct pg_listener *l = calloc(1, sizeof(*l));
	char **copy = calloc(channel_count ? channel_count : 1, sizeof(*copy));
	if (!l || !copy)
		fatal("out of memory for a database listener");
	struct buf command;
	buf_init(&command, 4096);
	for (unsigned i = 0; i < channel_count; i++) {
		if (!channel_is_plain(channel[i]))
			fatal("a channel is named with letters, digits and underscores");
		copy[i] = strdup(channel[i]);
		buf_addf(&command, "listen \"%s\";", channel[i]);
	}
	l->command = command.at; /* kept until pg_listener_free */
	l->channel = copy;
	l->channel_count = channel_count;
	l->url = strdup(url);
	l->options = (struct conn_options){ l->url, "hmis listener", LISTEN_CONNECT_TIMEOUT_MS, 0 };
	l->callback = callback;
	l->context = context;
	pgconn_init(&l->conn, loop, &l->options, &listener_events);
	*ret = l;
	return 0;
}

void
pg_listener_free(struct pg_listener *l)
{
	if (!l)
		return;
	pgconn_close(&l->conn);
	for (unsigned i = 0; i < l->channel_count; i++)
		free(l->channel[i]);
	free(l->channel);
	free(l->command);
	free(l->url);
	free(l);
}
