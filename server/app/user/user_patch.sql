-- user_patch: changes a user
-- $1 id bigint
-- $2 if_match text
-- $3 body jsonb: without the password
-- $4 password_hash text: or null
-- result api.reply
select r.* from api.user_patch($1, $2, $3, $4) r
