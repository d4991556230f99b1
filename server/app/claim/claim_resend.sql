-- claim_resend: sends a returned claim again as it is
-- $1 ma_lk text
-- $2 body jsonb
-- result api.reply
select r.* from api.claim_resend($1, $2) c, sec.keep(c) r
