-- Facilities with their departments, rooms, beds and machines; staff with their posts.
set local role hmis_owner;

delete from api.field where shape in ('facility', 'facility_patch', 'department', 'department_patch', 'room', 'room_patch',
    'bed', 'bed_patch', 'machine', 'machine_patch', 'staff', 'staff_patch', 'staff_post', 'staff_post_patch');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('facility', 'code', 'code', true, null, 5, null, null),
    ('facility', 'name', 'text', true, 2, 255, null, null),
    ('facility', 'kind', 'choice', true, null, null, '{department,centre,polyclinic,station}', null),
    ('facility', 'level', 'choice', true, null, null, '{initial,basic,specialised}', null),
    ('facility', 'parent_id', 'id', true, null, null, null, null),
    ('facility', 'bills_under_id', 'id', false, null, null, null, null),
    ('facility', 'address', 'text', false, 0, 500, null, null),
    ('facility', 'head_code', 'text', false, 1, 255, null, null),
    ('facility', 'gateway_username', 'text', false, 1, 100, null, null),
    ('facility', 'valid_from', 'date', false, null, null, null, null),
    ('facility', 'valid_to', 'date', false, null, null, null, null),
    ('department', 'code', 'text', true, 1, 50, null, null),
    ('department', 'name', 'text', true, 2, 255, null, null),
    ('department', 'kind', 'choice', true, null, null, '{exam,clinical,paraclinical,pharmacy,office}', null),
    ('department', 'valid_from', 'date', false, null, null, null, null),
    ('department', 'valid_to', 'date', false, null, null, null, null),
    ('room', 'department_id', 'id', true, null, null, null, null),
    ('room', 'code', 'text', true, 1, 20, null, null),
    ('room', 'name', 'text', true, 1, 255, null, null),
    ('room', 'is_active', 'bool', false, null, null, null, null),
    ('bed', 'department_id', 'id', true, null, null, null, null),
    ('bed', 'code', 'text', true, 4, 4, null, null),
    ('bed', 'service_code', 'text', false, 1, 50, null, null),
    ('bed', 'valid_from', 'date', false, null, null, null, null),
    ('bed', 'valid_to', 'date', false, null, null, null, null),
    ('machine', 'code', 'text', true, 3, 255, null, null),
    ('machine', 'name', 'text', true, 2, 255, null, null),
    ('machine', 'group_code', 'code', true, null, 10, null, null),
    ('machine', 'department_id', 'id', false, null, null, null, null),
    ('machine', 'valid_from', 'date', false, null, null, null, null),
    ('machine', 'valid_to', 'date', false, null, null, null, null),
    ('staff', 'code', 'text', true, 2, 50, null, null),
    ('staff', 'full_name', 'text', true, 2, 255, null, null),
    ('staff', 'title', 'choice', true, null, null, '{doctor,assistant_doctor,nurse,midwife,technician,pharmacist,clerk}', null),
    ('staff', 'scopes', 'codes', false, null, 20, null, null),
    ('staff', 'licensed_on', 'date', false, null, null, null, null),
    ('staff', 'citizen_id', 'text', false, 12, 12, null, null),
    ('staff', 'valid_from', 'date', false, null, null, null, null),
    ('staff', 'valid_to', 'date', false, null, null, null, null),
    ('staff_post', 'department_id', 'id', true, null, null, null, null),
    ('staff_post', 'hours', 'text', false, 1, 500, null, null),
    ('staff_post', 'valid_from', 'date', false, null, null, null, null),
    ('staff_post', 'valid_to', 'date', false, null, null, null, null);
-- A key on claims and tickets is not mended in place: the row ends and another begins.
insert into api.field (shape, name, kind, low, high, choices, items)
select shape || '_patch', name, kind, low, high, choices, items from api.field
where shape in ('facility', 'department', 'room', 'bed', 'machine', 'staff', 'staff_post')
    and (shape, name) not in (('facility', 'code'), ('department', 'code'), ('bed', 'code'), ('machine', 'code'),
        ('staff_post', 'department_id'));
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('staff', 'posts', 'list', false, null, 20, null, 'staff_post');

-- What all rows here share ------------------------------------------------------------------------------

create or replace function org.range_of(body jsonb, old daterange default null) returns daterange
    language plpgsql immutable as $$
