-- receipt_list: receipts of a visit
-- $1 id bigint
-- result api.reply
select r.* from api.receipt_list($1) r
