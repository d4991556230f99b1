#include "schema/migrate.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "schema/database.h"
#include "schema/folder.h"
#include "schema/seed.h"
#include "schema/sql_split.h"

#define LOCK_KEY "4841534"

struct migration {
	int64_t no;
	const char *name; /* without number and ending */
	const struct folder_file *file;
};

struct migrator {
	const struct migrate_options *options;
	const char *dir;
	PGconn *connection;
	struct arena *arena;
	struct migration *migrations;
	size_t count;
	struct folder_file *code;
	size_t code_count;
	bool is_empty; /* the database has no sys.migration yet */
	struct migrate_result result;
};

static void
say(struct migrator *m, const char *line)
{
	if (m->options->report)
		m->options->report(m->options->context, line);
}

/* ------------------------------------------------------------------------------------------------- */
/* Running a script */

/* Line of a fault inside a statement; the server counts characters from 1. */
static size_t
fault_line(const PGresult *result, struct slice statement, size_t line)
{
	const char *position = result ? PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION) : NULL;
	size_t characters = position ? strtoul(position, NULL, 10) : 0;

	for (size_t i = 0; i < statement.len && characters > 1; i++) {
		if (((unsigned char)statement.at[i] & 0xc0) != 0x80)
			characters--;
		line += statement.at[i] == '\n';
	}
	return line;
}

static int
run_statement(struct migrator *m, const char *file, struct slice statement, size_t line, struct err *e)
{
	struct buf copy;
	int r = 0;

	buf_init(&copy, MIGRATE_FILE_MAX + 1);
	buf_add(&copy, statement);
	PGresult *result = PQexec(m->connection, copy.at);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		r = database_failed(m->connection, result, e);
		line = fault_line(result, statement, line);
	} else if (PQtransactionStatus(m->connection) != PQTRANS_INTRANS) {
		r = err_set(e, ERR_INPUT, NULL, "a file must not begin or end transactions itself");
	}
	if (r < 0 && e && e->code == ERR_INPUT)
		err_prefix_field(e, arena_printf(m->arena, "%s:%zu", file, line));
	PQclear(result);
	buf_free(&copy);
	return r;
}

/* Runs the statements of a file in the open transaction. */
static int
run_script(struct migrator *m, const char *file, struct slice script, struct err *e)
{
	struct slice statement;
	size_t line = 1, start = 0;
	int r = 0;

	while (r == 0 && sql_next_statement(&script, &line, &statement, &start))
		r = run_statement(m, file, statement, start, e);
	return r == 0 ? database_exec(m->connection, "reset role; reset search_path", e) : r;
}

/* Runs a file of the schema folder itself. */
static int
run_own_script(struct migrator *m, const char *name, struct err *e)
{
	struct folder_file file;
	int r = folder_read_file(m->arena, m->dir, name, MIGRATE_FILE_MAX, &file, e);

	return r == 0 ? run_script(m, name, file.content, e) : r;
}

static int
finish(struct migrator *m, int r, struct err *e)
{
	if (r == 0)
		return database_exec(m->connection, "commit", e);
	(void)database_exec(m->connection, "rollback", NULL);
	return r;
}

/* ------------------------------------------------------------------------------------------------- */
/* Reading the folder */

/* NNNN-name.sql */
static int
parse_file_name(struct migrator *m, const struct folder_file *file, struct migration *ret, struct err *e)
{
	struct slice name = slice_of(file->name);
	int64_t no = 0;
	bool ok = name.len > 9 && name.at[4] == '-' && slice_is_digits(slice_from(name.at, 4)) &&
		  slice_to_int64(slice_from(name.at, 4), &no) == 0 && no > 0;

	if (!ok)
		return err_set(e, ERR_INPUT, file->name, "a migration is named NNNN-name.sql");
	*ret = (struct migration){
		.no = no, .name = arena_text(m->arena, slice_from(name.at + 5, name.len - 9)), .file = file
	};
	return 0;
}

