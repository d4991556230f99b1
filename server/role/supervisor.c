/*
 * No event loop here: the children's loops are made after fork, and an epoll instance inherited by a child
 * would be shared with it. poll over a signalfd and the children's status pipes is enough.
 *
 * A seat is a place that must be filled (worker 0, worker 1, jobs 0 …); a child is a process that sits, sat
 * or shall sit in one. During a reload a seat has two: the old one works until the new one is ready.
 */
#include "server/role/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "server/loop/listen.h"
#include "server/loop/metrics.h"

#define CHILDREN_MAX (METRICS_SLOTS - 1) /* slot 0 is the supervisor's */
#define SEATS_MAX 40
#define LISTENERS_MAX 16   /* addresses */
#define READY_MS 30000     /* a reload's new process must be ready by then, or the old one stays */
#define KILL_GRACE_MS 5000 /* after server.stop_deadline */
#define STEADY_MS 60000    /* a process that lived so long is not part of a crash loop */
#define TICK_MS 200

/* Delay before the n-th restart of a process that keeps dying; the last one repeats. The first is at once. */
static const int backoff_ms[] = { 0, 100, 500, 1000, 2000, 5000 };
#define BACKOFFS ((int)(sizeof(backoff_ms) / sizeof(backoff_ms[0])))

enum child_state { CHILD_FREE, CHILD_STARTING, CHILD_READY, CHILD_DRAINING };

struct child {
	enum child_state state;
	pid_t pid;
	int seat;
	int status_fd; /* read end */
	int64_t started_ms, beat_ms;
	int64_t kill_ms; /* SIGKILL at this time; 0 = not planned */
	bool replaces;   /* of a reload: becomes the seat's child once it is ready */
};

struct seat {
	const struct proc_role *role;
	int index;
	int child; /* -1: empty */
	int crashes;
	int64_t restart_ms; /* when empty */
	uint64_t *restarts;
};

struct address {
	int fd[32]; /* one per worker for TCP; only [0] for Unix */
	int count;
	bool secure;
	char unix_path[112];
};

static struct {
	const char *config_file;
	const struct proc_role *roles;
	struct config *config;
	struct child child[CHILDREN_MAX];
	struct seat seat[SEATS_MAX];
	int seat_count;
	struct address address[LISTENERS_MAX];
	int address_count;
	int signal_fd;
	sigset_t signals_before;
	uid_t uid;
	gid_t gid;
	char user[65];
	bool stopping, reload_wanted, announced;
	uint64_t *reloads;
} sup;

static int64_t
now_ms(void)
{
	return time_monotonic_us() / 1000;
}

/* --- configuration --- */

static int
check_addresses(const struct config *c, enum config_key key, struct err *e)
{
	struct slice rest = slice_of(config_text(c, key)), address;
	bool is_unix;

	while (rest.len > 0 && slice_split(&rest, ' ', &address)) {
		if (address.len > 0 && listen_check(address, &is_unix, e) < 0) {
			err_prefix_field(e, config_row(key)->name);
			return ERR_INPUT;
		}
	}
	return 0;
}

