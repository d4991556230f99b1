-- job_hold: extends a lease
-- $1 id bigint
-- $2 who text
-- $3 lease text: interval
-- result false when the lease was lost
select job.hold($1, $2, $3::interval) as held
