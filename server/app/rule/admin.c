/* Changing rules: every text is compiled, and its examples tried, before it is stored. */
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "claims/rules/catalog_rows.h"
#include "server/app/rule/rule.h"
#include "server/app/statements.h"

#define EXAMPLE_FACTS_MAX 100000
#define COMPILE_MAX ((size_t)64 << 20)

struct trying {
	struct arena *arena; /* of the set; freed when it was tried */
	struct rule_set *set;
	int number; /* of the rule in it */
};

static struct slice
body_text(const struct app_request *r, const char *name)
{
	struct json_value *body;

	if (json_parse(r->arena, r->body, 10000, &body, NULL) < 0)
		return (struct slice){ NULL, 0 };
	return json_member_text(body, name);
}

/* ---- problems ---- */

static int64_t
number_after(struct slice *rest)
{
	struct slice part;
	int64_t n = 0;

	(void)slice_split(rest, ':', &part);
	slice_to_int64(part, &n);
	return n;
}

/* e->field is "FILE:LINE:COLUMN". */
static void
refuse_text(struct app_request *r, const struct err *e)
{
	struct slice rest = slice_skip(slice_of(e->field), slice_find(slice_of(e->field), ':') + 1);
	int64_t line = number_after(&rest), column = number_after(&rest);
	struct problem p;
	struct json_writer w;
	struct buf b;

	problem_from_code(&p, "rule.not_compiled", 422);
	p.detail = arena_text(r->arena, slice_of(e->detail));
	buf_init(&b, 1 << 16);
	json_write_init(&w, &b);
	json_write_array(&w);
	json_write_object(&w);
	json_write_member(&w, "pointer", "/text");
	json_write_member(&w, "code", "rule.not_compiled");
	json_write_member_int(&w, "line", line);
	json_write_member_int(&w, "column", column);
	json_write_member(&w, "detail", p.detail);
	json_write_object_end(&w);
	json_write_array_end(&w);
	p.errors = arena_text(r->arena, buf_slice(&b));
	buf_free(&b);
	app_problem_send(r, &p);
}

/* ---- compiling and trying a text ---- */

/* The word after "rule" at the beginning of a line; empty when there is none. */
static struct slice
id_in_text(struct slice text)
{
	struct slice line, word;

	while (slice_split(&text, '\n', &line)) {
		line = slice_trim(line);
		if (!slice_starts(line, SLICE("rule ")))
			continue;
		line = slice_trim(slice_skip(line, 5));
		(void)slice_split(&line, ' ', &word);
		return slice_trim(word);
	}
	return (struct slice){ NULL, 0 };
}

static bool
hits(struct trying *t, const struct claim_document *d, const struct rule_catalog *catalog,
    struct rule_facts *facts)
{
	struct rule_judge *j = rule_judge_new(t->set);
	struct rule_verdict v = { .arena = t->arena };
	struct rule_options o = { .now = time_now(), .catalog = catalog, .facts = facts };
	bool found = false;

	rule_judge_claim(j, d, &o, &v);
	for (size_t i = 0; i < v.count; i++)
		found |= v.at[i].rule == t->number;
	rule_judge_free(j);
	return found;
}

static const char *
try_example(struct app_request *r, struct trying *t, size_t i, const struct rule_catalog *catalog)
{
	struct rule_facts *facts = rule_facts_new(EXAMPLE_FACTS_MAX);
	const char *failed = NULL;
	struct claim_document *d;
	struct err e = { 0 };

	if (rule_example_build(t->set, (size_t)t->number, i, t->arena, facts, &d, &e) < 0)
		failed = arena_printf(r->arena, "example %zu: %s: %s", i + 1, e.field, e.detail);
	else if (!hits(t, d, catalog, facts))
		failed = arena_printf(r->arena, "example %zu does not trigger the rule", i + 1);
	rule_facts_free(facts);
	return failed;
}