int
supervisor_check(const char *config_file, const struct proc_role *roles, struct config **ret, struct err *e)
{
	struct config *c;
	int r = config_load(config_file, environ, &c, e);

	if (r < 0)
		return r;
	r = check_addresses(c, CONFIG_HTTP_LISTEN, e);
	if (r == 0)
		r = check_addresses(c, CONFIG_HTTP_LISTEN_TLS, e);
	if (r == 0 && config_text(c, CONFIG_HTTP_LISTEN_TLS)[0] &&
	    (!config_text(c, CONFIG_HTTP_TLS_CERTIFICATE)[0] || !config_text(c, CONFIG_HTTP_TLS_KEY)[0]))
		r = err_set(e, ERR_INPUT, "http.listen_tls", "needs http.tls_certificate and http.tls_key");
	for (const struct proc_role *role = roles; r == 0 && role->name; role++)
		if (role->check)
			r = role->check(c, e);
	if (r < 0) {
		config_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

static int
seats_of(const struct proc_role *role)
{
	int64_t n = config_int(sup.config, role->count_key);

	if (n == 0 && role->count_key == CONFIG_SERVER_WORKERS)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 32 ? 32 : (int)n;
}

static int
plan_seats(void)
{
	char label[64];

	for (const struct proc_role *role = sup.roles; role->name; role++) {
		for (int i = 0; i < seats_of(role); i++) {
			struct seat *s = &sup.seat[sup.seat_count];

			if (sup.seat_count++ == SEATS_MAX)
				fatal("supervisor: more than %d processes", SEATS_MAX);
			*s = (struct seat){ .role = role, .index = i, .child = -1 };
			snprintf(label, sizeof(label), "role=\"%s\"", role->name);
			s->restarts = metric_counter("hmis_process_restarts_total", label,
			    "Processes restarted after an unasked end.");
		}
	}
	return 0;
}

/* --- sockets --- */

static int
open_address(struct slice text, bool secure, int workers, struct err *e)
{
	struct address *a = &sup.address[sup.address_count];
	char again[128];
	bool is_unix;
	int r;

	if (sup.address_count == LISTENERS_MAX)
		return err_set(e, ERR_LIMIT, "http.listen", "more than %d addresses", LISTENERS_MAX);
	if ((r = listen_check(text, &is_unix, e)) < 0)
		return r;
	a->secure = secure;
	if (is_unix)
		snprintf(a->unix_path, sizeof(a->unix_path), "%.*s", SLICE_ARG(slice_skip(text, 5)));
	sup.address_count++;
	for (int i = 0; i < (is_unix ? 1 : workers); i++) {
		if ((r = listen_open(text, !is_unix, &a->fd[i], e)) < 0)
			return r;
		a->count++;
		if (i > 0 || is_unix)
			continue;
		/* port 0 was chosen by the kernel: the other workers share that choice */
		size_t colon = text.len;

		while (text.at[colon - 1] != ':')
			colon--;
		snprintf(again, sizeof(again), "%.*s%d", (int)colon, text.at, listen_port(a->fd[0]));
		text = slice_of(again);
	}
	log_event(LOG_INFO, "listen", "address=%.*s tls=%d sockets=%d", SLICE_ARG(text), secure, a->count);
	return 0;
}

static int
open_addresses(enum config_key key, bool secure, int workers, struct err *e)
{
	struct slice rest = slice_of(config_text(sup.config, key)), address;
	int r = 0;

	while (r == 0 && rest.len > 0 && slice_split(&rest, ' ', &address))
		if (address.len > 0)
			r = open_address(address, secure, workers, e);
	return r;
}

static int
open_sockets(struct err *e)
{
	int workers = 0, r;

	for (int i = 0; i < sup.seat_count; i++)
		workers += (sup.seat[i].role->flags & PROC_LISTENS) != 0;
	if (workers == 0)
		return 0;
	r = open_addresses(CONFIG_HTTP_LISTEN, false, workers, e);
	return r < 0 ? r : open_addresses(CONFIG_HTTP_LISTEN_TLS, true, workers, e);
}

static void
close_sockets(bool remove_files)
{
	for (int i = 0; i < sup.address_count; i++) {
		for (int k = 0; k < sup.address[i].count; k++)
			close(sup.address[i].fd[k]);
		if (remove_files && sup.address[i].unix_path[0])
			unlink(sup.address[i].unix_path);
	}
	sup.address_count = 0;
}

/* --- children --- */

static int
find_user(struct err *e)
{
	const char *name = config_text(sup.config, CONFIG_SERVER_USER);
	struct passwd *pw;

	if (!name[0] || geteuid() != 0)
		return 0;
	pw = getpwnam(name);
	if (!pw)
		return err_set(e, ERR_INPUT, "server.user", "no such user: %s", name);
	sup.uid = pw->pw_uid;
	sup.gid = pw->pw_gid;
	snprintf(sup.user, sizeof(sup.user), "%s", name);
	for (int i = 0; i < sup.address_count; i++)
		if (sup.address[i].unix_path[0] && chown(sup.address[i].unix_path, sup.uid, sup.gid) < 0)
			return err_set(
			    e, ERR_IO, "http.listen", "chown %s: error %d", sup.address[i].unix_path, errno);
	return 0;
}

static void
drop_user(const struct proc_role *role)
{
	if (!sup.user[0] || (role->flags & PROC_PRIVATE))
		return;
	if (initgroups(sup.user, sup.gid) < 0 || setgid(sup.gid) < 0 || setuid(sup.uid) < 0)
		fatal("supervisor: cannot become %s", sup.user);
}

/* In the new process: gives up what belongs to others, then runs the role. */
static _Noreturn void
child_main(const struct seat *seat, int slot, int status_fd, int parent)
{
	static struct proc_listener listener[LISTENERS_MAX];
	static struct proc p;
	char name[48];

	close(sup.signal_fd);
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (sup.child[i].state != CHILD_FREE)
			close(sup.child[i].status_fd);
	for (int i = 0; i < sup.address_count; i++) {
		const struct address *a = &sup.address[i];

		for (int k = 0; k < a->count; k++) {
			bool ours = (seat->role->flags & PROC_LISTENS) && (a->count == 1 || k == seat->index);

			if (ours)
				listener[p.listener_count++] = (struct proc_listener){ a->fd[k], a->secure };
			else
				close(a->fd[k]);
		}
	}
	snprintf(name, sizeof(name), "%s-%d", seat->role->name, seat->index);
	metrics_enter(slot, name);
	drop_user(seat->role);
	p.index = seat->index;
	p.config = sup.config;
	p.listener = listener;
	proc_child(&p, seat->role, status_fd, parent);
}

/* Forks a process for the seat; its number, or -1 when the machine refuses. */
static int
child_start(int seat, bool replaces)
{
	struct child *c;
	int pipe_fd[2], slot, parent = getpid();

	for (slot = 0; slot < CHILDREN_MAX && sup.child[slot].state != CHILD_FREE;)
		slot++;
	c = slot < CHILDREN_MAX ? &sup.child[slot] : NULL;
	if (!c || pipe2(pipe_fd, O_NONBLOCK | O_CLOEXEC) < 0) {
		log_event(LOG_ERROR, "start", "problem=no-slot-or-pipe error=%d", errno);
		return -1;
	}
	pid_t pid = fork();

	if (pid == 0) {
		close(pipe_fd[0]);
		child_main(&sup.seat[seat], slot + 1, pipe_fd[1], parent);
	}
	close(pipe_fd[1]);
	if (pid < 0) {
		log_event(LOG_ERROR, "start", "problem=fork error=%d", errno);
		close(pipe_fd[0]);
		return -1;
	}
	*c = (struct child){ .state = CHILD_STARTING,
		.pid = pid,
		.seat = seat,
		.status_fd = pipe_fd[0],
		.started_ms = now_ms(),
		.beat_ms = now_ms(),
		.replaces = replaces };
	log_event(LOG_INFO, "start", "role=%s index=%d pid=%d", sup.seat[seat].role->name,
	    sup.seat[seat].index, (int)pid);
	return slot;
}

static void
child_stop(struct child *c)
{
	if (c->state == CHILD_FREE || c->state == CHILD_DRAINING)
		return;
	c->state = CHILD_DRAINING;
	c->kill_ms = now_ms() + config_int(sup.config, CONFIG_SERVER_STOP_DEADLINE) + KILL_GRACE_MS;
	kill(c->pid, SIGTERM);
}

static void
seat_backoff(struct seat *s, const struct child *c)
{
	int delay;

	if (now_ms() - c->started_ms > STEADY_MS)
		s->crashes = 0;
	delay = backoff_ms[s->crashes < BACKOFFS ? s->crashes : BACKOFFS - 1];
	s->crashes++;
	s->child = -1;
	s->restart_ms = now_ms() + delay;
	metric_add(s->restarts, 1);
	log_event(LOG_WARN, "restart", "role=%s index=%d crashes=%d delay_ms=%d", s->role->name, s->index,
	    s->crashes, delay);
}

static void
child_ended(struct child *c, int status)
{
	struct seat *s = &sup.seat[c->seat];
	bool asked = c->state == CHILD_DRAINING;
	bool current = s->child == (int)(c - sup.child);

	log_event(asked ? LOG_INFO : LOG_WARN, "end", "role=%s index=%d pid=%d code=%d signal=%d asked=%d",
	    s->role->name, s->index, (int)c->pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0, asked);
	close(c->status_fd);
	c->state = CHILD_FREE;
	metrics_leave((int)(c - sup.child) + 1);
	if (c->replaces && !asked)
		log_event(LOG_ERROR, "reload", "problem=new-process-ended role=%s index=%d kept=old",
		    s->role->name, s->index);
	if (!current)
		return;
	if (asked) {
		s->child = -1;
		s->restart_ms = now_ms();
	} else {
		seat_backoff(s, c);
	}
}

static void
reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < CHILDREN_MAX; i++)
			if (sup.child[i].state != CHILD_FREE && sup.child[i].pid == pid)
				child_ended(&sup.child[i], status);
}

