-- order_patch: moves an order on, or changes what was done
-- $1 id bigint
-- $2 order_id bigint
-- $3 if_match text
-- $4 body jsonb
-- result api.reply
select r.* from api.order_patch($1, $2, $3, $4) r