static int
read_migrations(struct migrator *m, struct err *e)
{
	struct folder_file *files;
	const char *dir = arena_printf(m->arena, "%s/migrations", m->dir);
	int r = folder_read_all(m->arena, dir, ".sql", MIGRATE_FILE_MAX, &files, &m->count, e);

	if (r < 0)
		return r;
	m->migrations = ARENA_ARRAY(m->arena, m->count + 1, struct migration);
	for (size_t i = 0; i < m->count; i++) {
		r = parse_file_name(m, &files[i], &m->migrations[i], e);
		if (r < 0)
			return r;
		if (i > 0 && m->migrations[i].no == m->migrations[i - 1].no)
			return err_set(
			    e, ERR_CONFLICT, files[i].name, "has the number of %s", files[i - 1].name);
	}
	return m->count > 0 ? 0 : err_set(e, ERR_NOT_FOUND, dir, "no migrations there");
}

static int
read_folder(struct migrator *m, struct err *e)
{
	int r = read_migrations(m, e);

	return r < 0 ? r
		     : folder_read_all(m->arena, arena_printf(m->arena, "%s/code", m->dir), ".sql",
			   MIGRATE_FILE_MAX, &m->code, &m->code_count, e);
}

/* ------------------------------------------------------------------------------------------------- */
/* Migrations */

/*
 * Compares one applied migration with the file in its place. Numbers may have gaps (they are given out before
 * the work is done), but what was applied is always the beginning of the folder.
 */
static int
check_one(struct migrator *m, size_t i, int64_t no, const char *name, const char *sha256, struct err *e)
{
	const struct migration *own = i < m->count ? &m->migrations[i] : NULL;

	if (own && own->no < no)
		return err_set(e, ERR_CONFLICT, own->file->name,
		    "comes before %04lld (%s), which is applied already; give it a new number", (long long)no,
		    name);
	if (!own || own->no != no || strcmp(own->name, name) != 0)
		return err_set(e, ERR_CONFLICT, name,
		    "migration %lld (%s) was applied to this database but is not in %s/migrations",
		    (long long)no, name, m->dir);
	if (strcmp(own->file->sha256, sha256) != 0)
		return err_set(e, ERR_CONFLICT, own->file->name,
		    "was changed after it had been applied; put it back and write a new migration");
	return 0;
}

/* Compares what was applied with the folder; *ret_applied is how many. */
static int
check_applied(struct migrator *m, size_t *ret_applied, struct err *e)
{
	PGresult *result;
	int r = database_query(
	    m->connection, "select no, name, sha256 from sys.migration order by no", 0, NULL, &result, e);

	if (r < 0)
		return r;
	size_t rows = (size_t)PQntuples(result);
	for (size_t i = 0; r == 0 && i < rows; i++) {
		r = check_one(m, i, strtoll(PQgetvalue(result, (int)i, 0), NULL, 10),
		    PQgetvalue(result, (int)i, 1), PQgetvalue(result, (int)i, 2), e);
	}
	PQclear(result);
	if (r == 0)
		*ret_applied = rows;
	return r;
}

static int
record_migration(struct migrator *m, const struct migration *migration, struct err *e)
{
	const char *values[] = { arena_printf(m->arena, "%lld", (long long)migration->no), migration->name,
		migration->file->sha256 };
	PGresult *result;
	int r = database_query(m->connection,
	    "insert into sys.migration (no, name, sha256) values ($1, $2, $3)", 3, values, &result, e);

	if (r == 0)
		PQclear(result);
	return r;
}

static int
apply_migration(struct migrator *m, const struct migration *migration, struct err *e)
{
	const char *path = arena_printf(m->arena, "migrations/%s", migration->file->name);
	int r = database_exec(m->connection, "begin", e);

	if (r == 0) {
		r = run_script(m, path, migration->file->content, e);
		if (r == 0)
			r = record_migration(m, migration, e);
		r = finish(m, r, e);
	}
	if (r == 0)
		say(m, arena_printf(m->arena, "migration %04lld-%s applied", (long long)migration->no,
			   migration->name));
	return r;
}

static int
apply_migrations(struct migrator *m, struct err *e)
{
	size_t applied = 0;
	int r = m->is_empty ? 0 : check_applied(m, &applied, e);

	for (size_t i = applied; r == 0 && i < m->count; i++) {
		const struct migration *migration = &m->migrations[i];
		m->result.migrations++;
		if (m->options->plan)
			say(m,
			    arena_printf(m->arena, "migration %s would be applied", migration->file->name));
		else
			r = apply_migration(m, migration, e);
	}
	return r;
}

