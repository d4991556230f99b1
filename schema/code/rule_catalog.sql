-- What the rules look up in a centre's lists (claims/rules/catalogs.tsv), as text: one line per row, its keys, first day,
-- last day and attributes in the order of catalogs.tsv, separated by tabs; rule_catalog_rows_add_text() reads it.
--   claim.catalog_rows(visits)              only what the claims of these visits can ask for
--   claim.catalog_all(facility, from, to)   everything, to judge a month again
-- The first costs 3 to 4 ms for a single visit, mostly for starting its many statements; the second 10 ms for a facility of
-- 40 drugs and 40 people, 0.5 s for one of 2,000 drugs, 800 services and 300 people. Who judges visit after visit holds catalog_all of the facility (claims/rules/catalog_held.h) until
-- claim.catalog_epoch() says that a list has changed.
-- A catalogue that a centre has nothing of gives no row at all: rules that need it are not judged. The functions *_lines
-- make the lines of one list for given codes and days. Rows that the fund has not accepted do not count (CAT-001).
set local role hmis_owner;

-- Drugs, services, supplies ----------------------------------------------------------------------------

-- The rules ask drug() by MA_THUOC, which several brands may share: attributes on which they differ are missing, the price
-- is the highest. drug_item() is the exact line. A day on which something changes begins a new row.
create or replace function claim.drug_lines(f bigint, codes text[], first_day date, last_day date) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
begin
    return (
    with one as materialized (
        select d.*, greatest(lower(d.valid), d.accepted_on) as starts, upper(d.valid) - 1 as stops
        from ref.local_drug d
        where d.tenant_id = t and d.drug_code = any (codes) and (d.facility_id is null or d.facility_id = f)
            and d.valid && span and (d.fund_state = 'none' or d.accepted_on <= last_day)
    ), price as materialized (
        select o.local_drug_id, o.drug_code, coalesce(p.price_bhyt, p.price_hospital) as price, p.valid,
            p.facility_id is null as is_common, p.object = '*' as is_any
        from one o join ref.item_price p on p.tenant_id = t and p.item_kind = 'drug' and p.item_code = o.code
        where o.price_approved is null and (p.facility_id is null or p.facility_id = f) and p.object in ('bhyt', '*')
            and p.valid && span
    ), segment as (
        select e.key, e.day, coalesce(lead(e.day) over (partition by e.key order by e.day) - 1, last_day) as until_day
        from (
            select o.drug_code as key, first_day as day from one o
            union select o.drug_code, o.starts from one o where o.starts > first_day
            union select o.drug_code, o.stops + 1 from one o where o.stops < last_day
            union select p.drug_code, lower(p.valid) from price p where lower(p.valid) > first_day
            union select p.drug_code, upper(p.valid) from price p where upper(p.valid) <= last_day) e
    ), live as (
        select distinct on (s.key, s.day, o.code) s.*, o.*, coalesce(o.price_approved, x.price) as price
        from segment s
        join one o on o.drug_code = s.key and coalesce(o.starts <= s.day, true) and coalesce(o.stops >= s.day, true)
        left join price x on x.local_drug_id = o.local_drug_id and x.valid @> s.day
        order by s.key, s.day, o.code, o.facility_id nulls last, x.is_common, x.is_any
    )
    select string_agg(x.line, '') from (
        select concat(l.key, E'\t', l.day, E'\t', l.until_day, E'\t',
            case when min(l.name_vi) = max(l.name_vi) then translate(max(l.name_vi), E'\t\n\r', '   ') end, E'\t',
            case when min(l.strength) = max(l.strength) then translate(max(l.strength), E'\t\n\r', '   ') end, E'\t',
            case when min(l.registration_no) = max(l.registration_no) then max(l.registration_no) end, E'\t',
            case when min(l.tender) = max(l.tender) then max(l.tender) end, E'\t', max(l.price), E'\t',
            case when min(l.route_code) = max(l.route_code) then max(l.route_code) end, E'\t',
            case when min(l.form_vi) = max(l.form_vi) then translate(max(l.form_vi), E'\t\n\r', '   ') end, E'\t',
            case when min(l.unit_vi) = max(l.unit_vi) then translate(max(l.unit_vi), E'\t\n\r', '   ') end, E'\t',
            case when min(l.payment_ratio) = max(l.payment_ratio) then max(l.payment_ratio) end, E'\t',
            case when min(l.ingredient) = max(l.ingredient) then translate(max(l.ingredient), E'\t\n\r', '   ') end, E'\t',
            case when min(l.sex_limit) = max(l.sex_limit) and count(l.sex_limit) = count(*) then max(l.sex_limit) end, E'\t',
            case when count(l.age_min_days) = count(*) then min(l.age_min_days) end, E'\t',
            case when count(l.age_max_days) = count(*) then max(l.age_max_days) end, E'\t',
            case when count(l.day_limit) = count(*) then max(l.day_limit) end, E'\t',
            case when count(l.dose_max) = count(*) then max(l.dose_max) end, E'\t',
            bool_and(l.is_controlled), E'\t',
            case when min(l.benefit_scope) = max(l.benefit_scope) then max(l.benefit_scope) end, E'\t',
            bool_and(l.needs_indication), E'\t',
            exists (select from ref.local_drug_indication n where n.tenant_id = t and n.drug_code = l.key), E'\t',
            exists (select from ref.local_drug_department n where n.tenant_id = t and n.drug_code = l.key), E'\t',
            case when min(l.least_level) = max(l.least_level) then max(l.least_level) end, E'\n') as line
        from live l group by l.key, l.day, l.until_day) x);
end
$$;
comment on function claim.drug_lines is 'Lines of the rule catalogue drug for these MA_THUOC between two days; null when there are none';

