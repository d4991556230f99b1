/* Batches of a request, and its answer. */
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "server/app/app_private.h"
#include "server/app/statements.h"
#include "server/sec/sec.h"

/* Columns of api.reply; the test of statements checks each against them. */
enum reply_column { REPLY_STATUS, REPLY_BODY, REPLY_ETAG, REPLY_LOCATION, REPLY_NEXT_CURSOR, REPLY_FOLLOWUP };

#define REPLAY_NODES_MAX 16

static const char *
response_type(const struct app_request *r)
{
	static const char *const type[] = { [RESPONSE_JSON] = "application/json",
		[RESPONSE_CSV] = "text/csv; charset=utf-8",
		[RESPONSE_XML] = "application/xml",
		[RESPONSE_TEXT] = "text/plain; charset=utf-8" };
	if (r->route->response != RESPONSE_FORMAT)
		return type[r->route->response];
	struct slice format = app_param(r, "format");
	return type[slice_eq_text(format, "csv")   ? RESPONSE_CSV
		    : slice_eq_text(format, "xml") ? RESPONSE_XML
						   : RESPONSE_JSON];
}

/* --- answers --- */

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

/* The same target with another cursor (RFC 8288). */
static void
reply_next_link(struct app_request *r)
{
	struct slice target = http_target(r->http), part;
	size_t mark = slice_find(target, '?');
	struct slice rest = slice_skip(target, mark < target.len ? mark + 1 : mark);
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_add_char(&b, '<');
	buf_add(&b, slice_from(target.at, mark));
	buf_add_char(&b, '?');
	while (slice_split(&rest, '&', &part))
		if (!slice_starts(part, SLICE("cursor=")) && part.len) {
			buf_add(&b, part);
			buf_add_char(&b, '&');
		}
	buf_add_text(&b, "cursor=");
	for (size_t i = 0; i < r->reply.next_cursor.len; i++) {
		unsigned char c = (unsigned char)r->reply.next_cursor.at[i];
		if (is_unreserved(c))
			buf_add_char(&b, (char)c);
		else
			buf_addf(&b, "%%%02X", c);
	}
	buf_add_text(&b, ">; rel=\"next\"");
	if (buf_ok(&b))
		http_reply_header(r->http, "Link", buf_slice(&b));
	buf_free(&b);
}

static const struct app_followup *
followup_find(const struct app *app, struct slice name)
{
	for (size_t i = 0; i < app->c.noun_count; i++)
		for (size_t k = 0; k < app->c.nouns[i]->followup_count; k++)
			if (slice_eq_text(name, app->c.nouns[i]->followup[k].name))
				return &app->c.nouns[i]->followup[k];
	return NULL;
}

/* The visit that the request changed: of the path, or the one just made. */
static struct slice
changed_visit(const struct app_request *r)
{
	struct slice id = app_param(r, "id"), rest = r->reply.location, part;
	while (!id.at && rest.len && slice_split(&rest, '/', &part))
		if (!rest.len)
			return slice_of(arena_text(r->arena, part));
	return id;
}

/* Puts the answer off until the verdict is there; false when there is none to wait for. */
static bool
wait_for_verdict(struct app_request *r)
{
	const struct app_followup *f = r->wants_verdict ? followup_find(r->app, SLICE("verdict")) : NULL;
	bool good = r->reply.status >= 200 && r->reply.status < 300;
	if (!f || r->adds_verdict || r->verdict.at || !good)
		return false;
	struct slice visit = changed_visit(r);
	if (!visit.at)
		return false;
	r->adds_verdict = true;
	f->step(r, visit);
	return true;
}