declare
    lo date := case when body ? 'valid_from' then (body ->> 'valid_from')::date else lower(old) end;
    hi date := case when body ? 'valid_to' then (body ->> 'valid_to')::date else upper(old) - 1 end;
begin
    return case when lo <= hi or lo is null or hi is null then daterange(lo, hi, '[]') end;
end
$$;
comment on function org.range_of is 'Days from valid_from to valid_to of a body, on top of old ones; null when they are the wrong way round';

create or replace function org.null_faults(shape text, sound jsonb) returns jsonb
    language plpgsql stable as $$
begin
    return (select jsonb_agg(api.error('/' || m.key, 'value.missing')) from jsonb_each(sound) m
        join api.field f on f.shape = null_faults.shape and f.name = m.key where m.value = 'null' and f.required);
end
$$;
comment on function org.null_faults is 'Members of a change that are null but must not be (null clears optional ones)';

create or replace function org.check_match(version int, match text) returns void
    language plpgsql immutable as $$
begin
    if match is not null and match <> '*' and match <> version::text then
        perform api.fail(412, 'version.changed');
    end if;
end
$$;
comment on function org.check_match is 'Ends the request when the entity tag is not of this version';

create or replace function org.reach() returns bigint[]
    language plpgsql stable as $$ begin return sys.facilities()::bigint[]; end $$;
comment on function org.reach is 'Facilities in the caller''s scope';

-- Facilities -------------------------------------------------------------------------------------------

create or replace function org.facility_json(f org.facility) returns json
    language plpgsql stable as $$
begin
    return (select row_to_json(x) from (select f.facility_id as id, f.code, f.name, f.kind, f.level, f.parent_id,
        cardinality(f.path) - 1 as depth, f.bills_under_id, f.province_code, f.address, f.head_code, f.gateway_username,
        lower(f.valid) as valid_from, upper(f.valid) - 1 as valid_to,
        f.facility_id = any (org.reach()) as in_scope, f.version) x);
end
$$;
comment on function org.facility_json is 'A facility';

