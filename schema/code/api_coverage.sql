-- Insurance cards of patients, and questions to the fund's gateway about them.
set local role hmis_owner;

delete from api.field where shape in ('coverage', 'coverage_patch', 'coverage_void', 'coverage_check');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('coverage', 'card_no', 'text', true, 15, 25, null, null),
    ('coverage', 'valid_from', 'date', true, null, null, null, null),
    ('coverage', 'valid_to', 'date', false, null, null, null, null),
    ('coverage', 'registered_code', 'code', false, null, 5, null, null),
    ('coverage', 'area_code', 'choice', false, null, null, '{K1,K2,K3}', null),
    ('coverage', 'five_year_on', 'date', false, null, null, null, null),
    ('coverage', 'exempt_at', 'time', false, null, null, null, null),
    ('coverage', 'paid_copay', 'number', false, 0, 1000000000, null, null),
    ('coverage', 'paid_copay_year', 'int', false, 2009, 2199, null, null),
    ('coverage', 'accept_duplicate', 'bool', false, null, null, null, null),
    ('coverage_void', 'reason', 'text', true, 3, 1000, null, null),
    ('coverage_check', 'patient_id', 'id', false, null, null, null, null),
    ('coverage_check', 'visit_id', 'id', false, null, null, null, null),
    ('coverage_check', 'card', 'text', false, 10, 25, null, null),
    ('coverage_check', 'full_name', 'text', false, 2, 255, null, null),
    ('coverage_check', 'born', 'text', false, 4, 10, null, null);
insert into api.field (shape, name, kind, low, high, choices, items)
select 'coverage_patch', name, kind, low, high, choices, items from api.field where shape = 'coverage';

create or replace function reg.tidy_card(t text) returns text
    language sql immutable parallel safe
    return upper(regexp_replace(t, '[[:space:].-]', '', 'g'));
comment on function reg.tidy_card is 'A card number as it is stored: capitals, no blanks, dots or dashes';

-- The card that a body means, on top of old (null for a new one), and everything wrong with it. Members with a
-- fault of shape must have been taken out of body; what is missing then is not judged here.
create or replace function reg.read_coverage(old reg.coverage, body jsonb, base text, out k reg.coverage, out bad jsonb)
    language plpgsql stable as $$
declare
    card text := case when body ? 'card_no' then reg.tidy_card(body ->> 'card_no') else old.card_no end;
    good boolean := coalesce(card ~ '^[A-Z]{2}[1-5](0[1-9]|[1-9][0-9])[0-9]{10}$', false);
    at text := case when body ? 'registered_code' then body ->> 'registered_code' else old.registered_code end;
    day_from date := case when body ? 'valid_from' then (body ->> 'valid_from')::date else lower(old.valid) end;
    day_to date := case when body ? 'valid_to' then (body ->> 'valid_to')::date else upper(old.valid) - 1 end;
begin
    k := jsonb_populate_record(old, body - '{card_no,registered_code,valid_from,valid_to,accept_duplicate}'::text[]);
    k.paid_copay := coalesce(k.paid_copay, 0);
    -- a child's temporary card is registered nowhere yet: MA_DKBD is the province and 000
    at := coalesce(at, case when good and card like 'TE1%' then substr(card, 4, 2) || '000' end);
    select jsonb_agg(api.error(base || e.pointer, e.code, e.detail)) into bad
    from (values
        ('/card_no', case when card is not null and not good then 'value.malformed' end,
            '2 letters, benefit digit 1-5, province 01-99, 10 digits'),
        ('/registered_code', case when at is null and good then 'value.missing' when at !~ '^[0-9]{5}$' then 'value.malformed'
            when good and at like '__000' and at <> substr(card, 4, 2) || '000' then 'temporary_other_province'
            when good and at like '__000' and card not like 'TE1%' then 'temporary_only_te1' end, '5 digits'),
        ('/valid_to', case when day_to < day_from then 'before_start' end, null),
        ('/five_year_on', case when k.five_year_on > day_to then 'after_end' end, null),
        ('/paid_copay_year', case when k.paid_copay > 0 and k.paid_copay_year is null then 'value.missing' end, 'paid_copay')
    ) e (pointer, code, detail)
    where e.code is not null;
    if bad is null and good and at is not null and day_from is not null then
        k.card_no := card;
        k.registered_code := at;
        k.valid := daterange(day_from, day_to, '[]');
    end if;
