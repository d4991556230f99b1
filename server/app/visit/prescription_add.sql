-- prescription_add: writes a prescription
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.prescription_add($1, $2) c, sec.keep(c) r
