-- coverage_get: one card
-- $1 id bigint
-- $2 coverage_id bigint
-- result api.reply
select r.* from api.coverage_get($1, $2) r
