#include "schema/seed.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "schema/database.h"
#include "schema/folder.h"
#include "schema/migrate.h"

#define SQL_MAX (64 * 1024)

struct seed {
	const char *file;
	const char *table; /* schema.name */
	bool replaces;
	const char *key; /* columns with commas; "" for replace */
	struct slice manifest_line;
};

struct loader {
	PGconn *connection;
	const struct seed_options *options;
	const char *dir;
	struct arena *arena;
};

static bool
is_plain_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("_.,-", c);
		if (!ok)
			return false;
	}
	return s.len > 0;
}

static int
manifest_fault(size_t line, struct err *e, const char *why)
{
	struct buf field;

	buf_init(&field, 64);
	buf_addf(&field, "seed/manifest.tsv:%zu", line);
	int r = err_set(e, ERR_INPUT, field.at, "%s", why);
	buf_free(&field);
	return r;
}

static int
parse_manifest_line(struct arena *a, struct slice text, size_t line, struct seed *ret_seed, struct err *e)
{
	struct slice field[4], rest = text;
	size_t count = 0;

	while (count < 4 && slice_split(&rest, '\t', &field[count]))
		count++;
	if (count != 4 || rest.len > 0)
		return manifest_fault(line, e, "needs 4 columns: file, table, mode, key");
	bool replaces = slice_eq_text(field[2], "replace");
	if (!replaces && !slice_eq_text(field[2], "upsert"))
		return manifest_fault(line, e, "mode must be replace or upsert");
	if (!is_plain_name(field[0]) || !is_plain_name(field[1]) || (!replaces && !is_plain_name(field[3])))
		return manifest_fault(line, e, "names are lower case letters, digits, '_', '-', '.'");
	*ret_seed = (struct seed){ .file = arena_text(a, field[0]),
		.table = arena_text(a, field[1]),
		.replaces = replaces,
		.key = arena_text(a, field[3]),
		.manifest_line = text };
	return 0;
}

static int
read_manifest(struct loader *l, struct seed **ret_seeds, size_t *ret_count, struct err *e)
{
	struct folder_file file;
	struct seed *seeds = NULL;
	size_t count = 0, capacity = 0, line = 0;
	int r = folder_read_file(l->arena, l->dir, "manifest.tsv", MIGRATE_FILE_MAX, &file, e);

	if (r < 0)
		return r;
	struct slice rest = file.content, text;
	while (slice_split(&rest, '\n', &text)) {
		if (++line == 1 || text.len == 0)
			continue;
		struct seed seed;
		r = parse_manifest_line(l->arena, text, line, &seed, e);
		if (r < 0)
			return r;
		for (size_t i = 0; i < count; i++)
			if (strcmp(seeds[i].table, seed.table) == 0 && (seed.replaces || seeds[i].replaces))
				return manifest_fault(
				    line, e, "a table that is replaced can have only one file");
		*ARENA_PUSH(l->arena, seeds, count, capacity) = seed;
	}
	*ret_seeds = seeds;
	*ret_count = count;
	return 0;
}

/* Whether sys.seed knows this very file. */
static int
is_loaded(struct loader *l, const struct seed *seed, const char *sha256, bool *ret_loaded, struct err *e)
{
	const char *values[] = { seed->file, sha256 };
	PGresult *result;
	/* The table is missing when a plan is made for an empty database. */
	int r =
	    database_query(l->connection, "select to_regclass('sys.seed') is not null", 0, NULL, &result, e);
	if (r < 0)
		return r;
	bool exists = PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	if (!exists) {
		*ret_loaded = false;
		return 0;
	}
	r = database_query(
	    l->connection, "select from sys.seed where file = $1 and sha256 = $2", 2, values, &result, e);
	if (r < 0)
		return r;
	*ret_loaded = PQntuples(result) > 0;
	PQclear(result);
	return 0;
}

/* The header's columns: "a, b, c" to name them, and "coalesce(a, default)" to select them. */
struct columns {
	const char *names;
	const char *selects;
	const char *updates; /* "a = excluded.a, …" without the key columns */
	const char *changed; /* "(t.a, …) is distinct from (excluded.a, …)" */
};

