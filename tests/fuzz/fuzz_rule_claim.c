/*
 * Any claim against all built-in rules, with the catalogues of the examples: the first byte of the input
 * names a base claim (or none), the rest is a list of assignments, four bytes and a text each (table, row,
 * field, length). A table number of 255 begins another claim, which becomes a neighbour of the last one.
 * Judging must end, and every finding must have a sentence.
 */
#include "base/utf8.h"
#include "claims/rules/rules.h"
#include "tests/fuzz/fuzz.h"

#define ROWS_MAX 12u

static struct rule_set *set;
static struct rule_judge *judge;
static struct rule_facts *facts;
static struct rule_catalog catalog;

static void
prepare(void)
{
	struct err e = { 0 };
	if (set)
		return;
	set = rule_set_new(arena_new(0)); /* kept for the life of the process */
	if (rule_set_load_builtin(set, &e) < 0)
		__builtin_trap();
	struct rule_catalog_rows *rows = rule_catalog_rows_new(arena_new(0));
	if (rule_example_catalogs(rows, &e) < 0)
		__builtin_trap();
	catalog = rule_catalog_rows_source(rows);
	judge = rule_judge_new(set);
	facts = rule_facts_new(100000);
}

static void
assign(struct claim_document *d, const uint8_t *at, struct slice value)
{
	enum claim_table t = (enum claim_table)(at[0] % CLAIM_TABLES);
	size_t row = at[1] % ROWS_MAX;
	enum claim_field f = (enum claim_field)(claim_tables[t].first + at[2] % claim_tables[t].count);
	while (claim_row_count(d, t) <= row)
		claim_row_add(d, t);
	struct claim_row *r = claim_row_at(d, t, row);
	if (!utf8_is_valid(value))
		return;
	if (claim_set(d, r, f, value, NULL) < 0 && value.len)
		claim_set_raw(d, r, f, value);
}

/* The base claim of that number, none for 0. */
static struct claim_document *
start(struct arena *a, unsigned number)
{
	struct claim_document *d = claim_document_new(a);
	size_t base = number % (rule_claim_count(set) + 1);
	if (base && rule_claim_build(set, rule_claim_name(set, base - 1), a, &d, NULL) < 0)
		__builtin_trap();
	return d;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	struct arena *a = arena_new(0);
	struct claim_document *d = start(a, size ? data[0] : 0);
	uint32_t claim = 0;
	rule_facts_clear(facts);
	for (size_t at = 1; at + 4 <= size;) {
		if (data[at] == UINT8_MAX) {
			rule_facts_take(facts, data[at + 1], d, &claim, NULL);
			if (data[at + 2] == UINT8_MAX)
				rule_facts_remove(facts, claim);
			d = start(a, data[at + 3]);
			at++;
			continue;
		}
		size_t len = data[at + 3] < size - at - 4 ? data[at + 3] : size - at - 4;
		assign(d, data + at, slice_from((const char *)data + at + 4, len));
		at += 4 + len;
	}
	struct rule_verdict v = { .arena = a };
	if (rule_facts_take(facts, 0, d, &claim, NULL) < 0)
		__builtin_trap();
	struct rule_options o = {
		.now = 1784178000, .catalog = &catalog, .facts = facts, .facts_claim = claim
	};
	rule_judge_claim(judge, d, &o, &v);
	struct buf text;
	buf_init(&text, 1u << 24);
	for (size_t i = 0; i < v.count; i++) {
		buf_reset(&text);
		rule_message(set, &v.at[i], d, i % 2 == 0, &text);
		if (text.len == 0)
			__builtin_trap();
	}
	buf_free(&text);
	arena_free(a);
	return 0;
}
