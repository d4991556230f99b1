/* Reading rules: the built-in ones and the tenant's own, as they are in force today. */
#include "base/json.h"
#include "base/time.h"
#include "server/app/rule/rule.h"
#include "server/app/statements.h"

#define LIST_MAX ((size_t)16 * 1024 * 1024)

struct reading {
	rule_next *next;
	int64_t tenant, epoch;
};

/* ---- the set of now ---- */

static void
on_texts(struct app_request *r, const struct pg_batch *b)
{
	const struct reading *x = r->state;

	x->next(r, held_take(x->tenant, x->epoch, b, app_query_step(b)));
}

static void
on_head(struct app_request *r, const struct pg_batch *b)
{
	struct reading *x = r->state;
	const struct held_rules *h;

	slice_to_int64(pg_cell(b, APP_STEP, 0, 0), &x->tenant);
	slice_to_int64(pg_cell(b, APP_STEP, 0, 1), &x->epoch);
	h = held_find(x->tenant, x->epoch);
	if (h)
		x->next(r, h);
	else
		app_query(r, PG_READ, STMT(verdict_rules), NULL, 0, on_texts);
}

void
rule_current(struct app_request *r, rule_next *next)
{
	struct reading *x = ARENA_NEW(r->arena, struct reading);

	x->next = next;
	r->state = x;
	app_query(r, PG_READ, STMT(rule_head), NULL, 0, on_head);
}

/* ---- one rule as JSON ---- */

static void
write_day(struct json_writer *w, const char *key, int32_t day)
{
	char text[TIME_TEXT_MAX];

	json_write_key(w, key);
	if (day == INT32_MIN || day == INT32_MAX)
		json_write_null(w);
	else
		json_write_string(w, slice_from(text, date_print_iso(day, text)));
}

static const char *
table_name(const struct rule_info *i)
{
	return i->table >= 0 ? claim_tables[i->table].name : i->table == RULE_ON_CLAIM ? "claim" : "other";
}

static bool
is_own(const struct rule_info *i)
{
	return slice_find(slice_of(i->file), '@') < slice_of(i->file).len;
}

static void
write_catalogs(struct json_writer *w, const struct rule_info *i)
{
	json_write_key(w, "catalogs");
	json_write_array(w);
	for (size_t k = 0; k < rule_catalog_count; k++)
		if (i->catalogs >> k & 1)
			json_write_text(w, rule_catalogs[k].name);
	json_write_array_end(w);
}

/* Members of rule number n, in an object that the caller opened. */
static void
write_rule(struct json_writer *w, const struct rule_set *set, size_t n, int32_t today)
{
	const struct rule_info *i = rule_at(set, n);

	json_write_member(w, "id", i->id);
	json_write_member(w, "origin", is_own(i) ? "own" : "built-in");
	json_write_member(w, "severity", rule_severity_name((enum rule_severity)i->severity));
	json_write_member(w, "state", rule_state_name(rule_state_on(set, n, today)));
	json_write_member(w, "table", table_name(i));
	json_write_member(w, "field", i->field < 0 ? NULL : claim_fields[i->field].name);
	write_day(w, "from", i->from);
	write_day(w, "to", i->to);
	json_write_member(w, "message", i->vi);
	json_write_member(w, "message_en", i->en);
	json_write_member(w, "fix", i->fix_vi);
	json_write_member(w, "fix_en", i->fix_en);
	json_write_member(w, "condition", i->condition);
	json_write_member(w, "citation", i->cite);
	json_write_member(w, "source", i->source);
	json_write_member(w, "certainty", i->certainty);
	json_write_member(w, "off_reason", i->off_reason);
	json_write_member(w, "needs", i->needs);
	write_catalogs(w, i);
}

static void
reply_with(struct app_request *r, struct buf *out)
{
	r->reply.status = 200;
	r->reply.body = buf_ok(out) ? arena_slice(r->arena, buf_slice(out)) : SLICE("{}");
	buf_free(out);
	app_finish(r);
}

/* ---- GET /v1/rules ---- */

static bool
asks(const struct app_request *r, const char *name, const char *value)
{
	struct slice wanted = app_param(r, name);

	return !wanted.at || slice_eq_text(wanted, value);
}

static bool
is_wanted(const struct app_request *r, const struct rule_set *set, size_t n, int32_t today)
{
	const struct rule_info *i = rule_at(set, n);

	return asks(r, "severity", rule_severity_name((enum rule_severity)i->severity)) &&
	       asks(r, "state", rule_state_name(rule_state_on(set, n, today))) &&
	       asks(r, "table", table_name(i)) && asks(r, "origin", is_own(i) ? "own" : "built-in");
}

static void
on_list(struct app_request *r, const struct held_rules *h)
{
	int64_t limit = 50, after = 0, shown = 0;
	int32_t today = time_business_date(time_now());
	struct json_writer w;
	struct buf out;

	slice_to_int64(app_param(r, "limit"), &limit);
	if (app_param(r, "cursor").at && (slice_to_int64(app_param(r, "cursor"), &after) < 0 || after < 0)) {
		app_problem(r, "request.parameter", "?cursor", NULL);
		return;
	}
	buf_init(&out, LIST_MAX);
	json_write_init(&w, &out);
	json_write_object(&w);
	json_write_member(&w, "rule_set", rule_set_version(h->set));
	json_write_key(&w, "rules");
	json_write_array(&w);
	for (size_t n = (size_t)after; n < rule_count(h->set); n++) {
		if (!is_wanted(r, h->set, n, today))
			continue;
		if (shown++ == limit) {
			r->reply.next_cursor = slice_of(arena_printf(r->arena, "%zu", n));
			break;
		}
		json_write_object(&w);
		write_rule(&w, h->set, n, today);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	json_write_object_end(&w);
	reply_with(r, &out);
}

void
rule_list(struct app_request *r)
{
	rule_current(r, on_list);
}

/* ---- GET /v1/rules/{id} ---- */

/* The number of the version in force on that day, else of the last one; -1 = no such rule. */
static int
rule_of(const struct rule_set *set, struct slice id, int32_t today)
{
	int found = rule_find(set, id);

	for (size_t n = 0; n < rule_count(set); n++) {
		const struct rule_info *i = rule_at(set, n);
		if (slice_eq_text(id, i->id) && i->from <= today && today <= i->to)
			found = (int)n;
	}
	return found;
}

static void
on_history(struct app_request *r, const struct pg_batch *b)
{
	struct slice history = pg_cell(b, app_query_step(b), 0, 0), rule = r->reply.body;

	/* {rule…} and {"versions":…} make one object */
	r->reply.body = slice_of(arena_printf(
	    r->arena, "%.*s,%.*s", (int)rule.len - 1, rule.at, SLICE_ARG(slice_skip(history, 1))));
	app_finish(r);
}

static void
on_one(struct app_request *r, const struct held_rules *h)
{
	int32_t today = time_business_date(time_now());
	struct slice id = app_param(r, "id");
	int n = rule_of(h->set, id, today);
	struct json_writer w;
	struct buf out;

	if (n < 0) {
		app_problem(r, "rule.not_found", NULL, NULL);
		return;
	}
	buf_init(&out, LIST_MAX);
	json_write_init(&w, &out);
	json_write_object(&w);
	write_rule(&w, h->set, (size_t)n, today);
	json_write_object_end(&w);
	r->reply = (struct app_reply){ .status = 200, .body = arena_slice(r->arena, buf_slice(&out)) };
	buf_free(&out);
	app_query(r, PG_READ, STMT(rule_history), &id, 1, on_history);
}

void
rule_get(struct app_request *r)
{
	rule_current(r, on_one);
}
