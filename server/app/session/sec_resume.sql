-- sec_resume: continues a request in a further batch, as the actor of its ticket
-- $1 ticket text: of sec.enter
-- $2 request_id text
-- $3 route text
-- result ok boolean
select e.ok from sec.resume($1, $2, $3) e
