-- coverage_check_get: the answer of the gateway
-- $1 id bigint
-- result api.reply
select r.* from api.coverage_check_get($1) r
