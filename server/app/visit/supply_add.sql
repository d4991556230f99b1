-- supply_add: records a supply that was used
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.supply_add($1, $2) c, sec.keep(c) r
