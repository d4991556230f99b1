/* A catalogue source filled with rows. */
#include "claims/rules/catalog_rows.h"

#include <stdio.h>

#include "base/decimal.h"
#include "base/map.h"
#include "base/time.h"
#include "base/tsv.h"

#define CATALOGS_MAX 64 /* as rule_info.catalogs has bits */
#define LAST_DAY 99991231

struct cell {
	union {
		int64_t number;
		const char *at;
	};
	uint32_t len;
	bool missing;
};

struct row {
	struct row *next; /* of the same keys, in the order of adding */
	int32_t from, to;
	struct cell cell[];
};

struct chain { /* rows of one catalogue with the same keys */
	struct row *first, *last;
	size_t count;
};

struct rule_catalog_rows {
	struct arena *arena;
	struct map *chain; /* number of the catalogue + keys → struct chain */
	uint64_t present;
	size_t rows[CATALOGS_MAX];
	size_t bytes;
};

/* What a row is found by: the catalogue's number, then the keys joined by tabs. */
struct joined {
	char at[RULE_CATALOG_KEY_MAX + 2];
	size_t len;
};

struct rule_catalog_rows *
rule_catalog_rows_new(struct arena *a)
{
	struct rule_catalog_rows *r = ARENA_NEW(a, struct rule_catalog_rows);
	r->arena = a;
	r->chain = map_new(a);
	return r;
}

void
rule_catalog_rows_present(struct rule_catalog_rows *r, unsigned catalog)
{
	r->present |= UINT64_C(1) << catalog;
}

size_t
rule_catalog_rows_count(const struct rule_catalog_rows *r, unsigned catalog)
{
	return r->rows[catalog];
}

/* False when a key is empty or all of them are too long. */
static bool
join_keys(unsigned catalog, const struct slice *key, struct joined *ret)
{
	const struct rule_catalog_info *info = &rule_catalogs[catalog];
	ret->at[0] = (char)catalog;
	ret->len = 1;
	for (unsigned i = 0; i < info->keys; i++) {
		size_t before = ret->len;
		if (key[i].len == 0 || key[i].len + ret->len + 1 > sizeof(ret->at))
			return false;
		if (i + 1u != info->disease_key) {
			memcpy(ret->at + ret->len, key[i].at, key[i].len);
			ret->len += key[i].len;
		} else {
			for (size_t k = 0; k < key[i].len; k++)
				if (key[i].at[k] != '.')
					ret->at[ret->len++] = key[i].at[k];
		}
		if (ret->len == before)
			return false;
		if (i + 1u < info->keys)
			ret->at[ret->len++] = '\t';
	}
	return true;
}

/* ---- adding ---- */

static int
fault(unsigned catalog, const char *column, enum err_code code, struct err *e, const char *detail)
{
	char place[sizeof(e->field)];
	snprintf(place, sizeof(place), "%s:%s", rule_catalogs[catalog].name, column);
	return err_set(e, code, place, "%s", detail);
}

/* yyyyMMdd or yyyy-MM-dd as a number yyyyMMdd; empty is 0. */
static int
parse_day(struct slice s, int32_t *ret)
{
	int32_t day = 0;
	int y, m, d;
	*ret = 0;
	if (s.len == 0)
		return 0;
	if ((s.len == 8 ? date_parse8(s, &day, NULL) : date_parse_iso(s, &day, NULL)) < 0)
		return ERR_INPUT;
	date_to_civil(day, &y, &m, &d);
	*ret = y * 10000 + m * 100 + d;
	return 0;
}

static int
parse_bool(struct slice s, struct cell *ret)
{
	if (s.len != 1 || (s.at[0] != 't' && s.at[0] != 'f'))
		return ERR_INPUT;
	ret->number = s.at[0] == 't';
	return 0;
}

static int
parse_time(struct slice s, struct cell *ret)
{
	int64_t instant;
	if (time_parse12(s, &instant, NULL) < 0)
		return ERR_INPUT;
	return slice_to_int64(s, &ret->number);
}

static bool
has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] < 0x20)
			return true;
	return false;
}

/* The text itself is only borrowed. */
static int
parse_cell(const struct rule_attribute *a, struct slice s, struct cell *ret)
{
	int32_t day = 0;
	int rc;
	*ret = (struct cell){ .missing = s.len == 0 };
	if (ret->missing)
		return 0;
	switch ((enum rule_type)a->type) {
	case RULE_BOOL:
		return parse_bool(s, ret);
	case RULE_NUMBER:
		return decimal_parse(s, a->scale, &ret->number, NULL);
	case RULE_DATE:
		rc = parse_day(s, &day);
		ret->number = day;
		return rc;
	case RULE_TIME:
		return parse_time(s, ret);
	case RULE_TEXT:
		break;
	}
	if (has_control(s) || s.len > UINT32_MAX)
		return ERR_INPUT;
	ret->at = s.at;
	ret->len = (uint32_t)s.len;
	return 0;
}

