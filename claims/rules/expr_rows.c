/* Expressions: fields, and loops over rows and lists. */
#include "claims/rules/expr.h"

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

struct node *
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
	if (!n || !parse_next(p))
		return NULL;
	n->frame = (uint8_t)frame;
	n->field = (int16_t)f;
	n->scale = claim_fields[f].type == CLAIM_DECIMAL ? claim_fields[f].scale : 0;
	return n;
}

/* The innermost scope over a table, or the rule's own row. */
int
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
	if (!parse_next(p) || !parse_take(p, "."))
		return NULL;
	return field_node(p, RULE_HEAD + (unsigned)table, table);
}

struct node *
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
scope_push(struct parser *p, int table, struct slice name, int facts)
{
	if (p->scopes == RULE_FRAMES) {
		lex_fail(&p->lex, p->e, ERR_LIMIT, "more than %u loops inside one another", RULE_LOOPS_MAX);
		return false;
	}
	p->scope[p->scopes++] = (struct scope){ table, name, facts };
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
	bool own = (n->kind == NODE_FIELD || n->kind == NODE_RAW || n->kind == NODE_ITEM ||
		       n->kind == NODE_POSITION || n->kind == NODE_MALFORMED || n->kind == NODE_FACT) &&
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
	if (!parse_next(p))
		return NULL;
	return node_want(p, parse_expression(p), RULE_BOOL, "what follows \"where\"");
}

/* What follows the rows: [where …] [: …] */
static bool
parse_loop_rest(struct parser *p, struct node *n)
{
	if (parse_at(p, "where") && !(n->b = parse_where(p)))
		return false;
	bool needs_value = n->loop != LOOP_ANY && n->loop != LOOP_COUNT;
	if (needs_value != parse_at(p, ":")) {
		lex_fail(&p->lex, p->e, ERR_INPUT,
		    needs_value ? "a \":\" and an expression are expected here" : "no \":\" belongs here");
		return false;
	}
	if (!needs_value)
		return true;
	if (!parse_next(p) || !(n->c = parse_expression(p)))
		return false;
	if (n->loop == LOOP_ALL)
		return node_want(p, n->c, RULE_BOOL, "what follows \":\" in all(…)") != NULL;
	bool ordered = n->c->type == RULE_NUMBER ||
		       (n->loop != LOOP_SUM && (n->c->type == RULE_DATE || n->c->type == RULE_TIME));
	if (!ordered)
		return parse_fail(p, ERR_INPUT, &n->c->token, "this cannot be summed up or compared") != NULL;
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
	if (!parse_next(p))
		return false;
	if (p->lex.token.kind == TOKEN_NAME && !parse_at(p, "where")) {
		alias = p->lex.token.text;
		if (!parse_next(p))
			return false;
	}
	return scope_push(p, n->table, alias, 0);
}

static bool
parse_loop_list(struct parser *p, struct node *n)
{
	struct slice name = p->lex.token.text;
	if (!parse_next(p) || !parse_take(p, "of"))
		return false;
	n->a = node_want(p, parse_expression(p), RULE_TEXT, "the list");
	return n->a && scope_push(p, -1, name, 0);
}

/* ---- facts of other claims ---- */

static const struct {
	const char *name;
	uint8_t type;
} fact_attributes[FACT_ATTRIBUTES] = { [FACT_MA_LK] = { "ma_lk", RULE_TEXT },
	[FACT_FACILITY] = { "facility", RULE_TEXT },
	[FACT_CODE] = { "code", RULE_TEXT },
	[FACT_FROM] = { "from", RULE_TIME },
	[FACT_TO] = { "to", RULE_TIME },
	[FACT_VALUE] = { "value", RULE_NUMBER } };

int
fact_attribute_find(struct slice name)
{
	for (int i = 0; i < FACT_ATTRIBUTES; i++)
		if (is_slice(name, fact_attributes[i].name))
			return i;
	return -1;
}

