/* From trees to code for a stack machine. The stack an expression needs is known here and limited. */
#include "claims/rules/internal.h"

struct emitter {
	struct parser *p;
	struct code *code;
	size_t count, capacity;
	unsigned depth, deepest;
	const struct token *at;
	bool failed;
};

static size_t
emit(struct emitter *m, enum op op, unsigned a, unsigned b, int32_t c)
{
	if (m->count == RULE_CODE_MAX) {
		if (!m->failed)
			token_fail(&m->p->lex, m->at, m->p->e, ERR_LIMIT, "the rule is too large");
		m->failed = true;
		return 0;
	}
	struct code *to = ARENA_PUSH(m->p->set->arena, m->code, m->count, m->capacity);
	*to = (struct code){ (uint8_t)op, (uint8_t)a, (uint16_t)b, c };
	return m->count - 1;
}

static void
emit_push(struct emitter *m, enum op op, unsigned a, unsigned b, int32_t c)
{
	emit(m, op, a, b, c);
	if (++m->depth > m->deepest)
		m->deepest = m->depth;
}

static void
land(struct emitter *m, size_t jump)
{
	if (!m->failed)
		m->code[jump].c = (int32_t)m->count;
}

static int32_t
add_number(struct rule_set *set, __int128 value)
{
	for (size_t i = 0; i < set->numbers; i++)
		if (set->number[i] == value)
			return (int32_t)i;
	*ARENA_PUSH(set->arena, set->number, set->numbers, set->number_capacity) = value;
	return (int32_t)set->numbers - 1;
}

static int32_t
add_text(struct rule_set *set, struct slice value)
{
	for (size_t i = 0; i < set->texts; i++)
		if (slice_eq(set->text[i], value))
			return (int32_t)i;
	*ARENA_PUSH(set->arena, set->text, set->texts, set->text_capacity) = value;
	return (int32_t)set->texts - 1;
}

static void emit_node(struct emitter *m, const struct node *n);

static void
emit_field(struct emitter *m, const struct node *n)
{
	static const uint8_t op[] = { OP_FIELD_TEXT, OP_FIELD_NUMBER, OP_FIELD_TEXT, OP_FIELD_DATE,
		OP_FIELD_TIME };
	emit_push(m, op[n->type], n->frame, claim_fields[n->field].index, 0);
}

static void
emit_missing(struct emitter *m, const struct node *n)
{
	/* of a field: is there nothing at all; a malformed value is something */
	if (n->a->kind == NODE_FIELD) {
		emit_push(m, OP_HAS, n->a->frame, claim_fields[n->a->field].index, 0);
		emit(m, OP_NOT, 0, 0, 0);
		return;
	}
	emit_node(m, n->a);
	emit(m, OP_MISSING, 0, 0, 0);
}

static void
emit_logic(struct emitter *m, const struct node *n, enum op op)
{
	emit_node(m, n->a);
	size_t jump = emit(m, op, 0, 0, 0);
	m->depth--;
	emit_node(m, n->b);
	land(m, jump);
}

static void
emit_if(struct emitter *m, const struct node *n)
{
	emit_node(m, n->a);
	size_t otherwise = emit(m, OP_UNLESS, 0, 0, 0);
	m->depth--;
	emit_node(m, n->b);
	size_t end = emit(m, OP_JUMP, 0, 0, 0);
	m->depth--;
	land(m, otherwise);
	emit_node(m, n->c);
	land(m, end);
}

static void
emit_call(struct emitter *m, const struct node *n)
{
	struct rule_set *set = m->p->set;
	const struct node *argument[] = { n->a, n->b, n->c };
	unsigned count = 0;
	int32_t extra = (int32_t)n->number;
	for (; count < 3 && argument[count]; count++)
		emit_node(m, argument[count]);
	if (n->pattern) {
		*ARENA_PUSH(set->arena, set->pattern, set->patterns, set->pattern_capacity) = n->pattern;
		extra = (int32_t)set->patterns - 1;
	}
	emit(m, OP_CALL, n->call, count, extra);
	m->depth -= count - 1;
}

