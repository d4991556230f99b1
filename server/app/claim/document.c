/* The claim of one visit, built from its rows as they are now; nothing is stored. */
#include "base/json.h"
#include "base/time.h"
#include "claims/assemble/chunk.h"
#include "claims/assemble/envelope.h"
#include "claims/document_json.h"
#include "server/app/claim/claim.h"
#include "server/app/claim/rows.h"

#define REPLY_MAX ((size_t)64 * 1024 * 1024)

struct building {
	struct claim_chunk chunk;
	bool xml;
};

static void
reply_json(struct app_request *r, const struct claim_document *d)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, REPLY_MAX);
	json_write_init(&w, &out);
	claim_json_write(&w, d);
	if (buf_ok(&out)) {
		r->reply = (struct app_reply){ .status = 200, .body = buf_slice(&out) };
		app_finish(r);
	} else {
		app_problem(r, "claim.not_buildable", NULL, "the claim is too large");
	}
	buf_free(&out);
}

static void
reply_xml(struct app_request *r, const struct claim_document *d)
{
	struct claim_packed packed;
	struct claim_writer *w;
	struct err e = { 0 };
	struct buf out;

	buf_init(&out, REPLY_MAX);
	w = claim_writer_new(&out, NULL);
	if (claim_pack(w, &out, claim_text(claim_row_at(d, CLAIM_XML1, 0), XML1_MA_CSKCB),
		time_business_date(time_now()), d, &packed, &e) == 0) {
		r->reply = (struct app_reply){ .status = 200, .body = buf_slice(&out) };
		app_finish(r);
	} else {
		app_problem(r, "claim.not_buildable", arena_text(r->arena, slice_of(e.field)),
		    arena_text(r->arena, slice_of(e.detail)));
	}
	claim_writer_free(w);
	buf_free(&out);
}

static void
building_end(struct app_request *r)
{
	struct building *b = r->state;
	const struct claim_piece *p = &b->chunk.piece[0];

	claim_chunk_complete(&b->chunk, benefit_rules_builtin(r->arena));
	if (p->problem.code == ERR_NOT_FOUND && !p->found)
		app_problem(r, "not_found", NULL, NULL);
	else if (p->problem.code != ERR_NONE)
		app_problem(r, "claim.not_buildable", arena_text(r->arena, slice_of(p->problem.field)),
		    arena_text(r->arena, slice_of(p->problem.detail)));
	else if (b->xml)
		reply_xml(r, p->document);
	else
		reply_json(r, p->document);
}

static void
on_rows(struct app_request *r, const struct pg_batch *batch)
{
	struct building *b = r->state;
	struct err e = { 0 };

	for (unsigned i = 0; i < CLAIM_ROWS_TABLES; i++)
		if (claim_rows_add(
			&b->chunk, batch, APP_STEP + i, (enum claim_table)(CLAIM_XML1 + (int)i), &e) < 0) {
			app_problem(r, "internal", NULL, NULL);
			return;
		}
	building_end(r);
}

static void
building_start(struct app_request *r, bool xml)
{
	struct building *b = ARENA_NEW(r->arena, struct building);
	struct slice id = app_param(r, "id");
	int64_t visit = 0;

	slice_to_int64(id, &visit);
	claim_chunk_init(&b->chunk, r->arena, &visit, 1);
	b->xml = xml;
	r->state = b;
	const struct slice visits = slice_of(arena_printf(r->arena, "{%.*s}", SLICE_ARG(id)));
	struct app_statement statement[CLAIM_ROWS_TABLES];
	for (unsigned i = 0; i < CLAIM_ROWS_TABLES; i++)
		statement[i] = (struct app_statement){ claim_rows_statements[i], &visits, 1 };
	app_query_all(r, PG_READ, statement, CLAIM_ROWS_TABLES, on_rows);
}

void
claim_document_json(struct app_request *r)
{
	building_start(r, false);
}

void
claim_document_xml(struct app_request *r)
{
	building_start(r, true);
}
