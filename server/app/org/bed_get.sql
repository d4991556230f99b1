-- bed_get: one bed
-- $1 id bigint
-- result api.reply
select r.* from api.part_get('bed', $1) r
