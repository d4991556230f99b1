-- check_in_give_up: the last try is over, or none is needed
-- $1 id bigint
-- result one row
select claim.check_in_give_up($1)
