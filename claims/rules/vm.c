/* The stack machine. Nothing here allocates, and every jump backwards is paid from the budget. */
#include "claims/rules/vm.h"

#define LONG_TEXT 64u /* bytes that an operation on a text costs nothing extra for */

static struct rule_value
missing_value(void)
{
	return (struct rule_value){ .missing = true };
}

static struct rule_value
bool_value(bool yes)
{
	return (struct rule_value){ .number = yes };
}

struct rule_value
row_value(const struct claim_row *row, unsigned slot, enum rule_type type)
{
	struct rule_value v = { .missing = true };
	if (!row || !(row->present[slot / 64] >> slot % 64 & 1))
		return v;
	bool raw = row->raw[slot / 64] >> slot % 64 & 1;
	if (type == RULE_TEXT) {
		v.at = row->slot[slot].text->at;
		v.len = row->slot[slot].text->len;
		v.missing = false;
	} else if (!raw) {
		int64_t number = row->slot[slot].number;
		v.number = type == RULE_TIME ? claim_date12(number) : number;
		v.missing = false;
	}
	return v;
}

static const struct claim_row *
frame_row(const struct run *r, unsigned frame)
{
	if (frame < RULE_HEAD)
		return r->frame[frame].row;
	const struct claim_rows *rows = &r->document->rows[frame - RULE_HEAD];
	return rows->count ? rows->at[0] : NULL;
}

static bool
row_bit(const struct run *r, const struct code *c, bool raw)
{
	const struct claim_row *row = frame_row(r, c->a);
	return row && ((raw ? row->raw : row->present)[c->b / 64] >> c->b % 64 & 1);
}

static void
charge(struct run *r, int64_t bytes)
{
	if (bytes > LONG_TEXT)
		r->budget -= bytes / 16;
}

/* ---- numbers ---- */

static unsigned
bit_length(__int128 x)
{
	unsigned __int128 u = x < 0 ? -(unsigned __int128)x : (unsigned __int128)x;
	uint64_t high = (uint64_t)(u >> 64), low = (uint64_t)u;
	return high ? 128u - (unsigned)__builtin_clzll(high) : low ? 64u - (unsigned)__builtin_clzll(low) : 0;
}

static void
multiply(struct run *r, struct rule_value *a, const struct rule_value *b)
{
	if (a->missing || b->missing)
		*a = missing_value();
	else if (bit_length(a->number) + bit_length(b->number) > 126)
		r->outcome = RULE_OVERFLOW;
	else
		a->number *= b->number;
}

static void
add(struct run *r, struct rule_value *a, const struct rule_value *b, bool minus)
{
	if (a->missing || b->missing)
		*a = missing_value();
	else if (bit_length(a->number) > 125 || bit_length(b->number) > 125)
		r->outcome = RULE_OVERFLOW;
	else
		a->number += minus ? -b->number : b->number;
}

/* ---- comparing ---- */

