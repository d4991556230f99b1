-- job_owners: who holds leases, besides oneself
-- $1 who text
-- result owner
select o.owner from job.owners($1) o
