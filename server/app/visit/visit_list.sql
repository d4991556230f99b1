-- visit_list: visits of a day at the facility, in the order they were opened
-- $1 date date: null = today
-- $2 status text: or null
-- $3 room bigint: or null
-- $4 limit int
-- $5 cursor text: id of the last one seen
-- result api.reply
select r.* from api.visit_list($1, $2, $3, $4, $5) r
