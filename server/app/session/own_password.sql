-- own_password: hash of the caller's password, to judge the old one by
-- result hash text
select p.hash from sec.own_password() p
