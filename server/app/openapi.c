#include "server/app/openapi.h"

#include <string.h>

#include "base/json.h"
#include "server/app/problem.h"

#define EXAMPLE_NODES_MAX 2000
#define EXAMPLE_ARENA_MAX (8u << 20)
#define EXAMPLE_ID INT64_C(1099511627777) /* node 1, first row */

struct writer {
	struct json_writer w;
	struct arena *arena;
	const struct noun *const *nouns;
	size_t noun_count;
};

static int
success_status(const struct route *r)
{
	return r->status ? r->status : r->method == HTTP_POST ? 201 : 200;
}

static void
write_text_list(struct json_writer *w, const char *key, const char *words)
{
	struct slice rest = slice_of(words), word;
	json_write_key(w, key);
	json_write_array(w);
	while (slice_split(&rest, ' ', &word))
		json_write_string(w, word);
	json_write_array_end(w);
}

/* --- schemas --- */

static void
write_param_schema(struct json_writer *w, const struct param *p)
{
	static const struct {
		const char *type, *format, *pattern;
	} form[] = {
		[PARAM_TEXT] = { "string", NULL, NULL },
		[PARAM_I8] = { "integer", "int64", NULL },
		[PARAM_INT] = { "integer", NULL, NULL },
		[PARAM_DATE] = { "string", "date", NULL },
		[PARAM_TIME] = { "string", "date-time", NULL },
		[PARAM_MONTH] = { "string", NULL, "^[0-9]{4}-[0-9]{2}$" },
		[PARAM_BOOL] = { "boolean", NULL, NULL },
		[PARAM_CODE] = { "string", NULL, "^[A-Za-z0-9._-]{1,64}$" },
		[PARAM_CHOICE] = { "string", NULL, NULL },
	};
	json_write_object(w);
	json_write_member(w, "type", form[p->type].type);
	if (form[p->type].format)
		json_write_member(w, "format", form[p->type].format);
	if (form[p->type].pattern)
		json_write_member(w, "pattern", form[p->type].pattern);
	if (p->type == PARAM_I8)
		json_write_member_int(w, "minimum", 1);
	if (p->type == PARAM_INT) {
		json_write_member_int(w, "minimum", p->min);
		json_write_member_int(w, "maximum", p->max);
	}
	if (p->type == PARAM_TEXT && p->max)
		json_write_member_int(w, "maxLength", p->max);
	if (p->type == PARAM_CHOICE)
		write_text_list(w, "enum", p->choices);
	if (p->fallback) {
		json_write_key(w, "default");
		if (p->type == PARAM_INT || p->type == PARAM_BOOL)
			json_write_raw(w, slice_of(p->fallback));
		else
			json_write_text(w, p->fallback);
	}
	json_write_object_end(w);
}

static bool
is_symbol(struct slice text)
{
	return text.len > 1 && text.at[0] == '@';
}

