-- reconcile_targets: facilities and days to reconcile
-- $1 facility bigint: or null
-- $2 day date: or null
-- result facility_id, facility_code, username, day
select t.* from claim.reconcile_targets($1, $2) t
