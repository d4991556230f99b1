/*
 * Pricing behind a request: reads a visit (bill.inputs), lets the benefit engine share its lines and stores
 * the shares (bill.store). The pure part is claims/benefit/visit_json.h; this is its asynchronous frame.
 */
#pragma once

#include "server/app/app.h"
#include "server/app/verdict/verdict.h"

typedef void pricing_next(struct app_request *r);

/*
 * Prices the visit whose id is the decimal text `visit` (lives as long as the request) and calls next. When
 * that is impossible the request has been answered with a problem: visit.not_found, bill.not_priceable (the
 * engine refuses the visit; detail says why), bill.changing (it changed three times while being priced).
 */
void pricing_run(struct app_request *r, struct slice visit, pricing_next *next);

/* As pricing_run; the rows that the verdict needs are read behind the shares in the same transaction. */
void pricing_judge(struct app_request *r, struct slice visit, verdict_next *next);

/*
 * Only computes: document is what bill.inputs gives. next gets the version it is for, when the co-payment
 * limit was reached (at == NULL: not) and the shares as bill.store takes them.
 */
struct pricing_shares {
	struct slice version, exempt, shares;
};
typedef void pricing_shares_next(struct app_request *r, const struct pricing_shares *s);
void pricing_compute(
    struct app_request *r, struct slice visit, struct slice document, pricing_shares_next *next);

/*
 * Follow-ups of bill_noun. "price": after a write, whose answer is sent even when the visit cannot be
 * priced (its bill says why); "share": the same, when an answer is replayed that was given with shares;
 * "priced": after a write whose shares are stored already; "price_bill": before a bill.
 */
app_followup_step pricing_followup;
app_followup_step pricing_done_followup;
app_followup_step pricing_bill_followup;

/*
 * The second half of a write that opens a visit: from "share ID DOCUMENT" the parameters of charge_opened.
 * Without shares when the rules are old or refuse the visit: the statement then asks for "price".
 */
app_more pricing_share;
