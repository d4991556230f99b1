-- claim_funnel: from visits to receipts
-- $1 month text: yyyy-MM
-- $2 facility text
-- result api.reply
select r.* from api.claim_funnel($1, $2) r
