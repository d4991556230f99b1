/* The verdict of a visit inside a request. */
#pragma once

#include "server/app/app.h"
#include "server/app/verdict/judging.h"

typedef void verdict_next(struct app_request *r, struct judging *j);

/* The statements that read a visit (decimal text, lives as long as the request): JUDGING_STATEMENTS of them.
 */
void verdict_statements(struct app_request *r, struct slice visit, struct app_statement *ret);
/*
 * Judges the visit whose statements are the steps first … of b and calls next, at once or later. A visit that
 * is not there has been answered with visit.not_found; for one without insurance j->insured is false and
 * nothing was judged.
 */
void verdict_take(
    struct app_request *r, struct slice visit, const struct pg_batch *b, unsigned first, verdict_next *next);
/* Both: reads the visit in a batch of its own, judges it and calls next. */
void verdict_run(struct app_request *r, struct slice visit, verdict_next *next);
/* What verdict_take judged. */
struct judging *verdict_of(const struct app_request *r);
/* The verdict as JSON in the request's arena. */
struct slice verdict_json(struct app_request *r, const struct judging *j);
/* Puts the verdict into r->verdict and calls app_finish. */
void verdict_attach(struct app_request *r, struct judging *j);
/* Follow-up "verdict ID": adds the verdict of the visit to the answer that is ready. */
app_followup_step verdict_followup;

/*
 * Ends closing a visit: the discharge is recorded and priced (follow-up "close ID VERSION STATUS" of r), and
 * judged. Closes it, or refuses with visit.critical_findings and takes the discharge back; the verdict is
 * kept either way.
 */
void verdict_close(struct app_request *r, struct judging *j);

/* Handlers of this folder's routes. */
void verdict_get(struct app_request *r);
void verdict_what_if(struct app_request *r);
