/*
 * Promises of schema/csv.h: any bytes end in rows or in one error; lines go up; a row has 1 to 200 cells of
 * at most 64 KiB that are valid UTF-8.
 */
#include <assert.h>

#include "base/utf8.h"
#include "schema/csv.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct csv csv;
	struct slice *cells;
	struct err e = { 0 };
	size_t count, line, last = 0;
	int r;

	csv_open(&csv, slice_from((const char *)data, size));
	while ((r = csv_next(&csv, arena, &cells, &count, &line, &e)) == 1) {
		assert(line > last && count >= 1 && count <= CSV_COLUMN_MAX);
		for (size_t i = 0; i < count; i++)
			assert(cells[i].len <= 4 * CSV_CELL_MAX && utf8_is_valid(cells[i]));
		last = line;
	}
	assert(r == 0 || ((r == ERR_INPUT || r == ERR_LIMIT) && e.field[0] != '\0'));
	arena_free(arena);
	return 0;
}
