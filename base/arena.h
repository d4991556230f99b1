/*
 * Memory with a named lifetime: a request, a job or the process. Everything taken
 * from an arena is freed at once by arena_free or arena_reset; nothing is freed singly.
 * Exceeding the arena's maximum, or the machine's memory, ends the process: inputs are
 * limited before they reach an arena, so that is a bug and not an answer.
 */
#pragma once

#include <stddef.h>

#include "base/slice.h"

struct arena;

/* A new arena that may grow to max bytes (0 = 1 GiB). Never NULL. */
struct arena *arena_new(size_t max);
void arena_free(struct arena *a); /* NULL is allowed */
/* Forgets all allocations but keeps the first block for re-use. */
void arena_reset(struct arena *a);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/* Zeroed memory aligned for any type; never NULL. size may be 0. */
void *arena_alloc(struct arena *a, size_t size);
/* As arena_alloc for count × size, with the product checked. */
void *arena_array(struct arena *a, size_t count, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

/* Copies; the zero-terminated result is arena-owned. */
char *arena_text(struct arena *a, struct slice s);
struct slice arena_slice(struct arena *a, struct slice s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull));
/*
 * Makes room for one more element in a growing array held in an arena:
 *     *ARENA_PUSH(a, list->item, list->count, list->capacity) = value;
 * Old copies stay in the arena until reset (amortised doubling).
 */
void *arena_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t size);
#define ARENA_PUSH(a, items, count, capacity)                                                                \
	((items) = arena_grow((a), (items), (count), &(capacity), sizeof(*(items))), &(items)[(count)++])
