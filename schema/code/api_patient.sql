-- Patients: register, read, change, find, merge. Finding is in reg_search.sql, cards in api_coverage.sql.
set local role hmis_owner;

delete from api.field where shape in ('patient', 'patient_patch', 'patient_merge', 'patient_unmerge');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('patient', 'full_name', 'text', true, 2, 255, null, null),
    ('patient', 'born_on', 'date', true, null, null, null, null),
    ('patient', 'birth_precision', 'choice', false, null, null, '{minute,day,month,year}', null),
    ('patient', 'born_at_minute', 'int', false, 0, 1439, null, null),
    ('patient', 'sex', 'choice', true, null, null, '{1,2,3}', null),
    ('patient', 'citizen_id', 'text', false, 12, 12, null, null),
    ('patient', 'other_id', 'text', false, 3, 30, null, null),
    ('patient', 'phone', 'text', false, 8, 25, null, null),
    ('patient', 'ethnic_code', 'code', false, null, 2, null, null),
    ('patient', 'nationality_code', 'code', false, null, 3, null, null),
    ('patient', 'occupation_code', 'code', false, null, 5, null, null),
    ('patient', 'address', 'text', true, 1, 500, null, null),
    ('patient', 'province_code', 'code', true, null, 2, null, null),
    ('patient', 'commune_code', 'code', true, null, 5, null, null),
    ('patient', 'old_district_code', 'code', false, null, 3, null, null),
    ('patient', 'old_commune_code', 'code', false, null, 5, null, null),
    ('patient', 'blood_type', 'choice', false, null, null, '{A+,A-,B+,B-,AB+,AB-,O+,O-,A,B,AB,O}', null),
    ('patient', 'guardian_name', 'text', false, 2, 255, null, null),
    ('patient', 'guardian_relation', 'text', false, 1, 50, null, null),
    ('patient', 'guardian_phone', 'text', false, 8, 25, null, null);
insert into api.field (shape, name, kind, low, high, choices, items)
select 'patient_patch', name, kind, low, high, choices, items from api.field where shape = 'patient';
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('patient', 'coverages', 'list', false, null, 5, null, 'coverage'),
    ('patient', 'accept_duplicate', 'bool', false, null, null, null, null),
    ('patient_patch', 'death_at', 'time', false, null, null, null, null),
    ('patient_merge', 'merged_id', 'id', true, null, null, null, null),
    ('patient_merge', 'reason', 'text', true, 3, 1000, null, null),
    ('patient_merge', 'accept_different', 'bool', false, null, null, null, null),
    ('patient_unmerge', 'merged_id', 'id', true, null, null, null, null),
    ('patient_unmerge', 'reason', 'text', true, 3, 1000, null, null);

-- Judging ----------------------------------------------------------------------------------------------

create or replace function api.sound_part(body jsonb, bad jsonb) returns jsonb
    language plpgsql immutable as $$
begin
    return case when jsonb_typeof(body) <> 'object' then '{}' when bad is null then body
        else body - array(select split_part(e ->> 'pointer', '/', 2) from jsonb_array_elements(bad) e) end;
end
$$;
comment on function api.sound_part is 'A body without the members that have faults: the others can still be judged';

create or replace function reg.patient_shape(shape text, body jsonb) returns jsonb
    language plpgsql stable as $$
declare
    bad jsonb := api.check_body(shape, body);
begin
    if bad is null and (body ->> 'citizen_id') !~ '^[0-9]{12}$'
        or bad is not null and (api.sound_part(body, bad) ->> 'citizen_id') !~ '^[0-9]{12}$' then
        bad := care.join_faults(bad, jsonb_build_array(api.error('/citizen_id', 'value.malformed', '12 digits')));
    end if;
    return bad;
end
$$;
comment on function reg.patient_shape is 'Faults of form in a patient''s body';

create or replace function reg.new_faults(old jsonb, new jsonb) returns jsonb
    language plpgsql immutable as $$
