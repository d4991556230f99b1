#include "base/map.h"

#include <assert.h>
#include <sys/random.h>
#include <threads.h>

#include "base/err.h"

#define MAP_SLOTS_MIN ((size_t)16)
#define MAP_COUNT_MAX ((size_t)1 << 30)

struct entry {
	struct slice key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct entry *entry; /* in insertion order */
	size_t count, capacity;
	uint32_t *slot; /* open addressing: index into entry + 1, 0 = free */
	size_t slots;   /* power of two, at least twice count */
};

static uint64_t map_secret[2];
static once_flag map_secret_once = ONCE_FLAG_INIT;

/* A secret per process: nobody outside can choose keys that collide. */
static void
make_secret(void)
{
	if (getrandom(map_secret, sizeof(map_secret), 0) != (ssize_t)sizeof(map_secret))
		fatal("getrandom failed");
}

static inline uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012). */
static uint64_t
hash(struct slice s)
{
	uint64_t v[4] = {
		map_secret[0] ^ UINT64_C(0x736f6d6570736575),
		map_secret[1] ^ UINT64_C(0x646f72616e646f6d),
		map_secret[0] ^ UINT64_C(0x6c7967656e657261),
		map_secret[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word;
	size_t i = 0;

	for (; s.len - i >= 8; i += 8) {
		memcpy(&word, s.at + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = 0;
	if (s.len > i)
		memcpy(&word, s.at + i, s.len - i);
	word |= (uint64_t)s.len << 56;
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *
map_new(struct arena *a)
{
	struct map *m = ARENA_NEW(a, struct map);

	call_once(&map_secret_once, make_secret);
	m->arena = a;
	return m;
}

/* The slot that holds key, or the free one where it belongs. There is always a free slot. */
static size_t
find_slot(const struct map *m, struct slice key, uint64_t key_hash)
{
	size_t i = key_hash & (m->slots - 1);

	for (; m->slot[i] != 0; i = (i + 1) & (m->slots - 1)) {
		const struct entry *e = &m->entry[m->slot[i] - 1];

		if (e->hash == key_hash && slice_eq(e->key, key))
			break;
	}
	return i;
}

static void
grow_slots(struct map *m)
{
	if (m->count >= MAP_COUNT_MAX)
		fatal("map of %zu entries", m->count);
	m->slots = m->slots == 0 ? MAP_SLOTS_MIN : m->slots * 2;
	m->slot = ARENA_ARRAY(m->arena, m->slots, uint32_t);
	for (size_t i = 0; i < m->count; i++)
		m->slot[find_slot(m, m->entry[i].key, m->entry[i].hash)] = (uint32_t)(i + 1);
}

void *
map_put(struct map *m, struct slice key, void *value)
{
	assert(value != NULL);
	if (m->count * 2 >= m->slots)
		grow_slots(m);
	uint64_t key_hash = hash(key);
	size_t i = find_slot(m, key, key_hash);

	if (m->slot[i] != 0) {
		struct entry *e = &m->entry[m->slot[i] - 1];
		void *previous = e->value;

		e->value = value;
		return previous;
	}
	struct slice copy = arena_slice(m->arena, key);

	*ARENA_PUSH(m->arena, m->entry, m->count, m->capacity) = (struct entry){ copy, value, key_hash };
	m->slot[i] = (uint32_t)m->count;
	return NULL;
}

void *
map_get(const struct map *m, struct slice key)
{
	if (m->count == 0)
		return NULL;
	size_t i = find_slot(m, key, hash(key));

	return m->slot[i] == 0 ? NULL : m->entry[m->slot[i] - 1].value;
}

size_t
map_count(const struct map *m)
{
	return m->count;
}

bool
map_next(const struct map *m, size_t *cursor, struct slice *ret_key, void **ret_value)
{
	if (*cursor >= m->count)
		return false;
	*ret_key = m->entry[*cursor].key;
	*ret_value = m->entry[*cursor].value;
	(*cursor)++;
	return true;
}
