/*
 * Expressions: recursive descent, typed as they are read. Fields are written in capitals, everything else in
 * small letters, so that no field can be taken for a word of the language.
 */
#include <stdlib.h>

#include "base/time.h"
#include "claims/rules/internal.h"

static const char *const type_names[] = { "yes/no", "number", "text", "date", "time" };

static struct node *
fail(struct parser *p, enum err_code code, const struct token *t, const char *detail)
{
	token_fail(&p->lex, t, p->e, code, "%s", detail);
	return NULL;
}

static bool
next(struct parser *p)
{
	return lex_next(&p->lex, p->e) == 0;
}

static bool
is(const struct parser *p, const char *text)
{
	return lex_is(&p->lex, text);
}

/* Takes a mark or word that must stand here. */
static bool
take(struct parser *p, const char *text)
{
	if (is(p, text))
		return next(p);
	lex_fail(&p->lex, p->e, ERR_INPUT, "\"%s\" is expected here", text);
	return false;
}

static struct node *
node_new(struct parser *p, enum node_kind kind, enum rule_type type)
{
	if (++p->nodes > RULE_NODES_MAX) {
		lex_fail(&p->lex, p->e, ERR_LIMIT, "the rule has more than %u parts", RULE_NODES_MAX);
		return NULL;
	}
	struct node *n = ARENA_NEW(p->set->arena, struct node);
	n->kind = (uint8_t)kind;
	n->type = (uint8_t)type;
	n->token = p->lex.token;
	n->table = -1;
	n->index = -1;
	n->field = -1;
	return n;
}

static struct node *
want(struct parser *p, struct node *n, enum rule_type type, const char *what)
{
	if (!n || n->type == type)
		return n;
	token_fail(&p->lex, &n->token, p->e, ERR_INPUT, "%s must be a %s, this is a %s", what,
	    type_names[type], type_names[n->type]);
	return NULL;
}

static struct node *
number_node(struct parser *p, __int128 value, unsigned scale)
{
	struct node *n = node_new(p, NODE_NUMBER, RULE_NUMBER);
	if (!n)
		return NULL;
	n->number = value;
	n->scale = (uint8_t)scale;
	return n;
}

static __int128
power_of_ten(unsigned n)
{
	__int128 power = 1;
	while (n--)
		power *= 10;
	return power;
}

struct node *
node_to_scale(struct parser *p, struct node *a, unsigned scale)
{
	if (!a || a->scale == scale)
		return a;
	assert(scale > a->scale);
	if (scale > RULE_SCALE_MAX)
		return fail(p, ERR_LIMIT, &a->token, "too many decimals: put round(…, n) around the parts");
	struct node *n = node_new(p, NODE_SCALE, RULE_NUMBER);
	if (!n)
		return NULL;
	n->token = a->token;
	n->a = a;
	n->number = power_of_ten(scale - a->scale);
	n->scale = (uint8_t)scale;
	return n;
}

/* ---- fields ---- */

static enum rule_type
field_type(enum claim_field f)
{
	switch (claim_fields[f].type) {
	case CLAIM_INT:
	case CLAIM_DECIMAL:
		return RULE_NUMBER;
	case CLAIM_DATE8:
		return RULE_DATE;
	case CLAIM_DATE12:
	case CLAIM_DATE:
		return RULE_TIME;
	default:
		return RULE_TEXT;
	}
}

static struct node *
field_node(struct parser *p, unsigned frame, int table)
{
	struct slice name = p->lex.token.text;
	int f = p->lex.token.kind == TOKEN_FIELD ? claim_field_find((enum claim_table)table, name) : -1;
	if (f < 0) {
		lex_fail(&p->lex, p->e, ERR_INPUT, "table %s has no field %.*s", claim_tables[table].name,
		    SLICE_ARG(name));
		return NULL;
	}
	struct node *n = node_new(p, NODE_FIELD, field_type((enum claim_field)f));
	if (!n || !next(p))
		return NULL;
	n->frame = (uint8_t)frame;
	n->field = (int16_t)f;
	n->scale = claim_fields[f].type == CLAIM_DECIMAL ? claim_fields[f].scale : 0;
	return n;
}

/* The innermost scope over a table, or the rule's own row. */
static int
row_scope(const struct parser *p)
{
	for (unsigned i = p->scopes; i-- > 0;)
		if (p->scope[i].table >= 0)
			return (int)i;
	return -1;
}

/* TABLE.FIELD of a table with a single row. */
static struct node *
parse_head(struct parser *p, int table)
{
	if (claim_tables[table].list) {
		lex_fail(&p->lex, p->e, ERR_INPUT,
		    "%s has several rows: use any(%s where …), count, sum, min or max",
		    claim_tables[table].name, claim_tables[table].name);
		return NULL;
	}
	if (!next(p) || !take(p, "."))
		return NULL;
	return field_node(p, RULE_HEAD + (unsigned)table, table);
}

