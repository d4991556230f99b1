#include "schema/csv.h"

#include "base/buf.h"
#include "base/utf8.h"

static char
find_separator(struct slice header)
{
	size_t commas = 0, semicolons = 0;
	bool quoted = false;

	for (size_t i = 0; i < header.len && (quoted || header.at[i] != '\n'); i++) {
		if (header.at[i] == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (header.at[i] == '\t')
			return '\t';
		commas += header.at[i] == ',';
		semicolons += header.at[i] == ';';
	}
	return semicolons > commas ? ';' : ',';
}

void
csv_open(struct csv *csv, struct slice text)
{
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_skip(text, 3);
	*csv = (struct csv){ .rest = text, .line = 1, .separator = find_separator(text) };
}

static int
fault(size_t line, enum err_code code, struct err *e, const char *why)
{
	struct buf field;

	buf_init(&field, 64);
	buf_addf(&field, "line %zu", line);
	int r = err_set(e, code, field.at, "%s", why);
	buf_free(&field);
	return r;
}

/* Takes a quoted cell, the quotes included, off csv->rest. */
static int
take_quoted(struct csv *csv, struct arena *a, struct slice *ret_cell, struct err *e)
{
	struct slice s = csv->rest;
	size_t start_line = csv->line, end = 1, doubled = 0;

	for (; end < s.len; end++) {
		csv->line += s.at[end] == '\n';
		if (s.at[end] != '"')
			continue;
		if (end + 1 >= s.len || s.at[end + 1] != '"')
			break;
		doubled++;
		end++;
	}
	if (end >= s.len)
		return fault(start_line, ERR_INPUT, e, "a quote is not closed");
	struct slice cell = slice_from(s.at + 1, end - 1);
	if (doubled > 0) {
		char *copy = arena_alloc(a, cell.len);
		size_t n = 0;
		for (size_t i = 0; i < cell.len; i++) {
			copy[n++] = cell.at[i];
			i += cell.at[i] == '"';
		}
		cell = slice_from(copy, n);
	}
	csv->rest = slice_skip(s, end + 1);
	*ret_cell = cell;
	return 0;
}

static bool
ends_cell(const struct csv *csv, char c)
{
	return c == csv->separator || c == '\n';
}

static int
take_cell(struct csv *csv, struct arena *a, struct slice *ret_cell, struct err *e)
{
	struct slice s = csv->rest;
	struct slice cell;
	int r = 0;

	if (csv->separator != '\t' && s.len > 0 && s.at[0] == '"') {
		r = take_quoted(csv, a, &cell, e);
		if (r < 0)
			return r;
		if (slice_starts(csv->rest, SLICE("\r\n")))
			csv->rest = slice_skip(csv->rest, 1);
		if (csv->rest.len > 0 && !ends_cell(csv, csv->rest.at[0]))
			return fault(csv->line, ERR_INPUT, e, "text after a closing quote");
	} else {
		size_t n = 0;
		while (n < s.len && !ends_cell(csv, s.at[n]))
			n++;
		cell = slice_trim(slice_from(s.at, n));
		csv->rest = slice_skip(s, n);
	}
	if (cell.len > CSV_CELL_MAX)
		return fault(csv->line, ERR_LIMIT, e, "a cell is longer than 64 KiB");
	r = utf8_clean(a, cell, ret_cell, e);
	return r < 0 ? fault(csv->line, ERR_INPUT, e, "a cell is not clean UTF-8 text") : 0;
}

/* A line of blanks and carriage returns is no row. */
static bool
skip_empty_line(struct csv *csv)
{
	size_t n = slice_find(csv->rest, '\n');

	if (csv->rest.len == 0 || slice_trim(slice_from(csv->rest.at, n)).len > 0)
		return false;
	csv->rest = slice_skip(csv->rest, n + 1);
	csv->line++;
	return true;
}

int
csv_next(struct csv *csv, struct arena *a, struct slice **ret_cells, size_t *ret_count, size_t *ret_line,
    struct err *e)
{
	struct slice *cells = NULL;
	size_t count = 0, capacity = 0;

	while (skip_empty_line(csv))
		;
	if (csv->rest.len == 0)
		return 0;
	size_t line = csv->line;
	for (;;) {
		if (count == CSV_COLUMN_MAX)
			return fault(line, ERR_LIMIT, e, "more than 200 columns");
		int r = take_cell(csv, a, ARENA_PUSH(a, cells, count, capacity), e);
		if (r < 0)
			return r;
		bool at_end = csv->rest.len == 0;
		char stop = at_end ? '\n' : csv->rest.at[0];
		csv->rest = slice_skip(csv->rest, 1);
		if (stop == '\n') {
			csv->line += !at_end;
			break;
		}
	}
	*ret_cells = cells;
	*ret_count = count;
	*ret_line = line;
	return 1;
}
