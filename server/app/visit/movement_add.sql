-- movement_add: moves the patient to a department and bed
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.movement_add($1, $2) c, sec.keep(c) r
