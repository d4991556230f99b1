-- visit_reopen: reopens a closed visit
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.visit_reopen($1, $2) c, sec.keep(c) r
