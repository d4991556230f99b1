-- job_enter: makes the transaction work for all facilities of a tenant
-- $1 tenant bigint
-- $2 request text: for the audit rows
-- result one row
select job.enter($1, $2)