-- Of the rows that hold on a day the first line counts: a facility's own list before the tenant's, its price before the
-- tenant's, a price for the insured before one for everyone, none last.
create or replace function claim.drug_item_lines(f bigint, codes text[], first_day date, last_day date) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
begin
    return (
        select string_agg(concat(d.drug_code, E'\t', d.registration_no, E'\t', d.tender, E'\t',
            lower(d.held), E'\t', upper(d.held) - 1, E'\t', translate(d.name_vi, E'\t\n\r', '   '), E'\t',
            translate(d.strength, E'\t\n\r', '   '), E'\t', d.price, E'\t', d.route_code, E'\t', translate(d.form_vi, E'\t\n\r', '   '), E'\t',
            translate(d.unit_vi, E'\t\n\r', '   '), E'\t', d.payment_ratio, E'\t', d.benefit_scope, E'\n'), ''
            order by d.is_common, d.price is null, d.price_is_common, d.price_is_any)
        from (
            select o.*, o.facility_id is null as is_common, coalesce(o.price_approved, p.price_bhyt, p.price_hospital) as price,
                p.facility_id is null as price_is_common, p.object = '*' as price_is_any,
                o.counts * case when p.item_price_id is null then '(,)' else p.valid end as held
            from (select x.*, x.valid * daterange(x.accepted_on, null) as counts from ref.local_drug x
                where x.tenant_id = t and x.drug_code = any (codes) and (x.facility_id is null or x.facility_id = f)
                    and x.valid && span and (x.fund_state = 'none' or x.accepted_on <= last_day)
                    and x.registration_no <> '' and x.tender <> '') o
            left join lateral (
                select p.item_price_id, p.price_bhyt, p.price_hospital, p.facility_id, p.object, p.valid from ref.item_price p
                where o.price_approved is null and p.tenant_id = t and p.item_kind = 'drug' and p.item_code = o.code
                    and (p.facility_id is null or p.facility_id = f) and p.object in ('bhyt', '*') and p.valid && span
                union all select null, null, null, null, null, null where o.price_approved is null) p on true) d
        where not isempty(d.held));
end
$$;
comment on function claim.drug_item_lines is 'Lines of the rule catalogue drug_item for these MA_THUOC between two days; null when there are none';

-- As drug_lines. A code that is in the list, but not on these days, keeps its newest row: unknown and out of date differ.
create or replace function claim.service_lines(f bigint, codes text[], first_day date, last_day date) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
begin
    return (
    with one as materialized (
        select d.*, greatest(lower(d.valid), d.accepted_on) as starts, upper(d.valid) - 1 as stops
        from ref.local_service d
        where d.tenant_id = t and d.service_code = any (codes) and (d.facility_id is null or d.facility_id = f)
            and d.valid && span and (d.fund_state = 'none' or d.accepted_on <= last_day)
    ), price as materialized (
        select o.local_service_id, o.service_code, coalesce(p.price_bhyt, p.price_hospital) as price, p.valid,
            p.facility_id is null as is_common, p.object = '*' as is_any
        from one o join ref.item_price p on p.tenant_id = t and p.item_kind = 'service' and p.item_code = o.code
        where (p.facility_id is null or p.facility_id = f) and p.object in ('bhyt', '*') and p.valid && span
    ), segment as (
        select e.key, e.day, coalesce(lead(e.day) over (partition by e.key order by e.day) - 1, last_day) as until_day
        from (
            select o.service_code as key, first_day as day from one o
            union select o.service_code, o.starts from one o where o.starts > first_day
            union select o.service_code, o.stops + 1 from one o where o.stops < last_day
            union select p.service_code, lower(p.valid) from price p where lower(p.valid) > first_day
            union select p.service_code, upper(p.valid) from price p where upper(p.valid) <= last_day) e
    ), live as (
        select distinct on (s.key, s.day, o.code) s.*, o.*, x.price
        from segment s
        join one o on o.service_code = s.key and coalesce(o.starts <= s.day, true) and coalesce(o.stops >= s.day, true)
        left join price x on x.local_service_id = o.local_service_id and x.valid @> s.day
        order by s.key, s.day, o.code, o.facility_id nulls last, x.is_common, x.is_any
    ), past as (
        select distinct on (d.service_code) d.service_code as key, lower(d.valid) as day, upper(d.valid) - 1 as until_day, d.*, null::numeric as price
        from ref.local_service d
        where d.tenant_id = t and d.service_code = any (codes) and (d.facility_id is null or d.facility_id = f)
            and not d.valid && span and d.fund_state in ('none', 'accepted')
            and not exists (select from one o where o.service_code = d.service_code)
        order by d.service_code, upper(d.valid) desc
    )
    select string_agg(x.line, '') from (
        select concat(l.key, E'\t', l.day, E'\t', l.until_day, E'\t',
            case when min(l.name_vi) = max(l.name_vi) then translate(max(l.name_vi), E'\t\n\r', '   ') end, E'\t', max(l.price), E'\t',
            case when min(l.sex_limit) = max(l.sex_limit) and count(l.sex_limit) = count(*) then max(l.sex_limit) end, E'\t',
            case when count(l.age_min_years) = count(*) then min(l.age_min_years) end, E'\t',
            case when count(l.age_max_years) = count(*) then max(l.age_max_years) end, E'\t',
            nullif(min(l.repeat_days), 0), E'\t', nullif(min(l.minimum_minutes), 0), E'\t',
            case when min(l.benefit_scope) = max(l.benefit_scope) then max(l.benefit_scope) end, E'\t',
            case when min(l.payment_ratio) = max(l.payment_ratio) then max(l.payment_ratio) end, E'\t',
            case when count(l.max_per_visit) = count(*) then max(l.max_per_visit) end, E'\t',
            bool_and(l.needs_indication), E'\t',
            exists (select from ref.local_service_disease n where n.tenant_id = t and n.service_code = l.key), E'\t',
            case when min(l.least_level) = max(l.least_level) then max(l.least_level) end, E'\t', bool_and(l.needs_machine), E'\n') as line
        from (select key, day, until_day, name_vi, price, sex_limit, age_min_years, age_max_years, repeat_days, minimum_minutes,
                benefit_scope, payment_ratio, max_per_visit, needs_indication, least_level, needs_machine from live
            union all
            select key, day, until_day, name_vi, price, sex_limit, age_min_years, age_max_years, repeat_days, minimum_minutes,
                benefit_scope, payment_ratio, max_per_visit, needs_indication, least_level, needs_machine from past) l
        group by l.key, l.day, l.until_day) x);
