-- draft_inputs: what the benefit engine needs to know of a visit with draft lines
-- $1 id bigint
-- $2 body jsonb
-- result charges, inputs
select d.* from claim.draft_inputs($1, $2) d
