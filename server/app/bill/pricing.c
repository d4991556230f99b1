#include "server/app/bill/pricing.h"

#include "base/log.h"
#include "base/time.h"
#include "claims/benefit/visit_json.h"
#include "server/app/statements.h"

#define ATTEMPTS_MAX 3
#define SHARES_MAX (16 * 1024 * 1024)

/* The rules of this process; replaced when ref.benefit_version says that they are old. */
static struct {
	struct arena *arena;
	struct benefit_rules *rules;
	int64_t version;
} held = { .version = -1 };

struct pricing {
	struct slice visit;
	pricing_next *next;
	verdict_next *judged;          /* instead of next */
	pricing_shares_next *computed; /* instead of storing */
	struct slice document;         /* of computed */
	int attempts;
	bool rules_read; /* in this request already: the document may be older or newer than they */
	bool lenient;    /* when the visit cannot be priced, go on */
};

static struct pricing *
pricing_of(struct app_request *r)
{
	return r->state;
}

static void ask_inputs(struct app_request *r);

/* Nothing had to be stored. */
static void
go_on(struct app_request *r)
{
	const struct pricing *p = pricing_of(r);
	if (p->judged)
		verdict_run(r, p->visit, p->judged);
	else
		p->next(r);
}

static void
log_refusal(struct slice visit, const struct err *e)
{
	log_event(LOG_WARN, "pricing", "visit=%.*s error=%s field=%s detail=\"%s\"", SLICE_ARG(visit),
	    err_code_name(e->code), e->field, e->detail);
}

/* A visit that the rules cannot price keeps its lines: whoever asks for the bill is told why. */
static void
refuse(struct app_request *r, const struct err *e)
{
	log_refusal(pricing_of(r)->visit, e);
	if (pricing_of(r)->lenient)
		go_on(r);
	else
		app_problem(r, "bill.not_priceable",
		    e->field[0] ? arena_text(r->arena, slice_of(e->field)) : NULL,
		    arena_text(r->arena, slice_of(e->detail)));
}

static void
on_stored(struct app_request *r, const struct pg_batch *b)
{
	struct pricing *p = pricing_of(r);
	bool stored = pg_rows(b, APP_STEP) == 1 && slice_eq_text(pg_cell(b, APP_STEP, 0, 0), "t");
	if (stored && p->judged)
		verdict_take(r, p->visit, b, APP_STEP + 1, p->judged);
	else if (stored)
		p->next(r);
	else if (p->attempts < ATTEMPTS_MAX)
		ask_inputs(r);
	else
		app_problem(r, "bill.changing", NULL, NULL);
}

/* The shares as JSON; at == NULL when they are too many. */
static struct slice
shares_text(struct arena *a, const struct benefit_case *c, const struct benefit_result *result)
{
	struct slice text = { NULL, 0 };
	struct buf shares;
	buf_init(&shares, SHARES_MAX);
	benefit_case_write(c, result, &shares);
	if (buf_ok(&shares))
		text = arena_slice(a, buf_slice(&shares));
	buf_free(&shares);
	return text;
}

/* When the co-payment limit of the year was reached; at == NULL when it was not. */
static struct slice
exempt_text(struct arena *a, const struct benefit_result *result)
{
	char text[TIME_TEXT_MAX];
	if (!result->exempt_from)
		return (struct slice){ NULL, 0 };
	return arena_slice(a, slice_from(text, time_print_rfc3339(result->exempt_from, text)));
}

static void
store(struct app_request *r, const struct benefit_case *c, const struct benefit_result *result)
{
	const struct slice value[] = { pricing_of(r)->visit,
		slice_of(arena_printf(r->arena, "%lld", (long long)c->version)),
		exempt_text(r->arena, result), shares_text(r->arena, c, result) };
	const struct pricing_shares shares = { value[1], value[2], value[3] };
	struct app_statement statement[1 + JUDGING_STATEMENTS] = { { STMT(bill_store), value, 4 } };
	if (pricing_of(r)->judged)
		verdict_statements(r, pricing_of(r)->visit, statement + 1);
	if (value[3].at && pricing_of(r)->computed)
		pricing_of(r)->computed(r, &shares);
	else if (value[3].at)
		app_query_all(
		    r, PG_WRITE, statement, pricing_of(r)->judged ? 1 + JUDGING_STATEMENTS : 1, on_stored);
	else
		app_problem(r, "bill.not_priceable", NULL, "the visit has too many lines");
}

static void
compute(struct app_request *r, const struct benefit_case *c)
{
	struct benefit_result result;
	struct err e = { 0 };
	if (c->is_priced)
		go_on(r);
	else if (benefit_compute(held.rules, &c->visit, &result, r->arena, &e) < 0)
		refuse(r, &e);
	else
		store(r, c, &result);
}

/* --- the rules --- */

static void price(struct app_request *r, struct slice document);

static int
load_rules(const struct pg_batch *b, unsigned step, struct arena *a, struct benefit_rules *rules,
    int64_t *ret_version, struct err *e)
{
	int64_t version = -1;
	for (size_t i = 0; i < pg_rows(b, step); i++) {
		struct slice name = pg_cell(b, step, i, 0), text = pg_cell(b, step, i, 1);
		int rc = slice_eq_text(name, "version")
			     ? slice_to_int64(text, &version)
			     : benefit_rules_load(a, rules, arena_text(a, name), text, e);
		if (rc < 0)
			return rc;
	}
	*ret_version = version;
	return benefit_rules_check(rules, e);
}

