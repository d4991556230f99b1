-- coverage_check_begin: what to ask about a card
-- $1 id bigint
-- result card_key, full_name, born_text, username, staff_name, staff_citizen_id; no row when it was answered
select s.* from reg.coverage_check_begin($1) s
