-- vitals_add: adds vital signs
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.vitals_add($1, $2) c, sec.keep(c) r
