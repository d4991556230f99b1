-- room_create: a new room of a facility
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.part_create('room', $1, $2) c, sec.keep(c) r
