-- rule_preview_add: asks how much of the last months a rule would touch
-- $1 body jsonb
-- $2 code text: id of the rule in the text
-- result api.reply
select r.* from api.rule_preview_add($1, $2) c, sec.keep(c) r
