#include "server/loop/health.h"

#include "base/json.h"
#include "server/loop/metrics.h"

#define METRICS_BYTES (8 * 1024 * 1024)

static void
reply_status(struct http_request *q, int status, const char *state, const struct buf *why)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 4096);
	json_write_init(&w, &out);
	json_write_object(&w);
	json_write_member(&w, "status", state);
	if (why && why->len > 0) {
		json_write_key(&w, "detail");
		json_write_string(&w, buf_slice(why));
	}
	json_write_object_end(&w);
	if (status == 503)
		http_reply_header(q, "Retry-After", SLICE("1"));
	http_reply_header(q, "Cache-Control", SLICE("no-store"));
	http_reply(q, status, "application/json", &out);
}

static void
reply_ready(struct http_request *q, bool (*ready)(struct buf *why, void *arg), void *arg)
{
	struct buf why;

	buf_init(&why, 1024);
	if (!ready || ready(&why, arg))
		reply_status(q, 200, "ready", NULL);
	else
		reply_status(q, 503, "not ready", &why);
	buf_free(&why);
}

static void
reply_metrics(struct http_request *q)
{
	struct buf out;

	buf_init(&out, METRICS_BYTES);
	metrics_write(&out);
	http_reply(q, 200, METRICS_CONTENT_TYPE, &out);
}

bool
health_serve(struct http_request *q, bool (*ready)(struct buf *why, void *arg), void *arg)
{
	static const char *const routes[] = { "GET /health/live", "GET /health/ready", "GET /metrics" };
	struct slice path = http_path(q);
	int which = -1;

	for (int i = 0; i < 3; i++)
		if (slice_eq_text(path, routes[i] + 4))
			which = i;
	if (which < 0)
		return false;
	http_set_route(q, routes[which]);
	if (http_method(q) != HTTP_GET && http_method(q) != HTTP_HEAD) {
		http_reply_header(q, "Allow", SLICE("GET, HEAD"));
		http_reply_slice(q, 405, NULL, SLICE(""));
	} else if (which == 0) {
		reply_status(q, 200, "live", NULL);
	} else if (which == 1) {
		reply_ready(q, ready, arg);
	} else {
		reply_metrics(q);
	}
	return true;
}
