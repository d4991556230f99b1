#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define ARENA_ALIGN ((size_t)16)
#define ARENA_MAX_DEFAULT ((size_t)1 << 30)
#define ARENA_FIRST_BLOCK ((size_t)4096)
#define ARENA_BLOCK_MAX ((size_t)1 << 20)
#define ARENA_ITEMS_MIN ((size_t)8)

struct block {
	struct block *next; /* older */
	size_t size;        /* bytes at data */
	size_t used;
	_Alignas(16) char data[];
};

struct arena {
	struct block *current; /* small allocations come from here */
	struct block *first;
	size_t used;
	size_t max;
	size_t next_size;
};

static struct block *
block_new(size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (b == NULL)
		fatal("out of memory: %zu bytes for an arena", size);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->data, b->size);
	return b;
}

static void
block_free(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
	free(b);
}

struct arena *
arena_new(size_t max)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		fatal("out of memory: arena");
	a->max = max == 0 ? ARENA_MAX_DEFAULT : max;
	a->first = a->current = block_new(ARENA_FIRST_BLOCK);
	a->next_size = 2 * ARENA_FIRST_BLOCK;
	return a;
}

void
arena_reset(struct arena *a)
{
	for (struct block *b = a->current; b != NULL;) {
		struct block *next = b->next;

		if (b != a->first)
			block_free(b);
		b = next;
	}
	a->current = a->first;
	a->first->next = NULL;
	a->first->used = 0;
	ASAN_POISON_MEMORY_REGION(a->first->data, a->first->size);
	a->used = 0;
	a->next_size = 2 * ARENA_FIRST_BLOCK;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	block_free(a->first);
	free(a);
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

/* The block that has room for `rounded` bytes: the current one, a new current one, or one of its own. */
static struct block *
block_for(struct arena *a, size_t rounded)
{
	struct block *b = a->current;

	if (b->size - b->used >= rounded)
		return b;
	if (rounded > a->next_size / 4) {
		/* A large piece gets its own block; the current one keeps its room for small pieces. */
		b = block_new(rounded);
		b->next = a->current->next;
		a->current->next = b;
		return b;
	}
	b = block_new(a->next_size);
	b->next = a->current;
	a->current = b;
	if (a->next_size < ARENA_BLOCK_MAX)
		a->next_size *= 2;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	if (size > a->max || a->max - a->used < size)
		fatal("arena full: %zu bytes used, %zu more asked, %zu allowed", a->used, size, a->max);
	size_t rounded = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	struct block *b = block_for(a, rounded);
	void *at = b->data + b->used;

	b->used += rounded;
	/* The last piece may be rounded beyond max; never beyond it in the account. */
	a->used = a->max - a->used < rounded ? a->max : a->used + rounded;
	ASAN_UNPOISON_MEMORY_REGION(at, size);
	memset(at, 0, size);
	return at;
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		fatal("arena: %zu items of %zu bytes", count, size);
	return arena_alloc(a, total);
}

char *
arena_text(struct arena *a, struct slice s)
{
	size_t size;

	if (__builtin_add_overflow(s.len, (size_t)1, &size))
		fatal("arena: text of %zu bytes", s.len);
	char *text = arena_alloc(a, size);

	if (s.len > 0)
		memcpy(text, s.at, s.len);
	return text;
}

struct slice
arena_slice(struct arena *a, struct slice s)
{
	return slice_from(arena_text(a, s), s.len);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		fatal("arena: a format that does not print");
	char *text = arena_alloc(a, (size_t)len + 1);

	va_start(args, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, args);
	va_end(args);
	return text;
}

void *
arena_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	assert(count == *capacity);
	size_t larger;

	if (__builtin_mul_overflow(count, (size_t)2, &larger))
		fatal("arena: array of %zu items", count);
	if (larger < ARENA_ITEMS_MIN)
		larger = ARENA_ITEMS_MIN;
	void *moved = arena_array(a, larger, size);

	if (count > 0)
		memcpy(moved, items, count * size);
	*capacity = larger;
	return moved;
}
