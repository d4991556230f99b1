-- claim_xml1: rows of XML1 of some visits
-- $1 visits bigint[]
-- result columns named like the fields; those with _ are keys
select x.* from claim.xml1 x where x._tenant_id = (select sys.tenant()) and x._visit_id = any ($1) order by x._visit_id
