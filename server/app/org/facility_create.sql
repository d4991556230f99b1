-- facility_create: a new facility below another
-- $1 body jsonb
-- result api.reply
select r.* from api.facility_create($1) c, sec.keep(c) r
