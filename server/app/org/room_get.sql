-- room_get: one room
-- $1 id bigint
-- result api.reply
select r.* from api.part_get('room', $1) r
