/*
 * The HTTP client against our own server and against sockets that misbehave: above all, whether the far side
 * may have acted is never told wrongly (a claim must not be sent twice after success, nor be taken for sent).
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "server/loop/http.h"
#include "server/loop/http_client.h"
#include "server/loop/listen.h"
#include "tests/unit/server/http_test_routes.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct loop *l;
static struct http_server *server;
static struct http_client *client;
static int server_fd;
static struct arena *arena;
static struct http_answer got; /* the last answer, its slices in arena */
static char header_x_echo[16];
static int answers, wanted;

static void
setup(void)
{
	const struct http_client_limits few = { .connections = 8, .connections_per_host = 4, .queue = 16 };
	struct http_limits limits;
	struct err e = { 0 };

	l = loop_new();
	arena = arena_new(0);
	test_routes_init(l);
	http_limits_default(&limits);
	limits.log_requests = false;
	ck_assert_int_eq(http_server_new(l, &limits, NULL, &test_hooks, NULL, &server, &e), 0);
	ck_assert_int_eq(listen_open(SLICE("127.0.0.1:0"), false, &server_fd, &e), 0);
	ck_assert_int_eq(http_server_listen(server, server_fd, false, &e), 0);
	client = http_client_new(l, &few);
	answers = 0;
	wanted = 1;
}

static void
teardown(void)
{
	http_client_free(client);
	http_server_free(server);
	test_routes_free();
	close(server_fd);
	loop_free(l);
	arena_free(arena);
}

static void
on_answer(const struct http_answer *answer, void *arg)
{
	struct slice echo = http_answer_header(answer, "x-echo");

	(void)arg;
	got = *answer;
	got.body = arena_slice(arena, answer->body);
	snprintf(header_x_echo, sizeof(header_x_echo), "%.*s", SLICE_ARG(echo));
	if (++answers == wanted)
		loop_stop(l);
}

static const char *
url(int port, const char *path)
{
	return arena_printf(arena, "http://127.0.0.1:%d%s", port, path);
}

static void
send_and_wait(const struct http_call *call)
{
	struct err e = { 0 };

	ck_assert_int_eq(http_client_send(client, call, on_answer, NULL, NULL, &e), 0);
	loop_run(l);
}

START_TEST(a_request_is_answered)
{
	static const char *const header[] = { "X-Test: abc", NULL };
	struct http_call call = { .method = "POST",
		.url = url(listen_port(server_fd), "/echo?a=1"),
		.header = header,
		.body = SLICE("hello") };

	send_and_wait(&call);
	ck_assert_int_eq(got.outcome, HTTP_ANSWERED);
	ck_assert_int_eq(got.status, 200);
	ck_assert_str_eq(header_x_echo, "yes");
	ck_assert(slice_ends(got.body, SLICE("\"x-test\":\"abc\",\"body\":\"hello\"}")));
}
END_TEST

START_TEST(an_error_status_is_an_answer)
{
	struct http_call call = { .method = "GET", .url = url(listen_port(server_fd), "/nope") };

	send_and_wait(&call);
	ck_assert_int_eq(got.outcome, HTTP_ANSWERED);
	ck_assert_int_eq(got.status, 404);
}
END_TEST

START_TEST(head_has_no_body)
{
	struct http_call call = { .method = "HEAD", .url = url(listen_port(server_fd), "/health") };

	send_and_wait(&call);
	ck_assert_int_eq(got.status, 200);
	ck_assert_uint_eq(got.body.len, 0);
}
END_TEST

START_TEST(many_requests_wait_in_line_up_to_the_cap)
{
	struct http_call call = { .method = "GET", .url = url(listen_port(server_fd), "/slow?ms=10") };
	struct err e = { 0 };

	wanted = 16;
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(http_client_send(client, &call, on_answer, NULL, NULL, &e), 0);
	ck_assert_int_eq(http_client_send(client, &call, on_answer, NULL, NULL, &e), ERR_BUSY);
	loop_run(l);
	ck_assert_int_eq(answers, 16);
	ck_assert_int_eq(got.status, 200);
}
END_TEST

START_TEST(an_answer_over_the_limit_is_refused)
{
	struct http_call call = { .method = "GET",
		.url = url(listen_port(server_fd), "/big?bytes=100000"),
		.response_bytes = 99999 };

	send_and_wait(&call);
	ck_assert_int_eq(got.outcome, HTTP_UNKNOWN);
	ck_assert_int_eq(got.err.code, ERR_LIMIT);
}
END_TEST

START_TEST(a_refused_connection_was_surely_not_sent)
{
	struct err e = { 0 };
	int fd;

	ck_assert_int_eq(listen_open(SLICE("127.0.0.1:0"), false, &fd, &e), 0);
	struct http_call call = { .method = "POST", .url = url(listen_port(fd), "/"), .body = SLICE("x") };

	close(fd);
	send_and_wait(&call);
	ck_assert_int_eq(got.outcome, HTTP_NOT_SENT);
	ck_assert_int_eq(got.err.code, ERR_IO);
}
END_TEST

