/* Hash map from slices to pointers, in an arena. Keys are copied; values are borrowed. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

struct map;

struct map *map_new(struct arena *a);
/* Sets or replaces; returns the previous value or NULL. value must not be NULL. */
void *map_put(struct map *m, struct slice key, void *value);
/* The value or NULL. */
void *map_get(const struct map *m, struct slice key);
size_t map_count(const struct map *m);
/* Visits entries in insertion order: start with *cursor = 0; false at the end. */
bool map_next(const struct map *m, size_t *cursor, struct slice *ret_key, void **ret_value);