/* The schema that an example implies: the types of its members, none of them required. */
static void
write_implied_schema(struct json_writer *w, const struct json_value *v)
{
	static const char *const name[] = { [JSON_OBJECT] = "object",
		[JSON_ARRAY] = "array",
		[JSON_STRING] = "string",
		[JSON_NUMBER] = "number",
		[JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean",
		[JSON_NULL] = NULL };
	json_write_object(w);
	if (v->type == JSON_STRING && is_symbol(v->text))
		json_write_member(w, "type", "integer");
	else if (v->type != JSON_NULL)
		json_write_member(w, "type", name[v->type]);
	if (v->type == JSON_OBJECT) {
		json_write_key(w, "properties");
		json_write_object(w);
		for (const struct json_value *m = v->first; m; m = m->next) {
			char key[128];
			size_t len = m->key.len < sizeof(key) - 1 ? m->key.len : sizeof(key) - 1;
			memcpy(key, m->key.at, len);
			key[len] = '\0';
			json_write_key(w, key);
			write_implied_schema(w, m);
		}
		json_write_object_end(w);
	}
	if (v->type == JSON_ARRAY && v->first) {
		json_write_key(w, "items");
		write_implied_schema(w, v->first);
	}
	json_write_object_end(w);
}

/* The example with "@visit" replaced by an id, as a client would see it. */
static void
write_example(struct json_writer *w, struct arena *a, const char *example)
{
	struct buf b;
	struct slice s = slice_of(example);
	buf_init(&b, EXAMPLE_ARENA_MAX);
	for (size_t i = 0; i < s.len; i++) {
		size_t end = i + 2;
		if (s.at[i] == '"' && i + 1 < s.len && s.at[i + 1] == '@') {
			while (end < s.len && s.at[end] != '"')
				end++;
			buf_add_int(&b, EXAMPLE_ID);
			i = end;
			continue;
		}
		buf_add_char(&b, s.at[i]);
	}
	json_write_raw(w, arena_slice(a, buf_slice(&b)));
	buf_free(&b);
}

static void
write_ref(struct json_writer *w, const char *folder, const char *name)
{
	struct buf b;
	buf_init(&b, 160);
	buf_addf(&b, "#/components/%s/%s", folder, name);
	json_write_object(w);
	json_write_key(w, "$ref");
	json_write_string(w, buf_slice(&b));
	json_write_object_end(w);
	buf_free(&b);
}

static void
write_body_schema(struct writer *x, const struct route *r)
{
	struct json_value *v;
	json_write_key(&x->w, "schema");
	if (r->body_schema)
		write_ref(&x->w, "schemas", r->body_schema);
	else if (r->example && json_parse(x->arena, slice_of(r->example), EXAMPLE_NODES_MAX, &v, NULL) == 0)
		write_implied_schema(&x->w, v);
	else {
		json_write_object(&x->w);
		json_write_object_end(&x->w);
	}
}

/* --- operations --- */

static void
write_param_example(struct json_writer *w, const struct param *p)
{
	static const char *const made[] = { [PARAM_TEXT] = "\"an\"",
		[PARAM_I8] = "1099511627777",
		[PARAM_INT] = "1",
		[PARAM_DATE] = "\"2026-11-22\"",
		[PARAM_TIME] = "\"2026-11-22T08:00:00+07:00\"",
		[PARAM_MONTH] = "\"2026-11\"",
		[PARAM_BOOL] = "true",
		[PARAM_CODE] = "\"A09\"" };
	json_write_key(w, "example");
	bool symbol = p->example && p->example[0] == '@';
	if (p->example && !symbol && p->type != PARAM_INT && p->type != PARAM_BOOL && p->type != PARAM_I8)
		json_write_text(w, p->example);
	else if (p->example && !symbol)
		json_write_raw(w, slice_of(p->example));
	else if (p->type == PARAM_CHOICE) {
		struct slice rest = slice_of(p->choices), word = SLICE("");
		slice_split(&rest, ' ', &word);
		json_write_string(w, word);
	} else
		json_write_raw(w, slice_of(made[p->type]));
}

static void
path_param_type(const struct route *r, struct param *p)
{
	struct slice name;
	for (unsigned i = 0; route_pattern_param(r->pattern, i, &name, &p->type); i++)
		if (slice_eq_text(name, p->name))
			return;
}

static void
write_param(struct writer *x, const struct route *r, struct param p)
{
	static const char *const place[] = {
		[PARAM_PATH] = "path", [PARAM_QUERY] = "query", [PARAM_HEADER] = "header"
	};
	struct json_writer *w = &x->w;
	if (p.place == PARAM_PATH)
		path_param_type(r, &p);
	else if (p.place != PARAM_QUERY && p.place != PARAM_HEADER)
		return;
	json_write_object(w);
	json_write_member(w, "name", p.name);
	json_write_member(w, "in", place[p.place]);
	if (p.text_en)
		json_write_member(w, "description", p.text_en);
	if (p.text_vi)
		json_write_member(w, "x-description-vi", p.text_vi);
	json_write_key(w, "required");
	json_write_bool(w, p.required);
	json_write_key(w, "schema");
	write_param_schema(w, &p);
	if (p.required || p.example)
		write_param_example(w, &p);
	json_write_object_end(w);
}

static bool
has_place(const struct route *r, enum param_place place)
{
	for (unsigned i = 0; r->p[i].place != PARAM_END; i++)
		if (r->p[i].place == place)
			return true;
	return false;
}

static bool
needs_if_match(const struct route *r)
{
	return (r->method == HTTP_PUT || r->method == HTTP_PATCH) && !r->unconditional;
}

static void
write_params(struct writer *x, const struct route *r)
{
	json_write_key(&x->w, "parameters");
	json_write_array(&x->w);
	if (r->permission)
		write_ref(&x->w, "parameters", "Facility");
	if (r->permission && r->method == HTTP_POST)
		write_ref(&x->w, "parameters", "IdempotencyKey");
	if (needs_if_match(r))
		write_ref(&x->w, "parameters", "IfMatch");
	if (route_changes_visit(r))
		write_ref(&x->w, "parameters", "Prefer");
	for (unsigned i = 0; r->p[i].place != PARAM_END; i++)
		write_param(x, r, r->p[i]);
	json_write_array_end(&x->w);
}

static void
write_content(struct writer *x, const char *type)
{
	json_write_key(&x->w, type);
	json_write_object(&x->w);
}

static void
write_request_body(struct writer *x, const struct route *r)
{
	struct json_writer *w = &x->w;
	json_write_key(w, "requestBody");
	json_write_object(w);
	json_write_key(w, "required");
	json_write_bool(w, true);
	json_write_key(w, "content");
	json_write_object(w);
	write_content(x, "application/json");
	write_body_schema(x, r);
	if (r->example) {
		json_write_key(w, "example");
		write_example(w, x->arena, r->example);
	}
	json_write_object_end(w);
	json_write_object_end(w);
	json_write_object_end(w);
}

static void
write_success(struct writer *x, const struct route *r)
{
	static const char *const text[] = { [RESPONSE_CSV] = "text/csv",
		[RESPONSE_XML] = "application/xml",
		[RESPONSE_TEXT] = "text/plain" };
	struct json_writer *w = &x->w;
	json_write_object(w);
	json_write_member(w, "description", http_status_text(success_status(r)));
	if (success_status(r) == 204) {
		json_write_object_end(w);
		return;
	}
	json_write_key(w, "content");
	json_write_object(w);
	if (r->response == RESPONSE_JSON || r->response == RESPONSE_FORMAT) {
		write_content(x, "application/json");
		json_write_key(w, "schema");
		if (r->reply_schema)
			write_ref(w, "schemas", r->reply_schema);
		else
			json_write_raw(w, SLICE("{}"));
		json_write_object_end(w);
	}
	for (int i = RESPONSE_CSV; i <= RESPONSE_TEXT; i++)
		if ((int)r->response == i || (i == RESPONSE_CSV && r->response == RESPONSE_FORMAT)) {
			write_content(x, text[i]);
			json_write_key(w, "schema");
			json_write_raw(w, SLICE("{\"type\":\"string\"}"));
			json_write_object_end(w);
		}
	json_write_object_end(w);
	json_write_object_end(w);
}

static void
write_operation_id(struct json_writer *w, const struct route *r)
{
	struct buf b;
	buf_init(&b, 512);
	for (const char *c = http_method_name(r->method); *c; c++)
		buf_add_char(&b, (char)(*c + 32));
	bool skip = false;
	for (const char *c = r->pattern; *c; c++) {
		skip = (skip || *c == ':') && *c != '}';
		if (*c == '/' || *c == '-' || *c == '.')
			buf_add_char(&b, '_');
		else if (!skip && *c != '{' && *c != '}')
			buf_add_char(&b, *c);
	}
	json_write_key(w, "operationId");
	json_write_string(w, buf_slice(&b));
	buf_free(&b);
}

static void
write_operation(struct writer *x, const struct noun *noun, const struct route *r)
{
	struct json_writer *w = &x->w;
	json_write_object(w);
	write_operation_id(w, r);
	json_write_key(w, "tags");
	json_write_array(w);
	json_write_text(w, r->tag ? r->tag : noun->name);
	json_write_array_end(w);
	json_write_member(w, "summary", r->summary_en ? r->summary_en : r->pattern);
	if (r->summary_vi)
		json_write_member(w, "x-summary-vi", r->summary_vi);
	if (r->text_en)
		json_write_member(w, "description", r->text_en);
	json_write_member(w, "x-permission", r->permission);
	if (!r->permission) {
		json_write_key(w, "security");
		json_write_raw(w, SLICE("[]"));
	}
	write_params(x, r);
	if (has_place(r, PARAM_BODY) || r->example)
		write_request_body(x, r);
	json_write_key(w, "responses");
	json_write_object(w);
	struct buf number;
	buf_init(&number, 16);
	buf_add_int(&number, success_status(r));
	json_write_key(w, number.at);
	buf_free(&number);
	write_success(x, r);
	json_write_key(w, "default");
	write_ref(w, "responses", "Problem");
	json_write_object_end(w);
	json_write_object_end(w);
}

/* --- paths --- */

/* "/v1/visits/{id:i8}" → "/v1/visits/{id}" */
static char *
bare_pattern(struct arena *a, const char *pattern)
{
	char *text = arena_text(a, slice_of(pattern)), *to = text;
	bool skip = false;
	for (const char *c = pattern; *c; c++) {
		skip = (skip || *c == ':') && *c != '}';
		if (!skip)
			*to++ = *c;
	}
	*to = '\0';
	return text;
}

struct place {
	const struct noun *noun;
	const struct route *route;
	const char *path;
};

static struct place *
all_places(struct writer *x, size_t *ret_count)
{
	struct place *list = NULL;
	size_t count = 0, capacity = 0;
	for (size_t i = 0; i < x->noun_count; i++)
		for (size_t k = 0; k < x->nouns[i]->route_count; k++) {
			const struct route *r = &x->nouns[i]->route[k];
			*ARENA_PUSH(x->arena, list, count, capacity) =
			    (struct place){ x->nouns[i], r, bare_pattern(x->arena, r->pattern) };
		}
	*ret_count = count;
	return list;
}

static bool
is_first(const struct place *list, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(list[i].path, list[at].path) == 0)
			return false;
	return true;
}

