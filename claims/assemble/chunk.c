#include "claims/assemble/chunk.h"

#include <stdlib.h>

static int
by_visit(const void *a, const void *b)
{
	const struct claim_piece *x = a, *y = b;

	return x->visit_id < y->visit_id ? -1 : x->visit_id > y->visit_id;
}

void
claim_chunk_init(struct claim_chunk *k, struct arena *a, const int64_t *visit_id, size_t count)
{
	*k = (struct claim_chunk){
		.arena = a, .piece = ARENA_ARRAY(a, count, struct claim_piece), .count = count
	};
	for (size_t i = 0; i < count; i++)
		k->piece[i].visit_id = visit_id[i];
	qsort(k->piece, count, sizeof(*k->piece), by_visit);
	for (size_t i = 0; i < count; i++)
		k->piece[i].document = claim_document_new(a);
}

struct claim_piece *
claim_chunk_find(const struct claim_chunk *k, int64_t visit_id)
{
	const struct claim_piece wanted = { .visit_id = visit_id };

	return k->count ? bsearch(&wanted, k->piece, k->count, sizeof(*k->piece), by_visit) : NULL;
}

static int
column_find(const char *const *column, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(column[i], name) == 0)
			return (int)i;
	return -1;
}

static int
row_column(const char *const *column, size_t count)
{
	static const char *const names[] = { "_charge_id", "_result_id", "_note_id" };
	int at = -1;

	for (size_t i = 0; at < 0 && i < sizeof(names) / sizeof(names[0]); i++)
		at = column_find(column, count, names[i]);
	return at;
}

int
claim_source_make(struct arena *a, enum claim_table table, const char *const *column, size_t count,
    struct claim_source *ret, struct err *e)
{
	struct claim_source s = {
		.visit = column_find(column, count, "_visit_id"),
		.arrived = column_find(column, count, "_arrived"),
		.discharged = column_find(column, count, "_discharged"),
		.drug_days = column_find(column, count, "_drug_days"),
		.service_days = column_find(column, count, "_service_days"),
		.doctor = column_find(column, count, "_doctor"),
		.row = row_column(column, count),
		.source_kind = column_find(column, count, "_source_kind"),
		.source = column_find(column, count, "_source_id"),
	};
	int bad;

	if (s.visit < 0 || count > CLAIM_SOURCE_COLUMNS_MAX)
		return err_set(e, ERR_INPUT, "_visit_id", "not the columns of a claim table");
	bad = claim_mapping_make(a, table, column, count, &s.mapping, e);
	if (bad == 0)
		*ret = s;
	return bad;
}

/* A number of a column with '_'; 0 when the column or the value is absent. */
static int64_t
key_cell(const struct slice *cell, int column)
{
	int64_t value = 0;

	if (column >= 0)
		slice_to_int64(cell[column], &value);
	return value;
}

/* The piece of a row; rows mostly come visit by visit. */
static struct claim_piece *
piece_of(struct claim_chunk *k, int64_t visit_id)
{
	struct claim_piece *p;

	if (k->last < k->count && k->piece[k->last].visit_id == visit_id)
		return &k->piece[k->last];
	p = claim_chunk_find(k, visit_id);
	if (p)
		k->last = (size_t)(p - k->piece);
	return p;
}

/* Notes what the row just added was made of. */
static void
keep_key(struct claim_chunk *k, struct claim_piece *p, const struct claim_source *s, const struct slice *cell)
{
	enum claim_table table = s->mapping.table;
	size_t at = claim_row_count(p->document, table) - 1;
	*ARENA_PUSH(k->arena, p->key[table], at, p->key_capacity[table]) =
	    (struct claim_row_key){ key_cell(cell, s->row),
		    s->source_kind < 0 ? "" : arena_text(k->arena, cell[s->source_kind]),
		    key_cell(cell, s->source) };
}

/* "code, tab, name" */
static void
keep_doctor(struct claim_chunk *k, struct claim_piece *p, struct slice cell)
{
	struct slice name = arena_slice(k->arena, cell), code = SLICE("");

	slice_split(&name, '\t', &code);
	p->signers = (struct claim_signers){ code, name };
}

void
claim_chunk_add(struct claim_chunk *k, const struct claim_source *s, const struct slice *cell)
{
	struct claim_piece *p = piece_of(k, key_cell(cell, s->visit));
	struct err e = { 0 };

	if (!p || p->problem.code != ERR_NONE)
		return;
	if (claim_row_count(p->document, s->mapping.table) == CLAIM_ROWS_MAX)
		err_set(&p->problem, ERR_LIMIT, claim_tables[s->mapping.table].name, "too many rows");
	else if (claim_mapping_add(&s->mapping, p->document, cell, &e) < 0)
		p->problem = e;
	else if (k->keeps_keys)
		keep_key(k, p, s, cell);
	if (s->mapping.table != CLAIM_XML1)
		return;
	p->found = true;
	p->completion.admitted_at = key_cell(cell, s->arrived);
	p->completion.discharged_at = key_cell(cell, s->discharged);
	p->completion.drug_days = (int)key_cell(cell, s->drug_days);
	p->completion.service_days = (int)key_cell(cell, s->service_days);
	if (s->doctor >= 0 && cell[s->doctor].len)
		keep_doctor(k, p, cell[s->doctor]);
}

void
claim_chunk_complete(struct claim_chunk *k, const struct benefit_rules *rules)
{
	for (size_t i = 0; i < k->count; i++) {
		struct claim_piece *p = &k->piece[i];

		p->completion.rules = rules;
		if (p->problem.code != ERR_NONE)
			continue;
		if (!p->found)
			err_set(&p->problem, ERR_NOT_FOUND, "XML1", "the visit is not there any more");
		else if (claim_complete(p->document, &p->completion, &p->problem) == 0)
			claim_add_papers(p->document, &p->signers);
	}
}
