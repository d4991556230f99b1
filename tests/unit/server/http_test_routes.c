#include "tests/unit/server/http_test_routes.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/list.h"
#include "base/time.h"
#include "server/loop/metrics.h"
#include "server/loop/offload.h"

#define JSON_TYPE "application/json"

static struct loop *loop;
static struct offload *pool;
static struct list_node waiting = { &waiting, &waiting };
static int gone_count;

static int64_t
number(const struct http_request *q, const char *name, int64_t otherwise)
{
	int64_t n;

	return slice_to_int64(http_query(q, name), &n) == 0 ? n : otherwise;
}

/* GET /health: the trivial request that the speed is measured with. */
static void
health(struct http_request *q)
{
	http_reply_slice(q, 200, JSON_TYPE, SLICE("{\"status\":\"ok\"}"));
}

/* ANY /echo: what the server understood of the request, as JSON. */
static void
echo(struct http_request *q)
{
	struct buf out;
	struct json_writer w;

	buf_init(&out, 8 * 1024 * 1024);
	json_write_init(&w, &out);
	json_write_object(&w);
	json_write_member(&w, "method", http_method_name(http_method(q)));
	json_write_key(&w, "path");
	json_write_string(&w, http_path(q));
	json_write_key(&w, "peer");
	json_write_string(&w, http_peer(q));
	json_write_key(&w, "secure");
	json_write_bool(&w, http_is_secure(q));
	json_write_member_int(&w, "pid", getpid());
	json_write_key(&w, "query");
	json_write_array(&w);
	for (size_t i = 0; i < http_query_count(q); i++) {
		struct slice name, value;

		http_query_at(q, i, &name, &value);
		json_write_string(&w, name);
		json_write_string(&w, value);
	}
	json_write_array_end(&w);
	json_write_key(&w, "x-test");
	json_write_string(&w, http_header(q, "x-test"));
	json_write_key(&w, "body");
	json_write_string(&w, http_body(q));
	json_write_object_end(&w);
	http_reply_header(q, "X-Echo", SLICE("yes"));
	http_reply(q, 200, JSON_TYPE, &out);
}

struct later {
	struct list_node node; /* of slow, in waiting */
	struct http_request *request;
	struct timer *timer;
	struct slice block;
	int64_t left;
};

static void
late_reply(void *arg)
{
	struct later *later = arg;

	list_remove(&later->node);
	timer_free(later->timer);
	http_reply_slice(later->request, 200, JSON_TYPE, SLICE("{\"late\":true}"));
}

static void
count_gone(struct http_request *q, void *arg)
{
	(void)q;
	(void)arg;
	gone_count++;
}

/* GET /slow?ms=: answers later, as a handler does that waits for the database. */
static void
slow(struct http_request *q)
{
	struct later *later = ARENA_NEW(http_arena(q), struct later);

	later->request = q;
	later->timer = timer_new(loop, late_reply, later);
	list_append(&waiting, &later->node);
	http_on_gone(q, count_gone, NULL);
	timer_start(later->timer, number(q, "ms", 100));
}

static void
big(struct http_request *q)
{
	struct buf out;
	int64_t bytes = number(q, "bytes", 1024 * 1024);

	buf_init(&out, (size_t)(bytes - number(q, "short", 0)));
	for (int64_t i = 0; i < bytes; i++)
		buf_add_char(&out, (char)('a' + i % 26));
	http_reply(q, 200, "text/plain", &out);
}

static void
stream_more(struct http_request *q, void *arg)
{
	struct later *later = arg;
	int r = 0;

	while (r == 0 && later->left > 0) {
		size_t take =
		    later->left < (int64_t)later->block.len ? (size_t)later->left : later->block.len;

		r = http_stream_write(q, slice_from(later->block.at, take));
		later->left -= (int64_t)take;
	}
	if (r == ERR_IO || later->left <= 0)
		http_stream_end(q, r != ERR_IO);
}

/* GET /stream?bytes=&block=: chunked. */
static void
stream(struct http_request *q)
{
	struct later *later = ARENA_NEW(http_arena(q), struct later);
	size_t block = (size_t)number(q, "block", 8192);
	char *bytes = arena_alloc(http_arena(q), block);

	memset(bytes, 's', block);
	later->block = slice_from(bytes, block);
	later->left = number(q, "bytes", 100000);
	http_stream_begin(q, 200, "text/plain", stream_more, later);
}

