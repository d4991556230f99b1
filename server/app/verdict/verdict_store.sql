-- verdict_store: keeps a verdict that decided something, with its findings
-- $1 visit bigint
-- $2 occasion text: close, run
-- $3 state text: passed, refused, overridden
-- $4 sums jsonb
-- $5 findings jsonb
-- result boolean
select claim.verdict_store($1, $2, $3, $4, $5)