begin
    return care.join_faults(old, (select jsonb_agg(e) from jsonb_array_elements(new) e
        where not coalesce(old, '[]') @> jsonb_build_array(jsonb_build_object('pointer', e -> 'pointer'))));
end
$$;
comment on function reg.new_faults is 'Both lists, of the second only what concerns other members';

create or replace function reg.tidy(t text) returns text
    language sql immutable parallel safe
    return nullif(btrim(regexp_replace(normalize(t, nfc), '[[:space:]]+', ' ', 'g')), '');
comment on function reg.tidy is 'Text in NFC without needless blanks; null when nothing is left';

create or replace function reg.tidy_patient(inout p reg.patient)
    language plpgsql stable as $$
begin
    p.full_name := reg.tidy(p.full_name);
    p.guardian_name := reg.tidy(p.guardian_name);
    p.guardian_relation := reg.tidy(p.guardian_relation);
    p.address := reg.tidy(p.address);
    p.other_id := upper(reg.tidy(p.other_id));
    p.phone := reg.phone_of(p.phone);
    p.guardian_phone := reg.phone_of(p.guardian_phone);
    p.birth_precision := coalesce(p.birth_precision, case when p.born_at_minute is null then 'day' else 'minute' end);
    p.ethnic_code := coalesce(p.ethnic_code, '01');
    p.nationality_code := coalesce((select nullif(n.claim_code, '') from ref.nationality n where n.code = p.nationality_code
        order by n.valid desc limit 1), p.nationality_code, '000');
    p.occupation_code := coalesce(p.occupation_code, '00000');
end
$$;
comment on function reg.tidy_patient is 'A patient in the form in which people are stored';

-- Everything that is wrong with a patient as wanted; members that are null are not judged (their shape was).
create or replace function reg.patient_faults(p reg.patient) returns jsonb
    language plpgsql stable as $$
declare
    today date := sys.business_date(now());
    guardian_months int := (select s.value::int from sys.setting s where s.key = 'patient.guardian_below_months'
        and s.valid @> today and (s.tenant_id is null or s.tenant_id = sys.tenant()) order by s.tenant_id nulls last limit 1);
begin
    return (select jsonb_agg(api.error(e.pointer, e.code, e.detail))
    from (values
        ('/full_name', case when sys.fold(p.full_name::text) !~ '[[:alpha:]]' then 'no_letter' end, null),
        ('/guardian_name', case when sys.fold(p.guardian_name::text) !~ '[[:alpha:]]' then 'no_letter'
            when p.guardian_name is null and p.born_on <= today and p.born_on > today - guardian_months * interval '1 month' then 'value.missing' end,
            'under ' || guardian_months || ' months'),
        ('/born_on', case when p.born_on > today then 'in_future' when p.born_on < '1880-01-01' then 'value.out_of_range'
            when p.birth_precision = 'year' and p.born_on <> date_trunc('year', p.born_on) then 'precision'
            when p.birth_precision = 'month' and p.born_on <> date_trunc('month', p.born_on) then 'precision' end,
            'unknown parts are 1'),
        ('/born_at_minute', case when p.birth_precision = 'minute' and p.born_at_minute is null then 'value.missing'
            when p.birth_precision <> 'minute' and p.born_at_minute is not null then 'not_allowed' end, 'birth_precision'),
        ('/phone', case when p.phone !~ '^\+?[0-9]{8,14}$' then 'value.malformed' end, null),
        ('/guardian_phone', case when p.guardian_phone !~ '^\+?[0-9]{8,14}$' then 'value.malformed' end, null),
        ('/death_at', case when p.death_at > now() + interval '10 minutes' then 'in_future'
            when sys.business_date(p.death_at) < p.born_on then 'before_birth' end, null),
        ('/ethnic_code', case when not exists (select from ref.ethnic r where r.code = p.ethnic_code and r.valid @> today) then 'reference.unknown' end, null),
        -- the claim standard's own codes (three digits) are not public except 000: only their form is judged
        ('/nationality_code', case when p.nationality_code !~ '^[0-9]{3}$' and not exists (select from ref.nationality r
            where r.code = p.nationality_code and r.valid @> today) then 'reference.unknown' end, null),
        ('/occupation_code', case when p.occupation_code <> '00000' and not exists (select from ref.occupation r
            where r.code = left(p.occupation_code, length(r.code)) and r.level = least(length(p.occupation_code), 2)
                and r.valid @> today) then 'reference.unknown' end, null),
        ('/province_code', case when p.province_code is not null and not exists (select from ref.admin_unit r
            where r.level = 'province' and r.code = p.province_code and r.valid @> today) then 'reference.unknown' end, null),
        ('/commune_code', case when p.commune_code is null then null
            when not exists (select from ref.admin_unit r
                where r.level = 'commune' and r.code = p.commune_code and r.valid @> today) then 'reference.unknown'
            when not exists (select from ref.admin_unit r where r.level = 'commune' and r.code = p.commune_code
                and r.province_code = p.province_code and r.valid @> today) then 'other_province' end, null),
        ('/old_district_code', case when p.old_district_code is not null and not exists (select from ref.admin_unit r
            where r.level = 'district' and r.code = p.old_district_code) then 'reference.unknown' end, null),
        ('/old_commune_code', case when p.old_commune_code is not null and not exists (select from ref.admin_unit r
            where r.level = 'commune' and r.code = p.old_commune_code) then 'reference.unknown' end, null)
    ) e (pointer, code, detail) where e.code is not null);
