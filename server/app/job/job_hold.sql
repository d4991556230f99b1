-- job_hold: extends leases
-- $1 ids text: bigint[]
-- $2 who text
-- $3 lease text: interval
-- result count of the leases that were not lost
select job.hold($1::bigint[], $2, $3::interval) as count
