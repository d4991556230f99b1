-- claim_run_next: the next claims of a run
-- $1 run bigint
-- $2 after bigint: claim id
-- $3 most int
-- result claim_id, visit_id, facility_code, version_no, last_sha256, last_is_signed, overridden
select n.* from claim.run_next($1, $2, $3) n
