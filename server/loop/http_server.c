/* The server object: listeners, limits, the tick, draining, and what connections share. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "server/loop/config.h"
#include "server/loop/http_conn.h"

#define ACCEPTS_PER_ROUND 32
#define REST_MS 200 /* after accept failed for want of descriptors or memory */

static void server_tick(void *arg);

void
http_limits_read(struct http_limits *ret, const struct config *c)
{
	*ret = (struct http_limits){
		.header_bytes = (size_t)config_int(c, CONFIG_HTTP_HEADER_BYTES),
		.header_count = (size_t)config_int(c, CONFIG_HTTP_HEADER_COUNT),
		.target_bytes = (size_t)config_int(c, CONFIG_HTTP_TARGET_BYTES),
		.query_count = (size_t)config_int(c, CONFIG_HTTP_QUERY_COUNT),
		.body_bytes = (size_t)config_int(c, CONFIG_HTTP_BODY_BYTES),
		.arena_bytes = (size_t)config_int(c, CONFIG_HTTP_ARENA_BYTES),
		.response_bytes = (size_t)config_int(c, CONFIG_HTTP_RESPONSE_BYTES),
		.stream_queue_bytes = (size_t)config_int(c, CONFIG_HTTP_STREAM_QUEUE_BYTES),
		.requests_per_connection = config_int(c, CONFIG_HTTP_REQUESTS_PER_CONNECTION),
		.connections = config_int(c, CONFIG_HTTP_CONNECTIONS),
		.tls_handshake_ms = config_int(c, CONFIG_HTTP_TLS_HANDSHAKE),
		.header_deadline_ms = config_int(c, CONFIG_HTTP_HEADER_DEADLINE),
		.body_deadline_ms = config_int(c, CONFIG_HTTP_BODY_DEADLINE),
		.idle_ms = config_int(c, CONFIG_HTTP_IDLE),
		.write_stall_ms = config_int(c, CONFIG_HTTP_WRITE_STALL),
		.log_requests = config_bool(c, CONFIG_LOG_REQUESTS),
	};
}

void
http_limits_default(struct http_limits *ret)
{
	struct config *c;

	if (config_load(NULL, NULL, &c, NULL) < 0)
		fatal("http: the configuration table's defaults are not valid");
	http_limits_read(ret, c);
	config_free(c);
}

static void
server_metrics(struct http_server *s)
{
	char label[80];

	for (int r = HTTP_OK + 1; r < HTTP_REASONS; r++) {
		int len = 0;

		len += snprintf(label, sizeof(label), "reason=\"%s\"", http_reason_name((enum http_reason)r));
		for (int i = 8; i < len; i++)
			label[i] = label[i] >= 'A' && label[i] <= 'Z' ? (char)(label[i] + 32) : label[i];
		s->closes[r] = metric_counter(
		    "hmis_http_closes_total", label, "Connections closed and requests refused, by reason.");
	}
	for (int k = 1; k <= 5; k++) {
		snprintf(label, sizeof(label), "class=\"%dxx\"", k);
		s->responses[k] =
		    metric_counter("hmis_http_responses_total", label, "Replies by class of status.");
	}
	s->responses[0] = s->responses[5];
	s->accepted = metric_counter("hmis_http_accepted_total", "", "Connections accepted.");
	s->bytes_in = metric_counter("hmis_http_received_bytes_total", "", "Bytes read from clients.");
	s->bytes_out = metric_counter("hmis_http_sent_bytes_total", "", "Bytes written to clients.");
	s->conn_gauge = metric_gauge("hmis_http_connections", "", "Open connections.");
	s->active_gauge =
	    metric_gauge("hmis_http_requests_active", "", "Requests that wait for their reply.");
}

static char *
copy_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		fatal("http: out of memory");
	return copy;
}

int
http_server_new(struct loop *l, const struct http_limits *limits, const struct http_tls *tls,
    const struct http_hooks *hooks, void *arg, struct http_server **ret, struct err *e)
{
	SSL_CTX *ctx = NULL;
	struct http_server *s;

	if (tls && tls_context(tls->certificate_file, tls->key_file, &ctx, e) < 0)
		return ERR_IO;
	s = calloc(1, sizeof(*s));
	if (!s || !(s->scratch = malloc(READ_BYTES)))
		fatal("http: out of memory");
	s->loop = l;
	s->limits = *limits;
	s->hooks = *hooks;
	s->arg = arg;
	s->tls = ctx;
	if (tls) {
		s->tls_certificate = copy_text(tls->certificate_file);
		s->tls_key = copy_text(tls->key_file);
	}
	list_init(&s->listeners);
	list_init(&s->conns);
	list_init(&s->requests);
	buf_init(&s->head, 64 * 1024);
	s->tick = timer_new(l, server_tick, s);
	if (getrandom(s->random, sizeof(s->random), 0) != (ssize_t)sizeof(s->random))
		fatal("http: getrandom failed");
	server_metrics(s);
	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
	*ret = s;
	return 0;
}

