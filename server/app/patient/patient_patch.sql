-- patient_patch: changes a patient
-- $1 id bigint
-- $2 if_match text
-- $3 body jsonb
-- result api.reply
select r.* from api.patient_patch($1, $2, $3) r
