/*
 * Expressions: recursive descent, typed as they are read. Fields are written in capitals, everything else in
 * small letters, so that no field can be taken for a word of the language.
 */
#include <stdlib.h>

#include "base/time.h"
#include "claims/rules/expr.h"

/* ---- names ---- */

static struct node *
simple_node(struct parser *p, enum node_kind kind, enum rule_type type, bool value)
{
	struct node *n = node_new(p, kind, type);
	if (!n || !parse_next(p))
		return NULL;
	n->number = value;
	return n;
}

static struct node *
parse_position(struct parser *p)
{
	int scope = row_scope(p);
	if (scope < 0)
		return parse_fail(p, ERR_INPUT, &p->lex.token, "there is no row here");
	struct node *n = simple_node(p, NODE_POSITION, RULE_NUMBER, false);
	if (n)
		n->frame = (uint8_t)scope;
	return n;
}

/* A name given to a loop: its item, or NAME.FIELD of its row; "row" is the rule's own row. */
static struct node *
parse_scope_name(struct parser *p, unsigned scope)
{
	if (p->scope[scope].facts)
		return parse_fact(p, scope);
	if (p->scope[scope].table < 0) {
		struct node *n = simple_node(p, NODE_ITEM, RULE_TEXT, false);
		if (n)
			n->frame = (uint8_t)scope;
		return n;
	}
	if (!parse_next(p) || !parse_take(p, "."))
		return NULL;
	if (parse_at(p, "position")) {
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
		return parse_fail(p, ERR_LIMIT, &p->lex.token, "definitions use one another too deeply");
	p->definitions++;
	lex_init(&p->lex, p->set->arena, d->file, d->source);
	p->lex.at = d->at;
	p->lex.line = d->line;
	p->lex.column = d->column;
	struct node *n = parse_next(p) ? parse_expression(p) : NULL;
	bool ends = p->lex.token.kind == TOKEN_END || parse_at(p, "rule") || parse_at(p, "define") ||
		    parse_at(p, "claim");
	if (n && !ends)
		n = parse_fail(p, ERR_INPUT, &p->lex.token, "the definition should end here");
	p->definitions--;
	p->lex = here;
	return n && parse_next(p) ? n : NULL;
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

/* raw(FIELD): what was read where a number or date should be; missing when the value is well formed. */
static struct node *
parse_raw(struct parser *p)
{
	if (!parse_next(p) || !parse_take(p, "("))
		return NULL;
	struct node *field = parse_primary(p);
	if (!field || !parse_take(p, ")"))
		return NULL;
	if (field->kind != NODE_FIELD || field->type == RULE_TEXT)
		return parse_fail(p, ERR_INPUT, &field->token, "raw takes a number, date or time field");
	field->kind = NODE_RAW;
	field->type = RULE_TEXT;
	return field;
}

static struct node *
parse_fixed_name(struct parser *p, bool *ret_found)
{
	*ret_found = true;
	if (parse_at(p, "true") || parse_at(p, "false"))
		return simple_node(p, NODE_BOOL, RULE_BOOL, parse_at(p, "true"));
	if (parse_at(p, "today"))
		return simple_node(p, NODE_TODAY, RULE_DATE, false);
	if (parse_at(p, "now"))
		return simple_node(p, NODE_NOW, RULE_TIME, false);
	if (parse_at(p, "position"))
		return parse_position(p);
	if (parse_at(p, "exists"))
		return parse_exists(p);
	if (parse_at(p, "raw"))
		return parse_raw(p);
	if (parse_at(p, "param"))
		return parse_param(p);
	if (parse_at(p, "if"))
		return parse_if(p);
	if (parse_at(p, "date") || parse_at(p, "time"))
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
	return n && parse_next(p) ? n : NULL;
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
		return parse_fail(p, ERR_INPUT, &p->lex.token, "there is no such date");
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '-')
			n->number = n->number * 10 + (s.at[i] - '0');
	return parse_next(p) ? n : NULL;
}

static struct node *
parse_text(struct parser *p)
{
	struct node *n = node_new(p, NODE_TEXT, RULE_TEXT);
	if (!n)
		return NULL;
	n->text = p->lex.token.text;
	if (n->text.len == 0)
		return parse_fail(
		    p, ERR_INPUT, &n->token, "an empty text is a missing value: write \"… is missing\"");
	return parse_next(p) ? n : NULL;
}

struct node *
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
	if (!parse_at(p, "(")) {
		parse_fail(p, ERR_INPUT, &p->lex.token, "a value is expected here");
		return NULL;
	}
	struct node *n = parse_next(p) ? parse_expression(p) : NULL;
	return n && parse_take(p, ")") ? n : NULL;
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
		return parse_fail(
		    p, ERR_INPUT, &at, "only 10, 100, 1000 … may follow \"/\": write div(a, b, decimals)");
	if (a->scale + zeros > RULE_SCALE_MAX)
		return parse_fail(p, ERR_LIMIT, &at, "too many decimals: put round(…, n) around the parts");
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
	if (!parse_at(p, "-"))
		return parse_primary(p);
	struct token at = p->lex.token;
	struct node *zero = number_node(p, 0, 0), *a = parse_next(p) ? parse_primary(p) : NULL;
	if (!zero || !node_want(p, a, RULE_NUMBER, "what follows \"-\"") || !same_scale(p, &zero, &a))
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
	while (a && (parse_at(p, "*") || parse_at(p, "/"))) {
		struct token at = p->lex.token;
		bool times = parse_at(p, "*");
		struct node *b = parse_next(p) ? parse_factor(p) : NULL;
		if (!node_want(p, a, RULE_NUMBER, "a factor") || !node_want(p, b, RULE_NUMBER, "a factor"))
			return NULL;
		if (!times) {
			a = divide(p, a, b, at);
			continue;
		}
		unsigned scale = (unsigned)a->scale + b->scale;
		if (scale > RULE_SCALE_MAX)
			return parse_fail(
			    p, ERR_LIMIT, &at, "too many decimals: put round(…, n) around the parts");
		a = binary(p, NODE_MUL, RULE_NUMBER, a, b, at);
		if (a)
			a->scale = (uint8_t)scale;
	}
	return a;
}

