-- diagnosis_list: diagnoses with their names
-- $1 id bigint
-- result api.reply
select r.* from api.diagnosis_list($1) r
