/* The loop, the offload pool, the metrics and the listeners: the promises of their headers. */
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "server/loop/listen.h"
#include "server/loop/loop.h"
#include "server/loop/metrics.h"
#include "server/loop/offload.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

#define LETTER(text) ((void *)(uintptr_t)(text)) /* a literal as an argument */

static struct loop *l;
static char said[256]; /* one letter for each thing that happened, in order */

static void
say(void *arg)
{
	size_t len = strlen(said);

	said[len] = *(const char *)arg;
	said[len + 1] = '\0';
}

static void
setup(void)
{
	l = loop_new();
	said[0] = '\0';
}

static void
teardown(void)
{
	loop_free(l);
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(l);
}

START_TEST(timers_run_in_the_order_of_their_time)
{
	struct timer *a = timer_new(l, say, LETTER("a")), *b = timer_new(l, say, LETTER("b"));
	struct timer *never = timer_new(l, say, LETTER("n")), *end = timer_new(l, stop, NULL);
	int64_t since = time_monotonic_us();

	timer_start(a, 60);
	timer_start(b, 20);
	timer_start(never, 30);
	timer_stop(never);
	timer_start(end, 100);
	loop_run(l);
	ck_assert_str_eq(said, "ba");
	ck_assert_int_ge(time_monotonic_us() - since, 95000);
	timer_free(a);
	timer_free(b);
	timer_free(never);
	timer_free(end);
	timer_free(NULL);
}
END_TEST

static struct timer *own;

static void
free_own(void *arg)
{
	timer_free(own);
	say(arg);
}

START_TEST(a_timer_may_free_itself)
{
	own = timer_new(l, free_own, LETTER("x"));
	timer_start(own, 0);
	loop_run(l); /* ends: nothing is left that could happen */
	ck_assert_str_eq(said, "x");
}
END_TEST

static void
defer_again(void *arg)
{
	say(arg);
	loop_defer(l, say, LETTER("3"));
}

START_TEST(deferred_work_keeps_its_order_and_may_defer_more)
{
	loop_defer(l, say, LETTER("1"));
	loop_defer(l, defer_again, LETTER("2"));
	loop_defer(l, say, LETTER("4"));
	loop_turn(l, 0);
	ck_assert_str_eq(said, "124");
	loop_run(l);
	ck_assert_str_eq(said, "1243");
}
END_TEST

static struct watch *watch;

static void
on_ready(int fd, int ready, void *arg)
{
	char c;

	(void)arg;
	if ((ready & WATCH_READ) && read(fd, &c, 1) == 1)
		say(&c);
	if (ready & WATCH_WRITE) {
		say(LETTER("w"));
		watch_set(watch, WATCH_READ);
	}
}

