-- rule_preview_start: begins or goes on with a preview; no row when it is over
-- $1 id bigint
-- result code, body, last_visit
select s.* from claim.preview_start($1) s
