-- What all functions behind routes share: form of bodies, problems, the record of reads.
set local role hmis_owner;

grant select on api.field to hmis_worker, hmis_jobs;

create or replace function api.fail(http int, code text, errors jsonb default null) returns void
    language plpgsql as $$
begin
    raise exception using errcode = 'HM' || http, message = code, detail = coalesce(errors::text, '');
end
$$;
comment on function api.fail is 'Ends the request with a problem: HTTP status, code of problems.tsv, list of {pointer, code, detail}';

create or replace function api.error(pointer text, code text, detail text default null) returns jsonb
    language sql immutable
    return case when detail is null then jsonb_build_object('pointer', pointer, 'code', code)
        else jsonb_build_object('pointer', pointer, 'code', code, 'detail', detail) end;
comment on function api.error is 'One element of a problem''s errors';

create or replace function api.is_date(t text) returns boolean
    language sql immutable parallel safe
    return case when t ~ '^(18|19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
        then substr(t, 9, 2)::int <= case substr(t, 6, 2) when '02' then
            case when substr(t, 1, 4)::int % 4 = 0 and (substr(t, 1, 4)::int % 100 <> 0 or substr(t, 1, 4)::int % 400 = 0)
                then 29 else 28 end
            when '04' then 30 when '06' then 30 when '09' then 30 when '11' then 30 else 31 end
        else false end;
comment on function api.is_date is 'A day that exists, yyyy-MM-dd, years 1800 to 2199';

create or replace function api.is_time(t text) returns boolean
    language sql immutable parallel safe
    return t ~ '^.{10}T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$'
        and api.is_date(left(t, 10));
comment on function api.is_time is 'An RFC 3339 instant';

