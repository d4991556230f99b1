/* hmis rules test: each rule's examples must trigger it and nothing else, the base claims nothing at all. */
#include <stdio.h>
#include <string.h>

#include "claims/check.h"
#include "cli/command.h"
#include "cli/rules.h"

#define FACTS_MAX 100000u

struct bench {
	const struct rule_set *set;
	struct rule_judge *judge;
	struct rule_facts *facts; /* of the claims beside an example */
	const struct rule_catalog *catalog;
	size_t examples, without, faults;
};

static void
judge(struct bench *b, struct arena *a, const struct claim_document *d, struct rule_facts *facts,
    struct rule_verdict *v)
{
	struct claim_findings *reader = ARENA_NEW(a, struct claim_findings);
	claim_findings_init(reader, a);
	struct claim_check_options how = { .checkin = claim_row_count(d, CLAIM_XML1) == 0 &&
						      claim_row_count(d, CLAIM_XML0) > 0 };
	claim_check(d, &how, reader);
	struct rule_options o = {
		.now = RULES_CLI_TEST_NOW, .catalog = b->catalog, .reader = reader, .facts = facts
	};
	v->arena = a;
	rule_judge_claim(b->judge, d, &o, v);
}

static bool
verdict_has(const struct rule_verdict *v, size_t rule)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->at[i].rule == rule)
			return true;
	return false;
}

static void
test_claim(struct bench *b, const char *name)
{
	struct err e = { 0 };
	struct arena *a = arena_new(0);
	struct claim_document *d;
	struct rule_verdict v = { 0 };
	rule_facts_clear(b->facts);
	if (rule_claim_build(b->set, name, a, &d, &e) < 0) {
		printf("claim %s: %s: %s\n", name, e.field, e.detail);
		b->faults++;
		arena_free(a);
		return;
	}
	judge(b, a, d, b->facts, &v);
	for (size_t i = 0; i < v.count; i++) {
		struct buf text;
		buf_init(&text, 1u << 16);
		rule_place(&v.at[i], &text);
		buf_add_text(&text, ": ");
		rule_message(b->set, &v.at[i], d, false, &text);
		printf("claim %s is not clean: %s %.*s\n", name, rule_at(b->set, v.at[i].rule)->id,
		    SLICE_ARG(buf_slice(&text)));
		buf_free(&text);
		b->faults++;
	}
	arena_free(a);
}

static bool
is_named(const struct rule_example *x, const char *id)
{
	for (size_t i = 0; i < x->also_count; i++)
		if (strcmp(x->also[i], id) == 0)
			return true;
	return false;
}

static void
compare(struct bench *b, size_t rule, const struct rule_example *x, const struct rule_verdict *v)
{
	const char *id = rule_at(b->set, rule)->id;
	if (!verdict_has(v, rule)) {
		printf("%s: its example does not trigger it\n", id);
		b->faults++;
	}
	for (size_t i = 0; i < rule_count(b->set); i++) {
		const char *other = rule_at(b->set, i)->id;
		bool found = verdict_has(v, i), named = is_named(x, other);
		if (i == rule || found == named)
			continue;
		printf(
		    found ? "%s: its example triggers %s besides\n" : "%s: its example does not trigger %s\n",
		    id, other);
		b->faults++;
	}
}

static void
test_example(struct bench *b, size_t rule, size_t number)
{
	struct err e = { 0 };
	struct arena *a = arena_new(0);
	struct rule_example x = rule_example_at(b->set, rule, number);
	struct claim_document *d;
	struct rule_verdict v = { 0 };
	b->examples++;
	rule_facts_clear(b->facts);
	if (rule_example_build(b->set, rule, number, a, b->facts, &d, &e) < 0) {
		printf("%s: %s: %s\n", rule_at(b->set, rule)->id, e.field, e.detail);
		b->faults++;
	} else {
		judge(b, a, d, b->facts, &v);
		compare(b, rule, &x, &v);
	}
	arena_free(a);
}

int
rules_cli_test(const struct rule_set *set, const struct rule_catalog *catalog)
{
	struct bench b = { .set = set,
		.judge = rule_judge_new(set),
		.facts = rule_facts_new(FACTS_MAX),
		.catalog = catalog };
	for (size_t i = 0; i < rule_claim_count(set); i++)
		test_claim(&b, rule_claim_name(set, i));
	for (size_t i = 0; i < rule_count(set); i++) {
		const struct rule_info *r = rule_at(set, i);
		if (r->state == RULE_OFF)
			continue;
		for (size_t k = 0; k < rule_example_count(set, i); k++)
			test_example(&b, i, k);
		if (rule_example_count(set, i) == 0 && r->kind == RULE_WHEN) {
			printf("%s: has no example\n", r->id);
			b.without++;
		}
	}
	printf("%zu rules, %zu examples, %zu rules without example, %zu faults\n", rule_count(set),
	    b.examples, b.without, b.faults);
	rule_facts_free(b.facts);
	rule_judge_free(b.judge);
	return b.faults || b.without ? EXIT_FINDINGS : EXIT_GOOD;
}
