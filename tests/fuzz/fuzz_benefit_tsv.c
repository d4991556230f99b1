/* The reader of benefit cases and, behind it, the engine with its built-in rules. */
#include "claims/benefit/tsv.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena; /* for the life of the process */
	static const struct benefit_rules *rules;
	struct err e = { 0 };
	struct buf out;
	if (!arena) {
		arena = arena_new(0);
		rules = benefit_rules_builtin(arena);
	}
	buf_init(&out, (size_t)16 << 20);
	int rc = benefit_tsv(rules, slice_from((const char *)data, size),
	    size % 2 ? BENEFIT_WHY_ID : BENEFIT_WHY_NONE, &out, &e);
	if (rc < 0 && (e.field[0] == '\0' || e.detail[0] == '\0' || (int)e.code != rc))
		__builtin_trap(); /* a refusal names its place and its reason */
	buf_free(&out);
	return 0;
}
