-- reconciliation_list: daily comparisons
-- $1 from date
-- $2 to date
-- $3 facility text
-- result api.reply
select r.* from api.reconciliation_list($1, $2, $3) r
