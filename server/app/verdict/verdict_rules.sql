-- verdict_rules: versions and switches of the tenant's own rules
-- result kind, code, version_no, state, body, from_on, to_on
select t.* from claim.rule_texts() t
