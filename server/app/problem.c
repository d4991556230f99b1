#include "server/app/problem.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "server/app/locate.h"

/* Where the JSON pointer of a standard error comes from. */
enum pointer_source { FROM_NOTHING, FROM_COLUMN, FROM_CONSTRAINT };

struct sqlstate_row {
	const char *sqlstate; /* five characters, or two for a whole class */
	const char *code;     /* row of problems.tsv */
	enum pointer_source source;
	const char
	    *detail; /* in our words: what the server says may quote types, rows and other people's data */
};

/* PostgreSQL 15, appendix A. The first row that fits counts: single states before their class. */
static const struct sqlstate_row sqlstate_rows[] = {
	{ "23505", "value.taken", FROM_CONSTRAINT, "is taken already" },
	{ "23503", "reference.unknown", FROM_CONSTRAINT,
	    "refers to something that is not there, or is referred to" },
	{ "23514", "value.refused", FROM_CONSTRAINT, "breaks a rule of the field" },
	{ "23P01", "value.overlaps", FROM_CONSTRAINT, "overlaps with another period or use" },
	{ "23502", "value.missing", FROM_COLUMN, "is needed" },
	{ "22001", "value.too_long", FROM_COLUMN, "is longer than the field takes" },
	{ "22003", "value.out_of_range", FROM_COLUMN, "is outside the range of the field" },
	{ "22007", "value.bad_date", FROM_COLUMN,
	    "is not a date or time as the field takes it: yyyy-MM-dd, or RFC 3339" },
	{ "22008", "value.bad_date", FROM_COLUMN, "is no date or time of the calendar" },
	{ "22P02", "value.malformed", FROM_COLUMN, "is not of the kind that the field takes" },
	{ "22P03", "value.malformed", FROM_COLUMN, "is not of the kind that the field takes" },
	{ "22P05", "value.malformed", FROM_COLUMN, "holds a character that cannot be stored" },
	{ "22021", "value.malformed", FROM_COLUMN, "holds a character that cannot be stored" },
	{ "22023", "value.malformed", FROM_COLUMN, "is not of the kind that the field takes" },
	{ "22030", "value.malformed", FROM_NOTHING, NULL },
	{ "22032", "value.malformed", FROM_NOTHING, NULL },
	{ "54000", "value.too_complex", FROM_NOTHING, NULL },
	{ "54001", "value.too_complex", FROM_NOTHING, NULL },
	{ "40001", "busy.conflict", FROM_NOTHING, NULL },
	{ "40P01", "busy.conflict", FROM_NOTHING, NULL },
	{ "55P03", "busy.locked", FROM_NOTHING, NULL },
	{ "57014", "busy.too_slow", FROM_NOTHING, NULL },
	{ "53100", "busy.disk_full", FROM_NOTHING, NULL },
	{ "53", "busy.database", FROM_NOTHING, NULL },
	{ "57", "busy.database", FROM_NOTHING, NULL },
	{ "08", "busy.database", FROM_NOTHING, NULL },
	{ "25006", "busy.read_only", FROM_NOTHING, NULL },
	{ "42501", "permission.denied", FROM_NOTHING, NULL },
	{ "44000", "value.refused", FROM_NOTHING, NULL },
	{ "22", "value.refused", FROM_COLUMN, "cannot be used here" },
	{ "23", "value.refused", FROM_CONSTRAINT, "breaks a rule of the field" },
};

