-- facility_patch: changes a facility
-- $1 id bigint
-- $2 if_match text
-- $3 body jsonb
-- result api.reply
select r.* from api.facility_patch($1, $2, $3) r