/* {"id":1} becomes {"id":1,"verdict":{…}}; an answer without a body becomes {"verdict":{…}}. */
static void
add_verdict(struct app_request *r)
{
	struct app_reply *y = &r->reply;
	struct slice body = slice_trim(y->body);
	if (!body.len)
		y->body = slice_of(arena_printf(r->arena, "{\"verdict\":%.*s}", SLICE_ARG(r->verdict)));
	else if (body.len > 2 && body.at[body.len - 1] == '}')
		y->body = slice_of(arena_printf(
		    r->arena, "%.*s,\"verdict\":%.*s}", (int)body.len - 1, body.at, SLICE_ARG(r->verdict)));
	else
		return;
	if (y->status == 204)
		y->status = 200;
	http_reply_header(r->http, "Preference-Applied", SLICE("return=verdict"));
}

void
app_finish(struct app_request *r)
{
	const struct app_reply *y = &r->reply;
	if (wait_for_verdict(r))
		return;
	if (r->answered)
		fatal("route %s: answered twice", r->match.name);
	r->answered = true;
	if (r->wants_verdict && r->verdict.at)
		add_verdict(r);
	if (y->next_cursor.len)
		reply_next_link(r);
	if (y->location.len)
		http_reply_header(r->http, "Location", y->location);
	if (r->route->permission)
		http_reply_header(r->http, "Cache-Control", SLICE("no-store"));
	int status = y->status;
	if (y->etag.len) {
		struct slice tag = slice_of(arena_printf(r->arena, "\"%.*s\"", SLICE_ARG(y->etag)));
		http_reply_header(r->http, "ETag", tag);
		if (r->route->method == HTTP_GET && slice_eq(http_header(r->http, "if-none-match"), tag))
			status = 304;
	}
	if (!y->body.at || status == 204 || status == 304)
		http_reply_slice(r->http, status, NULL, SLICE(""));
	else
		http_reply_slice(r->http, status, y->type ? y->type : response_type(r), y->body);
}

void
app_problem_send(struct app_request *r, const struct problem *p)
{
	struct buf b;
	if (r->adds_verdict) { /* the request itself succeeded */
		log_event(LOG_WARN, "verdict", "route=\"%s\" problem=%s", r->match.name, p->code);
		r->wants_verdict = false;
		app_finish(r);
		return;
	}
	if (r->answered)
		fatal("route %s: answered twice", r->route ? r->match.name : "-");
	r->answered = true;
	buf_init(&b, 1 << 20);
	problem_write(p, http_header(r->http, "accept-language"), http_request_id(r->http), &b);
	if (p->retry_after_s)
		http_reply_header(
		    r->http, "Retry-After", slice_of(arena_printf(r->arena, "%d", p->retry_after_s)));
	http_reply(r->http, p->http, PROBLEM_CONTENT_TYPE, &b);
	buf_free(&b);
}

void
app_problem(struct app_request *r, const char *code, const char *field, const char *detail)
{
	struct problem p;
	problem_from_code(&p, code, 500);
	p.detail = detail;
	if (field)
		problem_add(&p, r->arena, field, p.code, detail ? detail : p.title_en);
	app_problem_send(r, &p);
}

/* --- what the database said --- */

static struct slice
kept(struct app_request *r, struct slice s)
{
	return s.at ? slice_of(arena_text(r->arena, s)) : s;
}

/* copied: the reply outlives the batch's results. */
static void
read_reply(struct app_request *r, const struct pg_batch *b, unsigned step, bool copied)
{
	int64_t status;
	if (pg_rows(b, step) != 1 || slice_to_int64(pg_cell(b, step, 0, REPLY_STATUS), &status) ||
	    status < 200 || status > 599) {
		log_event(LOG_ERROR, "reply", "route=\"%s\" problem=no-status", r->match.name);
		status = 500;
	}
	struct slice cell[REPLY_FOLLOWUP + 1];
	for (unsigned i = 0; i <= REPLY_FOLLOWUP; i++)
		cell[i] = pg_cell(b, step, 0, i);
	copied = copied || cell[REPLY_FOLLOWUP].len > 0 || r->wants_verdict;
	for (unsigned i = 0; copied && i <= REPLY_FOLLOWUP; i++)
		cell[i] = kept(r, cell[i]);
	r->reply = (struct app_reply){ .status = (int)status,
		.body = cell[REPLY_BODY],
		.etag = cell[REPLY_ETAG],
		.location = cell[REPLY_LOCATION],
		.next_cursor = cell[REPLY_NEXT_CURSOR],
		.followup = cell[REPLY_FOLLOWUP] };
}

