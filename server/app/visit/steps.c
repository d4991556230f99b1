#include "server/app/bill/pricing.h"
#include "server/app/statements.h"
#include "server/app/visit/visit.h"

static void
on_finished(struct app_request *r, const struct pg_batch *b)
{
	app_read_reply(r, b);
	app_finish(r);
}

static void
finish(struct app_request *r)
{
	struct slice id = app_param(r, "id");
	app_query(r, PG_WRITE, STMT(visit_finish), &id, 1, on_finished);
}

void
visit_close_followup(struct app_request *r, struct slice argument)
{
	pricing_run(r, argument, finish);
}