static const char *
want_of(const struct rule_attribute *a)
{
	static const char *const want[] = { [RULE_BOOL] = "neither t nor f",
		[RULE_NUMBER] = "not a number with so few decimals",
		[RULE_TEXT] = "a text with control characters",
		[RULE_DATE] = "not a date yyyyMMdd",
		[RULE_TIME] = "not a time yyyyMMddHHmm" };
	return want[a->type];
}

static int
check_keys(unsigned catalog, const struct slice *key, struct joined *joined, struct err *e)
{
	char column[8];
	for (unsigned i = 0; i < rule_catalogs[catalog].keys; i++) {
		snprintf(column, sizeof(column), "key%u", i + 1);
		if (key[i].len == 0)
			return fault(catalog, column, ERR_INPUT, e, "the key is empty");
		if (has_control(key[i]))
			return fault(catalog, column, ERR_INPUT, e, "the key has control characters");
	}
	if (!join_keys(catalog, key, joined))
		return fault(
		    catalog, "key1", ERR_LIMIT, e, "the keys are longer than 200 bytes or only dots");
	return 0;
}

/* The chain of those keys, made when there is none. */
static struct chain *
chain_of(struct rule_catalog_rows *r, const struct joined *joined)
{
	struct slice key = { joined->at, joined->len };
	struct chain *c = map_get(r->chain, key);
	if (!c) {
		c = ARENA_NEW(r->arena, struct chain);
		map_put(r->chain, key, c);
		r->bytes += sizeof(*c) + 4 * key.len + 64;
	}
	return c;
}

static void
append(struct chain *c, struct row *row)
{
	if (c->last)
		c->last->next = row;
	else
		c->first = row;
	c->last = row;
	c->count++;
}

/* Parses cells[] as far as the catalogue has attributes; *ret_texts is how many bytes their texts need. */
static int
parse_cells(
    unsigned catalog, const struct slice *cell, struct cell *ret_cells, size_t *ret_texts, struct err *e)
{
	const struct rule_catalog_info *info = &rule_catalogs[catalog];
	size_t texts = 0;
	for (size_t i = 0; i < info->attributes; i++) {
		int rc = parse_cell(&info->attribute[i], cell[i], &ret_cells[i]);
		if (rc < 0)
			return fault(catalog, info->attribute[i].name, rc, e, want_of(&info->attribute[i]));
		texts += ret_cells[i].len;
	}
	*ret_texts = texts;
	return 0;
}

/* Copies the cells' texts behind the row, all in one piece. */
static struct row *
make_row(struct rule_catalog_rows *r, unsigned catalog, const struct cell *cells, size_t texts)
{
	size_t count = rule_catalogs[catalog].attributes;
	size_t size = sizeof(struct row) + count * sizeof(struct cell);
	struct row *row = arena_alloc(r->arena, size + texts);
	char *text = (char *)row + size;
	if (count)
		memcpy(row->cell, cells, count * sizeof(*cells));
	for (size_t i = 0; i < count; i++) {
		if (row->cell[i].len == 0)
			continue;
		memcpy(text, row->cell[i].at, row->cell[i].len);
		row->cell[i].at = text;
		text += row->cell[i].len;
	}
	return row;
}

/* Makes days from … to valid in a chain that only says that there is a row. */
static void
cover(struct rule_catalog_rows *r, unsigned catalog, struct chain *c, int32_t from, int32_t to)
{
	struct cell missing[TSV_COLUMNS_MAX];
	for (struct row *known = c->first; known; known = known->next)
		if (known->from <= from && to <= known->to)
			return;
	if (c->count == RULE_CATALOG_PERIODS_MAX) {
		c->last->from = from < c->last->from ? from : c->last->from;
		c->last->to = to > c->last->to ? to : c->last->to;
		return;
	}
	for (size_t i = 0; i < rule_catalogs[catalog].attributes; i++)
		missing[i] = (struct cell){ .missing = true };
	struct row *row = make_row(r, catalog, missing, 0);
	row->from = from;
	row->to = to;
	append(c, row);
	r->bytes += sizeof(*row) + rule_catalogs[catalog].attributes * sizeof(struct cell);
}