/* --- readiness, reload, stop --- */

static void
write_pid_file(void)
{
	const char *path = config_text(sup.config, CONFIG_SERVER_PID_FILE);
	struct err e = { 0 };
	struct buf b;

	if (!path[0])
		return;
	buf_init(&b, 32);
	buf_addf(&b, "%d\n", (int)getpid());
	if (buf_write_file(&b, path, &e) < 0)
		log_event(LOG_ERROR, "pid-file", "detail=\"%s\"", e.detail);
	buf_free(&b);
}

static void
announce(void)
{
	if (sup.announced || sup.stopping)
		return;
	for (int i = 0; i < sup.seat_count; i++)
		if (sup.seat[i].child < 0 || sup.child[sup.seat[i].child].state != CHILD_READY)
			return;
	sup.announced = true;
	write_pid_file();
	log_event(LOG_INFO, "ready", "processes=%d", sup.seat_count);
}

static void
child_ready(struct child *c)
{
	struct seat *s = &sup.seat[c->seat];

	if (c->state != CHILD_STARTING)
		return;
	c->state = CHILD_READY;
	if (c->replaces) {
		c->replaces = false;
		if (s->child >= 0)
			child_stop(&sup.child[s->child]);
		s->child = (int)(c - sup.child);
		s->crashes = 0;
	}
	announce();
}

