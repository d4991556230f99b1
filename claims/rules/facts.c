/* The index of facts: groups of one key each, sorted by time, and the claims that said them. */
#include <stdlib.h>

#include "claims/rules/facts_index.h"

#define BLOCK 64u /* entries whose last minute is known together */
#define SPACE_PERSON_CITIZEN 0u
#define SPACE_PERSON_INSURED 1u
#define SPACE_KINDS 2u /* + kind: other keys */

const struct rule_fact_info rule_facts_infos[RULE_FACT_KINDS] = {
	[RULE_FACT_DOSSIER] = { "dossier", 1, false, false, 0,
	    "A claim of the same file under its MA_LK; from NGAY_VAO to NGAY_RA" },
	[RULE_FACT_STAY] = { "stay", 0, true, false, 0,
	    "A visit of the same person, from NGAY_VAO to NGAY_RA; code MA_LOAI_KCB" },
	[RULE_FACT_SUPPLY] = { "supply", 0, true, true, 0,
	    "Drugs for days at home, until they run out; code MA_BENH_CHINH, value days" },
	[RULE_FACT_COPAY] = { "copay", 0, true, true, 2,
	    "Co-payment of a visit, at its end; code MA_DOITUONG_KCB, value T_BNCCT" },
	[RULE_FACT_SERVICE] = { "service", 0, true, true, 0,
	    "A test, image, operation or procedure the person had, at its time; code MA_DICH_VU, value "
	    "MA_NHOM" },
	[RULE_FACT_LEAVE] = { "leave", 0, true, true, 0,
	    "Sick leave, from its first to its last day; code XML7 or XML11, value days" },
	[RULE_FACT_ORDER] = { "order", 1, false, false, 0,
	    "Something a practitioner (MA_BAC_SI) ordered, at NGAY_YL" },
	[RULE_FACT_WORK] = { "work", 1, true, true, 0,
	    "A service that a practitioner (NGUOI_THUC_HIEN; of a consultation without one MA_BAC_SI) "
	    "carried out, "
	    "from NGAY_TH_YL to NGAY_KQ; code MA_DICH_VU, value MA_NHOM" },
	[RULE_FACT_MACHINE] = { "machine", 1, true, true, 0,
	    "Use of a machine (MA_MAY), from NGAY_TH_YL to NGAY_KQ; code MA_DICH_VU, value MA_NHOM" },
	[RULE_FACT_BED] = { "bed", 3, true, true, 0,
	    "A bed day, by MA_CSKCB, MA_KHOA and MA_GIUONG, from NGAY_TH_YL to NGAY_KQ; code MA_DICH_VU, "
	    "value "
	    "TYLE_TT_DV" },
	[RULE_FACT_PAPER] = { "paper", 2, true, false, 0,
	    "A birth certificate by SO and QUYEN_SO, at NGAY_VAO; code XML9" },
};

struct fact_table {
	struct fact_name **bucket;
	size_t size, count;
};

struct rule_facts {
	struct fact_table groups, claims, texts;
	struct fact_claim **claim; /* by number − 1 */
	size_t numbers, number_capacity;
	uint32_t *unused; /* numbers given back */
	size_t unused_count;
	size_t count, limit;
	uint32_t cut; /* bit per kind */
};

int
rule_fact_find(struct slice name)
{
	for (int i = 0; i < RULE_FACT_KINDS; i++)
		if (slice_eq_text(name, rule_facts_infos[i].name))
			return i;
	return -1;
}

static void *
must(void *p)
{
	if (!p)
		fatal("out of memory");
	return p;
}

/* ---- hash tables ---- */

