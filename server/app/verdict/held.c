#include "server/app/verdict/held.h"

#include <string.h>

#include "base/log.h"
#include "base/time.h"

/* Slot 0 holds the built-in rules. */
static struct held_rules slots[1 + HELD_TENANTS_MAX];
static uint64_t clock_of_use;

enum column { COLUMN_KIND, COLUMN_CODE, COLUMN_VERSION, COLUMN_STATE, COLUMN_BODY, COLUMN_FROM, COLUMN_TO };

/* ---- compiling ---- */

struct compiling {
	struct rule_set *set;
	struct held_fault *fault;
	size_t faults, capacity;
	struct arena *arena;
};

static void
note_fault(struct compiling *c, const char *code, const struct err *e)
{
	*ARENA_PUSH(c->arena, c->fault, c->faults, c->capacity) =
	    (struct held_fault){ code, arena_printf(c->arena, "%s: %s", e->field, e->detail) };
	log_event(LOG_ERROR, "rule", "code=%s field=\"%s\" problem=\"%s\"", code, e->field, e->detail);
}

static int32_t
day_cell(const struct pg_batch *b, unsigned step, size_t row, enum column column, int32_t open)
{
	struct slice text = pg_cell(b, step, row, column);
	int32_t day;

	return text.at && date_parse_iso(text, &day, NULL) == 0 ? day : open;
}

static enum rule_state
state_cell(struct slice text)
{
	return slice_eq_text(text, "off") ? RULE_OFF : slice_eq_text(text, "shadow") ? RULE_SHADOW : RULE_ON;
}

static void
take_row(struct compiling *c, const struct pg_batch *b, unsigned step, size_t row, const char *leave_out)
{
	const char *code = arena_text(c->arena, pg_cell(b, step, row, COLUMN_CODE));
	struct slice body = pg_cell(b, step, row, COLUMN_BODY),
		     number = pg_cell(b, step, row, COLUMN_VERSION);
	int32_t from = day_cell(b, step, row, COLUMN_FROM, INT32_MIN);
	int32_t to = day_cell(b, step, row, COLUMN_TO, INT32_MAX);
	struct err e = { 0 };
	int bad;

	if (leave_out && strcmp(code, leave_out) == 0)
		return;
	if (slice_eq_text(pg_cell(b, step, row, COLUMN_KIND), "version"))
		bad = rule_set_load_version(c->set,
		    arena_printf(c->arena, "%s@%.*s", code, SLICE_ARG(number)), code, body, from, to, &e);
	else
		bad =
		    rule_switch_days(c->set, slice_of(code), state_cell(pg_cell(b, step, row, COLUMN_STATE)),
			from, to, arena_text(c->arena, body), &e);
	if (bad < 0)
		note_fault(c, code, &e);
}

struct rule_set *
held_compile(struct arena *a, const struct pg_batch *b, unsigned step, const char *leave_out,
    const struct held_fault **ret_fault, size_t *ret_faults)
{
	struct compiling c = { .set = rule_set_new(a), .arena = a };
	struct err e = { 0 };

	if (rule_set_load_builtin(c.set, &e) < 0) /* the build and its tests have compiled them */
		fatal("built-in rules: %s: %s", e.field, e.detail);
	for (size_t i = 0; b && i < pg_rows(b, step); i++)
		take_row(&c, b, step, i, leave_out);
	if (ret_fault)
		*ret_fault = c.fault;
	if (ret_faults)
		*ret_faults = c.faults;
	return c.set;
}

/* ---- holding ---- */

static void
slot_clear(struct held_rules *h)
{
	rule_judge_free(h->judge);
	arena_free(h->arena);
	*h = (struct held_rules){ 0 };
}

static const struct held_rules *
slot_fill(struct held_rules *h, int64_t tenant, int64_t epoch, const struct pg_batch *b, unsigned step)
{
	slot_clear(h);
	h->arena = arena_new(0);
	h->set = held_compile(h->arena, b, step, NULL, &h->fault, &h->faults);
	h->judge = rule_judge_new(h->set);
	h->tenant = tenant;
	h->epoch = epoch;
	h->used = ++clock_of_use;
	log_event(LOG_INFO, "rules", "tenant=%lld epoch=%lld version=%s rules=%zu faults=%zu",
	    (long long)tenant, (long long)epoch, rule_set_version(h->set), rule_count(h->set), h->faults);
	return h;
}

const struct held_rules *
held_find(int64_t tenant, int64_t epoch)
{
	if (epoch == 0)
		return slots[0].set ? &slots[0] : slot_fill(&slots[0], 0, 0, NULL, 0);
	for (size_t i = 1; i <= HELD_TENANTS_MAX; i++)
		if (slots[i].set && slots[i].tenant == tenant && slots[i].epoch == epoch) {
			slots[i].used = ++clock_of_use;
			return &slots[i];
		}
	return NULL;
}

const struct held_rules *
held_take(int64_t tenant, int64_t epoch, const struct pg_batch *b, unsigned step)
{
	struct held_rules *oldest = &slots[1];

	for (size_t i = 1; i <= HELD_TENANTS_MAX; i++) {
		if (slots[i].set && slots[i].tenant == tenant) {
			oldest = &slots[i];
			break;
		}
		if (slots[i].used < oldest->used)
			oldest = &slots[i];
	}
	return slot_fill(oldest, tenant, epoch, b, step);
}

const struct benefit_rules *
held_benefit(void)
{
	static const struct benefit_rules *rules;

	if (!rules)
		rules = benefit_rules_builtin(held_find(0, 0)->arena);
	return rules;
}
