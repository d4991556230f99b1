/* Expressions: catalogues, parameters and functions. */
#include "claims/rules/expr.h"

/* ---- catalogues and parameters ---- */

bool
is_moment(const struct node *n)
{
	return n->type == RULE_DATE || n->type == RULE_TIME;
}

struct node *
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

struct node *
date_of(struct parser *p, struct node *n)
{
	return n && n->type == RULE_TIME ? call_node(p, CALL_DATE, RULE_DATE, n) : n;
}

/* (key, key, …: so many texts that name something; what follows the last one is left standing. */
static bool
parse_key_texts(struct parser *p, struct node *n, unsigned count, const char *what)
{
	if (!parse_next(p) || !parse_take(p, "("))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (i && !parse_take(p, ","))
			return false;
		n->key[i] = node_want(p, parse_expression(p), RULE_TEXT, what);
		if (!n->key[i])
			return false;
		n->keys++;
	}
	return true;
}

bool
parse_keys(struct parser *p, struct node *n, unsigned count, const char *what)
{
	return parse_key_texts(p, n, count, what) && parse_take(p, ")");
}

/* The keys of a catalogue, and a date when there is one. */
static struct node *
parse_catalog_keys(struct parser *p, struct node *n)
{
	if (!parse_key_texts(p, n, rule_catalogs[n->catalog].keys, "the key of a catalogue"))
		return NULL;
	if (parse_at(p, ",")) {
		if (!parse_next(p) || !(n->date = parse_expression(p)))
			return NULL;
		if (!is_moment(n->date))
			return parse_fail(
			    p, ERR_INPUT, &n->date->token, "the last argument of a catalogue is a date");
		if (!(n->date = date_of(p, n->date)))
			return NULL;
	}
	return parse_take(p, ")") ? n : NULL;
}

struct node *
parse_catalog(struct parser *p, int catalog, bool exists)
{
	struct node *n = node_new(p, NODE_CATALOG, RULE_BOOL);
	if (!n)
		return NULL;
	n->catalog = (uint8_t)catalog;
	n->attribute = RULE_CATALOG_EXISTS;
	p->catalogs |= UINT64_C(1) << catalog;
	if (!parse_catalog_keys(p, n) || exists)
		return n->keys == rule_catalogs[catalog].keys ? n : NULL;
	if (!parse_take(p, "."))
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
	return parse_next(p) ? n : NULL;
}

struct node *
parse_exists(struct parser *p)
{
	if (!parse_next(p) || !parse_take(p, "("))
		return NULL;
	int catalog = rule_catalog_find(p->lex.token.text);
	if (catalog < 0) {
		lex_fail(
		    &p->lex, p->e, ERR_INPUT, "there is no catalogue %.*s", SLICE_ARG(p->lex.token.text));
		return NULL;
	}
	struct node *n = parse_catalog(p, catalog, true);
	return n && parse_take(p, ")") ? n : NULL;
}

/* param("base_salary", NGAY_VAO): a row of the catalogue "parameter", whose key must be known when loading.
 */
struct node *
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
	if (!parse_catalog_keys(p, n))
		return NULL;
	struct rule_value ignored;
	bool known =
	    n->key[0]->kind == NODE_TEXT && rule_catalog_builtin.get(NULL, (unsigned)catalog,
						&n->key[0]->text, 0, RULE_CATALOG_EXISTS, &ignored) == 1;
	return known ? n : parse_fail(p, ERR_INPUT, &n->key[0]->token, "there is no parameter of this name");
}

/* ---- functions ---- */

const struct call_info *
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
	if (!parse_next(p) || !parse_take(p, "("))
		return false;
	for (size_t i = 0; c->arguments[i]; i++) {
		if (i && !parse_take(p, ","))
			return false;
		struct node *x = parse_expression(p);
		if (!x)
			return false;
		if (!argument_fits(x, c->arguments[i])) {
			token_fail(&p->lex, &x->token, p->e, ERR_INPUT,
			    "argument %zu of %s must be %s, this is a %s", i + 1, c->name,
			    argument_name(c->arguments[i]), rule_type_names[x->type]);
			return false;
		}
		*argument[i] = x;
	}
	return parse_take(p, ")");
}

bool
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
			return parse_fail(p, ERR_INPUT, &n->token,
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
		return parse_fail(p, ERR_INPUT, &n->b->token, "a pattern must be written out here") != NULL;
	int rc = pattern_compile(p->set->arena, n->b->text, &n->pattern, &why);
	if (rc < 0)
		return parse_fail(p, (enum err_code)rc, &n->b->token, why.detail) != NULL;
	n->b = NULL;
	return true;
}

/* date(…) and time(…) take a text or a moment. */
struct node *
parse_conversion(struct parser *p)
{
	bool to_time = parse_at(p, "time");
	struct token at = p->lex.token;
	if (!parse_next(p) || !parse_take(p, "("))
		return NULL;
	struct node *x = parse_expression(p);
	if (!x || !parse_take(p, ")"))
		return NULL;
	if (x->type == RULE_TEXT)
		return call_node(
		    p, to_time ? CALL_TIME_OF_TEXT : CALL_DATE_OF_TEXT, to_time ? RULE_TIME : RULE_DATE, x);
	if (!to_time && is_moment(x))
		return date_of(p, x);
	return parse_fail(
	    p, ERR_INPUT, &at, to_time ? "time takes a text" : "date takes a text, a date or a time");
}

struct node *
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

bool
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
		    rule_type_names[(*a)->type], rule_type_names[(*b)->type]);
		return false;
	}
	return (*a)->type != RULE_NUMBER || same_scale(p, a, b);
}

struct node *
parse_if(struct parser *p)
{
	struct node *n = node_new(p, NODE_IF, RULE_BOOL);
	if (!n || !parse_next(p) || !parse_take(p, "(") ||
	    !(n->a = node_want(p, parse_expression(p), RULE_BOOL, "the condition")) || !parse_take(p, ",") ||
	    !(n->b = parse_expression(p)) || !parse_take(p, ",") || !(n->c = parse_expression(p)) ||
	    !parse_take(p, ")") || !same_type(p, &n->b, &n->c))
		return NULL;
	n->type = n->b->type;
	n->scale = n->b->scale;
	return n;
}