static void
child_heard(struct child *c)
{
	char text[64];
	ssize_t n = read(c->status_fd, text, sizeof(text));

	if (n <= 0)
		return;
	c->beat_ms = now_ms();
	if (memchr(text, PROC_READY, (size_t)n))
		child_ready(c);
}

static bool
reload_running(void)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (sup.child[i].state == CHILD_STARTING && sup.child[i].replaces)
			return true;
	return false;
}

static void
warn_fixed(const struct config *now)
{
	struct buf names;

	buf_init(&names, 4096);
	config_diff_fixed(sup.config, now, &names);
	if (names.len > 0)
		log_event(LOG_WARN, "reload", "needs-restart=\"%.*s\"", SLICE_ARG(buf_slice(&names)));
	buf_free(&names);
}

static void
reload(void)
{
	struct config *now;
	struct err e = { 0 };

	if (supervisor_check(sup.config_file, sup.roles, &now, &e) < 0) {
		log_event(LOG_ERROR, "reload", "field=\"%s\" detail=\"%s\" kept=old", e.field, e.detail);
		return;
	}
	warn_fixed(now);
	config_free(sup.config);
	sup.config = now;
	log_open("supervisor", log_level_parse(config_text(now, CONFIG_LOG_LEVEL)));
	metric_add(sup.reloads, 1);
	log_event(LOG_INFO, "reload", "seats=%d", sup.seat_count);
	for (int i = 0; i < sup.seat_count; i++) {
		struct seat *s = &sup.seat[i];

		s->crashes = 0;
		if (s->child < 0)
			s->restart_ms = now_ms();
		else if (s->role->flags & PROC_SINGLE)
			child_stop(&sup.child[s->child]);
		else
			child_start(i, true);
	}
}

/* True when no child is left whose role has not all of these flags … and those that remain were asked to end.
 */
static void
stop_children(void)
{
	bool others = false;

	for (int i = 0; i < CHILDREN_MAX; i++)
		if (sup.child[i].state != CHILD_FREE &&
		    !(sup.seat[sup.child[i].seat].role->flags & PROC_LAST))
			others = true;
	for (int i = 0; i < CHILDREN_MAX; i++) {
		bool last =
		    sup.child[i].state != CHILD_FREE && (sup.seat[sup.child[i].seat].role->flags & PROC_LAST);

		if (!last || !others)
			child_stop(&sup.child[i]);
	}
}

static void
kill_children(void)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (sup.child[i].state != CHILD_FREE)
			kill(sup.child[i].pid, SIGKILL);
}

static bool
anyone_left(void)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (sup.child[i].state != CHILD_FREE)
			return true;
	return false;
}

static void
on_signal(int signo)
{
	switch (signo) {
	case SIGCHLD:
		reap();
		break;
	case SIGHUP:
		sup.reload_wanted = true;
		break;
	case SIGQUIT:
		kill_children();
		sup.stopping = true;
		break;
	default:
		if (sup.stopping)
			kill_children();
		sup.stopping = true;
		log_event(LOG_INFO, "stop", "signal=%d", signo);
		break;
	}
}

/* --- the tick --- */

