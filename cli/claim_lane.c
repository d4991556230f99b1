/* Rows of claims by blocking libpq, with the next chunks under way: constant memory, nobody waits for nobody.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/claim_export.h"
#include "schema/database.h"

#define TABLES 5

struct lane {
	PGconn *connection;
	bool busy;
	size_t count;
	int64_t visit[EXPORT_CHUNK];
	struct arena *arena;
	struct claim_chunk chunk;
	struct arena *source_arena;
	struct claim_source source[TABLES];
	bool known; /* source[] is made */
};

struct export_lanes {
	struct export_wish wish;
	PGconn *ids;
	bool ids_over;
	size_t chunk_no;
	struct lane lane[EXPORT_LANES];
	size_t turn;
};

/* The month's closed insured visits of one facility: $1 tenant code, $2 facility code, $3 yyyy-MM. */
#define VISITS                                                                                               \
	"from org.facility f join care.visit v on v.tenant_id = f.tenant_id and v.facility_id = "            \
	"f.facility_id "                                                                                     \
	"where f.tenant_id = (select t.tenant_id from org.tenant t where t.code = $1) and f.code = $2 "      \
	"and v.status = 'closed' and v.coverage_id is not null "                                             \
	"and v.discharged_at >= ($3 || '-01')::timestamp at time zone 'Asia/Ho_Chi_Minh' "                   \
	"and v.discharged_at < (($3 || '-01')::timestamp + interval '1 month') at time zone "                \
	"'Asia/Ho_Chi_Minh'"

int
export_enter(PGconn *c, const struct export_wish *w, struct err *e)
{
	const char *tenant[] = { w->tenant };
	char begin[200];
	PGresult *r;

	snprintf(begin, sizeof(begin), "begin isolation level repeatable read read only%s%s%s",
	    w->snapshot ? "; set transaction snapshot '" : "", w->snapshot ? w->snapshot : "",
	    w->snapshot ? "'" : "");
	if (database_exec(c, begin, e) < 0 ||
	    database_query(c,
		"select set_config('hmis.tenant', t.tenant_id::text, true), set_config('hmis.facilities', "
		"(select array_agg(f.facility_id)::text from org.facility f where f.tenant_id = "
		"t.tenant_id), true), "
		"set_config('TimeZone', 'Asia/Ho_Chi_Minh', true) from org.tenant t where t.code = $1",
		1, tenant, &r, e) < 0)
		return e->code;
	if (PQntuples(r) != 1)
		err_set(e, ERR_NOT_FOUND, "--tenant", "there is no tenant %s", w->tenant);
	PQclear(r);
	return e->code;
}

int
export_count(const struct export_wish *wish, size_t *ret, struct err *e)
{
	const char *value[] = { wish->tenant, wish->facility, wish->month };
	int64_t count = 0;
	PGconn *c;
	PGresult *r;

	if (database_connect(wish->url, &c, e) < 0)
		return e->code;
	if (export_enter(c, wish, e) == 0 &&
	    database_query(c, "select count(*) " VISITS, 3, value, &r, e) == 0) {
		slice_to_int64(slice_of(PQgetvalue(r, 0, 0)), &count);
		PQclear(r);
	}
	PQfinish(c);
	*ret = (size_t)count;
	return e->code;
}

/* ---- visit ids, in constant memory ---- */

static int
ids_open(struct export_lanes *l, struct err *e)
{
	const char *value[] = { l->wish.tenant, l->wish.facility, l->wish.month };

	if (database_connect(l->wish.url, &l->ids, e) < 0 || export_enter(l->ids, &l->wish, e) < 0)
		return e->code;
	if (!PQsendQueryParams(
		l->ids, "select v.visit_id " VISITS " order by v.visit_id", 3, NULL, value, NULL, NULL, 0) ||
	    !PQsetSingleRowMode(l->ids))
		return database_failed(l->ids, NULL, e);
	return 0;
}

/* The next id: 1, 0 at the end, or an error. */
static int
ids_next(struct export_lanes *l, int64_t *ret, struct err *e)
{
	PGresult *r;
	int more = 0;

	if (l->ids_over)
		return 0;
	r = PQgetResult(l->ids);
	if (r && PQresultStatus(r) == PGRES_SINGLE_TUPLE)
		more = slice_to_int64(slice_of(PQgetvalue(r, 0, 0)), ret) == 0;
	else if (r && PQresultStatus(r) != PGRES_TUPLES_OK)
		more = database_failed(l->ids, r, e);
	PQclear(r);
	l->ids_over = more != 1;
	return more;
}

/* The ids of the next chunk of our part into lane: 0 or an error. */
static int
ids_chunk(struct export_lanes *l, struct lane *lane, struct err *e)
{
	bool ours;

	do {
		int more = 1;
		for (lane->count = 0; lane->count < EXPORT_CHUNK && more == 1;) {
			more = ids_next(l, &lane->visit[lane->count], e);
			if (more < 0)
				return more;
			lane->count += (size_t)more;
		}
		ours = l->chunk_no++ % l->wish.parts == l->wish.part;
	} while (!ours && lane->count > 0);
	return 0;
}

/* ---- lanes ---- */

static const char *const lane_order[TABLES] = { "_visit_id", "_charge_id", "_charge_id", "_result_id",
	"_note_id" };

