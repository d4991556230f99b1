/* The document of bill.inputs: whatever it holds is read or refused, and what is read can be priced and
 * written. */
#include "claims/benefit/visit_json.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	const struct benefit_rules *rules = benefit_rules_builtin(a);
	struct benefit_case c;
	struct benefit_result result;
	struct err e = { 0 };
	struct buf out;
	buf_init(&out, 1 << 20);
	if (benefit_case_read(rules, a, (struct slice){ (const char *)data, size }, &c, &e) == 0 &&
	    benefit_compute(rules, &c.visit, &result, a, &e) == 0)
		benefit_case_write(&c, &result, &out);
	buf_free(&out);
	arena_free(a);
	return 0;
}
