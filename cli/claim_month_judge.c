/* One process's part of a month: claims from the database, catalogues of each place, verdicts, sums. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decimal.h"
#include "claims/check.h"
#include "cli/claim_month.h"
#include "schema/database.h"

#define OUT_FLUSH ((size_t)1 << 20)
#define OUT_MAX ((size_t)64 << 20)
#define PROBLEMS_SAID 20
#define DAYS_BEFORE 92 /* a stay's first lines may be so much older than its month */

struct part {
	const struct month *m;
	struct month_part *sums;
	struct rule_judge *judge;
	const struct benefit_rules *benefit;
	PGconn *connection; /* for catalogues and facts; the lanes have their own */
	struct arena *place_arena, *chunk_arena, *claim_arena;
	struct rule_catalog_rows *rows, *record;
	struct rule_catalog of_place, of_chunk;
	unsigned record_catalog;
	struct rule_facts *facts;
	PGresult *near; /* facts of the chunk's neighbours, by visit */
	int near_at;
	const struct month_place *place;
	struct buf out;
};

/* ---- catalogues: of the place, and record of the chunk in front of them ---- */

static bool
part_has(void *context, unsigned catalog)
{
	const struct part *p = context;
	return catalog == p->record_catalog || p->of_place.has(p->of_place.context, catalog);
}

static int
part_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	const struct part *p = context;
	const struct rule_catalog *c = catalog == p->record_catalog ? &p->of_chunk : &p->of_place;
	return c->get(c->context, catalog, key, date, attribute, ret);
}

static int
add_lines(struct rule_catalog_rows *rows, const PGresult *r, struct err *e)
{
	int rc = 0;
	for (int i = 0; rc == 0 && i < PQntuples(r); i++)
		rc = rule_catalog_rows_add_text(rows,
		    slice_from(PQgetvalue(r, i, 0), (size_t)PQgetlength(r, i, 0)),
		    slice_from(PQgetvalue(r, i, 1), (size_t)PQgetlength(r, i, 1)), e);
	return rc;
}

/* All catalogues of the place for the month. */
static int
load_place(struct part *p, struct err *e)
{
	const char *value[] = { p->place->facility, p->m->wish.month };
	PGresult *r;
	int rc;

	arena_reset(p->place_arena);
	p->rows = rule_catalog_rows_new(p->place_arena);
	p->of_place = rule_catalog_rows_source(p->rows);
	rc = database_query(p->connection,
	    "with m as (select ($2 || '-01')::date as day) "
	    "select a.catalog, a.lines from m, claim.catalog_all($1, m.day - 92, (m.day + interval '1 "
	    "month')::date - "
	    "1) a union all "
	    "select u.catalog, u.lines from m, claim.usage_rows($1, m.day - 92, (m.day + interval '1 "
	    "month')::date - 1) "
	    "u",
	    2, value, &r, e);
	if (rc < 0)
		return rc;
	rc = add_lines(p->rows, r, e);
	PQclear(r);
	return rc;
}

/* {1,2,3} */
static char *
visit_list(struct arena *a, const struct claim_chunk *chunk)
{
	char *text = arena_alloc(a, chunk->count * 22 + 4);
	size_t at = 0;
	for (size_t i = 0; i < chunk->count; i++)
		at += (size_t)snprintf(
		    text + at, 22, "%c%lld", i ? ',' : '{', (long long)chunk->piece[i].visit_id);
	snprintf(text + at, 3, "}");
	return text;
}

static int
load_chunk(struct part *p, const struct claim_chunk *chunk, struct err *e)
{
	arena_reset(p->chunk_arena);
	const char *value[] = { visit_list(p->chunk_arena, chunk) };
	PGresult *r;
	int rc;

	p->record = rule_catalog_rows_new(p->chunk_arena);
	p->of_chunk = rule_catalog_rows_source(p->record);
	rc = database_query(
	    p->connection, "select 'record', claim.record_lines($1::bigint[])", 1, value, &r, e);
	if (rc < 0)
		return rc;
	rc = add_lines(p->record, r, e);
	PQclear(r);
	PQclear(p->near);
	p->near = NULL;
	p->near_at = 0;
	if (rc < 0 || p->m->alone)
		return rc;
	return database_query(p->connection, "select * from claim.facts_near($1::bigint[]) order by visit_id",
	    1, value, &p->near, e);
}

