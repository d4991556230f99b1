-- Visits: open, read, list, change. What is inside a visit is in api_care_lines.sql.
set local role hmis_owner;

delete from api.field where shape in ('visit', 'visit_patch', 'visit_close', 'visit_reopen');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('visit', 'patient_id', 'id', true, null, null, null, null),
    ('visit', 'kind_code', 'code', true, null, 2, null, null),
    ('visit', 'object_code', 'code', true, null, 4, null, null),
    ('visit', 'coverage_id', 'id', false, null, null, null, null),
    ('visit', 'department_id', 'id', true, null, null, null, null),
    ('visit', 'room_id', 'id', false, null, null, null, null),
    ('visit', 'practitioner_id', 'id', false, null, null, null, null),
    ('visit', 'priority', 'choice', false, null, null, '{normal,priority,emergency}', null),
    ('visit', 'reason', 'text', true, 1, 1000, null, null),
    ('visit', 'arrived_at', 'time', false, null, null, null, null),
    ('visit', 'referred_from_code', 'code', false, null, 5, null, null),
    ('visit', 'referral_no', 'text', false, 1, 50, null, null),
    ('visit', 'accident_code', 'code', false, null, 1, null, null),
    ('visit', 'weight_kg', 'number', false, 0.3, 500, null, null),
    ('visit', 'given_level', 'number', false, 0, 100, null, null),
    ('visit', 'vitals', 'list', false, null, 10, null, 'vitals'),
    ('visit', 'diagnoses', 'list', false, null, 20, null, 'diagnosis'),
    ('visit', 'orders', 'list', false, null, 100, null, 'order'),
    ('visit', 'prescriptions', 'list', false, null, 10, null, 'prescription'),
    ('visit', 'supplies', 'list', false, null, 100, null, 'supply'),
    ('visit_patch', 'object_code', 'code', false, null, 4, null, null),
    ('visit_patch', 'coverage_id', 'id', false, null, null, null, null),
    ('visit_patch', 'department_id', 'id', false, null, null, null, null),
    ('visit_patch', 'room_id', 'id', false, null, null, null, null),
    ('visit_patch', 'practitioner_id', 'id', false, null, null, null, null),
    ('visit_patch', 'priority', 'choice', false, null, null, '{normal,priority,emergency}', null),
    ('visit_patch', 'reason', 'text', false, 1, 1000, null, null),
    ('visit_patch', 'admission_reason', 'text', false, 1, 1000, null, null),
    ('visit_patch', 'referred_from_code', 'code', false, null, 5, null, null),
    ('visit_patch', 'referral_no', 'text', false, 1, 50, null, null),
    ('visit_patch', 'accident_code', 'code', false, null, 1, null, null),
    ('visit_patch', 'weight_kg', 'number', false, 0.3, 500, null, null),
    ('visit_patch', 'given_level', 'number', false, 0, 100, null, null),
    ('visit_patch', 'kind_code', 'code', false, null, 2, null, null),
    ('visit_patch', 'status', 'choice', false, null, null, '{in_exam,admitted}', null),
    ('visit_patch', 'admitted_at', 'time', false, null, null, null, null),
    ('visit_patch', 'remark', 'text', false, 0, 2000, null, null),
    ('visit_patch', 'why', 'text', false, 1, 1000, null, null),
    ('visit_close', 'discharged_at', 'time', false, null, null, null, null),
    ('visit_close', 'result_code', 'choice', false, null, null, '{1,2,3,4,5,6,7,8}', null),
    ('visit_close', 'outcome_code', 'choice', false, null, null, '{1,2,3,4,5}', null),
    ('visit_close', 'referred_to_code', 'code', false, null, 5, null, null),
    ('visit_close', 'treatment', 'text', false, 1, 2000, null, null),
    ('visit_close', 'remark', 'text', false, 0, 2000, null, null),
    ('visit_close', 'follow_up_on', 'date', false, null, null, null, null),
    ('visit_reopen', 'reason', 'text', true, 3, 1000, null, null);

create or replace function care.is_inpatient(kind text, day date) returns boolean
    language plpgsql stable as $$
begin
    return coalesce((select t.is_inpatient from ref.visit_type t where t.code = kind and t.valid @> day), false);
end
$$;
comment on function care.is_inpatient is 'Kind of visit (MA_LOAI_KCB) with beds and the in-patient factor';

