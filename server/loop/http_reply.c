/* Replies: complete, borrowed, streaming; and the server's own refusals. */
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "server/loop/http_conn.h"

#define TYPE_TEXT "text/plain; charset=utf-8"

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ 100, "Continue" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
http_status_text(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].text;
	return "Other";
}

static void
add_header(struct buf *b, const char *name, struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < 0x20 || value.at[i] == 0x7f)
			fatal("http: control character in reply header %s", name);
	buf_add_text(b, name);
	buf_add(b, SLICE(": "));
	buf_add(b, value);
	buf_add(b, SLICE("\r\n"));
}

void
http_reply_header(struct http_request *q, const char *name, struct slice value)
{
	add_header(&q->reply_headers, name, value);
	if (!buf_ok(&q->reply_headers))
		fatal("http: more than %d bytes of reply headers", REPLY_HEADER_BYTES);
}

/* length < 0: none is stated. */
static void
head_begin(struct http_server *s, int status, const char *type, int64_t length)
{
	struct buf *b = &s->head;

	buf_reset(b);
	buf_add(b, SLICE("HTTP/1.1 "));
	buf_add_int(b, status);
	buf_add_char(b, ' ');
	buf_add_text(b, http_status_text(status));
	buf_add(b, SLICE("\r\nDate: "));
	buf_add_text(b, server_date(s));
	buf_add(b, SLICE("\r\n"));
	if (type)
		add_header(b, "Content-Type", slice_of(type));
	if (length >= 0) {
		buf_add(b, SLICE("Content-Length: "));
		buf_add_int(b, length);
		buf_add(b, SLICE("\r\n"));
	}
}

/* Judges whether this is the connection's last reply, and closes the head. */
static void
head_end(struct http_request *q)
{
	struct http_server *s = q->server;
	struct buf *b = &s->head;

	q->close = q->close || ((s->draining || q->conn->eof) && q->conn->in.len == 0) ||
		   q->conn->requests + 1 >= s->limits.requests_per_connection;
	add_header(b, "X-Request-Id", q->id);
	buf_add(b, buf_slice(&q->reply_headers));
	if (q->close)
		buf_add(b, SLICE("Connection: close\r\n"));
	buf_add(b, SLICE("\r\n"));
}

static void
log_request(struct http_request *q, int64_t took_us)
{
	log_event(LOG_INFO, "request",
	    "id=%.*s method=%s route=\"%s\" status=%d us=%lld in=%zu out=%zu peer=%.*s gone=%d",
	    SLICE_ARG(q->id), http_method_name(q->head.method), q->route ? q->route : "-", q->status,
	    (long long)took_us, q->body.len, q->sent_bytes, SLICE_ARG(q->peer), q->conn == NULL);
}

/* The reply is complete (or dropped): book it, free the request, go on with the connection. */
static void
reply_done(struct http_request *q)
{
	struct http_server *s = q->server;
	struct http_conn *c = q->conn;

	if (s) {
		int64_t took_us = time_monotonic_us() - q->started_us;

		metric_observe_us(server_histogram(s, q->route ? q->route : "other"), took_us);
		metric_add(s->responses[q->status >= 100 && q->status < 600 ? q->status / 100 : 0], 1);
		if (s->limits.log_requests)
			log_request(q, took_us);
	}
	server_request_finish(q);
	if (c)
		conn_replied(c);
}

static bool
has_no_body(const struct http_request *q, int status)
{
	return q->head.method == HTTP_HEAD || status == 204 || status == 304;
}

/* Common start of the complete replies: false when there is nothing to send the body to. */
static bool
reply_begin(struct http_request *q, int status, const char *type, size_t len)
{
	if (q->finished || q->streaming)
		fatal("http: second reply to one request");
	q->status = status;
	if (!q->conn)
		return false;
	if (len > q->server->limits.response_bytes) {
		log_event(LOG_ERROR, "http-reply", "problem=too-long bytes=%zu route=\"%s\"", len,
		    q->route ? q->route : "-");
		conn_close(q->conn, HTTP_RESPONSE_BYTES);
		return false;
	}
	head_begin(q->server, status, type, status == 204 || status == 304 ? -1 : (int64_t)len);
	head_end(q);
	q->sent_bytes = has_no_body(q, status) ? 0 : len;
	return true;
}

void
http_reply_borrowed(struct http_request *q, int status, const char *type, struct slice body,
    void (*release)(void *arg), void *arg)
{
	bool alive = reply_begin(q, status, type, body.len);

	if (!alive || q->sent_bytes == 0 || q->sent_bytes <= JOIN_BYTES) {
		if (alive)
			conn_push_copy(
			    q->conn, buf_slice(&q->server->head), slice_from(body.at, q->sent_bytes));
		if (release)
			release(arg);
	} else {
		conn_push_copy(q->conn, buf_slice(&q->server->head), SLICE(""));
		conn_push(q->conn, body, release, arg);
	}
	reply_done(q);
}

