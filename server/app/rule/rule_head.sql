-- rule_head: the tenant and the version of its own rules
-- result tenant_id, epoch
select h.tenant_id, h.epoch from claim.rule_head() h
