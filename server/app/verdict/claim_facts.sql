-- claim_facts: what other visits say about the people, machines and beds of some visits
-- $1 visits bigint[]
-- result visit_id, kind, key1, key2, key3, first_minute, last_minute, ma_lk, facility, code, value, is_cut
select n.* from claim.facts_near($1) n
