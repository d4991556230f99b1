-- coverage_list: cards of a patient
-- $1 id bigint
-- result api.reply
select r.* from api.coverage_list($1) r
