-- sec_enter: begins a request: session, permission at the facility, idempotency key
-- $1 token_hash bytea
-- $2 request_id text
-- $3 facility_code text: X-Facility or null
-- $4 permission text
-- $5 idem_key text: null when the request has none
-- $6 body_hash bytea: null without idem_key
-- $7 route text
-- result ticket text
select e.ticket from sec.enter($1, $2, $3, $4, $5, $6, $7) e
