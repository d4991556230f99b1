#include <stdlib.h>

#include "server/sec/sec.h"

/* GCRA: `due` is when the key would be empty again if nothing more came. */
struct brake_slot {
	uint64_t key;
	int64_t due_us;
};

struct sec_brake {
	unsigned sets;
	int64_t every_us, window_us;
	struct brake_slot *slot;
};

#define WAYS 4 /* slots that share one place of the table */

struct sec_brake *
sec_brake_new(unsigned slots, unsigned burst, unsigned every_ms)
{
	struct sec_brake *b = calloc(1, sizeof(*b));
	unsigned sets = (slots + WAYS - 1) / WAYS;
	struct brake_slot *slot = calloc((size_t)sets * WAYS, sizeof(*slot));
	if (!b || !slot || burst == 0)
		fatal("cannot make a brake");
	*b = (struct sec_brake){ sets, (int64_t)every_ms * 1000, (int64_t)every_ms * 1000 * burst, slot };
	return b;
}

void
sec_brake_free(struct sec_brake *b)
{
	if (b)
		free(b->slot);
	free(b);
}

int
sec_brake_take(struct sec_brake *b, struct slice key, int64_t now_us)
{
	unsigned char digest[SEC_HASH_BYTES];
	uint64_t id, place;
	sec_sha256(&key, 1, digest);
	memcpy(&id, digest, sizeof(id));
	memcpy(&place, digest + sizeof(id), sizeof(place));
	struct brake_slot *set = b->slot + place % b->sets * WAYS, *s = set;
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == id) {
			s = &set[i];
			break;
		}
		if (set[i].due_us < s->due_us)
			s = &set[i];
	}
	if (s->key != id)
		*s = (struct brake_slot){ id, 0 };
	int64_t due = (s->due_us > now_us ? s->due_us : now_us) + b->every_us;
	if (due - now_us > b->window_us)
		return (int)((due - now_us - b->window_us + 999999) / 1000000);
	s->due_us = due;
	return 0;
}
