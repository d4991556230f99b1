-- check_in_begin: records an attempt to send a check-in
-- $1 id bigint
-- result transmission_id, facility_code, province_code, username; no row when it is over
select s.* from claim.check_in_begin($1) s
