-- visit_finish: second half of closing
-- $1 id bigint
-- result api.reply
select r.* from api.visit_finish($1) r
