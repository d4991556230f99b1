/* The rule tables as they were at the build, made by embed.py from schema/seed/benefit_*.tsv. */
#pragma once

#include <stddef.h>

struct benefit_builtin {
	const char *table;
	const char *tsv;
	size_t length;
};

extern const struct benefit_builtin benefit_builtin[];
extern const size_t benefit_builtin_count;