static void
emit_catalog(struct emitter *m, const struct node *n)
{
	for (unsigned i = 0; i < n->keys; i++)
		emit_node(m, n->key[i]);
	if (n->date)
		emit_node(m, n->date);
	emit(m, OP_CATALOG, n->catalog, (unsigned)(n->attribute + 1), n->date != NULL);
	m->depth -= n->keys + (n->date ? 1u : 0u) - 1;
}

static void
emit_loop_body(struct emitter *m, const struct node *n, size_t begin)
{
	static const uint8_t op[] = { 0, 0, OP_LOOP_COUNT, OP_LOOP_SUM, OP_LOOP_MIN, OP_LOOP_MAX };
	size_t body = m->count, skip = 0, go_on = 0;
	if (n->b) {
		emit_node(m, n->b);
		skip = emit(m, OP_UNLESS, 0, 0, 0);
		m->depth--;
	}
	if (n->loop == LOOP_ALL) {
		emit_node(m, n->c);
		emit(m, OP_NOT, 0, 0, 0);
		go_on = emit(m, OP_UNLESS, 0, 0, 0);
		m->depth--;
	}
	size_t leave = 0;
	if (n->loop <= LOOP_ALL) {
		leave = emit(m, OP_LOOP_END_WITH, n->frame, n->loop == LOOP_ANY, 0);
	} else {
		if (n->c) {
			emit_node(m, n->c);
			m->depth--;
		}
		emit(m, op[n->loop], n->frame, 0, 0);
	}
	if (skip)
		land(m, skip);
	if (go_on)
		land(m, go_on);
	emit(m, OP_LOOP_NEXT, n->frame, 0, (int32_t)body);
	land(m, begin);
	if (leave)
		land(m, leave);
}

static void
emit_loop_facts(struct emitter *m, const struct node *n)
{
	unsigned depth = m->depth;
	for (unsigned i = 0; i < n->keys; i++)
		emit_node(m, n->key[i]);
	if (n->date) {
		emit_node(m, n->date);
		emit_node(m, n->until);
	}
	m->depth = depth;
	unsigned b = (unsigned)n->fact | (unsigned)n->loop << 4 | (n->date ? 1u << 10 : 0);
	size_t begin = emit(m, OP_LOOP_FACTS, n->frame, b, 0);
	emit_loop_body(m, n, begin);
	emit_push(m, OP_LOOP_RESULT, n->frame, 0, 0);
}

static void
emit_loop(struct emitter *m, const struct node *n)
{
	size_t begin;
	bool indexed = n->index >= 0;
	if (n->fact >= 0) {
		emit_loop_facts(m, n);
		return;
	}
	if (n->a) { /* the list, or the key */
		emit_node(m, n->a);
		m->depth--;
	}
	if (n->table < 0) {
		begin = emit(m, OP_LOOP_ITEMS, n->frame, (unsigned)n->loop << 4, 0);
	} else {
		unsigned b = (unsigned)n->table | (unsigned)n->loop << 4 | (unsigned)n->rows << 8 |
			     (unsigned)indexed << 10 | (unsigned)n->origin << 11;
		begin = emit(m, OP_LOOP_ROWS, n->frame, b, 0);
		emit(m, OP_END, 0, 0, n->index);
	}
	emit_loop_body(m, n, begin);
	emit_push(m, OP_LOOP_RESULT, n->frame, 0, 0);
}

static void
emit_compare(struct emitter *m, const struct node *n)
{
	emit_node(m, n->a);
	emit_node(m, n->b);
	emit(m, n->a->type == RULE_TEXT ? OP_COMPARE_TEXT : OP_COMPARE_NUMBER, n->compare, 0, 0);
	m->depth--;
}

