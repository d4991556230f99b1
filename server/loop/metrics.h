/*
 * Counters, gauges and latency histograms of this process, printed for all processes by any of them. Each
 * process writes to its own slot of a region that the supervisor maps before fork; without a supervisor the
 * slot is private. A restarted process goes on with its predecessor's counters; gauges start at zero.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define METRICS_SLOTS 72       /* processes */
#define METRICS_SERIES 384     /* counters and gauges per process */
#define METRICS_HISTOGRAMS 192 /* per process */

struct metric_histogram;

/* Maps the shared region; once, in the supervisor, before fork. */
void metrics_share(void);
/* This process writes to slot (0..METRICS_SLOTS-1) under the name "worker-0" …; after fork. */
void metrics_enter(int slot, const char *process);

/* The slot's process has ended: its counters stay, its gauges are no longer printed. */
void metrics_leave(int slot);
/* Sets the gauges of the process itself (resident memory); the heartbeat calls it. */
void metrics_sample_process(void);

/*
 * Finds or makes a series; keep the pointer. name is a Prometheus name with its unit
 * (hmis_http_requests_total), labels like `reason="x"` or "" ; help is one sentence, given identically each
 * time. A full table gives a shared dummy and one log line. Counters and histograms are summed over
 * processes; gauges are printed with process="…".
 */
uint64_t *metric_counter(const char *name, const char *labels, const char *help);
int64_t *metric_gauge(const char *name, const char *labels, const char *help);
/* Seconds, in fixed buckets 0.1 ms … 10 s. */
struct metric_histogram *metric_histogram(const char *name, const char *labels, const char *help);

static inline void
metric_add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}
static inline void
metric_set(int64_t *gauge, int64_t value)
{
	__atomic_store_n(gauge, value, __ATOMIC_RELAXED);
}
/* Adds one duration, ≥ 0, to a histogram. */
void metric_observe_us(struct metric_histogram *h, int64_t microseconds);

/* Prometheus text format 0.0.4 of all processes. */
void metrics_write(struct buf *out);
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
