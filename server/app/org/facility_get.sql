-- facility_get: one facility
-- $1 id bigint
-- result api.reply
select r.* from api.facility_get($1) r
