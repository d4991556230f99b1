-- coverage_patch: changes a card
-- $1 id bigint
-- $2 coverage_id bigint
-- $3 if_match text
-- $4 body jsonb
-- result api.reply
select r.* from api.coverage_patch($1, $2, $3, $4) r
