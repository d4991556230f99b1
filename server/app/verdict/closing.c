/* Closing a visit: the verdict lets it pass, somebody answers for it, or it is refused. */
#include <string.h>

#include "server/app/statements.h"
#include "server/app/verdict/verdict.h"

#define STORED_MAX ((size_t)16 * 1024 * 1024)

struct closing {
	struct slice visit, version, was;
	struct slice sums, findings, state;
};

static struct slice
kept(struct app_request *r, struct buf *b)
{
	struct slice text = buf_ok(b) ? arena_slice(r->arena, buf_slice(b)) : SLICE("[]");

	buf_free(b);
	return text;
}

/* The follow-up's text is "close ID VERSION STATUS". */
static struct closing *
closing_new(struct app_request *r, const struct judging *j)
{
	struct closing *c = ARENA_NEW(r->arena, struct closing);
	struct slice text = r->reply.followup, part;
	struct json_writer w;
	struct buf b;

	(void)slice_split(&text, ' ', &part);
	(void)slice_split(&text, ' ', &c->visit);
	(void)slice_split(&text, ' ', &c->version);
	(void)slice_split(&text, ' ', &c->was);
	if (!j->insured)
		return c;
	buf_init(&b, STORED_MAX);
	json_write_init(&w, &b);
	judging_write_sums(j, &w);
	c->sums = kept(r, &b);
	buf_init(&b, STORED_MAX);
	json_write_init(&w, &b);
	judging_write_findings(j, &w);
	c->findings = kept(r, &b);
	c->state = j->blocking           ? SLICE("refused")
		   : j->verdict.critical ? SLICE("overridden")
					 : SLICE("passed");
	return c;
}

/* ---- closed ---- */

static void
on_finished(struct app_request *r, const struct pg_batch *b)
{
	app_read_reply(r, b);
	app_finish(r);
}

static struct slice
override_reason(const struct app_request *r)
{
	struct json_value *body;

	if (json_parse(r->arena, r->body, 1000, &body, NULL) < 0)
		return (struct slice){ NULL, 0 };
	return json_member_text(json_member(body, "override"), "reason");
}

static struct app_statement
statement_of(struct app_request *r, const struct pg_statement *s, const struct slice *value, unsigned count)
{
	struct slice *copy = ARENA_ARRAY(r->arena, count, struct slice);

	memcpy(copy, value, count * sizeof(*copy));
	return (struct app_statement){ s, copy, count };
}

static struct app_statement
store_statement(struct app_request *r, const struct closing *c)
{
	const struct slice value[] = { c->visit, SLICE("close"), c->state, c->sums, c->findings };

	return statement_of(r, STMT(verdict_store), value, 5);
}

static struct app_statement
override_statement(
    struct app_request *r, const struct closing *c, const struct judging *j, struct slice reason)
{
	char risk[DECIMAL_TEXT_MAX];
	struct buf rules;

	buf_init(&rules, STORED_MAX);
	judging_write_blocking(j, &rules);
	const struct slice value[] = { c->visit, kept(r, &rules),
		arena_slice(r->arena, slice_from(risk, decimal_print(j->verdict.at_risk, 2, risk))),
		slice_of(rule_set_version(j->rules->set)), reason };
	return statement_of(r, STMT(override_add), value, 5);
}

static void
finish(struct app_request *r, struct closing *c, const struct judging *j, struct slice reason)
{
	const struct slice value[] = { c->visit, c->version };
	struct app_statement statement[3];
	unsigned count = 0;

	if (reason.at) {
		c->state = SLICE("overridden");
		statement[count++] = override_statement(r, c, j, reason);
	}
	if (j->insured)
		statement[count++] = store_statement(r, c);
	statement[count++] = statement_of(r, STMT(visit_finish), value, 2);
	app_query_all(r, PG_WRITE, statement, count, on_finished);
}

/* ---- refused ---- */

static void
on_refused(struct app_request *r, const struct pg_batch *b)
{
	struct judging *j = verdict_of(r);
	struct json_writer w;
	struct problem p;
	struct buf errors;

	(void)b;
	problem_from_code(&p, "visit.critical_findings", 422);
	buf_init(&errors, STORED_MAX);
	json_write_init(&w, &errors);
	judging_write_errors(j, &w);
	p.errors = arena_text(r->arena, kept(r, &errors));
	p.verdict = arena_text(r->arena, verdict_json(r, j));
	p.detail = "mend what is listed, or have it overridden with a reason: {\"override\":{\"reason\":…}}";
	app_problem_send(r, &p);
}

static void
refuse(struct app_request *r, const struct closing *c)
{
	const struct slice value[] = { c->visit, c->version, c->was };
	const struct app_statement statement[] = { store_statement(r, c),
		statement_of(r, STMT(close_refused), value, 3) };

	app_query_all(r, PG_WRITE, statement, 2, on_refused);
}

void
verdict_close(struct app_request *r, struct judging *j)
{
	struct closing *c = closing_new(r, j);
	const struct slice none = { NULL, 0 };
	struct slice reason = j->insured && j->blocking ? override_reason(r) : none;

	if (r->wants_verdict)
		r->verdict = verdict_json(r, j);
	if (j->insured && j->blocking && !reason.at)
		refuse(r, c);
	else
		finish(r, c, j, reason);
}
