-- job_postpone: later, and this try does not count
-- $1 id bigint
-- $2 who text
-- $3 problem text
-- $4 delay_s int
-- result one row
select job.postpone($1, $2, $3, $4)
