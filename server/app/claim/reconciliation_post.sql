-- reconciliation_post: queues a comparison
-- $1 body jsonb
-- result api.reply
select r.* from api.reconciliation_start($1) c, sec.keep(c) r