void
app_read_reply(struct app_request *r, const struct pg_batch *b)
{
	read_reply(r, b, app_query_step(b), true);
}

/* Runs the named step, which answers, or answers at once. */
static void
app_conclude(struct app_request *r)
{
	struct slice text = r->reply.followup;
	size_t blank = slice_find(text, ' ');
	struct slice name = slice_from(text.at, blank);
	const struct app_followup *f = text.len ? followup_find(r->app, name) : NULL;
	if (text.len && !f)
		log_event(LOG_ERROR, "followup", "route=\"%s\" problem=unknown name=%.*s", r->match.name,
		    SLICE_ARG(name));
	if (f)
		f->step(r, slice_skip(text, blank + 1));
	else
		app_finish(r);
}

/* The stored answer of the same request: sec.claim_key raised HMRPL with it. */
static void
app_replay(struct app_request *r, const char *stored)
{
	struct json_value *v;
	int64_t status;
	struct slice text = slice_of(arena_text(r->arena, slice_of(stored)));
	if (json_parse(r->arena, text, REPLAY_NODES_MAX, &v, NULL) ||
	    slice_to_int64(json_member_text(v, "status"), &status)) {
		app_problem(r, "state.conflict", "?Idempotency-Key", "this request has no stored answer");
		return;
	}
	r->reply = (struct app_reply){
		.status = (int)status,
		.body = json_member_text(v, "body"),
		.etag = json_member_text(v, "etag"),
		.location = json_member_text(v, "location"),
		.followup = json_member_text(v, "followup"),
	};
	http_reply_header(r->http, "Idempotent-Replayed", SLICE("true"));
	app_conclude(r);
}

static void
log_database_fault(const struct app_request *r, const struct pg_error *e)
{
	struct slice id = http_request_id(r->http);
	/* Only faults of our own SQL: other messages may quote what people typed. */
	bool ours = strncmp(e->sqlstate, "42", 2) == 0 || strncmp(e->sqlstate, "P0", 2) == 0 ||
		    strncmp(e->sqlstate, "HM5", 3) == 0 || strncmp(e->sqlstate, "XX", 2) == 0 ||
		    strncmp(e->sqlstate, "0A", 2) == 0 || strncmp(e->sqlstate, "26", 2) == 0;
	log_event(LOG_ERROR, "database",
	    "route=\"%s\" id=%.*s sqlstate=%s constraint=%s table=%s message=\"%s\"", r->match.name,
	    SLICE_ARG(id), e->sqlstate, e->constraint, e->table, ours ? e->message : "");
}

static void
on_batch(struct pg_batch *b, void *context)
{
	struct app_request *r = context;
	struct problem p;
	if (!b->failed) {
		if (b->step[0].statement == STMT(sec_enter))
			r->ticket = kept(r, pg_cell(b, 0, 0, 0));
		r->next(r, b);
		return;
	}
	if (strcmp(b->error.sqlstate, "HMRPL") == 0) {
		app_replay(r, b->error.detail);
		return;
	}
	problem_from_pg(&p, r->arena, &b->error, r->body);
	if (p.http == 500)
		log_database_fault(r, &b->error);
	if (p.http == 401)
		http_reply_header(r->http, "WWW-Authenticate", SLICE("Bearer"));
	app_problem_send(r, &p);
}

/* --- asking it --- */