static void
on_rules(struct app_request *r, const struct pg_batch *b)
{
	struct arena *a = arena_new(0);
	struct benefit_rules *rules = benefit_rules_new(a);
	struct err e = { 0 };
	int64_t version;
	if (load_rules(b, app_query_step(b), a, rules, &version, &e) < 0) {
		arena_free(a);
		refuse(r, &e);
		return;
	}
	arena_free(held.arena);
	held.arena = a;
	held.rules = rules;
	held.version = version;
	log_event(LOG_INFO, "benefit_rules", "version=%lld", (long long)version);
	if (pricing_of(r)->computed)
		price(r, pricing_of(r)->document);
	else
		ask_inputs(r);
}

/* document is copied: it is used after its batch. */
static void
price(struct app_request *r, struct slice document)
{
	struct pricing *p = pricing_of(r);
	struct benefit_case c = { .rules_version = -1 };
	struct err e = { 0 };
	int rc = held.rules ? benefit_case_read(held.rules, r->arena, document, &c, &e) : ERR_NOT_FOUND;
	if (!p->rules_read && (rc < 0 || c.rules_version != held.version)) {
		p->rules_read = true;
		app_query(r, PG_READ, STMT(bill_rules), NULL, 0, on_rules);
	} else if (rc < 0) {
		refuse(r, &e);
	} else {
		compute(r, &c);
	}
}

static void
on_inputs(struct app_request *r, const struct pg_batch *b)
{
	unsigned step = app_query_step(b);
	struct slice document = pg_cell(b, step, 0, 0);
	if (pg_rows(b, step) != 1 || !document.at)
		app_problem(r, "visit.not_found", NULL, NULL);
	else
		price(r, arena_slice(r->arena, document));
}

static void
ask_inputs(struct app_request *r)
{
	pricing_of(r)->attempts++;
	app_query(r, PG_READ, STMT(bill_inputs), &pricing_of(r)->visit, 1, on_inputs);
}

static struct pricing *
pricing_new(struct app_request *r, struct slice visit, pricing_next *next)
{
	struct pricing *p = ARENA_NEW(r->arena, struct pricing);
	p->visit = visit;
	p->next = next;
	r->state = p;
	return p;
}

void
pricing_run(struct app_request *r, struct slice visit, pricing_next *next)
{
	pricing_new(r, visit, next);
	ask_inputs(r);
}

void
pricing_compute(struct app_request *r, struct slice visit, struct slice document, pricing_shares_next *next)
{
	struct pricing *p = pricing_new(r, visit, NULL);
	p->computed = next;
	p->document = document;
	price(r, document);
}

void
pricing_judge(struct app_request *r, struct slice visit, verdict_next *next)
{
	pricing_new(r, visit, NULL)->judged = next;
	ask_inputs(r);
}

/* --- follow-ups --- */

/* Every write that moves money comes by here when its visit is priced, or cannot be. */
static void
after_pricing(struct app_request *r)
{
	app_finish(r);
}

void
pricing_followup(struct app_request *r, struct slice argument)
{
	struct slice visit = slice_of(arena_text(r->arena, argument));
	struct pricing *p = pricing_new(r, visit, after_pricing);
	p->lenient = true;
	p->judged = r->wants_verdict ? verdict_attach : NULL;
	ask_inputs(r);
}

void
pricing_done_followup(struct app_request *r, struct slice argument)
{
	pricing_new(r, slice_of(arena_text(r->arena, argument)), after_pricing)->lenient = true;
	after_pricing(r);
}

/* Fills shares and exempt of value; leaves them NULL when that must wait for the rules of the day. */
static void
share(struct app_request *r, struct slice visit, struct slice document, struct slice *value)
{
	struct benefit_case c = { .rules_version = -1 };
	struct benefit_result result;
	struct err e = { 0 };
	int rc = benefit_case_read(held.rules, r->arena, document, &c, &e);
	if (rc == 0 && c.rules_version != held.version)
		return;
	if (rc == 0)
		rc = benefit_compute(held.rules, &c.visit, &result, r->arena, &e);
	if (rc < 0) {
		log_refusal(visit, &e);
		return;
	}
	value[2] = shares_text(r->arena, &c, &result);
	value[3] = exempt_text(r->arena, &result);
}

bool
pricing_share(struct app_request *r, struct slice followup, struct slice *value)
{
	struct slice rest = followup, name, visit;
	(void)slice_split(&rest, ' ', &name);
	if (!slice_eq_text(name, "share") || !slice_split(&rest, ' ', &visit))
		return false;
	value[0] = visit;
	value[1] = benefit_case_lines(rest);
	value[2] = value[3] = (struct slice){ NULL, 0 };
	if (held.rules)
		share(r, visit, rest, value);
	return true;
}

static void
on_reply(struct app_request *r, const struct pg_batch *b)
{
	app_read_reply(r, b);
	if (r->reply.followup.len)
		app_problem(r, "bill.changing", NULL, NULL); /* a line was added between the two statements */
	else
		app_finish(r);
}

static void
ask_bill(struct app_request *r)
{
	app_query(r, PG_READ, STMT(bill_get), &pricing_of(r)->visit, 1, on_reply);
}

void
pricing_bill_followup(struct app_request *r, struct slice argument)
{
	pricing_run(r, argument, ask_bill);
}
