-- login_begin: counts an attempt to sign in and gives the hash to judge the password by
-- $1 username text
-- $2 tenant text: code, or null
-- $3 max_failures int
-- $4 first_delay_s int
-- result tenant_id bigint, user_id bigint, hash text (null for an unknown user), wait_s int
select b.tenant_id, b.user_id, b.hash, b.wait_s from sec.login_begin($1, $2, $3, $4) b
