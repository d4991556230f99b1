#include "server/app/bill/pricing.h"
#include "server/app/visit/visit.h"

/* The follow-up's text is "ID VERSION STATUS-BEFORE". */
void
visit_close_followup(struct app_request *r, struct slice argument)
{
	size_t blank = slice_find(argument, ' ');
	pricing_judge(r, slice_of(arena_text(r->arena, slice_from(argument.at, blank))), verdict_close);
}
