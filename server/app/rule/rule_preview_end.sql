-- rule_preview_end: a preview is over, or failed
-- $1 id bigint
-- $2 problem text: null = it went well
-- result void
select claim.preview_end($1, $2)