/* Every example of a rule that is not off must trigger it, with the catalogues of claims/rules/examples. */
static const char *
failed_example(struct app_request *r, struct trying *t)
{
	const struct rule_info *info = rule_at(t->set, (size_t)t->number);
	struct rule_catalog_rows *rows = rule_catalog_rows_new(t->arena);
	const char *failed = NULL;
	struct err e = { 0 };

	if (info->state == RULE_OFF)
		return NULL;
	if (rule_example_catalogs(rows, &e) < 0)
		return arena_printf(r->arena, "%s: %s", e.field, e.detail);
	const struct rule_catalog catalog = rule_catalog_rows_source(rows);
	for (size_t i = 0; !failed && i < rule_example_count(t->set, (size_t)t->number); i++)
		failed = try_example(r, t, i, &catalog);
	return failed;
}

/* Compiles text as rule `id` beside all others; false when the request has been answered. */
static bool
try_text(
    struct app_request *r, const struct pg_batch *b, const char *id, struct slice text, struct trying *ret)
{
	struct err e = { 0 };
	const char *failed = NULL;

	*ret = (struct trying){ .arena = arena_new(COMPILE_MAX) };
	ret->set = held_compile(ret->arena, b, app_query_step(b), id, NULL, NULL);
	if (rule_find(ret->set, slice_of(id)) >= 0)
		app_problem(r, "rule.built_in", "/text", NULL);
	else if (rule_set_load_version(ret->set, "rule", id, text, INT32_MIN, INT32_MAX, &e) < 0)
		refuse_text(r, &e);
	else {
		ret->number = rule_find(ret->set, slice_of(id));
		failed = failed_example(r, ret);
		if (failed)
			app_problem(r, "rule.example_failed", "/text", failed);
		else
			return true;
	}
	arena_free(ret->arena);
	return false;
}

/* ---- POST /v1/rules/{id}/versions ---- */

static void
on_version_texts(struct app_request *r, const struct pg_batch *b)
{
	const char *id = arena_text(r->arena, app_param(r, "id"));
	const struct rule_info *info;
	struct trying t;

	if (!try_text(r, b, id, body_text(r, "text"), &t))
		return;
	info = rule_at(t.set, (size_t)t.number);
	app_param_set(r, "severity", slice_of(rule_severity_name((enum rule_severity)info->severity)));
	app_param_set(r, "table_name", slice_of(info->table >= 0 ? claim_tables[info->table].name : "claim"));
	arena_free(t.arena);
	app_run_route(r);
}

void
rule_version_post(struct app_request *r)
{
	if (body_text(r, "text").len == 0)
		app_run_route(r); /* which says what is wrong with the body */
	else
		app_query(r, PG_READ, STMT(verdict_rules), NULL, 0, on_version_texts);
}

/* ---- POST /v1/rules/preview ---- */

static void
on_preview_texts(struct app_request *r, const struct pg_batch *b)
{
	struct slice text = body_text(r, "text");
	const char *id = arena_text(r->arena, id_in_text(text));
	struct trying t;

	if (!try_text(r, b, id, text, &t))
		return;
	arena_free(t.arena);
	app_param_set(r, "code", slice_of(id));
	app_run_route(r);
}

void
rule_preview_post(struct app_request *r)
{
	if (body_text(r, "text").len == 0)
		app_run_route(r);
	else
		app_query(r, PG_READ, STMT(verdict_rules), NULL, 0, on_preview_texts);
}

/* ---- POST /v1/rules/{id}/switches ---- */

static enum rule_state
wanted_state(struct slice state)
{
	return slice_eq_text(state, "off")      ? RULE_OFF
	       : slice_eq_text(state, "shadow") ? RULE_SHADOW
						: RULE_ON;
}

static void
on_switch_texts(struct app_request *r, const struct pg_batch *b)
{
	struct arena *a = arena_new(COMPILE_MAX);
	struct rule_set *set = held_compile(a, b, app_query_step(b), NULL, NULL, NULL);
	enum rule_state state = wanted_state(body_text(r, "state"));
	struct err e = { 0 };
	int bad = rule_switch_days(set, app_param(r, "id"), state, INT32_MIN, INT32_MAX, "", &e);

	arena_free(a);
	if (bad == ERR_NOT_FOUND)
		app_problem(r, "rule.not_found", NULL, NULL);
	else if (bad < 0)
		app_problem(r, "rule.not_switchable", "/state", arena_text(r->arena, slice_of(e.detail)));
	else
		app_run_route(r);
}

void
rule_switch_post(struct app_request *r)
{
	app_query(r, PG_READ, STMT(verdict_rules), NULL, 0, on_switch_texts);
}