void
http_reply(struct http_request *q, int status, const char *type, struct buf *body)
{
	struct buf taken = { 0 };

	if (body) {
		taken = *body;
		buf_init(body, taken.max);
	}
	if (taken.failed) /* the writer ran into the buffer's maximum: never send half of it as a whole */
		taken.len = SIZE_MAX;
	http_reply_borrowed(q, status, type, slice_from(taken.at, taken.len), free, taken.at);
}

void
http_reply_slice(struct http_request *q, int status, const char *type, struct slice body)
{
	char *copy;

	if (body.len <= JOIN_BYTES) {
		http_reply_borrowed(q, status, type, body, NULL, NULL);
		return;
	}
	copy = malloc(body.len);
	if (!copy)
		fatal("http: out of memory");
	memcpy(copy, body.at, body.len);
	http_reply_borrowed(q, status, type, slice_from(copy, body.len), free, copy);
}

void
http_stream_begin(struct http_request *q, int status, const char *type,
    void (*more)(struct http_request *q, void *arg), void *arg)
{
	if (q->finished || q->streaming || !q->owed)
		fatal("http: stream after a reply, or from admit");
	q->streaming = true;
	q->status = status;
	q->more = more;
	q->more_arg = arg;
	request_kick(q);
	if (!q->conn)
		return;
	q->chunked = q->head.minor == 1;
	head_begin(q->server, status, type, -1);
	if (q->chunked)
		buf_add(&q->server->head, SLICE("Transfer-Encoding: chunked\r\n"));
	head_end(q);
	conn_push_copy(q->conn, buf_slice(&q->server->head), SLICE(""));
}

int
http_stream_write(struct http_request *q, struct slice bytes)
{
	struct http_conn *c = q->conn;
	char size[32];
	int n = 0;

	if (!q->streaming || q->finished)
		fatal("http: stream write outside a stream");
	if (!c || has_no_body(q, q->status) || q->too_long)
		return ERR_IO;
	if (bytes.len == 0)
		return 0;
	if (bytes.len > q->server->limits.response_bytes - q->sent_bytes) {
		q->too_long = true;
		return ERR_IO;
	}
	if (q->chunked)
		n = snprintf(size, sizeof(size), "%s%zx\r\n", q->sent_bytes > 0 ? "\r\n" : "", bytes.len);
	q->sent_bytes += bytes.len;
	conn_push_copy(c, slice_from(size, (size_t)n), bytes);
	conn_send(c);
	if (!q->conn)
		return ERR_IO;
	return c->out_bytes >= q->server->limits.stream_queue_bytes ? ERR_BUSY : 0;
}

void
http_stream_end(struct http_request *q, bool complete)
{
	struct http_conn *c = q->conn;

	if (!q->streaming || q->finished)
		fatal("http: stream end outside a stream");
	q->more = NULL;
	q->on_gone = NULL;
	if (c && q->too_long)
		conn_close(c, HTTP_RESPONSE_BYTES);
	else if (c && !complete && !has_no_body(q, q->status))
		conn_close(c, HTTP_STREAM_BROKEN);
	else if (c && q->chunked && !has_no_body(q, q->status))
		conn_push_copy(c, q->sent_bytes > 0 ? SLICE("\r\n0\r\n\r\n") : SLICE("0\r\n\r\n"), SLICE(""));
	reply_done(q);
}

void
reply_problem(struct http_conn *c, enum http_reason reason)
{
	struct http_server *s = c->server;
	const struct http_request *q = c->request;
	int status = http_reason_status(reason);
	const char *type = TYPE_TEXT;
	struct buf body;

	buf_init(&body, JOIN_BYTES);
	if (s->hooks.problem)
		s->hooks.problem(status, http_reason_text(reason), &body, &type, s->arg);
	if (body.len == 0 || !buf_ok(&body)) {
		buf_reset(&body);
		buf_add_text(&body, http_reason_text(reason));
		buf_add_char(&body, '\n');
		type = TYPE_TEXT;
	}
	head_begin(s, status, type, (int64_t)body.len);
	if (status == 405)
		add_header(&s->head, "Allow", SLICE("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
	if (q && q->id.len > 0)
		add_header(&s->head, "X-Request-Id", q->id);
	buf_add(&s->head, SLICE("Connection: close\r\n\r\n"));
	if (q && q->head.method == HTTP_HEAD)
		buf_reset(&body);
	conn_push_copy(c, buf_slice(&s->head), buf_slice(&body));
	buf_free(&body);
	metric_add(s->responses[status / 100], 1);
}
