#include "base/tsv.h"

#include <stdio.h>

#include "base/buf.h"

static bool
tsv_line(struct tsv *t, struct slice *ret)
{
	while (t->rest.len > 0) {
		size_t end = slice_find(t->rest, '\n');
		struct slice line = { t->rest.at, end };

		t->rest = slice_skip(t->rest, end + 1);
		t->line++;
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0 || line.at[0] == '#')
			continue;
		*ret = line;
		return true;
	}
	return false;
}

/* Splits a line into at most max cells; the number there really are. */
static size_t
tsv_split(struct slice line, struct slice *cell, size_t max)
{
	size_t count = 0;

	for (;;) {
		size_t end = slice_find(line, '\t');

		if (count < max)
			cell[count] = slice_from(line.at, end);
		count++;
		if (end == line.len)
			return count;
		line = slice_skip(line, end + 1);
	}
}

int
tsv_fault(const struct tsv *t, const char *column, struct err *e, const char *detail)
{
	char place[sizeof(e->field)];

	snprintf(
	    place, sizeof(place), "%s:%zu%s%s", t->name, t->line, column ? ":" : "", column ? column : "");
	return err_set(e, ERR_INPUT, place, "%s", detail);
}

int
tsv_open(struct tsv *t, const char *name, struct slice text, struct err *e)
{
	struct slice line;

	*t = (struct tsv){ .name = name, .rest = text };
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		t->rest = slice_skip(text, 3);
	if (!tsv_line(t, &line))
		return tsv_fault(t, NULL, e, "there is no header line");
	t->column_count = tsv_split(line, t->column, TSV_COLUMNS_MAX);
	if (t->column_count > TSV_COLUMNS_MAX)
		return tsv_fault(t, NULL, e, "too many columns");
	for (size_t i = 0; i < t->column_count; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(t->column[i], t->column[j]))
				return tsv_fault(t, NULL, e, "a column is named twice");
	return 0;
}

int
tsv_next(struct tsv *t, struct err *e)
{
	struct slice line;

	if (!tsv_line(t, &line))
		return 0;
	if (tsv_split(line, t->cell, TSV_COLUMNS_MAX) != t->column_count)
		return tsv_fault(t, NULL, e, "the row has another number of cells than the header");
	return 1;
}

int
tsv_column(const struct tsv *t, const char *column)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (slice_eq_text(t->column[i], column))
			return (int)i;
	return -1;
}

struct slice
tsv_cell(const struct tsv *t, const char *column)
{
	int i = tsv_column(t, column);

	return i < 0 ? SLICE("") : t->cell[i];
}

int
tsv_need(const struct tsv *t, const char *const *columns, struct err *e)
{
	for (; *columns; columns++)
		if (tsv_column(t, *columns) < 0)
			return tsv_fault(t, *columns, e, "the column is missing");
	return 0;
}

int
tsv_read_file(const char *path, const char *name, size_t max, const char *const *columns, tsv_row *row,
    void *context, struct err *e)
{
	struct tsv t;
	struct buf text;
	int bad, more;

	buf_init(&text, max);
	bad = buf_read_file(&text, path, e);
	if (bad == 0)
		bad = tsv_open(&t, name, buf_slice(&text), e);
	if (bad == 0)
		bad = tsv_need(&t, columns, e);
	while (bad == 0 && (more = tsv_next(&t, e)) != 0)
		bad = more < 0 ? more : row(&t, context, e);
	if (text.at)
		explicit_bzero(text.at, text.len);
	buf_free(&text);
	return bad;
}
