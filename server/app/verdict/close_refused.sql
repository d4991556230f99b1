-- close_refused: takes the discharge back after critical findings
-- $1 visit bigint
-- $2 version int: of the visit as the discharge left it
-- $3 was text: its status before, - = discharged earlier
-- result boolean
select care.close_refused($1, $2, $3)