int
http_server_reload_tls(struct http_server *s, struct err *e)
{
	SSL_CTX *now;

	if (!s->tls)
		return 0;
	if (tls_context(s->tls_certificate, s->tls_key, &now, e) < 0)
		return ERR_IO;
	SSL_CTX_free(s->tls); /* open connections hold references */
	s->tls = now;
	return 0;
}

static void
start_tick(struct http_server *s)
{
	if (s->ticking)
		return;
	s->ticking = true;
	timer_start(s->tick, TICK_MS);
}

/* At the cap, or out of descriptors, the listeners rest: the kernel's queue holds what comes. */
static void
judge_rest(struct http_server *s)
{
	bool rest = s->conn_count >= s->limits.connections || s->rest_until_us > 0 || s->draining;

	if (rest == s->resting)
		return;
	s->resting = rest;
	LIST_FOREACH(n, &s->listeners)
	{
		watch_set(LIST_ITEM(n, struct listener, node)->watch, rest ? 0 : WATCH_READ);
	}
}

static void
peer_text(const struct sockaddr_storage *a, char out[48])
{
	const void *address = NULL;
	const char *dotted;

	if (a->ss_family == AF_INET)
		address = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
	else if (a->ss_family == AF_INET6)
		address = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
	if (!address || !inet_ntop(a->ss_family, address, out, 48)) {
		memcpy(out, "unix", 5);
		return;
	}
	dotted = strncmp(out, "::ffff:", 7) == 0 && strchr(out, '.') ? out + 7 : NULL;
	if (dotted)
		memmove(out, dotted, strlen(dotted) + 1);
}

/* False when there is nothing more to accept now. */
static bool
accept_one(struct listener *l)
{
	struct http_server *s = l->server;
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	char peer[48];
	int one = 1;
	int fd = accept4(l->fd, (struct sockaddr *)(void *)&a, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
		log_event(
		    LOG_WARN, "http-accept", "error=%d connections=%lld", errno, (long long)s->conn_count);
		s->rest_until_us = time_monotonic_us() + REST_MS * 1000;
		start_tick(s);
	}
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	peer_text(&a, peer);
	if (a.ss_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	conn_new(s, fd, l->secure, peer);
	start_tick(s);
	return true;
}

static void
on_listener(int fd, int ready, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)ready;
	for (int i = 0; i < ACCEPTS_PER_ROUND; i++)
		if (l->server->conn_count >= l->server->limits.connections || !accept_one(l))
			break;
	judge_rest(l->server);
}

int
http_server_listen(struct http_server *s, int fd, bool secure, struct err *e)
{
	struct listener *l;

	if (secure && !s->tls)
		return err_set(e, ERR_INPUT, NULL, "a TLS listener needs a certificate and a key");
	l = calloc(1, sizeof(*l));
	if (!l)
		fatal("http: out of memory");
	l->server = s;
	l->fd = fd;
	l->secure = secure;
	l->watch = watch_new(s->loop, fd, s->resting ? 0 : WATCH_READ, on_listener, l);
	list_append(&s->listeners, &l->node);
	return 0;
}

static void
tell_drained(void *arg)
{
	struct http_server *s = arg;
	void (*drained)(void *) = s->drained;

	s->drained = NULL;
	if (drained)
		drained(s->drained_arg);
}

static void
check_drained(struct http_server *s)
{
	if (s->draining && s->drained && s->conn_count == 0 && s->owed_count == 0)
		tell_drained(s);
}

static void
server_tick(void *arg)
{
	struct http_server *s = arg;
	int64_t now_us = time_monotonic_us();

	s->ticking = false;
	if (s->rest_until_us > 0 && now_us >= s->rest_until_us)
		s->rest_until_us = 0;
	LIST_FOREACH(n, &s->conns)
	{
		struct http_conn *c = LIST_ITEM(n, struct http_conn, node);

		if (s->draining && now_us >= s->drain_until_us)
			conn_close(c, HTTP_DRAIN_CUT);
		else
			conn_tick(c, now_us);
	}
	judge_rest(s);
	if (s->conn_count > 0 || s->rest_until_us > 0 || (s->draining && s->drained))
		start_tick(s);
	if (s->draining && now_us >= s->drain_until_us) {
		tell_drained(s);
		return;
	}
	check_drained(s);
}