static bool
is_key_column(const char *key, struct slice column)
{
	struct slice rest = slice_of(key), part;

	while (slice_split(&rest, ',', &part))
		if (slice_eq(part, column))
			return true;
	return false;
}

static const char *
default_of(PGresult *columns, struct slice name, bool *ret_known)
{
	for (int i = 0; i < PQntuples(columns); i++) {
		if (!slice_eq_text(name, PQgetvalue(columns, i, 0)))
			continue;
		*ret_known = true;
		return PQgetisnull(columns, i, 1) ? NULL : PQgetvalue(columns, i, 1);
	}
	*ret_known = false;
	return NULL;
}

static const char sql_columns[] =
    "select a.attname, pg_get_expr(d.adbin, d.adrelid) from pg_attribute a "
    "left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum "
    "where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''";

struct column_buffers {
	struct buf names, selects, updates, old, new;
};

static void
add_column(struct column_buffers *b, const struct seed *seed, struct slice name, const char *fallback)
{
	const char *comma = b->names.len > 0 ? ", " : "";

	buf_addf(&b->names, "%s%.*s", comma, SLICE_ARG(name));
	if (fallback)
		buf_addf(&b->selects, "%scoalesce(s.%.*s, %s)", comma, SLICE_ARG(name), fallback);
	else
		buf_addf(&b->selects, "%ss.%.*s", comma, SLICE_ARG(name));
	if (is_key_column(seed->key, name))
		return;
	comma = b->updates.len > 0 ? ", " : "";
	buf_addf(&b->updates, "%s%.*s = excluded.%.*s", comma, SLICE_ARG(name), SLICE_ARG(name));
	buf_addf(&b->old, "%st.%.*s", comma, SLICE_ARG(name));
	buf_addf(&b->new, "%sexcluded.%.*s", comma, SLICE_ARG(name));
}

static int
read_header(
    struct loader *l, const struct seed *seed, struct slice header, struct columns *ret, struct err *e)
{
	PGresult *known;
	const char *values[] = { seed->table };
	struct column_buffers b;
	struct buf *all[] = { &b.names, &b.selects, &b.updates, &b.old, &b.new };
	int r = database_query(l->connection, sql_columns, 1, values, &known, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < 5; i++)
		buf_init(all[i], SQL_MAX);
	struct slice rest = header, name;
	while (r == 0 && slice_split(&rest, '\t', &name)) {
		bool is_known;
		const char *fallback = default_of(known, name, &is_known);
		if (!is_known || !is_plain_name(name))
			r = err_set(
			    e, ERR_INPUT, NULL, "%s has no column \"%.*s\"", seed->table, SLICE_ARG(name));
		else
			add_column(&b, seed, name, fallback);
	}
	if (r == 0) {
		*ret = (struct columns){ .names = arena_text(l->arena, buf_slice(&b.names)),
			.selects = arena_text(l->arena, buf_slice(&b.selects)),
			.updates = arena_text(l->arena, buf_slice(&b.updates)),
			.changed = arena_printf(l->arena, "(%.*s) is distinct from (%.*s)",
			    SLICE_ARG(buf_slice(&b.old)), SLICE_ARG(buf_slice(&b.new))) };
	}
	for (size_t i = 0; i < 5; i++)
		buf_free(all[i]);
	PQclear(known);
	return r;
}

/* "COPY seed_stage, line 17, …" names the line of the data; the header is line 1 of the file. */
static size_t
line_of_fault(const struct err *e)
{
	const char *at = strstr(e->detail, "seed_stage, line ");

	return at ? strtoul(at + strlen("seed_stage, line "), NULL, 10) + 1 : 1;
}

static int
merge(struct loader *l, const struct seed *seed, const struct columns *columns, struct err *e)
{
	if (seed->replaces) {
		const char *sql = arena_printf(l->arena,
		    "delete from %s; insert into %s as t (%s) select %s from seed_stage s; drop table "
		    "seed_stage",
		    seed->table, seed->table, columns->names, columns->selects);
		return database_exec(l->connection, sql, e);
	}
	const char *sql = arena_printf(l->arena,
	    "insert into %s as t (%s) select %s from seed_stage s on conflict (%s) do %s%s%s%s; "
	    "drop table seed_stage",
	    seed->table, columns->names, columns->selects, seed->key,
	    *columns->updates ? "update set " : "nothing", columns->updates,
	    *columns->updates ? " where " : "", *columns->updates ? columns->changed : "");
	return database_exec(l->connection, sql, e);
}