-- What is wrong with one value, or null. The caller knows that the member is there and not null. One expression without
-- sub-selects, so that the planner puts it into the statements that use it.
create or replace function api.value_fault(f api.field, v jsonb) returns text
    language sql immutable
    return case
        when f.kind in ('text', 'code', 'date', 'time', 'choice') then case
            when jsonb_typeof(v) <> 'string' then 'value.malformed'
            when f.kind = 'choice' then case when not (v #>> '{}') = any (f.choices) then 'value.refused' end
            when f.kind = 'code' then case when (v #>> '{}') !~ '^[A-Za-z0-9._-]{1,64}$' or length(v #>> '{}') > coalesce(f.high, 64)
                then 'value.malformed' end
            when f.kind = 'date' then case when not api.is_date(v #>> '{}') then 'value.bad_date' end
            when f.kind = 'time' then case when not api.is_time(v #>> '{}') then 'value.bad_date' end
            when length(v #>> '{}') < coalesce(f.low, 0) then 'value.too_short'
            when length(v #>> '{}') > coalesce(f.high, 4000) then 'value.too_long'
            when (v #>> '{}') ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f]' then 'value.malformed'
            when btrim(v #>> '{}') = '' and coalesce(f.low, 0) > 0 then 'value.too_short' end
        when f.kind in ('id', 'int', 'number') then case
            when jsonb_typeof(v) <> 'number' then 'value.malformed'
            when f.kind = 'id' then case when v::numeric <> trunc(v::numeric) or v::numeric not between 1 and 9007199254740991
                then 'value.malformed' end
            when f.kind = 'int' and v::numeric <> trunc(v::numeric) or v::numeric <> round(v::numeric, 3)
                or v::numeric < f.low or v::numeric > f.high then 'value.out_of_range' end
        when f.kind = 'bool' then case when jsonb_typeof(v) <> 'boolean' then 'value.malformed' end
        when jsonb_typeof(v) <> 'array' then 'value.malformed'
        when f.kind in ('ids', 'codes') then case
            when jsonb_array_length(v) > coalesce(f.high, 20) then 'value.too_long'
            when f.kind = 'ids' and jsonb_path_exists(v, 'strict $[*] ? (!(@.type() == "number"
                && @ >= 1 && @ <= 9007199254740991 && @.floor() == @))') then 'value.malformed'
            when f.kind = 'codes' and jsonb_path_exists(v, 'strict $[*] ? (!(@.type() == "string"
                && @ like_regex "^[A-Za-z0-9._-]{1,64}$"))') then 'value.malformed' end
        when jsonb_array_length(v) > coalesce(f.high, 200) then 'value.too_long'
        when jsonb_array_length(v) < coalesce(f.low, 0) then 'value.too_short' end;
comment on function api.value_fault is 'Why a value does not fit its field, as a code of problems.tsv; null when it fits';

-- Whether all elements of a list fit their shape: the short way for bodies without fault, one statement for each list.
-- The planner thinks api.field small enough to read all of it, which takes longer than the rest.
create or replace function api.fits(wanted text, list jsonb) returns boolean
    language plpgsql stable set enable_seqscan = off as $$
declare
    good boolean;
    lists jsonb;
    one jsonb;
begin
    if jsonb_path_exists(list, 'strict $[*] ? (@.type() != "object")') then
        return false;
    end if;
    select count(*) filter (where f.name is null or m.value <> 'null' and api.value_fault(f, m.value) is not null) = 0
            and count(*) filter (where f.required and m.value <> 'null')
                = jsonb_array_length(list) * (select count(*) from api.field q where q.shape = wanted and q.required),
        jsonb_agg(jsonb_build_array(f.items, m.value)) filter (where f.kind = 'list' and m.value <> 'null')
    into good, lists
    from jsonb_array_elements(list) e (value) cross join lateral jsonb_each(e.value) m
    left join api.field f on f.shape = wanted and f.name = m.key;
    for one in select jsonb_array_elements(lists) loop
        exit when not good;
        good := api.fits(one ->> 0, one -> 1);
    end loop;
    return good;
end
$$;
comment on function api.fits is 'Whether api.check_body finds nothing in any element of a list';

create or replace function api.check_body(shape text, body jsonb, base text default '') returns jsonb
    language plpgsql stable as $$
declare
    bad jsonb;
begin
    if jsonb_typeof(body) <> 'object' then
        return jsonb_build_array(api.error(base, 'value.malformed', 'object'));
    elsif api.fits(shape, jsonb_build_array(body)) then
        return null;
    end if;
    with recursive node (shape, base, value) as (
        select check_body.shape, check_body.base, check_body.body
        union all
        select f.items, n.base || '/' || f.name || '/' || (e.no - 1), e.value
        from node n
        join api.field f on f.shape = n.shape and f.kind = 'list'
        cross join lateral jsonb_array_elements(case jsonb_typeof(n.value -> f.name) when 'array' then n.value -> f.name else '[]' end)
            with ordinality e (value, no)
        where jsonb_typeof(n.value) = 'object'
    )
    select jsonb_agg(api.error(x.pointer, x.code, x.detail) order by x.pointer) into bad
    from (
        select n.base || '/' || f.name as pointer,
            case when coalesce(n.value -> f.name, 'null') = 'null' then 'value.missing' else api.value_fault(f, n.value -> f.name) end as code,
            case f.kind when 'choice' then array_to_string(f.choices, ', ')
                when 'int' then concat_ws(' .. ', f.low, f.high) when 'number' then concat_ws(' .. ', f.low, f.high) end as detail
        from node n join api.field f on f.shape = n.shape
        where jsonb_typeof(n.value) = 'object' and (f.required or coalesce(n.value -> f.name, 'null') <> 'null')
        union all
        select n.base || '/' || m.name, 'value.unknown_member', null
        from node n cross join lateral jsonb_object_keys(case jsonb_typeof(n.value) when 'object' then n.value else '{}' end) m (name)
        where not exists (select from api.field f where f.shape = n.shape and f.name = m.name)
        union all
        select n.base, 'value.malformed', 'object' from node n where jsonb_typeof(n.value) <> 'object'
    ) x
    where x.code is not null;
    return bad;
end
$$;
comment on function api.check_body is 'Everything in a body that its shape (api.field) does not allow, as errors with JSON pointers; null when it fits';

create or replace function api.need_body(shape text, body jsonb) returns void
    language plpgsql stable as $$
declare
    bad jsonb := api.check_body(shape, body);
begin
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
end
$$;
comment on function api.need_body is 'Ends the request with 422 and all faults when the body does not fit its shape';

create or replace function api.saw(tenant bigint, facility bigint, patient bigint, what text) returns boolean
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into audit.access (tenant_id, facility_id, user_id, request_id, patient_id, what)
    values (tenant, facility, sys.user_id(), sys.request_id(), patient, what);
    return true;
end
$$;
comment on function api.saw is 'Records that the caller read a patient''s record';

create or replace function api.cursor_id(cursor text) returns bigint
    language plpgsql immutable as $$
begin
    if cursor is not null and cursor !~ '^[0-9]{1,16}$' then
        perform api.fail(422, 'request.parameter', jsonb_build_array(api.error('?cursor', 'value.malformed')));
    end if;
    return cursor::bigint;
end
$$;
comment on function api.cursor_id is 'The id in a page cursor, null for the first page';

create or replace function api.need_permission(wanted text) returns boolean
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    reach text;
begin
    if sys.user_id() is null then
        return true;
    end if;
    select c.facilities into reach from sec.scope c
    where c.tenant_id = sys.tenant() and c.user_id = sys.user_id() and c.permission = wanted and c.facility_code = ''
        and c.on_date = current_date and c.epoch = coalesce((select e.epoch from sec.epoch e where e.tenant_id = sys.tenant()), 0);
    if reach is null then -- without any grant this fails with 403 itself
        select w.reach into reach from sec.work_out_scope(sys.tenant(), sys.user_id(), wanted, '') w;
    end if;
    if sys.facility() <> all (reach::bigint[]) then
        perform api.fail(403, 'permission.denied', jsonb_build_array(api.error('', 'permission.denied', wanted)));
    end if;
    return true;
end
$$;
comment on function api.need_permission is 'Ends the request with 403 when the user may not do this here; for routes whose body can do more than the route itself';