end
$$;
comment on function reg.patient_faults is 'Faults of a patient as wanted, with JSON pointers; null when there are none';

-- A citizen id tells sex, century and year of birth (structure known from practice, therefore only warnings).
create or replace function reg.patient_warnings(p reg.patient) returns jsonb
    language plpgsql stable as $$
declare
    mark int := substr(p.citizen_id::text, 4, 1)::int;
begin
    return (select coalesce(jsonb_agg(api.error(e.pointer, e.code)), '[]') from (values
        ('/sex', case when p.sex in ('1', '2') and mark % 2 + 1 <> p.sex::int then 'citizen_id_sex' end),
        ('/born_on', case when (19 + mark / 2) * 100 + substr(p.citizen_id::text, 5, 2)::int
            <> extract(year from p.born_on) then 'citizen_id_year' end)
    ) e (pointer, code) where e.code is not null);
end
$$;
comment on function reg.patient_warnings is 'What looks wrong about a patient but may be right';

-- Same folded words and a birth date that may be the same.
create or replace function reg.patient_twins(p reg.patient) returns jsonb
    language plpgsql stable as $$
begin
    return (select jsonb_agg(api.error('/full_name', 'possible_duplicate', x.code || ', ' || x.born_on)
            || jsonb_build_object('patient_id', coalesce(x.merged_into_id, x.patient_id)))
        from (select t.* from reg.patient t
            where t.tenant_id = sys.tenant() and t.name_key = sys.name_key(p.full_name::text) collate "C"
                and t.patient_id is distinct from p.patient_id and t.sex in (p.sex, '3')
                and (t.born_on = p.born_on
                    or 'year' in (t.birth_precision, p.birth_precision) and date_trunc('year', t.born_on) = date_trunc('year', p.born_on)
                    or 'month' in (t.birth_precision, p.birth_precision) and date_trunc('month', t.born_on) = date_trunc('month', p.born_on))
            order by t.created_at desc limit 10) x);
end
$$;
comment on function reg.patient_twins is 'People who may be the same person, as errors with their ids; null when there are none';

create or replace function reg.need_free_citizen_id(p reg.patient) returns void
    language plpgsql stable as $$
declare
    holder bigint := (select t.patient_id from reg.patient t where t.tenant_id = sys.tenant() and t.citizen_id = p.citizen_id
        and t.citizen_id is not null and t.merged_into_id is null and t.patient_id is distinct from p.patient_id);
