/* Comparing two documents. */
#include <stdlib.h>

#include "claims/diff.h"

struct diff_list {
	struct arena *arena;
	struct claim_diff *at;
	size_t count, capacity;
};

/* Rows of one table on both sides and, for each, its partner's index + 1 (0 = none yet). */
struct pairing {
	const struct claim_rows *a, *b;
	uint32_t *of_a, *of_b;
};

/* A numbered row for sorting. */
struct keyed {
	int64_t key;
	uint32_t row;
};

static bool
same_value(const struct claim_row *a, const struct claim_row *b, enum claim_field f)
{
	bool has = claim_has(a, f);
	if (has != claim_has(b, f))
		return false;
	if (!has)
		return true;
	bool raw = claim_is_raw(a, f);
	if (raw != claim_is_raw(b, f))
		return false;
	if (claim_is_number(f) && !raw)
		return claim_number(a, f) == claim_number(b, f);
	return slice_eq(claim_text(a, f), claim_text(b, f));
}

static bool
same_row(const struct claim_row *a, const struct claim_row *b)
{
	const struct claim_table_info *t = &claim_tables[a->table];
	for (unsigned i = 0; i < t->count; i++)
		if (!same_value(a, b, (enum claim_field)(t->first + i)))
			return false;
	return true;
}

static void
pair(struct pairing *p, uint32_t i, uint32_t k)
{
	p->of_a[i] = k + 1;
	p->of_b[k] = i + 1;
}

static int
compare_keyed(const void *x, const void *y)
{
	const struct keyed *a = x, *b = y;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static uint64_t
mix(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	return h;
}

static int64_t
content_key(const struct claim_row *r)
{
	const struct claim_table_info *t = &claim_tables[r->table];
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (unsigned i = 0; i < t->count; i++) {
		enum claim_field f = (enum claim_field)(t->first + i);
		if (!claim_has(r, f))
			continue;
		h = mix(h, &i, sizeof(i));
		int64_t number = claim_is_number(f) ? claim_number(r, f) : 0;
		if (number) {
			h = mix(h, &number, sizeof(number));
		} else if (!claim_is_number(f) || claim_is_raw(r, f)) {
			struct slice s = claim_text(r, f);
			h = mix(h, s.at, s.len);
		}
	}
	return (int64_t)h;
}

static int64_t
stt_key(const struct claim_row *r)
{
	int f = claim_field_of((enum claim_table)r->table, "STT");
	return f < 0 ? 0 : claim_number(r, (enum claim_field)f);
}

/* The rows without a partner, sorted by key; rows with key 0 are left out. */
static size_t
collect(struct arena *a, const struct claim_rows *rows, const uint32_t *partner,
    int64_t (*key)(const struct claim_row *), struct keyed **ret)
{
	struct keyed *list = ARENA_ARRAY(a, rows->count, struct keyed);
	size_t count = 0;
	for (uint32_t i = 0; i < rows->count; i++) {
		int64_t k = partner[i] ? 0 : key(rows->at[i]);
		if (k)
			list[count++] = (struct keyed){ k, i };
	}
	qsort(list, count, sizeof(*list), compare_keyed);
	*ret = list;
	return count;
}

/* End of the run of equal keys that begins at i. */
static size_t
run_end(const struct keyed *list, size_t count, size_t i)
{
	size_t end = i + 1;
	while (end < count && list[end].key == list[i].key)
		end++;
	return end;
}

/* Pairs rows of equal key: only unambiguous ones (unique), or equal ones in their order. */
static void
pair_by(struct arena *arena, struct pairing *p, int64_t (*key)(const struct claim_row *), bool unique)
{
	struct keyed *a, *b;
	size_t na = collect(arena, p->a, p->of_a, key, &a), nb = collect(arena, p->b, p->of_b, key, &b);
	for (size_t i = 0, k = 0; i < na && k < nb;) {
		if (a[i].key != b[k].key) {
			if (a[i].key < b[k].key)
				i++;
			else
				k++;
			continue;
		}
		size_t end_a = run_end(a, na, i), end_b = run_end(b, nb, k);
		bool single = end_a == i + 1 && end_b == k + 1;
		for (size_t x = i, y = k; x < end_a && y < end_b && (single || !unique); x++, y++)
			if (unique || same_row(p->a->at[a[x].row], p->b->at[b[y].row]))
				pair(p, a[x].row, b[y].row);
		i = end_a;
		k = end_b;
	}
}

static void
pair_rest(struct pairing *p)
{
	uint32_t k = 0;
	for (uint32_t i = 0; i < p->a->count; i++) {
		if (p->of_a[i])
			continue;
		while (k < p->b->count && p->of_b[k])
			k++;
		if (k == p->b->count)
			return;
		pair(p, i, k);
	}
}

static void
add(struct diff_list *l, struct claim_diff d)
{
	*ARENA_PUSH(l->arena, l->at, l->count, l->capacity) = d;
}

static void
compare_rows(struct diff_list *l, enum claim_table table, const struct pairing *p, uint32_t i, uint32_t k)
{
	const struct claim_table_info *t = &claim_tables[table];
	const struct claim_row *a = p->a->at[i], *b = p->b->at[k];
	for (unsigned n = 0; n < t->count; n++) {
		int f = (int)(t->first + n);
		if (!same_value(a, b, (enum claim_field)f))
			add(l, (struct claim_diff){ CLAIM_DIFF_CHANGED, table, f, i + 1, k + 1, a, b });
	}
}

static void
diff_table(
    struct diff_list *l, enum claim_table table, const struct claim_rows *a, const struct claim_rows *b)
{
	struct pairing p = { a, b, ARENA_ARRAY(l->arena, a->count, uint32_t),
		ARENA_ARRAY(l->arena, b->count, uint32_t) };
	pair_by(l->arena, &p, stt_key, true);
	pair_by(l->arena, &p, content_key, false);
	pair_rest(&p);
	for (uint32_t i = 0; i < a->count; i++) {
		if (p.of_a[i])
			compare_rows(l, table, &p, i, p.of_a[i] - 1);
		else
			add(l,
			    (struct claim_diff){ CLAIM_DIFF_REMOVED, table, -1, i + 1, 0, a->at[i], NULL });
	}
	for (uint32_t k = 0; k < b->count; k++)
		if (!p.of_b[k])
			add(l, (struct claim_diff){ CLAIM_DIFF_ADDED, table, -1, 0, k + 1, NULL, b->at[k] });
}

void
claim_document_diff(struct arena *arena, const struct claim_document *a, const struct claim_document *b,
    struct claim_diff **ret, size_t *ret_count)
{
	struct diff_list l = { .arena = arena };
	for (enum claim_table t = CLAIM_XML0; t < CLAIM_TABLES; t++)
		diff_table(&l, t, &a->rows[t], &b->rows[t]);
	*ret = l.at;
	*ret_count = l.count;
}
