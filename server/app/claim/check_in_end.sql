-- check_in_end: writes down how an attempt to send a check-in ended
-- $1 transmission bigint
-- $2 outcome text
-- $3 http int
-- $4 code text
-- $5 transaction text
-- $6 message text
-- $7 raw text
-- result one row
select claim.check_in_end($1, $2, $3, $4, $5, $6, $7)