begin
    if holder is not null then
        perform api.fail(409, 'patient.citizen_id_taken', jsonb_build_array(
            api.error('/citizen_id', 'patient.citizen_id_taken', 'patient ' || holder) || jsonb_build_object('patient_id', holder)));
    end if;
end
$$;
comment on function reg.need_free_citizen_id is 'Ends the request when the citizen id belongs to another patient';

-- Reading ----------------------------------------------------------------------------------------------

create or replace function reg.patient_json(p reg.patient) returns json
    language plpgsql stable as $$
declare
    today date := sys.business_date(now());
begin
    return (select row_to_json(x) from (select
        p.patient_id as id, p.code, p.version, p.full_name, p.born_on, p.birth_precision, p.born_at_minute, p.sex,
        p.citizen_id, p.other_id, p.phone, p.ethnic_code, p.nationality_code, p.occupation_code, p.address,
        p.province_code, (select a.name_vi from ref.admin_unit a
            where a.level = 'province' and a.code = p.province_code and a.valid @> today) as province_name,
        p.commune_code, (select a.name_vi from ref.admin_unit a
            where a.level = 'commune' and a.code = p.commune_code and a.valid @> today) as commune_name,
        p.old_district_code, p.old_commune_code, p.blood_type, p.guardian_name, p.guardian_relation, p.guardian_phone,
        p.death_at, p.created_at, p.merged_into_id,
        coalesce((select json_agg(row_to_json(m) order by m.merged_at) from (
            select t.patient_id as id, t.code, t.full_name, g.merged_at, g.reason
            from reg.merge g join reg.patient t on t.tenant_id = g.tenant_id and t.patient_id = g.merged_id
            where g.tenant_id = p.tenant_id and g.survivor_id = p.patient_id and g.reversed_at is null) m), '[]') as merged,
        reg.coverages_json(p) as coverages,
        reg.patient_warnings(p) as warnings) x);
end
$$;
comment on function reg.patient_json is 'A patient with cards and merged rows';

-- The row that stands for id: itself, or its survivor. Survivors are never merged themselves.
create or replace function reg.survivor(id bigint) returns reg.patient
    language plpgsql stable as $$
declare
    p reg.patient;
begin
    select t.* into p from reg.patient f
    join reg.patient t on t.tenant_id = f.tenant_id and t.patient_id = coalesce(f.merged_into_id, f.patient_id)
    where f.tenant_id = sys.tenant() and f.patient_id = id;
    if not found then
        perform api.fail(404, 'patient.not_found');
    end if;
    return p;
end
$$;
comment on function reg.survivor is 'The patient that an id stands for, through a merge; ends the request when there is none';

create or replace function reg.lock_patient(id bigint, match text default null) returns reg.patient
    language plpgsql as $$
declare
    p reg.patient;
begin
    select * into p from reg.patient x where x.tenant_id = sys.tenant() and x.patient_id = id for no key update;
    if not found then
        perform api.fail(404, 'patient.not_found');
    elsif p.merged_into_id is not null then
        perform api.fail(409, 'patient.merged', jsonb_build_array(api.error('', 'merged', 'patient ' || p.merged_into_id)
            || jsonb_build_object('patient_id', p.merged_into_id)));
    elsif match is not null and match <> '*' and match <> p.version::text then
        perform api.fail(412, 'version.changed');
    end if;
    return p;
end
$$;
comment on function reg.lock_patient is 'A patient that may be changed, locked until the end of the request';

create or replace function api.patient_get(id bigint) returns api.reply
    language plpgsql as $$
declare
    p reg.patient := reg.survivor(id);