create or replace function api.facility_list(scope text, on_date date, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    day date := coalesce(on_date, sys.business_date(now()));
    body json;
    next text;
begin
    if cursor !~ '^[0-9]{5}$' then
        perform api.fail(400, 'cursor.invalid', jsonb_build_array(api.error('?cursor', 'cursor')));
    end if;
    select json_agg(org.facility_json(x.f) order by (x.f).code) filter (where x.no <= page),
        max((x.f).code) filter (where x.no = page and x.total > page) into body, next
    from (select f, row_number() over (order by f.code) as no, count(*) over () as total from org.facility f
        where f.tenant_id = sys.tenant() and f.valid @> day and f.code > coalesce(cursor, '')
            and (scope = 'tenant' or f.facility_id = any (org.reach()))
        order by f.code limit page + 1) x;
    return (200, json_build_object('date', day, 'items', coalesce(body, '[]'))::text, null, null, next, null)::api.reply;
end
$$;
comment on function api.facility_list is 'GET /v1/facilities: the tree as a list with parent_id and depth';

create or replace function org.find_facility(id bigint, only_in_scope boolean) returns org.facility
    language plpgsql stable as $$
declare
    f org.facility;
begin
    select * into f from org.facility x where x.tenant_id = sys.tenant() and x.facility_id = id
        and (not only_in_scope or x.facility_id = any (org.reach()));
    if not found then
        perform api.fail(404, 'facility.not_found');
    end if;
    return f;
end
$$;
comment on function org.find_facility is 'A facility of the tenant, or ends the request';

create or replace function api.facility_get(id bigint) returns api.reply
    language plpgsql stable as $$
declare
    f org.facility := org.find_facility(id, false);
begin
    return (200, org.facility_json(f)::text, f.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.facility_get is 'GET /v1/facilities/{id}: any of the tenant, people are referred between them';

create or replace function org.facility_faults(f org.facility) returns jsonb
    language plpgsql stable as $$
begin
    return (select jsonb_agg(api.error(e.pointer, e.code, e.detail)) from (values
        ('/code', case when f.code !~ '^[0-9]{5}$' then 'value.malformed' end, '5 digits'),
        ('/name', case when btrim(f.name) = '' then 'value.too_short' end, null),
        ('/parent_id', case when f.parent_id is null then null
            when f.parent_id = f.facility_id then 'itself'
            when not f.parent_id = any (org.reach()) then 'reference.unknown'
            when exists (select from org.facility p where p.tenant_id = sys.tenant() and p.facility_id = f.parent_id
                and f.facility_id = any (p.path)) then 'below_itself' end, null),
        ('/bills_under_id', case when f.bills_under_id is not null and not exists (select from org.facility p
            where p.tenant_id = sys.tenant() and p.facility_id = f.bills_under_id) then 'reference.unknown'
            when f.bills_under_id = f.facility_id then 'itself' end, null),
        ('/valid_to', case when f.valid is null then 'before_start' end, null)
    ) e (pointer, code, detail) where e.code is not null);
end
$$;
comment on function org.facility_faults is 'Everything a facility as wanted wrongly refers to';

create or replace function api.facility_create(body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('facility', body);
    sound jsonb := api.sound_part(body, bad);
    form jsonb := case when (sound ->> 'code') !~ '^[0-9]{5}$' then jsonb_build_array(api.error('/code', 'value.malformed', '5 digits')) end;
    f org.facility;
begin
    bad := care.join_faults(bad, form);
    f := jsonb_populate_record(null::org.facility, api.sound_part(body, bad) - '{valid_from,valid_to}'::text[]);
    f.valid := org.range_of(sound);
    bad := reg.new_faults(bad, org.facility_faults(f));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    insert into org.facility (tenant_id, code, name, kind, level, parent_id, bills_under_id, province_code, address, head_code,
        gateway_username, valid)
    values (sys.tenant(), f.code, f.name, f.kind, f.level, f.parent_id, f.bills_under_id, left(f.code, 2), f.address,
        f.head_code, f.gateway_username, f.valid)
    returning * into f;
    return (201, org.facility_json(f)::text, f.version::text, '/v1/facilities/' || f.facility_id, null, null)::api.reply;
end
$$;
comment on function api.facility_create is 'POST /v1/facilities: always below one in the caller''s scope';

create or replace function api.facility_patch(id bigint, if_match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('facility_patch', body);
    sound jsonb := api.sound_part(body, bad);
    old org.facility := org.find_facility(id, true);
    f org.facility;
    below record;
begin
    perform from org.facility x where x.tenant_id = old.tenant_id and x.facility_id = id for no key update;
    old := org.find_facility(id, true);
    perform org.check_match(old.version, if_match);
    f := jsonb_populate_record(old, sound - '{valid_from,valid_to}'::text[]);
    f.valid := org.range_of(sound, old.valid);
    -- the top of a tenant has no parent and keeps none
    bad := care.join_faults(bad, org.null_faults('facility', sound));
    bad := reg.new_faults(bad, case when f.parent_id is distinct from old.parent_id or f.valid is null
            or f.bills_under_id is distinct from old.bills_under_id then org.facility_faults(f) end);
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    update org.facility x set version = x.version + 1, name = f.name, kind = f.kind, level = f.level, parent_id = f.parent_id,
        bills_under_id = f.bills_under_id, address = f.address, head_code = f.head_code, gateway_username = f.gateway_username,
        valid = f.valid
    where x.tenant_id = old.tenant_id and x.facility_id = id returning * into f;
    if f.parent_id is distinct from old.parent_id then -- from the top down, each path from its parent's
        for below in select x.facility_id from org.facility x where x.tenant_id = f.tenant_id and x.facility_id <> id
                and id = any (x.path) order by cardinality(x.path) loop
            update org.facility x set parent_id = x.parent_id where x.tenant_id = f.tenant_id and x.facility_id = below.facility_id;
        end loop;
    end if;
    return (200, org.facility_json(f)::text, f.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.facility_patch is 'PATCH /v1/facilities/{id}';

-- Departments, rooms, beds, machines: part is one of these words, written in a statement file ---------------

create or replace function org.part_json(part text, r jsonb) returns jsonb
    language plpgsql immutable as $$
begin
    return jsonb_build_object('id', r -> (part || '_id')) || (r - '{tenant_id,valid}'::text[] - (part || '_id'))
        || case when r ? 'valid' then jsonb_build_object('valid_from', lower((r ->> 'valid')::daterange),
            'valid_to', upper((r ->> 'valid')::daterange) - 1) else '{}' end;
end
$$;
comment on function org.part_json is 'A row of org.department, room, bed or machine as JSON';

create or replace function api.part_list(part text, facility bigint, on_date date, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    f org.facility := org.find_facility(facility, false);
    day date := coalesce(on_date, sys.business_date(now()));
    after bigint := coalesce(api.cursor_id(cursor), 0);
    rows jsonb;
begin
    execute format('select jsonb_agg(to_jsonb(x) order by x.%1$I) from (select * from org.%2$I t
        where t.tenant_id = $1 and t.facility_id = $2 and t.%1$I > $3 and %3$s order by t.%1$I limit $5 + 1) x',
        part || '_id', part, case part when 'room' then 't.is_active and $4 is not null' else 't.valid @> $4' end)
    into rows using f.tenant_id, facility, after, day, page;
    return (200, jsonb_build_object('date', day, 'items', (select coalesce(jsonb_agg(org.part_json(part, e) order by no), '[]')
            from jsonb_array_elements(rows) with ordinality x (e, no) where no <= page))::text,
        null, null, case when jsonb_array_length(rows) > page then rows -> (page - 1) ->> (part || '_id') end, null)::api.reply;
end
$$;
comment on function api.part_list is 'GET /v1/facilities/{id}/departments, rooms, beds, machines: those in use on a day';

create or replace function org.find_part(part text, id bigint, only_in_scope boolean) returns jsonb
    language plpgsql as $$
declare
    r jsonb;
begin
    execute format('select to_jsonb(t) from org.%2$I t where t.tenant_id = sys.tenant() and t.%1$I = $1
        and (not $2 or t.facility_id = any (org.reach())) %3$s', part || '_id', part,
        case when only_in_scope then 'for no key update' else '' end)
    into r using id, only_in_scope;
    if r is null then
        perform api.fail(404, part || '.not_found');
    end if;
    return r;
end
$$;
comment on function org.find_part is 'A department, room, bed or machine of the tenant, locked when it is to be changed; or ends the request';

create or replace function api.part_get(part text, id bigint) returns api.reply
    language plpgsql as $$
declare
    r jsonb := org.find_part(part, id, false);
begin
    return (200, org.part_json(part, r)::text, r ->> 'version', null, null, null)::api.reply;
end
$$;
comment on function api.part_get is 'GET /v1/departments/{id}, rooms, beds, machines';

create or replace function org.part_faults(part text, facility bigint, r jsonb, range daterange) returns jsonb
    language plpgsql stable as $$
declare
    today date := sys.business_date(now());
begin
    return (select jsonb_agg(api.error(e.pointer, e.code, e.detail)) from (values
        ('/code', case part
            when 'department' then case when not exists (select from ref.department_code c
                where c.code = r ->> 'code' and c.valid @> today) then 'reference.unknown' end
            when 'bed' then case when (r ->> 'code') !~ '^[HTCK][0-9]{3}$' then 'value.malformed' end
            when 'machine' then case when split_part(r ->> 'code', '.', 1) <> r ->> 'group_code' then 'other_group' end end,
            case part when 'bed' then 'H, T, C or K and 3 digits' end),
        ('/department_id', case when r ->> 'department_id' is not null and not exists (select from org.department d
            where d.tenant_id = sys.tenant() and d.department_id = (r ->> 'department_id')::bigint and d.facility_id = facility)
            then 'reference.unknown' end, null),
        ('/group_code', case when part = 'machine' and r ->> 'group_code' is not null and not exists (select from ref.machine_group c
            where c.code = r ->> 'group_code' and c.valid @> today) then 'reference.unknown' end, null),
        ('/service_code', case when r ->> 'service_code' is not null and not exists (select from ref.local_service s
            where s.tenant_id = sys.tenant() and s.code = r ->> 'service_code' and s.valid @> today) then 'reference.unknown' end,
            'code of the centre''s own list'),
        ('/valid_to', case when range is null then 'before_start' end, null)
    ) e (pointer, code, detail) where e.code is not null);
end
$$;
comment on function org.part_faults is 'Everything a department, room, bed or machine as wanted wrongly refers to';

create or replace function api.part_create(part text, facility bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body(part, body);
    sound jsonb := api.sound_part(body, bad);
    f org.facility := org.find_facility(facility, true);
    range daterange := org.range_of(sound);
    r jsonb;
begin
    bad := reg.new_faults(bad, org.part_faults(part, facility, sound, range));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    r := jsonb_build_object('is_active', true, 'version', 1, 'fund_state', 'none', 'valid', range::text) || jsonb_strip_nulls(body)
        || jsonb_build_object('tenant_id', f.tenant_id, 'facility_id', facility,
            part || '_id', (sys.node() << 40) + nextval('org.' || part || '_seq'));
    execute format('insert into org.%1$I as t select (jsonb_populate_record(null::org.%1$I, $1)).* returning to_jsonb(t)', part)
    into r using r;
    return (201, org.part_json(part, r)::text, '1', format('/v1/%s/%s', case part when 'department' then 'departments'
        when 'room' then 'rooms' when 'bed' then 'beds' else 'machines' end, r ->> (part || '_id')), null, null)::api.reply;
end
$$;
comment on function api.part_create is 'POST /v1/facilities/{id}/departments, rooms, beds, machines';

create or replace function api.part_patch(part text, id bigint, if_match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body(part || '_patch', body);
    sound jsonb := api.sound_part(body, bad);
    r jsonb := org.find_part(part, id, true);
    range daterange := case when r ? 'valid' then org.range_of(sound, (r ->> 'valid')::daterange) else daterange(null, null) end;
begin
    perform org.check_match((r ->> 'version')::int, if_match);
    bad := care.join_faults(bad, org.null_faults(part, sound));
    -- what is not changed is not judged again: codes may have left the catalogue since
    bad := reg.new_faults(bad, (select jsonb_agg(e) from jsonb_array_elements(
        org.part_faults(part, (r ->> 'facility_id')::bigint, r || sound, range)) e
        where sound ? substr(e ->> 'pointer', 2) or e ->> 'pointer' = '/valid_to'));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    r := r || (body - '{valid_from,valid_to}'::text[]) || case when r ? 'valid' then jsonb_build_object('valid', range::text) else '{}' end
        || jsonb_build_object('version', (r ->> 'version')::int + 1);
    execute format('update org.%1$I t set (%2$s) = (select %3$s from jsonb_populate_record(t, $1) n)
        where t.tenant_id = $2 and t.%4$I = $3 returning to_jsonb(t)', part,
        (select string_agg(format('%I', k), ', ' order by k) from jsonb_object_keys(r) k),
        (select string_agg(format('n.%I', k), ', ' order by k) from jsonb_object_keys(r) k), part || '_id')
    into r using r, sys.tenant(), id;
    return (200, org.part_json(part, r)::text, r ->> 'version', null, null, null)::api.reply;
end
$$;
comment on function api.part_patch is 'PATCH /v1/departments/{id}, rooms, beds, machines';

-- Staff ------------------------------------------------------------------------------------------------

create or replace function org.post_json(p org.staff_post) returns json
    language plpgsql stable as $$
begin
    return (select row_to_json(x) from (select p.staff_post_id as id, p.version, p.facility_id, p.department_id,
        (select d.code from org.department d where d.tenant_id = p.tenant_id and d.department_id = p.department_id) as department_code,
        p.hours, lower(p.valid) as valid_from, upper(p.valid) - 1 as valid_to) x);
end
$$;
comment on function org.post_json is 'Where a person works';

create or replace function org.staff_json(s org.staff) returns json
    language plpgsql stable as $$
begin
    return (select row_to_json(x) from (select s.staff_id as id, s.version, s.code, s.full_name, s.title, s.scopes, s.licensed_on,
        s.citizen_id is not null as has_citizen_id, lower(s.valid) as valid_from, upper(s.valid) - 1 as valid_to,
        (select coalesce(json_agg(org.post_json(p) order by p.staff_post_id), '[]') from org.staff_post p
            where p.tenant_id = s.tenant_id and p.staff_id = s.staff_id) as posts) x);
end
$$;
comment on function org.staff_json is 'A person who works here; the citizen id is for the gateway and is not shown';

create or replace function api.staff_list(q text, facility bigint, title text, on_date date, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    day date := coalesce(on_date, sys.business_date(now()));
    after bigint := coalesce(api.cursor_id(cursor), 0);
    body json;
    next text;
begin
    select json_agg(org.staff_json(x.s) order by (x.s).staff_id) filter (where x.no <= page),
        max((x.s).staff_id) filter (where x.no = page and x.total > page) into body, next
    from (select s, row_number() over (order by s.staff_id) as no, count(*) over () as total from org.staff s
        where s.tenant_id = sys.tenant() and s.staff_id > after and s.valid @> day
            and (staff_list.title is null or s.title = staff_list.title)
            and (q is null or s.code ilike replace(replace(q, '\', '\\'), '%', '\%') || '%'
                or ' ' || sys.fold(s.full_name) like all (select '% ' || w || '%' from unnest(string_to_array(sys.fold(q), ' ')) w))
            and (facility is null or exists (select from org.staff_post p where p.tenant_id = s.tenant_id and p.staff_id = s.staff_id
                and p.facility_id = facility and p.valid @> day))
        order by s.staff_id limit page + 1) x;
    return (200, json_build_object('date', day, 'items', coalesce(body, '[]'))::text, null, null, next, null)::api.reply;
end
$$;
comment on function api.staff_list is 'GET /v1/staff';

create or replace function org.find_staff(id bigint, match text default null) returns org.staff
    language plpgsql as $$
declare
    s org.staff;
begin
    if match is not null then
        perform from org.staff x where x.tenant_id = sys.tenant() and x.staff_id = id for no key update;
    end if;
    select * into s from org.staff x where x.tenant_id = sys.tenant() and x.staff_id = id;
    if not found then
        perform api.fail(404, 'staff.not_found');
    end if;
    perform org.check_match(s.version, match);
    return s;
end
$$;
comment on function org.find_staff is 'A person of the tenant, or ends the request; locked when an entity tag is given';

create or replace function api.staff_get(id bigint) returns api.reply
    language plpgsql as $$
declare
    s org.staff := org.find_staff(id);
begin
    return (200, org.staff_json(s)::text, s.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.staff_get is 'GET /v1/staff/{id}';

create or replace function org.staff_faults(sound jsonb, range daterange) returns jsonb
    language plpgsql stable as $$
declare
    today date := sys.business_date(now());
begin
    return (select jsonb_agg(api.error(e.pointer, e.code, e.detail)) from (
        select '/citizen_id', case when (sound ->> 'citizen_id') !~ '^[0-9]{12}$' then 'value.malformed' end, '12 digits'
        union all select '/licensed_on', case when (sound ->> 'licensed_on')::date > today then 'in_future' end, null
        union all select '/valid_to', case when range is null then 'before_start' end, null
        union all select '/scopes/' || (x.no - 1), 'reference.unknown', x.code
        from jsonb_array_elements_text(case jsonb_typeof(sound -> 'scopes') when 'array' then sound -> 'scopes' else '[]' end)
            with ordinality x (code, no)
        where not exists (select from ref.practice_scope p where p.code = x.code and p.valid @> today)
    ) e (pointer, code, detail) where e.code is not null);
end
$$;
comment on function org.staff_faults is 'Faults of a person as wanted that are not faults of shape';

-- Weekly hours: days 2 (Monday) to 8 (Sunday), times of day: 2-6:0700-1130,1330-1700;7:0700-1130
create or replace function org.post_faults(sound jsonb, range daterange, base text) returns jsonb
    language plpgsql stable as $$
begin
    return (select jsonb_agg(api.error(base || e.pointer, e.code, e.detail)) from (values
        ('/department_id', case when sound ->> 'department_id' is not null and not exists (select from org.department d
            where d.tenant_id = sys.tenant() and d.department_id = (sound ->> 'department_id')::bigint
                and d.facility_id = any (org.reach())) then 'reference.unknown' end, null),
        ('/hours', case when (sound ->> 'hours')
            !~ '^(([2-8](-[2-8])?(,[2-8])*):(([01][0-9]|2[0-4])[0-5][0-9]-([01][0-9]|2[0-4])[0-5][0-9],?)+;?)+$' then 'value.malformed' end,
            '2-6:0700-1130,1330-1700'),
        ('/valid_to', case when range is null then 'before_start' end, null)
    ) e (pointer, code, detail) where e.code is not null);
end
$$;
comment on function org.post_faults is 'Faults of a post as wanted that are not faults of shape';

create or replace function org.add_post(staff bigint, body jsonb) returns org.staff_post
    language plpgsql as $$
declare
    p org.staff_post;
begin
    insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours, valid)
    select d.tenant_id, d.facility_id, staff, d.department_id, body ->> 'hours', org.range_of(body)
    from org.department d where d.tenant_id = sys.tenant() and d.department_id = (body ->> 'department_id')::bigint
    returning * into p;
    return p;
end
$$;
comment on function org.add_post is 'Writes a post whose body was judged good';

create or replace function api.staff_create(body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('staff', body);
    sound jsonb := api.sound_part(body, bad);
    s org.staff;
begin
    bad := reg.new_faults(bad, org.staff_faults(sound, org.range_of(sound)));
    bad := care.join_faults(bad, (select jsonb_agg(e) from jsonb_array_elements(sound -> 'posts') with ordinality p (body, no)
        cross join lateral jsonb_array_elements(org.post_faults(p.body, org.range_of(p.body), '/posts/' || (p.no - 1))) e));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    insert into org.staff (tenant_id, code, full_name, title, scopes, licensed_on, citizen_id, valid)
    values (sys.tenant(), btrim(body ->> 'code'), reg.tidy(body ->> 'full_name'), body ->> 'title',
        array(select jsonb_array_elements_text(coalesce(nullif(body -> 'scopes', 'null'), '[]'))), (body ->> 'licensed_on')::date,
        body ->> 'citizen_id', org.range_of(body))
    returning * into s;
    for i in 0 .. jsonb_array_length(coalesce(nullif(body -> 'posts', 'null'), '[]')) - 1 loop
        perform org.add_post(s.staff_id, body -> 'posts' -> i);
    end loop;
    return (201, org.staff_json(s)::text, s.version::text, '/v1/staff/' || s.staff_id, null, null)::api.reply;
end
$$;
comment on function api.staff_create is 'POST /v1/staff';

create or replace function api.staff_patch(id bigint, if_match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('staff_patch', body);
    sound jsonb := api.sound_part(body, bad);
    s org.staff := org.find_staff(id, if_match);
    range daterange := org.range_of(sound, s.valid);
begin
    bad := care.join_faults(bad, org.null_faults('staff', sound));
    bad := reg.new_faults(bad, org.staff_faults(sound, range));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    update org.staff x set version = x.version + 1, valid = range,
        code = coalesce(btrim(body ->> 'code'), x.code), full_name = coalesce(reg.tidy(body ->> 'full_name'), x.full_name),
        title = coalesce(body ->> 'title', x.title),
        scopes = case when body ? 'scopes' then array(select jsonb_array_elements_text(coalesce(nullif(body -> 'scopes', 'null'), '[]')))
            else x.scopes end,
        licensed_on = case when body ? 'licensed_on' then (body ->> 'licensed_on')::date else x.licensed_on end,
        citizen_id = case when body ? 'citizen_id' then body ->> 'citizen_id' else x.citizen_id end
    where x.tenant_id = s.tenant_id and x.staff_id = id returning * into s;
    return (200, org.staff_json(s)::text, s.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.staff_patch is 'PATCH /v1/staff/{id}';

create or replace function api.staff_post_create(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('staff_post', body);
    sound jsonb := api.sound_part(body, bad);
    s org.staff := org.find_staff(id);
    p org.staff_post;
begin
    bad := reg.new_faults(bad, org.post_faults(sound, org.range_of(sound), ''));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    p := org.add_post(id, body);
    return (201, org.post_json(p)::text, p.version::text, format('/v1/staff/%s', s.staff_id), null, null)::api.reply;
end
$$;
comment on function api.staff_post_create is 'POST /v1/staff/{id}/posts';

create or replace function api.staff_post_patch(id bigint, post bigint, if_match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('staff_post_patch', body);
    sound jsonb := api.sound_part(body, bad);
    p org.staff_post;
    range daterange;
begin
    select * into p from org.staff_post x where x.tenant_id = sys.tenant() and x.staff_id = id and x.staff_post_id = post
        and x.facility_id = any (org.reach()) for no key update;
    if not found then
        perform api.fail(404, 'staff.post_not_found');
    end if;
    perform org.check_match(p.version, if_match);
    range := org.range_of(sound, p.valid);
    bad := reg.new_faults(bad, org.post_faults(sound, range, ''));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    update org.staff_post x set version = x.version + 1, valid = range,
        hours = case when body ? 'hours' then body ->> 'hours' else x.hours end
    where x.tenant_id = p.tenant_id and x.staff_post_id = post returning * into p;
    return (200, org.post_json(p)::text, p.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.staff_post_patch is 'PATCH /v1/staff/{id}/posts/{post_id}';