/* NAME.attribute of the fact that a loop is at. */
struct node *
parse_fact(struct parser *p, unsigned scope)
{
	const struct rule_fact_info *info = &rule_facts_infos[p->scope[scope].facts - 1];
	if (!parse_next(p) || !parse_take(p, "."))
		return NULL;
	int attribute = fact_attribute_find(p->lex.token.text);
	if (attribute < 0 || (attribute == FACT_CODE && !info->has_code) ||
	    (attribute == FACT_VALUE && !info->has_value)) {
		lex_fail(&p->lex, p->e, ERR_INPUT, "others %s has no attribute %.*s", info->name,
		    SLICE_ARG(p->lex.token.text));
		return NULL;
	}
	struct node *n = node_new(p, NODE_FACT, (enum rule_type)fact_attributes[attribute].type);
	if (!n || !parse_next(p))
		return NULL;
	n->frame = (uint8_t)scope;
	n->attribute = (int16_t)attribute;
	n->scale = attribute == FACT_VALUE ? info->value_scale : 0;
	return n;
}

/* between A and B: when the facts have to touch. */
static bool
parse_times(struct parser *p, struct node *n)
{
	if (!parse_at(p, "between"))
		return true;
	if (!parse_next(p) || !(n->date = parse_sum(p)) || !parse_take(p, "and") ||
	    !(n->until = parse_sum(p)))
		return false;
	const struct node *wrong = !is_moment(n->date) ? n->date : !is_moment(n->until) ? n->until : NULL;
	return !wrong || parse_fail(p, ERR_INPUT, &wrong->token, "a date or a time is expected here") != NULL;
}

/* others KIND(key, …) NAME between A and B */
static bool
parse_loop_facts(struct parser *p, struct node *n)
{
	struct slice alias = SLICE("");
	if (!parse_next(p))
		return false;
	int kind = rule_fact_find(p->lex.token.text);
	if (kind < 0) {
		lex_fail(&p->lex, p->e, ERR_INPUT, "other claims say nothing called %.*s",
		    SLICE_ARG(p->lex.token.text));
		return false;
	}
	n->fact = (int8_t)kind;
	p->facts |= UINT32_C(1) << kind;
	if (rule_facts_infos[kind].keys ? !parse_keys(p, n, rule_facts_infos[kind].keys, "the key")
					: !parse_next(p))
		return false;
	if (p->lex.token.kind == TOKEN_NAME && !parse_at(p, "where") && !parse_at(p, "between")) {
		alias = p->lex.token.text;
		if (!parse_next(p))
			return false;
	}
	return parse_times(p, n) && scope_push(p, -1, alias, kind + 1);
}

struct node *
parse_loop(struct parser *p, enum loop_kind kind)
{
	enum rule_type type = kind <= LOOP_ALL ? RULE_BOOL : RULE_NUMBER;
	struct node *n = node_new(p, NODE_LOOP, type);
	unsigned outer = p->scopes;
	if (!n || !parse_next(p) || !parse_take(p, "("))
		return NULL;
	n->loop = (uint8_t)kind;
	n->frame = (uint8_t)(outer ? outer : 1);
	if (outer == 0 && !scope_push(p, -1, SLICE(""), 0)) /* a rule on the claim: frame 0 stays empty */
		return NULL;
	n->rows = parse_at(p, "earlier") ? LOOP_EARLIER : parse_at(p, "other") ? LOOP_OTHER : LOOP_EVERY;
	if (n->rows != LOOP_EVERY && !parse_next(p))
		return NULL;
	bool facts = n->rows == LOOP_EVERY && parse_at(p, "others");
	bool list = n->rows == LOOP_EVERY && p->lex.token.kind == TOKEN_NAME;
	bool good = facts ? parse_loop_facts(p, n) : list ? parse_loop_list(p, n) : parse_loop_table(p, n);
	good = good && parse_loop_rest(p, n);
	p->scopes = outer;
	if (!good || !parse_take(p, ")"))
		return NULL;
	if (!list && n->b)
		find_key(p, n, n->b);
	return n;
}
