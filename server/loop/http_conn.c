/*
 * One connection: a state machine (http_conn.h, enum conn_state) driven by readiness, replies and the tick.
 * Requests are read one at a time; pipelined bytes wait in c->in until the reply before them is composed.
 */
#include "server/loop/http_conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

static void conn_ready(int fd, int ready, void *arg);

void
conn_new(struct http_server *s, int fd, bool secure, const char *peer)
{
	struct http_conn *c = calloc(1, sizeof(*c));

	if (!c)
		fatal("http: out of memory");
	c->server = s;
	c->fd = fd;
	c->state = secure ? CONN_HANDSHAKE : CONN_HEAD;
	c->ssl = secure ? tls_accept(s->tls, fd) : NULL;
	c->started_us = c->idle_us = time_monotonic_us();
	c->out_tail = &c->out;
	strncpy(c->peer, peer, sizeof(c->peer) - 1);
	buf_init(&c->in, 0);
	list_append(&s->conns, &c->node);
	s->conn_count++;
	c->watch = watch_new(s->loop, fd, WATCH_READ, conn_ready, c);
	metric_add(s->accepted, 1);
	metric_set(s->conn_gauge, s->conn_count);
}

static void
piece_free(struct piece *p)
{
	if (p->release)
		p->release(p->arg);
	free(p);
}

static void
conn_drop_output(struct http_conn *c)
{
	while (c->out) {
		struct piece *p = c->out;

		c->out = p->next;
		piece_free(p);
	}
	c->out_tail = &c->out;
	c->out_bytes = 0;
}

static void
count_reason(struct http_conn *c, enum http_reason reason)
{
	if (c->reason != HTTP_OK)
		return;
	c->reason = reason;
	metric_add(c->server->closes[reason], 1);
	if (reason > HTTP_SERVER_FREED)
		log_event(LOG_INFO, "http-close", "reason=%s peer=%s requests=%lld", http_reason_name(reason),
		    c->peer, (long long)c->requests);
}

/* The request loses its connection; when a handler holds it, it hears of that at the end of the round. */
static void
conn_orphan_request(struct http_conn *c)
{
	struct http_request *q = c->request;

	if (!q)
		return;
	c->request = NULL;
	q->conn = NULL;
	if (q->owed)
		request_kick(q);
	else
		server_request_finish(q);
}

/* Only now does it leave the list, so that walking the list is safe whatever a handler closes meanwhile. */
static void
conn_free(void *arg)
{
	struct http_conn *c = arg;

	list_remove(&c->node);
	free(c);
}

