-- job_enter: makes the transaction work for all facilities of a tenant
-- $1 tenant bigint
-- $2 request text: for the audit rows
-- result code: of the tenant
select job.enter($1, $2) as code
