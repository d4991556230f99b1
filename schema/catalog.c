#include "schema/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "schema/csv.h"
#include "schema/database.h"
#include "schema/folder.h"

struct import {
	const struct catalog_options *options;
	PGconn *connection;
	struct arena *arena;
	struct buf file;
	struct buf header; /* array literal */
	struct buf rows;   /* COPY text: line, array literal */
	struct catalog_result result;
};

/* ------------------------------------------------------------------------------------------------- */
/* The file as COPY rows */

/* One element of an array literal, quoted; inside COPY text every backslash is doubled once more. */
static void
add_element(struct buf *b, struct slice cell, bool in_copy)
{
	const char *backslash = in_copy ? "\\\\" : "\\";

	buf_add_char(b, '"');
	for (size_t i = 0; i < cell.len; i++) {
		char c = cell.at[i];
		if (c == '"' || c == '\\') {
			buf_add_text(b, backslash);
			buf_add_text(b, c == '\\' ? backslash : "\"");
		} else if (in_copy && (c == '\n' || c == '\r' || c == '\t')) {
			buf_add_text(b, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		} else {
			buf_add_char(b, c);
		}
	}
	buf_add_char(b, '"');
}

static void
add_array(struct buf *b, const struct slice *cells, size_t count, bool in_copy)
{
	buf_add_char(b, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(b, ',');
		add_element(b, cells[i], in_copy);
	}
	buf_add_char(b, '}');
}

static int
read_rows(struct import *im, struct csv *csv, struct err *e)
{
	struct arena *row = arena_new(64 * 1024 * 1024);
	struct slice *cells;
	size_t count, line;
	int r;

	while ((r = csv_next(csv, row, &cells, &count, &line, e)) == 1) {
		if (++im->result.rows > CATALOG_ROW_MAX) {
			r = err_set(e, ERR_LIMIT, im->options->path, "more than %d rows", CATALOG_ROW_MAX);
			break;
		}
		buf_add_int(&im->rows, (long long)line);
		buf_add_char(&im->rows, '\t');
		add_array(&im->rows, cells, count, true);
		buf_add_char(&im->rows, '\n');
		arena_reset(row);
	}
	arena_free(row);
	if (r == 0 && !buf_ok(&im->rows))
		r = err_set(e, ERR_LIMIT, im->options->path, "the file is too large");
	return r;
}

static int
read_file(struct import *im, struct err *e)
{
	struct csv csv;
	struct slice *cells;
	size_t count, line;
	int r = buf_read_file(&im->file, im->options->path, e);

	if (r < 0)
		return r;
	csv_open(&csv, buf_slice(&im->file));
	r = csv_next(&csv, im->arena, &cells, &count, &line, e);
	if (r == 0)
		return err_set(e, ERR_INPUT, im->options->path, "the file has no header line");
	if (r < 0)
		return r;
	add_array(&im->header, cells, count, false);
	return read_rows(im, &csv, e);
}

/* ------------------------------------------------------------------------------------------------- */
/* In the database */

static int
begin(struct import *im, struct err *e)
{
	const struct catalog_options *o = im->options;
	const char *values[] = { o->kind, o->tenant_code, o->facility_code, o->effective_on,
		o->keep_missing ? "t" : "f" };
	PGresult *result = NULL;
	int r = database_exec(im->connection, "begin", e);

	if (r == 0)
		r = database_query(im->connection,
		    "select ref.catalog_begin($1, $2, $3, coalesce($4::date, sys.business_date(now())), "
		    "$5::boolean)",
		    5, values, &result, e);
	if (r < 0)
		return r;
	PQclear(result);
	return database_copy(
	    im->connection, "copy catalog_raw (line, cells) from stdin", buf_slice(&im->rows), NULL, e);
}

static int
check(struct import *im, struct err *e)
{
	const char *values[] = { im->header.at };
	PGresult *result;
	int r = database_query(
	    im->connection, "select * from ref.catalog_check($1::text[])", 1, values, &result, e);

	if (r < 0)
		return r;
	im->result.faults = (size_t)PQntuples(result);
	for (int i = 0; i < PQntuples(result) && i < CATALOG_SHOWN_MAX; i++) {
		struct catalog_fault fault = { .line = PQgetvalue(result, i, 0),
			.column = PQgetvalue(result, i, 1),
			.message = PQgetvalue(result, i, 2) };
		im->options->on_fault(im->options->context, &fault);
	}
	PQclear(result);
	return 0;
}

static void
show(struct import *im, PGresult *result)
{
	for (int i = 0; i < PQntuples(result) && i < CATALOG_SHOWN_MAX; i++) {
		struct catalog_difference d = { .action = PQgetvalue(result, i, 0),
			.line = PQgetvalue(result, i, 1),
			.key = PQgetvalue(result, i, 2),
			.column = PQgetvalue(result, i, 3),
			.before = PQgetvalue(result, i, 4),
			.after = PQgetvalue(result, i, 5) };
		im->options->on_difference(im->options->context, &d);
	}
}

static int
compare(struct import *im, struct err *e)
{
	PGresult *result;
	int r = database_query(im->connection, "select * from ref.catalog_diff_lines()", 0, NULL, &result, e);

	if (r < 0)
		return r;
	show(im, result);
	PQclear(result);
	r = database_query(im->connection,
	    "select count(*) filter (where action = 'added'), count(*) filter (where action = 'changed'), "
	    "count(*) filter (where action = 'removed') from catalog_diff",
	    0, NULL, &result, e);
	if (r < 0)
		return r;
	im->result.added = strtoul(PQgetvalue(result, 0, 0), NULL, 10);
	im->result.changed = strtoul(PQgetvalue(result, 0, 1), NULL, 10);
	im->result.removed = strtoul(PQgetvalue(result, 0, 2), NULL, 10);
	PQclear(result);
	return 0;
}

static int
apply(struct import *im, struct err *e)
{
	char sha256[65];
	const char *slash = strrchr(im->options->path, '/');
	const char *values[] = { slash ? slash + 1 : im->options->path, sha256 };
	PGresult *result;

	folder_sha256((struct slice[]){ buf_slice(&im->file) }, 1, sha256);
	int r = database_query(im->connection, "select ref.catalog_apply($1, $2)", 2, values, &result, e);
	if (r < 0)
		return r;
	PQclear(result);
	r = database_exec(im->connection, "commit", e);
	im->result.applied = r == 0;
	return r;
}

static int
import_file(struct import *im, struct err *e)
{
	int r = read_file(im, e);

	if (r == 0)
		r = database_connect(im->options->database_url, &im->connection, e);
	if (r == 0)
		r = begin(im, e);
	if (r == 0)
		r = check(im, e);
	if (r < 0 || im->result.faults > 0)
		return r;
	r = compare(im, e);
	return r == 0 && im->options->apply ? apply(im, e) : r;
}

int
catalog_import(const struct catalog_options *options, struct catalog_result *ret_result, struct err *e)
{
	struct import im = { .options = options, .arena = arena_new(0) };

	buf_init(&im.file, CATALOG_FILE_MAX);
	buf_init(&im.header, 1024 * 1024);
	buf_init(&im.rows, 4UL * CATALOG_FILE_MAX);
	int r = import_file(&im, e);
	PQfinish(im.connection); /* an open transaction is rolled back */
	buf_free(&im.file);
	buf_free(&im.header);
	buf_free(&im.rows);
	arena_free(im.arena);
	if (r == 0)
		*ret_result = im.result;
	return r;
}

/* ------------------------------------------------------------------------------------------------- */

static const char sql_kinds[] =
    "select kind, title_vi, title_en, facility_scope from ref.catalog_kind order by kind";
static const char sql_kind_columns[] =
    "select name, alias, type, case when is_key then 'key' when is_required then 'required' else '' end, "
    "text_vi, text_en, example from ref.catalog_column where kind = $1 order by position";

int
catalog_describe(const char *database_url, const char *kind,
    void (*on_row)(void *context, int count, const char *const *cells), void *context, struct err *e)
{
	PGconn *connection;
	PGresult *result;
	const char *values[] = { kind };
	int r = database_connect(database_url, &connection, e);

	if (r < 0)
		return r;
	r = database_query(connection, kind ? sql_kind_columns : sql_kinds, kind ? 1 : 0, values, &result, e);
	if (r == 0) {
		const char *cells[8];
		for (int i = 0; i < PQntuples(result); i++) {
			for (int j = 0; j < PQnfields(result); j++)
				cells[j] = PQgetvalue(result, i, j);
			on_row(context, PQnfields(result), cells);
		}
		if (PQntuples(result) == 0)
			r = err_set(e, ERR_NOT_FOUND, kind ? kind : "kind", "no such kind of catalogue file");
		PQclear(result);
	}
	PQfinish(connection);
	return r;
}
