-- staff_post_patch: changes or ends a post
-- $1 id bigint
-- $2 post_id bigint
-- $3 if_match text
-- $4 body jsonb
-- result api.reply
select r.* from api.staff_post_patch($1, $2, $3, $4) r
