-- job_purge: forgets finished jobs
-- $1 keep text: interval
-- result count
select job.purge($1::interval) as count
