-- patient_merge: one person was registered twice
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.patient_merge($1, $2) c, sec.keep(c) r
