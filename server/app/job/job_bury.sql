-- job_bury: frees what dead processes held
-- $1 owners text: text[]
-- result count
select job.bury($1::text[]) as count
