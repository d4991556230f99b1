-- staff_list: people who work here
-- $1 q text
-- $2 facility bigint
-- $3 title text
-- $4 on date
-- $5 limit int
-- $6 cursor text
-- result api.reply
select r.* from api.staff_list($1, $2, $3, $4, $5, $6) r
