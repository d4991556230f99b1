-- password_change: new password of the caller; ends the other sessions
-- $1 old_hash text: that was judged
-- $2 new_hash text
-- result api.reply
select r.* from api.password_change($1, $2) r
