-- claim_xml2: rows of XML2 of some visits
-- $1 visits bigint[]
-- result columns named like the fields; those with _ are keys
select x.* from claim.xml2 x where x._tenant_id = (select sys.tenant()) and x._visit_id = any ($1) order by x._charge_id
