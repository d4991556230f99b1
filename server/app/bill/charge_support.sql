-- charge_support: money from other sources for a line
-- $1 id bigint
-- $2 charge_id bigint
-- $3 body jsonb
-- result api.reply
select r.* from api.charge_support($1, $2, $3) r
