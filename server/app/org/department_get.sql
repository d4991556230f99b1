-- department_get: one department
-- $1 id bigint
-- result api.reply
select r.* from api.part_get('department', $1) r