static int
copy_rows(struct loader *l, const struct seed *seed, struct slice content, const char *sha256,
    long long *ret_rows, struct err *e)
{
	size_t header_len = slice_find(content, '\n');
	struct slice rows = slice_skip(content, header_len + 1);
	struct columns columns = { 0 };
	int r = read_header(l, seed, slice_from(content.at, header_len), &columns, e);

	if (r == 0)
		r = database_exec(l->connection,
		    arena_printf(l->arena, "create temp table seed_stage as select %s from %s with no data",
			columns.names, seed->table),
		    e);
	/* CSV with a quote that no text holds: fields are taken as they are, empty is null. */
	if (r == 0)
		r = database_copy(l->connection,
		    "copy seed_stage from stdin with (format csv, delimiter e'\\t', quote e'\\b', null '')",
		    rows, ret_rows, e);
	if (r == 0)
		r = merge(l, seed, &columns, e);
	if (r < 0)
		return r;
	const char *values[] = { seed->file, sha256, arena_printf(l->arena, "%lld", *ret_rows) };
	PGresult *result;
	r = database_query(l->connection,
	    "insert into sys.seed (file, sha256, row_count) values ($1, $2, $3::bigint) on conflict (file) "
	    "do "
	    "update set sha256 = excluded.sha256, row_count = excluded.row_count, loaded_at = "
	    "clock_timestamp()",
	    3, values, &result, e);
	if (r == 0)
		PQclear(result);
	return r;
}

static int
load_file(struct loader *l, const struct seed *seed, const struct folder_file *file, const char *sha256,
    long long *ret_rows, struct err *e)
{
	if (!utf8_is_valid(file->content) || memchr(file->content.at, '\b', file->content.len))
		return err_set(e, ERR_INPUT, seed->file, "not clean UTF-8");
	int r = database_exec(l->connection, "begin", e);
	if (r < 0)
		return r;
	r = copy_rows(l, seed, file->content, sha256, ret_rows, e);
	if (r == 0)
		return database_exec(l->connection, "commit", e);
	if (e && e->code == ERR_INPUT)
		err_prefix_field(e, arena_printf(l->arena, "seed/%s:%zu", seed->file, line_of_fault(e)));
	(void)database_exec(l->connection, "rollback", NULL);
	return r;
}

static void
say(struct loader *l, const char *line)
{
	if (l->options->report)
		l->options->report(l->options->context, line);
}

static int
load_if_new(struct loader *l, const struct seed *seed, size_t *files, size_t *rows, struct err *e)
{
	struct folder_file file;
	char sha256[65];
	bool loaded = false;
	long long count = 0;
	int r = folder_read_file(l->arena, l->dir, seed->file, MIGRATE_FILE_MAX, &file, e);

	if (r < 0)
		return r;
	folder_sha256((struct slice[]){ seed->manifest_line, file.content }, 2, sha256);
	r = is_loaded(l, seed, sha256, &loaded, e);
	if (r < 0 || loaded)
		return r;
	if (l->options->plan) {
		say(l, arena_printf(l->arena, "seed %s would be loaded into %s", seed->file, seed->table));
	} else {
		r = load_file(l, seed, &file, sha256, &count, e);
		if (r < 0)
			return r;
		say(l, arena_printf(l->arena, "seed %s: %lld rows in %s", seed->file, count, seed->table));
	}
	*files += 1;
	*rows += (size_t)count;
	return 0;
}

int
seed_load(PGconn *connection, const struct seed_options *options, size_t *files, size_t *rows, struct err *e)
{
	struct arena *a = arena_new(256 * 1024 * 1024);
	struct loader l = { .connection = connection,
		.options = options,
		.dir = arena_printf(a, "%s/seed", options->schema_dir),
		.arena = a };
	struct seed *seeds = NULL;
	size_t count = 0;
	int r = read_manifest(&l, &seeds, &count, e);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = load_if_new(&l, &seeds[i], files, rows, e);
	arena_free(a);
	return r;
}