START_TEST(descriptors_are_watched_for_what_is_asked)
{
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	watch = watch_new(l, fd[0], 0, on_ready, NULL);
	ck_assert_int_eq(write(fd[1], "ab", 2), 2);
	loop_turn(l, 10);
	ck_assert_str_eq(said, "");
	watch_set(watch, WATCH_READ);
	loop_turn(l, 10);
	loop_turn(l, 10); /* level triggered: the second byte is still there */
	ck_assert_str_eq(said, "ab");
	watch_set(watch, WATCH_READ | WATCH_WRITE);
	loop_turn(l, 10);
	ck_assert_str_eq(said, "abw");
	watch_free(watch);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

static struct watch *pair[2];

static void
free_both(int fd, int ready, void *arg)
{
	(void)fd;
	(void)ready;
	say(arg);
	watch_free(pair[0]);
	watch_free(pair[1]);
}

START_TEST(a_watch_freed_in_the_same_round_is_not_called)
{
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	ck_assert_int_eq(write(fd[0], "x", 1) + write(fd[1], "x", 1), 2);
	for (int i = 0; i < 2; i++)
		pair[i] = watch_new(l, fd[i], WATCH_READ, free_both, LETTER("f"));
	loop_run(l);
	ck_assert_str_eq(said, "f");
	close(fd[0]);
	close(fd[1]);
}
END_TEST

static void
on_signal(int signo, void *arg)
{
	(void)signo;
	say(arg);
	loop_stop(l);
}

START_TEST(signals_arrive_on_the_loop)
{
	struct signal_watch *s = signal_watch_new(l, SIGUSR1, on_signal, LETTER("s"));

	kill(getpid(), SIGUSR1);
	loop_run(l);
	ck_assert_str_eq(said, "s");
	signal_watch_free(s);
	signal_watch_free(NULL);
}
END_TEST

struct sum {
	uint64_t n, result;
	pthread_t thread;
	int done;
};

static int finished;

static void
sum_work(void *arg)
{
	struct sum *s = arg;

	s->thread = pthread_self();
	for (uint64_t i = 1; i <= s->n; i++)
		s->result += i;
}

static void
sum_done(void *arg)
{
	((struct sum *)arg)->done++;
	if (++finished == 10)
		loop_stop(l);
}

START_TEST(offloaded_work_runs_elsewhere_and_ends_here)
{
	struct offload *o = offload_new(l, 2, 10);
	struct sum s[11] = { { 0 } };

	finished = 0;
	for (int i = 0; i < 10; i++) {
		s[i].n = 1000;
		ck_assert_int_eq(offload_run(o, sum_work, sum_done, &s[i]), 0);
	}
	ck_assert_uint_eq(offload_pending(o), 10);
	ck_assert_int_eq(offload_run(o, sum_work, sum_done, &s[10]), ERR_BUSY);
	loop_run(l);
	for (int i = 0; i < 10; i++) {
		ck_assert_uint_eq(s[i].result, 500500);
		ck_assert_int_eq(s[i].done, 1);
		ck_assert(!pthread_equal(s[i].thread, pthread_self()));
	}
	ck_assert_uint_eq(offload_pending(o), 0);
	offload_free(o);
	offload_free(NULL);
}
END_TEST

START_TEST(an_offload_pool_ends_only_when_its_work_is_done)
{
	struct offload *o = offload_new(l, 1, 10);
	struct sum s[5] = { { 0 } };

	for (int i = 0; i < 5; i++) {
		s[i].n = 100000;
		ck_assert_int_eq(offload_run(o, sum_work, sum_done, &s[i]), 0);
	}
	offload_free(o);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(s[i].done, 1);
}
END_TEST

/* Expected text by the Prometheus exposition format 0.0.4. */
START_TEST(metrics_are_printed_as_prometheus_reads_them)
{
	static const char want[] = "# HELP a_total Things.\n"
				   "# TYPE a_total counter\n"
				   "a_total{kind=\"x\"} 3\n"
				   "a_total{kind=\"y\"} 1\n"
				   "# HELP g_bytes Size.\n"
				   "# TYPE g_bytes gauge\n"
				   "g_bytes -5\n";
	struct buf out;

	metric_add(metric_counter("a_total", "kind=\"x\"", "Things."), 2);
	metric_set(metric_gauge("g_bytes", "", "Size."), -5);
	metric_add(metric_counter("a_total", "kind=\"y\"", "Things."), 1);
	metric_add(metric_counter("a_total", "kind=\"x\"", "Things."), 1);
	buf_init(&out, 1 << 20);
	metrics_write(&out);
	ck_slice(buf_slice(&out), want);
	buf_free(&out);
}
END_TEST

static const struct {
	int64_t us;
	const char *line;
} observed[] = {
	{ 0, "t_seconds_bucket{le=\"0.0001\"} 1\n" },
	{ 100, "t_seconds_bucket{le=\"0.0001\"} 1\n" }, /* borders are inclusive */
	{ 101, "t_seconds_bucket{le=\"0.0001\"} 0\nt_seconds_bucket{le=\"0.00025\"} 1\n" },
	{ 10000000,
	    "t_seconds_bucket{le=\"10\"} 1\nt_seconds_bucket{le=\"+Inf\"} 1\nt_seconds_sum 10.000000\n" },
	{ 10000001,
	    "t_seconds_bucket{le=\"10\"} 0\nt_seconds_bucket{le=\"+Inf\"} 1\nt_seconds_sum 10.000001\n" },
	{ 1500, "t_seconds_sum 0.001500\nt_seconds_count 1\n" },
};

START_TEST(latencies_fall_into_their_bucket)
{
	struct buf out;

	metric_observe_us(metric_histogram("t_seconds", "", "Time."), observed[_i].us);
	buf_init(&out, 1 << 20);
	metrics_write(&out);
	ck_assert_msg(strstr(out.at, observed[_i].line), "%s", out.at);
	buf_free(&out);
}
END_TEST

static void
count_in_child(int slot, const char *process, int64_t gauge)
{
	pid_t pid = fork();

	if (pid == 0) {
		metrics_enter(slot, process);
		metric_add(metric_counter("b_total", "", "Things."), 10);
		metric_set(metric_gauge("b_now", "", "Now."), gauge);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

START_TEST(counters_are_summed_over_processes_and_outlive_them)
{
	struct buf out;

	metrics_share();
	metrics_enter(0, "supervisor");
	count_in_child(1, "worker-0", 7);
	count_in_child(2, "worker-1", 8);
	metrics_leave(1);
	count_in_child(1, "worker-2", 9);
	metrics_leave(2);
	buf_init(&out, 1 << 20);
	metrics_write(&out);
	ck_assert_ptr_nonnull(strstr(out.at, "b_total 30\n"));
	ck_assert_ptr_nonnull(strstr(out.at, "b_now{process=\"worker-2\"} 9\n"));
	ck_assert_ptr_null(strstr(out.at, "worker-1"));
	buf_free(&out);
}
END_TEST

START_TEST(a_full_metrics_table_loses_series_and_nothing_else)
{
	char name[40];

	for (int i = 0; i < METRICS_SERIES + 10; i++) {
		snprintf(name, sizeof(name), "n%d_total", i);
		metric_add(metric_counter(name, "", "Things."), 1);
	}
	ck_assert_uint_eq(*metric_counter("n0_total", "", "Things."), 1);
}
END_TEST

static const char *const bad_addresses[] = { "", "127.0.0.1", ":8080", "localhost:80", "127.0.0.1:65536",
	"127.0.0.1:-1", "127.0.0.1:http", "::1:80", "[::1]", "[::1:80", "256.0.0.1:80", "unix:", "*:" };

START_TEST(addresses_that_are_none_are_refused)
{
	struct err e = { 0 };
	bool is_unix;
	int fd;

	ck_assert_int_eq(listen_check(slice_of(bad_addresses[_i]), &is_unix, &e), ERR_INPUT);
	ck_assert_int_eq(listen_open(slice_of(bad_addresses[_i]), false, &fd, &e), ERR_INPUT);
}
END_TEST

START_TEST(workers_share_a_port_and_others_do_not)
{
	struct err e = { 0 };
	char address[40];
	int fd, again;

	ck_assert_int_eq(listen_open(SLICE("127.0.0.1:0"), true, &fd, &e), 0);
	ck_assert_int_gt(listen_port(fd), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%d", listen_port(fd));
	ck_assert_int_eq(listen_open(slice_of(address), true, &again, &e), 0);
	close(again);
	ck_assert_int_eq(listen_open(slice_of(address), false, &again, &e), ERR_CONFLICT);
	close(fd);
}
END_TEST

START_TEST(a_stale_socket_file_is_replaced_a_live_one_is_not)
{
	char address[80];
	struct err e = { 0 };
	int fd, again;

	snprintf(address, sizeof(address), "unix:/tmp/hmis-test-loop-%d", (int)getpid());
	ck_assert_int_eq(listen_open(slice_of(address), false, &fd, &e), 0);
	ck_assert_int_eq(listen_port(fd), 0);
	ck_assert_int_eq(listen_open(slice_of(address), false, &again, &e), ERR_CONFLICT);
	close(fd);
	ck_assert_int_eq(listen_open(slice_of(address), false, &fd, &e), 0);
	close(fd);
	unlink(address + 5);
	ck_assert_int_eq(listen_open(SLICE("unix:/"), false, &fd, &e), ERR_CONFLICT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("loop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, timers_run_in_the_order_of_their_time);
	tcase_add_test(t, a_timer_may_free_itself);
	tcase_add_test(t, deferred_work_keeps_its_order_and_may_defer_more);
	tcase_add_test(t, descriptors_are_watched_for_what_is_asked);
	tcase_add_test(t, a_watch_freed_in_the_same_round_is_not_called);
	tcase_add_test(t, signals_arrive_on_the_loop);
	tcase_add_test(t, offloaded_work_runs_elsewhere_and_ends_here);
	tcase_add_test(t, an_offload_pool_ends_only_when_its_work_is_done);
	tcase_add_test(t, metrics_are_printed_as_prometheus_reads_them);
	tcase_add_loop_test(t, latencies_fall_into_their_bucket, 0, COUNT(observed));
	tcase_add_test(t, counters_are_summed_over_processes_and_outlive_them);
	tcase_add_test(t, a_full_metrics_table_loses_series_and_nothing_else);
	tcase_add_loop_test(t, addresses_that_are_none_are_refused, 0, COUNT(bad_addresses));
	tcase_add_test(t, workers_share_a_port_and_others_do_not);
	tcase_add_test(t, a_stale_socket_file_is_replaced_a_live_one_is_not);
	suite_add_tcase(s, t);
	return unit_main(s);
}
