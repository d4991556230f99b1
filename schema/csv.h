/*
 * Reads tables as people export them: comma- or semicolon-separated with RFC 4180 quotes, or tab-separated.
 * The separator is the one of the header line: a tab if there is one, else whichever of ',' and ';' is
 * more frequent outside quotes. A byte order mark, CRLF and empty lines are accepted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define CSV_COLUMN_MAX 200
#define CSV_CELL_MAX (64 * 1024)

struct csv {
	struct slice rest;
	size_t line; /* line of rest, from 1 */
	char separator;
};

/* text must outlive the reader. */
void csv_open(struct csv *csv, struct slice text);

/*
 * The next row. Cells that had no doubled quotes point into the text, others into the arena; they are trimmed
 * of blanks when not quoted, and NFC. Returns 1 with a row, 0 at the end, or ERR_INPUT/ERR_LIMIT with
 * e->field = "line N".
 */
int csv_next(struct csv *csv, struct arena *a, struct slice **ret_cells, size_t *ret_count, size_t *ret_line,
    struct err *e);
