-- session_close: signs the caller out
-- result api.reply
select r.* from api.session_close() r
