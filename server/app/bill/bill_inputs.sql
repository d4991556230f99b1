-- bill_inputs: what the benefit engine needs to know of a visit; null when there is no such visit
-- $1 id bigint
-- result json
select bill.inputs($1)
