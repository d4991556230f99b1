-- job_fail: the try failed
-- $1 id bigint
-- $2 who text
-- $3 problem text
-- $4 delay_s int
-- $5 for_good boolean
-- result state
select job.fail($1, $2, $3, $4, $5) as state