static struct node *
parse_field(struct parser *p)
{
	int table = claim_table_find(p->lex.token.text), scope = row_scope(p);
	if (table >= 0)
		return parse_head(p, table);
	if (scope < 0) {
		lex_fail(&p->lex, p->e, ERR_INPUT, "a rule on the claim has no row: write XML1.%.*s",
		    SLICE_ARG(p->lex.token.text));
		return NULL;
	}
	return field_node(p, (unsigned)scope, p->scope[scope].table);
}

/* ---- any, all, count, sum, min, max ---- */

static bool
scope_push(struct parser *p, int table, struct slice name)
{
	if (p->scopes == RULE_FRAMES) {
		lex_fail(&p->lex, p->e, ERR_LIMIT, "more than %u loops inside one another", RULE_LOOPS_MAX);
		return false;
	}
	p->scope[p->scopes++] = (struct scope){ table, name };
	return true;
}

/* Is n free of what changes in the loop of this frame? */
static bool
is_outside(struct parser *p, const struct node *n, unsigned frame)
{
	if (!n)
		return true;
	if (++p->work > 10 * RULE_NODES_MAX)
		return false;
	bool own = (n->kind == NODE_FIELD || n->kind == NODE_ITEM || n->kind == NODE_POSITION ||
		       n->kind == NODE_MALFORMED) &&
		   n->frame == frame;
	if (own || n->kind == NODE_LOOP)
		return false;
	for (size_t i = 0; i < n->keys; i++)
		if (!is_outside(p, n->key[i], frame))
			return false;
	return is_outside(p, n->a, frame) && is_outside(p, n->b, frame) && is_outside(p, n->c, frame) &&
	       is_outside(p, n->date, frame);
}

static int
index_of(struct parser *p, int field)
{
	struct rule_set *set = p->set;
	for (size_t i = 0; i < set->indexes; i++)
		if (set->index[i] == field)
			return (int)i;
	if (set->indexes == RULE_INDEXES_MAX)
		return -1;
	set->index[set->indexes] = (uint16_t)field;
	return (int)set->indexes++;
}

/* Looks for "own field = something from outside" in the filter: rows are then found by hash, not one by one.
 */
static bool
find_key(struct parser *p, struct node *loop, struct node *n)
{
	if (n->kind == NODE_AND)
		return find_key(p, loop, n->a) || find_key(p, loop, n->b);
	if (n->kind != NODE_COMPARE || n->compare != COMPARE_EQ || n->a->type == RULE_BOOL)
		return false;
	for (int side = 0; side < 2; side++) {
		struct node *own = side ? n->b : n->a, *other = side ? n->a : n->b;
		if (own->kind != NODE_FIELD || own->frame != loop->frame ||
		    !is_outside(p, other, loop->frame))
			continue;
		int index = index_of(p, own->field);
		if (index < 0)
			return false;
		loop->index = (int16_t)index;
		loop->a = other;
		return true;
	}
	return false;
}

static struct node *
parse_where(struct parser *p)
{
	if (!next(p))
		return NULL;
	return want(p, parse_expression(p), RULE_BOOL, "what follows \"where\"");
}

/* What follows the rows: [where …] [: …] */
static bool
parse_loop_rest(struct parser *p, struct node *n)
{
	if (is(p, "where") && !(n->b = parse_where(p)))
		return false;
	bool needs_value = n->loop != LOOP_ANY && n->loop != LOOP_COUNT;
	if (needs_value != is(p, ":")) {
		lex_fail(&p->lex, p->e, ERR_INPUT,
		    needs_value ? "a \":\" and an expression are expected here" : "no \":\" belongs here");
		return false;
	}
	if (!needs_value)
		return true;
	if (!next(p) || !(n->c = parse_expression(p)))
		return false;
	if (n->loop == LOOP_ALL)
		return want(p, n->c, RULE_BOOL, "what follows \":\" in all(…)") != NULL;
	bool ordered = n->c->type == RULE_NUMBER ||
		       (n->loop != LOOP_SUM && (n->c->type == RULE_DATE || n->c->type == RULE_TIME));
	if (!ordered)
		return fail(p, ERR_INPUT, &n->c->token, "this cannot be summed up or compared") != NULL;
	n->type = n->c->type;
	n->scale = n->c->scale;
	return true;
}

static bool
parse_loop_table(struct parser *p, struct node *n)
{
	struct slice alias = SLICE("");
	n->table = (int8_t)claim_table_find(p->lex.token.text);
	if (p->lex.token.kind != TOKEN_FIELD || n->table < 0) {
		lex_fail(
		    &p->lex, p->e, ERR_INPUT, "a table (XML1 … XML15) or \"name of list\" is expected here");
		return false;
	}
	int origin = n->rows == LOOP_EVERY ? 0 : -1;
	for (unsigned i = 0; i < p->scopes; i++)
		if (n->rows != LOOP_EVERY && p->scope[i].table == n->table)
			origin = (int)i;
	if (origin < 0) {
		lex_fail(&p->lex, p->e, ERR_INPUT,
		    "\"earlier\" and \"other\" need a row of the same table around them");
		return false;
	}
	n->origin = (uint8_t)origin;
	if (!next(p))
		return false;
	if (p->lex.token.kind == TOKEN_NAME && !is(p, "where")) {
		alias = p->lex.token.text;
		if (!next(p))
			return false;
	}
	return scope_push(p, n->table, alias);
}

