-- claim_run_start: begins or resumes a run
-- $1 run bigint
-- result facility_id, month, total; no row when it is over
select s.* from claim.run_start($1) s
