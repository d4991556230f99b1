-- claim_send_hold: holds the sending by one gateway account
-- $1 claim bigint
-- $2 delay_s int
-- result count
select claim.send_hold($1, $2) as count