static bool
parse_loop_list(struct parser *p, struct node *n)
{
	struct slice name = p->lex.token.text;
	if (!next(p) || !take(p, "of"))
		return false;
	n->a = want(p, parse_expression(p), RULE_TEXT, "the list");
	return n->a && scope_push(p, -1, name);
}

static struct node *
parse_loop(struct parser *p, enum loop_kind kind)
{
	enum rule_type type = kind <= LOOP_ALL ? RULE_BOOL : RULE_NUMBER;
	struct node *n = node_new(p, NODE_LOOP, type);
	unsigned outer = p->scopes;
	if (!n || !next(p) || !take(p, "("))
		return NULL;
	n->loop = (uint8_t)kind;
	n->frame = (uint8_t)(outer ? outer : 1);
	if (outer == 0 && !scope_push(p, -1, SLICE(""))) /* a rule on the claim: frame 0 stays empty */
		return NULL;
	n->rows = is(p, "earlier") ? LOOP_EARLIER : is(p, "other") ? LOOP_OTHER : LOOP_EVERY;
	if (n->rows != LOOP_EVERY && !next(p))
		return NULL;
	bool list = n->rows == LOOP_EVERY && p->lex.token.kind == TOKEN_NAME;
	bool good = list ? parse_loop_list(p, n) : parse_loop_table(p, n);
	good = good && parse_loop_rest(p, n);
	p->scopes = outer;
	if (!good || !take(p, ")"))
		return NULL;
	if (!list && n->b)
		find_key(p, n, n->b);
	return n;
}

/* ---- catalogues and parameters ---- */

static bool
is_moment(const struct node *n)
{
	return n->type == RULE_DATE || n->type == RULE_TIME;
}

static struct node *
call_node(struct parser *p, enum call call, enum rule_type type, struct node *a)
{
	struct node *n = node_new(p, NODE_CALL, type);
	if (!n)
		return NULL;
	n->call = (uint8_t)call;
	n->a = a;
	n->token = a->token;
	return n;
}

static struct node *
date_of(struct parser *p, struct node *n)
{
	return n && n->type == RULE_TIME ? call_node(p, CALL_DATE, RULE_DATE, n) : n;
}

static struct node *
parse_keys(struct parser *p, struct node *n)
{
	const struct rule_catalog_info *c = &rule_catalogs[n->catalog];
	if (!next(p) || !take(p, "("))
		return NULL;
	for (unsigned i = 0; i < c->keys; i++) {
		if (i && !take(p, ","))
			return NULL;
		n->key[i] = want(p, parse_expression(p), RULE_TEXT, "the key of a catalogue");
		if (!n->key[i])
			return NULL;
		n->keys++;
	}
	if (is(p, ",")) {
		if (!next(p) || !(n->date = parse_expression(p)))
			return NULL;
		if (!is_moment(n->date))
			return fail(
			    p, ERR_INPUT, &n->date->token, "the last argument of a catalogue is a date");
		if (!(n->date = date_of(p, n->date)))
			return NULL;
	}
	return take(p, ")") ? n : NULL;
}

static struct node *
parse_catalog(struct parser *p, int catalog, bool exists)
{
	struct node *n = node_new(p, NODE_CATALOG, RULE_BOOL);
	if (!n)
		return NULL;
	n->catalog = (uint8_t)catalog;
	n->attribute = RULE_CATALOG_EXISTS;
	p->catalogs |= UINT64_C(1) << catalog;
	if (!parse_keys(p, n) || exists)
		return n->keys == rule_catalogs[catalog].keys ? n : NULL;
	if (!take(p, "."))
		return NULL;
	int attribute = rule_attribute_find((unsigned)catalog, p->lex.token.text);
	if (attribute < 0) {
		lex_fail(&p->lex, p->e, ERR_INPUT, "catalogue %s has no attribute %.*s",
		    rule_catalogs[catalog].name, SLICE_ARG(p->lex.token.text));
		return NULL;
	}
	n->attribute = (int16_t)attribute;
	n->type = rule_catalogs[catalog].attribute[attribute].type;
	n->scale = rule_catalogs[catalog].attribute[attribute].scale;
	return next(p) ? n : NULL;
}

static struct node *
parse_exists(struct parser *p)
{
	if (!next(p) || !take(p, "("))
		return NULL;
	int catalog = rule_catalog_find(p->lex.token.text);
	if (catalog < 0) {
		lex_fail(
		    &p->lex, p->e, ERR_INPUT, "there is no catalogue %.*s", SLICE_ARG(p->lex.token.text));
		return NULL;
	}
	struct node *n = parse_catalog(p, catalog, true);
	return n && take(p, ")") ? n : NULL;
}

