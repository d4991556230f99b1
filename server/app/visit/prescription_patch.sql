-- prescription_patch: dispenses or cancels a prescription
-- $1 id bigint
-- $2 prescription_id bigint
-- $3 if_match text
-- $4 body jsonb
-- result api.reply
select r.* from api.prescription_patch($1, $2, $3, $4) r