static void
watch_child(struct child *c, int64_t now)
{
	const struct seat *s = &sup.seat[c->seat];
	const char *why = NULL;

	if (c->state == CHILD_FREE)
		return;
	if (c->kill_ms > 0 && now >= c->kill_ms)
		why = "stop-deadline";
	else if (now - c->beat_ms > config_int(sup.config, CONFIG_SERVER_WATCHDOG))
		why = "watchdog";
	else if (c->state == CHILD_STARTING && c->replaces && now - c->started_ms > READY_MS)
		why = "not-ready";
	if (!why)
		return;
	log_event(LOG_ERROR, "kill", "reason=%s role=%s index=%d pid=%d", why, s->role->name, s->index,
	    (int)c->pid);
	kill(c->pid, SIGKILL);
	c->beat_ms = c->started_ms = now;
	c->kill_ms = c->kill_ms > 0 ? now + KILL_GRACE_MS : 0;
}

static void
tick(void)
{
	int64_t now = now_ms();

	metrics_sample_process();
	for (int i = 0; i < CHILDREN_MAX; i++)
		watch_child(&sup.child[i], now);
	if (sup.stopping) {
		close_sockets(true); /* new connections are refused, not left in a queue that nobody serves */
		stop_children();
		return;
	}
	if (sup.reload_wanted && !reload_running()) {
		sup.reload_wanted = false;
		reload();
	}
	for (int i = 0; i < sup.seat_count; i++) {
		struct seat *s = &sup.seat[i];

		if (s->child < 0 && now >= s->restart_ms)
			s->child = child_start(i, false);
		if (s->child < 0 && s->restart_ms <= now)
			s->restart_ms = now + backoff_ms[BACKOFFS - 1];
	}
}

static void
wait_and_hear(void)
{
	struct pollfd poll_fd[CHILDREN_MAX + 1] = { { .fd = sup.signal_fd, .events = POLLIN } };
	struct child *of[CHILDREN_MAX + 1];
	struct signalfd_siginfo info;
	nfds_t count = 1;

	for (int i = 0; i < CHILDREN_MAX; i++) {
		if (sup.child[i].state == CHILD_FREE)
			continue;
		of[count] = &sup.child[i];
		poll_fd[count++] = (struct pollfd){ .fd = sup.child[i].status_fd, .events = POLLIN };
	}
	if (poll(poll_fd, count, TICK_MS) <= 0)
		return;
	for (nfds_t i = 1; i < count; i++)
		if (poll_fd[i].revents & POLLIN)
			child_heard(of[i]);
	while (read(sup.signal_fd, &info, sizeof(info)) == sizeof(info))
		on_signal((int)info.ssi_signo);
}

/* Reads files and tables that all children need, once, so that they share the pages. Makes no key and no
 * random state. */
static void
warm_libraries(void)
{
	EVP_MD *md;

	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CONFIG, NULL);
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MD_free(md);
	time_now();
}

static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &sup.signals_before);
	sup.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (sup.signal_fd < 0)
		fatal("supervisor: signalfd failed");
}

static void
raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

int
supervisor_run(const char *config_file, const struct proc_role *roles)
{
	struct err e = { 0 };

	sup.config_file = config_file;
	sup.roles = roles;
	if (supervisor_check(config_file, roles, &sup.config, &e) < 0) {
		log_event(LOG_ERROR, "config", "field=\"%s\" detail=\"%s\"", e.field, e.detail);
		return 2;
	}
	log_open("supervisor", log_level_parse(config_text(sup.config, CONFIG_LOG_LEVEL)));
	metrics_share();
	metrics_enter(0, "supervisor");
	sup.reloads = metric_counter("hmis_reloads_total", "", "Configuration reloads carried out.");
	raise_descriptors();
	block_signals();
	plan_seats();
	if (open_sockets(&e) < 0 || find_user(&e) < 0) {
		log_event(LOG_ERROR, "listen", "field=\"%s\" detail=\"%s\"", e.field, e.detail);
		close_sockets(false);
		return 1;
	}
	warm_libraries();
	do {
		tick();
		wait_and_hear();
	} while (!sup.stopping || anyone_left());
	close_sockets(true);
	if (config_text(sup.config, CONFIG_SERVER_PID_FILE)[0])
		unlink(config_text(sup.config, CONFIG_SERVER_PID_FILE));
	config_free(sup.config);
	close(sup.signal_fd);
	log_event(LOG_INFO, "stopped", "processes=0");
	return 0;
}
