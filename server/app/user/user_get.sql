-- user_get: one user with grants
-- $1 id bigint
-- result api.reply
select r.* from api.user_get($1) r
