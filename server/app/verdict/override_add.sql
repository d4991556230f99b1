-- override_add: somebody answers for closing a visit with critical findings
-- $1 visit bigint
-- $2 rules text[]
-- $3 at_risk numeric
-- $4 rule_set text
-- $5 reason text
-- result bigint
select claim.override_add($1, $2, $3, $4, $5)
