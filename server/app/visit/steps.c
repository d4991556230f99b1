#include "server/app/bill/pricing.h"
#include "server/app/statements.h"
#include "server/app/visit/visit.h"

static void
on_finished(struct app_request *r, const struct pg_batch *b)
{
	app_read_reply(r, b);
	app_finish(r);
}

/* The follow-up's text is "ID VERSION". */
static void
finish(struct app_request *r)
{
	struct slice text = r->reply.followup, part;
	struct slice value[2] = { { NULL, 0 }, { NULL, 0 } };
	(void)slice_split(&text, ' ', &part); /* "close" */
	for (size_t i = 0; i < 2 && slice_split(&text, ' ', &part); i++)
		value[i] = part;
	app_query(r, PG_WRITE, STMT(visit_finish), value, 2, on_finished);
}

void
visit_close_followup(struct app_request *r, struct slice argument)
{
	size_t blank = slice_find(argument, ' ');
	pricing_run(r, slice_of(arena_text(r->arena, slice_from(argument.at, blank))), finish);
}