static void
write_paths(struct writer *x)
{
	static const char *const key[HTTP_METHODS] = { "get", "head", "post", "put", "patch", "delete",
		"options" };
	size_t count;
	struct place *list = all_places(x, &count);
	json_write_key(&x->w, "paths");
	json_write_object(&x->w);
	for (size_t i = 0; i < count; i++) {
		if (!is_first(list, i))
			continue;
		json_write_key(&x->w, list[i].path);
		json_write_object(&x->w);
		for (size_t k = i; k < count; k++)
			if (strcmp(list[k].path, list[i].path) == 0) {
				json_write_key(&x->w, key[list[k].route->method]);
				write_operation(x, list[k].noun, list[k].route);
			}
		json_write_object_end(&x->w);
	}
	json_write_object_end(&x->w);
}

/* --- the rest --- */

static const char head[] = "\"info\":{\"title\":\"HMIS\",\"version\":\"1\",\"license\":{\"name\":\"Apache-2."
			   "0\",\"identifier\":\"Apache-2.0\"},"
			   "\"description\":\"Patients, visits, orders, billing and insurance claims of "
			   "district health centres and their "
			   "stations. Times are RFC 3339 with +07:00, amounts are JSON numbers in đồng with "
			   "at most 2 decimals, ids are "
			   "whole numbers below 2^53. Lists are paged: follow Link rel=next.\"},"
			   "\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]}]";