end
$$;
comment on function reg.read_coverage is 'A card as wanted, with its faults as JSON pointers below base';

-- Prefix against digit is no rule: any group may have any digit; only what no list knows is worth a word.
create or replace function reg.coverage_warnings(k reg.coverage) returns jsonb
    language plpgsql stable as $$
begin
    return (select coalesce(jsonb_agg(api.error(e.pointer, e.code)), '[]') from (values
        ('/card_no', case when not exists (select from ref.code c where c.catalogue = 'CARD_PREFIX'
            and c.code = substr(k.card_no::text, 1, 2) and c.valid && k.valid) then 'prefix_unknown' end),
        ('/card_no', case when k.card_no like 'TE%' and exists (select from reg.patient p where p.tenant_id = k.tenant_id
            and p.patient_id = k.patient_id and p.born_on + interval '6 years' < lower(k.valid)) then 'child_card_age' end),
        ('/card_no', case when k.card_no like 'TE%' and k.card_no not like 'TE1%' then 'child_card_digit' end),
        ('/registered_code', case when k.registered_code like '__000' then 'temporary' end),
        ('/valid_to', case when upper(k.valid) <= sys.business_date(now()) then 'expired' end)
    ) e (pointer, code) where e.code is not null);
end
$$;
comment on function reg.coverage_warnings is 'What looks wrong about a card but may be right';

create or replace function reg.coverage_json(k reg.coverage) returns json
    language plpgsql stable as $$
begin
    return (select row_to_json(x) from (select k.coverage_id as id, k.version, k.patient_id, k.card_no, k.object_group,
        k.benefit_digit, k.insurance_no, k.registered_code, k.area_code, lower(k.valid) as valid_from,
        upper(k.valid) - 1 as valid_to, k.five_year_on, k.exempt_at, k.paid_copay, k.paid_copay_year, k.is_void,
        k.void_reason, not k.is_void and k.valid @> sys.business_date(now()) as is_current,
        reg.coverage_warnings(k) as warnings) x);
end
$$;
comment on function reg.coverage_json is 'A card';

create or replace function reg.coverages_json(p reg.patient) returns json
    language plpgsql stable as $$
begin
    return (select coalesce(json_agg(reg.coverage_json(c) order by c.is_void, lower(c.valid) desc, c.coverage_id desc), '[]')
        from (select k.* from reg.coverage k where k.tenant_id = p.tenant_id and k.patient_id in (
                select x.patient_id from reg.patient x where x.tenant_id = p.tenant_id
                    and (x.patient_id = p.patient_id or x.merged_into_id = p.patient_id))
            order by k.is_void, lower(k.valid) desc, k.coverage_id desc limit 200) c);
end
$$;
comment on function reg.coverages_json is 'The cards of a patient and of the rows merged into it, newest first; at most 200';

-- Ends the request when the card overlaps another of the same person, or belongs to somebody else.
create or replace function reg.need_fitting_coverage(k reg.coverage, base text, accepted boolean) returns void
    language plpgsql stable as $$
declare
    other record;
begin
    select c.coverage_id, c.card_no, lower(c.valid) as since, upper(c.valid) - 1 as until into other
    from reg.coverage c join reg.patient x on x.tenant_id = c.tenant_id and x.patient_id = c.patient_id
    where c.tenant_id = k.tenant_id and not c.is_void and c.valid && k.valid and c.coverage_id is distinct from k.coverage_id
        and x.patient_id in (select f.patient_id from reg.patient f where f.tenant_id = k.tenant_id
            and (f.patient_id = k.patient_id or f.merged_into_id = k.patient_id))
    order by lower(c.valid) desc limit 1;
    if found then
        perform api.fail(409, 'coverage.overlaps', jsonb_build_array(api.error(base || '/valid_from', 'overlaps',
            other.card_no || ', ' || other.since || ' .. ' || coalesce(other.until::text, ''))
            || jsonb_build_object('coverage_id', other.coverage_id)));
    end if;
    select coalesce(p.merged_into_id, p.patient_id) as id into other
    from reg.coverage c join reg.patient p on p.tenant_id = c.tenant_id and p.patient_id = c.patient_id
    where c.tenant_id = k.tenant_id and c.card_no = k.card_no and not c.is_void
        and coalesce(p.merged_into_id, p.patient_id) <> k.patient_id limit 1;
    if found and not accepted then
        perform api.fail(409, 'coverage.card_of_another', jsonb_build_array(api.error(base || '/card_no', 'card_of_another',
            'patient ' || other.id) || jsonb_build_object('patient_id', other.id)));
    end if;