create or replace function care.has_beds(kind text, day date) returns boolean
    language plpgsql stable as $$
begin
    return care.is_inpatient(kind, day) or exists (select from ref.benefit_rate r where r.kind = 'stay_bed_care'
        and r.selector = ltrim(has_beds.kind, '0') and r.valid @> day);
end
$$;
comment on function care.has_beds is 'Kind of visit with bed days: of in-patients, and of stays at stations and polyclinics';

-- plain SQL, so that the planner puts it into the statements that use it
create or replace function care.mode_on(object text, inpatient boolean, day date) returns table (mode text)
    language sql stable as $$
    select f.mode from ref.benefit_route_factor f
    where f.code = object and f.setting in ('*', case when inpatient then 'inpatient' else 'outpatient' end)
        and day between f.effective_from and coalesce(f.effective_to, 'infinity')
    order by f.condition <> '*', f.facility <> '*' limit 1 $$;
comment on function care.mode_on is 'The row of care.object_mode, none when there is no rule';

create or replace function care.object_mode(object text, inpatient boolean, day date) returns text
    language plpgsql stable as $$
begin
    return (select m.mode from care.mode_on(object, inpatient, day) m);
end
$$;
comment on function care.object_mode is 'How an object of the visit (MA_DOITUONG_KCB) takes part in the insurance: factor, fixed, none, manual; null = no rule for it';

-- Locks a visit that may still be changed. 404 when it does not exist for the caller, 409 when closed, 412
-- when match (an entity tag without quotes, or null) is not its version.
create or replace function care.lock_visit(id bigint, match text default null) returns care.visit
    language plpgsql as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    if v.status = 'closed' then
        perform api.fail(409, 'visit.closed');
    end if;
    if match is not null and match <> '*' and match <> v.version::text then
        perform api.fail(412, 'version.changed');
    end if;
    return v;
end
$$;
comment on function care.lock_visit is 'A visit that may still be changed, locked until the end of the request';

create or replace function care.spend(id bigint) returns text
    language plpgsql as $$
begin
    update care.visit v set is_priced = false, pricing_version = v.pricing_version + 1
    where v.tenant_id = sys.tenant() and v.visit_id = id;
    return 'price ' || id;
end
$$;
comment on function care.spend is 'Marks a visit as not priced after a change that moves money; returns the follow-up that prices it';

create or replace function care.next_number(tenant bigint, facility bigint, room bigint, visit bigint, day date) returns int
    language plpgsql as $$
declare
    n int;
begin
    with counter as (
        insert into care.queue_counter as q (tenant_id, facility_id, room_id, on_date, last_no)
        values (tenant, facility, room, day, 1)
        on conflict (tenant_id, room_id, on_date) do update set last_no = q.last_no + 1
        returning last_no
    )
    insert into care.queue_ticket (tenant_id, facility_id, room_id, on_date, number, visit_id)
    select tenant, facility, room, day, c.last_no, visit from counter c
    returning number into n;
    return n;
end
$$;
comment on function care.next_number is 'Next queue number of a room and day; the counter''s row lock makes numbers gapless';

