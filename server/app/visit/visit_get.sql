-- visit_get: one visit with everything in it
-- $1 id bigint
-- result api.reply
select r.* from api.visit_get($1) r
