-- staff_create: a new person who works here
-- $1 body jsonb
-- result api.reply
select r.* from api.staff_create($1) c, sec.keep(c) r
