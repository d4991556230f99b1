-- claim_run_end: ends a run
-- $1 run bigint
-- $2 problem text: null = done
-- result one row
select claim.run_progress($1, 0, 0, 0, true, $2)