/* ------------------------------------------------------------------------------------------------- */
/* Code */

/* Whether the files of schema/code are exactly those in sys.code. */
static int
is_code_current(struct migrator *m, bool *ret_current, struct err *e)
{
	PGresult *result;
	int r = database_query(m->connection, "select file, sha256 from sys.code order by file collate \"C\"",
	    0, NULL, &result, e);

	if (r < 0)
		return r;
	bool same = (size_t)PQntuples(result) == m->code_count;
	for (size_t i = 0; same && i < m->code_count; i++)
		same = strcmp(PQgetvalue(result, (int)i, 0), m->code[i].name) == 0 &&
		       strcmp(PQgetvalue(result, (int)i, 1), m->code[i].sha256) == 0;
	PQclear(result);
	*ret_current = same;
	return 0;
}

static int
record_code(struct migrator *m, struct err *e)
{
	int r = database_exec(m->connection,
	    "delete from sys.code; "
	    "insert into sys.code_object select kind, identity from sys.code_candidate "
	    "except select kind, identity from code_before; drop table code_before",
	    e);

	for (size_t i = 0; r == 0 && i < m->code_count; i++) {
		const char *values[] = { m->code[i].name, m->code[i].sha256 };
		PGresult *result;
		r = database_query(m->connection, "insert into sys.code (file, sha256) values ($1, $2)", 2,
		    values, &result, e);
		if (r == 0)
			PQclear(result);
	}
	return r;
}

static int
recreate_code(struct migrator *m, struct err *e)
{
	int r = run_own_script(m, "code_drop.sql", e);

	if (r == 0)
		r = database_exec(m->connection,
		    "create temp table code_before as select kind, identity from sys.code_candidate", e);
	for (size_t i = 0; r == 0 && i < m->code_count; i++)
		r = run_script(m, arena_printf(m->arena, "code/%s", m->code[i].name), m->code[i].content, e);
	return r == 0 ? record_code(m, e) : r;
}

static int
apply_code(struct migrator *m, struct err *e)
{
	bool is_current = false;
	int r = m->is_empty ? 0 : is_code_current(m, &is_current, e);

	if (r < 0 || (is_current && m->result.migrations == 0))
		return r;
	m->result.code = true;
	if (m->options->plan) {
		say(m, arena_printf(m->arena, "code: %zu files would be re-created", m->code_count));
		return 0;
	}
	r = database_exec(m->connection, "begin", e);
	if (r == 0)
		r = finish(m, recreate_code(m, e), e);
	if (r == 0)
		say(m, arena_printf(m->arena, "code: %zu files re-created", m->code_count));
	return r;
}

/* ------------------------------------------------------------------------------------------------- */

static int
take_lock(struct migrator *m, struct err *e)
{
	PGresult *result;
	int r =
	    database_query(m->connection, "select pg_try_advisory_lock(" LOCK_KEY ")", 0, NULL, &result, e);

	if (r < 0)
		return r;
	bool taken = PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	return taken ? 0 : err_set(e, ERR_BUSY, "database", "another process is migrating this database");
}

/* Makes what the migrator needs, or, for a plan, finds out whether it is there. */
static int
bootstrap(struct migrator *m, struct err *e)
{
	if (!m->options->plan) {
		int r = database_exec(m->connection, "begin", e);
		return r < 0 ? r : finish(m, run_own_script(m, "bootstrap.sql", e), e);
	}
	PGresult *result;
	int r =
	    database_query(m->connection, "select to_regclass('sys.migration') is null", 0, NULL, &result, e);
	if (r == 0) {
		m->is_empty = PQgetvalue(result, 0, 0)[0] == 't';
		PQclear(result);
	}
	return r;
}

/* The number is part of every id the database makes from now on; rows that are there keep theirs. */
static const char sql_set_node[] =
    "set local role hmis_owner; do $$ begin execute format('create or replace function sys.node() returns "
    "bigint "
    "language sql immutable parallel safe return %s::bigint', current_setting('hmis.node')::int); end $$; "
    "insert into org.node (node_no, name) select n, 'node ' || n from (values "
    "(current_setting('hmis.node')::int)) "
    "v (n) on conflict do nothing; commit";