/* param("base_salary", NGAY_VAO): a row of the catalogue "parameter", whose key must be known when loading.
 */
static struct node *
parse_param(struct parser *p)
{
	struct node *n = node_new(p, NODE_CATALOG, RULE_NUMBER);
	int catalog = rule_catalog_find(SLICE("parameter"));
	if (!n || catalog < 0)
		return NULL;
	n->catalog = (uint8_t)catalog;
	n->attribute = (int16_t)rule_attribute_find((unsigned)catalog, SLICE("value"));
	n->scale = rule_catalogs[catalog].attribute[n->attribute].scale;
	p->catalogs |= UINT64_C(1) << catalog;
	if (!parse_keys(p, n))
		return NULL;
	struct rule_value ignored;
	bool known =
	    n->key[0]->kind == NODE_TEXT && rule_catalog_builtin.get(NULL, (unsigned)catalog,
						&n->key[0]->text, 0, RULE_CATALOG_EXISTS, &ignored) == 1;
	return known ? n : fail(p, ERR_INPUT, &n->key[0]->token, "there is no parameter of this name");
}

/* ---- functions ---- */

static const struct call_info *
call_find(struct slice name)
{
	for (size_t i = 0; i < rule_call_count; i++)
		if (is_slice(name, rule_calls[i].name))
			return &rule_calls[i];
	return NULL;
}

static bool
argument_fits(const struct node *n, char want_type)
{
	switch (want_type) {
	case 't':
		return n->type == RULE_TEXT;
	case 'n':
		return n->type == RULE_NUMBER;
	case 'i':
		return n->type == RULE_NUMBER && n->scale == 0;
	case 'c':
		return n->type == RULE_NUMBER && n->scale == 0 && n->kind == NODE_NUMBER && n->number <= 12;
	case 'd':
		return is_moment(n);
	default:
		return n->type == RULE_TIME;
	}
}

static const char *
argument_name(char want_type)
{
	static const struct {
		char type;
		const char *name;
	} names[] = { { 't', "a text" }, { 'n', "a number" }, { 'i', "a whole number" },
		{ 'c', "a constant from 0 to 12" }, { 'd', "a date or time" }, { 'm', "a time" } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == want_type)
			return names[i].name;
	return "something else";
}

static bool
parse_arguments(struct parser *p, const struct call_info *c, struct node *n)
{
	struct node **argument[] = { &n->a, &n->b, &n->c };
	if (!next(p) || !take(p, "("))
		return false;
	for (size_t i = 0; c->arguments[i]; i++) {
		if (i && !take(p, ","))
			return false;
		struct node *x = parse_expression(p);
		if (!x)
			return false;
		if (!argument_fits(x, c->arguments[i])) {
			token_fail(&p->lex, &x->token, p->e, ERR_INPUT,
			    "argument %zu of %s must be %s, this is a %s", i + 1, c->name,
			    argument_name(c->arguments[i]), type_names[x->type]);
			return false;
		}
		*argument[i] = x;
	}
	return take(p, ")");
}

static bool
same_scale(struct parser *p, struct node **a, struct node **b)
{
	unsigned scale = (*a)->scale > (*b)->scale ? (*a)->scale : (*b)->scale;
	*a = node_to_scale(p, *a, scale);
	*b = node_to_scale(p, *b, scale);
	return *a && *b;
}

/* Decimals of the result of calls on numbers; constants become n->number. */
static bool
settle_numbers(struct parser *p, struct node *n)
{
	switch (n->call) {
	case CALL_ABS:
		n->scale = n->a->scale;
		return true;
	case CALL_ROUND: /* n->number: decimals to drop */
		n->scale = (uint8_t)n->b->number;
		n->number = n->a->scale > n->scale ? n->a->scale - n->scale : 0;
		if (n->a->scale < n->scale)
			n->a = node_to_scale(p, n->a, n->scale);
		n->b = NULL;
		return n->a != NULL;
	case CALL_DIV: /* n->number: power of ten for the numerator */
		n->scale = (uint8_t)n->c->number;
		if (n->scale + n->b->scale < n->a->scale)
			return fail(p, ERR_INPUT, &n->token,
			    "div keeps fewer decimals than the dividend has: round it first");
		n->number = n->scale + n->b->scale - n->a->scale;
		n->c = NULL;
		return true;
	case CALL_LEAST:
	case CALL_GREATEST:
		if (!same_scale(p, &n->a, &n->b))
			return false;
		n->scale = n->a->scale;
		return true;
	case CALL_NUMBER:
		n->scale = (uint8_t)n->b->number;
		n->number = n->b->number;
		n->b = NULL;
		return true;
	default:
		return true;
	}
}

static bool
settle_pattern(struct parser *p, struct node *n)
{
	struct err why = { 0 };
	if (n->call != CALL_MATCHES)
		return true;
	if (n->b->kind != NODE_TEXT)
		return fail(p, ERR_INPUT, &n->b->token, "a pattern must be written out here") != NULL;
	int rc = pattern_compile(p->set->arena, n->b->text, &n->pattern, &why);
	if (rc < 0)
		return fail(p, (enum err_code)rc, &n->b->token, why.detail) != NULL;
	n->b = NULL;
	return true;
}

