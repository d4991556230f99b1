/*
 * The region is METRICS_SLOTS fixed blocks that describe themselves (names inside), so that any process can
 * print the blocks of all others without knowing what they count. One process writes a block; readers may see
 * a value a moment old, never a torn one.
 */
#include "server/loop/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

#define NAME_BYTES 64
#define LABEL_BYTES 112
#define HELP_BYTES 112
#define BUCKETS 16

enum kind { KIND_FREE, KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct series {
	uint32_t kind; /* set last: a reader sees complete texts */
	char name[NAME_BYTES], labels[LABEL_BYTES], help[HELP_BYTES];
	union {
		uint64_t counter;
		int64_t gauge;
	};
};

struct metric_histogram {
	struct series head;
	uint64_t bucket[BUCKETS + 1];
	uint64_t sum_us;
};

struct slot {
	char process[32]; /* "" = no process runs here: its gauges mean nothing */
	struct series series[METRICS_SERIES];
	struct metric_histogram histogram[METRICS_HISTOGRAMS];
};

/* Upper borders in microseconds, and as Prometheus writes them in seconds. */
static const struct {
	int64_t us;
	const char *seconds;
} borders[BUCKETS] = {
	{ 100, "0.0001" },
	{ 250, "0.00025" },
	{ 500, "0.0005" },
	{ 1000, "0.001" },
	{ 2500, "0.0025" },
	{ 5000, "0.005" },
	{ 10000, "0.01" },
	{ 25000, "0.025" },
	{ 50000, "0.05" },
	{ 100000, "0.1" },
	{ 250000, "0.25" },
	{ 500000, "0.5" },
	{ 1000000, "1" },
	{ 2500000, "2.5" },
	{ 5000000, "5" },
	{ 10000000, "10" },
};

static struct slot *region; /* METRICS_SLOTS of them when shared, else one */
static int region_slots;
static struct slot *own;
static struct series overflow_series;
static struct metric_histogram overflow_histogram;

static struct slot *
map_slots(int count, int sharing)
{
	void *p = mmap(NULL, (size_t)count * sizeof(struct slot), PROT_READ | PROT_WRITE,
	    sharing | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fatal("metrics: mmap failed");
	return p;
}

void
metrics_share(void)
{
	if (region)
		fatal("metrics: shared after first use");
	region = map_slots(METRICS_SLOTS, MAP_SHARED);
	region_slots = METRICS_SLOTS;
	own = region;
}

static struct slot *
slot_own(void)
{
	if (!own) {
		own = region = map_slots(1, MAP_PRIVATE);
		region_slots = 1;
	}
	return own;
}

static void
copy_cut(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

void
metrics_enter(int slot, const char *process)
{
	slot_own();
	if (slot < 0 || slot >= region_slots)
		fatal("metrics: slot %d", slot);
	own = &region[slot];
	for (int i = 0; i < METRICS_SERIES; i++)
		if (own->series[i].kind == KIND_GAUGE)
			metric_set(&own->series[i].gauge, 0);
	copy_cut(own->process, sizeof(own->process), process);
}

void
metrics_leave(int slot)
{
	if (slot >= 0 && slot < region_slots)
		region[slot].process[0] = '\0';
}

static bool
is_series(const struct series *s, enum kind kind, const char *name, const char *labels)
{
	return s->kind == kind && strncmp(s->name, name, NAME_BYTES - 1) == 0 &&
	       strncmp(s->labels, labels, LABEL_BYTES - 1) == 0;
}

static void
fill(struct series *s, enum kind kind, const char *name, const char *labels, const char *help)
{
	copy_cut(s->name, sizeof(s->name), name);
	copy_cut(s->labels, sizeof(s->labels), labels);
	copy_cut(s->help, sizeof(s->help), help);
	__atomic_store_n(&s->kind, kind, __ATOMIC_RELEASE);
}

static void
warn_full(const char *name)
{
	static bool warned;

	if (!warned)
		log_event(LOG_WARN, "metrics", "problem=table-full name=%s", name);
	warned = true;
}

static struct series *
series_get(enum kind kind, const char *name, const char *labels, const char *help)
{
	struct slot *s = slot_own();

	for (int i = 0; i < METRICS_SERIES; i++) {
		if (is_series(&s->series[i], kind, name, labels))
			return &s->series[i];
		if (s->series[i].kind != KIND_FREE)
			continue;
		fill(&s->series[i], kind, name, labels, help);
		return &s->series[i];
	}
	warn_full(name);
	return &overflow_series;
}

uint64_t *
metric_counter(const char *name, const char *labels, const char *help)
{
	return &series_get(KIND_COUNTER, name, labels, help)->counter;
}

int64_t *
metric_gauge(const char *name, const char *labels, const char *help)
{
	return &series_get(KIND_GAUGE, name, labels, help)->gauge;
}

struct metric_histogram *
metric_histogram(const char *name, const char *labels, const char *help)
{
	struct slot *s = slot_own();

	for (int i = 0; i < METRICS_HISTOGRAMS; i++) {
		struct metric_histogram *h = &s->histogram[i];

		if (is_series(&h->head, KIND_HISTOGRAM, name, labels))
			return h;
		if (h->head.kind != KIND_FREE)
			continue;
		fill(&h->head, KIND_HISTOGRAM, name, labels, help);
		return h;
	}
	warn_full(name);
	return &overflow_histogram;
}

void
metric_observe_us(struct metric_histogram *h, int64_t microseconds)
{
	int i = 0;

	while (i < BUCKETS && microseconds > borders[i].us)
		i++;
	metric_add(&h->bucket[i], 1);
	metric_add(&h->sum_us, microseconds > 0 ? (uint64_t)microseconds : 0);
}

/* --- printing --- */

struct entry {
	const struct series *series;
	const char *process;
	int order; /* keeps the sort stable */
};

static int
entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = strcmp(x->series->name, y->series->name);

	if (r == 0)
		r = strcmp(x->series->labels, y->series->labels);
	return r ? r : x->order - y->order;
}

static size_t
collect(struct entry *entries)
{
	size_t count = 0;

	for (int s = 0; s < region_slots; s++) {
		const struct slot *slot = &region[s];

		for (int i = 0; i < METRICS_SERIES && slot->series[i].kind != KIND_FREE; i++) {
			if (slot->series[i].kind == KIND_GAUGE && region_slots > 1 && !slot->process[0])
				continue;
			entries[count] = (struct entry){ &slot->series[i], slot->process, (int)count };
			count++;
		}
		for (int i = 0; i < METRICS_HISTOGRAMS && slot->histogram[i].head.kind != KIND_FREE; i++) {
			entries[count] =
			    (struct entry){ &slot->histogram[i].head, slot->process, (int)count };
			count++;
		}
	}
	return count;
}

static void
print_help(const struct series *s, struct buf *out)
{
	static const char *const types[] = { "", "counter", "gauge", "histogram" };

	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", s->name, s->help, s->name, types[s->kind]);
}

static void
print_gauge(const struct entry *e, struct buf *out)
{
	const char *comma = e->series->labels[0] && e->process[0] ? "," : "";
	bool labelled = e->series->labels[0] || e->process[0];

	buf_add_text(out, e->series->name);
	if (labelled)
		buf_addf(out, "{%s%s", e->series->labels, comma);
	if (e->process[0])
		buf_addf(out, "process=\"%s\"", e->process);
	buf_addf(out, "%s %lld\n", labelled ? "}" : "",
	    (long long)__atomic_load_n(&e->series->gauge, __ATOMIC_RELAXED));
}

static void
print_counter(const struct entry *e, size_t count, struct buf *out)
{
	const struct series *s = e->series;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += __atomic_load_n(&e[i].series->counter, __ATOMIC_RELAXED);
	if (s->labels[0])
		buf_addf(out, "%s{%s} %llu\n", s->name, s->labels, (unsigned long long)sum);
	else
		buf_addf(out, "%s %llu\n", s->name, (unsigned long long)sum);
}

static void
print_histogram(const struct entry *e, size_t count, struct buf *out)
{
	const struct series *s = e->series;
	const char *comma = s->labels[0] ? "," : "";
	uint64_t total = 0, sum_us = 0;
	char braces[LABEL_BYTES + 4] = "";

	for (int b = 0; b <= BUCKETS; b++) {
		for (size_t i = 0; i < count; i++) {
			const struct metric_histogram *h =
			    (const struct metric_histogram *)(const void *)e[i].series;

			total += __atomic_load_n(&h->bucket[b], __ATOMIC_RELAXED);
			sum_us += b ? 0 : __atomic_load_n(&h->sum_us, __ATOMIC_RELAXED);
		}
		buf_addf(out, "%s_bucket{%s%sle=\"%s\"} %llu\n", s->name, s->labels, comma,
		    b < BUCKETS ? borders[b].seconds : "+Inf", (unsigned long long)total);
	}
	if (s->labels[0])
		snprintf(braces, sizeof(braces), "{%s}", s->labels);
	buf_addf(out, "%s_sum%s %llu.%06llu\n", s->name, braces, (unsigned long long)(sum_us / 1000000),
	    (unsigned long long)(sum_us % 1000000));
	buf_addf(out, "%s_count%s %llu\n", s->name, braces, (unsigned long long)total);
}

static void
print_group(const struct entry *e, size_t count, struct buf *out)
{
	if (e->series->kind == KIND_COUNTER)
		print_counter(e, count, out);
	else if (e->series->kind == KIND_HISTOGRAM)
		print_histogram(e, count, out);
	else
		for (size_t i = 0; i < count; i++)
			print_gauge(&e[i], out);
}

void
metrics_write(struct buf *out)
{
	struct entry *entries;
	size_t count;

	slot_own();
	entries = calloc((size_t)region_slots * (METRICS_SERIES + METRICS_HISTOGRAMS), sizeof(*entries));
	if (!entries)
		fatal("metrics: out of memory");
	count = collect(entries);
	qsort(entries, count, sizeof(*entries), entry_compare);
	for (size_t i = 0, next; i < count; i = next) {
		const struct series *s = entries[i].series;

		for (next = i + 1; next < count && strcmp(entries[next].series->name, s->name) == 0 &&
				   strcmp(entries[next].series->labels, s->labels) == 0;)
			next++;
		if (i == 0 || strcmp(entries[i - 1].series->name, s->name) != 0)
			print_help(s, out);
		print_group(&entries[i], next - i, out);
	}
	free(entries);
}

/* Resident bytes of this process; 0 when /proc is not there. */
static int64_t
resident_bytes(void)
{
	struct buf b;
	struct slice rest, pages;
	int64_t n = 0;

	buf_init(&b, 4096);
	if (buf_read_file(&b, "/proc/self/statm", NULL) == 0) {
		rest = buf_slice(&b);
		slice_split(&rest, ' ', &pages);
		if (!slice_split(&rest, ' ', &pages) || slice_to_int64(pages, &n) < 0)
			n = 0;
	}
	buf_free(&b);
	return n * sysconf(_SC_PAGESIZE);
}

void
metrics_sample_process(void)
{
	metric_set(metric_gauge("hmis_process_resident_bytes", "", "Resident memory of the process."),
	    resident_bytes());
}