/* ---- facts of other claims ---- */

static int64_t
visit_of_row(const struct part *p, int row)
{
	int64_t id = 0;
	slice_to_int64(slice_of(PQgetvalue(p->near, row, 0)), &id);
	return id;
}

/* The rows of this visit; pieces and rows are both in the order of visits. */
static int
take_facts(struct part *p, int64_t visit, struct err *e)
{
	struct slice cell[RULE_FACT_CELLS];
	int rc = 0;

	rule_facts_clear(p->facts);
	while (p->near_at < PQntuples(p->near) && visit_of_row(p, p->near_at) < visit)
		p->near_at++;
	for (; rc == 0 && p->near_at < PQntuples(p->near) && visit_of_row(p, p->near_at) == visit;
	     p->near_at++) {
		for (int i = 0; i < RULE_FACT_CELLS; i++)
			cell[i] = PQgetisnull(p->near, p->near_at, i)
				      ? (struct slice){ NULL, 0 }
				      : slice_from(PQgetvalue(p->near, p->near_at, i),
					    (size_t)PQgetlength(p->near, p->near_at, i));
		rc = rule_facts_add_row(p->facts, cell, e);
	}
	return rc;
}

/* ---- findings ---- */

static int
out_flush(struct part *p, struct err *e)
{
	if (p->m->out >= 0 && p->out.len && write(p->m->out, p->out.at, p->out.len) != (ssize_t)p->out.len)
		return err_set(e, ERR_IO, "--out", "the findings could not be written");
	buf_reset(&p->out);
	return 0;
}

static void
out_cell(struct buf *out, const struct buf *cell)
{
	buf_add_char(out, '\t');
	for (size_t i = 0; i < cell->len; i++)
		buf_add_char(out, strchr("\t\n\r", cell->at[i]) ? ' ' : cell->at[i]);
}

static void
out_finding(struct part *p, const struct rule_finding *f, const struct claim_document *d)
{
	const struct rule_info *r = rule_at(p->m->set, f->rule);
	char amount[DECIMAL_TEXT_MAX];
	struct buf cell;

	buf_init(&cell, 1u << 20);
	buf_addf(&p->out, "%s\t%.*s\t%s\t%s", p->place->facility, SLICE_ARG(claim_document_ma_lk(d)), r->id,
	    f->is_shadow ? "shadow" : rule_severity_name((enum rule_severity)f->severity));
	rule_place(f, &cell);
	out_cell(&p->out, &cell);
	buf_reset(&cell);
	rule_message(p->m->set, f, d, !p->m->english, &cell);
	out_cell(&p->out, &cell);
	buf_free(&cell);
	buf_add_char(&p->out, '\t');
	buf_add(&p->out, slice_from(amount, decimal_print(f->at_risk, 2, amount)));
	buf_add_char(&p->out, '\n');
}

static void
add_verdict(struct part *p, const struct rule_verdict *v, const struct claim_document *d)
{
	struct month_part *s = p->sums;
	for (size_t i = 0; i < v->count; i++) {
		struct month_sum *sum = &s->sum[v->at[i].rule];
		bool first = true;
		for (size_t k = i; first && k-- > 0;)
			first = v->at[k].rule != v->at[i].rule;
		sum->findings++;
		sum->claims += first;
		sum->at_risk += v->at[i].at_risk;
		if (p->m->out >= 0)
			out_finding(p, &v->at[i], d);
	}
	s->judged++;
	s->clean += v->critical == 0 && v->warning == 0;
	s->critical_claims += v->critical > 0;
	s->not_evaluated += v->not_evaluated;
	s->catalogs_needed |= v->catalogs_needed;
}

/* ---- claims ---- */

