-- coverage_check_create: asks the fund's gateway about a card
-- $1 body jsonb
-- result api.reply
select r.* from api.coverage_check_create($1) c, sec.keep(c) r
