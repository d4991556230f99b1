/*
 * coverage_check: asks the gateway about a card. Care never waits for it: while the gateway does not answer,
 * the visit is "not checked" and the question is asked again.
 */
#include "server/app/statements.h"
#include "server/role/jobs/coverage.h"
#include "server/role/jobs/sending.h"

struct check {
	struct job *job;
	int64_t id;
	const struct coverage_result *result;
	const char *why;
};

static void
on_written(struct job *j, const struct pg_batch *b)
{
	const struct check *c = j->state;

	(void)b;
	if (c->result && coverage_is_answer(c->result))
		job_done(j);
	else
		job_retry(j, -1, "%s", c->why);
}

static void
on_unasked(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_done(j);
}

/* Writes down that there is no answer. */
static void
check_unanswered(struct job *j, int64_t id, struct slice code, job_next *next)
{
	const struct slice none = { NULL, 0 };
	const struct slice value[] = { job_slice_int(j->arena, id), SLICE("not_checked"), code, none, none };

	job_query_one(j, PG_WRITE, STMT(coverage_check_end), value, 5, next);
}

static void
on_answer(const struct gateway_answer *a, void *arg)
{
	struct check *c = arg;
	struct job *j = c->job;
	struct slice code = sending_text(j->arena, a->code);

	c->result = coverage_result_find(code);
	c->why = arena_printf(j->arena, "no answer about the card: http %d code %.*s", a->http_status,
	    code.at ? (int)code.len : 0, code.at ? code.at : "");
	if (!a->body || !code.at || a->http_status != 200 || !coverage_is_answer(c->result)) {
		c->result = NULL;
		check_unanswered(j, c->id, code, on_written);
		return;
	}
	const struct slice value[] = { job_slice_int(j->arena, c->id), SLICE("answered"), code,
		slice_of(c->result->verdict), sending_text(j->arena, a->raw) };
	job_query_one(j, PG_WRITE, STMT(coverage_check_end), value, 5, on_written);
}

static void
on_begun(struct job *j, const struct pg_batch *b)
{
	struct check *c = j->state;

	if (pg_rows(b, JOB_STEP) == 0) {
		job_done(j);
		return;
	}
	if (!j->jobs->gateway) {
		check_unanswered(j, c->id, (struct slice){ NULL, 0 }, on_unasked);
		return;
	}
	const struct gateway_field field[] = { { "maThe", pg_field(b, JOB_STEP, 0, "card_key") },
		{ "hoTen", pg_field(b, JOB_STEP, 0, "full_name") },
		{ "ngaySinh", pg_field(b, JOB_STEP, 0, "born_text") },
		{ "hoTenCb", pg_field(b, JOB_STEP, 0, "staff_name") },
		{ "cccdCb", pg_field(b, JOB_STEP, 0, "staff_citizen_id") }, { NULL, { NULL, 0 } } };
	gateway_post(j->jobs->gateway, j->arena, arena_slice(j->arena, pg_field(b, JOB_STEP, 0, "username")),
	    "/api/egw/KQNhanLichSuKCB2024", GATEWAY_QUERY, field, on_answer, c);
}

void
coverage_check_job(struct job *j)
{
	struct check *c = ARENA_NEW(j->arena, struct check);

	c->job = j;
	c->id = job_number(j, "coverage_check_id");
	j->state = c;
	const struct slice value[] = { job_slice_int(j->arena, c->id) };
	job_query_one(j, PG_WRITE, STMT(coverage_check_begin), value, 1, on_begun);
}

static void
on_given_up(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_end_failure(j);
}

void
coverage_check_given_up(struct job *j)
{
	check_unanswered(j, job_number(j, "coverage_check_id"), (struct slice){ NULL, 0 }, on_given_up);
}
