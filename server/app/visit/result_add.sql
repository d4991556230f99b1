-- result_add: results of an order
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.result_add($1, $2) c, sec.keep(c) r
