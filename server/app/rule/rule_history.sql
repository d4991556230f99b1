-- rule_history: versions and switches of a rule
-- $1 id text
-- result json
select claim.rule_history($1)