static const char components[] =
    "\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"Token of "
    "POST "
    "/v1/sessions\"}},"
    "\"parameters\":{"
    "\"Facility\":{\"name\":\"X-Facility\",\"in\":\"header\",\"required\":false,\"description\":\"Code of "
    "the facility "
    "to work at, when the user has several\",\"schema\":{\"type\":\"string\",\"maxLength\":16}},"
    "\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":"
    "\"Makes the "
    "request safe to repeat: the stored answer is replayed; the key with another body is "
    "409\",\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128}},"
    "\"Prefer\":{\"name\":\"Prefer\",\"in\":\"header\",\"required\":false,\"description\":\"return=verdict "
    "adds what the "
    "rules find in the visit's claim after the change as member verdict (see GET /v1/visits/{id}/verdict); "
    "an answer "
    "of 204 becomes 200\",\"schema\":{\"type\":\"string\",\"enum\":[\"return=verdict\"]}},"
    "\"IfMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":true,\"description\":\"ETag of what "
    "was read; 428 "
    "when missing, 412 when it has changed\",\"schema\":{\"type\":\"string\"}}},"
    "\"responses\":{\"Problem\":{\"description\":\"Problem (RFC "
    "9457)\",\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/"
    "Problem\"}}}}}";

static const char problem_schema[] =
    "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"title_vi\",\"title_en\",\"status\",\"code\","
    "\"errors\","
    "\"request_id\"],\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"title_"
    "vi\":{"
    "\"type\":\"string\"},\"title_en\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"code\":{"
    "\"type\":"
    "\"string\",\"description\":\"Stable; see "
    "x-problems\"},\"detail\":{\"type\":\"string\"},\"errors\":{\"type\":"
    "\"array\",\"items\":{\"type\":\"object\",\"required\":[\"pointer\",\"code\"],\"properties\":{"
    "\"pointer\":{"
    "\"type\":\"string\",\"description\":\"JSON pointer into the body, or ?name of a parameter or "
    "header\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}},\"request_id\":{\"type\":"
    "\"string\"}}}";

static void
write_tags(struct writer *x)
{
	json_write_key(&x->w, "tags");
	json_write_array(&x->w);
	for (size_t i = 0; i < x->noun_count; i++) {
		json_write_object(&x->w);
		json_write_member(&x->w, "name", x->nouns[i]->name);
		json_write_member(&x->w, "description", x->nouns[i]->title_en);
		json_write_member(&x->w, "x-description-vi", x->nouns[i]->title_vi);
		json_write_object_end(&x->w);
	}
	json_write_array_end(&x->w);
}

