-- patient_search: people by name, number or birth date, best match first
-- $1 q text
-- $2 limit int
-- $3 cursor text
-- result api.reply
select r.* from api.patient_search($1, $2, $3) r