/* date(…) and time(…) take a text or a moment. */
static struct node *
parse_conversion(struct parser *p)
{
	bool to_time = is(p, "time");
	struct token at = p->lex.token;
	if (!next(p) || !take(p, "("))
		return NULL;
	struct node *x = parse_expression(p);
	if (!x || !take(p, ")"))
		return NULL;
	if (x->type == RULE_TEXT)
		return call_node(
		    p, to_time ? CALL_TIME_OF_TEXT : CALL_DATE_OF_TEXT, to_time ? RULE_TIME : RULE_DATE, x);
	if (!to_time && is_moment(x))
		return date_of(p, x);
	return fail(p, ERR_INPUT, &at, to_time ? "time takes a text" : "date takes a text, a date or a time");
}

static struct node *
parse_call(struct parser *p, const struct call_info *c)
{
	struct node *n = node_new(p, NODE_CALL, (enum rule_type)c->result);
	if (!n || !parse_arguments(p, c, n))
		return NULL;
	n->call = c->call;
	n->scale = c->scale;
	if (!settle_numbers(p, n) || !settle_pattern(p, n))
		return NULL;
	if (c->call == CALL_ADD_DAYS)
		n->type = n->a->type;
	return n;
}

static bool
same_type(struct parser *p, struct node **a, struct node **b)
{
	if (is_moment(*a) && is_moment(*b) && (*a)->type != (*b)->type) {
		/* a date against a time: by the day */
		*a = date_of(p, *a);
		*b = date_of(p, *b);
		return *a && *b;
	}
	if ((*a)->type != (*b)->type) {
		token_fail(&p->lex, &(*b)->token, p->e, ERR_INPUT, "a %s cannot be set against a %s",
		    type_names[(*a)->type], type_names[(*b)->type]);
		return false;
	}
	return (*a)->type != RULE_NUMBER || same_scale(p, a, b);
}

static struct node *
parse_if(struct parser *p)
{
	struct node *n = node_new(p, NODE_IF, RULE_BOOL);
	if (!n || !next(p) || !take(p, "(") ||
	    !(n->a = want(p, parse_expression(p), RULE_BOOL, "the condition")) || !take(p, ",") ||
	    !(n->b = parse_expression(p)) || !take(p, ",") || !(n->c = parse_expression(p)) ||
	    !take(p, ")") || !same_type(p, &n->b, &n->c))
		return NULL;
	n->type = n->b->type;
	n->scale = n->b->scale;
	return n;
}

/* ---- names ---- */

static struct node *
simple_node(struct parser *p, enum node_kind kind, enum rule_type type, bool value)
{
	struct node *n = node_new(p, kind, type);
	if (!n || !next(p))
		return NULL;
	n->number = value;
	return n;
}

static struct node *
parse_position(struct parser *p)
{
	int scope = row_scope(p);
	if (scope < 0)
		return fail(p, ERR_INPUT, &p->lex.token, "there is no row here");
	struct node *n = simple_node(p, NODE_POSITION, RULE_NUMBER, false);
	if (n)
		n->frame = (uint8_t)scope;
	return n;
}

/* A name given to a loop: its item, or NAME.FIELD of its row; "row" is the rule's own row. */
static struct node *
parse_scope_name(struct parser *p, unsigned scope)
{
	if (p->scope[scope].table < 0) {
		struct node *n = simple_node(p, NODE_ITEM, RULE_TEXT, false);
		if (n)
			n->frame = (uint8_t)scope;
		return n;
	}
	if (!next(p) || !take(p, "."))
		return NULL;
	if (is(p, "position")) {
		struct node *n = simple_node(p, NODE_POSITION, RULE_NUMBER, false);
		if (n)
			n->frame = (uint8_t)scope;
		return n;
	}
	return field_node(p, scope, p->scope[scope].table);
}

static int
scope_find(const struct parser *p, struct slice name)
{
	if (is_slice(name, "row") && p->scopes && p->scope[0].table >= 0)
		return 0;
	for (unsigned i = p->scopes; i-- > 0;)
		if (p->scope[i].name.len && slice_eq(name, p->scope[i].name))
			return (int)i;
	return -1;
}

/* A definition is read again where it is used, so that it means what it says there. */
static struct node *
parse_definition(struct parser *p, const struct definition *d)
{
	struct lexer here = p->lex;
	if (p->definitions == 8)
		return fail(p, ERR_LIMIT, &p->lex.token, "definitions use one another too deeply");
	p->definitions++;
	lex_init(&p->lex, p->set->arena, d->file, d->source);
	p->lex.at = d->at;
	p->lex.line = d->line;
	p->lex.column = d->column;
	struct node *n = next(p) ? parse_expression(p) : NULL;
	bool ends = p->lex.token.kind == TOKEN_END || is(p, "rule") || is(p, "define") || is(p, "claim");
	if (n && !ends)
		n = fail(p, ERR_INPUT, &p->lex.token, "the definition should end here");
	p->definitions--;
	p->lex = here;
	return n && next(p) ? n : NULL;
}

