/* Any bytes as a rule file: taken or refused with a place and a sentence; what is taken judges a claim. */
#include "claims/rules/rules.h"
#include "tests/fuzz/fuzz.h"

static struct claim_document *
small_claim(struct arena *a)
{
	struct claim_document *d = claim_document_new(a);
	struct claim_row *head = claim_row_add(d, CLAIM_XML1);
	claim_set(d, head, XML1_NGAY_VAO, SLICE("202607150730"), NULL);
	claim_set(d, head, XML1_MA_BENH_KT, SLICE("I10;;J02.9"), NULL);
	claim_set_raw(d, head, XML1_NGAY_RA, SLICE("tomorrow"));
	for (int i = 0; i < 3; i++) {
		struct claim_row *line = claim_row_add(d, CLAIM_XML3);
		claim_set_number(line, XML3_SO_LUONG, 1000);
		claim_set(d, line, XML3_MA_DICH_VU, SLICE("02.1896"), NULL);
	}
	return d;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct arena *a = arena_new(0);
	struct rule_set *set = rule_set_new(a);
	int rc = rule_set_load(set, "fuzz.rules", slice_from((const char *)data, size), &e);
	if (rc < 0 && (e.field[0] == '\0' || e.detail[0] == '\0' || rule_count(set) != 0))
		__builtin_trap();
	if (rc == 0) {
		struct rule_judge *judge = rule_judge_new(set);
		struct rule_verdict v = { .arena = a };
		struct rule_facts *facts = rule_facts_new(1000);
		uint32_t claim;
		struct claim_document *d = small_claim(a);
		claim_set(d, claim_row_at(d, CLAIM_XML1, 0), XML1_SO_CCCD, SLICE("999185012345"), NULL);
		for (uint32_t i = 0; i < 3; i++)
			rule_facts_take(facts, i, d, &claim, NULL);
		/* the same visit under other names, so that its facts are those of neighbours */
		claim_set(d, claim_row_at(d, CLAIM_XML1, 0), XML1_MA_LK, SLICE("L2"), NULL);
		struct rule_options o = { .now = 1784178000, .facts = facts };
		rule_judge_claim(judge, d, &o, &v);
		struct buf text;
		buf_init(&text, 1u << 20);
		for (size_t i = 0; i < v.count; i++)
			rule_message(set, &v.at[i], d, i % 2 == 0, &text);
		buf_free(&text);
		rule_facts_free(facts);
		rule_judge_free(judge);
	}
	arena_free(a);
	return 0;
}
