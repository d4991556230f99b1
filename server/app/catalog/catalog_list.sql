-- catalog_list: rows of a catalogue valid on a day
-- $1 name text
-- $2 q text
-- $3 on date
-- $4 parent text
-- $5 limit int
-- $6 cursor text
-- result api.reply
select r.* from api.catalog_list($1, $2, $3, $4, $5, $6) r
