-- bill_store: stores the shares the engine computed; false when the visit changed meanwhile
-- $1 id bigint
-- $2 version int: pricing_version the shares are for
-- $3 exempt_at timestamptz: when the co-payment limit of the year was reached, or null
-- $4 shares jsonb
-- result boolean
select bill.store($1, $2, $3, $4)
