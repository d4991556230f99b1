-- user_create: a new user with grants inside the caller's scope
-- $1 body jsonb: without the password
-- $2 password_hash text
-- result api.reply
select r.* from api.user_create($1, $2) c, sec.keep(c) r
