#include "server/app/app.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "server/app/app_private.h"
#include "server/app/openapi.h"
#include "server/app/param.h"
#include "server/loop/config.h"
#include "server/sec/sec.h"

#define APP_ARENA_MAX (64u << 20)
#define OPENAPI_MAX (16u << 20)
#define KEY_MAX 128     /* Idempotency-Key, as in sec.idempotency */
#define FACILITY_MAX 16 /* X-Facility */

struct app *
app_new(const struct app_config *c)
{
	struct arena *a = arena_new(APP_ARENA_MAX);
	struct app *app = ARENA_NEW(a, struct app);
	app->arena = a;
	app->c = *c;
	app->map = route_map_new(a, c->nouns, c->noun_count);
	buf_init(&app->openapi, OPENAPI_MAX);
	openapi_write(c->nouns, c->noun_count, &app->openapi);
	if (!buf_ok(&app->openapi))
		fatal("the description of the routes is over %u bytes", OPENAPI_MAX);
	return app;
}

void
app_free(struct app *app)
{
	if (!app)
		return;
	buf_free(&app->openapi);
	arena_free(app->arena);
}

struct slice
app_openapi(struct app *app)
{
	return buf_slice(&app->openapi);
}

struct pg_pool *
app_pool(struct app *app)
{
	return app->c.pool;
}

struct offload *
app_offload(struct app *app)
{
	return app->c.offload;
}

const struct config *
app_config_of(struct app *app)
{
	return app->c.config;
}

struct loop *
app_loop(struct app *app)
{
	return app->c.loop;
}

void
app_set_draining(struct app *app)
{
	app->draining = true;
}

bool
app_is_draining(const struct app *app)
{
	return app->draining;
}

/* --- parameters --- */

static int
param_index(const struct route *route, const char *name)
{
	for (int i = 0; route->p[i].place != PARAM_END; i++)
		if (strcmp(route->p[i].name, name) == 0)
			return i;
	return -1;
}

struct slice
app_param(const struct app_request *r, const char *name)
{
	int i = param_index(r->route, name);
	return i < 0 ? (struct slice){ NULL, 0 } : r->param[i];
}

void
app_param_set(struct app_request *r, const char *name, struct slice value)
{
	int i = param_index(r->route, name);
	if (i < 0)
		fatal("route %s has no parameter %s", r->match.name, name);
	r->param[i] = value;
}

/* Value of the pattern's {name:type}, and its type. */
static struct slice
path_value(const struct app_request *r, const char *name, enum param_type *ret_type)
{
	struct slice found;
	for (unsigned i = 0;
	     i < ROUTE_PATH_MAX && route_pattern_param(r->route->pattern, i, &found, ret_type); i++)
		if (slice_eq_text(found, name))
			return r->match.value[i];
	fatal("route %s: the pattern has no {%s:…}", r->match.name, name);
}

