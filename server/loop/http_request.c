/* What a handler can ask of a request. */
#include "server/loop/http_conn.h"

enum http_method
http_method(const struct http_request *q)
{
	return q->head.method;
}

struct slice
http_path(const struct http_request *q)
{
	return q->head.path;
}

struct slice
http_target(const struct http_request *q)
{
	return q->head.target;
}

struct slice
http_query(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->head.query_count; i++)
		if (slice_eq_text(q->head.query[i].name, name))
			return q->head.query[i].value;
	return (struct slice){ NULL, 0 };
}

size_t
http_query_count(const struct http_request *q)
{
	return q->head.query_count;
}

void
http_query_at(const struct http_request *q, size_t index, struct slice *ret_name, struct slice *ret_value)
{
	if (index >= q->head.query_count)
		fatal("http: query parameter %zu of %zu", index, q->head.query_count);
	*ret_name = q->head.query[index].name;
	*ret_value = q->head.query[index].value;
}

struct slice
http_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->head.field_count; i++)
		if (slice_eq_text(q->head.field[i].name, name))
			return q->head.field[i].value;
	return (struct slice){ NULL, 0 };
}

size_t
http_header_count(const struct http_request *q, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < q->head.field_count; i++)
		count += slice_eq_text(q->head.field[i].name, name);
	return count;
}

struct slice
http_body(const struct http_request *q)
{
	return buf_slice(&q->body);
}

struct slice
http_peer(const struct http_request *q)
{
	return q->peer;
}

bool
http_is_secure(const struct http_request *q)
{
	return q->secure;
}

struct slice
http_request_id(const struct http_request *q)
{
	return q->id;
}

struct arena *
http_arena(struct http_request *q)
{
	return q->arena;
}

int64_t
http_started_us(const struct http_request *q)
{
	return q->started_us;
}

void
http_set_context(struct http_request *q, void *context)
{
	q->context = context;
}

void *
http_context(const struct http_request *q)
{
	return q->context;
}

void
http_set_route(struct http_request *q, const char *route)
{
	q->route = route;
}

bool
http_is_gone(const struct http_request *q)
{
	return !q->conn;
}

static void
request_kicked(void *arg)
{
	struct http_request *q = arg;
	void (*gone)(struct http_request *, void *) = q->on_gone;

	q->kicked = false;
	if (q->finished)
		return;
	if (!q->conn && gone) {
		q->on_gone = NULL;
		gone(q, q->gone_arg);
	}
	if (q->finished || !q->more)
		return;
	if (!q->conn || q->conn->out_bytes < q->server->limits.stream_queue_bytes)
		q->more(q, q->more_arg);
}

void
request_kick(struct http_request *q)
{
	if (q->kicked || q->finished)
		return;
	q->kicked = true;
	loop_defer(q->loop, request_kicked, q);
}

void
http_on_gone(struct http_request *q, void (*fn)(struct http_request *q, void *arg), void *arg)
{
	q->on_gone = fn;
	q->gone_arg = arg;
	if (!q->conn)
		request_kick(q);
}