static uint64_t
hash_of(struct slice s, uint32_t space)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) + space * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.at[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

static struct fact_name *
table_find(const struct fact_table *t, struct slice text, uint32_t space)
{
	uint64_t hash = hash_of(text, space);
	struct fact_name *n = t->size ? t->bucket[hash & (t->size - 1)] : NULL;
	while (n && (n->hash != hash || n->space != space || !slice_eq(slice_from(n->text, n->len), text)))
		n = n->next;
	return n;
}

static void
table_grow(struct fact_table *t)
{
	size_t size = t->size ? t->size * 2 : 64;
	struct fact_name **bucket = must(calloc(size, sizeof(struct fact_name *)));
	for (size_t i = 0; i < t->size; i++) {
		for (struct fact_name *n = t->bucket[i], *next; n; n = next) {
			next = n->next;
			n->next = bucket[n->hash & (size - 1)];
			bucket[n->hash & (size - 1)] = n;
		}
	}
	free(t->bucket);
	t->bucket = bucket;
	t->size = size;
}

/* Enters a new name whose text stands behind the struct of so many bytes that begins with it. */
static struct fact_name *
table_add(struct fact_table *t, struct slice text, uint32_t space, size_t size)
{
	if (t->count >= t->size)
		table_grow(t);
	struct fact_name *n = must(calloc(1, size + text.len));
	char *copy = (char *)n + size;
	if (text.len)
		memcpy(copy, text.at, text.len);
	n->hash = hash_of(text, space);
	n->space = space;
	n->text = copy;
	n->len = (uint32_t)text.len;
	n->next = t->bucket[n->hash & (t->size - 1)];
	t->bucket[n->hash & (t->size - 1)] = n;
	t->count++;
	return n;
}

static void
table_remove(struct fact_table *t, struct fact_name *n)
{
	struct fact_name **at = &t->bucket[n->hash & (t->size - 1)];
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	t->count--;
	free(n);
}

static struct fact_text *
text_take(struct rule_facts *x, struct slice s)
{
	if (s.len == 0)
		return NULL;
	struct fact_text *t = (struct fact_text *)table_find(&x->texts, s, 0);
	if (!t)
		t = (struct fact_text *)table_add(&x->texts, s, 0, sizeof(*t));
	t->uses++;
	return t;
}

static void
text_drop(struct rule_facts *x, struct fact_text *t)
{
	if (t && --t->uses == 0)
		table_remove(&x->texts, &t->name);
}

/* ---- groups ---- */

static struct slice
join_key(const struct slice *key, unsigned parts, char out[RULE_FACT_KEY_MAX])
{
	size_t len = 0;
	for (unsigned i = 0; i < parts; i++) {
		if (key[i].len == 0 || len + key[i].len + 1 > RULE_FACT_KEY_MAX)
			return SLICE("");
		if (i)
			out[len++] = '\t';
		memcpy(out + len, key[i].at, key[i].len);
		len += key[i].len;
	}
	return slice_from(out, len);
}

/* Finds (or makes) the groups of a key: of a person up to two, else one. */
static void
groups_of(struct rule_facts *x, unsigned kind, const struct slice *key, bool make, struct fact_group *ret[2])
{
	char joined[RULE_FACT_KEY_MAX];
	unsigned parts = rule_facts_infos[kind].keys;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t space = parts ? SPACE_KINDS + kind : i;
		struct slice s = SLICE("");
		if (parts == 0 || i == 0)
			s = join_key(parts ? key : &key[i], parts ? parts : 1, joined);
		ret[i] = s.len ? (struct fact_group *)table_find(&x->groups, s, space) : NULL;
		if (s.len && !ret[i] && make)
			ret[i] = (struct fact_group *)table_add(&x->groups, s, space, sizeof(**ret));
	}
}

static void
group_free(struct fact_group *g)
{
	free(g->at);
	free(g->reach);
}

static void
group_add(struct fact_group *g, struct fact *f)
{
	if (!g)
		return;
	if (g->count == g->capacity) {
		g->capacity = g->capacity ? g->capacity * 2 : 2;
		g->at = must(realloc(g->at, g->capacity * sizeof(*g->at)));
	}
	g->at[g->count++] = (struct fact_entry){ f->from, f->to, f };
}

static int
compare_entries(const void *a, const void *b)
{
	const struct fact_entry *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	uint32_t c = x->fact->claim->number, d = y->fact->claim->number;
	return c < d ? -1 : c > d;
}