static int
set_node(struct migrator *m, struct err *e)
{
	const char *values[] = { arena_printf(m->arena, "%d", m->options->node) };
	PGresult *result;

	if (m->options->node == 0 || m->is_empty)
		return 0;
	int r = database_query(m->connection, "select sys.node() = $1::int", 1, values, &result, e);
	if (r < 0)
		return r;
	bool is_same = PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	if (is_same)
		return 0;
	say(m, arena_printf(
		   m->arena, "node number %s %s", values[0], m->options->plan ? "would be set" : "set"));
	if (m->options->plan)
		return 0;
	r = database_exec(m->connection, "begin", e);
	if (r == 0)
		r = database_query(
		    m->connection, "select set_config('hmis.node', $1, true)", 1, values, &result, e);
	if (r < 0)
		return finish(m, r, e);
	PQclear(result);
	r = database_exec(m->connection, sql_set_node, e);
	return r < 0 ? finish(m, r, e) : 0;
}

static int
load_seeds(struct migrator *m, struct err *e)
{
	struct seed_options options = { .schema_dir = m->dir,
		.plan = m->options->plan,
		.report = m->options->report,
		.context = m->options->context };

	if (m->options->skip_seeds)
		return 0;
	return seed_load(m->connection, &options, &m->result.seeds, &m->result.seed_rows, e);
}

static int
migrate(struct migrator *m, struct err *e)
{
	int r = read_folder(m, e);

	if (r == 0)
		r = database_connect(m->options->database_url, &m->connection, e);
	if (r == 0)
		r = take_lock(m, e);
	if (r == 0)
		r = bootstrap(m, e);
	if (r == 0)
		r = apply_migrations(m, e);
	if (r == 0)
		r = apply_code(m, e);
	if (r == 0)
		r = set_node(m, e);
	return r == 0 ? load_seeds(m, e) : r;
}

int
migrate_run(const struct migrate_options *options, struct migrate_result *ret_result, struct err *e)
{
	struct migrator m = { .options = options, .dir = options->schema_dir, .arena = arena_new(0) };
	char *found = NULL;
	int r = m.dir ? 0 : migrate_find_schema_dir(&found, e);

	if (r == 0) {
		m.dir = m.dir ? m.dir : found;
		r = migrate(&m, e);
	}
	PQfinish(m.connection); /* gives the lock back */
	arena_free(m.arena);
	free(found);
	if (r == 0 && ret_result)
		*ret_result = m.result;
	return r;
}

/* ------------------------------------------------------------------------------------------------- */
/* Finding the folder */

static bool
is_schema_dir(const char *dir)
{
	struct buf path;

	buf_init(&path, 4200);
	buf_addf(&path, "%s/bootstrap.sql", dir);
	bool found = buf_ok(&path) && access(path.at, R_OK) == 0;
	buf_free(&path);
	return found;
}

/* `<exe>/../../schema`, where <exe> is the program's own file. */
static void
add_beside_program(struct buf *b)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	for (int i = 0; i < 3 && n > 0; i++)
		while (n > 0 && exe[--n] != '/')
			;
	buf_add(b, slice_from(exe, n > 0 ? (size_t)n : 0));
	buf_add_text(b, "/schema");
}

int
migrate_find_schema_dir(char **ret_dir, struct err *e)
{
	const char *from_environment = getenv("HMIS_SCHEMA_DIR");
	struct buf beside;

	buf_init(&beside, 4200);
	add_beside_program(&beside);
	const char *places[] = { from_environment, beside.at, HMIS_SCHEMA_INSTALLED };
	for (size_t i = 0; i < 3; i++) {
		/* A folder named by the user is not silently replaced by another one. */
		bool is_only = i == 0 && from_environment && *from_environment;
		if (places[i] && *places[i] && is_schema_dir(places[i])) {
			*ret_dir = strdup(places[i]);
			buf_free(&beside);
			return *ret_dir ? 0 : err_set(e, ERR_IO, NULL, "%s", strerror(errno));
		}
		if (is_only)
			break;
	}
	int r = err_set(e, ERR_NOT_FOUND, "schema",
	    "no schema folder: tried HMIS_SCHEMA_DIR (%s), %s and %s; name it with --schema",
	    from_environment ? from_environment : "not set", beside.at, HMIS_SCHEMA_INSTALLED);
	buf_free(&beside);
	return r;
}
