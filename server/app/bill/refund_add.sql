-- refund_add: gives money back
-- $1 id bigint
-- $2 payment_id bigint
-- $3 body jsonb
-- result api.reply
select r.* from api.refund_add($1, $2, $3) c, sec.keep(c) r
