-- verdict_lists: everything the rules look up in the lists of a facility, for claims of these days
-- $1 facility text
-- $2 first_day date
-- $3 last_day date
-- result catalog, lines
select a.* from claim.catalog_all($1, $2, $3) a
