/* Loads the reference rows of schema/seed into a migrated database. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct seed_options {
	const char *schema_dir;
	bool plan;
	void (*report)(void *context, const char *line);
	void *context;
};

/*
 * Loads every file of seed/manifest.tsv whose SHA-256 (with its manifest line) is not the one in sys.seed,
 * each in its own transaction, in manifest order. The columns of a file are named by its header line; an
 * empty field is the column's default, or null when it has none. Modes: `replace` makes the table equal to
 * the file; `upsert` inserts and updates by the key columns, deleting nothing. Counts are added to.
 * ERR_INPUT names file:line; ERR_CONFLICT when the manifest is inconsistent.
 */
int seed_load(
    PGconn *connection, const struct seed_options *options, size_t *files, size_t *rows, struct err *e);
