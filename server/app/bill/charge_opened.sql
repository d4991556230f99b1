-- charge_opened: charges the lines of a visit that this transaction opens, with their shares when there are
-- $1 id bigint
-- $2 lines json
-- $3 shares json: null when the engine could not tell them
-- $4 exempt_at timestamptz: when the co-payment limit of the year was reached, or null
-- result followup text
select bill.charge_opened($1, $2, $3, $4)