end
$$;
comment on function claim.service_lines is 'Lines of the rule catalogue service for these MA_DICH_VU between two days; null when there are none';

create or replace function claim.supply_lines(f bigint, codes text[], first_day date, last_day date) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
begin
    return (
        select string_agg(concat(d.supply_code, E'\t', d.tender, E'\t', lower(d.held), E'\t', upper(d.held) - 1, E'\t',
            translate(d.name_vi, E'\t\n\r', '   '), E'\t', d.price, E'\t', d.uses, E'\t', d.benefit_scope, E'\t', d.price_ceiling, E'\t',
            d.payment_ratio, E'\n'), '' order by d.is_common, d.price is null, d.price_is_common, d.price_is_any)
        from (
            select o.*, o.facility_id is null as is_common, coalesce(o.price_approved, p.price_bhyt, p.price_hospital) as price,
                p.facility_id is null as price_is_common, p.object = '*' as price_is_any,
                o.counts * case when p.item_price_id is null then '(,)' else p.valid end as held
            from (select x.*, x.valid * daterange(x.accepted_on, null) as counts from ref.local_supply x
                where x.tenant_id = t and x.supply_code = any (codes) and (x.facility_id is null or x.facility_id = f)
                    and x.valid && span and (x.fund_state = 'none' or x.accepted_on <= last_day) and x.tender <> '') o
            left join lateral (
                select p.item_price_id, p.price_bhyt, p.price_hospital, p.facility_id, p.object, p.valid from ref.item_price p
                where o.price_approved is null and p.tenant_id = t and p.item_kind = 'supply' and p.item_code = o.code
                    and (p.facility_id is null or p.facility_id = f) and p.object in ('bhyt', '*') and p.valid && span
                union all select null, null, null, null, null, null where o.price_approved is null) p on true) d
        where not isempty(d.held));
end
$$;
comment on function claim.supply_lines is 'Lines of the rule catalogue supply for these MA_VAT_TU between two days; null when there are none';

-- Pairs ----------------------------------------------------------------------------------------------

