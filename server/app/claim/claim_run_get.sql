-- claim_run_get: a run and its progress
-- $1 id bigint
-- result api.reply
select r.* from api.claim_run_get($1) r
