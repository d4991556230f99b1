-- claim_version_get: the file of a version
-- $1 ma_lk text
-- $2 file text: N.xml
-- result api.reply
select r.* from api.claim_version_get($1, $2) r
