-- transport_remove: takes back a journey entered by mistake
-- $1 id bigint
-- $2 transport_id bigint
-- result api.reply
select r.* from api.transport_remove($1, $2) r