begin
    -- nobody waits for the disk because a record was read
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(p.tenant_id, sys.facility(), p.patient_id, 'patient');
    return (200, reg.patient_json(p)::text, p.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.patient_get is 'GET /v1/patients/{id}';

create or replace function api.patient_search(q text, page int, cursor text) returns api.reply
    language plpgsql as $$
declare
    asked record;
    part text[];
    ids bigint[];
    next text;
begin
    select * into asked from reg.read_query(q);
    if cursor is not null then
        if cursor !~ '^[0-6]-[0-9]{1,17}-[0-9]{1,16}$' then
            perform api.fail(400, 'cursor.invalid', jsonb_build_array(api.error('?cursor', 'cursor')));
        end if;
        part := string_to_array(cursor, '-');
    end if;
    select array_agg(f.id order by f.no) filter (where f.no <= page),
        max(f.kind || '-' || f.at_text || '-' || f.id) filter (where f.no = page and f.total > page)
    into ids, next
    from (select x.kind, x.id, x.no, count(*) over () as total,
            trunc(extract(epoch from x.at) * 1000000)::bigint::text as at_text
        from reg.find_patients(asked.words, asked.lo, asked.hi, asked.numbers, part[1]::int,
            to_timestamp(0) + (part[2] || ' microseconds')::interval, part[3]::bigint, page + 1) with ordinality x (kind, at, id, no)) f;
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(sys.tenant(), sys.facility(), null, 'patient search');
    return (200, json_build_object('items', reg.patients_json(ids))::text, null, null, next, null)::api.reply;
end
$$;
comment on function api.patient_search is 'GET /v1/patients?q=';

create or replace function reg.find_patients(words text[], lo date, hi date, numbers text[],
    after_kind int, after_at timestamptz, after_id bigint, most int) returns table (kind int, at timestamptz, id bigint)
    language plpgsql stable as $$
begin
    if cardinality(numbers) > 0 then
        return query select * from reg.find_number(numbers[1], words || '{}'::text[], lo, hi, after_at, after_id, most);
    elsif cardinality(words) > 0 then
        return query select * from reg.find_names(words, lo, hi, after_kind, after_at, after_id, most);
    else
        return query select 5, x.* from reg.walk_word('#' || to_char(lo, 'yyyy'), '%', null, '', '', lo, hi,
            coalesce(after_at, 'infinity'), coalesce(after_id, 0), most) x;
    end if;
end
$$;
comment on function reg.find_patients is 'Patients by what was asked: a number, else words of the name, else a birth date';

-- In the order of ids; a merged row stands for its survivor, who is listed once.
create or replace function reg.patients_json(ids bigint[]) returns json
    language plpgsql stable as $$
declare
    today date := sys.business_date(now());
begin
    return coalesce((select json_agg(row_to_json(x) order by i.no) from (
            select coalesce(f.merged_into_id, f.patient_id) as id, min(n.no) as no,
                min(f.full_name::text) filter (where f.merged_into_id is not null) as found_as
            from unnest(ids) with ordinality n (id, no)
            join reg.patient f on f.tenant_id = sys.tenant() and f.patient_id = n.id group by 1) i
        cross join lateral (select p.patient_id as id, p.code, p.full_name, p.born_on, p.birth_precision, p.sex,
                p.citizen_id, p.phone, p.address, p.commune_code, p.province_code, p.death_at, c.card_no,
                upper(c.valid) - 1 as card_valid_to, i.found_as
            from reg.patient p
            left join reg.coverage c on c.tenant_id = p.tenant_id and c.patient_id = p.patient_id and not c.is_void
                and c.valid @> today
            where p.tenant_id = sys.tenant() and p.patient_id = i.id) x), '[]');
end
$$;
comment on function reg.patients_json is 'Short records of patients for a list';

-- Writing ----------------------------------------------------------------------------------------------

create or replace function reg.next_number(wanted text) returns bigint
    language plpgsql as $$
declare
    n bigint;
begin
    insert into reg.number_series as s (tenant_id, series, last_no) values (sys.tenant(), wanted, 1)
    on conflict (tenant_id, series) do update set last_no = s.last_no + 1
    returning last_no into n;
    return n;
end
$$;
comment on function reg.next_number is 'Next number of a series of the tenant; the row lock makes numbers gapless';

create or replace function reg.next_code() returns text
    language plpgsql as $$
declare
    first text := case when sys.node() = 1 then '' else sys.node() || '-' end;
    made text := first || lpad(reg.next_number('patient')::text, 8, '0');
    taken text;
begin
    if exists (select from reg.patient p where p.tenant_id = sys.tenant() and p.code = made) then
        -- people were loaded with codes of this form: go on behind the highest
        select max(p.code) into taken from reg.patient p where p.tenant_id = sys.tenant() and p.code >= made
            and p.code <= first || '99999999' and p.code ~ ('^' || first || '[0-9]{8}$');
        update reg.number_series s set last_no = right(taken, 8)::bigint where s.tenant_id = sys.tenant() and s.series = 'patient';
        made := first || lpad(reg.next_number('patient')::text, 8, '0');
    end if;
    return made;
end
$$;
comment on function reg.next_code is 'A new MA_BN: eight digits, on edge nodes after the number of the node';

create or replace function api.patient_create(body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := reg.patient_shape('patient', body);
    sound jsonb := api.sound_part(body, bad);
    p reg.patient := reg.tidy_patient(jsonb_populate_record(null::reg.patient, sound - 'coverages' - 'accept_duplicate'));
    accepted boolean := coalesce((sound ->> 'accept_duplicate')::boolean, false);
    twins jsonb;
begin
    bad := reg.new_faults(bad, reg.patient_faults(p));
    bad := care.join_faults(bad, (select jsonb_agg(e)
        from jsonb_array_elements(sound -> 'coverages') with ordinality c (body, no)
        cross join lateral reg.read_coverage(null, c.body, '/coverages/' || (c.no - 1)) r
        cross join lateral jsonb_array_elements(r.bad) e));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    perform reg.need_free_citizen_id(p);
    twins := reg.patient_twins(p);
    if twins is not null and not accepted then
        perform api.fail(409, 'patient.possible_duplicate', twins);
    end if;
    p.tenant_id := sys.tenant();
    p.code := reg.next_code();
    insert into reg.patient (tenant_id, code, full_name, born_on, birth_precision, born_at_minute, sex, citizen_id, other_id,
        phone, ethnic_code, nationality_code, occupation_code, address, province_code, commune_code, old_district_code,
        old_commune_code, blood_type, guardian_name, guardian_relation, guardian_phone)
    values (p.tenant_id, p.code, p.full_name, p.born_on, p.birth_precision, p.born_at_minute, p.sex, p.citizen_id, p.other_id,
        p.phone, p.ethnic_code, p.nationality_code, p.occupation_code, p.address, p.province_code, p.commune_code,
        p.old_district_code, p.old_commune_code, p.blood_type, p.guardian_name, p.guardian_relation, p.guardian_phone)
    returning * into p;
    for i in 0 .. jsonb_array_length(coalesce(body -> 'coverages', '[]')) - 1 loop
        perform reg.add_coverage(p, body -> 'coverages' -> i, '/coverages/' || i, accepted);
    end loop;
    return (201, reg.patient_json(p)::text, p.version::text, '/v1/patients/' || p.patient_id, null, null)::api.reply;
end
$$;
comment on function api.patient_create is 'POST /v1/patients';

create or replace function api.patient_patch(id bigint, if_match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := reg.patient_shape('patient_patch', body);
    sound jsonb := api.sound_part(body, bad);
    p reg.patient := reg.lock_patient(id, if_match);
begin
    -- null clears a member, but not one that every patient has
    bad := care.join_faults(bad, (select jsonb_agg(api.error('/' || m.key, 'value.missing'))
        from jsonb_each(sound) m join api.field f on f.shape = 'patient' and f.name = m.key
        where m.value = 'null' and f.required));
    p := reg.tidy_patient(jsonb_populate_record(p, sound));
    bad := reg.new_faults(bad, reg.patient_faults(p));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    perform reg.need_free_citizen_id(p);
    update reg.patient t set version = t.version + 1, full_name = p.full_name, born_on = p.born_on,
        birth_precision = p.birth_precision, born_at_minute = p.born_at_minute, sex = p.sex, citizen_id = p.citizen_id,
        other_id = p.other_id, phone = p.phone, ethnic_code = p.ethnic_code, nationality_code = p.nationality_code,
        occupation_code = p.occupation_code, address = p.address, province_code = p.province_code,
        commune_code = p.commune_code, old_district_code = p.old_district_code, old_commune_code = p.old_commune_code,
        blood_type = p.blood_type, guardian_name = p.guardian_name, guardian_relation = p.guardian_relation,
        guardian_phone = p.guardian_phone, death_at = p.death_at
    where t.tenant_id = p.tenant_id and t.patient_id = p.patient_id
    returning * into p;
    return (200, reg.patient_json(p)::text, p.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.patient_patch is 'PATCH /v1/patients/{id}';

-- Merging ----------------------------------------------------------------------------------------------

create or replace function api.patient_merge(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    twin_id bigint;
    p reg.patient;
    other reg.patient;
begin
    perform api.need_body('patient_merge', body);
    twin_id := (body ->> 'merged_id')::bigint;
    if twin_id = id then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/merged_id', 'same')));
    elsif not exists (select from reg.patient x where x.tenant_id = sys.tenant() and x.patient_id = twin_id) then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/merged_id', 'reference.unknown')));
    end if;
    -- in one order, whoever merges whom
    perform from reg.patient x where x.tenant_id = sys.tenant() and x.patient_id in (id, twin_id)
        order by x.patient_id for no key update;
    p := reg.lock_patient(id);
    other := reg.lock_patient(twin_id);
    if exists (select from reg.patient x where x.tenant_id = p.tenant_id and x.merged_into_id = twin_id) then
        perform api.fail(409, 'patient.is_survivor', jsonb_build_array(api.error('/merged_id', 'is_survivor',
            'others are merged into it: merge the other way round, or unmerge them first')));
    elsif p.citizen_id <> other.citizen_id and not coalesce((body ->> 'accept_different')::boolean, false) then
        perform api.fail(409, 'patient.different_people', jsonb_build_array(api.error('/merged_id', 'citizen_id_differs')));
    end if;
    insert into reg.merge (tenant_id, survivor_id, merged_id, reason, merged_by)
    values (p.tenant_id, id, twin_id, body ->> 'reason', sys.user_id());
    update reg.patient x set merged_into_id = id, version = x.version + 1
        where x.tenant_id = p.tenant_id and x.patient_id = twin_id;
    update reg.patient x set version = x.version + 1 where x.tenant_id = p.tenant_id and x.patient_id = id returning * into p;
    return (200, reg.patient_json(p)::text, p.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.patient_merge is 'POST /v1/patients/{id}/merge';

create or replace function api.patient_unmerge(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    p reg.patient;
    other reg.patient;
begin
    perform api.need_body('patient_unmerge', body);
    p := reg.lock_patient(id);
    select * into other from reg.patient x where x.tenant_id = p.tenant_id and x.patient_id = (body ->> 'merged_id')::bigint
        and x.merged_into_id = id for no key update;
    if not found then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/merged_id', 'not_merged')));
    end if;
    other.merged_into_id := null;
    perform reg.need_free_citizen_id(other);
    update reg.merge g set reversed_at = now(), reversed_by = sys.user_id(), reverse_reason = body ->> 'reason'
        where g.tenant_id = p.tenant_id and g.merged_id = other.patient_id and g.reversed_at is null;
    update reg.patient x set merged_into_id = null, version = x.version + 1
        where x.tenant_id = p.tenant_id and x.patient_id = other.patient_id;
    update reg.patient x set version = x.version + 1 where x.tenant_id = p.tenant_id and x.patient_id = id returning * into p;
    return (200, reg.patient_json(p)::text, p.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.patient_unmerge is 'POST /v1/patients/{id}/unmerge';
