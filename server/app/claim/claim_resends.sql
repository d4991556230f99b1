-- claim_resends: sends again, as they are, a month's claims that came back with one code
-- $1 body jsonb
-- result api.reply
select r.* from api.claim_resends($1) c, sec.keep(c) r
