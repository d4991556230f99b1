/* Inside cli/ only: a month's claims straight from the database (claim_export.c asks, claim_lane.c fetches).
 */
#pragma once

#include <stdbool.h>

#include "claims/assemble/chunk.h"

#define EXPORT_CHUNK 200
#define EXPORT_LANES 3

/* Some connections, each with the rows of one chunk of visits under way while the chunk before is worked on.
 */
struct export_lanes;

/* Which visits: part of parts, by chunk; all see the snapshot of whoever exported it. */
struct export_wish {
	const char *url, *tenant, *facility, *month, *snapshot;
	unsigned part, parts;
};

/*
 * Identity (the wish's tenant and all its facilities) and snapshot of a connection, until its transaction
 * ends; everything is read only. ERR_IO, ERR_INPUT, ERR_NOT_FOUND.
 */
struct pg_conn;
int export_enter(struct pg_conn *connection, const struct export_wish *w, struct err *e);
/* Connects. ERR_IO, ERR_INPUT. */
int export_lanes_open(const struct export_wish *wish, struct export_lanes **ret, struct err *e);
void export_lanes_close(struct export_lanes *l); /* NULL is allowed */
/*
 * The next chunk, its rows added and not yet complete: 1 and *ret (valid until the next call), 0 at the end,
 * or an error.
 */
int export_lanes_next(struct export_lanes *l, struct claim_chunk **ret, struct err *e);
/* Visits a month's export finds, for the given wish. */
int export_count(const struct export_wish *wish, size_t *ret, struct err *e);
