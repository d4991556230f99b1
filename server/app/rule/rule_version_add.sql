-- rule_version_add: a new version of an own rule that was compiled
-- $1 id text
-- $2 body jsonb
-- $3 severity text
-- $4 table_name text
-- result api.reply
select r.* from api.rule_version_add($1, $2, $3, $4) c, sec.keep(c) r
