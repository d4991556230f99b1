-- diagnosis_remove: takes a diagnosis off
-- $1 id bigint
-- $2 diagnosis_id bigint
-- result api.reply
select r.* from api.diagnosis_remove($1, $2) r
