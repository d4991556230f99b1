-- room_patch: changes a room
-- $1 id bigint
-- $2 if_match text
-- $3 body jsonb
-- result api.reply
select r.* from api.part_patch('room', $1, $2, $3) r
