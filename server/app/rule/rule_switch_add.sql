-- rule_switch_add: switches a rule for claims that arrived on some days
-- $1 id text
-- $2 body jsonb
-- result api.reply
select r.* from api.rule_switch_add($1, $2) c, sec.keep(c) r
