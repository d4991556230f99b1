-- facility_list: the tree of facilities as a list
-- $1 scope text
-- $2 on date
-- $3 limit int
-- $4 cursor text
-- result api.reply
select r.* from api.facility_list($1, $2, $3, $4) r
