-- claim_send_begin: records an attempt and gives what is to be sent
-- $1 claim bigint
-- result transmission_id, version_no, envelope, facility_code, province_code, username; no row when nothing is to be sent
select s.* from claim.send_begin($1) s
