-- claim_run_post: queues a run over a facility's month
-- $1 body jsonb
-- result api.reply
select r.* from api.claim_run_start($1) c, sec.keep(c) r
