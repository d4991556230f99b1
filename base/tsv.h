/*
 * Tab-separated tables: UTF-8, LF or CRLF lines, the first line names the columns, no quoting; empty lines
 * and lines that begin with '#' are passed over. Cells are slices of the text.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

#define TSV_COLUMNS_MAX 128

struct tsv {
	const char *name; /* of the table, for messages; borrowed */
	struct slice rest;
	struct slice column[TSV_COLUMNS_MAX];
	size_t column_count;
	struct slice cell[TSV_COLUMNS_MAX]; /* of the current row */
	size_t line;                        /* of the current row, from 1 */
};

/* Reads the header line. ERR_INPUT without header, with a repeated column or more than TSV_COLUMNS_MAX. */
int tsv_open(struct tsv *t, const char *name, struct slice text, struct err *e);
/*
 * 1: the next row is in cell[], 0: the end, ERR_INPUT: a row with another number of cells than the header
 * ("name:line" in e->field).
 */
int tsv_next(struct tsv *t, struct err *e);
/* Position of a column, or -1. */
int tsv_column(const struct tsv *t, const char *column);
/* The current row's cell of that column; empty when there is no such column. */
struct slice tsv_cell(const struct tsv *t, const char *column);
/* Checks that all of the NULL-terminated names are columns: ERR_INPUT names the first that is not. */
int tsv_need(const struct tsv *t, const char *const *columns, struct err *e);
/* Takes one row of a file: 0, or an error code that ends the reading. */
typedef int tsv_row(const struct tsv *t, void *context, struct err *e);
/*
 * Reads a whole file of at most max bytes and gives each row to row(). name stands for the file in messages.
 * columns (NULL-terminated) must all be there. Cells live during the call only, and the text is wiped after
 * it: such files may hold passwords. 0, ERR_IO, ERR_LIMIT, ERR_INPUT, or what row() returned.
 */
int tsv_read_file(const char *path, const char *name, size_t max, const char *const *columns, tsv_row *row,
    void *context, struct err *e);
/* Fills e with "name:line:column" and a sentence; returns ERR_INPUT. */
int tsv_fault(const struct tsv *t, const char *column, struct err *e, const char *detail);
