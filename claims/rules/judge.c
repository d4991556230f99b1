/* Judging a claim: which rules are in force, over which rows, and what they find. */
#include <stdlib.h>

#include "base/time.h"
#include "claims/rules/vm.h"

struct rule_judge *
rule_judge_new(const struct rule_set *set)
{
	struct rule_judge *j = calloc(1, sizeof(*j));
	if (!j)
		fatal("out of memory");
	j->set = set;
	return j;
}

void
rule_judge_free(struct rule_judge *j)
{
	for (size_t i = 0; j && i < RULE_INDEXES_MAX; i++) {
		free(j->index[i].head);
		free(j->index[i].next);
	}
	free(j);
}

/* ---- indexes ---- */

uint64_t
hash_value(const struct rule_value *v, bool is_text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	if (!is_text) {
		h ^= (uint64_t)v->number * UINT64_C(0x9e3779b97f4a7c15);
		return h ^ h >> 29;
	}
	for (size_t i = 0; i < v->len; i++)
		h = (h ^ (unsigned char)v->at[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

static void *
must(void *p)
{
	if (!p)
		fatal("out of memory");
	return p;
}

static void
index_grow(struct row_index *x, size_t rows)
{
	if (rows <= x->capacity)
		return;
	size_t capacity = 64;
	while (capacity < rows)
		capacity *= 2;
	x->head = must(realloc(x->head, capacity * sizeof(*x->head)));
	x->next = must(realloc(x->next, capacity * sizeof(*x->next)));
	x->capacity = capacity;
}

static enum rule_type
index_type(enum claim_field f)
{
	switch (claim_fields[f].type) {
	case CLAIM_DATE12:
	case CLAIM_DATE:
		return RULE_TIME;
	default:
		return claim_is_number(f) ? RULE_NUMBER : RULE_TEXT;
	}
}

const struct row_index *
run_index(struct run *r, unsigned index)
{
	struct row_index *x = &r->judge->index[index];
	enum claim_field f = (enum claim_field)r->judge->set->index[index];
	const struct claim_rows *rows = &r->document->rows[claim_fields[f].table];
	if (x->built)
		return x;
	index_grow(x, rows->count);
	for (x->heads = 64; x->heads < rows->count; x->heads *= 2)
		;
	memset(x->head, 0, x->heads * sizeof(*x->head));
	for (size_t i = rows->count; i-- > 0;) {
		struct rule_value v = row_value(rows->at[i], claim_fields[f].index, index_type(f));
		x->next[i] = 0;
		if (v.missing)
			continue;
		r->budget -= !claim_is_number(f) && v.len > 64 ? v.len / 16 : 0;
		uint32_t *head = &x->head[hash_value(&v, !claim_is_number(f)) & (x->heads - 1)];
		x->next[i] = *head;
		*head = (uint32_t)i + 1;
	}
	x->built = true;
	return x;
}

/* ---- findings ---- */

static void
count_finding(struct rule_verdict *v, const struct rule_finding *f)
{
	if (f->outcome != RULE_HIT)
		v->not_evaluated++;
	if (f->is_shadow)
		v->shadow++;
	else if (f->severity == RULE_CRITICAL)
		v->critical++;
	else
		v->warning++;
	if (!f->is_shadow && f->severity == RULE_CRITICAL && f->at_risk > v->at_risk)
		v->at_risk = f->at_risk;
}

static void
add_finding(struct rule_verdict *v, const struct rule_finding *f)
{
	*ARENA_PUSH(v->arena, v->at, v->count, v->capacity) = *f;
	count_finding(v, f);
}

/* The other claim of a finding, copied: the index may forget it. */
static const struct rule_other *
other_of(struct arena *a, const struct fact *f)
{
	if (!f)
		return NULL;
	struct rule_other *o = ARENA_NEW(a, struct rule_other);
	*o = (struct rule_other){ .kind = f->kind,
		.ma_lk = arena_slice(a, fact_slice(&f->claim->ma_lk)),
		.facility = arena_slice(a, fact_slice(f->claim->facility ? &f->claim->facility->name : NULL)),
		.code = arena_slice(a, fact_slice(f->code ? &f->code->name : NULL)),
		.from = f->from,
		.to = f->to,
		.value = f->value };
	return o;
}

static int64_t
risk_of(struct run *r, const struct rule *rule)
{
	if (!rule->risk.code || !run_program(r, &rule->risk) || r->stack[1].missing)
		return 0;
	__int128 risk = r->stack[1].number;
	return risk < 0 ? 0 : risk > INT64_MAX ? INT64_MAX : (int64_t)risk;
}

/* Judges one row; true when the rule hit or could not be evaluated. */
static bool
judge_row(struct run *r, const struct rule *rule, struct rule_finding *f, const struct fact **ret_witness)
{
	r->witness = NULL;
	bool good = run_program(r, &rule->when);
	if (good && !r->stack[1].number)
		return false;
	f->outcome = r->outcome;
	*ret_witness = good ? r->witness : NULL;
	if (good)
		f->at_risk = risk_of(r, rule);
	r->outcome = RULE_HIT; /* an amount that cannot be computed is 0 */
	return true;
}

static void
judge_rule(struct run *r, size_t number, bool is_shadow, struct rule_verdict *v)
{
	const struct rule *rule = &r->judge->set->rule[number];
	bool whole = rule->info.table < 0;
	const struct claim_rows *rows = whole ? NULL : &r->document->rows[rule->info.table];
	size_t count = whole ? 1 : rows->count, found = 0;
	for (size_t i = 0; i < count; i++) {
		struct rule_finding f = { .rule = (uint16_t)number,
			.severity = rule->info.severity,
			.is_shadow = is_shadow,
			.table = rule->info.table,
			.field = rule->info.field,
			.row = whole ? 0 : (uint32_t)i + 1 };
		r->frame[0].row = whole ? NULL : rows->at[i];
		r->frame[0].position = (uint32_t)i;
		const struct fact *witness;
		if (!judge_row(r, rule, &f, &witness))
			continue;
		if (found++ < RULE_FINDINGS_PER_RULE) {
			f.other = other_of(v->arena, witness);
			add_finding(v, &f);
		} else
			v->hidden++;
		if (f.outcome != RULE_HIT)
			return; /* said once; the other rows would only cost as much again */
	}
}

/* Has a rule spoken about this value already? The reader's remark would only say it again. */
static bool
is_known(const struct rule_verdict *v, const struct claim_finding *said)
{
	if (said->table < 0 || said->field < 0)
		return false;
	for (size_t i = 0; i < v->count; i++) {
		const struct rule_finding *f = &v->at[i];
		if (!f->reader && !f->is_shadow && f->table == said->table && f->row == said->row &&
		    f->field == said->field)
			return true;
	}
	return false;
}

/* Is it one of the rule's codes, about a table and a kind of value that the rule speaks of? */
static bool
is_own(const struct rule *rule, const struct claim_finding *said)
{
	bool own = false;
	for (size_t k = 0; k < rule->readers; k++)
		own |= rule->reader[k] == said->code;
	if (!own || (rule->info.table >= 0 && said->table != rule->info.table))
		return false;
	if (rule->reader_form == READER_ANY)
		return true;
	const struct claim_field_info *f = said->field >= 0 ? &claim_fields[said->field] : NULL;
	bool is_date = f && (f->type == CLAIM_LIST ? f->item_type : f->type) >= CLAIM_DATE8;
	return is_date == (rule->reader_form == READER_DATES);
}

/* What the reader said under one of the rule's codes becomes the rule's finding, at its place. */
static void
judge_reader(const struct rule *rule, size_t number, bool is_shadow, const struct rule_options *o,
    struct rule_verdict *v)
{
	size_t found = 0;
	for (size_t i = 0; o->reader && i < o->reader->count; i++) {
		const struct claim_finding *said = &o->reader->at[i];
		if (!is_own(rule, said) || is_known(v, said))
			continue;
		struct rule_finding f = { .rule = (uint16_t)number,
			.severity = rule->info.severity,
			.is_shadow = is_shadow,
			.table = said->table < 0 ? -1 : said->table,
			.field = said->field,
			.row = said->row,
			.reader = said };
		if (found++ < RULE_FINDINGS_PER_RULE)
			add_finding(v, &f);
		else
			v->hidden++;
	}
}

static bool
has_catalogs(const struct rule_catalog *catalog, uint64_t wanted, uint64_t *missing)
{
	bool all = true;
	for (unsigned i = 0; i < rule_catalog_count; i++) {
		if (!(wanted >> i & 1) || catalog->has(catalog->context, i))
			continue;
		*missing |= UINT64_C(1) << i;
		all = false;
	}
	return all;
}

static enum rule_state
state_for(const struct rule_set *set, size_t i, int32_t date)
{
	const struct rule_info *r = &set->rule[i].info;
	bool on_time = !date || (r->from <= date && date <= r->to);
	return on_time ? rule_state_on(set, i, date) : RULE_OFF;
}

static __int128
moment_of(int64_t now)
{
	struct civil c;
	time_to_civil(now, &c);
	return ((((__int128)c.year * 100 + c.month) * 100 + c.day) * 100 + c.hour) * 100 + c.minute;
}

static int32_t
date_of_days(int32_t days)
{
	int year, month, day;
	date_to_civil(days, &year, &month, &day);
	return year * 10000 + month * 100 + day;
}

static size_t
count_rows(const struct claim_document *d)
{
	size_t rows = 0;
	for (int t = 0; t < CLAIM_TABLES; t++)
		rows += d->rows[t].count;
	return rows;
}

static void
know_others(struct run *r, const struct rule_options *o)
{
	r->facts = o->facts;
	if (!o->facts)
		return;
	r->claim = o->facts_claim;
	r->own = fact_claim_of(o->facts, o->facts_claim);
	r->ma_lk = claim_document_ma_lk(r->document);
	fact_person(r->document, r->person);
}

void
rule_judge_claim(struct rule_judge *j, const struct claim_document *d, const struct rule_options *o,
    struct rule_verdict *v)
{
	int32_t date = claim_document_date(d);
	const struct rule_catalog *catalog = o->catalog ? o->catalog : &rule_catalog_builtin;
	struct run r = { .judge = j, .document = d, .catalog = catalog, .now = moment_of(o->now) };
	r.today = r.now / 10000;
	r.document_date = date ? date_of_days(date) : 0;
	know_others(&r, o);
	*v = (struct rule_verdict){ .arena = v->arena };
	for (size_t i = 0; i < j->set->indexes; i++)
		j->index[i].built = false;
	int64_t budget = RULE_STEPS_BASE + RULE_STEPS_PER_ROW * (int64_t)count_rows(d);
	for (size_t i = 0; i < j->set->count; i++) {
		const struct rule *rule = &j->set->rule[i];
		if (rule->info.kind != RULE_WHEN || !rule->when.code)
			continue;
		enum rule_state state = state_for(j->set, i, date);
		r.budget = budget;
		if (state == RULE_OFF)
			continue;
		if (!r.facts && rule->info.facts)
			v->facts_needed |= rule->info.facts;
		else if (has_catalogs(catalog, rule->info.catalogs, &v->catalogs_needed))
			judge_rule(&r, i, state == RULE_SHADOW, v);
	}
	for (size_t i = 0; i < j->set->count; i++) {
		enum rule_state state = state_for(j->set, i, date);
		if (j->set->rule[i].info.kind == RULE_READER && state != RULE_OFF)
			judge_reader(&j->set->rule[i], i, state == RULE_SHADOW, o, v);
	}
}
