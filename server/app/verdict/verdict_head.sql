-- verdict_head: what judging a visit needs besides its rows
-- $1 visit bigint
-- result tenant_id, epoch, visit_id, version, status, insured, discharged, settled, department, practitioner, overridden, lists_epoch
select h.*, claim.catalog_epoch() as lists_epoch from claim.verdict_head($1) h