/* Notes the row under "*" in place of some of its keys, so that a rule can ask whether there is any. */
static void
add_any(struct rule_catalog_rows *r, unsigned catalog, const struct slice *key, const struct row *row)
{
	unsigned keys = rule_catalogs[catalog].keys;
	if (rule_catalogs[catalog].is_builtin || keys < 2)
		return;
	for (unsigned kept = 1; kept + 1 < 1u << keys; kept++) {
		struct slice any[RULE_CATALOG_KEYS_MAX];
		struct joined joined;
		for (unsigned i = 0; i < keys; i++)
			any[i] = kept >> i & 1 ? key[i] : SLICE("*");
		if (join_keys(catalog, any, &joined))
			cover(r, catalog, chain_of(r, &joined), row->from, row->to);
	}
}

int
rule_catalog_rows_add(struct rule_catalog_rows *r, unsigned catalog, const struct slice *key, int32_t from,
    int32_t to, const struct slice *cell, struct err *e)
{
	struct cell cells[TSV_COLUMNS_MAX];
	struct joined joined = { .len = 0 };
	size_t texts = 0;
	int rc = check_keys(catalog, key, &joined, e);
	if (rc < 0)
		return rc;
	if (to && from > to)
		return fault(catalog, "to", ERR_INPUT, e, "the last day lies before the first");
	if ((rc = parse_cells(catalog, cell, cells, &texts, e)) < 0)
		return rc;
	size_t need = sizeof(struct row) + rule_catalogs[catalog].attributes * sizeof(struct cell) + texts;
	if (need > RULE_CATALOG_BYTES_MAX || r->bytes > RULE_CATALOG_BYTES_MAX - need)
		return fault(catalog, "key1", ERR_LIMIT, e, "the catalogues are larger than 768 MiB");
	struct chain *c = chain_of(r, &joined);
	if (c->count >= RULE_CATALOG_PERIODS_MAX)
		return fault(catalog, "key1", ERR_LIMIT, e, "more than 1000 rows have the same keys");
	struct row *row = make_row(r, catalog, cells, texts);
	row->from = from;
	row->to = to ? to : LAST_DAY;
	append(c, row);
	add_any(r, catalog, key, row);
	r->bytes += need;
	r->rows[catalog]++;
	rule_catalog_rows_present(r, catalog);
	return 0;
}

/* ---- reading text ---- */

/* Where the parts of a row stand in a line; -1 = nowhere. */
struct layout {
	unsigned catalog;
	int key[RULE_CATALOG_KEYS_MAX];
	int from, to;
	int cell[TSV_COLUMNS_MAX];
};

/* As e->field "catalogue:column" becomes "catalogue:line:column". */
static int
at_line(const struct tsv *t, int rc, struct err *e)
{
	if (!e)
		return rc;
	char *column = strrchr(e->field, ':');
	char place[sizeof(e->field)];
	snprintf(place, sizeof(place), "%s:%zu:%s", t->name, t->line, column ? column + 1 : e->field);
	memcpy(e->field, place, sizeof(place));
	return rc;
}

static struct slice
cell_at(const struct tsv *t, int column)
{
	return column < 0 ? SLICE("") : t->cell[column];
}

static int
add_line(struct rule_catalog_rows *r, const struct layout *l, const struct tsv *t, struct err *e)
{
	struct slice key[RULE_CATALOG_KEYS_MAX] = { 0 }, cell[TSV_COLUMNS_MAX];
	int32_t from, to;
	for (unsigned i = 0; i < rule_catalogs[l->catalog].keys; i++)
		key[i] = cell_at(t, l->key[i]);
	for (size_t i = 0; i < rule_catalogs[l->catalog].attributes; i++)
		cell[i] = cell_at(t, l->cell[i]);
	if (parse_day(cell_at(t, l->from), &from) < 0)
		return tsv_fault(t, "from", e, "not a date yyyyMMdd");
	if (parse_day(cell_at(t, l->to), &to) < 0)
		return tsv_fault(t, "to", e, "not a date yyyyMMdd");
	int rc = rule_catalog_rows_add(r, l->catalog, key, from, to, cell, e);
	return rc < 0 ? at_line(t, rc, e) : 0;
}