static void
write_problems(struct writer *x)
{
	json_write_key(&x->w, "x-problems");
	json_write_object(&x->w);
	for (size_t i = 0; i < problem_row_count; i++) {
		json_write_key(&x->w, problem_rows[i].code);
		json_write_object(&x->w);
		json_write_member_int(&x->w, "status", problem_rows[i].http);
		json_write_member(&x->w, "title_vi", problem_rows[i].title_vi);
		json_write_member(&x->w, "title_en", problem_rows[i].title_en);
		json_write_object_end(&x->w);
	}
	json_write_object_end(&x->w);
}

static void
write_schemas(struct writer *x)
{
	json_write_key(&x->w, "schemas");
	json_write_object(&x->w);
	json_write_key(&x->w, "Problem");
	json_write_raw(&x->w, slice_of(problem_schema));
	for (size_t i = 0; i < openapi_schema_count; i++) {
		json_write_key(&x->w, openapi_schemas[i].name);
		json_write_raw(&x->w, slice_of(openapi_schemas[i].json));
	}
	json_write_object_end(&x->w);
}

/* Members that stand ready as text. */
static void
write_ready(struct writer *x, const char *members)
{
	buf_add_text(x->w.out, ",");
	buf_add_text(x->w.out, members);
	x->w.comma = true;
}

void
openapi_write(const struct noun *const *nouns, size_t noun_count, struct buf *out)
{
	struct writer x = { .arena = arena_new(EXAMPLE_ARENA_MAX), .nouns = nouns, .noun_count = noun_count };
	json_write_init(&x.w, out);
	json_write_object(&x.w);
	json_write_member(&x.w, "openapi", "3.1.0");
	write_ready(&x, head);
	write_tags(&x);
	write_paths(&x);
	json_write_key(&x.w, "components");
	json_write_object(&x.w);
	write_schemas(&x);
	write_ready(&x, components);
	json_write_object_end(&x.w);
	write_problems(&x);
	json_write_object_end(&x.w);
	arena_free(x.arena);
}

/* --- for tests --- */

static void
dump_params(struct json_writer *w, const struct route *r)
{
	static const char *const place[] = { [PARAM_PATH] = "path",
		[PARAM_QUERY] = "query",
		[PARAM_HEADER] = "header",
		[PARAM_BODY] = "body",
		[PARAM_IF_MATCH] = "if_match",
		[PARAM_COMPUTED] = "computed" };
	json_write_key(w, "params");
	json_write_array(w);
	for (unsigned i = 0; r->p[i].place != PARAM_END; i++) {
		struct param p = r->p[i];
		if (p.place == PARAM_PATH)
			path_param_type(r, &p);
		json_write_object(w);
		json_write_member(w, "name", p.name);
		json_write_member(w, "in", place[p.place]);
		json_write_key(w, "required");
		json_write_bool(w, p.required);
		if (p.example && p.example[0] == '@')
			json_write_member(w, "example", p.example);
		else if (p.place <= PARAM_HEADER && (p.required || p.example))
			write_param_example(w, &p);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
dump_route(struct writer *x, const struct place *l)
{
	struct json_writer *w = &x->w;
	const struct route *r = l->route;
	json_write_object(w);
	json_write_member(w, "noun", l->noun->name);
	json_write_member(w, "method", http_method_name(r->method));
	json_write_member(w, "path", l->path);
	json_write_member(w, "summary_vi", r->summary_vi);
	json_write_member(w, "summary_en", r->summary_en);
	json_write_member(w, "permission", r->permission);
	json_write_member(w, "statement", r->statement ? r->statement->name : NULL);
	json_write_member_int(w, "status", success_status(r));
	json_write_key(w, "idem");
	json_write_bool(w, r->permission && r->method == HTTP_POST);
	json_write_key(w, "reads");
	json_write_bool(w, r->reads);
	json_write_key(w, "if_match");
	json_write_bool(w, needs_if_match(r));
	json_write_key(w, "body");
	if (r->example)
		json_write_raw(w, slice_of(r->example));
	else
		json_write_null(w);
	dump_params(w, r);
	json_write_object_end(w);
}

void
openapi_dump_routes(const struct noun *const *nouns, size_t noun_count, struct buf *out)
{
	struct writer x = { .arena = arena_new(EXAMPLE_ARENA_MAX), .nouns = nouns, .noun_count = noun_count };
	size_t count;
	json_write_init(&x.w, out);
	json_write_array(&x.w);
	const struct place *list = all_places(&x, &count);
	for (size_t i = 0; i < count; i++)
		dump_route(&x, &list[i]);
	json_write_array_end(&x.w);
	arena_free(x.arena);
}
