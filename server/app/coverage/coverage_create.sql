-- coverage_create: adds a card
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.coverage_create($1, $2) c, sec.keep(c) r
