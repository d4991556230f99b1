/*
 * The migrator: brings a database to the state of the schema folder.
 *
 *   migrations/NNNN-name.sql   each applied once, in its own transaction, never edited afterwards
 *   code/NAME.sql              functions, views, policies, triggers: all of them in one transaction, in name
 *                              order, whenever one of them or a migration is new; they must be re-runnable
 *   seed/manifest.tsv + *.tsv  reference rows, loaded when the file's SHA-256 is new
 *
 * One database is migrated by one process at a time (advisory lock 4841534). Applied files are remembered
 * with their SHA-256 in sys.migration and sys.seed; a changed, missing or out-of-order one is refused before
 * anything is written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MIGRATE_FILE_MAX (8 * 1024 * 1024) /* bytes of one SQL or seed file */
#define MIGRATE_NODE_MAX 8191              /* ids are node × 2^40 + number, below 2^53 */

struct migrate_options {
	const char *database_url; /* libpq connection string or URI; needs a role that may create roles */
	const char *schema_dir;   /* NULL = migrate_find_schema_dir */
	bool plan;                /* say what would be done, change nothing */
	int node;                 /* number of this database in ids it makes, 1..8191; 0 = leave it */
	bool skip_seeds;          /* tests that bring their own rows */
	/* Called with one finished line of progress, without line end; may be NULL. */
	void (*report)(void *context, const char *line);
	void *context;
};

struct migrate_result {
	size_t migrations; /* applied now (planned with .plan) */
	bool code;         /* schema/code was re-created */
	size_t seeds;      /* files loaded */
	size_t seed_rows;  /* rows written by them */
};

/*
 * Migrates. Everything that was committed before a failure stays (each file is a transaction); the
 * next run continues there. Errors: ERR_CONFLICT when an applied file was changed, is missing or numbering
 * has a gap; ERR_INPUT for a fault in a file (field = file:line); ERR_IO for the connection or
 * the folder. *ret_result (may be NULL) is touched only on success.
 */
int migrate_run(const struct migrate_options *options, struct migrate_result *ret_result, struct err *e);

/*
 * Where the schema folder is: the environment's HMIS_SCHEMA_DIR, else `<exe>/../../schema` (a build
 * folder inside the sources), else the installed folder. The result is malloc'ed: the caller frees it.
 * ERR_NOT_FOUND names the places that were tried.
 */
int migrate_find_schema_dir(char **ret_dir, struct err *e);
