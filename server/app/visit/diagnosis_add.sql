-- diagnosis_add: adds a diagnosis
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.diagnosis_add($1, $2) c, sec.keep(c) r
