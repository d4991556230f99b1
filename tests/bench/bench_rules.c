/*
 * Speed of the rules: all of them over claims made from the base claims by repeating lines. Prints lines of
 * "name value" for tests/bench/rules.py. CPU time of this process, not wall time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "claims/rules/rules.h"

#define ROUNDS 2000

struct bench {
	struct rule_set *set;
	struct rule_judge *judge;
	struct arena *scratch;
};

static double
cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* A claim of so many lines of XML2 and XML3: the base claim's lines over and over, as different items. */
static struct claim_document *
make_claim(struct bench *b, struct arena *a, size_t lines)
{
	struct claim_document *d;
	struct err e = { 0 };
	char code[32];
	if (rule_claim_build(b->set, "outpatient", a, &d, &e) < 0)
		fatal("base claim: %s", e.detail);
	for (size_t i = 5; i < lines; i++) {
		enum claim_table t = i % 3 == 0 ? CLAIM_XML2 : CLAIM_XML3;
		const struct claim_row *from = claim_row_at(d, t, t == CLAIM_XML2 ? 0 : 1);
		struct claim_row *to = claim_row_add(d, t);
		memcpy(to, from, sizeof(*from) + sizeof(union claim_slot) * claim_tables[t].count);
		snprintf(code, sizeof(code), "99.%06zu", i);
		claim_set_text(d, to, t == CLAIM_XML2 ? XML2_MA_THUOC : XML3_MA_DICH_VU, slice_of(code), &e);
	}
	return d;
}

static double
judge_us(struct bench *b, const struct claim_document *d)
{
	struct rule_options o = { .now = INT64_C(1784178000) };
	struct rule_verdict v = { .arena = b->scratch };
	arena_reset(b->scratch);
	double start = cpu_us();
	rule_judge_claim(b->judge, d, &o, &v);
	return cpu_us() - start;
}

static void
measure(struct bench *b, size_t lines, size_t rounds)
{
	struct arena *a = arena_new(0);
	struct claim_document *d = make_claim(b, a, lines);
	double *us = ARENA_ARRAY(a, rounds, double), sum = 0;
	judge_us(b, d); /* indexes take their memory */
	for (size_t i = 0; i < rounds; i++) {
		us[i] = judge_us(b, d);
		sum += us[i];
	}
	qsort(us, rounds, sizeof(*us), compare);
	printf("lines_%zu_p50_us %.1f\n", lines, us[rounds / 2]);
	printf("lines_%zu_p99_us %.1f\n", lines, us[rounds * 99 / 100]);
	printf("lines_%zu_per_second %.0f\n", lines, 1e6 * (double)rounds / sum);
	arena_free(a);
}

int
main(void)
{
	struct arena *a = arena_new(0);
	struct bench b = { .set = rule_set_new(a), .scratch = arena_new(0) };
	struct err e = { 0 };
	double start = cpu_us();
	if (rule_set_load_builtin(b.set, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
	printf("load_us %.0f\n", cpu_us() - start);
	printf("rules %zu\n", rule_count(b.set));
	b.judge = rule_judge_new(b.set);
	measure(&b, 20, ROUNDS);
	measure(&b, 50, ROUNDS);
	measure(&b, 200, ROUNDS / 4);
	measure(&b, 2000, ROUNDS / 40);
	rule_judge_free(b.judge);
	arena_free(b.scratch);
	arena_free(a);
	return 0;
}
