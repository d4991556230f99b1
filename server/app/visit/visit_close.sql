-- visit_close: records the discharge; the follow-up prices and closes
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.visit_close($1, $2) c, sec.keep(c) r
