-- order_add: orders a service
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.order_add($1, $2) c, sec.keep(c) r
