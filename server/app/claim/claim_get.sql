-- claim_get: a claim with versions, transmissions and findings
-- $1 ma_lk text
-- result api.reply
select r.* from api.claim_get($1) r
