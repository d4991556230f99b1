/* Look-ups in the generated catalogue. */
#include "claims/field.h"
#include "claims/field_index.h"

static int
compare_name(struct slice s, const char *name)
{
	return slice_compare(s, slice_of(name));
}

int
claim_field_find(enum claim_table table, struct slice name)
{
	size_t low = claim_tables[table].first, high = low + claim_tables[table].count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int field = claim_fields_sorted[middle];
		int order = compare_name(name, claim_fields[field].name);
		if (order == 0)
			return field;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

int
claim_field_of(enum claim_table table, const char *name)
{
	return claim_field_find(table, slice_of(name));
}

int
claim_table_find(struct slice name)
{
	for (int t = 0; t < CLAIM_TABLES; t++)
		if (slice_eq_text(name, claim_tables[t].name))
			return t;
	return -1;
}

int
claim_field_parse(struct slice path)
{
	size_t dot = slice_find(path, '.');
	int table = claim_table_find(slice_from(path.at, dot));
	if (table < 0 || dot == path.len)
		return -1;
	return claim_field_find((enum claim_table)table, slice_skip(path, dot + 1));
}

unsigned
claim_field_write_max(enum claim_field field, int32_t date)
{
	const struct claim_field_info *f = &claim_fields[field];
	bool before = f->before_on && date && date < f->before_on;
	return before ? f->before_max : f->write_max;
}

static const struct claim_catalogue *
catalogue_find(const char *name)
{
	size_t low = 0, high = claim_catalogue_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, claim_catalogues[middle].name);
		if (order == 0)
			return &claim_catalogues[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
claim_codes_closed(const char *catalogue)
{
	const struct claim_catalogue *c = catalogue_find(catalogue);
	return c && c->certain;
}

const struct claim_code_info *
claim_code_find(const char *catalogue, struct slice code)
{
	const struct claim_catalogue *c = catalogue_find(catalogue);
	size_t low = c ? c->first : 0, high = c ? low + c->count : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_name(code, claim_codes[middle].code);
		if (order == 0)
			return &claim_codes[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