end
$$;
comment on function reg.need_fitting_coverage is 'Refuses a card that overlaps another card of the person, or that another person has';

create or replace function reg.add_coverage(p reg.patient, body jsonb, base text, accepted boolean) returns reg.coverage
    language plpgsql as $$
declare
    k reg.coverage;
begin
    select (r.k).* into k from reg.read_coverage(null, body, base) r;
    k.tenant_id := p.tenant_id;
    k.patient_id := p.patient_id;
    perform reg.need_fitting_coverage(k, base, accepted);
    insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, area_code, valid, five_year_on, exempt_at,
        paid_copay, paid_copay_year)
    values (k.tenant_id, k.patient_id, k.card_no, k.registered_code, k.area_code, k.valid, k.five_year_on, k.exempt_at,
        k.paid_copay, k.paid_copay_year)
    returning * into k;
    return k;
end
$$;
comment on function reg.add_coverage is 'Writes a card whose body was judged good';

-- Bills of open visits on this card are no longer right.
create or replace function reg.unprice(k reg.coverage) returns void
    language plpgsql as $$
begin
    update care.visit v set is_priced = false, pricing_version = v.pricing_version + 1
    where v.tenant_id = k.tenant_id and v.coverage_id = k.coverage_id and v.status <> 'closed';
end
$$;
comment on function reg.unprice is 'Marks the open visits on a card as not priced';

create or replace function reg.lock_coverage(patient bigint, id bigint, match text default null) returns reg.coverage
    language plpgsql as $$
declare
    p reg.patient := reg.survivor(patient);
    k reg.coverage;
begin
    select c.* into k from reg.coverage c join reg.patient x on x.tenant_id = c.tenant_id and x.patient_id = c.patient_id
    where c.tenant_id = p.tenant_id and c.coverage_id = id and coalesce(x.merged_into_id, x.patient_id) = p.patient_id
    for no key update of c;
    if not found then
        perform api.fail(404, 'coverage.not_found');
    elsif k.is_void then
        perform api.fail(409, 'coverage.void');
    elsif match is not null and match <> '*' and match <> k.version::text then
        perform api.fail(412, 'version.changed');
    end if;
    return k;
end
$$;
comment on function reg.lock_coverage is 'A card that may be changed, locked until the end of the request';

create or replace function api.coverage_list(patient bigint) returns api.reply
    language plpgsql as $$
declare
    p reg.patient := reg.survivor(patient);
