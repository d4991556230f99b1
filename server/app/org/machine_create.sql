-- machine_create: a new machine of a facility
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.part_create('machine', $1, $2) c, sec.keep(c) r