-- Rules ask for indications by the first three characters of a disease code.
create or replace function claim.indication_lines(f bigint, drugs text[], services text[], categories text[], out drug text, out service text)
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    drug := (select string_agg(concat(x.drug_code, E'\t', left(x.icd_code, 3), E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '')
        from ref.local_drug_indication x
        where x.tenant_id = t and x.drug_code = any (drugs) and (x.facility_id is null or x.facility_id = f)
            and (categories is null or left(x.icd_code, 3) = any (categories)));
    service := (select string_agg(distinct concat(x.service_code, E'\t', left(x.icd_code, 3), E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '')
        from unnest(services) s (code) join ref.local_service_disease x on x.service_code = claim.plain_service(s.code)
        where x.tenant_id = t and (x.facility_id is null or x.facility_id = f)
            and (categories is null or left(x.icd_code, 3) = any (categories)));
end
$$;
comment on function claim.indication_lines is 'Lines of drug_indication and service_disease; categories: three-character disease codes, null = all';

create or replace function claim.plain_service(code text) returns text language sql immutable parallel safe
    return case when right(code, 3) in ('_GT', '_TB') then left(code, -3) else split_part(code, '.K.', 1) end;
comment on function claim.plain_service is 'A service code without the marks of shared, standby and outside tests (_GT, _TB, .K.)';

-- A row with three characters stands for all codes below: asked for by the codes of a claim, or spelled out for all.
create or replace function claim.against_disease_lines(f bigint, drugs text[], diseases text[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    if diseases is not null then
        return (select string_agg(distinct concat(x.drug_code, E'\t', i.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\t',
                translate(x.level, E'\t\n\r', '   '), E'\n'), '')
            from ref.local_drug_disease x
            join unnest(diseases) i (code) on starts_with(replace(i.code, '.', ''), replace(x.icd_code, '.', ''))
            where x.tenant_id = t and x.drug_code = any (drugs) and (x.facility_id is null or x.facility_id = f));
    end if;
    return (select string_agg(concat(x.drug_code, E'\t', i.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\t',
            translate(x.level, E'\t\n\r', '   '), E'\n'), '')
        from ref.local_drug_disease x
        cross join lateral (select x.icd_code as code
            union select i.code from ref.icd10 i where i.code like x.icd_code || '%') i
        where x.tenant_id = t and x.drug_code = any (drugs) and (x.facility_id is null or x.facility_id = f));
end
$$;
comment on function claim.against_disease_lines is 'Lines of drug_against_disease; diseases: codes of a claim, null = all';

create or replace function claim.forbidden_lines(f bigint, diseases text[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    return (select string_agg(distinct concat(i.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '')
        from ref.local_icd_flag x
        cross join lateral (
            select d.code from unnest(diseases) d (code) where starts_with(replace(d.code, '.', ''), replace(x.icd_code, '.', ''))
            union all select x.icd_code where diseases is null
            union all select i.code from ref.icd10 i where diseases is null and i.code like x.icd_code || '_%') i
        where x.tenant_id = t and x.flag = 'forbidden' and (x.facility_id is null or x.facility_id = f));
end
$$;
comment on function claim.forbidden_lines is 'Lines of icd10_forbidden; diseases: codes of a claim, null = all';

-- Practitioners --------------------------------------------------------------------------------------

-- A licence that has ended stays in the list: that it has ended is what the rules tell. A row counts from its first day, the
-- first row of a licence from ever (or from the fund's answer), each until the next. The head of a facility may sign, also
-- under a number that is no licence (MA_TTDV).
create or replace function claim.staff_lines(codes text[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    heads text[] := array(select distinct f.head_code from org.facility f where f.tenant_id = t and f.head_code = any (codes));
begin
    return coalesce((select string_agg(concat(k.code, E'\t',
            greatest(s.accepted_on, case when s.place > 1 then lower(s.valid) end), E'\t', s.next_from - 1, E'\t',
            coalesce(s.licensed_on, lower(s.valid)), E'\t', upper(s.valid) - 1, E'\t',
            coalesce(s.may_prescribe, s.title in ('doctor', 'assistant_doctor')), E'\t', s.may_sign or k.code = any (heads), E'\t',
            s.title, E'\n'), '' order by k.code <> s.code)
        from (select x.*, row_number() over w as place, lead(lower(x.valid)) over w as next_from
            from org.staff x
            where x.tenant_id = t and x.fund_state in ('none', 'accepted') and (x.code = any (codes) or x.citizen_id = any (codes))
            window w as (partition by x.code order by x.valid)) s
        cross join lateral (select s.code union select s.citizen_id::text where s.citizen_id is not null) k
        where k.code = any (codes)), '')
        || coalesce((select string_agg(concat(h.code, E'\t\t\t\t\tf\tt\t\n'), '') from unnest(heads) h (code)
            where not exists (select from org.staff x where x.tenant_id = t and x.code = h.code)), '');
end
$$;
comment on function claim.staff_lines is 'Lines of the rule catalogue staff for these licence numbers or citizen ids';

-- Pairs that are allowed: by a scope of the licence, by name, or because nothing is known of the person's scopes.
create or replace function claim.staff_service_lines(f bigint, staff text[], services text[], first_day date, last_day date) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
begin
    return (select string_agg(concat(a.code, E'\t', a.service, E'\t\t\n'), '')
        from unnest(staff, services) a (code, service)
        where exists (
                select from org.staff s where s.tenant_id = t and s.code = a.code and (
                    not exists (select from ref.local_scope_service l where l.tenant_id = t and l.scope_code = any (s.scopes))
                    or exists (select from ref.local_scope_service l where l.tenant_id = t and l.scope_code = any (s.scopes)
                        and l.valid && span and (l.facility_id is null or l.facility_id = f)
                        and claim.covers_service(l.service_code, a.service))))
            or exists (select from ref.local_staff_service l where l.tenant_id = t and l.staff_code = a.code
                and l.valid && span and (l.facility_id is null or l.facility_id = f) and claim.covers_service(l.service_code, a.service)));
end
$$;
comment on function claim.staff_service_lines is 'Lines of staff_service for these pairs of licence number and service code';

-- The same for everyone with a post at the facility and all services of these codes.
create or replace function claim.staff_service_all(f bigint, services text[], first_day date, last_day date) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
    listed text[] := array(select distinct l.scope_code from ref.local_scope_service l where l.tenant_id = t);
begin
    return (
        with person as materialized (
            select distinct s.code, s.scopes from org.staff_post p join org.staff s on s.tenant_id = t and s.staff_id = p.staff_id
            where p.tenant_id = t and p.facility_id = f
        ), covered as materialized (
            select distinct l.scope_code, x.code from ref.local_scope_service l
            join unnest(services) x (code) on claim.covers_service(l.service_code, x.code)
            where l.tenant_id = t and l.valid && span and (l.facility_id is null or l.facility_id = f)
        )
        select string_agg(concat(a.code, E'\t', a.service, E'\t\t\n'), '') from (
            select p.code, x.code as service from person p cross join unnest(services) x (code) where not p.scopes && listed
            union
            select p.code, c.code from person p cross join unnest(p.scopes) u (scope_code) join covered c on c.scope_code = u.scope_code
            union
            select p.code, x.code from person p join ref.local_staff_service l on l.tenant_id = t and l.staff_code = p.code
                and l.valid && span and (l.facility_id is null or l.facility_id = f)
            join unnest(services) x (code) on claim.covers_service(l.service_code, x.code)) a);
end
$$;
comment on function claim.staff_service_all is 'Lines of staff_service for everyone with a post at the facility and these service codes';

create or replace function claim.covers_service(pattern text, code text) returns boolean language sql immutable parallel safe
    return case when right(pattern, 1) = '*' then starts_with(code, left(pattern, -1)) else pattern in (code, split_part(code, '.K.', 1)) end;
comment on function claim.covers_service is 'Whether a service code is one, or begins as a pattern that ends with * says';

-- Hours of one day at one facility, from the first to the last: a break in between is not judged. Who has hours there, but
-- none on that weekday, has none from 24 on. Whose hours are not known is not in the list.
create or replace function claim.staff_hours_lines(f bigint, staff text[], days date[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    return (select string_agg(concat(h.code, E'\t', h.day, E'\t', h.day, E'\t', coalesce(h.opens / 60, 24), E'\t',
            coalesce(h.closes / 60, 0), E'\n'), '')
        from (
            select a.code, a.day, min(lower(w.hours) - d.starts) as opens, max(upper(w.hours) - d.starts) as closes
            from unnest(staff, days) a (code, day)
            cross join lateral (select (extract(isodow from a.day)::int - 1) * 1440 as starts) d
            join org.staff s on s.tenant_id = t and s.code = a.code
            join org.staff_post p on p.tenant_id = t and p.staff_id = s.staff_id and p.facility_id = f and p.week is not null
                and p.valid @> a.day and p.fund_state in ('none', 'accepted')
            cross join lateral (select nullif(p.week * int4multirange(int4range(d.starts, d.starts + 1440)), '{}') as hours) w
            group by a.code, a.day) h);
end
$$;
comment on function claim.staff_hours_lines is 'Lines of staff_hours for these pairs of licence number and day';

-- Places ---------------------------------------------------------------------------------------------

create or replace function claim.exam_open_lines(f bigint, departments text[], days date[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    return (select string_agg(concat(h.code, E'\t', h.day, E'\t', h.day, E'\t', h.tables, E'\t', h.opens / 60, E'\t', h.closes / 60, E'\n'), '')
        from (
            select a.code, a.day, count(*) as tables, min(coalesce(lower(w.hours) - d.starts, 0)) as opens,
                max(coalesce(upper(w.hours) - d.starts, 1440)) as closes
            from unnest(departments, days) a (code, day)
            cross join lateral (select (extract(isodow from a.day)::int - 1) * 1440 as starts) d
            join org.department e on e.tenant_id = t and e.facility_id = f and e.code = a.code
            join org.exam_table x on x.tenant_id = t and x.department_id = e.department_id and x.valid @> a.day
            cross join lateral (select x.week * int4multirange(int4range(d.starts, d.starts + 1440)) as hours) w
            where x.week is null or not isempty(w.hours)
            group by a.code, a.day) h);
end
$$;
comment on function claim.exam_open_lines is 'Lines of exam_open for these pairs of department and day';

-- Approved beds are those told, else the planned ones of the bed map.
create or replace function claim.ward_lines(f bigint, departments text[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    return (select string_agg(concat(e.code, E'\t', lower(e.valid), E'\t', upper(e.valid) - 1, E'\t',
            coalesce(e.beds_planned, (select count(*) from org.bed b where b.tenant_id = t and b.department_id = e.department_id
                and b.code like 'H%' and upper_inf(b.valid))), E'\t',
            coalesce(e.beds_actual, (select count(*) from org.bed b where b.tenant_id = t and b.department_id = e.department_id
                and upper_inf(b.valid))), E'\n'), '')
        from org.department e
        where e.tenant_id = t and e.facility_id = f and e.code = any (departments)
            and (e.beds_planned is not null or exists (select from org.bed b where b.tenant_id = t and b.department_id = e.department_id)));
end
$$;
comment on function claim.ward_lines is 'Lines of ward for these departments';

create or replace function claim.contract_lines(f bigint, kinds text[], registered text[], out contract text, out registration text)
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    contract := (select string_agg(concat(k.code, E'\t', lower(c.valid), E'\t', upper(c.valid) - 1, E'\t', coalesce(c.works_saturday, true),
            E'\t', coalesce(c.works_sunday, true), E'\t', coalesce(c.works_holiday, true), E'\n'), '')
        from org.contract c join unnest(kinds) k (code) on c.visit_kinds = '{}' or k.code = any (c.visit_kinds)
        where c.tenant_id = t and c.facility_id = f);
    registration := (select string_agg(distinct concat(r.code, E'\t', lower(c.valid), E'\t', upper(c.valid) - 1, E'\n'), '')
        from org.contract c
        cross join lateral (select unnest(c.registration_codes) as code
            union select x.code::text from org.facility x where x.tenant_id = t and f = any (x.path)) r
        where c.tenant_id = t and c.facility_id = f and (registered is null or r.code = any (registered)));
end
$$;
comment on function claim.contract_lines is 'Lines of contract for these kinds of care, and of registration: what the contract names, the facility itself and those below it; registered: codes of cards, null = all';

-- Everything together --------------------------------------------------------------------------------

-- In the order of claims/rules/catalogs.tsv. A pair catalogue is present when its table has rows of the tenant.
create or replace function claim.catalogs_present(f bigint) returns text[]
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    return array_remove(array[
        case when exists (select from ref.local_facility x where x.tenant_id = t) then 'facility' end,
        case when exists (select from org.contract x where x.tenant_id = t and x.facility_id = f) then 'registration' end,
        case when exists (select from org.contract x where x.tenant_id = t and x.facility_id = f) then 'contract' end,
        case when exists (select from ref.local_drug x where x.tenant_id = t) then 'drug' end,
        case when exists (select from ref.local_route x where x.tenant_id = t) then 'drug_route' end,
        case when exists (select from ref.local_drug_indication x where x.tenant_id = t) then 'drug_indication' end,
        case when exists (select from ref.local_drug_disease x where x.tenant_id = t) then 'drug_against_disease' end,
        case when exists (select from ref.local_drug_pair x where x.tenant_id = t) then 'drug_against_drug' end,
        case when exists (select from ref.local_supply x where x.tenant_id = t) then 'supply' end,
        case when exists (select from ref.local_service x where x.tenant_id = t) then 'service' end,
        case when exists (select from ref.local_service_pair x where x.tenant_id = t and x.relation = 'part') then 'service_part' end,
        case when exists (select from ref.local_service_pair x where x.tenant_id = t and x.relation = 'exclusive') then 'service_exclusive' end,
        case when exists (select from ref.local_service_disease x where x.tenant_id = t) then 'service_disease' end,
        case when exists (select from org.staff x where x.tenant_id = t) then 'staff' end,
        case when exists (select from ref.local_scope_service x where x.tenant_id = t)
            or exists (select from ref.local_staff_service x where x.tenant_id = t) then 'staff_service' end,
        case when exists (select from org.staff_post x where x.tenant_id = t and x.facility_id = f and x.week is not null) then 'staff_hours' end,
        case when exists (select from org.machine x where x.tenant_id = t and x.facility_id = f) then 'machine' end,
        case when exists (select from org.bed x where x.tenant_id = t and x.facility_id = f) then 'bed' end,
        case when exists (select from ref.local_traditional x where x.tenant_id = t) then 'traditional' end,
        case when exists (select from ref.local_drug x where x.tenant_id = t) then 'drug_item' end,
        case when exists (select from ref.local_drug_department x where x.tenant_id = t) then 'drug_department' end,
        case when exists (select from ref.local_holiday x where x.tenant_id = t) then 'holiday' end,
        case when exists (select from org.exam_table x where x.tenant_id = t and x.facility_id = f) then 'exam_open' end,
        case when exists (select from org.bed x where x.tenant_id = t and x.facility_id = f)
            or exists (select from org.department x where x.tenant_id = t and x.facility_id = f and x.beds_planned is not null) then 'ward' end,
        case when exists (select from ref.local_purchase x where x.tenant_id = t) then 'purchased' end,
        case when exists (select from ref.local_indicator x where x.tenant_id = t) then 'indicator' end,
        case when exists (select from ref.local_icd_flag x where x.tenant_id = t) then 'icd10_forbidden' end], null);
end
$$;
comment on function claim.catalogs_present is 'Rule catalogues a facility has anything of';

-- What is asked, in arrays, answered by all lists. Arrays that go together have the same length. Categories and diseases
-- null = all; performers null = everyone with a post, doing all of performed.
create or replace function claim.catalog_lines(f bigint, first_day date, last_day date, drugs text[], services text[], supplies text[],
    staff text[], staff_on text[], staff_days date[], performers text[], performed text[], diseases text[], categories text[],
    traditional text[], kinds text[], facilities text[], registered text[], routes text[], machines text[], departments text[],
    beds text[], table_departments text[], table_days date[], indicators text[])
    returns table (catalog text, lines text)
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    span daterange := daterange(first_day, last_day, '[]');
    have text[] := claim.catalogs_present(f);
    pair record;
begin
    if 'facility' = any (have) then
        catalog := 'facility';
        lines := (select string_agg(concat(x.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\t', translate(x.name_vi, E'\t\n\r', '   '),
                E'\t', case when x.level <> '' then x.level = 'initial' end, E'\t', x.level, E'\n'), '')
            from (select l.code, l.valid, l.name_vi, l.level from ref.local_facility l where l.tenant_id = t and l.code = any (facilities)
                union all select o.code::text, o.valid, o.name, o.level from org.facility o where o.tenant_id = t and o.code::text = any (facilities)) x);
        return next;
    end if;
    if 'contract' = any (have) then
        select * into pair from claim.contract_lines(f, kinds, registered);
        return query values ('contract', pair.contract), ('registration', pair.registration);
    end if;
    if 'drug' = any (have) then
        return query values ('drug', case when drugs <> '{}' then claim.drug_lines(f, drugs, first_day, last_day) end),
            ('drug_item', case when drugs <> '{}' then claim.drug_item_lines(f, drugs, first_day, last_day) end);
    end if;
    if 'drug_route' = any (have) then
        catalog := 'drug_route';
        lines := (select string_agg(concat(x.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '')
            from ref.local_route x where x.tenant_id = t and x.code = any (routes));
        return next;
    end if;
    if 'drug_indication' = any (have) or 'service_disease' = any (have) then
        select * into pair from claim.indication_lines(f, drugs, services, categories);
        return query select * from (values ('drug_indication', pair.drug), ('service_disease', pair.service)) v (name, text)
            where v.name = any (have);
    end if;
    if 'drug_against_disease' = any (have) then
        catalog := 'drug_against_disease';
        lines := case when drugs <> '{}' then claim.against_disease_lines(f, drugs, diseases) end;
        return next;
    end if;
    if 'drug_against_drug' = any (have) then
        catalog := 'drug_against_drug';
        -- both substances are among those of the drugs asked for; one drug has none to meet
        lines := case when cardinality(drugs) > 1 then (
            with named as materialized (select distinct d.ingredient from ref.local_drug d where d.tenant_id = t and d.drug_code = any (drugs))
            select string_agg(concat(translate(x.substance, E'\t\n\r', '   '), E'\t', translate(x.other_substance, E'\t\n\r', '   '), E'\t',
                lower(x.valid), E'\t', upper(x.valid) - 1, E'\t', translate(x.level, E'\t\n\r', '   '), E'\n'), '')
            from ref.local_drug_pair x where x.tenant_id = t and (x.facility_id is null or x.facility_id = f)
                and x.substance in (select ingredient from named) and x.other_substance in (select ingredient from named)) end;
        return next;
    end if;
    if 'drug_department' = any (have) then
        catalog := 'drug_department';
        lines := (select string_agg(concat(x.drug_code, E'\t', x.department_code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '')
            from ref.local_drug_department x where x.tenant_id = t and x.drug_code = any (drugs) and (x.facility_id is null or x.facility_id = f));
        return next;
    end if;
    if 'supply' = any (have) then
        catalog := 'supply';
        lines := case when supplies <> '{}' then claim.supply_lines(f, supplies, first_day, last_day) end;
        return next;
    end if;
    if 'purchased' = any (have) then
        catalog := 'purchased';
        lines := (select string_agg(concat(x.item_kind, E'\t', x.item_code, E'\t', x.tender, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1,
                E'\t', x.quantity, E'\n'), '' order by x.facility_id nulls last)
            from ref.local_purchase x where x.tenant_id = t and (x.facility_id is null or x.facility_id = f) and x.valid && span
                and ((x.item_kind = 'drug' and x.item_code = any (drugs)) or (x.item_kind = 'supply' and x.item_code = any (supplies))));
        return next;
    end if;
    if 'service' = any (have) then
        catalog := 'service';
        lines := case when services <> '{}' then claim.service_lines(f, array(select claim.plain_service(s.code) from unnest(services) s (code)),
            first_day, last_day) end;
        return next;
    end if;
    if 'service_part' = any (have) or 'service_exclusive' = any (have) then
        return query select n.name, string_agg(concat(x.service_code, E'\t', x.other_code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '')
            from (values ('service_part', 'part'), ('service_exclusive', 'exclusive')) n (name, relation)
            left join ref.local_service_pair x on x.tenant_id = t and x.relation = n.relation and (x.facility_id is null or x.facility_id = f)
                and cardinality(services) > 1 and x.service_code = any (services) and x.other_code = any (services)
            where n.name = any (have) group by n.name;
    end if;
    if 'staff' = any (have) then
        catalog := 'staff';
        lines := claim.staff_lines(staff);
        return next;
    end if;
    if 'staff_service' = any (have) then
        catalog := 'staff_service';
        lines := case when performers is null then claim.staff_service_all(f, performed, first_day, last_day)
            else claim.staff_service_lines(f, performers, performed, first_day, last_day) end;
        return next;
    end if;
    if 'staff_hours' = any (have) then
        catalog := 'staff_hours';
        lines := claim.staff_hours_lines(f, staff_on, staff_days);
        return next;
    end if;
    if 'machine' = any (have) then
        catalog := 'machine';
        lines := case when machines <> '{}' then (
            select string_agg(concat(x.code, E'\t', greatest(lower(x.valid), x.accepted_on), E'\t', upper(x.valid) - 1, E'\t', x.quarter_norm, E'\n'), '')
            from org.machine x where x.tenant_id = t and x.facility_id = f and x.code = any (machines) and x.fund_state in ('none', 'accepted')) end;
        return next;
    end if;
    if 'bed' = any (have) then
        catalog := 'bed';
        lines := case when beds <> '{}' then (
            select string_agg(concat(e.code, E'\t', x.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\t', left(x.code, 1), E'\n'), '')
            from org.department e join org.bed x on x.tenant_id = t and x.department_id = e.department_id
            where e.tenant_id = t and e.facility_id = f and e.code = any (departments) and x.code = any (beds)) end;
        return next;
    end if;
    if 'ward' = any (have) then
        catalog := 'ward';
        lines := case when beds <> '{}' then claim.ward_lines(f, departments) end;
        return next;
    end if;
    if 'exam_open' = any (have) then
        catalog := 'exam_open';
        lines := claim.exam_open_lines(f, table_departments, table_days);
        return next;
    end if;
    if 'holiday' = any (have) then
        catalog := 'holiday';
        lines := (select string_agg(concat(E'VN\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\n'), '') from ref.local_holiday x
            where x.tenant_id = t and (x.facility_id is null or x.facility_id = f) and x.valid && span);
        return next;
    end if;
    if 'traditional' = any (have) then
        catalog := 'traditional';
        lines := case when traditional <> '{}' then (
            select string_agg(concat(x.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\t', x.icd_code, E'\n'), '')
            from ref.local_traditional x where x.tenant_id = t and x.code = any (traditional)) end;
        return next;
    end if;
    if 'indicator' = any (have) then
        catalog := 'indicator';
        lines := case when indicators <> '{}' then (
            select string_agg(concat(x.service_code, E'\t', x.code, E'\t', lower(x.valid), E'\t', upper(x.valid) - 1, E'\t', x.unit, E'\t',
                x.is_numeric, E'\t', x.low, E'\t', x.high, E'\n'), '')
            from ref.local_indicator x where x.tenant_id = t and x.service_code = any (services) and x.code = any (indicators)) end;
        return next;
    end if;
    if 'icd10_forbidden' = any (have) then
        catalog := 'icd10_forbidden';
        lines := claim.forbidden_lines(f, diseases);
        return next;
    end if;
end
$$;
comment on function claim.catalog_lines is 'Lines of every rule catalogue a facility has, for what is asked; lines null = none';

-- Two questions of one statement each would be asked again and again; this is one of all visits of a facility.
create or replace function claim.catalog_rows(visits bigint[]) returns table (facility_code text, catalog text, lines text)
    language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
    t bigint := sys.tenant();
    v record;
    h record;
    s record;
    d record;
    r record;
begin
    for v in
        select x.facility_id, f.code::text as code, f.head_code, array_agg(x.visit_id) as ids, min(x.arrived_on) as first_day,
            max(sys.business_date(coalesce(x.discharged_at, now()))) as last_day, array_agg(distinct x.kind_code) as kinds,
            array_remove(array_agg(x.referred_from_code) || array_agg(x.referred_to_code), null) as referred,
            array_agg(distinct w.code) as doctors, array_agg(distinct o.registered_code::text) as registered
        from care.visit x
        join org.facility f on f.tenant_id = t and f.facility_id = x.facility_id
        left join org.staff w on w.tenant_id = t and w.staff_id = x.practitioner_id
        left join reg.coverage o on o.tenant_id = t and o.patient_id = x.patient_id
        where x.tenant_id = t and x.visit_id = any (visits)
        group by x.facility_id, f.code, f.head_code
    loop
        select coalesce(array_agg(distinct c.item_code) filter (where c.claim_table = 2), '{}') as drugs,
            coalesce(array_agg(distinct c.item_code) filter (where c.claim_table = 3 and c.source_kind <> 'supply_use'), '{}') as services,
            coalesce(array_agg(distinct c.item_code) filter (where c.source_kind = 'supply_use'), '{}') as supplies,
            coalesce(array_agg(distinct e.code), '{}') as departments, array_agg(distinct c.route_code) as routes,
            coalesce(array_agg(distinct c.machine_code) filter (where c.machine_code is not null), '{}') as machines,
            coalesce(array_agg(distinct c.bed_codes[1]) filter (where c.bed_codes <> '{}'), '{}') as beds,
            array_agg(e.code) filter (where c.group_code = 13) as table_departments,
            array_agg(sys.business_date(c.ordered_at)) filter (where c.group_code = 13) as table_days,
            min(sys.business_date(c.ordered_at)) as first_day, max(sys.business_date(coalesce(c.performed_at, c.ordered_at))) as last_day,
            bool_or(cardinality(c.bed_codes) > 1) as more_beds, bool_or(c.icd_codes <> '{}') as has_diseases
        into h
        from bill.charge c join org.department e on e.tenant_id = t and e.department_id = c.department_id
        where c.tenant_id = t and c.visit_id = any (v.ids) and not c.is_void;
        select array_agg(distinct x.code) as staff, array_agg(x.code) as staff_on, array_agg(x.day) as staff_days,
            coalesce(array_agg(x.code) filter (where x.item is not null), '{}') as performers, array_agg(x.item) filter (where x.item is not null) as performed
        into s
        from (
            select u.code, sys.business_date(c.ordered_at) as day, null as item
            from bill.charge c cross join unnest(c.practitioner_codes) u (code)
            where c.tenant_id = t and c.visit_id = any (v.ids) and not c.is_void
            union
            select u.code, sys.business_date(coalesce(c.performed_at, c.ordered_at)), claim.plain_service(c.item_code)
            from bill.charge c cross join unnest(c.performer_codes) u (code)
            where c.tenant_id = t and c.visit_id = any (v.ids) and not c.is_void) x;
        select coalesce(array_agg(distinct x.icd_code) filter (where x.role <> 'traditional'), '{}') as diseases,
            coalesce(array_agg(distinct x.icd_code) filter (where x.role = 'traditional'), '{}') as traditional
        into d
        from care.diagnosis x where x.tenant_id = t and x.visit_id = any (v.ids);
        if h.has_diseases then
            d.diseases := d.diseases || array(select distinct unnest(c.icd_codes) from bill.charge c
                where c.tenant_id = t and c.visit_id = any (v.ids) and not c.is_void);
        end if;
        if h.more_beds then
            h.beds := array(select distinct unnest(c.bed_codes) from bill.charge c
                where c.tenant_id = t and c.visit_id = any (v.ids) and not c.is_void);
        end if;
        select coalesce(array_agg(distinct x.indicator_code) filter (where x.indicator_code is not null), '{}') as indicators,
            array_agg(distinct w.code) filter (where w.code is not null) as readers
        into r
        from care.result x left join org.staff w on w.tenant_id = t and w.staff_id = x.read_by_id
        where x.tenant_id = t and x.visit_id = any (v.ids);
        r.readers := r.readers || array(select w.code from care.note n join org.staff w on w.tenant_id = t and w.staff_id = n.written_by_id
            where n.tenant_id = t and n.visit_id = any (v.ids));
        return query select v.code, l.catalog, coalesce(l.lines, '') from claim.catalog_lines(v.facility_id,
            least(v.first_day, h.first_day), greatest(v.last_day, h.last_day), h.drugs, h.services, h.supplies,
            array_remove(s.staff || v.doctors || r.readers || v.head_code, null), s.staff_on, s.staff_days, s.performers, s.performed,
            d.diseases, array(select distinct left(x.code, 3) from unnest(d.diseases) x (code)), d.traditional, v.kinds,
            array_remove(v.referred || v.registered || v.code, null), v.registered, h.routes, h.machines, h.departments, h.beds,
            h.table_departments, h.table_days, r.indicators) l;
    end loop;
end
$$;
comment on function claim.catalog_rows is 'Rule catalogues for these visits, by facility: a row per catalogue that is there, its lines as rule_catalog_rows_add_text reads them (empty = nothing asked for is in it)';

create or replace function claim.catalog_all(facility text, first_day date, last_day date) returns table (catalog text, lines text)
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    f bigint;
    staff text[];
    services text[];
begin
    if last_day < first_day or last_day - first_day > 366 then
        raise exception using errcode = '22023', message = 'the last day must lie 0 to 366 days after the first';
    end if;
    select x.facility_id into f from org.facility x where x.tenant_id = t and x.code::text = facility and x.valid && daterange(first_day, last_day, '[]')
        order by x.valid desc limit 1;
    if f is null then
        raise exception using errcode = '22023', message = format('there is no facility "%s"', facility);
    end if;
    staff := array(select x.code from org.staff x where x.tenant_id = t union select x.head_code from org.facility x where x.tenant_id = t
        and x.head_code is not null);
    services := array(select distinct x.service_code from ref.local_service x where x.tenant_id = t);
    return query
        with posted as materialized (
            select distinct w.code from org.staff_post p join org.staff w on w.tenant_id = t and w.staff_id = p.staff_id
            where p.tenant_id = t and p.facility_id = f),
        day as materialized (select x::date as day from generate_series(first_day, last_day, interval '1 day') x)
        select l.catalog, coalesce(l.lines, '') from claim.catalog_lines(f, first_day, last_day,
            array(select distinct x.drug_code from ref.local_drug x where x.tenant_id = t), services,
            array(select distinct x.supply_code from ref.local_supply x where x.tenant_id = t),
            staff || array(select x.citizen_id::text from org.staff x where x.tenant_id = t and x.citizen_id is not null),
            array(select p.code from posted p cross join day d order by p.code, d.day),
            array(select d.day from posted p cross join day d order by p.code, d.day),
            null, services, -- everyone, all of them
            null, null, array(select distinct x.code from ref.local_traditional x where x.tenant_id = t),
            array(select distinct x.code from ref.visit_type x),
            array(select distinct x.code from ref.local_facility x where x.tenant_id = t
                union select x.code::text from org.facility x where x.tenant_id = t), null,
            array(select distinct x.code from ref.local_route x where x.tenant_id = t),
            array(select distinct x.code from org.machine x where x.tenant_id = t and x.facility_id = f),
            array(select distinct x.code from org.department x where x.tenant_id = t and x.facility_id = f),
            array(select distinct x.code from org.bed x where x.tenant_id = t and x.facility_id = f),
            array(select e.code from org.department e cross join day d where e.tenant_id = t and e.facility_id = f order by e.code, d.day),
            array(select d.day from org.department e cross join day d where e.tenant_id = t and e.facility_id = f order by e.code, d.day),
            array(select distinct x.code from ref.local_indicator x where x.tenant_id = t)) l;
end
$$;
comment on function claim.catalog_all is 'Rule catalogues of a facility for all claims of these days, at most 367';

-- What has changed ----------------------------------------------------------------------------------

create or replace function claim.catalog_epoch() returns bigint
    language plpgsql stable as $$
begin
    return coalesce((select e.epoch from claim.catalog_epoch e where e.tenant_id = (select sys.tenant())), 0);
end
$$;
comment on function claim.catalog_epoch is 'State of the tenant''s lists that rules look into; another number after each change, known to others when it is committed';

create or replace function claim.catalog_changed() returns trigger
    language plpgsql as $$
begin
    insert into claim.catalog_epoch as e (tenant_id, epoch) select distinct r.tenant_id, 1 from changed_rows r
    on conflict (tenant_id) do update set epoch = e.epoch + 1;
    return null;
end
$$;
comment on function claim.catalog_changed is 'Raises the epoch of the tenants whose rows a statement changed';

do $$
declare
    t text;
    o record;
begin
    foreach t in array array['ref.local_drug', 'ref.local_supply', 'ref.local_service', 'ref.item_price', 'ref.local_scope_service',
        'ref.local_staff_service', 'ref.local_holiday', 'ref.local_drug_indication', 'ref.local_drug_disease', 'ref.local_drug_pair',
        'ref.local_drug_department', 'ref.local_service_pair', 'ref.local_service_disease', 'ref.local_purchase', 'ref.local_facility',
        'ref.local_route', 'ref.local_traditional', 'ref.local_icd_flag', 'ref.local_indicator', 'org.facility', 'org.department',
        'org.staff', 'org.staff_post', 'org.machine', 'org.bed', 'org.exam_table', 'org.contract'] loop
        for o in select * from (values ('insert', 'new'), ('update', 'new'), ('delete', 'old')) v (op, side) loop
            execute format('drop trigger if exists catalog_%s on %s', o.op, t);
            execute format('create trigger catalog_%1$s after %1$s on %2$s referencing %3$s table as changed_rows
                for each statement execute function claim.catalog_changed()', o.op, t, o.side);
        end loop;
    end loop;
end
$$;
