-- department_list: departments of a facility
-- $1 id bigint
-- $2 on date
-- $3 limit int
-- $4 cursor text
-- result api.reply
select r.* from api.part_list('department', $1, $2, $3, $4) r
