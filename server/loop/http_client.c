#include "server/loop/http_client.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/time.h"

#define HEAD_BYTES (64 * 1024)
#define RESPONSE_BYTES_DEFAULT (16 * 1024 * 1024)
#define CONNECT_MS_DEFAULT 10000
#define TOTAL_MS_DEFAULT 60000

struct http_client {
	struct loop *loop;
	CURLM *multi;
	struct timer *timer;
	struct list_node exchanges;
	int count, queue;
};

struct http_exchange {
	struct list_node node;
	struct http_client *client;
	CURL *easy;
	struct curl_slist *headers;
	void (*done)(const struct http_answer *answer, void *arg);
	void *arg;
	struct buf request, head, body;
	int64_t started_us;
	char error[CURL_ERROR_SIZE];
};

/* One socket of curl's. */
struct wire {
	struct http_client *client;
	struct watch *watch;
};

static void
exchange_free(struct http_exchange *x)
{
	list_remove(&x->node);
	x->client->count--;
	curl_multi_remove_handle(x->client->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	buf_free(&x->request);
	buf_free(&x->head);
	buf_free(&x->body);
	free(x);
}

/*
 * Did the transfer end before the point where a request is written (name, connection, proxy, handshake)?
 * curl's error codes do not tell: CURLE_UNSUPPORTED_PROTOCOL, say, is also an answer that is not HTTP.
 */
static bool
surely_not_sent(const struct http_exchange *x)
{
	curl_off_t sent_us = 0;

	curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
	return sent_us == 0;
}

static void
judge(const struct http_exchange *x, CURLcode code, struct http_answer *ret)
{
	long status = 0;

	ret->took_us = time_monotonic_us() - x->started_us;
	ret->body = buf_slice(&x->body);
	ret->head = buf_slice(&x->head);
	/* curl takes a head that the peer broke off for a complete answer without body */
	if (code == CURLE_OK && slice_ends(ret->head, SLICE("\r\n\r\n"))) {
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		ret->outcome = HTTP_ANSWERED;
		ret->status = (int)status;
		return;
	}
	ret->outcome = surely_not_sent(x) ? HTTP_NOT_SENT : HTTP_UNKNOWN;
	if (!buf_ok(&x->body) || !buf_ok(&x->head))
		err_set(&ret->err, ERR_LIMIT, NULL, "the answer is longer than %zu bytes", x->body.max);
	else if (code == CURLE_OK)
		err_set(&ret->err, ERR_IO, NULL, "the answer broke off within its head");
	else
		err_set(&ret->err, ERR_IO, NULL, "%s%s%s", curl_easy_strerror(code), x->error[0] ? ": " : "",
		    x->error);
}

/* Tells the owners of what curl has finished. */
static void
collect(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left))) {
		struct http_answer answer = { 0 };
		struct http_exchange *x;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		judge(x, code, &answer);
		x->done(&answer, x->arg);
		exchange_free(x);
	}
}

static void
on_socket(int fd, int ready, void *arg)
{
	struct wire *w = arg;
	struct http_client *c = w->client;
	int running;

	curl_multi_socket_action(c->multi, fd,
	    (ready & WATCH_READ ? CURL_CSELECT_IN : 0) | (ready & WATCH_WRITE ? CURL_CSELECT_OUT : 0),
	    &running);
	collect(c); /* w may be gone */
}

static int
socket_changed(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct http_client *c = arg;
	struct wire *w = of_socket;
	int watch = (what & CURL_POLL_IN ? WATCH_READ : 0) | (what & CURL_POLL_OUT ? WATCH_WRITE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (!w)
			return 0;
		watch_free(w->watch);
		loop_defer(c->loop, free, w);
		return 0;
	}
	if (w) {
		watch_set(w->watch, watch);
		return 0;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		fatal("http client: out of memory");
	w->client = c;
	w->watch = watch_new(c->loop, fd, watch, on_socket, w);
	curl_multi_assign(c->multi, fd, w);
	return 0;
}

static void
on_timer(void *arg)
{
	struct http_client *c = arg;
	int running;

	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(c);
}

static int
timer_changed(CURLM *multi, long ms, void *arg)
{
	struct http_client *c = arg;

	(void)multi;
	if (ms < 0)
		timer_stop(c->timer);
	else
		timer_start(c->timer, ms);
	return 0;
}

struct http_client *
http_client_new(struct loop *l, const struct http_client_limits *limits)
{
	struct http_client *c = calloc(1, sizeof(*c));

	if (!c || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(c->multi = curl_multi_init()))
		fatal("http client: curl does not start");
	c->loop = l;
	c->queue = limits->queue;
	list_init(&c->exchanges);
	c->timer = timer_new(l, on_timer, c);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)limits->connections);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)limits->connections_per_host);
	return c;
}

void
http_client_free(struct http_client *c)
{
	if (!c)
		return;
	LIST_FOREACH(n, &c->exchanges)
	{
		exchange_free(LIST_ITEM(n, struct http_exchange, node));
	}
	curl_multi_cleanup(c->multi);
	timer_free(c->timer);
	curl_global_cleanup();
	free(c);
}

void
http_exchange_cancel(struct http_exchange *x)
{
	exchange_free(x);
}

