-- supply_remove: takes back a supply entered by mistake
-- $1 id bigint
-- $2 supply_id bigint
-- result api.reply
select r.* from api.supply_remove($1, $2) r
