/* Judges and normalises the values of path, query and header parameters. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "server/app/route.h"

/* A word of the type's name in patterns ("i8", "text", "code", "date", "month"); false when unknown. */
bool param_type_find(struct slice word, enum param_type *ret);
/* True when value has the form of the type (without min, max, choices). */
bool param_fits(enum param_type type, struct slice value);
/*
 * Checks value against all of p. NULL when good, with *ret in a or the input; else one English sentence for
 * people, and *ret untouched.
 */
const char *param_check(const struct param *p, struct arena *a, struct slice value, struct slice *ret);
