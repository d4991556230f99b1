#include "server/loop/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "server/loop/metrics.h"

#define BEATS_PER_WATCHDOG 5

/* One per process. */
static struct {
	int status_fd;
	int64_t beat_ms;
	struct timer *beat;
	struct proc *proc;
	bool draining;
} self = { .status_fd = -1 };

/* The pipe is non-blocking: a full one means that the supervisor is slow, and it has beats enough. */
static void
tell(char what)
{
	while (write(self.status_fd, &what, 1) < 0 && errno == EINTR)
		;
}

static void
on_beat(void *arg)
{
	(void)arg;
	tell(PROC_BEAT);
	metrics_sample_process();
	timer_start(self.beat, self.beat_ms);
}

static void
on_term(int signo, void *arg)
{
	struct proc *p = self.proc;

	(void)signo;
	(void)arg;
	if (self.draining)
		return;
	self.draining = true;
	log_event(LOG_INFO, "drain", "role=%s index=%d", p->role, p->index);
	if (p->on_drain)
		p->on_drain(p);
	else
		loop_stop(p->loop);
	/* The last holder's close makes the kernel refuse new connections; in a reload others still hold
	 * them. */
	for (size_t i = 0; i < p->listener_count; i++)
		close(p->listener[i].fd);
	p->listener_count = 0;
}

void
proc_ready(struct proc *p)
{
	(void)p;
	if (self.status_fd >= 0)
		tell(PROC_READY);
}

/* Signals as a fresh process has them; the supervisor alone hears the terminal and SIGHUP. */
static void
reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void
proc_child(struct proc *p, const struct proc_role *role, int status_fd, int supervisor_pid)
{
	struct signal_watch *term;
	char name[32];
	int code;

	snprintf(name, sizeof(name), "%s-%d", role->name, p->index);
	reset_signals();
	/* Nothing here may outlive the supervisor: a new one must find sockets and files free. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor_pid)
		_exit(1);
	prctl(PR_SET_NAME, name);
	log_open(name, log_level_parse(config_text(p->config, CONFIG_LOG_LEVEL)));
	self.status_fd = status_fd;
	self.beat_ms = config_int(p->config, CONFIG_SERVER_WATCHDOG) / BEATS_PER_WATCHDOG;
	self.proc = p;
	p->role = role->name;
	p->loop = loop_new();
	term = signal_watch_new(p->loop, SIGTERM, on_term, NULL);
	self.beat = timer_new(p->loop, on_beat, NULL);
	on_beat(NULL);
	code = role->run(p);
	timer_free(self.beat);
	signal_watch_free(term);
	loop_free(p->loop);
	exit(code);
}
