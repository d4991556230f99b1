-- staff_post_create: where else a person works
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.staff_post_create($1, $2) c, sec.keep(c) r
