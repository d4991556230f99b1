/* The first of two readings: facts that claims share with one another. */
#include <string.h>

#include "cli/claim.h"
#include "cli/claim_cross.h"

struct collecting {
	struct claim_cross *cross;
	uint32_t batch;
};

static void
give_up(struct claim_cross *x, const char *why)
{
	rule_facts_free(x->facts);
	x->facts = NULL;
	x->why = why;
}

static int
collect_one(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct collecting *c = context;
	struct err full = { 0 };
	uint32_t claim;
	(void)l;
	(void)e;
	c->cross->claims++;
	if (c->cross->facts && rule_facts_take(c->cross->facts, c->batch, d, &claim, &full) < 0)
		give_up(c->cross, "there are too many claims at once");
	return 0;
}

static void
collect_file(struct collecting *c, const char *file)
{
	struct claim_findings l;
	struct claim_file info;
	struct err e = { 0 };
	struct arena *a = arena_new(0);
	claim_findings_init(&l, a);
	claim_cli_read(file, &l, collect_one, c, &info, &e); /* its faults are told when it is judged */
	arena_free(a);
}

void
claim_cross_collect(struct claim_cross *x, char *const *files, int count)
{
	struct collecting c = { .cross = x };
	*x = (struct claim_cross){ .facts = rule_facts_new(CLAIM_CROSS_FACTS_MAX) };
	for (int i = 0; i < count; i++)
		if (strcmp(files[i], "-") == 0)
			give_up(x, "standard input can be read only once");
	for (int i = 0; x->facts && i < count; i++) {
		c.batch = (uint32_t)i + 1;
		collect_file(&c, files[i]);
	}
	if (x->facts && x->claims < 2)
		give_up(x, "there is only one claim");
}

uint32_t
claim_cross_next(struct claim_cross *x)
{
	return ++x->given;
}

void
claim_cross_free(struct claim_cross *x)
{
	rule_facts_free(x->facts);
	x->facts = NULL;
}
