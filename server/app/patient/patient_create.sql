-- patient_create: registers a patient
-- $1 body jsonb
-- result api.reply
select r.* from api.patient_create($1) c, sec.keep(c) r
