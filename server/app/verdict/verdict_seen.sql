-- verdict_seen: records that the caller read what a visit's verdict shows
-- $1 visit bigint
-- result boolean
select claim.verdict_seen($1)
