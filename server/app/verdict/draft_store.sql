-- draft_store: prices a visit with draft lines
-- $1 id bigint
-- $2 body jsonb
-- $3 version int: pricing_version the shares are for
-- $4 exempt_at timestamptz: or null
-- $5 shares jsonb
-- $6 charges bigint[]: the ids that the lines had when they were shared
-- result json
select claim.draft_store($1, $2, $3, $4, $5, $6)