static void
emit_in(struct emitter *m, const struct node *n)
{
	struct rule_set *set = m->p->set;
	emit_node(m, n->a);
	*ARENA_PUSH(set->arena, set->value_set, set->value_sets, set->value_set_capacity) = n->set;
	emit(m, n->set->type == RULE_TEXT ? OP_IN_TEXT : OP_IN_NUMBER, 0, 0, (int32_t)set->value_sets - 1);
}

static void
emit_binary(struct emitter *m, const struct node *n, enum op op)
{
	emit_node(m, n->a);
	emit_node(m, n->b);
	emit(m, op, 0, 0, 0);
	m->depth--;
}

static void
emit_leaf(struct emitter *m, const struct node *n)
{
	struct rule_set *set = m->p->set;
	switch (n->kind) {
	case NODE_NUMBER:
		emit_push(m, OP_NUMBER, 0, 0, add_number(set, n->number));
		break;
	case NODE_TEXT:
		emit_push(m, OP_TEXT, 0, 0, add_text(set, n->text));
		break;
	case NODE_BOOL:
		emit_push(m, OP_BOOL, n->number != 0, 0, 0);
		break;
	case NODE_FIELD:
		emit_field(m, n);
		break;
	case NODE_RAW:
		emit_push(m, OP_FIELD_RAW, n->frame, claim_fields[n->field].index, 0);
		break;
	case NODE_MALFORMED:
		emit_push(m, OP_MALFORMED, n->frame, claim_fields[n->field].index, 0);
		break;
	case NODE_ITEM:
		emit_push(m, OP_ITEM, n->frame, 0, 0);
		break;
	case NODE_FACT:
		emit_push(m, OP_FACT, n->frame, (unsigned)n->attribute, 0);
		break;
	case NODE_POSITION:
		emit_push(m, OP_POSITION, n->frame, 0, 0);
		break;
	default:
		emit_push(m, n->kind == NODE_NOW ? OP_NOW : OP_TODAY, 0, 0, 0);
		break;
	}
}

static void
emit_scale(struct emitter *m, const struct node *n)
{
	emit_node(m, n->a);
	if (n->number != 1)
		emit(m, OP_SCALE, 0, 0, add_number(m->p->set, n->number));
}

static void
emit_node(struct emitter *m, const struct node *n)
{
	if (m->failed)
		return;
	m->at = &n->token;
	switch (n->kind) {
	case NODE_CALL:
		emit_call(m, n);
		break;
	case NODE_ADD:
		emit_binary(m, n, OP_ADD);
		break;
	case NODE_SUB:
		emit_binary(m, n, OP_SUB);
		break;
	case NODE_MUL:
		emit_binary(m, n, OP_MUL);
		break;
	case NODE_SCALE:
		emit_scale(m, n);
		break;
	case NODE_COMPARE:
		emit_compare(m, n);
		break;
	case NODE_AND:
		emit_logic(m, n, OP_AND);
		break;
	case NODE_OR:
		emit_logic(m, n, OP_OR);
		break;
	case NODE_NOT:
		emit_node(m, n->a);
		emit(m, OP_NOT, 0, 0, 0);
		break;
	case NODE_IN:
		emit_in(m, n);
		break;
	case NODE_MISSING:
		emit_missing(m, n);
		break;
	case NODE_IF:
		emit_if(m, n);
		break;
	case NODE_LOOP:
		emit_loop(m, n);
		break;
	case NODE_CATALOG:
		emit_catalog(m, n);
		break;
	default:
		emit_leaf(m, n);
		break;
	}
}

int
program_compile(struct parser *p, const struct node *root, struct program *ret)
{
	struct emitter m = { .p = p, .at = &root->token };
	emit_node(&m, root);
	emit(&m, OP_END, 0, 0, 0);
	if (m.failed)
		return ERR_LIMIT;
	if (m.deepest > RULE_STACK_MAX)
		return token_fail(
		    &p->lex, &root->token, p->e, ERR_LIMIT, "the expression needs too many values at a time");
	*ret = (struct program){ m.code, m.count };
	return 0;
}