START_TEST(a_deadline_after_the_request_left_is_unknown)
{
	struct http_call call = {
		.method = "POST", .url = url(listen_port(server_fd), "/slow?ms=5000"), .total_ms = 100
	};

	send_and_wait(&call);
	ck_assert_int_eq(got.outcome, HTTP_UNKNOWN);
	ck_assert_int_ge(got.took_us, 90000);
	ck_assert_int_lt(got.took_us, 3000000);
}
END_TEST

/* A process that reads one request, answers with these bytes and closes; ends with the number of requests
 * that came. */
static pid_t
start_peer(int fd, const char *says)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char request[4096];
	int count = 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	while (poll(&p, 1, count ? 400 : 5000) == 1) {
		int c = accept(fd, NULL, NULL);

		if (recv(c, request, sizeof(request), 0) > 0)
			count++;
		if (send(c, says, strlen(says), MSG_NOSIGNAL) < 0)
			count += 100;
		close(c);
	}
	_exit(count);
}

static const struct {
	const char *method, *says;
	enum http_outcome outcome;
} peers[] = {
	{ "POST", "", HTTP_UNKNOWN },
	{ "GET", "", HTTP_UNKNOWN },
	{ "POST", "HTTP/1.1 200 OK\r\nContent-Le", HTTP_UNKNOWN },
	{ "POST", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", HTTP_UNKNOWN },
	{ "POST", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", HTTP_UNKNOWN },
	{ "POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
	    HTTP_ANSWERED },
	{ "POST", "SSH-2.0-OpenSSH\r\n", HTTP_UNKNOWN },
};

START_TEST(a_broken_answer_is_unknown_and_never_sent_again)
{
	struct err e = { 0 };
	int fd, status;

	ck_assert_int_eq(listen_open(SLICE("127.0.0.1:0"), false, &fd, &e), 0);
	pid_t peer = start_peer(fd, peers[_i].says);
	struct http_call call = {
		.method = peers[_i].method, .url = url(listen_port(fd), "/"), .total_ms = 5000
	};

	send_and_wait(&call);
	ck_assert_int_eq(got.outcome, peers[_i].outcome);
	ck_assert_int_eq(waitpid(peer, &status, 0), peer);
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	close(fd);
}
END_TEST

static const struct http_call bad_calls[] = {
	{ .method = "GET", .url = "ftp://127.0.0.1/" },
	{ .method = "GET", .url = "file:///etc/passwd" },
	{ .method = "GET", .url = "127.0.0.1" },
	{ .method = "GET", .url = "http://127.0.0.1/\r\nX: y" },
	{ .method = "get", .url = "http://127.0.0.1/" },
	{ .method = "", .url = "http://127.0.0.1/" },
	{ .method = "GET",
	    .url = "http://127.0.0.1/",
	    .header = (const char *const[]){ "X: a\r\nY: b", NULL } },
	{ .method = "GET", .url = "http://127.0.0.1/", .header = (const char *const[]){ "no colon", NULL } },
};

START_TEST(calls_that_cannot_be_sent_are_refused_at_once)
{
	struct err e = { 0 };

	ck_assert_int_eq(http_client_send(client, &bad_calls[_i], on_answer, NULL, NULL, &e), ERR_INPUT);
	ck_assert_str_ne(e.field, "");
}
END_TEST

START_TEST(a_cancelled_request_is_never_heard_of)
{
	struct http_call call = { .method = "GET", .url = url(listen_port(server_fd), "/slow?ms=30") };
	struct http_exchange *x;
	struct err e = { 0 };

	ck_assert_int_eq(http_client_send(client, &call, on_answer, NULL, &x, &e), 0);
	for (int i = 0; i < 5; i++)
		loop_turn(l, 5);
	http_exchange_cancel(x);
	for (int i = 0; i < 20; i++)
		loop_turn(l, 5);
	ck_assert_int_eq(answers, 0);
	/* and one that is under way when the client goes */
	ck_assert_int_eq(http_client_send(client, &call, on_answer, NULL, &x, &e), 0);
	loop_turn(l, 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_client");
	TCase *t = tcase_create("http_client");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_request_is_answered);
	tcase_add_test(t, an_error_status_is_an_answer);
	tcase_add_test(t, head_has_no_body);
	tcase_add_test(t, many_requests_wait_in_line_up_to_the_cap);
	tcase_add_test(t, an_answer_over_the_limit_is_refused);
	tcase_add_test(t, a_refused_connection_was_surely_not_sent);
	tcase_add_test(t, a_deadline_after_the_request_left_is_unknown);
	tcase_add_loop_test(t, a_broken_answer_is_unknown_and_never_sent_again, 0, COUNT(peers));
	tcase_add_loop_test(t, calls_that_cannot_be_sent_are_refused_at_once, 0, COUNT(bad_calls));
	tcase_add_test(t, a_cancelled_request_is_never_heard_of);
	suite_add_tcase(s, t);
	return unit_main(s);
}
