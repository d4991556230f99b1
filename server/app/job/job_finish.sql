-- job_finish: the job is done
-- $1 id bigint
-- $2 who text
-- result one row
select job.finish($1, $2)