-- What a visit refers to, with all faults at once, as "pointer=code". card is the one given, or else the patient's card in
-- force when the object takes part in the insurance; checked: the fund has confirmed it that day. Plain SQL, so that the
-- planner puts it into the statements that use it.
create or replace function care.refer(tenant bigint, facility bigint, patient bigint, wanted_kind text, object text, given bigint, department bigint,
    room bigint, practitioner bigint, arrived timestamptz, given_level numeric)
    returns table (facility_code text, card bigint, payer text, checked boolean, merged_into bigint, faults text[])
    language sql stable as $$
    select f.code, k.card, case when k.card is not null then 'bhyt' when p.nationality_code = '000' then 'fee' else 'foreign' end,
        k.card is not null and exists (select from reg.coverage_check q where q.tenant_id = tenant and q.patient_id = patient
            and q.verdict = 'ok' and sys.business_date(q.answered_at) = sys.business_date(arrived)),
        p.merged_into_id,
        array_remove(array[
            '/patient_id=' || case when p.patient_id is null then 'reference.unknown' when p.merged_into_id is not null then 'merged'
                when p.death_at < arrived then 'deceased' end,
            '/department_id=' || case when d.department_id is null then 'reference.unknown'
                when not d.valid @> sys.business_date(arrived) then 'not_valid_on_day' end,
            '/room_id=' || case when room is null then null when o.room_id is null then 'reference.unknown' end,
            '/practitioner_id=' || case when practitioner is null then null when s.staff_id is null then 'reference.unknown'
                when not s.valid @> sys.business_date(arrived) then 'not_valid_on_day' end,
            '/coverage_id=' || case when given is null then null when c.coverage_id is null then 'reference.unknown'
                when m.mode = 'none' then 'not_insured_object' when not c.valid @> sys.business_date(arrived) then 'not_valid_on_day' end,
            '/kind_code=' || case when t.is_inpatient is null then 'reference.unknown' end,
            '/object_code=' || case when m.mode is null or not exists (select from ref.object_code x where x.code = object
                and x.valid @> sys.business_date(arrived)) then 'reference.unknown' end,
            '/given_level=' || case when m.mode = 'manual' and given_level is null then 'value.missing'
                when m.mode <> 'manual' and given_level is not null then 'not_allowed' end,
            '/arrived_at=' || case when arrived > now() + interval '10 minutes' then 'in_future'
                when not f.valid @> sys.business_date(arrived) then 'facility_not_open' end], null)
    from org.facility f
    left join reg.patient p on p.tenant_id = tenant and p.patient_id = patient
    left join org.department d on d.tenant_id = tenant and d.department_id = department and d.facility_id = facility
    left join org.room o on o.tenant_id = tenant and o.room_id = room and o.facility_id = facility and o.is_active
    left join org.staff s on s.tenant_id = tenant and s.staff_id = practitioner
    left join reg.coverage c on c.tenant_id = tenant and c.coverage_id = given and not c.is_void
        and c.patient_id in (patient, p.merged_into_id)
    left join ref.visit_type t on t.code = wanted_kind and t.valid @> sys.business_date(arrived)
    left join lateral care.mode_on(object, t.is_inpatient, sys.business_date(arrived)) m on true
    cross join lateral (select case when given is not null then given when m.mode in ('factor', 'fixed', 'manual') then (
        select x.coverage_id from reg.coverage x where x.tenant_id = tenant and x.patient_id = patient and not x.is_void
            and x.valid @> sys.business_date(arrived) limit 1) end as card offset 0) k
    where f.tenant_id = tenant and f.facility_id = facility $$;
comment on function care.refer is 'What a visit as wanted refers to: the card to use, whose prices apply, and everything that is wrong';

create or replace function care.visit_faults(faults text[], merged_into bigint) returns jsonb
    language plpgsql immutable as $$
begin
    return (select jsonb_agg(api.error(split_part(f, '=', 1), split_part(f, '=', 2),
        case when f = '/patient_id=merged' then merged_into::text end)) from unnest(faults) f);
end
$$;
comment on function care.visit_faults is 'The faults of care.refer as errors of a problem; null when there are none';

-- Functions on the path of every visit keep one plan (plan_cache_mode): planning eight joined tables anew for each
-- request costs more than running them. They call each other in assignments: `perform` and `select into` start the executor.
-- With shares_follow the lines are not charged here: the follow-up "share ID DOCUMENT" asks for bill.charge_opened in the
-- same transaction, with the shares the engine computed from the document.
create or replace function api.visit_open(body jsonb, shares_follow boolean default false) returns api.reply
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    money boolean := body ?| array['orders', 'prescriptions', 'supplies'];
    payer text;
    granted boolean;
    made record;
    order_ids bigint[] := '{}';
    prescription_ids bigint[] := '{}';
    lines text;
    parts text[];
    followup text;
    bad jsonb;
    number int;
