/* A document as JSON and back, over the pull reader: no tree is built. */
#include <stdio.h>

#include "claims/document_json.h"

static void
write_value(struct json_writer *w, const struct claim_row *r, enum claim_field f, struct buf *text)
{
	buf_reset(text);
	claim_print(r, f, text);
	bool number = claim_is_number(f) && claim_fields[f].type <= CLAIM_DECIMAL && !claim_is_raw(r, f);
	json_write_key(w, claim_fields[f].name);
	if (number)
		json_write_number(w, buf_slice(text));
	else
		json_write_string(w, buf_slice(text));
}

static void
write_row(struct json_writer *w, const struct claim_row *r, struct buf *text)
{
	const struct claim_table_info *t = &claim_tables[r->table];
	json_write_object(w);
	for (unsigned i = 0; i < t->count; i++) {
		enum claim_field f = (enum claim_field)(t->first + i);
		if (claim_has(r, f))
			write_value(w, r, f, text);
	}
	json_write_object_end(w);
}

void
claim_json_write(struct json_writer *w, const struct claim_document *d)
{
	struct buf text;
	buf_init(&text, CLAIM_TEXT_MAX);
	json_write_object(w);
	for (enum claim_table t = CLAIM_XML0; t < CLAIM_TABLES; t++) {
		if (claim_row_count(d, t) == 0)
			continue;
		json_write_key(w, claim_tables[t].name);
		json_write_array(w);
		for (size_t i = 0; i < claim_row_count(d, t); i++)
			write_row(w, claim_row_at(d, t, i), &text);
		json_write_array_end(w);
	}
	json_write_object_end(w);
	buf_free(&text);
}

struct json_document {
	struct json_reader in;
	struct arena *arena;
	struct claim_document *document;
	enum claim_table table;
	int hint; /* the field that most likely comes next */
	struct err *err;
};

/* Puts the row's place before the field that a callee named. */
static int
at_row(struct json_document *j, int rc)
{
	char place[48];
	snprintf(place, sizeof(place), "/%s/%zu", claim_tables[j->table].name,
	    claim_row_count(j->document, j->table) - 1);
	if (j->err)
		err_prefix_field(j->err, place);
	return rc;
}

static int
fail(struct json_document *j, enum err_code code, struct slice member, const char *detail)
{
	char field[80];
	snprintf(field, sizeof(field), "/%.*s", member.len < 64 ? (int)member.len : 64,
	    member.len ? member.at : "");
	return at_row(j, err_set(j->err, code, field, "%s", detail));
}

static int
broken(struct json_document *j)
{
	if (j->err)
		*j->err = j->in.err;
	return j->in.err.code;
}

static int
find_field(struct json_document *j)
{
	const struct claim_table_info *t = &claim_tables[j->table];
	struct slice name = j->in.text;
	int end = t->first + t->count;
	/* Rows come in the standard's order with absent fields left out: look ahead a little first. */
	for (int f = j->hint; f < end && f < j->hint + 4; f++) {
		if (name.len == claim_fields[f].name_len &&
		    memcmp(name.at, claim_fields[f].name, name.len) == 0)
			return f;
	}
	return claim_field_find(j->table, name);
}

static int
read_member(struct json_document *j, struct claim_row *r)
{
	struct slice member = j->in.text, text;
	int f = find_field(j);
	if (f < 0)
		return fail(j, ERR_INPUT, member, "no such field in this table");
	if (claim_has(r, (enum claim_field)f))
		return fail(j, ERR_INPUT, member, "the field is given twice");
	j->hint = f + 1;
	switch (json_next(&j->in)) {
	case JSON_NULL:
		return 0;
	case JSON_NUMBER:
		text = j->in.text;
		break;
	case JSON_STRING:
		if (json_text(&j->in, j->arena, &text, j->err) < 0)
			return fail(j, ERR_INPUT, member, "the text has a broken escape");
		break;
	case JSON_ERROR:
		return broken(j);
	default:
		return fail(j, ERR_INPUT, member, "a text, a number or null is expected");
	}
	struct err why = { 0 };
	int rc = claim_set(j->document, r, (enum claim_field)f, text, &why);
	return rc < 0 ? fail(j, (enum err_code)rc, member, why.detail) : 0;
}

/* Members of a row object that has just begun. */
static int
read_row(struct json_document *j)
{
	if (claim_row_count(j->document, j->table) >= CLAIM_ROWS_MAX)
		return err_set(
		    j->err, ERR_LIMIT, claim_tables[j->table].name, "more than %u rows", CLAIM_ROWS_MAX);
	struct claim_row *r = claim_row_add(j->document, j->table);
	j->hint = claim_tables[j->table].first;
	for (;;) {
		switch (json_next(&j->in)) {
		case JSON_OBJECT_END:
			return 0;
		case JSON_KEY: {
			int rc = read_member(j, r);
			if (rc < 0)
				return rc;
			break;
		}
		default:
			return broken(j);
		}
	}
}

static int
not_rows(struct json_document *j)
{
	char field[16];
	snprintf(field, sizeof(field), "/%s", claim_tables[j->table].name);
	return err_set(j->err, ERR_INPUT, field, "an array of objects is expected");
}

static int
read_rows(struct json_document *j)
{
	for (;;) {
		enum json_token token = json_next(&j->in);
		if (token == JSON_ARRAY_END)
			return 0;
		if (token == JSON_ERROR)
			return broken(j);
		if (token != JSON_OBJECT)
			return not_rows(j);
		int rc = read_row(j);
		if (rc < 0)
			return rc;
	}
}

static int
read_table(struct json_document *j)
{
	int table = claim_table_find(j->in.text);
	if (table < 0) {
		char field[32];
		snprintf(field, sizeof(field), "/%.*s", j->in.text.len < 24 ? (int)j->in.text.len : 24,
		    j->in.text.at);
		return err_set(j->err, ERR_INPUT, field, "no such table");
	}
	j->table = (enum claim_table)table;
	if (claim_row_count(j->document, j->table))
		return err_set(j->err, ERR_INPUT, claim_tables[table].name, "the table is given twice");
	switch (json_next(&j->in)) {
	case JSON_ARRAY:
		return read_rows(j);
	case JSON_OBJECT:
		return read_row(j);
	case JSON_NULL:
		return 0;
	case JSON_ERROR:
		return broken(j);
	default:
		return not_rows(j);
	}
}

static int
read_document(struct json_document *j)
{
	if (json_next(&j->in) != JSON_OBJECT)
		return j->in.err.code ? broken(j)
				      : err_set(j->err, ERR_INPUT, "", "a JSON object is expected");
	for (;;) {
		int rc;
		switch (json_next(&j->in)) {
		case JSON_KEY:
			rc = read_table(j);
			if (rc < 0)
				return rc;
			break;
		case JSON_OBJECT_END:
			return json_next(&j->in) == JSON_END ? 0 : broken(j);
		default:
			return broken(j);
		}
	}
}

int
claim_json_read(struct arena *a, struct slice json, struct claim_document **ret, struct err *e)
{
	struct err why = { 0 };
	struct json_document j = { .arena = a, .document = claim_document_new(a), .err = &why };
	json_init(&j.in, json);
	int rc = read_document(&j);
	if (rc == 0)
		*ret = j.document;
	else if (e)
		*e = why;
	return rc;
}