static int
loop_kind(struct slice name)
{
	static const char *const names[] = { "any", "all", "count", "sum", "min", "max" };
	for (int i = 0; i < 6; i++)
		if (is_slice(name, names[i]))
			return i;
	return -1;
}

static struct node *
parse_fixed_name(struct parser *p, bool *ret_found)
{
	*ret_found = true;
	if (is(p, "true") || is(p, "false"))
		return simple_node(p, NODE_BOOL, RULE_BOOL, is(p, "true"));
	if (is(p, "today"))
		return simple_node(p, NODE_TODAY, RULE_DATE, false);
	if (is(p, "now"))
		return simple_node(p, NODE_NOW, RULE_TIME, false);
	if (is(p, "position"))
		return parse_position(p);
	if (is(p, "exists"))
		return parse_exists(p);
	if (is(p, "param"))
		return parse_param(p);
	if (is(p, "if"))
		return parse_if(p);
	if (is(p, "date") || is(p, "time"))
		return parse_conversion(p);
	*ret_found = false;
	return NULL;
}

static struct node *
parse_name(struct parser *p)
{
	struct slice name = p->lex.token.text;
	bool found;
	int scope = scope_find(p, name), loop = loop_kind(name), catalog = rule_catalog_find(name);
	if (scope >= 0)
		return parse_scope_name(p, (unsigned)scope);
	if (loop >= 0)
		return parse_loop(p, (enum loop_kind)loop);
	struct node *fixed = parse_fixed_name(p, &found);
	if (found)
		return fixed;
	const struct call_info *call = call_find(name);
	if (call)
		return parse_call(p, call);
	if (catalog >= 0)
		return parse_catalog(p, catalog, false);
	const struct definition *d = map_get(p->set->definition, name);
	if (d)
		return parse_definition(p, d);
	lex_fail(&p->lex, p->e, ERR_INPUT,
	    "there is no function, catalogue, parameter or definition called %.*s", SLICE_ARG(name));
	return NULL;
}

/* ---- constants ---- */

static struct node *
parse_number(struct parser *p)
{
	struct slice s = p->lex.token.text;
	size_t dot = slice_find(s, '.');
	unsigned decimals = dot < s.len ? (unsigned)(s.len - dot - 1) : 0;
	__int128 value = 0;
	if (s.len > 18 || decimals > 6) {
		lex_fail(&p->lex, p->e, ERR_LIMIT, "a number may have 18 digits, 6 of them after the point");
		return NULL;
	}
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '.')
			value = value * 10 + (s.at[i] - '0');
	struct node *n = number_node(p, value, decimals);
	return n && next(p) ? n : NULL;
}

static struct node *
parse_date_constant(struct parser *p)
{
	int32_t days;
	struct node *n = node_new(p, NODE_NUMBER, RULE_DATE);
	struct slice s = p->lex.token.text;
	if (!n)
		return NULL;
	if (date_parse_iso(s, &days, NULL) < 0)
		return fail(p, ERR_INPUT, &p->lex.token, "there is no such date");
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '-')
			n->number = n->number * 10 + (s.at[i] - '0');
	return next(p) ? n : NULL;
}

static struct node *
parse_text(struct parser *p)
{
	struct node *n = node_new(p, NODE_TEXT, RULE_TEXT);
	if (!n)
		return NULL;
	n->text = p->lex.token.text;
	if (n->text.len == 0)
		return fail(
		    p, ERR_INPUT, &n->token, "an empty text is a missing value: write \"… is missing\"");
	return next(p) ? n : NULL;
}

static struct node *
parse_primary(struct parser *p)
{
	switch (p->lex.token.kind) {
	case TOKEN_FIELD:
		return parse_field(p);
	case TOKEN_NAME:
		return parse_name(p);
	case TOKEN_NUMBER:
		return parse_number(p);
	case TOKEN_DATE:
		return parse_date_constant(p);
	case TOKEN_TEXT:
		return parse_text(p);
	default:
		break;
	}
	if (!is(p, "(")) {
		fail(p, ERR_INPUT, &p->lex.token, "a value is expected here");
		return NULL;
	}
	struct node *n = next(p) ? parse_expression(p) : NULL;
	return n && take(p, ")") ? n : NULL;
}

/* ---- operators ---- */

static struct node *
binary(struct parser *p, enum node_kind kind, enum rule_type type, struct node *a, struct node *b,
    struct token at)
{
	struct node *n = a && b ? node_new(p, kind, type) : NULL;
	if (!n)
		return NULL;
	n->a = a;
	n->b = b;
	n->token = at;
	return n;
}