void
conn_close(struct http_conn *c, enum http_reason reason)
{
	struct http_server *s = c->server;

	if (c->state == CONN_CLOSED)
		return;
	count_reason(c, reason);
	c->state = CONN_CLOSED;
	watch_free(c->watch);
	if (c->ssl) {
		if (!c->fatal && SSL_is_init_finished(c->ssl))
			SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	close(c->fd);
	conn_drop_output(c);
	buf_free(&c->in);
	conn_orphan_request(c);
	server_conn_gone(s);
	loop_defer(s->loop, conn_free, c);
}

/*
 * After a refusal unread input may be under way. Closing now would make the kernel send a reset that can
 * overtake the reply, so the client never learns why: stop sending, read on for a while, then close (RFC 9112
 * §9.6).
 */
static void
conn_linger(struct http_conn *c)
{
	if (c->eof || !c->must_linger) {
		conn_close(c, c->reason);
		return;
	}
	if (c->ssl)
		SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	c->state = CONN_LINGER;
	c->started_us = time_monotonic_us();
	buf_free(&c->in);
	buf_init(&c->in, 0);
}

/* No further request: send what is queued, then close for this reason. */
static void
conn_finish(struct http_conn *c, enum http_reason reason)
{
	count_reason(c, reason);
	c->state = CONN_FLUSH;
	if (!c->out)
		conn_linger(c);
}

static void
conn_refuse(struct http_conn *c, enum http_reason reason)
{
	c->must_linger = true;
	reply_problem(c, reason);
	if (c->request) {
		struct http_request *q = c->request;

		c->request = NULL;
		q->conn = NULL;
		server_request_finish(q);
	}
	conn_finish(c, reason);
}

static void
consume(struct http_conn *c, size_t n)
{
	c->in.len -= n;
	if (c->in.len > 0) {
		memmove(c->in.at, c->in.at + n, c->in.len);
		return;
	}
	buf_free(&c->in);
	buf_init(&c->in, 0);
}

static void
request_set_id(struct http_request *q, struct http_server *s)
{
	struct slice id = http_header(q, "x-request-id");
	bool good = id.len >= 8 && id.len <= 64;

	for (size_t i = 0; good && i < id.len; i++) {
		char c = id.at[i];

		good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       c == '.' || c == '_' || c == '-';
	}
	if (!good) {
		char *made = arena_alloc(q->arena, 33);

		server_random_id(s, made);
		id = slice_from(made, 32);
	}
	q->id = id;
}

static struct http_request *
request_new(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct arena *a = server_arena(s);
	struct http_request *q = ARENA_NEW(a, struct http_request);

	list_append(&s->requests, &q->node);
	q->server = s;
	q->loop = s->loop;
	q->conn = c;
	q->arena = a;
	q->started_us = c->byte_us;
	q->secure = c->ssl != NULL;
	q->peer = slice_of(arena_text(a, slice_of(c->peer)));
	buf_init(&q->body, 0);
	buf_init(&q->reply_headers, REPLY_HEADER_BYTES);
	c->request = q;
	return q;
}

/* The body is complete: hand the request to the application. */
static void
conn_handle(struct http_conn *c)
{
	struct http_request *q = c->request;
	struct http_server *s = c->server;

	c->state = CONN_HANDLE;
	q->owed = true;
	s->owed_count++;
	metric_set(s->active_gauge, s->owed_count);
	s->hooks.handle(q, s->arg);
}

/* After the head: the route's word on it, then the body or the handler. */
static void
conn_admit(struct http_conn *c)
{
	struct http_request *q = c->request;
	struct http_server *s = c->server;
	size_t body_bytes = s->limits.body_bytes;
	bool has_body = q->head.chunked || q->head.length > 0;

	c->state = CONN_BODY;
	c->must_linger = has_body;
	q->close = q->head.close || has_body;
	if (s->hooks.admit)
		s->hooks.admit(q, &body_bytes, s->arg);
	if (c->state != CONN_BODY || c->request != q)
		return; /* replied, or lost meanwhile */
	q->close = q->head.close;
	if (!has_body) {
		conn_handle(c);
		return;
	}
	if (q->head.length > 0 && (uint64_t)q->head.length > body_bytes) {
		conn_refuse(c, HTTP_BODY_BYTES);
		return;
	}
	q->body.max = body_bytes;
	c->chunks = (struct http_chunks){ 0 };
	if (q->head.expect_continue && c->in.len == 0)
		conn_push_copy(c, SLICE("HTTP/1.1 100 Continue\r\n\r\n"), SLICE(""));
}

static bool
step_head(struct http_conn *c)
{
	struct http_server *s = c->server;
	enum http_reason r;
	size_t len;
	char *head;

	if (c->in.len == 0)
		return false;
	if (c->scan.at == 0 && c->requests > 0 && c->in.len >= 2 && memcmp(c->in.at, "\r\n", 2) == 0) {
		consume(c, 2); /* an empty line after a body, RFC 9112 §2.2; once */
		if (c->in.len == 0)
			return false;
	}
	r = http_scan_head(&c->scan, buf_slice(&c->in), &len);
	if (r == HTTP_OK && (len ? len : c->in.len) > s->limits.header_bytes)
		r = HTTP_HEADER_BYTES;
	if (r != HTTP_OK) {
		conn_refuse(c, r);
		return true;
	}
	if (len == 0)
		return false;
	struct http_request *q = request_new(c);

	head = arena_alloc(q->arena, len);
	memcpy(head, c->in.at, len);
	consume(c, len);
	c->scan = (struct http_scan){ 0 };
	if ((r = http_parse_head(head, len, &s->limits, q->arena, &q->head)) != HTTP_OK) {
		conn_refuse(c, r);
		return true;
	}
	request_set_id(q, s);
	conn_admit(c);
	return true;
}

static bool
step_body(struct http_conn *c)
{
	struct http_request *q = c->request;
	size_t used = c->in.len;
	bool complete;

	if (c->in.len == 0)
		return false;
	if (q->head.chunked) {
		enum http_reason r = http_chunks_feed(&c->chunks, buf_slice(&c->in), &q->body, &used);

		if (r != HTTP_OK) {
			conn_refuse(c, r);
			return true;
		}
		complete = c->chunks.state == CHUNK_DONE;
	} else {
		size_t left = (size_t)q->head.length - q->body.len;

		used = used < left ? used : left;
		buf_add(&q->body, slice_from(c->in.at, used));
		complete = used == left;
	}
	consume(c, used);
	c->must_linger = !complete;
	if (complete)
		conn_handle(c);
	return true;
}

/* One step on the input; false when bytes, a reply or the client's reading must come first. */
static bool
step(struct http_conn *c)
{
	if (c->out_bytes >= PIPELINE_BYTES)
		return false;
	if (c->state == CONN_HEAD)
		return step_head(c);
	if (c->state == CONN_BODY)
		return step_body(c);
	return false;
}

/* The client has sent all it will send: what does that mean in this state? */
static void
conn_judge_eof(struct http_conn *c)
{
	if (c->out_bytes >= PIPELINE_BYTES)
		return; /* requests may still wait in c->in */
	if (c->state == CONN_HEAD)
		conn_finish(c, c->in.len == 0 ? HTTP_CLIENT_CLOSED : HTTP_EOF_IN_HEAD);
	else if (c->state == CONN_BODY)
		conn_close(c, HTTP_EOF_IN_BODY);
	else if (c->state == CONN_LINGER || c->state == CONN_HANDSHAKE)
		conn_close(c, HTTP_HANDSHAKE_FAILED);
}

static void
conn_rewatch(struct http_conn *c)
{
	size_t hold = PIPELINE_BYTES + (c->state == CONN_HEAD ? c->server->limits.header_bytes : 0);
	bool read = !c->eof && c->state != CONN_FLUSH && c->in.len < hold;
	bool write = (c->out && !c->write_wants_read) || c->read_wants_write;

	if (c->out && c->write_wants_read)
		read = true;
	watch_set(c->watch, (read ? WATCH_READ : 0) | (write ? WATCH_WRITE : 0));
}

void
conn_advance(struct http_conn *c)
{
	if (c->advancing || c->state == CONN_CLOSED)
		return;
	c->advancing = true;
	do {
		while (step(c))
			;
		if (c->state == CONN_CLOSED || !conn_flush(c))
			return;
	} while ((c->state == CONN_HEAD || c->state == CONN_BODY) && c->in.len > 0 && !c->out &&
		 c->scan.at < c->in.len);
	if (c->eof)
		conn_judge_eof(c);
	if (c->state == CONN_HEAD && c->server->draining && c->in.len == 0 && c->requests > 0)
		conn_finish(c, HTTP_DRAINING);
	if (c->state == CONN_CLOSED)
		return;
	c->advancing = false;
	conn_rewatch(c);
}

/* Reads once; more is left to level-triggered readiness, so that one connection cannot hold the others up. */
static bool
conn_fill(struct http_conn *c)
{
	struct http_server *s = c->server;
	ssize_t n = conn_read(c, s->scratch, READ_BYTES);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0) {
		c->fatal = true;
		conn_close(c, errno == EPROTO ? HTTP_TLS_ERROR : HTTP_CLIENT_RESET);
		return false;
	}
	if (n == 0) {
		c->eof = true;
		return true;
	}
	metric_add(s->bytes_in, (uint64_t)n);
	if (c->state == CONN_LINGER) {
		c->lingered += (size_t)n;
		if (c->lingered > LINGER_BYTES)
			conn_close(c, c->reason);
		return c->state != CONN_CLOSED;
	}
	if (c->state == CONN_HEAD && c->in.len == 0) {
		c->byte_us = time_monotonic_us();
		if (c->requests > 0)
			c->started_us = c->byte_us;
	}
	if (c->in.max == 0)
		buf_init(&c->in, s->limits.header_bytes + PIPELINE_BYTES + READ_BYTES);
	buf_add(&c->in, slice_from(s->scratch, (size_t)n));
	return true;
}

