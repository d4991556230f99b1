-- rule_preview_get: a preview and its result
-- $1 id bigint
-- result api.reply
select r.* from api.rule_preview_get($1) r
