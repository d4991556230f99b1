-- check_in_row: XML0 of a check-in
-- $1 id bigint
-- result columns named like the fields; those with _ are keys
select x.* from claim.xml0 x where x._tenant_id = (select sys.tenant()) and x._check_in_id = $1
