-- note_add: adds a progress note
-- $1 id bigint
-- $2 body jsonb
-- result api.reply
select r.* from api.note_add($1, $2) c, sec.keep(c) r
