/* Claims in short: a base claim is a list of assignments, an example changes a few of them. */
#include "claims/rules/change.h"
#include "claims/rules/builtin.h"

#define ROWS_MAX 5000u

struct target {
	int table;
	uint32_t row; /* from 1, 0 = not given */
	int field;    /* -1 = not given */
	struct token token;
};

static bool
number_of(struct slice s, uint32_t *ret)
{
	int64_t n;
	if (slice_to_int64(s, &n) < 0 || n < 1 || n > ROWS_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static int
parse_row(struct lexer *l, struct target *t, struct err *e)
{
	int rc = lex_next(l, e);
	if (rc == 0 && (l->token.kind != TOKEN_NUMBER || !number_of(l->token.text, &t->row)))
		return lex_fail(l, e, ERR_INPUT, "a row number from 1 to %u is expected here", ROWS_MAX);
	if (rc == 0)
		rc = lex_next(l, e);
	if (rc == 0 && !lex_is(l, "]"))
		return lex_fail(l, e, ERR_INPUT, "\"]\" is expected here");
	return rc < 0 ? rc : lex_next(l, e);
}

/* TABLE, TABLE[row], TABLE.FIELD or TABLE[row].FIELD */
static int
parse_target(struct lexer *l, bool with_field, struct target *t, struct err *e)
{
	*t = (struct target){ .field = -1, .token = l->token, .table = claim_table_find(l->token.text) };
	if (l->token.kind != TOKEN_FIELD || t->table < 0)
		return lex_fail(l, e, ERR_INPUT, "a table is expected here, such as XML3");
	int rc = lex_next(l, e);
	if (rc == 0 && lex_is(l, "["))
		rc = parse_row(l, t, e);
	if (rc < 0 || !with_field)
		return rc;
	if (!lex_is(l, "."))
		return lex_fail(l, e, ERR_INPUT, "\".\" and a field are expected here");
	rc = lex_next(l, e);
	if (rc < 0)
		return rc;
	t->field = claim_field_find((enum claim_table)t->table, l->token.text);
	if (t->field < 0)
		return lex_fail(l, e, ERR_INPUT, "table %s has no such field", claim_tables[t->table].name);
	return lex_next(l, e);
}

static int
target_row(const struct lexer *l, struct claim_document *d, const struct target *t, struct claim_row **ret,
    struct err *e)
{
	size_t row = t->row ? t->row : 1;
	if (row > claim_row_count(d, (enum claim_table)t->table))
		return token_fail(l, &t->token, e, ERR_INPUT, "there is no row %zu in %s", row,
		    claim_tables[t->table].name);
	*ret = claim_row_at(d, (enum claim_table)t->table, row - 1);
	return 0;
}

static int
apply_set(struct lexer *l, struct claim_document *d, struct err *e)
{
	struct target t;
	struct claim_row *row = NULL;
	int rc = parse_target(l, true, &t, e);
	if (rc == 0 && !lex_is(l, "="))
		return lex_fail(l, e, ERR_INPUT, "\"=\" is expected here");
	if (rc == 0)
		rc = lex_next(l, e);
	if (rc == 0 && l->token.kind != TOKEN_TEXT)
		return lex_fail(l, e, ERR_INPUT, "a value in quotes is expected here");
	struct slice value = l->token.text;
	if (rc == 0 && d)
		rc = target_row(l, d, &t, &row, e);
	/* as a reader does: what does not fit its type is kept as it is */
	if (rc == 0 && d && claim_set(d, row, (enum claim_field)t.field, value, NULL) < 0)
		claim_set_raw(d, row, (enum claim_field)t.field, value);
	return rc < 0 ? rc : lex_next(l, e);
}

static int
apply_clear(struct lexer *l, struct claim_document *d, struct err *e)
{
	struct target t;
	struct claim_row *row = NULL;
	int rc = parse_target(l, true, &t, e);
	if (rc == 0 && d)
		rc = target_row(l, d, &t, &row, e);
	if (rc == 0 && d)
		claim_clear(row, (enum claim_field)t.field);
	return rc;
}

static int
apply_add(struct lexer *l, struct claim_document *d, struct err *e)
{
	struct target t;
	int rc = parse_target(l, false, &t, e);
	if (rc < 0 || !d)
		return rc;
	if (claim_row_count(d, (enum claim_table)t.table) >= ROWS_MAX)
		return token_fail(l, &t.token, e, ERR_LIMIT, "a table may have %u rows here", ROWS_MAX);
	claim_row_add(d, (enum claim_table)t.table);
	return 0;
}

static void
copy_row(struct claim_document *d, const struct target *t, const struct claim_row *row)
{
	struct claim_row *copy = claim_row_add(d, (enum claim_table)t->table);
	memcpy(copy, row, sizeof(*row) + sizeof(union claim_slot) * claim_tables[t->table].count);
	int stt = claim_field_of((enum claim_table)t->table, "STT");
	if (stt >= 0)
		claim_set_number(
		    copy, (enum claim_field)stt, (int64_t)claim_row_count(d, (enum claim_table)t->table));
}

/* copy XML3[1], copy XML3[1] 64 (so many copies) */
static int
apply_copy(struct lexer *l, struct claim_document *d, struct err *e)
{
	struct target t;
	struct claim_row *row = NULL;
	uint32_t times = 1;
	int rc = parse_target(l, false, &t, e);
	if (rc == 0 && l->token.kind == TOKEN_NUMBER) {
		if (!number_of(l->token.text, &times))
			return lex_fail(l, e, ERR_INPUT, "a number from 1 to %u is expected here", ROWS_MAX);
		rc = lex_next(l, e);
	}
	if (rc < 0 || !d)
		return rc;
	if ((rc = target_row(l, d, &t, &row, e)) < 0)
		return rc;
	if (claim_row_count(d, (enum claim_table)t.table) + times > ROWS_MAX)
		return token_fail(l, &t.token, e, ERR_LIMIT, "a table may have %u rows here", ROWS_MAX);
	assert(row);
	while (times--)
		copy_row(d, &t, row);
	return 0;
}

static int
apply_drop(struct lexer *l, struct claim_document *d, struct err *e)
{
	struct target t;
	struct claim_row *row = NULL;
	int rc = parse_target(l, false, &t, e);
	if (rc < 0 || !d)
		return rc;
	struct claim_rows *rows = &d->rows[t.table];
	if (t.row == 0) {
		rows->count = 0;
		return 0;
	}
	if ((rc = target_row(l, d, &t, &row, e)) < 0)
		return rc;
	memmove(&rows->at[t.row - 1], &rows->at[t.row], (rows->count - t.row) * sizeof(*rows->at));
	rows->count--;
	return 0;
}

int
changes_apply(struct lexer *l, struct claim_document *d, struct err *e)
{
	static const struct {
		const char *name;
		int (*apply)(struct lexer *, struct claim_document *, struct err *);
	} kinds[] = { { "set", apply_set }, { "clear", apply_clear }, { "add", apply_add },
		{ "copy", apply_copy }, { "drop", apply_drop } };
	for (;;) {
		size_t i = 0;
		while (i < 5 && !lex_is(l, kinds[i].name))
			i++;
		if (i == 5)
			return 0;
		int rc = lex_next(l, e);
		if (rc == 0)
			rc = kinds[i].apply(l, d, e);
		if (rc < 0)
			return rc;
	}
}

/* ---- base claims and examples ---- */

static const struct rule_change *
base_find(const struct rule_set *set, const char *name)
{
	for (size_t i = 0; i < set->claims; i++)
		if (strcmp(set->claim[i].name, name) == 0)
			return &set->claim[i];
	return NULL;
}

static int
change_begin(const struct rule_change *c, struct arena *a, struct lexer *l, struct err *e)
{
	lex_init(l, a, c->file, c->text);
	l->line = c->line;
	return lex_next(l, e);
}

static int
change_apply(const struct rule_change *c, struct arena *a, struct claim_document *d, struct err *e)
{
	struct lexer l;
	int rc = change_begin(c, a, &l, e);
	return rc < 0 ? rc : changes_apply(&l, d, e);
}

static int
base_apply(
    const struct rule_set *set, const char *name, struct arena *a, struct claim_document *d, struct err *e)
{
	const struct rule_change *base = base_find(set, name);
	if (!base)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no base claim %.60s", name);
	/* a base claim may build on one that stands before it */
	int rc = base->also_count ? base_apply(set, base->also[0], a, d, e) : 0;
	return rc < 0 ? rc : change_apply(base, a, d, e);
}

int
rule_claim_build(
    const struct rule_set *set, const char *name, struct arena *a, struct claim_document **ret, struct err *e)
{
	struct claim_document *d = claim_document_new(a);
	int rc = base_apply(set, name, a, d, e);
	if (rc == 0)
		*ret = d;
	return rc;
}

/* beside NAME changes */
static int
beside_apply(const struct rule_set *set, struct lexer *l, struct rule_facts *facts, struct err *e)
{
	struct slice name;
	struct claim_document *d = NULL;
	uint32_t claim;
	int rc = lex_next(l, e);
	if (rc == 0)
		rc = lex_word(l, &name, e);
	if (rc == 0 && facts)
		rc = rule_claim_build(set, arena_text(l->arena, name), l->arena, &d, e);
	if (rc == 0)
		rc = changes_apply(l, d, e);
	return rc < 0 || !facts ? rc : rule_facts_take(facts, 0, d, &claim, e);
}

int
example_apply(const struct rule_set *set, struct lexer *l, struct claim_document *d, struct rule_facts *facts,
    struct err *e)
{
	int rc = changes_apply(l, d, e);
	while (rc == 0 && lex_is(l, "beside"))
		rc = beside_apply(set, l, facts, e);
	return rc;
}

int
rule_example_catalogs(struct rule_catalog_rows *rows, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < rule_builtin_example_count; i++) {
		const struct rule_builtin_file *f = &rule_builtin_examples[i];
		rc = rule_catalog_rows_read(rows, f->name, slice_from(f->text, f->len), e);
	}
	return rc;
}

size_t
rule_claim_count(const struct rule_set *set)
{
	return set->claims;
}

const char *
rule_claim_name(const struct rule_set *set, size_t i)
{
	assert(i < set->claims);
	return set->claim[i].name;
}

size_t
rule_example_count(const struct rule_set *set, size_t rule)
{
	assert(rule < set->count);
	return set->rule[rule].examples;
}

struct rule_example
rule_example_at(const struct rule_set *set, size_t rule, size_t i)
{
	assert(rule < set->count && i < set->rule[rule].examples);
	const struct rule_change *c = &set->rule[rule].example[i];
	return (struct rule_example){ c->name, c->text.at, c->also, c->also_count };
}

int
rule_example_build(const struct rule_set *set, size_t rule, size_t i, struct arena *a,
    struct rule_facts *facts, struct claim_document **ret, struct err *e)
{
	assert(rule < set->count && i < set->rule[rule].examples);
	const struct rule_change *c = &set->rule[rule].example[i];
	struct claim_document *d;
	struct lexer l;
	int rc = rule_claim_build(set, c->name, a, &d, e);
	if (rc == 0)
		rc = change_begin(c, a, &l, e);
	if (rc == 0)
		rc = example_apply(set, &l, d, facts, e);
	if (rc == 0)
		*ret = d;
	return rc;
}
