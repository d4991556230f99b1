-- transport_add: records a journey to another facility; it is charged by the litre
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.transport_add($1, $2) c, sec.keep(c) r