/* Finds the parts by the header's names. ERR_INPUT names a column that is missing or unknown. */
static int
layout_of(unsigned catalog, const struct tsv *t, struct layout *ret, struct err *e)
{
	const struct rule_catalog_info *info = &rule_catalogs[catalog];
	size_t known = 0;
	ret->catalog = catalog;
	for (unsigned i = 0; i < info->keys; i++) {
		char name[8];
		snprintf(name, sizeof(name), "key%u", i + 1);
		ret->key[i] = tsv_column(t, name);
		if (ret->key[i] < 0)
			return tsv_fault(t, name, e, "the column is missing");
	}
	ret->from = tsv_column(t, "from");
	ret->to = tsv_column(t, "to");
	known = info->keys + (size_t)(ret->from >= 0) + (size_t)(ret->to >= 0);
	for (size_t i = 0; i < info->attributes; i++) {
		ret->cell[i] = tsv_column(t, info->attribute[i].name);
		known += ret->cell[i] >= 0;
	}
	if (known == t->column_count)
		return 0;
	return tsv_fault(
	    t, NULL, e, "the header names a column that is neither key1 …, from, to nor an attribute");
}

/* Keys, from, to, attributes: one after another. */
static void
layout_plain(unsigned catalog, struct layout *ret)
{
	int at = 0;
	ret->catalog = catalog;
	for (unsigned i = 0; i < rule_catalogs[catalog].keys; i++)
		ret->key[i] = at++;
	ret->from = at++;
	ret->to = at++;
	for (size_t i = 0; i < rule_catalogs[catalog].attributes; i++)
		ret->cell[i] = at++;
}

static int
read_lines(struct rule_catalog_rows *r, const struct layout *l, struct tsv *t, struct err *e)
{
	int rc, more;
	rule_catalog_rows_present(r, l->catalog);
	while ((more = tsv_next(t, e)) == 1)
		if ((rc = add_line(r, l, t, e)) < 0)
			return rc;
	return more;
}

static int
find_catalog(struct slice name, unsigned *ret, struct err *e)
{
	int catalog = rule_catalog_find(name);
	if (catalog < 0)
		return err_set(e, ERR_NOT_FOUND, "catalog", "there is no catalogue %.*s",
		    name.len > 40 ? 40 : (int)name.len, name.at);
	*ret = (unsigned)catalog;
	return 0;
}

int
rule_catalog_rows_read(struct rule_catalog_rows *r, const char *name, struct slice text, struct err *e)
{
	struct layout l = { 0 };
	struct tsv t;
	unsigned catalog = 0;
	int rc = find_catalog(slice_of(name), &catalog, e);
	if (rc < 0 || (rc = tsv_open(&t, name, text, e)) < 0 || (rc = layout_of(catalog, &t, &l, e)) < 0)
		return rc;
	return read_lines(r, &l, &t, e);
}

int
rule_catalog_rows_add_text(struct rule_catalog_rows *r, struct slice name, struct slice lines, struct err *e)
{
	struct layout l = { 0 };
	unsigned catalog = 0;
	int rc = find_catalog(name, &catalog, e);
	if (rc < 0)
		return rc;
	layout_plain(catalog, &l);
	struct tsv t = { .name = rule_catalogs[catalog].name, .rest = lines };
	t.column_count = rule_catalogs[catalog].keys + 2u + rule_catalogs[catalog].attributes;
	return read_lines(r, &l, &t, e);
}

/* ---- looking up ---- */

static bool
rows_has(void *context, unsigned catalog)
{
	const struct rule_catalog_rows *r = context;
	return (r->present >> catalog & 1) || rule_catalog_builtin.has(NULL, catalog);
}

static void
give_cell(const struct rule_attribute *a, const struct cell *c, struct rule_value *ret)
{
	*ret = (struct rule_value){ .missing = c->missing };
	if (c->missing)
		return;
	if (a->type == RULE_TEXT) {
		ret->at = c->at;
		ret->len = c->len;
	} else {
		ret->number = c->number;
	}
}

static int
rows_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	const struct rule_catalog_rows *r = context;
	struct joined joined;
	if (!(r->present >> catalog & 1))
		return rule_catalog_builtin.get(NULL, catalog, key, date, attribute, ret);
	if (!join_keys(catalog, key, &joined))
		return 0;
	const struct chain *c = map_get(r->chain, slice_from(joined.at, joined.len));
	for (const struct row *row = c ? c->first : NULL; row; row = row->next) {
		if (date && (date < row->from || date > row->to))
			continue;
		if (attribute != RULE_CATALOG_EXISTS)
			give_cell(&rule_catalogs[catalog].attribute[attribute], &row->cell[attribute], ret);
		return 1;
	}
	return 0;
}

struct rule_catalog
rule_catalog_rows_source(struct rule_catalog_rows *r)
{
	return (struct rule_catalog){ r, rows_has, rows_get };
}
