-- visit_finish: second half of closing
-- $1 id bigint
-- $2 version int: of the visit as the discharge left it
-- result api.reply
select r.* from api.visit_finish($1, $2) r
