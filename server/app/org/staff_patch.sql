-- staff_patch: changes a person who works here
-- $1 id bigint
-- $2 if_match text
-- $3 body jsonb
-- result api.reply
select r.* from api.staff_patch($1, $2, $3) r
