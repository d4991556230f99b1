/* Catalogues as text: the first line names the catalogue, the rest is its TSV, read with and without header.
 */
#include "claims/rules/catalog_rows.h"
#include "tests/fuzz/fuzz.h"

static void
look_up(struct rule_catalog_rows *rows, unsigned catalog, struct slice text)
{
	struct rule_catalog source = rule_catalog_rows_source(rows);
	struct slice key[RULE_CATALOG_KEYS_MAX] = { text, text, text };
	struct rule_value value;
	if (!source.has(source.context, catalog))
		__builtin_trap(); /* what was read is here */
	for (int i = RULE_CATALOG_EXISTS; i < (int)rule_catalogs[catalog].attributes; i++)
		if (source.get(source.context, catalog, key, 20260716, i, &value) < 0)
			__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena; /* for the life of the process */
	struct slice text = { (const char *)data, size }, name = { text.at, 0 };
	if (!arena)
		arena = arena_new(0);
	arena_reset(arena);
	if (size == 0)
		return 0;
	name.len = slice_find(text, '\n');
	text = slice_skip(text, name.len + 1);
	const char *catalog = arena_text(arena, name);
	name.len = strlen(catalog);
	for (int header = 0; header < 2; header++) {
		struct err e = { 0 };
		struct rule_catalog_rows *rows = rule_catalog_rows_new(arena);
		int rc = header ? rule_catalog_rows_read(rows, catalog, text, &e)
				: rule_catalog_rows_add_text(rows, name, text, &e);
		if (rc < 0 && (e.field[0] == '\0' || e.detail[0] == '\0' || (int)e.code != rc))
			__builtin_trap(); /* a refusal names its place and its reason */
		if (rc == 0)
			look_up(rows, (unsigned)rule_catalog_find(name), slice_from(text.at, text.len / 2));
	}
	return 0;
}
