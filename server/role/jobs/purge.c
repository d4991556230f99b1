/* purge: forgets finished jobs, so that the queue stays small. What failed stays until somebody looks. */
#include "server/app/statements.h"
#include "server/role/jobs/jobs.h"

#define KEEP "30 days"

static void
on_purged(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_done(j);
}

void
purge_job(struct job *j)
{
	const struct slice value[] = { SLICE(KEEP) };

	job_query_one(j, PG_WRITE, STMT(job_purge), value, 1, on_purged);
}