struct node *
parse_sum(struct parser *p)
{
	struct node *a = parse_product(p);
	while (a && (parse_at(p, "+") || parse_at(p, "-"))) {
		struct token at = p->lex.token;
		enum node_kind kind = parse_at(p, "+") ? NODE_ADD : NODE_SUB;
		struct node *b = parse_next(p) ? parse_product(p) : NULL;
		if (!node_want(p, a, RULE_NUMBER, "a term") || !node_want(p, b, RULE_NUMBER, "a term") ||
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
		return parse_fail(p, ERR_INPUT, &at, "a yes/no has no order");
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
		return parse_fail(p, ERR_INPUT, &n->token,
			   "the values in ( ) must be constants of the same type") != NULL;
	if (set->count == RULE_SET_VALUES_MAX) {
		lex_fail(&p->lex, p->e, ERR_LIMIT, "more than %u values in ( )", RULE_SET_VALUES_MAX);
		return false;
	}
	if (n->type == RULE_TEXT)
		*ARENA_PUSH(arena, set->text, set->count, *text_capacity) = n->text;
	else
		*ARENA_PUSH(arena, set->number, set->count, *number_capacity) =
		    n->number * number_power((unsigned)(of->scale - n->scale));
	return true;
}

static struct node *
parse_in(struct parser *p, struct node *a, struct token at)
{
	struct value_set *set = ARENA_NEW(p->set->arena, struct value_set);
	size_t texts = 0, numbers = 0;
	if (a->type == RULE_BOOL)
		return parse_fail(p, ERR_INPUT, &at, "\"in\" needs a text, number or date before it");
	set->type = a->type;
	if (!parse_next(p) || !parse_take(p, "("))
		return NULL;
	do {
		struct node *n = parse_primary(p);
		if (!n || !add_member(p, n, set, a, &texts, &numbers))
			return NULL;
	} while (parse_at(p, ",") && parse_next(p));
	if (!parse_take(p, ")"))
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
	struct node *low = parse_next(p) ? parse_sum(p) : NULL;
	if (!low || !parse_take(p, "and"))
		return NULL;
	struct node *high = parse_sum(p);
	struct node *from = compare(p, COMPARE_GE, a, low, at), *to = compare(p, COMPARE_LE, a, high, at);
	return binary(p, NODE_AND, RULE_BOOL, from, to, at);
}

static struct node *
parse_is(struct parser *p, struct node *a)
{
	struct node *n = node_new(p, NODE_MISSING, RULE_BOOL);
	if (!n || !parse_next(p))
		return NULL;
	n->a = a;
	if (parse_at(p, "missing"))
		return parse_next(p) ? n : NULL;
	if (parse_at(p, "present"))
		return parse_next(p) ? negate(p, n) : NULL;
	if (!parse_at(p, "malformed"))
		return parse_fail(p, ERR_INPUT, &p->lex.token,
		    "\"missing\", \"present\" or \"malformed\" is expected here");
	if (a->kind != NODE_FIELD)
		return parse_fail(p, ERR_INPUT, &a->token, "only a field can be malformed");
	n->kind = NODE_MALFORMED;
	n->frame = a->frame;
	n->field = a->field;
	return parse_next(p) ? n : NULL;
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
		if (parse_at(p, marks[i]))
			return parse_next(p) ? compare(p, (enum compare)i, a, parse_sum(p), at) : NULL;
	if (parse_at(p, "is"))
		return parse_is(p, a);
	if (parse_at(p, "between"))
		return parse_between(p, a, at);
	bool negated = parse_at(p, "not");
	if (negated && !parse_next(p))
		return NULL;
	if (parse_at(p, "in")) {
		struct node *n = parse_in(p, a, at);
		struct node *present = n && negated ? node_new(p, NODE_MISSING, RULE_BOOL) : NULL;
		if (!negated)
			return n;
		if (!present)
			return NULL;
		present->a = a; /* "not in" is false for a missing value, like every comparison */
		return binary(p, NODE_AND, RULE_BOOL, negate(p, present), negate(p, n), at);
	}
	return negated ? parse_fail(p, ERR_INPUT, &p->lex.token, "\"in\" is expected after \"not\" here") : a;
}

static struct node *
parse_not(struct parser *p)
{
	if (!parse_at(p, "not"))
		return parse_relation(p);
	if (p->depth++ == RULE_DEPTH_MAX)
		return parse_fail(p, ERR_LIMIT, &p->lex.token, "the expression is nested too deeply");
	struct node *a = parse_next(p) ? parse_not(p) : NULL;
	p->depth--;
	return negate(p, node_want(p, a, RULE_BOOL, "what follows \"not\""));
}

static struct node *
parse_and(struct parser *p)
{
	struct node *a = parse_not(p);
	while (a && parse_at(p, "and")) {
		struct token at = p->lex.token;
		struct node *b = parse_next(p) ? parse_not(p) : NULL;
		if (!node_want(p, a, RULE_BOOL, "what stands before \"and\"") ||
		    !node_want(p, b, RULE_BOOL, "what follows \"and\""))
			return NULL;
		a = binary(p, NODE_AND, RULE_BOOL, a, b, at);
	}
	return a;
}

struct node *
parse_expression(struct parser *p)
{
	if (p->depth++ == RULE_DEPTH_MAX)
		return parse_fail(p, ERR_LIMIT, &p->lex.token, "the expression is nested too deeply");
	struct node *a = parse_and(p);
	while (a && parse_at(p, "or")) {
		struct token at = p->lex.token;
		struct node *b = parse_next(p) ? parse_and(p) : NULL;
		if (!node_want(p, a, RULE_BOOL, "what stands before \"or\"") ||
		    !node_want(p, b, RULE_BOOL, "what follows \"or\""))
			return NULL;
		a = binary(p, NODE_OR, RULE_BOOL, a, b, at);
	}
	p->depth--;
	return a;
}