static void
say_problem(struct part *p, const struct claim_piece *piece)
{
	if (p->sums->problems++ < PROBLEMS_SAID)
		fprintf(stderr, "hmis: visit %lld of %s: %s: %s\n", (long long)piece->visit_id,
		    p->place->facility, piece->problem.field, piece->problem.detail);
}

static int
judge_piece(struct part *p, const struct claim_piece *piece, struct err *e)
{
	static const struct claim_check_options how = { 0 };
	struct claim_findings l;
	struct rule_catalog catalog = { p, part_has, part_get };
	struct rule_verdict v = { .arena = p->claim_arena };
	struct rule_options o = { .now = p->m->now, .catalog = &catalog, .reader = &l };

	if (piece->problem.code != ERR_NONE) {
		say_problem(p, piece);
		return 0;
	}
	if (!p->m->alone && take_facts(p, piece->visit_id, e) < 0)
		return e->code;
	o.facts = p->m->alone ? NULL : p->facts;
	arena_reset(p->claim_arena);
	claim_findings_init(&l, p->claim_arena);
	claim_check(piece->document, &how, &l);
	rule_judge_claim(p->judge, piece->document, &o, &v);
	add_verdict(p, &v, piece->document);
	return p->out.len > OUT_FLUSH ? out_flush(p, e) : 0;
}

static int
judge_place(struct part *p, const struct export_wish *wish, struct err *e)
{
	struct export_lanes *lanes = NULL;
	struct claim_chunk *chunk;
	int more = load_place(p, e);

	if (more == 0 && (more = export_lanes_open(wish, &lanes, e)) == 0)
		more = 1;
	while (more == 1 && (more = export_lanes_next(lanes, &chunk, e)) == 1) {
		claim_chunk_complete(chunk, p->benefit);
		if (load_chunk(p, chunk, e) < 0)
			more = e->code;
		for (size_t i = 0; i < chunk->count && more == 1; i++)
			if (judge_piece(p, &chunk->piece[i], e) < 0)
				more = e->code;
		atomic_fetch_add(&p->m->share->done, chunk->count);
	}
	export_lanes_close(lanes);
	return more < 0 ? more : 0;
}

static int
enter_place(struct part *p, const struct export_wish *wish, struct err *e)
{
	PQfinish(p->connection);
	p->connection = NULL;
	int rc = database_connect(wish->url, &p->connection, e);
	return rc < 0 ? rc : export_enter(p->connection, wish, e);
}

static void
part_close(struct part *p)
{
	PQclear(p->near);
	PQfinish(p->connection);
	rule_judge_free(p->judge);
	rule_facts_free(p->facts);
	arena_free(p->place_arena);
	arena_free(p->chunk_arena);
	arena_free(p->claim_arena);
	buf_free(&p->out);
}

int
month_judge_part(const struct month *m, unsigned part, struct err *e)
{
	struct arena *rules = arena_new(0);
	struct part p = { .m = m,
		.sums = &m->share->part[part],
		.judge = rule_judge_new(m->set),
		.benefit = benefit_rules_builtin(rules),
		.place_arena = arena_new(2 * RULE_CATALOG_BYTES_MAX),
		.chunk_arena = arena_new(0),
		.claim_arena = arena_new(0),
		.record_catalog = (unsigned)rule_catalog_find(SLICE("record")),
		.facts = rule_facts_new(1000000) };
	int rc = 0;

	buf_init(&p.out, OUT_MAX);
	for (size_t i = 0; rc == 0 && i < m->places; i++) {
		struct export_wish wish = m->wish;
		p.place = &m->place[i];
		wish.tenant = p.place->tenant;
		wish.facility = p.place->facility;
		wish.part = (part + (unsigned)i) % m->wish.parts;
		/* a chunk of visits is one part's: small places have fewer chunks than there are parts */
		if (wish.part * EXPORT_CHUNK >= p.place->visits)
			continue;
		rc = enter_place(&p, &wish, e);
		if (rc == 0)
			rc = judge_place(&p, &wish, e);
	}
	if (rc == 0)
		rc = out_flush(&p, e);
	part_close(&p);
	arena_free(rules);
	return rc;
}
