-- bill_get: the bill with every share and why
-- $1 id bigint
-- result api.reply
select r.* from api.bill_get($1) r
