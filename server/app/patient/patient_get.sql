-- patient_get: one patient with cards
-- $1 id bigint
-- result api.reply
select r.* from api.patient_get($1) r
