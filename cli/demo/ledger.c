/*
 * Who pays when: deposits, payments, debts, refunds; the postings of bill.post, post_closing and settle
 * (schema/code/api_payment.sql). Payments wait for their day, so that receipt numbers follow time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/visit.h"

#define MINUTE 60
#define HOUR 3600
#define DEPOSIT 50000000 /* 500,000 đồng */
#define HUNDRED 10000    /* 100 đồng */

static void
entry_row(struct demo_worker *w, const struct demo_facility *f, int64_t visit, int64_t payment,
    int64_t posting, const char *account, int64_t amount, int64_t at)
{
	struct demo_copy *c = &w->copy;
	demo_row_begin(c, DEMO_ENTRY);
	demo_int(c, f->id);
	demo_int(c, demo_id(c, DEMO_ENTRY));
	demo_int(c, posting);
	demo_text(c, account);
	demo_int(c, visit);
	demo_id_or_null(c, payment);
	demo_decimal(c, amount, 2);
	demo_time(c, at);
	demo_row_end(c);
}

static void
post(struct demo_worker *w, const struct demo_facility *f, int64_t visit, int64_t payment, const char *debit,
    const char *credit, int64_t amount, int64_t at)
{
	if (amount == 0)
		return;
	int64_t posting = demo_id(&w->copy, DEMO_ENTRY);
	entry_row(w, f, visit, payment, posting, debit, amount, at);
	entry_row(w, f, visit, payment, posting, credit, -amount, at);
}

static int64_t
payment_plan(struct demo_worker *w, const struct demo_visit *v, const char *kind, const char *counter,
    int64_t amount, int64_t at, int64_t refunds)
{
	int64_t id = demo_id(&w->copy, DEMO_PAYMENT);
	*ARENA_PUSH(w->lasting, w->payment, w->payments, w->payment_capacity) =
	    (struct demo_payment){ .facility = v->facility,
		    .visit = v->id,
		    .id = id,
		    .refunds = refunds,
		    .at = at,
		    .amount = amount,
		    .kind = kind,
		    .method = demo_chance(&w->random, 7000) ? "cash" : "bank",
		    .counter = counter,
		    .reason = refunds ? "Hoàn tạm ứng còn thừa" : NULL };
	return id;
}

/* A stay is paid with a deposit; the rest, or what is left, at discharge. */
static void
settle_stay(struct demo_worker *w, struct demo_visit *v)
{
	int64_t deposit = 0, held = v->patient_part > DEPOSIT / 4 || !v->card ? DEPOSIT : 0;
	if (held)
		deposit = payment_plan(w, v, "deposit", "deposit", held, v->admitted + 8 * MINUTE, 0);
	if (!v->discharged)
		return;
	v->closed = v->discharged + 10 * MINUTE;
	post(w, v->facility, v->id, 0, "patient", "revenue", v->patient_part, v->closed);
	int64_t used = held < v->patient_part ? held : v->patient_part;
	post(w, v->facility, v->id, 0, "deposit", "patient", used, v->closed);
	v->settled = v->closed;
	if (used == held && used == v->patient_part)
		return;
	v->settled = v->closed + 5 * MINUTE;
	if (held > used)
		payment_plan(w, v, "refund", "deposit", held - used, v->settled, deposit);
	else
		payment_plan(w, v, "payment", "patient", v->patient_part - used, v->settled, 0);
}

void
demo_settle(struct demo_worker *w, struct demo_visit *v)
{
	if (v->admitted) {
		settle_stay(w, v);
		return;
	}
	if (!v->discharged)
		return;
	v->closed = v->discharged + 4 * MINUTE;
	post(w, v->facility, v->id, 0, "patient", "revenue", v->patient_part, v->closed);
	v->settled = v->closed;
	if (v->patient_part == 0)
		return;
	if (demo_chance(&w->random, 9300)) {
		payment_plan(w, v, "payment", "patient", v->patient_part, v->discharged + 2 * MINUTE, 0);
		return;
	}
	v->settled = 0; /* a debt, or paid an hour later */
	if (demo_chance(&w->random, 7500)) {
		v->settled = v->closed + HOUR;
		payment_plan(w, v, "payment", "patient", v->patient_part, v->settled, 0);
	}
}

static void
payment_make(struct demo_worker *w, const struct demo_payment *p)
{
	struct demo_copy *c = &w->copy;
	struct demo_facility *f = p->facility;
	bool back = p->refunds != 0;
	char key[40];
	snprintf(key, sizeof(key), "%s-%lld", f->code, (long long)p->id);
	demo_row_begin(c, DEMO_PAYMENT);
	demo_int(c, f->id);
	demo_int(c, p->id);
	demo_int(c, p->visit);
	demo_text(c, p->kind);
	demo_text(c, p->method);
	demo_decimal(c, p->amount, 2);
	demo_text(c, key);
	demo_int(c, back ? f->refund_book : f->account_book);
	demo_int(c, back ? ++f->last_refund : ++f->last_receipt);
	demo_id_or_null(c, p->refunds);
	demo_text(c, p->reason);
	demo_time(c, p->at);
	demo_row_end(c);
	post(w, f, p->visit, p->id, back ? p->counter : p->method, back ? p->method : p->counter, p->amount,
	    p->at);
}

static int
compare_payments(const void *a, const void *b)
{
	const struct demo_payment *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void
demo_take_payments(struct demo_worker *w, struct demo_facility *f)
{
	size_t due = 0, left = 0;
	struct demo_payment *now = calloc(w->payments + 1, sizeof(*now));
	if (!now)
		fatal("demo: out of memory");
	for (size_t i = 0; i < w->payments; i++) {
		const struct demo_payment *p = &w->payment[i];
		if (p->facility == f && time_business_date(p->at) <= w->today)
			now[due++] = *p;
		else
			w->payment[left++] = *p;
	}
	w->payments = left;
	qsort(now, due, sizeof(*now), compare_payments);
	for (size_t i = 0; i < due; i++)
		payment_make(w, &now[i]);
	free(now);
}
