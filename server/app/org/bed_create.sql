-- bed_create: a new bed of a facility
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.part_create('bed', $1, $2) c, sec.keep(c) r
