#include "server/loop/offload.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"

#define THREADS_MAX 16

struct job {
	struct list_node node;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

struct offload {
	struct loop *loop;
	struct watch *watch;
	pthread_t thread[THREADS_MAX];
	int threads;
	int wake_fd;
	size_t pending, queue_max; /* loop side only */
	pthread_mutex_t lock;      /* guards what follows */
	pthread_cond_t more;
	struct list_node waiting, finished;
	bool stopping;
};

static void *
thread_main(void *arg)
{
	struct offload *o = arg;
	uint64_t one = 1;

	pthread_mutex_lock(&o->lock);
	for (;;) {
		while (list_is_empty(&o->waiting) && !o->stopping)
			pthread_cond_wait(&o->more, &o->lock);
		if (list_is_empty(&o->waiting))
			break;
		struct job *j = LIST_ITEM(o->waiting.next, struct job, node);

		list_remove(&j->node);
		pthread_mutex_unlock(&o->lock);
		j->work(j->arg);
		pthread_mutex_lock(&o->lock);
		list_append(&o->finished, &j->node);
		if (write(o->wake_fd, &one, sizeof(one)) != sizeof(one))
			fatal("offload: eventfd write failed");
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

static void
collect(struct offload *o)
{
	for (;;) {
		pthread_mutex_lock(&o->lock);
		struct list_node *n = list_is_empty(&o->finished) ? NULL : o->finished.next;

		if (n)
			list_remove(n);
		pthread_mutex_unlock(&o->lock);
		if (!n)
			return;
		struct job *j = LIST_ITEM(n, struct job, node);
		struct job copy = *j;

		free(j);
		o->pending--;
		copy.done(copy.arg);
	}
}

static void
on_wake(int fd, int ready, void *arg)
{
	uint64_t count;

	(void)ready;
	if (read(fd, &count, sizeof(count)) == sizeof(count))
		collect(arg);
}

struct offload *
offload_new(struct loop *l, int threads, size_t queue_max)
{
	struct offload *o = calloc(1, sizeof(*o));
	sigset_t all, before;

	if (!o || threads < 1 || threads > THREADS_MAX)
		fatal("offload: %d threads", threads);
	o->loop = l;
	o->threads = threads;
	o->queue_max = queue_max;
	list_init(&o->waiting);
	list_init(&o->finished);
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, NULL);
	o->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (o->wake_fd < 0)
		fatal("offload: eventfd failed");
	o->watch = watch_new(l, o->wake_fd, WATCH_READ, on_wake, o);
	sigfillset(&all); /* signals are the loop's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 0; i < threads; i++)
		if (pthread_create(&o->thread[i], NULL, thread_main, o) != 0)
			fatal("offload: pthread_create failed");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return o;
}

int
offload_run(struct offload *o, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct job *j;

	if (o->pending >= o->queue_max)
		return ERR_BUSY;
	j = calloc(1, sizeof(*j));
	if (!j)
		fatal("offload: out of memory");
	j->work = work;
	j->done = done;
	j->arg = arg;
	o->pending++;
	pthread_mutex_lock(&o->lock);
	list_append(&o->waiting, &j->node);
	pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
	return 0;
}

size_t
offload_pending(const struct offload *o)
{
	return o->pending;
}

void
offload_free(struct offload *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	o->stopping = true;
	pthread_cond_broadcast(&o->more);
	pthread_mutex_unlock(&o->lock);
	for (int i = 0; i < o->threads; i++)
		pthread_join(o->thread[i], NULL);
	collect(o);
	watch_free(o->watch);
	close(o->wake_fd);
	pthread_mutex_destroy(&o->lock);
	pthread_cond_destroy(&o->more);
	free(o);
}
