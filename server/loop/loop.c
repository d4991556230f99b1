#include "server/loop/loop.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/err.h"

struct deferred {
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct event_base *base;
	bool stopped;
	struct deferred *deferred; /* this round's work, in order */
	size_t deferred_count, deferred_capacity;
};

struct timer {
	struct event *event;
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
	bool freed;
};

struct watch {
	struct event *event;
	struct loop *loop;
	void (*fn)(int fd, int ready, void *arg);
	void *arg;
	int fd, what;
	bool freed;
};

struct signal_watch {
	struct event *event;
	void (*fn)(int signo, void *arg);
	void *arg;
};

static void *
must(void *p)
{
	if (!p)
		fatal("loop: out of memory");
	return p;
}

struct loop *
loop_new(void)
{
	struct loop *l = must(calloc(1, sizeof(*l)));
	struct event_config *c = must(event_config_new());

	/* One thread, and no mixing of clocks: a coarse cached clock is enough for deadlines of 100 ms and
	 * more. */
	event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	l->base = must(event_base_new_with_config(c));
	event_config_free(c);
	return l;
}

/* Work that is deferred meanwhile belongs to the next round, so that this always ends. */
static void
run_deferred(struct loop *l)
{
	struct deferred *work = l->deferred;
	size_t count = l->deferred_count;

	l->deferred = NULL;
	l->deferred_count = l->deferred_capacity = 0;
	for (size_t i = 0; i < count; i++)
		work[i].fn(work[i].arg);
	if (l->deferred || !work) {
		free(work);
		return;
	}
	l->deferred = work; /* nothing new came: keep the memory */
	l->deferred_capacity = count;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	for (int round = 0; l->deferred_count > 0 && round < 1000; round++)
		run_deferred(l);
	free(l->deferred);
	event_base_free(l->base);
	free(l);
}

/* False when nothing is left that could ever happen. */
static bool
turn(struct loop *l, int flags)
{
	int r = event_base_loop(l->base, flags);
	bool alive = r == 0 || l->deferred_count > 0;

	if (r < 0)
		fatal("loop: event_base_loop failed");
	run_deferred(l);
	return alive;
}

void
loop_turn(struct loop *l, int wait_ms)
{
	struct timeval wait = { wait_ms / 1000, (wait_ms % 1000) * 1000 };
	int flags = EVLOOP_ONCE;

	if (l->deferred_count > 0 || wait_ms == 0)
		flags = EVLOOP_NONBLOCK;
	else if (wait_ms > 0)
		event_base_loopexit(l->base, &wait);
	turn(l, flags);
}

void
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped && turn(l, l->deferred_count > 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE))
		;
	run_deferred(l);
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	event_base_loopbreak(l->base);
}

void
loop_defer(struct loop *l, void (*fn)(void *arg), void *arg)
{
	if (l->deferred_count == l->deferred_capacity) {
		l->deferred_capacity = l->deferred_capacity ? 2 * l->deferred_capacity : 16;
		l->deferred = must(realloc(l->deferred, l->deferred_capacity * sizeof(*l->deferred)));
	}
	l->deferred[l->deferred_count++] = (struct deferred){ fn, arg };
}

static void
timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd;
	(void)what;
	if (!t->freed)
		t->fn(t->arg);
}

struct timer *
timer_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct timer *t = must(calloc(1, sizeof(*t)));

	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	t->event = must(event_new(l->base, -1, 0, timer_fired, t));
	return t;
}

void
timer_start(struct timer *t, int64_t after_ms)
{
	struct timeval after = { after_ms / 1000, (suseconds_t)(after_ms % 1000) * 1000 };

	if (event_add(t->event, &after) < 0)
		fatal("loop: event_add failed");
}

void
timer_stop(struct timer *t)
{
	event_del(t->event);
}

void
timer_free(struct timer *t)
{
	if (!t || t->freed)
		return;
	t->freed = true;
	event_free(t->event);
	loop_defer(t->loop, free, t);
}

static void
watch_fired(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	int ready = (what & EV_READ ? WATCH_READ : 0) | (what & EV_WRITE ? WATCH_WRITE : 0);

	if (!w->freed && (ready & w->what))
		w->fn(fd, ready & w->what, w->arg);
}

struct watch *
watch_new(struct loop *l, int fd, int what, void (*fn)(int fd, int ready, void *arg), void *arg)
{
	struct watch *w = must(calloc(1, sizeof(*w)));

	w->loop = l;
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	w->event = must(event_new(l->base, fd, EV_PERSIST, watch_fired, w));
	watch_set(w, what);
	return w;
}

void
watch_set(struct watch *w, int what)
{
	short events = EV_PERSIST;

	if (what == w->what)
		return;
	if (w->what)
		event_del(w->event);
	w->what = what;
	if (!what)
		return;
	if (what & WATCH_READ)
		events |= EV_READ;
	if (what & WATCH_WRITE)
		events |= EV_WRITE;
	event_assign(w->event, w->loop->base, w->fd, events, watch_fired, w);
	if (event_add(w->event, NULL) < 0)
		fatal("loop: event_add failed on descriptor %d", w->fd);
}

void
watch_free(struct watch *w)
{
	if (!w || w->freed)
		return;
	w->freed = true;
	event_free(w->event);
	loop_defer(w->loop, free, w);
}

static void
signal_fired(evutil_socket_t signo, short what, void *arg)
{
	struct signal_watch *s = arg;

	(void)what;
	s->fn((int)signo, s->arg);
}

struct signal_watch *
signal_watch_new(struct loop *l, int signo, void (*fn)(int signo, void *arg), void *arg)
{
	struct signal_watch *s = must(calloc(1, sizeof(*s)));

	s->fn = fn;
	s->arg = arg;
	s->event = must(evsignal_new(l->base, signo, signal_fired, s));
	if (event_add(s->event, NULL) < 0)
		fatal("loop: cannot watch signal %d", signo);
	return s;
}

void
signal_watch_free(struct signal_watch *s)
{
	if (!s)
		return;
	event_free(s->event);
	free(s);
}
