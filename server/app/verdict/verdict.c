#include "server/app/verdict/verdict.h"

#include "base/log.h"
#include "server/app/claim/rows.h"
#include "server/app/statements.h"
#include "server/app/verdict/lists.h"

#define VERDICT_MAX ((size_t)16 * 1024 * 1024)

struct flow {
	struct judging j;
	verdict_next *next;
	struct slice visit;
};

static struct flow *
flow_of(struct app_request *r)
{
	return r->judging;
}

struct judging *
verdict_of(const struct app_request *r)
{
	return &((struct flow *)r->judging)->j;
}

void
verdict_statements(struct app_request *r, struct slice visit, struct app_statement *ret)
{
	struct slice *value = ARENA_ARRAY(r->arena, 2, struct slice);

	value[0] = visit;
	value[1] = slice_of(arena_printf(r->arena, "{%.*s}", SLICE_ARG(visit)));
	ret[0] = (struct app_statement){ STMT(verdict_head), &value[0], 1 };
	for (unsigned i = 0; i < CLAIM_ROWS_TABLES; i++)
		ret[i + 1] = (struct app_statement){ claim_rows_statements[i], &value[1], 1 };
	ret[CLAIM_ROWS_TABLES + 1] = (struct app_statement){ STMT(claim_facts), &value[1], 1 };
}

static void
conclude(struct app_request *r, const struct held_rules *rules)
{
	struct flow *f = flow_of(r);

	f->j.rules = rules;
	f->j.catalog = lists_find(&f->j);
	judging_run(&f->j);
	f->next(r, &f->j);
}

static void
on_rules(struct app_request *r, const struct pg_batch *b)
{
	const struct judging *j = &flow_of(r)->j;

	conclude(r, held_take(j->tenant, j->epoch, b, app_query_step(b)));
}

static void
with_rules(struct app_request *r)
{
	const struct judging *j = &flow_of(r)->j;
	const struct held_rules *rules = held_find(j->tenant, j->epoch);

	if (rules)
		conclude(r, rules);
	else
		app_query(r, PG_READ, STMT(verdict_rules), NULL, 0, on_rules);
}

/* Lists that cannot be read leave the rules that need them unjudged, and say so. */
static void
on_lists(struct app_request *r, const struct pg_batch *b)
{
	struct err e = { 0 };

	if (lists_take(&flow_of(r)->j, b, app_query_step(b), &e) < 0)
		log_event(LOG_ERROR, "lists", "field=\"%s\" problem=\"%s\"", e.field, e.detail);
	with_rules(r);
}

static void
with_lists(struct app_request *r)
{
	const struct judging *j = &flow_of(r)->j;
	struct slice *value = ARENA_ARRAY(r->arena, LISTS_QUESTION, struct slice);

	if (lists_find(j)) {
		with_rules(r);
		return;
	}
	lists_question(j, value);
	app_query(r, PG_READ, STMT(verdict_lists), value, LISTS_QUESTION, on_lists);
}

void
verdict_take(
    struct app_request *r, struct slice visit, const struct pg_batch *b, unsigned first, verdict_next *next)
{
	struct flow *f = ARENA_NEW(r->arena, struct flow);
	struct err e = { 0 };
	int64_t id = 0;

	f->next = next;
	f->visit = visit;
	r->judging = f;
	slice_to_int64(visit, &id);
	if (judging_read(&f->j, r->arena, id, b, first, &e) < 0) {
		app_problem(r, "internal", NULL, NULL);
		return;
	}
	if (!f->j.found) {
		app_problem(r, "visit.not_found", NULL, NULL);
		return;
	}
	if (f->j.insured)
		with_lists(r);
	else
		next(r, &f->j);
}

static void
on_rows(struct app_request *r, const struct pg_batch *b)
{
	struct flow *f = flow_of(r);

	verdict_take(r, f->visit, b, APP_STEP, f->next);
}

void
verdict_run(struct app_request *r, struct slice visit, verdict_next *next)
{
	struct flow *f = ARENA_NEW(r->arena, struct flow);
	struct app_statement statement[JUDGING_STATEMENTS];

	f->visit = visit;
	f->next = next;
	r->judging = f;
	verdict_statements(r, visit, statement);
	app_query_all(r, PG_READ, statement, JUDGING_STATEMENTS, on_rows);
}

struct slice
verdict_json(struct app_request *r, const struct judging *j)
{
	struct json_writer w;
	struct slice text;
	struct buf out;

	buf_init(&out, VERDICT_MAX);
	json_write_init(&w, &out);
	judging_write(j, &w);
	text = buf_ok(&out) ? arena_slice(r->arena, buf_slice(&out)) : SLICE("null");
	buf_free(&out);
	return text;
}

void
verdict_attach(struct app_request *r, struct judging *j)
{
	r->verdict = verdict_json(r, j);
	app_finish(r);
}

void
verdict_followup(struct app_request *r, struct slice argument)
{
	verdict_run(r, argument, verdict_attach);
}

/* ---- GET /v1/visits/{id}/verdict ---- */

static void
on_judged(struct app_request *r, struct judging *j)
{
	r->reply = (struct app_reply){ .status = 200, .body = verdict_json(r, j) };
	app_finish(r);
}

static void
on_own_rows(struct app_request *r, const struct pg_batch *b)
{
	verdict_take(r, app_param(r, "id"), b, APP_STEP, on_judged);
}

void
verdict_get(struct app_request *r)
{
	const struct slice visit = app_param(r, "id");
	struct app_statement statement[JUDGING_STATEMENTS + 1];

	verdict_statements(r, visit, statement);
	statement[JUDGING_STATEMENTS] = (struct app_statement){ STMT(verdict_seen), &visit, 1 };
	app_query_all(r, PG_READ, statement, JUDGING_STATEMENTS + 1, on_own_rows);
}
