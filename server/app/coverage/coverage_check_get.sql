-- coverage_check_get: the answer of the gateway
-- $1 id bigint
-- $2 wait int: seconds that the caller would wait for it
-- result api.reply
select r.* from api.coverage_check_get($1, $2) r