/* a / 100 moves the point; other divisions are div(a, b, decimals). */
static struct node *
divide(struct parser *p, struct node *a, struct node *b, struct token at)
{
	unsigned zeros = 0;
	__int128 power = 1;
	while (power < b->number && zeros < 6) {
		power *= 10;
		zeros++;
	}
	if (b->kind != NODE_NUMBER || b->scale || power != b->number)
		return fail(
		    p, ERR_INPUT, &at, "only 10, 100, 1000 … may follow \"/\": write div(a, b, decimals)");
	if (a->scale + zeros > RULE_SCALE_MAX)
		return fail(p, ERR_LIMIT, &at, "too many decimals: put round(…, n) around the parts");
	struct node *n = binary(p, NODE_SCALE, RULE_NUMBER, a, b, at);
	if (!n)
		return NULL;
	n->b = NULL;
	n->number = 1;
	n->scale = (uint8_t)(a->scale + zeros);
	return n;
}

static struct node *
parse_factor(struct parser *p)
{
	if (!is(p, "-"))
		return parse_primary(p);
	struct token at = p->lex.token;
	struct node *zero = number_node(p, 0, 0), *a = next(p) ? parse_primary(p) : NULL;
	if (!zero || !want(p, a, RULE_NUMBER, "what follows \"-\"") || !same_scale(p, &zero, &a))
		return NULL;
	struct node *n = binary(p, NODE_SUB, RULE_NUMBER, zero, a, at);
	if (n)
		n->scale = a->scale;
	return n;
}

static struct node *
parse_product(struct parser *p)
{
	struct node *a = parse_factor(p);
	while (a && (is(p, "*") || is(p, "/"))) {
		struct token at = p->lex.token;
		bool times = is(p, "*");
		struct node *b = next(p) ? parse_factor(p) : NULL;
		if (!want(p, a, RULE_NUMBER, "a factor") || !want(p, b, RULE_NUMBER, "a factor"))
			return NULL;
		if (!times) {
			a = divide(p, a, b, at);
			continue;
		}
		unsigned scale = (unsigned)a->scale + b->scale;
		if (scale > RULE_SCALE_MAX)
			return fail(p, ERR_LIMIT, &at, "too many decimals: put round(…, n) around the parts");
		a = binary(p, NODE_MUL, RULE_NUMBER, a, b, at);
		if (a)
			a->scale = (uint8_t)scale;
	}
	return a;
}

static struct node *
parse_sum(struct parser *p)
{
	struct node *a = parse_product(p);
	while (a && (is(p, "+") || is(p, "-"))) {
		struct token at = p->lex.token;
		enum node_kind kind = is(p, "+") ? NODE_ADD : NODE_SUB;
		struct node *b = next(p) ? parse_product(p) : NULL;
		if (!want(p, a, RULE_NUMBER, "a term") || !want(p, b, RULE_NUMBER, "a term") ||
		    !same_scale(p, &a, &b))
			return NULL;
		unsigned scale = a->scale;
		a = binary(p, kind, RULE_NUMBER, a, b, at);
		if (a)
			a->scale = (uint8_t)scale;
	}
	return a;
}

static struct node *
negate(struct parser *p, struct node *a)
{
	struct node *n = a ? node_new(p, NODE_NOT, RULE_BOOL) : NULL;
	if (n)
		n->a = a;
	return n;
}

static struct node *
compare(struct parser *p, enum compare how, struct node *a, struct node *b, struct token at)
{
	if (!a || !b || !same_type(p, &a, &b))
		return NULL;
	if (a->type == RULE_BOOL && how > COMPARE_NE)
		return fail(p, ERR_INPUT, &at, "a yes/no has no order");
	struct node *n = binary(p, NODE_COMPARE, RULE_BOOL, a, b, at);
	if (n)
		n->compare = (uint8_t)how;
	return n;
}