begin
    if api.suspect_visit(body) then
        perform api.need_body('visit', body);
    end if;
    with wanted as materialized (
        select sys.tenant() as tenant, sys.facility() as facility, coalesce(b.arrived_at, now()) as at, b.*
        from jsonb_to_record(body) as b (patient_id bigint, kind_code text, object_code text, coverage_id bigint, department_id bigint,
            room_id bigint, practitioner_id bigint, priority text, reason text, referred_from_code text, referral_no text,
            accident_code text, weight_kg numeric, arrived_at timestamptz, given_level numeric)
    ), found as materialized (
        select r.*, case when r.faults = '{}' then (sys.node() << 40) + nextval('care.visit_seq') end as id,
            case when r.card is null then 'not_needed' when r.checked then 'ok' else 'not_checked' end as state
        from wanted w cross join lateral care.refer(w.tenant, w.facility, w.patient_id, w.kind_code, w.object_code, w.coverage_id,
            w.department_id, w.room_id, w.practitioner_id, w.at, w.given_level) r
    ), opened as (
        insert into care.visit (tenant_id, facility_id, visit_id, patient_id, ma_lk, kind_code, object_code, coverage_id,
            department_id, room_id, practitioner_id, priority, reason, referred_from_code, referral_no, accident_code,
            weight_kg, arrived_at, coverage_state, given_level, is_priced, pricing_version, created_by)
        select w.tenant, w.facility, f.id, w.patient_id, f.facility_code || lpad((f.id >> 40)::text, 4, '0')
            || lpad((f.id & 1099511627775)::text, 10, '0'), w.kind_code, w.object_code, f.card, w.department_id, w.room_id,
            w.practitioner_id, coalesce(w.priority, 'normal'), w.reason, w.referred_from_code, w.referral_no, w.accident_code,
            w.weight_kg, w.at, f.state, w.given_level, shares_follow or not money, money::int, sys.user_id()
        from wanted w cross join found f where f.id is not null
        returning visit_id, ma_lk
    )
    select w.tenant, w.facility, f.id, o.ma_lk, w.patient_id, w.kind_code, w.object_code, f.card, w.department_id, w.room_id,
        w.practitioner_id, w.at, w.given_level, f.state, money::int, f.payer, care.visit_faults(f.faults, f.merged_into)
    into v.tenant_id, v.facility_id, v.visit_id, v.ma_lk, v.patient_id, v.kind_code, v.object_code, v.coverage_id, v.department_id, v.room_id,
        v.practitioner_id, v.arrived_at, v.given_level, v.coverage_state, v.pricing_version, payer, bad
    from wanted w cross join found f left join opened o on true;
    -- with v.visit_id null the lines are judged but not written
    if jsonb_typeof(body -> 'vitals') = 'array' then
        perform api.need_permission('clinical.write');
        bad := care.join_faults(bad, care.put_vitals(v, body -> 'vitals', '/vitals'));
    end if;
    if jsonb_typeof(body -> 'diagnoses') = 'array' then
        perform api.need_permission('clinical.write');
        bad := care.join_faults(bad, care.put_diagnoses(v, body -> 'diagnoses', '/diagnoses'));
    end if;
    if jsonb_typeof(body -> 'orders') = 'array' then
        granted := api.need_permission('order.write');
        made := care.put_orders(v, payer, body -> 'orders', '/orders');
        bad := care.join_faults(bad, made.bad);
        parts := parts || made.lines;
        order_ids := made.ids;
    end if;
    if jsonb_typeof(body -> 'prescriptions') = 'array' then
        granted := api.need_permission('prescription.write');
        made := care.put_prescriptions(v, payer, body -> 'prescriptions', '/prescriptions');
        bad := care.join_faults(bad, made.bad);
        parts := parts || made.lines;
        prescription_ids := made.ids;
    end if;
    if jsonb_typeof(body -> 'supplies') = 'array' then
        granted := api.need_permission('order.perform');
        made := care.put_supplies(v, payer, body -> 'supplies', '/supplies');
        bad := care.join_faults(bad, made.bad);
        parts := parts || made.lines;
    end if;
    if bad is not null then
        perform api.fail(422, 'visit.refused', bad);
    end if;
    lines := care.line_list(variadic parts);
    if shares_follow and lines is not null then
        v.is_priced := false; -- to the engine
        followup := concat('share ', v.visit_id, ' ', bill.case_of(v, lines));
    elsif lines is not null then
        perform bill.charge_lines(v.tenant_id, v.facility_id, v.visit_id, lines::json);
        followup := 'price ' || v.visit_id;
    elsif money and not shares_follow then -- orders that are not done yet
        followup := 'price ' || v.visit_id;
    end if;
    if v.room_id is not null then
        number := care.next_number(v.tenant_id, v.facility_id, v.room_id, v.visit_id, sys.business_date(v.arrived_at));
    end if;
    return (201, json_build_object('id', v.visit_id, 'ma_lk', v.ma_lk, 'version', 1, 'status', 'arrived',
            'coverage_id', v.coverage_id, 'coverage_state', v.coverage_state, 'queue_number', number,
            'order_ids', coalesce(to_json(order_ids), '[]'),
            'prescription_ids', coalesce(to_json(prescription_ids), '[]'))::text,
        '1', '/v1/visits/' || v.visit_id, null, followup)::api.reply;
