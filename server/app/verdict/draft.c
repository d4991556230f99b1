/*
 * POST /v1/visits/{id}/verdict: what if these lines were added? Twice they are written in a transaction that
 * is undone: once to learn what the benefit engine must know, and again to store its shares and read the
 * claim's rows.
 */
#include "server/app/bill/pricing.h"
#include "server/app/statements.h"

struct draft {
	struct slice visit, charges, lines;
};

static void
on_draft_judged(struct app_request *r, struct judging *j)
{
	const struct draft *d = r->draft;
	struct slice verdict = verdict_json(r, j);

	/* one object: the verdict, and the lines of the draft with their shares */
	r->reply = (struct app_reply){ .status = 200,
		.body = slice_of(arena_printf(r->arena, "%.*s,\"lines\":%.*s}", (int)verdict.len - 1,
		    verdict.at, SLICE_ARG(d->lines))) };
	app_finish(r);
}

static void
on_stored(struct app_request *r, const struct pg_batch *b)
{
	struct draft *d = r->draft;

	d->lines = arena_slice(r->arena, pg_cell(b, APP_STEP, 0, 0));
	verdict_take(r, d->visit, b, APP_STEP + 1, on_draft_judged);
}

static void
on_shares(struct app_request *r, const struct pricing_shares *s)
{
	const struct draft *d = r->draft;
	struct app_statement statement[JUDGING_STATEMENTS + 2];
	const struct slice value[] = { d->visit, r->body, s->version, s->exempt, s->shares, d->charges };

	statement[0] = (struct app_statement){ STMT(draft_store), value, 6 };
	verdict_statements(r, d->visit, statement + 1);
	statement[JUDGING_STATEMENTS + 1] = (struct app_statement){ STMT(draft_undo), NULL, 0 };
	app_query_all(r, PG_DRY, statement, JUDGING_STATEMENTS + 2, on_stored);
}

static void
on_inputs(struct app_request *r, const struct pg_batch *b)
{
	struct draft *d = r->draft;

	d->charges = arena_slice(r->arena, pg_field(b, APP_STEP, 0, "charges"));
	pricing_compute(r, d->visit, arena_slice(r->arena, pg_field(b, APP_STEP, 0, "inputs")), on_shares);
}

void
verdict_what_if(struct app_request *r)
{
	struct draft *d = ARENA_NEW(r->arena, struct draft);
	const struct slice value[] = { app_param(r, "id"), r->body };
	const struct app_statement statement[] = { { STMT(draft_inputs), value, 2 },
		{ STMT(draft_undo), NULL, 0 } };

	d->visit = value[0];
	r->draft = d;
	app_query_all(r, PG_DRY, statement, 2, on_inputs);
}
