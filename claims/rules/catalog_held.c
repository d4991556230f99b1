/* Catalogues of a few facilities, held by a process. */
#include "claims/rules/catalog_held.h"

#include <assert.h>
#include <stdlib.h>

struct held {
	struct arena *arena; /* NULL: the slot is free */
	struct rule_catalog_rows *rows;
	struct rule_catalog source;
	struct rule_catalog_want what;
	uint64_t used;
	bool complete;
};

struct rule_catalog_held {
	struct held slot[RULE_CATALOG_HELD_MAX];
	struct held *filling;
	uint64_t clock;
};

struct rule_catalog_held *
rule_catalog_held_new(void)
{
	struct rule_catalog_held *h = calloc(1, sizeof(*h));
	if (!h)
		fatal("out of memory");
	return h;
}

static void
slot_clear(struct held *s)
{
	arena_free(s->arena);
	*s = (struct held){ 0 };
}

void
rule_catalog_held_free(struct rule_catalog_held *h)
{
	for (size_t i = 0; h && i < RULE_CATALOG_HELD_MAX; i++)
		slot_clear(&h->slot[i]);
	free(h);
}

static bool
same_lists(const struct held *s, const struct rule_catalog_want *want)
{
	return s->arena && s->what.tenant == want->tenant && s->what.facility == want->facility;
}

const struct rule_catalog *
rule_catalog_held_find(struct rule_catalog_held *h, const struct rule_catalog_want *want)
{
	for (size_t i = 0; i < RULE_CATALOG_HELD_MAX; i++) {
		struct held *s = &h->slot[i];
		if (!s->complete || !same_lists(s, want) || s->what.epoch != want->epoch)
			continue;
		if (s->what.first_day > want->first_day || s->what.last_day < want->last_day)
			continue;
		s->used = ++h->clock;
		return &s->source;
	}
	return NULL;
}

/* Drops what is out of date or was never finished, and what the new rows are going to stand in for. */
static void
drop_old(struct rule_catalog_held *h, const struct rule_catalog_want *want)
{
	for (size_t i = 0; i < RULE_CATALOG_HELD_MAX; i++) {
		struct held *s = &h->slot[i];
		bool old = s->arena && !s->complete;
		if (same_lists(s, want))
			old |= s->what.epoch != want->epoch ||
			       (s->what.first_day >= want->first_day && s->what.last_day <= want->last_day);
		if (old)
			slot_clear(s);
	}
}

/* A free slot; the least recently used ones go until the rest is small enough. */
static struct held *
make_room(struct rule_catalog_held *h)
{
	for (;;) {
		struct held *free_slot = NULL, *oldest = NULL;
		size_t bytes = 0;
		for (size_t i = 0; i < RULE_CATALOG_HELD_MAX; i++) {
			struct held *s = &h->slot[i];
			if (!s->arena) {
				free_slot = s;
				continue;
			}
			bytes += arena_used(s->arena);
			if (!oldest || s->used < oldest->used)
				oldest = s;
		}
		if (free_slot && bytes < RULE_CATALOG_HELD_BYTES)
			return free_slot;
		slot_clear(oldest);
	}
}

struct rule_catalog_rows *
rule_catalog_held_start(struct rule_catalog_held *h, const struct rule_catalog_want *want)
{
	drop_old(h, want);
	struct held *s = make_room(h);
	s->arena = arena_new(0);
	s->rows = rule_catalog_rows_new(s->arena);
	s->source = rule_catalog_rows_source(s->rows);
	s->what = *want;
	s->used = ++h->clock;
	h->filling = s;
	return s->rows;
}

const struct rule_catalog *
rule_catalog_held_keep(struct rule_catalog_held *h)
{
	assert(h->filling && h->filling->arena);
	h->filling->complete = true;
	const struct rule_catalog *source = &h->filling->source;
	h->filling = NULL;
	return source;
}
