-- payment_add: takes a payment
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.payment_add($1, $2) c, sec.keep(c) r