end
$$;
comment on function api.visit_open is 'POST /v1/visits';

create or replace function care.join_faults(a jsonb, b jsonb) returns jsonb
    language sql immutable
    return case when a is null then b when b is null then a else a || b end;
comment on function care.join_faults is 'Two lists of errors, either may be null';

-- The record of a visit as JSON. Shares are in it as they are stored: is_priced says whether they are current.
create or replace function care.visit_json(v care.visit) returns json
    language plpgsql stable as $$
begin
    return (select row_to_json(x) from (select
        v.visit_id as id, v.ma_lk, v.version, v.status, v.facility_id,
        (select row_to_json(p) from (select p.patient_id as id, p.code, p.full_name, p.born_on, p.birth_precision, p.sex
            from reg.patient p where p.tenant_id = v.tenant_id and p.patient_id = v.patient_id) p) as patient,
        (select row_to_json(c) from (select c.coverage_id as id, c.card_no, c.registered_code, c.area_code,
            lower(c.valid) as valid_from, upper(c.valid) - 1 as valid_to, c.five_year_on
            from reg.coverage c where c.tenant_id = v.tenant_id and c.coverage_id = v.coverage_id) c) as coverage,
        v.coverage_state, v.kind_code, v.object_code, v.given_level, v.department_id, v.room_id, v.practitioner_id, v.priority,
        v.reason, v.admission_reason, v.referred_from_code, v.referral_no, v.referred_to_code, v.accident_code, v.weight_kg,
        v.arrived_at, v.admitted_at, v.discharged_at, v.treatment, v.result_code, v.outcome_code, v.remark, v.follow_up_on,
        v.closed_at, v.settled_at, v.is_priced,
        coalesce((select json_agg(row_to_json(q) order by q.on_date, q.number) from (
            select q.room_id, q.on_date, q.number, q.called_at
            from care.queue_ticket q where q.tenant_id = v.tenant_id and q.visit_id = v.visit_id) q), '[]') as queue,
        coalesce((select json_agg(row_to_json(m) order by m.entered_at) from (
            select m.movement_id as id, m.department_id, m.room_id, m.bed_id, lower(m.during) as entered_at,
                upper(m.during) as left_at, m.shared_by, m.is_stretcher
            from care.movement m where m.tenant_id = v.tenant_id and m.visit_id = v.visit_id) m), '[]') as movements,
        coalesce((select json_agg(row_to_json(t) order by t.taken_at, t.id) from (
            select t.vitals_id as id, t.taken_at, t.taken_by_id, t.pulse, t.temperature, t.systolic, t.diastolic, t.respiration,
                t.spo2, t.weight_kg, t.height_cm
            from care.vitals t where t.tenant_id = v.tenant_id and t.visit_id = v.visit_id) t), '[]') as vitals,
        coalesce((select json_agg(row_to_json(d) order by d.role, d.position, d.id) from (
            select d.diagnosis_id as id, d.role, d.icd_code, d.position, d.note, d.made_by_id, d.made_at
            from care.diagnosis d where d.tenant_id = v.tenant_id and d.visit_id = v.visit_id) d), '[]') as diagnoses,
        coalesce((select json_agg(row_to_json(o) order by o.id) from (
            select o.service_order_id as id, o.version, o.status, o.local_code as code, o.service_code, o.quantity, o.department_id,
                o.ordered_by_id, o.ordered_at, o.performer_ids, o.machine_id, o.performed_at, o.result_at, o.rate_service,
                o.operation_no, o.war_wound, o.anaesthesia_code, o.note, o.cancel_reason
            from care.service_order o where o.tenant_id = v.tenant_id and o.visit_id = v.visit_id) o), '[]') as orders,
        coalesce((select json_agg(row_to_json(r) order by r.id) from (
            select r.result_id as id, r.service_order_id as order_id, r.indicator_code, r.indicator_name, r.value, r.unit,
                r.description, r.conclusion, r.status, r.resulted_at, r.read_by_id, r.replaces_id
            from care.result r where r.tenant_id = v.tenant_id and r.visit_id = v.visit_id) r), '[]') as results,
        coalesce((select json_agg(row_to_json(p) order by p.id) from (
            select p.prescription_id as id, p.version, p.status, p.department_id, p.prescribed_by_id, p.prescribed_at,
                p.dispensed_at, p.dispensed_by_id, p.advice,
                (select json_agg(row_to_json(l) order by l.id) from (
                    select l.prescription_line_id as id, l.local_code as code, l.dose, l.times_per_day, l.days, l.quantity,
                        l.route_code, l.usage_text, l.war_wound
                    from care.prescription_line l
                    where l.tenant_id = v.tenant_id and l.prescription_id = p.prescription_id) l) as lines
            from care.prescription p where p.tenant_id = v.tenant_id and p.visit_id = v.visit_id) p), '[]') as prescriptions,
        coalesce((select json_agg(row_to_json(s) order by s.id) from (
            select s.supply_use_id as id, s.local_code as code, s.service_order_id as order_id, s.quantity, s.package_code,
                s.department_id, s.used_by_id, s.used_at, s.is_void, s.war_wound
            from care.supply_use s where s.tenant_id = v.tenant_id and s.visit_id = v.visit_id) s), '[]') as supplies,
        coalesce((select json_agg(row_to_json(n) order by n.written_at, n.id) from (
            select n.note_id as id, n.progress, n.stage, n.consultation, n.surgery, n.written_by_id, n.written_at
            from care.note n where n.tenant_id = v.tenant_id and n.visit_id = v.visit_id) n), '[]') as notes,
        coalesce((select json_agg(row_to_json(c) order by c.id) from (
            select c.charge_id as id, c.source_kind, c.source_id, c.split_no, c.item_code, c.item_name, c.group_code, c.unit,
                c.quantity, c.price_hospital, c.amount_hospital, c.amount_insurance, c.benefit_level, c.fund_share,
                c.copay_share, c.self_share, c.other_share
            from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void) c), '[]') as charges
        ) x);
