-- claim_list: claims of a month
-- $1 month text: yyyy-MM
-- $2 state text: or null
-- $3 facility text: code; null = where the caller works
-- $4 limit int
-- $5 cursor text
-- result api.reply
select r.* from api.claim_list($1, $2, $3, $4, $5) r
