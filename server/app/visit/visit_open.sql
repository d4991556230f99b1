-- visit_open: opens a visit, with lines when given
-- $1 body jsonb
-- result api.reply
select r.* from api.visit_open($1, true) c, sec.keep(c) r
