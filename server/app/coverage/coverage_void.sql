-- coverage_void: a card was entered by mistake
-- $1 id bigint
-- $2 coverage_id bigint
-- $3 body jsonb
-- result api.reply
select r.* from api.coverage_void($1, $2, $3) c, sec.keep(c) r
