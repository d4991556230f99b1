/*
 * Importing a centre's own lists (drugs, supplies, services, prices, staff, facilities …). What a kind of
 * file may hold is data: ref.catalog_kind and ref.catalog_column; docs/catalogues.md shows it. The file is
 * staged, judged as a whole, compared with what the centre has, and applied in one transaction or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

#define CATALOG_FILE_MAX (64 * 1024 * 1024) /* bytes of a file */
#define CATALOG_ROW_MAX 200000              /* rows of a file */
#define CATALOG_SHOWN_MAX 200               /* faults or differences reported one by one; all are counted */

struct catalog_fault {
	const char *line; /* of the file, from 1 */
	const char *column;
	const char *message;
};

struct catalog_difference {
	const char *action; /* added, changed, removed */
	const char *line;   /* "" for removed */
	const char *key;
	const char *column; /* "" for added */
	const char *before;
	const char *after;
};

struct catalog_options {
	const char *database_url;
	const char *kind;
	const char *path; /* "-" is standard input */
	const char *tenant_code;
	const char *facility_code; /* NULL = the whole tenant */
	const char *effective_on;  /* yyyy-mm-dd; NULL = today's business date */
	bool keep_missing;         /* rows missing in the file stay in force */
	bool apply;                /* false: only compare */
	void (*on_fault)(void *context, const struct catalog_fault *fault);
	void (*on_difference)(void *context, const struct catalog_difference *difference);
	void *context;
};

struct catalog_result {
	size_t rows;
	size_t faults; /* when not 0, nothing else was done */
	size_t added, changed, removed;
	bool applied;
};

/*
 * Imports. 0 also when the file has faults (see ret_result->faults). ERR_INPUT: the file cannot be read as a
 * table, or kind, tenant or facility do not exist; ERR_LIMIT: too large; ERR_IO: file or database.
 */
int catalog_import(const struct catalog_options *options, struct catalog_result *ret_result, struct err *e);

/*
 * Passes the lines of a CSV file, the header first, with the rows of a kind that hold on a day (NULL =
 * today's business date): importing it again changes nothing. ERR_INPUT: kind, tenant or facility do not
 * exist.
 */
int catalog_export(const char *database_url, const char *kind, const char *tenant_code,
    const char *facility_code, const char *on_day, void (*on_line)(void *context, const char *line),
    void *context, struct err *e);

/*
 * Passes every rule catalogue that a facility has, with the lines for claims from first_day to last_day
 * (yyyy-mm-dd, at most 367 days), as rule_catalog_rows_add_text() reads them. on_catalog returns 0, or a code
 * that ends the export. ERR_INPUT: tenant or facility do not exist, or the days are wrong.
 */
int catalog_rules(const char *database_url, const char *tenant_code, const char *facility_code,
    const char *first_day, const char *last_day,
    int (*on_catalog)(void *context, const char *name, struct slice lines, struct err *e), void *context,
    struct err *e);

/* Passes the kinds (name, titles) or, with a kind, its columns (name, alias, type, flags, texts, example) as
 * rows of text. */
int catalog_describe(const char *database_url, const char *kind,
    void (*on_row)(void *context, int count, const char *const *cells), void *context, struct err *e);
