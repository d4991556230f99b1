/* Inside claims/rules/ only: what the build embeds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rule_builtin_file {
	const char *name;
	const char *text;
	size_t len;
};
extern const struct rule_builtin_file rule_builtin_files[];
extern const size_t rule_builtin_file_count;
extern const struct rule_builtin_file rule_builtin_examples[]; /* catalogues, as TSV */
extern const size_t rule_builtin_example_count;

/*
 * A built-in catalogue: rows sorted by key (keys joined by a tab) and first day, found by a hash table of row
 * numbers + 1. A cell is a number, an offset into the catalogue's texts, or RULE_CELL_MISSING.
 */
#define RULE_CELL_MISSING INT32_MIN
struct rule_builtin_row {
	uint32_t key;     /* offset into texts */
	int32_t from, to; /* yyyyMMdd, both included */
};
struct rule_builtin_catalog {
	unsigned catalog; /* position in rule_catalogs */
	const char *texts;
	const struct rule_builtin_row *row;
	const int32_t *cell; /* attributes of row 0, of row 1 … */
	size_t rows;
	const uint16_t *hash;
	size_t hashes; /* a power of two */
};
extern const struct rule_builtin_catalog rule_builtin_catalogs[];
extern const size_t rule_builtin_catalog_count;
