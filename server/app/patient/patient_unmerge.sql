-- patient_unmerge: undoes a merge
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.patient_unmerge($1, $2) c, sec.keep(c) r
