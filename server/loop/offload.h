/*
 * A small thread pool for work that would hold the loop (password hashing, canonicalisation). work(arg) runs
 * on a thread and touches nothing but *arg; done(arg) runs on the loop. Used when a millisecond is not
 * affordable.
 */
#pragma once

#include <stddef.h>

#include "server/loop/loop.h"

struct offload;

/* threads 1..16 (2 is usual), queue_max: jobs waiting or running. */
struct offload *offload_new(struct loop *l, int threads, size_t queue_max);
/* 0, or ERR_BUSY when queue_max jobs are in hand: answer 503. */
int offload_run(struct offload *o, void (*work)(void *arg), void (*done)(void *arg), void *arg);
size_t offload_pending(const struct offload *o);
/* Waits for running work, then calls done() of everything (unstarted work is done first). NULL is allowed. */
void offload_free(struct offload *o);