begin
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(p.tenant_id, sys.facility(), p.patient_id, 'coverages');
    return (200, json_build_object('items', reg.coverages_json(p))::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.coverage_list is 'GET /v1/patients/{id}/coverages';

create or replace function api.coverage_create(patient bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('coverage', body);
    p reg.patient := reg.lock_patient(patient);
    k reg.coverage;
begin
    bad := reg.new_faults(bad, (select r.bad from reg.read_coverage(null, api.sound_part(body, bad), '') r));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    k := reg.add_coverage(p, body, '', coalesce((body ->> 'accept_duplicate')::boolean, false));
    return (201, reg.coverage_json(k)::text, k.version::text, '/v1/patients/' || patient || '/coverages/' || k.coverage_id,
        null, null)::api.reply;
end
$$;
comment on function api.coverage_create is 'POST /v1/patients/{id}/coverages';

create or replace function api.coverage_get(patient bigint, id bigint) returns api.reply
    language plpgsql as $$
declare
    p reg.patient := reg.survivor(patient);
    k reg.coverage;
begin
    select c.* into k from reg.coverage c join reg.patient x on x.tenant_id = c.tenant_id and x.patient_id = c.patient_id
    where c.tenant_id = p.tenant_id and c.coverage_id = id and coalesce(x.merged_into_id, x.patient_id) = p.patient_id;
    if not found then
        perform api.fail(404, 'coverage.not_found');
    end if;
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(p.tenant_id, sys.facility(), p.patient_id, 'coverage');
    return (200, reg.coverage_json(k)::text, k.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.coverage_get is 'GET /v1/patients/{id}/coverages/{coverage_id}';

create or replace function api.coverage_patch(patient bigint, id bigint, if_match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    bad jsonb := api.check_body('coverage_patch', body);
    sound jsonb := api.sound_part(body, bad);
    old reg.coverage := reg.lock_coverage(patient, id, if_match);
    k reg.coverage;
begin
    bad := care.join_faults(bad, (select jsonb_agg(api.error('/' || m.key, 'value.missing')) from jsonb_each(sound) m
        where m.value = 'null' and m.key in ('card_no', 'valid_from', 'registered_code')));
    bad := reg.new_faults(bad, (select r.bad from reg.read_coverage(old, api.sound_part(body, bad), '') r));
    if bad is not null then
        perform api.fail(422, 'body.invalid', bad);
    end if;
    select (r.k).* into k from reg.read_coverage(old, body, '') r;
    perform reg.need_fitting_coverage(k, '', coalesce((body ->> 'accept_duplicate')::boolean, false));
    update reg.coverage c set version = c.version + 1, card_no = k.card_no, registered_code = k.registered_code,
        area_code = k.area_code, valid = k.valid, five_year_on = k.five_year_on, exempt_at = k.exempt_at,
        paid_copay = k.paid_copay, paid_copay_year = k.paid_copay_year
    where c.tenant_id = k.tenant_id and c.coverage_id = k.coverage_id
    returning * into k;
    perform reg.unprice(k);
    return (200, reg.coverage_json(k)::text, k.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.coverage_patch is 'PATCH /v1/patients/{id}/coverages/{coverage_id}';

create or replace function api.coverage_void(patient bigint, id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    k reg.coverage;
begin
    perform api.need_body('coverage_void', body);
    k := reg.lock_coverage(patient, id);
    if exists (select from care.visit v where v.tenant_id = k.tenant_id and v.coverage_id = id and v.status <> 'closed') then
        perform api.fail(409, 'coverage.in_use', jsonb_build_array(api.error('', 'in_use', 'an open visit is on this card')));
    end if;
    update reg.coverage c set version = c.version + 1, is_void = true, void_reason = body ->> 'reason'
    where c.tenant_id = k.tenant_id and c.coverage_id = id returning * into k;
    return (200, reg.coverage_json(k)::text, k.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.coverage_void is 'POST /v1/patients/{id}/coverages/{coverage_id}/void';

-- Questions to the gateway ---------------------------------------------------------------------------------

create or replace function reg.born_text(born date, exactness text) returns text
    language sql immutable
    return to_char(born, case exactness when 'year' then 'yyyy' when 'month' then 'MM/yyyy' else 'dd/MM/yyyy' end);
comment on function reg.born_text is 'A birth date as the gateway wants it';

-- What will be asked. patient_id, visit_id or the three members card, full_name, born say about whom.
create or replace function reg.read_check(body jsonb, bad_shape jsonb, out k reg.coverage_check, out bad jsonb)
    language plpgsql stable as $$
declare
    sound jsonb := api.sound_part(body, bad_shape);
    visit record;
    p reg.patient;
    asked_born record;
    given_card text := reg.tidy_card(sound ->> 'card');
    who bigint;
begin
    k.visit_id := (sound ->> 'visit_id')::bigint;
    select v.patient_id, v.coverage_id into visit from care.visit v where v.tenant_id = sys.tenant() and v.visit_id = k.visit_id;
    who := coalesce((sound ->> 'patient_id')::bigint, visit.patient_id);
    select t.* into p from reg.patient f join reg.patient t on t.tenant_id = f.tenant_id
        and t.patient_id = coalesce(f.merged_into_id, f.patient_id)
        where f.tenant_id = sys.tenant() and f.patient_id = who;
    k.patient_id := p.patient_id;
    k.card_key := coalesce(given_card,
        (select c.card_no from reg.coverage c where c.tenant_id = p.tenant_id and c.coverage_id = visit.coverage_id),
        (select c.card_no from reg.coverage c where c.tenant_id = p.tenant_id and c.patient_id = p.patient_id
            and not c.is_void and c.valid @> sys.business_date(now())),
        p.citizen_id);
    k.full_name := coalesce(reg.tidy(sound ->> 'full_name'), p.full_name);
    select * into asked_born from reg.read_date(btrim(sound ->> 'born'));
    k.born_text := coalesce(reg.born_text(asked_born.lo, case when asked_born.lo = asked_born.hi then 'day'
        when asked_born.hi - asked_born.lo > 31 then 'year' else 'month' end), reg.born_text(p.born_on, p.birth_precision));
    bad := reg.new_faults(bad_shape, (select jsonb_agg(api.error(e.pointer, e.code, e.detail)) from (values
        ('/patient_id', case when sound ? 'patient_id' and p.patient_id is null then 'reference.unknown' end, null),
        ('/visit_id', case when k.visit_id is not null and visit.patient_id is null then 'reference.unknown'
            when visit.patient_id <> who then 'other_patient' end, null),
        ('/card', case when k.card_key is null then 'value.missing'
            when k.card_key !~ '^([A-Z]{2}[1-5][0-9]{12}|[0-9]{10}|[0-9]{12})$' then 'value.malformed' end,
            'card (15), insurance number (10) or citizen id (12)'),
        ('/full_name', case when k.full_name is null then 'value.missing' end, null),
        ('/born', case when k.born_text is null then case when sound ? 'born' then 'value.bad_date' else 'value.missing' end
            when sound ? 'born' and asked_born.lo is null then 'value.bad_date' end, 'dd/MM/yyyy, MM/yyyy, yyyy')
    ) e (pointer, code, detail) where e.code is not null));
end
$$;
comment on function reg.read_check is 'A question to the gateway as wanted, with its faults';

create or replace function reg.check_json(k reg.coverage_check) returns json
    language plpgsql stable as $$
begin
    return (select row_to_json(x) from (select k.coverage_check_id as id, k.patient_id, k.visit_id, k.card_key as card,
        k.full_name, k.born_text as born, k.state, k.asked_at, k.answered_at, k.result_code, c.name_vi as result_text,
        k.verdict, k.answer, k.attempts
        from (select) one left join ref.code c on c.catalogue = 'CARD_LOOKUP_RESULT' and c.code = k.result_code
            and c.valid @> sys.business_date(k.asked_at)) x);
end
$$;
comment on function reg.check_json is 'A question to the gateway and its answer';

create or replace function api.coverage_check_create(body jsonb) returns api.reply
    language plpgsql as $$
declare
    r record;
    k reg.coverage_check;
begin
    select * into r from reg.read_check(body, api.check_body('coverage_check', body));
    if r.bad is not null then
        perform api.fail(422, 'body.invalid', r.bad);
    end if;
    k := r.k;
    insert into reg.coverage_check (tenant_id, facility_id, patient_id, visit_id, card_key, full_name, born_text)
    values (sys.tenant(), sys.facility(), k.patient_id, k.visit_id, k.card_key, k.full_name, k.born_text)
    returning * into k;
    insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, created_by, request_id)
    values (k.tenant_id, k.facility_id, 'coverage_check', k.coverage_check_id::text,
        jsonb_build_object('coverage_check_id', k.coverage_check_id), sys.user_id(), sys.request_id());
    return (202, reg.check_json(k)::text, null, '/v1/coverage-checks/' || k.coverage_check_id, null, null)::api.reply;
end
$$;
comment on function api.coverage_check_create is 'POST /v1/coverage-checks';

-- While the gateway has not been heard of and the caller would wait, the answer says so: the follow-up looks again.
create or replace function api.coverage_check_get(id bigint, wait int) returns api.reply
    language plpgsql as $$
declare
    k reg.coverage_check;
begin
    select * into k from reg.coverage_check c where c.tenant_id = sys.tenant() and c.coverage_check_id = id;
    if not found then
        perform api.fail(404, 'coverage_check.not_found');
    end if;
    return (200, reg.check_json(k)::text, null, null, null,
        case when k.state = 'asked' and wait > 0 then 'await_check ' || id end)::api.reply;
end
$$;
comment on function api.coverage_check_get is 'GET /v1/coverage-checks/{id}';
