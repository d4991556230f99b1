-- deposit_add: takes a deposit
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.deposit_add($1, $2) c, sec.keep(c) r