const struct problem_row *
problem_find(struct slice code)
{
	size_t low = 0, high = problem_row_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = slice_compare(slice_of(problem_rows[mid].code), code);
		if (order == 0)
			return &problem_rows[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct problem_row *
problem_find_constraint(struct slice constraint)
{
	if (constraint.len == 0)
		return NULL;
	for (size_t i = 0; i < problem_row_count; i++)
		if (slice_eq_text(constraint, problem_rows[i].constraint))
			return &problem_rows[i];
	return NULL;
}

/* General titles for a code that stands in no table. */
static const struct problem_row *
problem_general(int http)
{
	static const struct {
		int http;
		const char *code;
	} row[] = { { 400, "request.bad" }, { 401, "session.invalid" }, { 403, "permission.denied" },
		{ 404, "not_found" }, { 409, "state.conflict" }, { 412, "version.changed" },
		{ 413, "request.too_large" }, { 422, "value.refused" }, { 428, "version.needed" },
		{ 429, "busy.too_many" }, { 503, "busy.database" } };
	const char *code = http < 500 ? "request.bad" : "internal";
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (row[i].http == http)
			code = row[i].code;
	return problem_find(slice_of(code));
}

static void
problem_fill(struct problem *ret, const char *code, int http, const struct problem_row *row)
{
	*ret = (struct problem){ .http = http, .code = code, .title_vi = "", .title_en = "" };
	if (row) {
		ret->title_vi = row->title_vi;
		ret->title_en = row->title_en;
	}
	ret->retry_after_s = http == 503 ? 1 : 0;
}

void
problem_from_code(struct problem *ret, const char *code, int http)
{
	const struct problem_row *row = problem_find(slice_of(code));
	if (row)
		problem_fill(ret, row->code, row->http, row);
	else
		problem_fill(ret, code, http ? http : 500, problem_general(http ? http : 500));
}

/* HM + three digits; 0 when it is something else or no error status. */
static int
own_status(const char *sqlstate)
{
	int64_t n;
	if (strncmp(sqlstate, "HM", 2) != 0 || slice_to_int64(slice_of(sqlstate + 2), &n))
		return 0;
	return n >= 400 && n <= 599 ? (int)n : 0;
}

static const struct sqlstate_row *
sqlstate_find(const char *sqlstate)
{
	for (size_t i = 0; i < sizeof(sqlstate_rows) / sizeof(sqlstate_rows[0]); i++)
		if (strncmp(sqlstate, sqlstate_rows[i].sqlstate, strlen(sqlstate_rows[i].sqlstate)) == 0)
			return &sqlstate_rows[i];
	return NULL;
}

/* "patient_citizen_id_key" on table patient → "citizen_id". */
static struct slice
constraint_column(const struct pg_error *e)
{
	static const char *const ending[] = { "_key", "_fkey", "_check", "_excl", "_form", "_range", "_idx" };
	struct slice s = slice_of(e->constraint);
	struct slice table = slice_of(e->table);
	if (table.len > 0 && slice_starts(s, table) && s.len > table.len && s.at[table.len] == '_')
		s = slice_skip(s, table.len + 1);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (slice_ends(s, slice_of(ending[i])))
			return slice_from(s.at, s.len - strlen(ending[i]));
	return s;
}

static const char *
error_pointer(struct arena *a, const struct pg_error *e, enum pointer_source source)
{
	struct slice name = source == FROM_CONSTRAINT && e->constraint[0] ? constraint_column(e)
			    : source != FROM_NOTHING                      ? slice_of(e->column)
									  : (struct slice){ 0 };
	return name.len ? arena_printf(a, "/%.*s", SLICE_ARG(name)) : "";
}

void
problem_from_pg(struct problem *ret, struct arena *a, const struct pg_error *e, struct slice body)
{
	if (e->code != ERR_INPUT) {
		problem_from_code(ret, "busy.database", 503);
		return;
	}
	int http = own_status(e->sqlstate);
	if (http) {
		const char *code = arena_text(a, slice_of(e->message));
		problem_from_code(ret, code, http);
		ret->http = http; /* what SQL says counts */
		if (e->detail[0] == '[' && json_check(slice_of(e->detail), NULL) == 0)
			ret->errors = arena_text(a, slice_of(e->detail));
		return;
	}
	const struct sqlstate_row *row = sqlstate_find(e->sqlstate);
	if (!row) {
		problem_from_code(ret, "internal", 500);
		return;
	}
	problem_from_code(ret, row->code, 500);
	const struct problem_row *own = problem_find_constraint(slice_of(e->constraint));
	if (own)
		problem_fill(ret, own->code, own->http, own);
	if (row->source == FROM_NOTHING)
		return;
	const char *pointer = error_pointer(a, e, row->source);
	/* A message of class 22 quotes what this client sent: that finds the member, and is not passed on. */
	if (strncmp(e->sqlstate, "22", 2) == 0 && !pointer[0]) {
		const char *found = locate_value(a, body, locate_quoted(slice_of(e->message)));
		pointer = found ? found : "";
	}
	const char *detail = own ? own->title_en : row->detail;
	if (e->constraint[0])
		detail = arena_printf(a, "%s (%s)", detail, e->constraint);
	problem_add(ret, a, pointer, ret->code, detail);
}

void
problem_add(struct problem *p, struct arena *a, const char *pointer, const char *code, const char *detail)
{
	struct buf b;
	struct json_writer w;
	buf_init(&b, 1 << 16);
	json_write_init(&w, &b);
	json_write_object(&w);
	json_write_member(&w, "pointer", pointer);
	json_write_member(&w, "code", code);
	json_write_member(&w, "detail", detail);
	json_write_object_end(&w);
	size_t old = p->errors ? strlen(p->errors) : 0;
	if (buf_ok(&b) && old > 2)
		p->errors = arena_printf(a, "%.*s,%.*s]", (int)old - 1, p->errors, SLICE_ARG(buf_slice(&b)));
	else if (buf_ok(&b))
		p->errors = arena_printf(a, "[%.*s]", SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
}

/* The first language of the list that we have; weights are given in falling order by every client we know. */
static bool
prefers_english(struct slice accept_language)
{
	struct slice rest = accept_language, part;
	while (rest.at && slice_split(&rest, ',', &part)) {
		part = slice_trim(part);
		if (slice_starts(part, SLICE("vi")))
			return false;
		if (slice_starts(part, SLICE("en")))
			return true;
	}
	return false;
}

void
problem_write(const struct problem *p, struct slice accept_language, struct slice request_id, struct buf *out)
{
	struct json_writer w;
	bool english = prefers_english(accept_language);
	json_write_init(&w, out);
	json_write_object(&w);
	char type[160];
	snprintf(type, sizeof(type), "urn:hmis:problem:%s", p->code);
	json_write_member(&w, "type", type);
	json_write_member(&w, "title", english ? p->title_en : p->title_vi);
	json_write_member(&w, "title_vi", p->title_vi);
	json_write_member(&w, "title_en", p->title_en);
	json_write_member_int(&w, "status", p->http);
	json_write_member(&w, "code", p->code);
	if (p->detail)
		json_write_member(&w, "detail", p->detail);
	json_write_key(&w, "errors");
	json_write_raw(&w, slice_of(p->errors ? p->errors : "[]"));
	if (p->verdict) {
		json_write_key(&w, "verdict");
		json_write_raw(&w, slice_of(p->verdict));
	}
	json_write_key(&w, "request_id");
	json_write_string(&w, request_id);
	json_write_object_end(&w);
}