static void
broken_more(struct http_request *q, void *arg)
{
	(void)arg;
	if (!http_is_gone(q))
		http_stream_write(q, SLICE("partial"));
	http_stream_end(q, false);
}

static void
broken(struct http_request *q)
{
	http_stream_begin(q, 200, "text/plain", broken_more, NULL);
}

static void
metrics(struct http_request *q)
{
	struct buf out;

	buf_init(&out, 4 * 1024 * 1024);
	metrics_write(&out);
	http_reply(q, 200, METRICS_CONTENT_TYPE, &out);
}

static void
hash_work(void *arg)
{
	volatile uint64_t *sum = arg;

	for (uint64_t i = 0; i < 1000000; i++)
		*sum += i;
}

struct hashing {
	uint64_t sum;
	struct http_request *request;
};

static void
hash_done(void *arg)
{
	struct hashing *h = arg;

	http_reply_slice(
	    h->request, h->sum == 499999500000 ? 200 : 500, JSON_TYPE, SLICE("{\"hashed\":true}"));
}

static void
hash(struct http_request *q)
{
	struct hashing *h = ARENA_NEW(http_arena(q), struct hashing);

	h->request = q;
	if (offload_run(pool, hash_work, hash_done, h) < 0)
		http_reply_slice(q, 503, JSON_TYPE, SLICE("{\"busy\":true}"));
}

static void
die(struct http_request *q)
{
	(void)q;
	raise(SIGKILL);
}

/* Holds the loop for ever: the watchdog's case. */
static void
hang(struct http_request *q)
{
	(void)q;
	for (;;)
		pause();
}

static const struct {
	const char *path, *route;
	void (*handle)(struct http_request *q);
	size_t body_bytes; /* 0 = default */
} routes[] = {
	{ "/health", "GET /health", health, 0 },
	{ "/echo", "ANY /echo", echo, 0 },
	{ "/echo-small", "ANY /echo-small", echo, 16 },
	{ "/echo-large", "ANY /echo-large", echo, 4 * 1024 * 1024 },
	{ "/slow", "GET /slow", slow, 0 },
	{ "/big", "GET /big", big, 0 },
	{ "/stream", "GET /stream", stream, 0 },
	{ "/broken", "GET /broken", broken, 0 },
	{ "/metrics", "GET /metrics", metrics, 0 },
	{ "/hash", "GET /hash", hash, 0 },
	{ "/die", "GET /die", die, 0 },
	{ "/hang", "GET /hang", hang, 0 },
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static void
admit(struct http_request *q, size_t *body_bytes, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ROUTES; i++) {
		if (!slice_eq_text(http_path(q), routes[i].path))
			continue;
		http_set_route(q, routes[i].route);
		http_set_context(q, (void *)(uintptr_t)(i + 1));
		*body_bytes = routes[i].body_bytes ? routes[i].body_bytes : *body_bytes;
		return;
	}
	if (slice_starts(http_path(q), SLICE("/health/")))
		return;
	http_reply_slice(q, 404, JSON_TYPE, SLICE("{\"status\":404}"));
}

static void
handle(struct http_request *q, void *arg)
{
	(void)arg;
	routes[(uintptr_t)http_context(q) - 1].handle(q);
}

static void
problem(int status, const char *reason, struct buf *out, const char **ret_type, void *arg)
{
	(void)arg;
	buf_addf(out, "{\"status\":%d,\"detail\":\"%s\"}", status, reason);
	*ret_type = "application/problem+json";
}

const struct http_hooks test_hooks = { .admit = admit, .handle = handle, .problem = problem };

void
test_routes_init(struct loop *l)
{
	loop = l;
	pool = offload_new(l, 2, 8);
}

void
test_routes_free(void)
{
	offload_free(pool);
	LIST_FOREACH(n, &waiting)
	{
		late_reply(LIST_ITEM(n, struct later, node)); /* the server is gone; a reply is still owed */
	}
}
