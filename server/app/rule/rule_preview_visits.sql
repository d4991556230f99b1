-- rule_preview_visits: the next visits that a preview judges
-- $1 id bigint
-- $2 after_visit bigint
-- $3 most int
-- result visit_id
select v.visit_id from claim.preview_visits($1, $2, $3) v
