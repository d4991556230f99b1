-- claim_run_store: stores a chunk of a run
-- $1 run bigint
-- $2 items jsonb
-- $3 envelopes bytea
-- $4 certificate bytea: null = unsigned
-- result built, rejected, queued
select s.* from claim.run_store($1, $2, $3, $4) s
