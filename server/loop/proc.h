/*
 * Processes: the supervisor's table of roles and what a role's process is given. The supervisor opens the
 * sockets, forks (no exec, so that library pages are shared), restarts what dies, and never touches a
 * request, a key or the database.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "server/loop/config.h"
#include "server/loop/loop.h"

struct proc_listener {
	int fd;
	bool secure; /* of [http] listen_tls */
};

/* What a role's run function gets, in its own process. */
struct proc {
	const char *role;
	int index; /* 0.. within the role */
	const struct config *config;
	struct loop *loop;                    /* fresh; SIGTERM, SIGHUP and the heartbeat are already on it */
	const struct proc_listener *listener; /* of PROC_LISTENS roles */
	size_t listener_count;
	/* --- set by the role --- */
	void (*on_drain)(
	    struct proc *p); /* stop was asked: finish, then loop_stop(p->loop); NULL = stop at once */
	void *state;
};

enum proc_flags {
	PROC_LISTENS = 1, /* inherits the HTTP listeners of its index */
	PROC_PRIVATE =
	    2, /* keeps its start-up user instead of server.user: it drops rights itself (signer) */
	PROC_SINGLE =
	    4, /* at a reload the old process ends before the new one starts (it owns a path or a lock) */
	PROC_LAST = 8 /* at a stop it ends after all others, which may need it until then (signer) */
};

struct proc_role {
	const char *name;
	enum config_key
	    count_key; /* how many; 0 processes is allowed, SERVER_WORKERS 0 = one per processor */
	unsigned flags;
	/*
	 * Sets up, calls proc_ready(p), runs p->loop until it stops, cleans up; returns the exit code. A code
	 * other than 0, or an end that nobody asked for, is a crash and is restarted with back-off.
	 */
	int (*run)(struct proc *p);
	/* Judges the configuration for --check-config and before start or reload; may be NULL. */
	int (*check)(const struct config *c, struct err *e);
};

/* Tells the supervisor that this process now does its work (a reload waits for it before draining the old
 * one). */
void proc_ready(struct proc *p);

/*
 * Body of a child process, for the supervisor: signals, loop, heartbeat on status_fd, role->run. p holds
 * role, index, config and listeners. Does not return.
 */
_Noreturn void proc_child(struct proc *p, const struct proc_role *role, int status_fd, int supervisor_pid);
#define PROC_BEAT 'b'
#define PROC_READY 'r'

/* The roles, each in server/role/<name>.c, for the table in server/main.c. */
int worker_run(struct proc *p);
int jobs_run(struct proc *p);
int signer_run(struct proc *p);
int mllp_run(struct proc *p);