static int
compare_text(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static int
compare_number(const void *a, const void *b)
{
	__int128 x = *(const __int128 *)a, y = *(const __int128 *)b;
	return x < y ? -1 : x > y;
}

/* One constant of "in (…)" as a member of the set. */
static bool
add_member(struct parser *p, struct node *n, struct value_set *set, struct node *of, size_t *text_capacity,
    size_t *number_capacity)
{
	struct arena *arena = p->set->arena;
	bool constant = n->kind == NODE_TEXT || n->kind == NODE_NUMBER;
	if (!constant || n->type != of->type || (n->type == RULE_NUMBER && n->scale > of->scale))
		return fail(p, ERR_INPUT, &n->token,
			   "the values in ( ) must be constants of the same type") != NULL;
	if (set->count == RULE_SET_VALUES_MAX) {
		lex_fail(&p->lex, p->e, ERR_LIMIT, "more than %u values in ( )", RULE_SET_VALUES_MAX);
		return false;
	}
	if (n->type == RULE_TEXT)
		*ARENA_PUSH(arena, set->text, set->count, *text_capacity) = n->text;
	else
		*ARENA_PUSH(arena, set->number, set->count, *number_capacity) =
		    n->number * power_of_ten((unsigned)(of->scale - n->scale));
	return true;
}

static struct node *
parse_in(struct parser *p, struct node *a, struct token at)
{
	struct value_set *set = ARENA_NEW(p->set->arena, struct value_set);
	size_t texts = 0, numbers = 0;
	if (a->type == RULE_BOOL)
		return fail(p, ERR_INPUT, &at, "\"in\" needs a text, number or date before it");
	set->type = a->type;
	if (!next(p) || !take(p, "("))
		return NULL;
	do {
		struct node *n = parse_primary(p);
		if (!n || !add_member(p, n, set, a, &texts, &numbers))
			return NULL;
	} while (is(p, ",") && next(p));
	if (!take(p, ")"))
		return NULL;
	if (a->type == RULE_TEXT)
		qsort(set->text, set->count, sizeof(*set->text), compare_text);
	else
		qsort(set->number, set->count, sizeof(*set->number), compare_number);
	struct node *n = node_new(p, NODE_IN, RULE_BOOL);
	if (!n)
		return NULL;
	n->a = a;
	n->set = set;
	n->token = at;
	return n;
}

static struct node *
parse_between(struct parser *p, struct node *a, struct token at)
{
	struct node *low = next(p) ? parse_sum(p) : NULL;
	if (!low || !take(p, "and"))
		return NULL;
	struct node *high = parse_sum(p);
	struct node *from = compare(p, COMPARE_GE, a, low, at), *to = compare(p, COMPARE_LE, a, high, at);
	return binary(p, NODE_AND, RULE_BOOL, from, to, at);
}

static struct node *
parse_is(struct parser *p, struct node *a)
{
	struct node *n = node_new(p, NODE_MISSING, RULE_BOOL);
	if (!n || !next(p))
		return NULL;
	n->a = a;
	if (is(p, "missing"))
		return next(p) ? n : NULL;
	if (is(p, "present"))
		return next(p) ? negate(p, n) : NULL;
	if (!is(p, "malformed"))
		return fail(p, ERR_INPUT, &p->lex.token,
		    "\"missing\", \"present\" or \"malformed\" is expected here");
	if (a->kind != NODE_FIELD)
		return fail(p, ERR_INPUT, &a->token, "only a field can be malformed");
	n->kind = NODE_MALFORMED;
	n->frame = a->frame;
	n->field = a->field;
	return next(p) ? n : NULL;
}

static struct node *
parse_relation(struct parser *p)
{
	static const char *const marks[] = { "=", "<>", "<", "<=", ">", ">=" };
	struct node *a = parse_sum(p);
	struct token at = p->lex.token;
	if (!a)
		return NULL;
	for (unsigned i = 0; i < 6; i++)
		if (is(p, marks[i]))
			return next(p) ? compare(p, (enum compare)i, a, parse_sum(p), at) : NULL;
	if (is(p, "is"))
		return parse_is(p, a);
	if (is(p, "between"))
		return parse_between(p, a, at);
	bool negated = is(p, "not");
	if (negated && !next(p))
		return NULL;
	if (is(p, "in")) {
		struct node *n = parse_in(p, a, at);
		struct node *present = n && negated ? node_new(p, NODE_MISSING, RULE_BOOL) : NULL;
		if (!negated)
			return n;
		if (!present)
			return NULL;
		present->a = a; /* "not in" is false for a missing value, like every comparison */
		return binary(p, NODE_AND, RULE_BOOL, negate(p, present), negate(p, n), at);
	}
	return negated ? fail(p, ERR_INPUT, &p->lex.token, "\"in\" is expected after \"not\" here") : a;
}

static struct node *
parse_not(struct parser *p)
{
	if (!is(p, "not"))
		return parse_relation(p);
	if (p->depth++ == RULE_DEPTH_MAX)
		return fail(p, ERR_LIMIT, &p->lex.token, "the expression is nested too deeply");
	struct node *a = next(p) ? parse_not(p) : NULL;
	p->depth--;
	return negate(p, want(p, a, RULE_BOOL, "what follows \"not\""));
}

static struct node *
parse_and(struct parser *p)
{
	struct node *a = parse_not(p);
	while (a && is(p, "and")) {
		struct token at = p->lex.token;
		struct node *b = next(p) ? parse_not(p) : NULL;
		if (!want(p, a, RULE_BOOL, "what stands before \"and\"") ||
		    !want(p, b, RULE_BOOL, "what follows \"and\""))
			return NULL;
		a = binary(p, NODE_AND, RULE_BOOL, a, b, at);
	}
	return a;
}

struct node *
parse_expression(struct parser *p)
{
	if (p->depth++ == RULE_DEPTH_MAX)
		return fail(p, ERR_LIMIT, &p->lex.token, "the expression is nested too deeply");
	struct node *a = parse_and(p);
	while (a && is(p, "or")) {
		struct token at = p->lex.token;
		struct node *b = next(p) ? parse_and(p) : NULL;
		if (!want(p, a, RULE_BOOL, "what stands before \"or\"") ||
		    !want(p, b, RULE_BOOL, "what follows \"or\""))
			return NULL;
		a = binary(p, NODE_OR, RULE_BOOL, a, b, at);
	}
	p->depth--;
	return a;
}
