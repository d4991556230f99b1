-- coverage_check_end: keeps the answer
-- $1 id bigint
-- $2 state text: answered, not_checked
-- $3 code text
-- $4 verdict text
-- $5 answer jsonb
-- result one row
select reg.coverage_check_end($1, $2, $3, $4, $5)