/* Takes one value from its place; false when a problem was added. */
static void
take_param(struct app_request *r, unsigned i, struct problem *bad)
{
	struct param p = r->route->p[i];
	const char *pointer = arena_printf(r->arena, "?%s", p.name);
	struct slice value = { NULL, 0 };
	switch (p.place) {
	case PARAM_PATH:
		value = path_value(r, p.name, &p.type);
		break;
	case PARAM_QUERY:
		value = http_query(r->http, p.name);
		break;
	case PARAM_HEADER: {
		char *lower = arena_text(r->arena, slice_of(p.name));
		for (char *c = lower; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
		value = http_header(r->http, lower);
		break;
	}
	case PARAM_BODY:
	case PARAM_IF_MATCH:
	case PARAM_COMPUTED:
	case PARAM_END:
		return;
	}
	if (!value.at && p.fallback)
		value = slice_of(p.fallback);
	if (!value.at) {
		if (p.required)
			problem_add(bad, r->arena, pointer, "value.missing", "is needed");
		return;
	}
	const char *wrong = param_check(&p, r->arena, value, &r->param[i]);
	if (wrong)
		problem_add(bad, r->arena, pointer, "value.malformed", wrong);
}

/* A misspelt parameter is an error, not silence. */
static void
refuse_unknown_query(struct app_request *r, struct problem *bad)
{
	size_t count = http_query_count(r->http);
	for (size_t k = 0; k < count; k++) {
		struct slice name, value;
		http_query_at(r->http, k, &name, &value);
		bool known = false;
		for (unsigned i = 0; r->route->p[i].place != PARAM_END; i++)
			known = known || (r->route->p[i].place == PARAM_QUERY &&
					     slice_eq_text(name, r->route->p[i].name));
		if (!known)
			problem_add(bad, r->arena,
			    arena_printf(r->arena, "?%.*s", (int)(name.len < 64 ? name.len : 64), name.at),
			    "value.unknown_member", "no such parameter");
	}
}

static bool
take_params(struct app_request *r)
{
	struct problem bad;
	problem_from_code(&bad, "request.parameter", 422);
	refuse_unknown_query(r, &bad);
	for (unsigned i = 0; r->route->p[i].place != PARAM_END; i++)
		take_param(r, i, &bad);
	if (bad.errors)
		app_problem_send(r, &bad);
	return !bad.errors;
}

/* PUT and PATCH change what somebody saw: they say which version that was (RFC 9110, 13.1.1). */
static bool
take_if_match(struct app_request *r)
{
	bool changes = r->route->method == HTTP_PUT || r->route->method == HTTP_PATCH;
	struct slice tag = http_header(r->http, "if-match");
	if (changes && !r->route->unconditional && !tag.at) {
		app_problem(r, "version.needed", "?If-Match", "send the ETag of what you read");
		return false;
	}
	if (slice_starts(tag, SLICE("W/")))
		tag = slice_skip(tag, 2);
	if (tag.len >= 2 && tag.at[0] == '"' && tag.at[tag.len - 1] == '"')
		tag = slice_from(tag.at + 1, tag.len - 2);
	for (unsigned i = 0; r->route->p[i].place != PARAM_END; i++)
		if (r->route->p[i].place == PARAM_IF_MATCH)
			r->param[i] = tag.len <= 64 ? tag : SLICE("-");
	return true;
}

static bool
is_json_type(struct slice type)
{
	struct slice bare = slice_trim(slice_from(type.at, slice_find(type, ';')));
	return slice_eq_text(bare, "application/json") || slice_eq_text(bare, "application/merge-patch+json");
}

static bool
take_body(struct app_request *r)
{
	int at = -1;
	for (int i = 0; r->route->p[i].place != PARAM_END; i++)
		if (r->route->p[i].place == PARAM_BODY)
			at = i;
	if (at < 0)
		return true;
	struct err e = { 0 };
	struct slice body = http_body(r->http), type = http_header(r->http, "content-type");
	if (type.at && !is_json_type(type)) {
		app_problem(r, "request.media_type", "?Content-Type", NULL);
		return false;
	}
	if (slice_trim(body).len == 0) {
		app_problem(r, "request.no_body", NULL, NULL);
		return false;
	}
	if (utf8_clean(r->arena, body, &body, &e) || json_check(body, &e)) {
		app_problem(r, "request.not_json", NULL, arena_text(r->arena, slice_of(e.detail)));
		return false;
	}
	r->body = body;
	r->param[at] = body;
	return true;
}

/* Idempotency-Key: printable ASCII, so that logs and other systems can carry it. */
static bool
take_key(struct app_request *r)
{
	struct slice key = http_header(r->http, "idempotency-key");
	if (!key.at || r->route->method != HTTP_POST)
		return true;
	bool good = key.len >= 1 && key.len <= KEY_MAX;
	for (size_t i = 0; good && i < key.len; i++)
		good = key.at[i] > ' ' && key.at[i] < 0x7f;
	if (!good) {
		app_problem(
		    r, "request.parameter", "?Idempotency-Key", "expected 1 to 128 visible ASCII characters");
		return false;
	}
	r->idem_key = key;
	return true;
}

static bool
take_facility(struct app_request *r)
{
	struct slice code = http_header(r->http, "x-facility");
	if (!code.at)
		return true;
	if (code.len > FACILITY_MAX || !param_fits(PARAM_CODE, code)) {
		app_problem(r, "request.parameter", "?X-Facility", "expected the code of a facility");
		return false;
	}
	r->facility = code;
	return true;
}

/* Prefer (RFC 7240): what is not known is ignored. */
static void
take_prefer(struct app_request *r)
{
	struct slice rest = http_header(r->http, "prefer"), part;
	while (rest.at && slice_split(&rest, ',', &part))
		if (slice_eq_text(slice_trim(part), "return=verdict") && route_changes_visit(r->route))
			r->wants_verdict = true;
}

/* --- hooks --- */

static void
reply_no_route(struct app_request *r, enum route_result result)
{
	struct buf allow;
	if (result == ROUTE_NO_PATH) {
		app_problem(r, "not_found", NULL, NULL);
		return;
	}
	buf_init(&allow, 256);
	for (int m = 0; m < HTTP_METHODS; m++)
		if (r->match.allowed & 1u << m) {
			buf_add_text(&allow, allow.len ? ", " : "");
			buf_add_text(&allow, http_method_name((enum http_method)m));
		}
	http_reply_header(r->http, "Allow", buf_slice(&allow));
	buf_free(&allow);
	if (http_method(r->http) == HTTP_OPTIONS) {
		r->answered = true;
		http_reply_slice(r->http, 204, NULL, SLICE(""));
		return;
	}
	app_problem(r, "method.not_allowed", NULL, NULL);
}

/* Before the body is read: is there such a route, how much may be sent, is anybody signed in? */
static void
hook_admit(struct http_request *q, size_t *body_bytes, void *arg)
{
	struct app *app = arg;
	struct app_request *r = ARENA_NEW(http_arena(q), struct app_request);
	r->app = app;
	r->http = q;
	r->arena = http_arena(q);
	http_set_context(q, r);
	enum route_result result = route_find(app->map, http_method(q), http_path(q), &r->match);
	if (result != ROUTE_FOUND) {
		reply_no_route(r, result);
		return;
	}
	r->route = r->match.route;
	r->noun = r->match.noun;
	http_set_route(q, r->match.name);
	if (r->route->body_max)
		*body_bytes = r->route->body_max;
	struct slice authorization = http_header(q, "authorization");
	r->has_token = sec_token_hash(authorization, r->token_hash);
	if (r->route->permission && !r->has_token) {
		http_reply_header(q, "WWW-Authenticate", SLICE("Bearer"));
		app_problem(r, authorization.at ? "session.invalid" : "session.missing", NULL, NULL);
	}
}

static void
hook_handle(struct http_request *q, void *arg)
{
	(void)arg;
	struct app_request *r = http_context(q);
	if (!take_params(r) || !take_if_match(r) || !take_key(r) || !take_facility(r) || !take_body(r))
		return;
	take_prefer(r);
	if (r->route->handler)
		r->route->handler(r);
	else
		app_run_route(r);
}

/* Errors that the server itself answers, in the same form as ours. */
static void
hook_problem(int status, const char *reason, struct buf *out, const char **ret_type, void *arg)
{
	(void)arg;
	struct problem p;
	problem_from_code(&p, "", status);
	p.code = status == 413 ? "request.too_large" : status >= 500 ? "internal" : "request.bad";
	p.detail = reason;
	problem_write(&p, SLICE(""), SLICE(""), out);
	*ret_type = PROBLEM_CONTENT_TYPE;
}

const struct http_hooks app_http_hooks = {
	.admit = hook_admit, .handle = hook_handle, .problem = hook_problem
};