end
$$;
comment on function care.visit_json is 'A visit with everything in it';

create or replace function api.visit_get(id bigint) returns api.reply
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    seen boolean;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    -- nobody waits for the disk because a record was read
    seen := set_config('synchronous_commit', 'off', true) is not null and api.saw(v.tenant_id, v.facility_id, v.patient_id, 'visit');
    return (200, care.visit_json(v)::text, v.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.visit_get is 'GET /v1/visits/{id}';

create or replace function api.visit_list(on_date date, state text, room bigint, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    day date := coalesce(on_date, sys.business_date(now()));
    after bigint := coalesce(api.cursor_id(cursor), 0);
    body json;
    last bigint;
    n int;
begin
    select json_agg(row_to_json(x) order by x.id), max(x.id), count(*) into body, last, n
    from (select v.visit_id as id, v.ma_lk, v.version, v.status, v.facility_id, v.patient_id, p.code as patient_code, p.full_name,
            p.born_on, p.sex, v.kind_code, v.object_code, v.coverage_state, v.department_id, v.room_id, v.priority, v.arrived_at,
            v.discharged_at, q.number as queue_number
        from care.visit v
        join reg.patient p on p.tenant_id = v.tenant_id and p.patient_id = v.patient_id
        left join care.queue_ticket q on q.tenant_id = v.tenant_id and q.visit_id = v.visit_id and q.room_id = v.room_id
            and q.on_date = v.arrived_on
        where v.tenant_id = sys.tenant() and v.facility_id = sys.facility() and v.arrived_on = day and v.visit_id > after
            and (state is null or v.status = state) and (room is null or v.room_id = room)
        order by v.visit_id limit page + 1) x;
    if n > page then
        body := (select json_agg(e order by i) from json_array_elements(body) with ordinality a (e, i) where i <= page);
        last := (body -> (page - 1) ->> 'id')::bigint;
    else
        last := null;
    end if;
    return (200, json_build_object('date', day, 'visits', coalesce(body, '[]'))::text, null, null, last::text, null)::api.reply;
end
$$;
comment on function api.visit_list is 'GET /v1/visits';
