-- sys.fold also takes the letters whose capitals look like Đ (U+00D0, U+0189) for d, as utf8_fold in C does:
-- people type them. Names stored with them get their search form again.
set local role hmis_owner;

create or replace function sys.fold(t text) returns text
    language sql immutable strict parallel safe
    return btrim(regexp_replace(
        lower(translate(regexp_replace(normalize(t, nfd), '[\u0300-\u036f]', '', 'g'), 'đĐðÐɖƉ', 'dddddd')),
        '[^[:alnum:]]+', ' ', 'g'));
-- the owner's rows are behind row-level security, too
reset role;
update reg.patient set full_name = full_name where full_name ~ '[ðÐɖƉ]';