static int
lane_open(struct export_lanes *l, struct lane *lane, struct err *e)
{
	if (database_connect(l->wish.url, &lane->connection, e) < 0 ||
	    export_enter(lane->connection, &l->wish, e) < 0)
		return e->code;
	for (int t = 0; t < TABLES; t++) {
		char name[8], sql[300];
		PGresult *r;
		snprintf(name, sizeof(name), "x%d", t + 1);
		snprintf(sql, sizeof(sql),
		    "select x.* from claim.xml%d x where x._tenant_id = (select sys.tenant()) and "
		    "x._visit_id = "
		    "any ($1::bigint[]) order by x._visit_id, x.%s",
		    t + 1, lane_order[t]);
		r = PQprepare(lane->connection, name, sql, 0, NULL);
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			database_failed(lane->connection, r, e);
		PQclear(r);
		if (e->code != ERR_NONE)
			return e->code;
	}
	lane->arena = arena_new(0);
	lane->source_arena = arena_new(0);
	return PQenterPipelineMode(lane->connection) ? 0 : database_failed(lane->connection, NULL, e);
}

/* Asks for the next chunk's rows; the lane stays idle when there is none. */
static int
lane_ask(struct export_lanes *l, struct lane *lane, struct err *e)
{
	char list[EXPORT_CHUNK * 22 + 4];
	const char *value[] = { list };
	size_t at = 0;

	if (ids_chunk(l, lane, e) < 0)
		return e->code;
	lane->busy = lane->count > 0;
	if (!lane->busy)
		return 0;
	for (size_t i = 0; i < lane->count; i++)
		at += (size_t)snprintf(
		    list + at, sizeof(list) - at, "%c%lld", i ? ',' : '{', (long long)lane->visit[i]);
	snprintf(list + at, sizeof(list) - at, "}");
	for (int t = 0; t < TABLES; t++) {
		char name[8];
		snprintf(name, sizeof(name), "x%d", t + 1);
		if (!PQsendQueryPrepared(lane->connection, name, 1, value, NULL, NULL, 0))
			return database_failed(lane->connection, NULL, e);
	}
	return PQpipelineSync(lane->connection) ? 0 : database_failed(lane->connection, NULL, e);
}

static int
lane_learn(struct lane *lane, int t, const PGresult *r, struct err *e)
{
	const char *name[CLAIM_SOURCE_COLUMNS_MAX];
	int columns = PQnfields(r);

	for (int i = 0; i < columns && i < CLAIM_SOURCE_COLUMNS_MAX; i++)
		name[i] = PQfname(r, i);
	return claim_source_make(lane->source_arena, (enum claim_table)(CLAIM_XML1 + t), name,
	    (size_t)columns, &lane->source[t], e);
}

static int
lane_add(struct lane *lane, int t, const PGresult *r, struct err *e)
{
	struct slice cell[CLAIM_SOURCE_COLUMNS_MAX];
	int rows = PQntuples(r), columns = PQnfields(r);

	if (!lane->known && lane_learn(lane, t, r, e) < 0)
		return e->code;
	for (int row = 0; row < rows; row++) {
		for (int i = 0; i < columns; i++)
			cell[i] = slice_from(PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i));
		claim_chunk_add(&lane->chunk, &lane->source[t], cell);
	}
	return 0;
}

/* One table's result and the NULL behind it; or, for t == TABLES, the end of the batch. */
static int
lane_take(struct lane *lane, int t, struct err *e)
{
	PGresult *r = PQgetResult(lane->connection);
	ExecStatusType status = PQresultStatus(r);

	if (t == TABLES) {
		if (status != PGRES_PIPELINE_SYNC)
			database_failed(lane->connection, r, e);
		PQclear(r);
		return e->code;
	}
	if (status == PGRES_TUPLES_OK)
		lane_add(lane, t, r, e);
	else
		database_failed(lane->connection, r, e);
	PQclear(r);
	PQclear(PQgetResult(lane->connection));
	return e->code;
}

static int
lane_collect(struct lane *lane, struct err *e)
{
	arena_reset(lane->arena);
	claim_chunk_init(&lane->chunk, lane->arena, lane->visit, lane->count);
	for (int t = 0; t <= TABLES; t++)
		if (lane_take(lane, t, e) < 0)
			return e->code;
	lane->known = true;
	return 0;
}

/* ---- all of them ---- */

int
export_lanes_open(const struct export_wish *wish, struct export_lanes **ret, struct err *e)
{
	struct export_lanes *l = calloc(1, sizeof(*l));

	if (!l)
		fatal("out of memory: export");
	l->wish = *wish;
	if (ids_open(l, e) == 0)
		for (size_t i = 0; i < EXPORT_LANES; i++)
			if (lane_open(l, &l->lane[i], e) < 0 || lane_ask(l, &l->lane[i], e) < 0)
				break;
	if (e->code != ERR_NONE) {
		export_lanes_close(l);
		return e->code;
	}
	*ret = l;
	return 0;
}

void
export_lanes_close(struct export_lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < EXPORT_LANES; i++) {
		if (l->lane[i].connection)
			PQfinish(l->lane[i].connection);
		arena_free(l->lane[i].arena);
		arena_free(l->lane[i].source_arena);
	}
	if (l->ids)
		PQfinish(l->ids);
	free(l);
}

int
export_lanes_next(struct export_lanes *l, struct claim_chunk **ret, struct err *e)
{
	struct lane *lane = &l->lane[l->turn];

	if (!lane->busy)
		return 0; /* lanes are asked in turn: the first idle one is the end */
	l->turn = (l->turn + 1) % EXPORT_LANES;
	if (lane_collect(lane, e) < 0 || lane_ask(l, lane, e) < 0)
		return e->code;
	*ret = &lane->chunk;
	return 1;
}