void
http_server_drain(struct http_server *s, int64_t deadline_ms, void (*done)(void *arg), void *arg)
{
	/* What the kernel has already completed belongs to us: nobody else may be there to accept it. */
	LIST_FOREACH(n, &s->listeners)
	{
		struct listener *l = LIST_ITEM(n, struct listener, node);

		while (s->conn_count < s->limits.connections && accept_one(l))
			;
	}
	s->draining = true;
	s->drained = done;
	s->drained_arg = arg;
	s->drain_until_us = time_monotonic_us() + deadline_ms * 1000;
	judge_rest(s);
	LIST_FOREACH(n, &s->conns)
	{
		conn_drain(LIST_ITEM(n, struct http_conn, node));
	}
	start_tick(s);
}

void
http_server_free(struct http_server *s)
{
	if (!s)
		return;
	s->drained = NULL;
	LIST_FOREACH(n, &s->conns)
	{
		conn_close(LIST_ITEM(n, struct http_conn, node), HTTP_SERVER_FREED);
		list_remove(n);
	}
	LIST_FOREACH(n, &s->requests)
	{
		LIST_ITEM(n, struct http_request, node)->server = NULL;
		list_remove(n);
	}
	LIST_FOREACH(n, &s->listeners)
	{
		watch_free(LIST_ITEM(n, struct listener, node)->watch);
		free(LIST_ITEM(n, struct listener, node));
	}
	timer_free(s->tick);
	for (size_t i = 0; i < s->spare_count; i++)
		arena_free(s->spare[i]);
	buf_free(&s->head);
	SSL_CTX_free(s->tls);
	free(s->tls_certificate);
	free(s->tls_key);
	free(s->scratch);
	free(s);
}

int64_t
http_server_connections(const struct http_server *s)
{
	return s->conn_count;
}

void
server_conn_gone(struct http_server *s)
{
	s->conn_count--;
	metric_set(s->conn_gauge, s->conn_count);
	judge_rest(s);
}

struct arena *
server_arena(struct http_server *s)
{
	return s->spare_count > 0 ? s->spare[--s->spare_count] : arena_new(s->limits.arena_bytes);
}

static void
request_free(void *arg)
{
	struct http_request *q = arg;
	struct http_server *s = q->server;
	struct arena *a = q->arena;

	if (q->kicked) { /* a kick is still queued: let it pass first */
		loop_defer(q->loop, request_free, q);
		return;
	}
	list_remove(&q->node);
	buf_free(&q->body);
	buf_free(&q->reply_headers);
	if (!s || s->spare_count == SPARE_ARENAS) {
		arena_free(a);
		return;
	}
	arena_reset(a);
	s->spare[s->spare_count++] = a;
}

void
server_request_finish(struct http_request *q)
{
	if (q->finished)
		fatal("http: a request was finished twice");
	q->finished = true;
	if (q->server && q->owed) {
		q->server->owed_count--;
		metric_set(q->server->active_gauge, q->server->owed_count);
	}
	loop_defer(q->loop, request_free, q);
}

struct metric_histogram *
server_histogram(struct http_server *s, const char *route)
{
	size_t at = ((uintptr_t)route >> 3) % ROUTES_MAX;
	char label[160];

	for (size_t i = 0; i < ROUTES_MAX; i++, at = (at + 1) % ROUTES_MAX) {
		struct route_metric *r = &s->routes[at];

		if (r->route == route)
			return r->histogram;
		if (r->route)
			continue;
		snprintf(label, sizeof(label), "route=\"%s\"", route);
		r->histogram = metric_histogram("hmis_http_request_seconds", label,
		    "From the first byte of a request to its complete reply, by route.");
		r->route = route;
		return r->histogram;
	}
	return metric_histogram("hmis_http_request_seconds", "route=\"other\"", "");
}

const char *
server_date(struct http_server *s)
{
	static const char day[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char month[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	time_t now = (time_t)time_now();
	struct tm t;

	if (now == s->date_second)
		return s->date;
	s->date_second = now;
	gmtime_r(&now, &t);
	snprintf(s->date, sizeof(s->date), "%s, %02d %s %04d %02d:%02d:%02d GMT", day[t.tm_wday],
	    t.tm_mday % 100, month[t.tm_mon], (t.tm_year + 1900) % 10000, t.tm_hour % 100, t.tm_min % 100,
	    t.tm_sec % 100);
	return s->date;
}

/* xorshift128+: an id must be unlikely to repeat, not hard to guess. */
static uint64_t
next_random(struct http_server *s)
{
	uint64_t a = s->random[0], b = s->random[1];

	s->random[0] = b;
	a ^= a << 23;
	s->random[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
	return s->random[1] + b;
}

void
server_random_id(struct http_server *s, char out[33])
{
	uint64_t half[2] = { next_random(s), next_random(s) };

	for (int i = 0; i < 32; i++)
		out[i] = "0123456789abcdef"[half[i / 16] >> (4 * (i % 16)) & 15];
	out[32] = '\0';
}