static void
add_enter(struct app_request *r, struct pg_batch *b, bool with_key)
{
	struct slice hash = { NULL, 0 };
	if (with_key && r->idem_key.at) {
		const struct slice part[] = { http_target(r->http), SLICE("\n"), http_body(r->http) };
		unsigned char *digest = arena_alloc(r->arena, SEC_HASH_BYTES);
		sec_sha256(part, 3, digest);
		hash = slice_from((const char *)digest, SEC_HASH_BYTES);
	}
	const struct slice value[] = {
		slice_from((const char *)r->token_hash, SEC_HASH_BYTES),
		http_request_id(r->http),
		r->facility,
		slice_of(r->route->permission),
		hash.at ? r->idem_key : (struct slice){ NULL, 0 },
		hash,
		slice_of(r->match.name),
	};
	pg_batch_add(b, STMT(sec_enter), value, 7);
}

static void
add_resume(struct app_request *r, struct pg_batch *b)
{
	const struct slice value[] = { r->ticket, http_request_id(r->http), slice_of(r->match.name) };
	pg_batch_add(b, STMT(sec_resume), value, 3);
}

static void
submit(struct app_request *r, struct pg_batch *b, app_next *next)
{
	struct err e = { 0 };
	r->next = next;
	if (pg_submit(r->app->c.pool, b, &e))
		app_problem(r, "busy.database", NULL, arena_text(r->arena, slice_of(e.detail)));
}

unsigned
app_query_step(const struct pg_batch *b)
{
	return b->step_count - 1;
}

void
app_query(struct app_request *r, enum pg_kind kind, const struct pg_statement *statement,
    const struct slice *value, unsigned count, app_next *next)
{
	struct pg_batch *b = pg_batch_new(r->arena, kind, on_batch, r);
	if (r->ticket.at)
		add_resume(r, b);
	else
		add_enter(r, b, false);
	pg_batch_add(b, statement, value, count);
	submit(r, b, next);
}

void
app_query_all(struct app_request *r, enum pg_kind kind, const struct app_statement *statement, unsigned count,
    app_next *next)
{
	struct pg_batch *b = pg_batch_new(r->arena, kind, on_batch, r);
	if (r->ticket.at)
		add_resume(r, b);
	else
		add_enter(r, b, false);
	for (unsigned i = 0; i + 1 < count; i++)
		pg_batch_add(b, statement[i].statement, statement[i].value, statement[i].count);
	const struct app_statement *last = &statement[count - 1];
	pg_batch_add(b, last->statement, last->value, last->count);
	submit(r, b, next);
}

void
app_query_public(struct app_request *r, enum pg_kind kind, const struct pg_statement *statement,
    const struct slice *value, unsigned count, app_next *next)
{
	struct pg_batch *b = pg_batch_new(r->arena, kind, on_batch, r);
	pg_batch_add(b, statement, value, count);
	submit(r, b, next);
}

/* Steps of a route: sec.enter, its statement, perhaps the second half. */
enum { ROUTE_STEP = 1, ROUTE_LATER_STEP };

static void
on_route_more(struct pg_batch *b, void *context)
{
	struct app_request *r = context;
	struct slice followup = pg_cell(b, ROUTE_STEP, 0, REPLY_FOLLOWUP), value[PG_PARAMS_MAX];
	if (followup.len && r->route->more(r, followup, value))
		pg_batch_add(b, r->route->later, value, r->route->later->param_count);
}

static void
on_route_reply(struct app_request *r, const struct pg_batch *b)
{
	read_reply(r, b, ROUTE_STEP, false);
	if (b->step_count > ROUTE_LATER_STEP)
		r->reply.followup = kept(r, pg_cell(b, ROUTE_LATER_STEP, 0, 0));
	app_conclude(r);
}

void
app_run_route(struct app_request *r)
{
	bool reads = r->route->method == HTTP_GET || r->route->reads;
	struct pg_batch *b = pg_batch_new(r->arena, reads ? PG_READ : PG_WRITE, on_batch, r);
	unsigned count = r->route->statement->param_count;
	add_enter(r, b, true);
	pg_batch_add(b, r->route->statement, r->param, count);
	if (r->route->more)
		pg_batch_continue(b, r->route->later, on_route_more);
	submit(r, b, on_route_reply);
}
