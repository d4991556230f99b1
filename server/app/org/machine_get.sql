-- machine_get: one machine
-- $1 id bigint
-- result api.reply
select r.* from api.part_get('machine', $1) r
