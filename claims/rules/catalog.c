/* The table of catalogues, and those that are built in. */
#include "claims/rules/catalog.h"
#include "claims/rules/builtin.h"

#define KEY_MAX 64u /* longest key of a built-in catalogue */

int
rule_catalog_find(struct slice name)
{
	for (size_t i = 0; i < rule_catalog_count; i++)
		if (slice_eq_text(name, rule_catalogs[i].name))
			return (int)i;
	return -1;
}

int
rule_attribute_find(unsigned catalog, struct slice name)
{
	for (size_t i = 0; i < rule_catalogs[catalog].attributes; i++)
		if (slice_eq_text(name, rule_catalogs[catalog].attribute[i].name))
			return (int)i;
	return -1;
}

static const struct rule_builtin_catalog *
builtin_find(unsigned catalog)
{
	for (size_t i = 0; i < rule_builtin_catalog_count; i++)
		if (rule_builtin_catalogs[i].catalog == catalog)
			return &rule_builtin_catalogs[i];
	return NULL;
}

static bool
builtin_has(void *context, unsigned catalog)
{
	(void)context;
	return rule_catalogs[catalog].is_builtin;
}

/* Joins the keys by tabs; disease codes lose their dot. False when it cannot be a key of ours. */
static bool
make_key(unsigned catalog, const struct slice *key, char out[KEY_MAX + 1])
{
	size_t len = 0;
	for (unsigned i = 0; i < rule_catalogs[catalog].keys; i++) {
		if (len + key[i].len + 1 > KEY_MAX)
			return false;
		if (i)
			out[len++] = '\t';
		for (size_t k = 0; k < key[i].len; k++)
			if (i + 1u != rule_catalogs[catalog].disease_key || key[i].at[k] != '.')
				out[len++] = key[i].at[k];
	}
	out[len] = '\0';
	return len > 0 && strlen(out) == len;
}

static size_t
hash_of(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

/* Number of the first row with the key, or rows. */
static size_t
find_row(const struct rule_builtin_catalog *c, const char *key)
{
	for (size_t at = hash_of(key) & (c->hashes - 1); c->hash[at]; at = (at + 1) & (c->hashes - 1)) {
		size_t row = c->hash[at] - 1u;
		if (strcmp(c->texts + c->row[row].key, key) == 0)
			return row;
	}
	return c->rows;
}

static void
give_cell(const struct rule_builtin_catalog *c, size_t row, int attribute, struct rule_value *ret)
{
	const struct rule_catalog_info *info = &rule_catalogs[c->catalog];
	int32_t cell = c->cell[row * info->attributes + (size_t)attribute];
	*ret = (struct rule_value){ .missing = cell == RULE_CELL_MISSING };
	if (ret->missing)
		return;
	if (info->attribute[attribute].type == RULE_TEXT) {
		ret->at = c->texts + cell;
		ret->len = (uint32_t)strlen(ret->at);
	} else {
		ret->number = cell;
	}
}

static int
builtin_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	char joined[KEY_MAX + 1];
	const struct rule_builtin_catalog *c = builtin_find(catalog);
	(void)context;
	if (!c)
		return -1;
	if (!make_key(catalog, key, joined))
		return 0;
	for (size_t row = find_row(c, joined);
	     row < c->rows && strcmp(c->texts + c->row[row].key, joined) == 0; row++) {
		if (date && (date < c->row[row].from || date > c->row[row].to))
			continue;
		if (attribute != RULE_CATALOG_EXISTS)
			give_cell(c, row, attribute, ret);
		return 1;
	}
	return 0;
}

const struct rule_catalog rule_catalog_builtin = { NULL, builtin_has, builtin_get };