static size_t
take(char *at, size_t one, size_t count, void *arg)
{
	struct buf *b = arg;

	buf_add(b, slice_from(at, one * count));
	return buf_ok(b) ? one * count : 0; /* short: curl ends the transfer */
}

static size_t
take_head(char *at, size_t one, size_t count, void *arg)
{
	struct buf *b = arg;

	if (one * count >= 5 && memcmp(at, "HTTP/", 5) == 0)
		buf_reset(b); /* after a 100 Continue or a proxy's answer the real head comes */
	return take(at, one, count, b);
}

static bool
is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 && *text != '\t')
			return false;
	return true;
}

static int
judge_call(const struct http_call *call, struct err *e)
{
	struct slice url = slice_of(call->url), method = slice_of(call->method);

	if (!slice_starts(url, SLICE("http://")) && !slice_starts(url, SLICE("https://")))
		return err_set(e, ERR_INPUT, "url", "http:// or https:// is wanted");
	if (!is_line(call->url))
		return err_set(e, ERR_INPUT, "url", "control character");
	for (size_t i = 0; i < method.len; i++)
		if (method.at[i] < 'A' || method.at[i] > 'Z')
			return err_set(e, ERR_INPUT, "method", "capital letters are wanted");
	if (method.len == 0 || method.len > 16)
		return err_set(e, ERR_INPUT, "method", "1 to 16 letters are wanted");
	for (const char *const *h = call->header; h && *h; h++)
		if (!is_line(*h) || !strchr(*h, ':'))
			return err_set(e, ERR_INPUT, "header", "a header is \"Name: value\" on one line");
	return 0;
}

static void
set_method(struct http_exchange *x, const struct http_call *call)
{
	bool safe = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;

	curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, call->method);
	if (strcmp(call->method, "HEAD") == 0)
		curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
	if (call->body.len > 0 || !safe) {
		curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, x->request.at ? x->request.at : "");
		curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->request.len);
	}
	/*
	 * When a kept connection turns out closed, curl sends the request again by itself. For a request that
	 * acts that could be the second time: such requests get a connection of their own.
	 */
	if (!safe) {
		curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
	}
}

static void
set_options(struct http_exchange *x, const struct http_call *call)
{
	CURL *h = x->easy;

	curl_easy_setopt(h, CURLOPT_PRIVATE, x);
	curl_easy_setopt(h, CURLOPT_URL, call->url);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, call->proxy ? call->proxy : "");
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(
	    h, CURLOPT_CONNECTTIMEOUT_MS, (long)(call->connect_ms ? call->connect_ms : CONNECT_MS_DEFAULT));
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(call->total_ms ? call->total_ms : TOTAL_MS_DEFAULT));
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, &x->body);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, &x->head);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, x->headers);
	if (call->ca_file)
		curl_easy_setopt(h, CURLOPT_CAINFO, call->ca_file);
	if (call->cert_file)
		curl_easy_setopt(h, CURLOPT_SSLCERT, call->cert_file);
	if (call->key_file)
		curl_easy_setopt(h, CURLOPT_SSLKEY, call->key_file);
	set_method(x, call);
}

static struct curl_slist *
make_headers(const struct http_call *call)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no wait for a 100 */

	for (const char *const *h = call->header; list && h && *h; h++)
		list = curl_slist_append(list, *h);
	if (!list)
		fatal("http client: out of memory");
	return list;
}

int
http_client_send(struct http_client *c, const struct http_call *call,
    void (*done)(const struct http_answer *answer, void *arg), void *arg, struct http_exchange **ret_exchange,
    struct err *e)
{
	struct http_exchange *x;

	if (judge_call(call, e) < 0)
		return ERR_INPUT;
	if (c->count >= c->queue)
		return err_set(e, ERR_BUSY, NULL, "%d requests are under way", c->count);
	x = calloc(1, sizeof(*x));
	if (!x || !(x->easy = curl_easy_init()))
		fatal("http client: out of memory");
	x->client = c;
	x->done = done;
	x->arg = arg;
	x->started_us = time_monotonic_us();
	x->headers = make_headers(call);
	buf_init(&x->request, call->body.len);
	buf_add(&x->request, call->body);
	buf_init(&x->head, HEAD_BYTES);
	buf_init(&x->body, call->response_bytes ? call->response_bytes : RESPONSE_BYTES_DEFAULT);
	set_options(x, call);
	list_append(&c->exchanges, &x->node);
	c->count++;
	if (curl_multi_add_handle(c->multi, x->easy) != CURLM_OK)
		fatal("http client: curl_multi_add_handle failed");
	if (ret_exchange)
		*ret_exchange = x;
	return 0;
}

/* name is lower case. */
static bool
is_name(struct slice s, const char *name)
{
	size_t i = 0;

	for (; i < s.len && name[i]; i++) {
		char c = s.at[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i])
			return false;
	}
	return i == s.len && !name[i];
}

struct slice
http_answer_header(const struct http_answer *a, const char *name)
{
	struct slice rest = a->head, line;

	while (rest.len > 0 && slice_split(&rest, '\n', &line)) {
		size_t colon = slice_find(line, ':');

		if (colon < line.len && is_name(slice_from(line.at, colon), name))
			return slice_trim(slice_skip(line, colon + 1));
	}
	return (struct slice){ NULL, 0 };
}
