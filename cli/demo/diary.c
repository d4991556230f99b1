/* Diaries of those that do one thing at a time: who performs an intervention, and the machines. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/demo/visit.h"

#define DIARIES 4096 /* at most, a power of two: staff and machines of 100 facilities need half of them */

struct span {
	int64_t from, to;
};

struct demo_diary {
	int64_t id;      /* of staff or a machine; 0 = not used */
	struct span *at; /* by time, not touching one another */
	int count, capacity;
};

static struct demo_diary *
diary_of(struct demo_worker *w, int64_t id)
{
	if (!w->diary)
		w->diary = calloc(DIARIES, sizeof(*w->diary));
	if (!w->diary)
		fatal("demo: out of memory");
	size_t at = (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (DIARIES - 1);
	for (size_t tried = 0; w->diary[at].id && w->diary[at].id != id; tried++) {
		assert(tried < DIARIES);
		at = (at + 1) & (DIARIES - 1);
	}
	w->diary[at].id = id;
	return &w->diary[at];
}

/* The first moment from at on when so long is free. */
static int64_t
free_from(const struct demo_diary *d, int64_t at, int64_t seconds)
{
	for (int i = 0; i < d->count; i++)
		if (d->at[i].from < at + seconds && d->at[i].to > at)
			at = d->at[i].to;
	return at;
}

int64_t
demo_when_free(struct demo_worker *w, const int64_t *ids, int count, int64_t at, int64_t seconds)
{
	for (int i = 0, agreed = 0; count && agreed < count; i = (i + 1) % count) {
		int64_t when = free_from(diary_of(w, ids[i]), at, seconds);
		agreed = when == at ? agreed + 1 : 1;
		at = when;
	}
	return at;
}

static void
diary_add(struct demo_diary *d, int64_t from, int64_t to, int64_t forget)
{
	int kept = 0;
	for (int i = 0; i < d->count; i++)
		if (d->at[i].to >= forget)
			d->at[kept++] = d->at[i];
	d->count = kept;
	if (d->count == d->capacity) {
		d->capacity = d->capacity ? 2 * d->capacity : 16;
		d->at = realloc(d->at, (size_t)d->capacity * sizeof(*d->at));
		if (!d->at)
			fatal("demo: out of memory");
	}
	int i = d->count++;
	for (; i > 0 && d->at[i - 1].from > from; i--)
		d->at[i] = d->at[i - 1];
	d->at[i] = (struct span){ from, to };
}

void
demo_occupy(struct demo_worker *w, const int64_t *ids, int count, int64_t from, int64_t to)
{
	int64_t yesterday = (int64_t)(w->today - 1) * 86400;
	for (int i = 0; i < count; i++)
		diary_add(diary_of(w, ids[i]), from, to, yesterday);
}

void
demo_diaries_free(struct demo_worker *w)
{
	for (int i = 0; w->diary && i < DIARIES; i++)
		free(w->diary[i].at);
	free(w->diary);
	w->diary = NULL;
}
