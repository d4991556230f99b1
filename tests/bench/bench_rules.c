/*
 * Speed of the rules: all of them, with all catalogues of the examples, over claims made from the base claims
 * by repeating lines. And false alarms: critical findings in so many clean claims. Prints lines of "name
 * value" for tests/bench/rules.py. CPU time of this process, not wall time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "claims/check.h"
#include "claims/rules/rules.h"
#include "tests/unit/claims/rules/clean_claim.h"

#define ROUNDS 2000
#define CLEAN_CLAIMS 100000
#define NOW INT64_C(1784178000)
#define NEIGHBOURS 20000 /* claims in the index: a month of a centre */

struct bench {
	struct rule_set *set;
	struct rule_judge *judge;
	struct rule_catalog_rows *rows; /* catalogues of the examples, and the lines made here */
	struct rule_catalog catalog;
	struct arena *scratch;
	struct rule_facts *facts; /* NULL = without other claims */
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

/* The approved list knows the code, too: what is measured is a claim that is right. */
static void
list_code(struct bench *b, enum claim_table t, const char *code)
{
	struct slice cells[128] = { 0 }, key = slice_of(code);
	int catalog = rule_catalog_find(t == CLAIM_XML2 ? SLICE("drug") : SLICE("service"));
	if (t == CLAIM_XML2)
		cells[rule_attribute_find((unsigned)catalog, SLICE("substance"))] = key;
	struct err e = { 0 };
	if (rule_catalog_rows_add(b->rows, (unsigned)catalog, &key, 0, 0, cells, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
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
		list_code(b, t, code);
		/* ordered and done at one of 150 minutes of the visit */
		snprintf(code, sizeof(code), "20260715%02zu%02zu", 7 + (35 + i * 7 % 150) / 60,
		    (35 + i * 7 % 150) % 60);
		claim_set(d, to, t == CLAIM_XML2 ? XML2_NGAY_YL : XML3_NGAY_YL, slice_of(code), &e);
		claim_set(d, to, t == CLAIM_XML2 ? XML2_NGAY_TH_YL : XML3_NGAY_TH_YL, slice_of(code), &e);
	}
	return d;
}

static double
judge_us(struct bench *b, const struct claim_document *d)
{
	struct rule_options o = { .now = NOW, .catalog = &b->catalog, .facts = b->facts };
	struct rule_verdict v = { .arena = b->scratch };
	arena_reset(b->scratch);
	double start = cpu_us();
	rule_judge_claim(b->judge, d, &o, &v);
	return cpu_us() - start;
}

static void
measure(struct bench *b, const char *name, size_t lines, size_t rounds)
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
	printf("%s_%zu_p50_us %.1f\n", name, lines, us[rounds / 2]);
	printf("%s_%zu_p99_us %.1f\n", name, lines, us[rounds * 99 / 100]);
	printf("%s_%zu_per_second %.0f\n", name, lines, 1e6 * (double)rounds / sum);
	arena_free(a);
}

/* Critical findings in clean claims, and what one costs with its making and the structural check. */
static void
count_false(struct bench *b)
{
	uint64_t seed = 1;
	size_t critical = 0, warning = 0;
	double start = cpu_us();
	for (size_t i = 0; i < CLEAN_CLAIMS; i++) {
		arena_reset(b->scratch);
		struct claim_document *d = clean_claim_make(b->set, NULL, b->scratch, &seed);
		struct claim_findings l;
		struct rule_verdict v = { .arena = b->scratch };
		struct rule_options o = { .now = NOW, .catalog = &b->catalog, .reader = &l };
		claim_findings_init(&l, b->scratch);
		claim_check(d, NULL, &l);
		rule_judge_claim(b->judge, d, &o, &v);
		critical += v.critical;
		warning += v.warning;
	}
	printf("clean_claims %d\nclean_critical %zu\nclean_warning %zu\n", CLEAN_CLAIMS, critical, warning);
	printf("clean_us %.1f\n", (cpu_us() - start) / CLEAN_CLAIMS);
}

static void
put(struct claim_document *d, struct claim_row *r, const char *field, const char *value)
{
	int f = claim_field_of((enum claim_table)r->table, field);
	if (f < 0 || claim_set(d, r, (enum claim_field)f, slice_of(value), NULL) < 0)
		fatal("%s: %s", field, value);
}

/* Another visit of July 2026: one of 12,000 people, 40 doctors, 10 machines; those of the judged claim among
 * them. */
static void
neighbour(struct bench *b, struct claim_document *d, size_t n)
{
	struct arena *a = b->scratch;
	struct claim_row *head = claim_row_at(d, CLAIM_XML1, 0);
	const char *day = arena_printf(a, "202607%02zu", 1 + n % 31);
	const char *doctor = n % 40 ? arena_printf(a, "99900001%02zu", n % 40) : "9990000002";
	const char *machine = arena_printf(a, "CT.1.66001.SN%02zu", n % 10); /* SN02 */
	const char *from = arena_printf(a, "%s%02zu%02zu", day, 7 + n % 9, n / 31 % 60);
	const char *to = arena_printf(a, "%s%02zu%02zu", day, 8 + n % 9, n / 31 % 60);
	put(d, head, "MA_LK", arena_printf(a, "66001_%07zu", n));
	put(d, head, "SO_CCCD", arena_printf(a, "999%09zu", n % 12000));
	put(d, head, "MA_THE_BHYT", arena_printf(a, "GD466%010zu", n % 12000));
	put(d, head, "NGAY_VAO", from);
	put(d, head, "NGAY_RA", to);
	for (size_t i = 0; i < claim_row_count(d, CLAIM_XML2); i++) {
		put(d, claim_row_at(d, CLAIM_XML2, i), "MA_BAC_SI", doctor);
		put(d, claim_row_at(d, CLAIM_XML2, i), "NGAY_YL", from);
	}
	for (size_t i = 0; i < claim_row_count(d, CLAIM_XML3); i++) {
		struct claim_row *r = claim_row_at(d, CLAIM_XML3, i);
		put(d, r, "MA_BAC_SI", doctor);
		put(d, r, "NGUOI_THUC_HIEN", doctor);
		put(d, r, "MA_MAY", machine);
		put(d, r, "NGAY_YL", from);
		put(d, r, "NGAY_TH_YL", from);
		put(d, r, "NGAY_KQ", to);
	}
}

static void
fill(struct bench *b)
{
	uint32_t claim;
	double spent = 0;
	b->facts = rule_facts_new(NEIGHBOURS * 100);
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		arena_reset(b->scratch);
		struct claim_document *d;
		struct err e = { 0 };
		if (rule_claim_build(b->set, "outpatient", b->scratch, &d, &e) < 0)
			fatal("base claim: %s", e.detail);
		for (int more = 0; more < 10; more++) { /* about 15 lines, a third of them with a machine */
			const struct claim_row *from = claim_row_at(d, CLAIM_XML3, 1 + (size_t)more % 2);
			struct claim_row *to = claim_row_add(d, CLAIM_XML3);
			memcpy(to, from,
			    sizeof(*from) + sizeof(union claim_slot) * claim_tables[CLAIM_XML3].count);
		}
		neighbour(b, d, i);
		double start = cpu_us();
		if (rule_facts_take(b->facts, 1, d, &claim, NULL) < 0)
			fatal("the index is full");
		spent += cpu_us() - start;
	}
	printf("facts %zu\n", rule_facts_count(b->facts));
	printf("facts_take_us %.2f\n", spent / NEIGHBOURS);
}

int
main(void)
{
	struct arena *a = arena_new(0);
	struct bench b = {
		.set = rule_set_new(a), .rows = rule_catalog_rows_new(a), .scratch = arena_new(0)
	};
	struct err e = { 0 };
	double start = cpu_us();
	if (rule_set_load_builtin(b.set, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
	printf("load_us %.0f\n", cpu_us() - start);
	printf("rules %zu\n", rule_count(b.set));
	b.judge = rule_judge_new(b.set);
	b.catalog = rule_catalog_builtin;
	measure(&b, "builtin", 20, ROUNDS);
	arena_reset(b.scratch);
	if (rule_example_catalogs(b.rows, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
	b.catalog = rule_catalog_rows_source(b.rows);
	measure(&b, "lines", 20, ROUNDS);
	measure(&b, "lines", 50, ROUNDS);
	measure(&b, "lines", 200, ROUNDS / 4);
	measure(&b, "lines", 2000, ROUNDS / 40);
	count_false(&b);
	fill(&b);
	measure(&b, "cross", 20, ROUNDS);
	measure(&b, "cross", 50, ROUNDS);
	rule_facts_free(b.facts);
	rule_judge_free(b.judge);
	arena_free(b.scratch);
	arena_free(a);
	return 0;
}
