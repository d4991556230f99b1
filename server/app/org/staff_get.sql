-- staff_get: one person who works here
-- $1 id bigint
-- result api.reply
select r.* from api.staff_get($1) r