static void
conn_ready(int fd, int ready, void *arg)
{
	struct http_conn *c = arg;

	(void)fd;
	if (c->state == CONN_HANDSHAKE) {
		int r = tls_handshake(c);

		if (r < 0) {
			c->fatal = true;
			conn_close(c, HTTP_HANDSHAKE_FAILED);
			return;
		}
		if (r > 0)
			c->state = CONN_HEAD;
		if (r == 0) {
			conn_rewatch(c);
			return;
		}
	}
	if ((ready & WATCH_WRITE) && c->out && !conn_flush(c))
		return;
	/* One SSL_read empties a TLS record (16 KiB < READ_BYTES), so nothing is ever left inside the SSL
	 * object. */
	if (((ready & WATCH_READ) || c->read_wants_write) && !c->eof && !conn_fill(c))
		return;
	conn_advance(c);
}

void
conn_push(struct http_conn *c, struct slice bytes, void (*release)(void *arg), void *arg)
{
	struct piece *p = calloc(1, sizeof(*p));

	if (!p)
		fatal("http: out of memory");
	p->at = bytes.at;
	p->len = bytes.len;
	p->release = release;
	p->arg = arg;
	if (!c->out)
		c->progress_us = time_monotonic_us();
	*c->out_tail = p;
	c->out_tail = &p->next;
	c->out_bytes += bytes.len;
	if (bytes.len == 0)
		fatal("http: empty piece");
}

