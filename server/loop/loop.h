/*
 * The event loop: timers, file descriptors, signals, deferred work. One loop per process, created after
 * fork. Everything here runs on one thread; only offload.h crosses threads. libevent stays behind this
 * border. Creation never fails (a dead machine is fatal).
 */
#pragma once

#include <stdint.h>

struct loop;
struct timer;
struct watch;
struct signal_watch;

struct loop *loop_new(void);
void loop_free(
    struct loop *l); /* NULL is allowed; runs what is still deferred; free timers and watches first */
/* Runs until loop_stop (or until nothing is left that could happen); deferred work that is due then still
 * runs. */
void loop_run(struct loop *l);
/* One round: waits at most wait_ms (-1 = until something happens) and runs what is due. */
void loop_turn(struct loop *l, int wait_ms);
void loop_stop(struct loop *l); /* from any callback; harmless twice */

/*
 * Runs fn(arg) once after all callbacks of this round, in order. Free what a callback may still be using
 * through here: libevent may hold an event of it in the same round.
 */
void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg);

/* A timer is created stopped. The callback may start, stop or free its own timer. */
struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg);
void timer_start(struct timer *t, int64_t after_ms); /* once; restarts when already running; after_ms ≥ 0 */
void timer_stop(struct timer *t);
void timer_free(struct timer *t); /* NULL is allowed */

#define WATCH_READ 1
#define WATCH_WRITE 2
/*
 * Watches fd for `what` (WATCH_READ | WATCH_WRITE, or 0 = nothing yet), level triggered, until changed or
 * freed. The callback gets what is ready. It may change or free its own watch. The fd is not owned: free the
 * watch before closing it (before PQfinish).
 */
struct watch *watch_new(
    struct loop *l, int fd, int what, void (*fn)(int fd, int ready, void *arg), void *arg);
void watch_set(struct watch *w, int what);
void watch_free(struct watch *w); /* NULL is allowed */

/* Calls fn(signo, arg) on the loop each time the signal arrives. */
struct signal_watch *signal_watch_new(struct loop *l, int signo, void (*fn)(int signo, void *arg), void *arg);
void signal_watch_free(struct signal_watch *s); /* NULL is allowed */