/* First entry that begins after a minute. */
static uint32_t
group_after(const struct fact_group *g, int64_t minute)
{
	uint32_t low = 0, high = g->sorted;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (g->at[middle].from <= minute)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Computes the blocks' last minutes anew from the block of an entry on. */
static void
group_reach(struct fact_group *g, uint32_t from)
{
	if (g->count <= BLOCK)
		return;
	uint32_t blocks = (g->count + BLOCK - 1) / BLOCK, first = from / BLOCK;
	if (blocks > g->blocks) {
		g->reach = must(realloc(g->reach, 2 * (size_t)blocks * sizeof(*g->reach)));
		if (g->blocks == 0)
			first = 0;
		g->blocks = 2 * blocks;
	}
	for (uint32_t b = first; b < blocks; b++) {
		int64_t last = INT64_MIN;
		for (uint32_t i = b * BLOCK; i < g->count && i < (b + 1) * BLOCK; i++)
			last = g->at[i].to > last ? g->at[i].to : last;
		g->reach[b] = last;
	}
}

/* Puts the entries that came last into their places. */
static void
group_settle(struct fact_group *g)
{
	uint32_t first = g->sorted;
	if (g->sorted == g->count)
		return;
	if (g->count - g->sorted > 8) {
		qsort(g->at, g->count, sizeof(*g->at), compare_entries);
		g->sorted = g->count;
		first = 0;
	}
	while (g->sorted < g->count) {
		struct fact_entry e = g->at[g->sorted];
		uint32_t i = g->sorted++;
		for (; i > 0 && compare_entries(&e, &g->at[i - 1]) < 0; i--)
			g->at[i] = g->at[i - 1];
		g->at[i] = e;
		first = i < first ? i : first;
	}
	group_reach(g, first);
}

static void
group_remove(struct rule_facts *x, struct fact_group *g, const struct fact *f)
{
	if (!g)
		return;
	group_settle(g);
	uint32_t i = group_after(g, f->from - 1);
	while (g->at[i].fact != f)
		i++;
	memmove(&g->at[i], &g->at[i + 1], (g->count - i - 1) * sizeof(*g->at));
	g->sorted = --g->count;
	if (g->count) {
		group_reach(g, i);
		return;
	}
	group_free(g);
	table_remove(&x->groups, &g->key);
}

/* ---- the index ---- */

struct rule_facts *
rule_facts_new(size_t limit)
{
	struct rule_facts *x = must(calloc(1, sizeof(*x)));
	x->limit = limit;
	return x;
}

static void
claim_free(struct fact_claim *c)
{
	for (struct fact *f = c ? c->first : NULL, *next; f; f = next) {
		next = f->next;
		free(f);
	}
	free(c);
}

static void
table_clear(struct fact_table *t)
{
	for (size_t i = 0; t->count && i < t->size; i++) {
		for (struct fact_name *n = t->bucket[i], *next; n; n = next) {
			next = n->next;
			free(n);
		}
		t->bucket[i] = NULL;
	}
	t->count = 0;
}

void
rule_facts_clear(struct rule_facts *x)
{
	for (size_t i = 0; x->groups.count && i < x->groups.size; i++)
		for (struct fact_name *n = x->groups.bucket[i]; n; n = n->next)
			group_free((struct fact_group *)n);
	table_clear(&x->groups);
	for (size_t i = 0; i < x->numbers; i++)
		claim_free(x->claim[i]);
	if (x->claims.count)
		memset(x->claims.bucket, 0, x->claims.size * sizeof(*x->claims.bucket));
	x->claims.count = 0;
	table_clear(&x->texts);
	x->numbers = x->unused_count = x->count = 0;
	x->cut = 0;
}

void
rule_facts_free(struct rule_facts *x)
{
	if (!x)
		return;
	rule_facts_clear(x);
	free(x->groups.bucket);
	free(x->claims.bucket);
	free(x->texts.bucket);
	free(x->claim);
	free(x->unused);
	free(x);
}

size_t
rule_facts_count(const struct rule_facts *x)
{
	return x->count;
}

bool
fact_is_cut(const struct rule_facts *x, unsigned kind)
{
	return x->cut >> kind & 1;
}

void
rule_facts_cut(struct rule_facts *x, uint32_t kinds)
{
	x->cut |= kinds;
}

/* ---- claims and their facts ---- */

static uint32_t
number_take(struct rule_facts *x)
{
	if (x->unused_count)
		return x->unused[--x->unused_count];
	if (x->numbers == x->number_capacity) {
		x->number_capacity = x->number_capacity ? 2 * x->number_capacity : 64;
		x->claim = must(realloc(x->claim, x->number_capacity * sizeof(*x->claim)));
		/* room to give every number back */
		x->unused = must(realloc(x->unused, x->number_capacity * sizeof(*x->unused)));
	}
	return (uint32_t)++x->numbers;
}

int
rule_facts_claim(struct rule_facts *x, uint32_t batch, struct slice ma_lk, struct slice facility,
    uint32_t *ret_claim, struct err *e)
{
	if (x->claims.count >= x->limit || x->claims.count >= UINT32_MAX - 1)
		return err_set(e, ERR_LIMIT, NULL, "the index of other claims is full: %zu claims", x->limit);
	struct fact_claim *c = (struct fact_claim *)table_add(&x->claims, ma_lk, 0, sizeof(*c));
	c->facility = text_take(x, facility);
	c->batch = batch;
	c->number = number_take(x);
	x->claim[c->number - 1] = c;
	*ret_claim = c->number;
	return 0;
}

uint32_t
fact_claim_find(const struct rule_facts *x, struct slice ma_lk)
{
	const struct fact_claim *c = (const struct fact_claim *)table_find(&x->claims, ma_lk, 0);
	return c ? c->number : 0;
}

const struct fact_claim *
fact_claim_of(const struct rule_facts *x, uint32_t claim)
{
	return claim && claim <= x->numbers ? x->claim[claim - 1] : NULL;
}

int
rule_facts_add(struct rule_facts *x, uint32_t claim, const struct rule_fact *f, struct err *e)
{
	struct fact_group *group[2];
	struct fact_claim *c = x->claim[claim - 1];
	size_t len = 0;
	for (unsigned i = 0; i < RULE_FACT_KEYS_MAX; i++)
		len += f->key[i].len + 1;
	if (len > RULE_FACT_KEY_MAX)
		return err_set(e, ERR_INPUT, "key", "a key of a fact may have %d bytes", RULE_FACT_KEY_MAX);
	if (x->count >= x->limit)
		return err_set(e, ERR_LIMIT, NULL, "the index of other claims is full: %zu facts", x->limit);
	if (f->from <= 0 || f->to < f->from)
		return 0;
	groups_of(x, f->kind, f->key, true, group);
	if (!group[0] && !group[1])
		return 0;
	struct fact *to = must(malloc(sizeof(*to)));
	*to = (struct fact){ .next = c->first,
		.claim = c,
		.code = text_take(x, f->code),
		.group = { group[0], group[1] },
		.from = f->from,
		.to = f->to,
		.value = f->value,
		.kind = f->kind };
	c->first = to;
	group_add(group[0], to);
	group_add(group[1], to);
	x->count++;
	return 0;
}

void
rule_facts_remove(struct rule_facts *x, uint32_t claim)
{
	if (claim == 0 || claim > x->numbers || !x->claim[claim - 1])
		return;
	struct fact_claim *c = x->claim[claim - 1];
	for (struct fact *f = c->first, *next; f; f = next) {
		next = f->next;
		group_remove(x, f->group[0], f);
		group_remove(x, f->group[1], f);
		text_drop(x, f->code);
		free(f);
		x->count--;
	}
	text_drop(x, c->facility);
	table_remove(&x->claims, &c->ma_lk);
	x->claim[claim - 1] = NULL;
	x->unused[x->unused_count++] = claim;
}

/* ---- looking up ---- */

static void
cursor_open(struct fact_cursor *c)
{
	const struct fact_group *g = c->group[c->part];
	c->at = 0;
	c->end = g ? group_after(g, c->to) : 0;
}

void
fact_seek(struct rule_facts *x, unsigned kind, const struct slice *key, int64_t from, int64_t to,
    struct fact_cursor *ret)
{
	struct fact_group *group[2];
	groups_of(x, kind, key, false, group);
	for (int i = 0; i < 2; i++)
		if (group[i])
			group_settle(group[i]);
	*ret = (struct fact_cursor){
		.group = { group[0], group[1] }, .from = from, .to = to, .kind = (uint8_t)kind
	};
	cursor_open(ret);
}

const struct fact *
fact_next(struct fact_cursor *c)
{
	for (;;) {
		const struct fact_group *g = c->group[c->part];
		while (c->at < c->end) {
			c->steps++;
			if (c->at % BLOCK == 0 && g->count > BLOCK && g->reach[c->at / BLOCK] < c->from) {
				c->at += BLOCK;
				continue;
			}
			const struct fact_entry *e = &g->at[c->at++];
			/* what the first key of a person gave already */
			bool twice = c->part == 1 && c->group[0] && e->fact->group[0] == c->group[0];
			if (e->to >= c->from && e->fact->kind == c->kind && !twice)
				return e->fact;
		}
		if (c->part == 1)
			return NULL;
		c->part = 1;
		cursor_open(c);
	}
}
