-- department_create: a new department of a facility
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.part_create('department', $1, $2) c, sec.keep(c) r
