/* Expressions: what all parts share: words, nodes, scales. */
#include "claims/rules/expr.h"

const char *const rule_type_names[] = { "yes/no", "number", "text", "date", "time" };

struct node *
parse_fail(struct parser *p, enum err_code code, const struct token *t, const char *detail)
{
	token_fail(&p->lex, t, p->e, code, "%s", detail);
	return NULL;
}

bool
parse_next(struct parser *p)
{
	return lex_next(&p->lex, p->e) == 0;
}

bool
parse_at(const struct parser *p, const char *text)
{
	return lex_is(&p->lex, text);
}

/* Takes a mark or word that must stand here. */
bool
parse_take(struct parser *p, const char *text)
{
	if (parse_at(p, text))
		return parse_next(p);
	lex_fail(&p->lex, p->e, ERR_INPUT, "\"%s\" is expected here", text);
	return false;
}

struct node *
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
	n->fact = -1;
	n->index = -1;
	n->field = -1;
	return n;
}

struct node *
node_want(struct parser *p, struct node *n, enum rule_type type, const char *what)
{
	if (!n || n->type == type)
		return n;
	token_fail(&p->lex, &n->token, p->e, ERR_INPUT, "%s must be a %s, this is a %s", what,
	    rule_type_names[type], rule_type_names[n->type]);
	return NULL;
}

struct node *
number_node(struct parser *p, __int128 value, unsigned scale)
{
	struct node *n = node_new(p, NODE_NUMBER, RULE_NUMBER);
	if (!n)
		return NULL;
	n->number = value;
	n->scale = (uint8_t)scale;
	return n;
}

__int128
number_power(unsigned n)
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
		return parse_fail(
		    p, ERR_LIMIT, &a->token, "too many decimals: put round(…, n) around the parts");
	struct node *n = node_new(p, NODE_SCALE, RULE_NUMBER);
	if (!n)
		return NULL;
	n->token = a->token;
	n->a = a;
	n->number = number_power(scale - a->scale);
	n->scale = (uint8_t)scale;
	return n;
}
