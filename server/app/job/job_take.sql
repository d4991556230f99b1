-- job_take: takes jobs that are due, after freeing what the taker holds without running it
-- $1 who text: owner of the lease
-- $2 most int
-- $3 lease text: interval
-- $4 running text: bigint[] of the jobs that the taker runs
-- result queue_id, tenant_id, facility_id, kind, payload, attempts, max_attempts
select t.* from job.take($1, $2, $3::interval, $4::bigint[]) t
