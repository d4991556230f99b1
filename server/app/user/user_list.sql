-- user_list: users in the caller's scope, by name
-- $1 q text: part of the full name, or beginning of the user name
-- $2 limit int
-- $3 cursor text
-- result api.reply
select r.* from api.user_list($1, $2, $3) r
