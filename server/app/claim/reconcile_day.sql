-- reconcile_day: compares one facility and day
-- $1 facility bigint
-- $2 day date
-- $3 gateway jsonb: count, amount, transactions; null = not asked
-- result is_balanced, differences
select r.is_balanced, jsonb_array_length(r.differences) as differences from claim.reconcile($1, $2, $3) r