void
conn_push_copy(struct http_conn *c, struct slice one, struct slice two)
{
	struct piece *p = malloc(sizeof(*p) + one.len + two.len);

	if (!p)
		fatal("http: out of memory");
	*p = (struct piece){ .len = one.len + two.len, .at = p->copy };
	memcpy(p->copy, one.at, one.len);
	if (two.len > 0)
		memcpy(p->copy + one.len, two.at, two.len);
	if (!c->out)
		c->progress_us = time_monotonic_us();
	*c->out_tail = p;
	c->out_tail = &p->next;
	c->out_bytes += p->len;
}

/* n bytes went out. */
static void
conn_sent(struct http_conn *c, size_t n)
{
	c->out_bytes -= n;
	while (n > 0 && c->out) {
		struct piece *p = c->out;

		assert(p != NULL); /* out_bytes is the sum of the pieces */
		size_t take = p->len - p->done < n ? p->len - p->done : n;

		p->done += take;
		n -= take;
		if (p->done < p->len)
			return;
		c->out = p->next;
		if (!c->out)
			c->out_tail = &c->out;
		piece_free(p);
	}
}

void
conn_send(struct http_conn *c)
{
	if (!c->advancing && conn_flush(c))
		conn_rewatch(c);
}

bool
conn_flush(struct http_conn *c)
{
	size_t sent = 0;

	while (c->out && sent < FLUSH_BYTES) {
		ssize_t n = conn_write(c, c->out);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			c->fatal = true;
			conn_close(c, errno == EPROTO ? HTTP_TLS_ERROR : HTTP_CLIENT_RESET);
			return false;
		}
		c->progress_us = time_monotonic_us();
		metric_add(c->server->bytes_out, (uint64_t)n);
		conn_sent(c, (size_t)n);
		sent += (size_t)n;
	}
	if (c->request && c->request->more && c->out_bytes < c->server->limits.stream_queue_bytes)
		request_kick(c->request);
	if (!c->out && c->state == CONN_FLUSH)
		conn_linger(c);
	return c->state != CONN_CLOSED;
}

void
conn_replied(struct http_conn *c)
{
	struct http_request *q = c->request;
	struct http_server *s = c->server;
	bool early = c->state == CONN_BODY && c->must_linger;

	c->request = NULL;
	c->requests++;
	c->idle_us = c->started_us = c->byte_us = time_monotonic_us();
	c->state = CONN_HEAD;
	if (early)
		conn_finish(c, HTTP_EARLY_REPLY);
	else if (q->head.close)
		conn_finish(c, HTTP_LAST_REQUEST);
	else if (c->requests >= s->limits.requests_per_connection)
		conn_finish(c, HTTP_REQUEST_CAP);
	else if (q->close)
		conn_finish(c, HTTP_DRAINING);
	conn_advance(c);
}

static void
tick_head(struct http_conn *c, int64_t now_us)
{
	const struct http_limits *l = &c->server->limits;

	if (c->in.len == 0 && c->requests > 0) {
		if (now_us - c->idle_us > l->idle_ms * 1000)
			conn_finish(c, HTTP_IDLE);
	} else if (now_us - c->started_us > l->header_deadline_ms * 1000) {
		if (c->in.len == 0)
			conn_finish(c, HTTP_NO_REQUEST);
		else
			conn_refuse(c, HTTP_HEADER_DEADLINE);
	}
}

void
conn_tick(struct http_conn *c, int64_t now_us)
{
	const struct http_limits *l = &c->server->limits;
	int64_t age_us = now_us - c->started_us;

	if (c->out && now_us - c->progress_us > l->write_stall_ms * 1000)
		conn_close(c, HTTP_WRITE_STALL);
	else if (c->state == CONN_HANDSHAKE && age_us > l->tls_handshake_ms * 1000)
		conn_close(c, HTTP_HANDSHAKE_DEADLINE);
	else if (c->state == CONN_HEAD && !c->out)
		tick_head(c, now_us);
	else if (c->state == CONN_BODY && age_us > l->body_deadline_ms * 1000)
		conn_refuse(c, HTTP_BODY_DEADLINE);
	else if (c->state == CONN_LINGER && age_us > LINGER_MS * 1000)
		conn_close(c, c->reason);
	else
		return;
	if (c->state != CONN_CLOSED)
		conn_advance(c);
}

/* The process is stopping: an idle connection ends now unless a request has just come. */
void
conn_drain(struct http_conn *c)
{
	if (c->state != CONN_HEAD || c->in.len > 0 || c->requests == 0)
		return;
	if (!c->eof && !conn_fill(c))
		return;
	conn_advance(c);
}