static bool
holds(int order, unsigned how)
{
	switch (how) {
	case COMPARE_EQ:
		return order == 0;
	case COMPARE_NE:
		return order != 0;
	case COMPARE_LT:
		return order < 0;
	case COMPARE_LE:
		return order <= 0;
	case COMPARE_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static struct slice
value_text(const struct rule_value *v)
{
	return slice_from(v->at, v->len);
}

static void
compare_texts(struct run *r, struct rule_value *a, const struct rule_value *b, unsigned how)
{
	bool yes = false;
	if (!a->missing && !b->missing) {
		int order =
		    a->at == b->at && a->len == b->len ? 0 : slice_compare(value_text(a), value_text(b));
		charge(r, a->len < b->len ? a->len : b->len);
		yes = holds(order, how);
	}
	*a = bool_value(yes);
}

static void
compare_numbers(struct rule_value *a, const struct rule_value *b, unsigned how)
{
	bool both = !a->missing && !b->missing;
	*a = bool_value(both && holds(a->number < b->number ? -1 : a->number > b->number, how));
}

static bool
set_has_text(const struct value_set *set, struct slice s)
{
	size_t low = 0, high = set->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = slice_compare(s, set->text[middle]);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static bool
set_has_number(const struct value_set *set, __int128 x)
{
	size_t low = 0, high = set->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (x == set->number[middle])
			return true;
		if (x < set->number[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* ---- catalogues ---- */

/* Keys (and a date) stand on the stack from *v on; the answer takes their place. */
static void
look_up(struct run *r, const struct code *c, struct rule_value *v, unsigned keys)
{
	struct slice key[RULE_CATALOG_KEYS_MAX];
	bool missing = false;
	int32_t date = r->document_date;
	for (unsigned i = 0; i < keys; i++) {
		missing |= v[i].missing;
		key[i] = value_text(&v[i]);
	}
	if (c->c) /* a missing date asks for any date: the date itself is another rule's matter */
		date = v[keys].missing ? 0 : (int32_t)v[keys].number;
	struct rule_value found = missing_value();
	int attribute = (int)c->b - 1, rc = 0;
	if (!missing)
		rc = r->catalog->get(r->catalog->context, c->a, key, date, attribute, &found);
	if (rc < 0)
		r->outcome = RULE_NO_CATALOG;
	if (attribute == RULE_CATALOG_EXISTS)
		found = bool_value(rc == 1);
	else if (rc != 1)
		found = missing_value();
	if (found.missing && attribute >= 0 && rule_catalogs[c->a].attribute[attribute].type == RULE_BOOL)
		found = bool_value(false);
	v[0] = found;
}

/* ---- loops ---- */

static bool
loop_next_row(struct frame *f)
{
	for (;;) {
		uint32_t next = f->next ? f->next[f->position] : f->position + 2;
		if (next == 0 || next > f->end)
			return false;
		f->position = next - 1;
		if (f->position == f->except)
			continue;
		f->row = f->rows->at[f->position];
		return true;
	}
}

static bool
loop_next_item(struct frame *f)
{
	struct slice part;
	if (!slice_split(&f->rest, ';', &part))
		return false;
	f->item = slice_trim(part);
	return true;
}

static bool
loop_begin_rows(struct run *r, const struct code *c, const struct rule_value *key)
{
	struct frame *f = &r->frame[c->a];
	unsigned table = c->b & 15, rows = c->b >> 8 & 3, origin = c->b >> 11;
	bool indexed = c->b >> 10 & 1;
	*f =
	    (struct frame){ .rows = &r->document->rows[table], .loop = c->b >> 4 & 15, .except = UINT32_MAX };
	f->end = (uint32_t)f->rows->count;
	if (rows == LOOP_EARLIER)
		f->end = r->frame[origin].position;
	else if (rows == LOOP_OTHER)
		f->except = r->frame[origin].position;
	if (f->end == 0 || (indexed && key->missing))
		return false;
	uint32_t first = 1;
	if (indexed) {
		const struct row_index *index = run_index(r, (unsigned)c[1].c);
		bool is_text = !claim_is_number((enum claim_field)r->judge->set->index[c[1].c]);
		first = index->head[hash_value(key, is_text) & (index->heads - 1)];
		f->next = index->next;
	}
	if (first == 0 || first > f->end)
		return false;
	f->position = first - 1;
	f->row = f->rows->at[f->position];
	return f->position != f->except || loop_next_row(f);
}

static bool
loop_begin_items(struct run *r, const struct code *c, const struct rule_value *list)
{
	struct frame *f = &r->frame[c->a];
	*f = (struct frame){ .loop = c->b >> 4 & 15 };
	if (list->missing)
		return false;
	f->rest = value_text(list);
	charge(r, list->len);
	return loop_next_item(f);
}

/* ---- facts of other claims ---- */

/* Is it another claim that says so? The same MA_LK in another file is an older form of this one. */
static bool
is_other(const struct run *r, const struct fact *f)
{
	if (f->claim->number == r->claim)
		return false;
	if (f->kind == RULE_FACT_DOSSIER)
		return f->claim->batch == (r->own ? r->own->batch : 0);
	return r->ma_lk.len == 0 || !slice_eq(fact_slice(&f->claim->ma_lk), r->ma_lk);
}

static bool
loop_next_fact(struct run *r, unsigned frame)
{
	struct fact_cursor *c = &r->cursor[frame];
	const struct fact *f;
	do {
		f = fact_next(c);
		r->budget -= c->steps;
		c->steps = 0;
	} while (f && r->budget >= 0 && !is_other(r, f));
	r->frame[frame].fact = f;
	return f != NULL;
}

/* A time as it is, a date as its first or last minute. */
static int64_t
as_minute(const struct rule_value *v, bool last)
{
	int64_t n = (int64_t)v->number;
	return n >= 1000000000 ? n : n * 10000 + (last ? 2359 : 0);
}

/* Keys and times stand on the stack from *v on. */
static bool
loop_begin_facts(struct run *r, const struct code *c, const struct rule_value *v)
{
	struct slice key[RULE_FACT_KEYS_MAX];
	unsigned kind = c->b & 15, keys = rule_facts_infos[kind].keys;
	int64_t from = 0, to = RULE_FACT_OPEN;
	r->frame[c->a] = (struct frame){ .loop = c->b >> 4 & 15 };
	for (unsigned i = 0; i < keys; i++) {
		if (v[i].missing)
			return false;
		key[i] = value_text(&v[i]);
	}
	if (c->b >> 10 & 1) {
		if (v[keys].missing || v[keys + 1].missing)
			return false;
		from = as_minute(&v[keys], false);
		to = as_minute(&v[keys + 1], true);
	}
	if (!r->facts || fact_is_cut(r->facts, kind)) {
		r->outcome = RULE_NO_FACTS;
		return false;
	}
	fact_seek(r->facts, kind, keys ? key : r->person, from, to, &r->cursor[c->a]);
	return loop_next_fact(r, c->a);
}

static struct rule_value
name_value(const struct fact_name *n)
{
	return n && n->len ? (struct rule_value){ .at = n->text, .len = n->len } : missing_value();
}

static struct rule_value
fact_value(const struct fact *f, unsigned attribute)
{
	switch (attribute) {
	case FACT_MA_LK:
		return name_value(&f->claim->ma_lk);
	case FACT_FACILITY:
		return f->claim->facility ? name_value(&f->claim->facility->name) : missing_value();
	case FACT_CODE:
		return f->code ? name_value(&f->code->name) : missing_value();
	case FACT_FROM:
		return (struct rule_value){ .number = f->from };
	case FACT_TO:
		return f->to == RULE_FACT_OPEN ? missing_value() : (struct rule_value){ .number = f->to };
	default:
		return (struct rule_value){ .number = f->value };
	}
}

/* ---- results of loops ---- */

static void
loop_start_result(struct frame *f)
{
	f->result =
	    f->loop == LOOP_MIN || f->loop == LOOP_MAX ? missing_value() : bool_value(f->loop == LOOP_ALL);
}

static void
loop_take(struct run *r, struct frame *f, const struct rule_value *v, bool greatest)
{
	if (v->missing)
		return;
	if (f->loop == LOOP_SUM)
		add(r, &f->result, v, false);
	else if (f->result.missing ||
		 (greatest ? v->number > f->result.number : v->number < f->result.number))
		f->result = *v;
}

/* Back to the body with the next row or item, or on. */
static const struct code *
loop_next(struct run *r, const struct program *p, const struct code *c)
{
	struct frame *f = &r->frame[c->a];
	const struct code *body = p->code + c->c;
	r->budget -= c - body + 1;
	if (r->budget < 0) {
		r->outcome = RULE_TOO_LONG;
		return c + 1;
	}
	bool more = f->rows ? loop_next_row(f) : f->fact ? loop_next_fact(r, c->a) : loop_next_item(f);
	return more ? body : c + 1;
}

/* ---- the machine ---- */

static void
push_leaf(struct run *r, const struct code *c, struct rule_value *top)
{
	const struct rule_set *set = r->judge->set;
	switch (c->op) {
	case OP_TEXT:
		*top = (struct rule_value){ .at = set->text[c->c].at, .len = (uint32_t)set->text[c->c].len };
		break;
	case OP_BOOL:
		*top = bool_value(c->a);
		break;
	case OP_FIELD_RAW:
		*top = row_bit(r, c, true) ? row_value(frame_row(r, c->a), c->b, RULE_TEXT) : missing_value();
		break;
	case OP_MALFORMED:
		*top = bool_value(row_bit(r, c, true));
		break;
	case OP_ITEM: {
		struct slice item = r->frame[c->a].item;
		*top =
		    (struct rule_value){ .at = item.at, .len = (uint32_t)item.len, .missing = item.len == 0 };
		break;
	}
	case OP_FACT:
		*top = fact_value(r->frame[c->a].fact, c->b);
		break;
	case OP_POSITION:
		*top = (struct rule_value){ .number = r->frame[c->a].position + 1 };
		break;
	case OP_TODAY:
		*top = (struct rule_value){ .number = r->today };
		break;
	default:
		*top = (struct rule_value){ .number = r->now };
		break;
	}
}

static void
do_call(struct run *r, const struct code *c, struct rule_value *v)
{
	const struct rule_set *set = r->judge->set;
	const struct pattern *pattern = c->a == CALL_MATCHES ? set->pattern[c->c] : NULL;
	bool overflow = false;
	r->budget -= rule_call(c->a, v, (uint32_t)c->c, pattern, &overflow) / 16;
	if (overflow)
		r->outcome = RULE_OVERFLOW;
}

/* Operations inside a loop; returns the new top. */
static struct rule_value *
do_loop(struct run *r, const struct program *p, const struct code **at, struct rule_value *top)
{
	const struct code *c = *at;
	struct frame *f = &r->frame[c->a];
	*at = c + 1;
	switch (c->op) {
	case OP_LOOP_ROWS: {
		bool indexed = c->b >> 10 & 1;
		bool go = loop_begin_rows(r, c, top);
		loop_start_result(f);
		*at = go ? c + 2 : p->code + c->c;
		return indexed ? top - 1 : top;
	}
	case OP_LOOP_ITEMS: {
		bool go = loop_begin_items(r, c, top);
		loop_start_result(f);
		if (!go)
			*at = p->code + c->c;
		return top - 1;
	}
	case OP_LOOP_FACTS: {
		const struct rule_value *v =
		    top + 1 - rule_facts_infos[c->b & 15].keys - (c->b >> 10 & 1 ? 2 : 0);
		bool go = loop_begin_facts(r, c, v);
		loop_start_result(f);
		if (!go)
			*at = p->code + c->c;
		return top - (top + 1 - v);
	}
	case OP_LOOP_END_WITH:
		r->witness = f->fact ? f->fact : r->witness;
		f->result = bool_value(c->b);
		*at = p->code + c->c;
		return top;
	case OP_LOOP_COUNT:
		r->witness = f->fact ? f->fact : r->witness;
		f->result.number++;
		return top;
	case OP_LOOP_SUM:
	case OP_LOOP_MIN:
	case OP_LOOP_MAX:
		r->witness = f->fact ? f->fact : r->witness;
		loop_take(r, f, top, c->op == OP_LOOP_MAX);
		return top - 1;
	case OP_LOOP_NEXT:
		*at = loop_next(r, p, c);
		return top;
	default: /* OP_LOOP_RESULT */
		top[1] = f->result;
		return top + 1;
	}
}

bool
run_program(struct run *r, const struct program *p)
{
	const struct rule_set *set = r->judge->set;
	struct rule_value *top = r->stack;
	for (const struct code *c = p->code; c->op != OP_END && r->outcome == RULE_HIT;) {
		switch (c->op) {
		case OP_NUMBER:
			*++top = (struct rule_value){ .number = set->number[c->c] };
			break;
		case OP_FIELD_NUMBER:
			*++top = row_value(frame_row(r, c->a), c->b, RULE_NUMBER);
			break;
		case OP_FIELD_TEXT:
			*++top = row_value(frame_row(r, c->a), c->b, RULE_TEXT);
			break;
		case OP_FIELD_DATE:
			*++top = row_value(frame_row(r, c->a), c->b, RULE_DATE);
			break;
		case OP_FIELD_TIME:
			*++top = row_value(frame_row(r, c->a), c->b, RULE_TIME);
			break;
		case OP_HAS:
			*++top = bool_value(row_bit(r, c, false));
			break;
		case OP_ADD:
		case OP_SUB:
			top--;
			add(r, top, top + 1, c->op == OP_SUB);
			break;
		case OP_MUL:
			top--;
			multiply(r, top, top + 1);
			break;
		case OP_SCALE: {
			struct rule_value by = { .number = set->number[c->c] };
			multiply(r, top, &by);
			break;
		}
		case OP_COMPARE_NUMBER:
			top--;
			compare_numbers(top, top + 1, c->a);
			break;
		case OP_COMPARE_TEXT:
			top--;
			compare_texts(r, top, top + 1, c->a);
			break;
		case OP_IN_TEXT:
			*top =
			    bool_value(!top->missing && set_has_text(set->value_set[c->c], value_text(top)));
			break;
		case OP_IN_NUMBER:
			*top = bool_value(!top->missing && set_has_number(set->value_set[c->c], top->number));
			break;
		case OP_NOT:
			top->number = !top->number;
			break;
		case OP_MISSING:
			*top = bool_value(top->missing);
			break;
		case OP_AND:
		case OP_OR:
			if ((top->number != 0) == (c->op == OP_OR)) {
				c = p->code + c->c;
				continue;
			}
			top--;
			break;
		case OP_UNLESS:
			if (!(top--)->number) {
				c = p->code + c->c;
				continue;
			}
			break;
		case OP_JUMP:
			c = p->code + c->c;
			continue;
		case OP_CALL:
			top -= c->b - 1;
			do_call(r, c, top);
			break;
		case OP_CATALOG:
			top -= rule_catalogs[c->a].keys + (c->c != 0) - 1;
			look_up(r, c, top, rule_catalogs[c->a].keys);
			break;
		case OP_TEXT:
		case OP_BOOL:
		case OP_FIELD_RAW:
		case OP_MALFORMED:
		case OP_ITEM:
		case OP_FACT:
		case OP_POSITION:
		case OP_TODAY:
		case OP_NOW:
			push_leaf(r, c, ++top);
			break;
		default:
			top = do_loop(r, p, &c, top);
			continue;
		}
		c++;
	}
	if (r->budget < 0)
		r->outcome = RULE_TOO_LONG;
	return r->outcome == RULE_HIT;
}
