-- session_current: the caller's session
-- result api.reply
select r.* from api.session_current() r
