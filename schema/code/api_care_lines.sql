-- What is inside a visit: vitals, diagnoses, orders, prescriptions, supplies. care.put_* functions take a list of
-- bodies that fit their shape, judge all of them, write those without fault, and return the faults: the caller
-- ends the request when there are any, so that nothing is written in part. With v.visit_id null they only judge.
-- Lines to be charged are the text of JSON objects with commas between them, for care.line_list and bill.charge_lines.
-- base is the JSON pointer of the list, null when the list holds the whole body.
set local role hmis_owner;

delete from api.field where shape in ('vitals', 'diagnosis', 'order', 'order_patch', 'prescription', 'prescription_line',
    'prescription_patch', 'supply');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('vitals', 'taken_at', 'time', false, null, null, null, null),
    ('vitals', 'taken_by_id', 'id', false, null, null, null, null),
    ('vitals', 'pulse', 'int', false, 0, 400, null, null),
    ('vitals', 'temperature', 'number', false, 20, 46, null, null),
    ('vitals', 'systolic', 'int', false, 0, 350, null, null),
    ('vitals', 'diastolic', 'int', false, 0, 250, null, null),
    ('vitals', 'respiration', 'int', false, 0, 150, null, null),
    ('vitals', 'spo2', 'int', false, 0, 100, null, null),
    ('vitals', 'weight_kg', 'number', false, 0.3, 500, null, null),
    ('vitals', 'height_cm', 'number', false, 20, 272, null, null),
    ('diagnosis', 'role', 'choice', true, null, null, '{admission,main,secondary,traditional}', null),
    ('diagnosis', 'icd_code', 'text', true, 3, 10, null, null),
    ('diagnosis', 'position', 'int', false, 1, 50, null, null),
    ('diagnosis', 'note', 'text', false, 0, 1000, null, null),
    ('diagnosis', 'made_by_id', 'id', false, null, null, null, null),
    ('diagnosis', 'made_at', 'time', false, null, null, null, null),
    ('order', 'code', 'text', true, 1, 64, null, null),
    ('order', 'quantity', 'number', false, 0.001, 9999, null, null),
    ('order', 'department_id', 'id', false, null, null, null, null),
    ('order', 'ordered_by_id', 'id', false, null, null, null, null),
    ('order', 'ordered_at', 'time', false, null, null, null, null),
    ('order', 'status', 'choice', false, null, null, '{ordered,done}', null),
    ('order', 'performer_ids', 'ids', false, null, 20, null, null),
    ('order', 'machine_id', 'id', false, null, null, null, null),
    ('order', 'performed_at', 'time', false, null, null, null, null),
    ('order', 'result_at', 'time', false, null, null, null, null),
    ('order', 'rate_service', 'number', false, 0, 100, null, null),
    ('order', 'operation_no', 'int', false, 1, 99, null, null),
    ('order', 'war_wound', 'bool', false, null, null, null, null),
    ('order', 'anaesthesia_code', 'code', false, null, 1, null, null),
    ('order', 'note', 'text', false, 0, 1000, null, null),
    ('order_patch', 'status', 'choice', false, null, null, '{accepted,done,cancelled}', null),
    ('order_patch', 'performer_ids', 'ids', false, null, 20, null, null),
    ('order_patch', 'machine_id', 'id', false, null, null, null, null),
    ('order_patch', 'performed_at', 'time', false, null, null, null, null),
    ('order_patch', 'result_at', 'time', false, null, null, null, null),
    ('order_patch', 'rate_service', 'number', false, 0, 100, null, null),
    ('order_patch', 'operation_no', 'int', false, 1, 99, null, null),
    ('order_patch', 'anaesthesia_code', 'code', false, null, 1, null, null),
    ('order_patch', 'note', 'text', false, 0, 1000, null, null),
    ('order_patch', 'reason', 'text', false, 1, 1000, null, null),
    ('prescription', 'prescribed_by_id', 'id', false, null, null, null, null),
    ('prescription', 'prescribed_at', 'time', false, null, null, null, null),
    ('prescription', 'department_id', 'id', false, null, null, null, null),
    ('prescription', 'advice', 'text', false, 0, 2000, null, null),
    ('prescription', 'lines', 'list', true, 1, 50, null, 'prescription_line'),
    ('prescription_line', 'code', 'text', true, 1, 64, null, null),
    ('prescription_line', 'dose', 'number', true, 0.001, 9999, null, null),
    ('prescription_line', 'times_per_day', 'int', true, 1, 24, null, null),
    ('prescription_line', 'days', 'int', true, 1, 180, null, null),
    ('prescription_line', 'quantity', 'number', false, 0.001, 99999, null, null),
    ('prescription_line', 'route_code', 'code', false, null, 4, null, null),
    ('prescription_line', 'usage_text', 'text', false, 0, 1000, null, null),
    ('prescription_line', 'war_wound', 'bool', false, null, null, null, null),
    ('prescription_patch', 'status', 'choice', true, null, null, '{done,cancelled}', null),
    ('prescription_patch', 'dispensed_at', 'time', false, null, null, null, null),
    ('prescription_patch', 'dispensed_by_id', 'id', false, null, null, null, null),
    ('prescription_patch', 'reason', 'text', false, 1, 1000, null, null),
    ('supply', 'code', 'text', true, 1, 64, null, null),
    ('supply', 'quantity', 'number', true, 0.001, 99999, null, null),
    ('supply', 'order_id', 'id', false, null, null, null, null),
    ('supply', 'package_code', 'code', false, null, 3, null, null),
    ('supply', 'department_id', 'id', false, null, null, null, null),
    ('supply', 'used_by_id', 'id', false, null, null, null, null),
    ('supply', 'used_at', 'time', false, null, null, null, null),
    ('supply', 'war_wound', 'bool', false, null, null, null, null);

create or replace function care.time_fault(v care.visit, at timestamptz) returns text
    language plpgsql immutable as $$
begin
    return case when at < date_trunc('minute', v.arrived_at) then 'before_arrival'
        when at > coalesce(v.discharged_at, 'infinity') then 'after_discharge' end;
end
$$;
comment on function care.time_fault is 'Why an instant cannot belong to a visit; null when it can';

create or replace function care.line_list(variadic parts text[]) returns text
    language sql immutable
    return '[' || nullif(array_to_string(parts, ','), '') || ']';
comment on function care.line_list is 'Texts of lines, some null, as one JSON list; null when there are none';

create or replace function care.put_vitals(v care.visit, items jsonb, base text) returns jsonb
    language plpgsql as $$
declare
    bad jsonb;
begin
    with item as materialized (
        select i.*, x.bad
        from (select e.*, coalesce(e.taken_at, greatest(now(), v.arrived_at)) as at, s.staff_id
            from rows from (jsonb_to_recordset(items) as (taken_at timestamptz, taken_by_id bigint, pulse int, temperature numeric,
                systolic int, diastolic int, respiration int, spo2 int, weight_kg numeric, height_cm numeric)) with ordinality
                as e (taken_at, taken_by_id, pulse, temperature, systolic, diastolic, respiration, spo2, weight_kg, height_cm, no)
            left join org.staff s on s.tenant_id = v.tenant_id and s.staff_id = e.taken_by_id) i
        cross join lateral (
            select jsonb_agg(api.error(coalesce(base || '/' || (i.no - 1), '') || '/' || f.name, f.code)) as bad
            from (values
                ('taken_at', care.time_fault(v, i.at)),
                ('taken_by_id', case when i.taken_by_id is not null and i.staff_id is null then 'reference.unknown' end),
                ('diastolic', case when i.diastolic > i.systolic then 'value.out_of_range' end),
                ('pulse', case when coalesce(i.pulse, i.temperature, i.systolic, i.diastolic, i.respiration, i.spo2, i.weight_kg,
                    i.height_cm) is null then 'value.missing' end)
            ) f (name, code) where f.code is not null) x
    ), written as (
        insert into care.vitals (tenant_id, facility_id, visit_id, taken_at, taken_by_id, pulse, temperature, systolic, diastolic,
            respiration, spo2, weight_kg, height_cm)
        select v.tenant_id, v.facility_id, v.visit_id, i.at, i.taken_by_id, i.pulse, i.temperature, i.systolic, i.diastolic,
            i.respiration, i.spo2, i.weight_kg, i.height_cm
        from item i where i.bad is null and v.visit_id is not null
    )
    select jsonb_agg(e) into bad from item i cross join lateral jsonb_array_elements(i.bad) e;
    return bad;
end
$$;
comment on function care.put_vitals is 'Adds vital signs';

create or replace function care.put_diagnoses(v care.visit, items jsonb, base text) returns jsonb
    language plpgsql as $$
declare
    bad jsonb;
    day date := sys.business_date(v.arrived_at);
begin
    with item as materialized (
        select i.*, x.bad
        from (select e.*, coalesce(e.made_at, greatest(now(), v.arrived_at)) as at, s.staff_id, c.code as known,
                coalesce(c.is_main_forbidden and day >= '2026-07-01', false) as forbidden, c.is_leaf,
                count(*) filter (where e.role = 'main') over () as mains,
                row_number() over (partition by e.role, e.icd_code order by e.no) as copy
            from rows from (jsonb_to_recordset(items) as (role text, icd_code text, position int, note text, made_by_id bigint,
                made_at timestamptz)) with ordinality as e (role, icd_code, position, note, made_by_id, made_at, no)
            left join org.staff s on s.tenant_id = v.tenant_id and s.staff_id = coalesce(e.made_by_id, v.practitioner_id)
            left join ref.icd10 c on c.code = e.icd_code and c.valid @> day) i
        cross join lateral (
            select jsonb_agg(api.error(coalesce(base || '/' || (i.no - 1), '') || '/' || f.name, f.code)) as bad
            from (values
                ('icd_code', case when i.role <> 'traditional' and i.known is null then 'reference.unknown'
                    when i.role = 'main' and i.forbidden then 'not_allowed_as_main'
                    when i.copy > 1 or exists (select from care.diagnosis d where d.tenant_id = v.tenant_id
                        and d.visit_id = v.visit_id and d.role = i.role and d.icd_code = i.icd_code) then 'duplicate' end),
                ('role', case when i.role = 'main' and (i.mains > 1 or exists (select from care.diagnosis d
                    where d.tenant_id = v.tenant_id and d.visit_id = v.visit_id and d.role = 'main')) then 'main_exists' end),
                ('made_at', care.time_fault(v, i.at)),
                ('made_by_id', case when i.made_by_id is not null and i.staff_id is null then 'reference.unknown' end)
            ) f (name, code) where f.code is not null) x
    ), written as (
        insert into care.diagnosis (tenant_id, facility_id, visit_id, role, icd_code, position, note, made_by_id, made_at)
        select v.tenant_id, v.facility_id, v.visit_id, i.role, i.icd_code, coalesce(i.position, i.no), i.note, i.staff_id, i.at
        from item i where i.bad is null and v.visit_id is not null
    )
    select jsonb_agg(e) into bad from item i cross join lateral jsonb_array_elements(i.bad) e;
    return bad;
end
$$;
comment on function care.put_diagnoses is 'Adds diagnoses; ICD-10 codes must be valid on the day of arrival';

create or replace function care.fault(base text, no bigint, fault text) returns jsonb
    language sql immutable
    return api.error(coalesce(base || '/' || (no - 1), '') || '/' || split_part(fault, '=', 1), split_part(fault, '=', 2));
comment on function care.fault is 'A fault "member=code" of the no-th element of the list at base as an error with its pointer';

create or replace function care.put_orders(v care.visit, payer text, items jsonb, base text, out bad jsonb, out ids bigint[],
    out lines text)
    language plpgsql as $$
declare
    faults text; -- "2/code=no_price,machine_id=value.missing 3/…"
begin
    with item as materialized (
        select i.*, array_remove(array[
            'code=' || case when i.known is null then 'reference.unknown' when i.price_hospital is null then 'no_price'
                    when i.sex_limit is null then null
                    when i.sex_limit::text <> (select p.sex from reg.patient p where p.tenant_id = v.tenant_id and p.patient_id = v.patient_id)
                    then 'sex_not_allowed' end,
            'department_id=' || case when i.department_id is null then 'reference.unknown' end,
            'ordered_by_id=' || case when i.ordered_by_id is null then 'reference.unknown' when not i.licence_valid then 'not_valid_on_day' end,
            'ordered_at=' || care.time_fault(v, i.at),
            'performed_at=' || case when i.performed_at < i.at then 'before_order' else care.time_fault(v, i.performed_at) end,
            'result_at=' || case when i.result_at < i.performed_at or i.performed_at is null and i.result_at is not null
                    then 'before_performed' end,
            'machine_id=' || case when i.machine_id is not null and i.machine_found is null then 'reference.unknown'
                    when i.status = 'done' and i.needs_machine and i.machine_id is null then 'value.missing' end,
            'performer_ids=' || case when coalesce(cardinality(i.performers), 0) <> cardinality(i.performer_ids) then 'reference.unknown' end], null) as faults
        from (select (sys.node() << 40) + nextval('care.service_order_seq') as id, e.no, e.code, coalesce(e.quantity, 1) as quantity, t.at, coalesce(e.status, 'ordered') as status,
                coalesce(e.performer_ids, '{}') as performer_ids, e.machine_id,
                case when e.status = 'done' then coalesce(e.performed_at, t.at) else e.performed_at end as performed_at,
                e.result_at, e.rate_service, e.operation_no, coalesce(e.war_wound, false) as war_wound, e.anaesthesia_code, e.note,
                d.department_id, st.staff_id as ordered_by_id, st.code as staff_code, st.valid @> t.day as licence_valid,
                m.machine_id as machine_found, m.code as machine_code, s.code as known, s.service_code, s.name_vi, s.cost_group, s.unit_vi,
                s.benefit_scope, s.payment_ratio, s.sex_limit, s.needs_machine, p.price_hospital, p.price_bhyt, k.coverage_id,
                case when e.performer_ids = array[st.staff_id] then array[st.code] else org.staff_codes(v.tenant_id, e.performer_ids) end as performers
            from rows from (jsonb_to_recordset(items) as (code text, quantity numeric, department_id bigint, ordered_by_id bigint,
                ordered_at timestamptz, status text, performer_ids bigint[], machine_id bigint, performed_at timestamptz,
                result_at timestamptz, rate_service numeric, operation_no int, war_wound boolean, anaesthesia_code text, note text))
                with ordinality as e (code, quantity, department_id, ordered_by_id, ordered_at, status, performer_ids, machine_id,
                performed_at, result_at, rate_service, operation_no, war_wound, anaesthesia_code, note, no)
            cross join lateral (select a.at, sys.business_date(a.at) as day
                from (select coalesce(e.ordered_at, least(e.performed_at, greatest(now(), v.arrived_at))) as at) a) t
            left join org.department d on d.tenant_id = v.tenant_id and d.facility_id = v.facility_id
                and d.department_id = coalesce(e.department_id, v.department_id)
            left join org.staff st on st.tenant_id = v.tenant_id and st.staff_id = coalesce(e.ordered_by_id, v.practitioner_id)
            left join org.machine m on m.tenant_id = v.tenant_id and m.facility_id = v.facility_id and m.machine_id = e.machine_id
            left join lateral bill.service_on(v.tenant_id, v.facility_id, e.code, t.day) s on true
            left join lateral bill.price_on(v.tenant_id, v.facility_id, 'service', e.code, payer, t.day) p on true
            left join lateral bill.card_on(v.tenant_id, v.patient_id, v.coverage_id, t.day) k on true) i
    ), written as (
        insert into care.service_order (tenant_id, facility_id, service_order_id, visit_id, local_code, service_code, quantity, department_id,
            ordered_by_id, ordered_at, status, performer_ids, machine_id, performed_at, result_at, rate_service, operation_no,
            war_wound, anaesthesia_code, note)
        select v.tenant_id, v.facility_id, i.id, v.visit_id, i.known, i.service_code, i.quantity, i.department_id, i.ordered_by_id, i.at,
            i.status, i.performer_ids, i.machine_id, i.performed_at, i.result_at, i.rate_service, i.operation_no, i.war_wound,
            i.anaesthesia_code, i.note
        from item i where i.faults = '{}' and v.visit_id is not null
    )
    select string_agg(i.no || '/' || array_to_string(i.faults, ','), ' ') filter (where i.faults <> '{}'), array_agg(i.id),
        string_agg(i.line::text, ',')
    into faults, ids, lines
    from (select i.no, i.faults, i.id, case when i.status = 'done' and i.faults = '{}' then json_build_object(
            'id', (sys.node() << 40) + nextval('bill.charge_seq'), 't', 3, 'g', i.cost_group, 's', i.benefit_scope,
            'at', floor(extract(epoch from i.at))::bigint, 'q', i.quantity, 'ph', i.price_hospital,
            'pf', coalesce(i.price_bhyt, i.price_hospital), 'rs', i.rate_service, 'ri', i.payment_ratio, 'w', i.war_wound,
            'op', i.operation_no, 'team', i.performer_ids[1] & 2147483647, 'kind', 'order', 'source', i.id, 'card', i.coverage_id,
            'code', i.service_code, 'name', i.name_vi, 'unit', i.unit_vi, 'department', i.department_id, 'practitioner', i.staff_code,
            'performers', i.performers, 'machine', i.machine_code, 'anaesthesia', i.anaesthesia_code,
            'procedures', case when i.cost_group in ('8', '18') then bill.procedures(i.service_code, i.cost_group) end,
            'ordered_at', i.at, 'performed_at', i.performed_at, 'result_at', i.result_at) end as line
        from item i order by i.no) i;
    if faults is not null then
        bad := (select jsonb_agg(care.fault(base, split_part(r, '/', 1)::bigint, f) order by n, k)
            from regexp_split_to_table(faults, ' ') with ordinality r (r, n)
            cross join lateral regexp_split_to_table(split_part(r, '/', 2), ',') with ordinality f (f, k));
    end if;
end
$$;
comment on function care.put_orders is 'Adds orders; those already done are lines to be charged';

-- A prescription is charged when it is written (ordered_at = prescribed_at); dispensing sets performed_at,
-- cancelling voids the charges.
create or replace function care.put_prescriptions(v care.visit, payer text, items jsonb, base text, out bad jsonb, out ids bigint[],
    out lines text)
    language plpgsql as $$
begin
    with head as materialized (
        select h.*, x.bad
        from (select (sys.node() << 40) + nextval('care.prescription_seq') as id, e.no, e.lines, e.advice, t.at, t.day,
                d.department_id, st.staff_id as prescribed_by_id, st.code as staff_code, st.valid @> t.day as licence_valid
            from rows from (jsonb_to_recordset(items) as (prescribed_by_id bigint, prescribed_at timestamptz, department_id bigint,
                advice text, lines jsonb)) with ordinality as e (prescribed_by_id, prescribed_at, department_id, advice, lines, no)
            cross join lateral (select a.at, sys.business_date(a.at) as day
                from (select coalesce(e.prescribed_at, greatest(now(), v.arrived_at)) as at) a) t
            left join org.department d on d.tenant_id = v.tenant_id and d.facility_id = v.facility_id
                and d.department_id = coalesce(e.department_id, v.department_id)
            left join org.staff st on st.tenant_id = v.tenant_id and st.staff_id = coalesce(e.prescribed_by_id, v.practitioner_id)) h
        cross join lateral (
            select jsonb_agg(api.error(coalesce(base || '/' || (h.no - 1), '') || '/' || f.name, f.code)) as bad
            from (values
                ('department_id', case when h.department_id is null then 'reference.unknown' end),
                ('prescribed_by_id', case when h.prescribed_by_id is null then 'reference.unknown'
                    when not h.licence_valid then 'not_valid_on_day' end),
                ('prescribed_at', care.time_fault(v, h.at))
            ) f (name, code) where f.code is not null) x
    ), line as materialized (
        select (sys.node() << 40) + nextval('care.prescription_line_seq') as id, h.id as prescription_id, h.no as head_no, l.code,
            l.dose, l.times_per_day, l.days, coalesce(l.quantity, l.dose * l.times_per_day * l.days) as units, l.usage_text,
            coalesce(l.war_wound, false) as war_wound, l.no, l.route_code, g as drug, p.price_hospital, k.coverage_id, h.department_id,
            h.staff_code, h.at
        from head h
        cross join lateral rows from (jsonb_to_recordset(h.lines) as (code text, dose numeric, times_per_day int, days int,
            quantity numeric, route_code text, usage_text text, war_wound boolean)) with ordinality
            as l (code, dose, times_per_day, days, quantity, route_code, usage_text, war_wound, no)
        left join lateral bill.drug_on(v.tenant_id, v.facility_id, l.code, h.day) g on true
        left join lateral bill.price_on(v.tenant_id, v.facility_id, 'drug', l.code, payer, h.day) p on true
        left join lateral bill.card_on(v.tenant_id, v.patient_id, v.coverage_id, h.day) k on true
    ), fault as materialized (
        select h.bad from head h where h.bad is not null
        union all
        select jsonb_build_array(api.error(coalesce(base || '/' || (l.head_no - 1), '') || '/lines/' || (l.no - 1) || '/code',
            case when (l.drug).code is null then 'reference.unknown' else 'no_price' end))
        from line l where (l.drug).code is null or l.price_hospital is null
    ), written as (
        insert into care.prescription (tenant_id, facility_id, prescription_id, visit_id, department_id, prescribed_by_id,
            prescribed_at, advice)
        select v.tenant_id, v.facility_id, h.id, v.visit_id, h.department_id, h.prescribed_by_id, h.at, h.advice
        from head h where v.visit_id is not null and not exists (select from fault)
    ), written_line as (
        insert into care.prescription_line (tenant_id, facility_id, prescription_line_id, prescription_id, local_code, dose, times_per_day, days,
            quantity, route_code, usage_text, war_wound)
        select v.tenant_id, v.facility_id, l.id, l.prescription_id, l.code, l.dose, l.times_per_day, l.days, l.units, l.route_code,
            l.usage_text, l.war_wound
        from line l where v.visit_id is not null and not exists (select from fault)
    )
    select (select jsonb_agg(e) from fault f cross join lateral jsonb_array_elements(f.bad) e),
        (select array_agg(h.id order by h.no) from head h),
        (select string_agg(row_to_json(x)::text, ',') from (
            select (sys.node() << 40) + nextval('bill.charge_seq') as id, 2 as t, (l.drug).cost_group as g, (l.drug).benefit_scope as s,
                floor(extract(epoch from l.at))::bigint as at, l.units as q, l.price_hospital as ph, l.price_hospital as pf,
                (l.drug).payment_ratio as ri, l.war_wound as w, 'prescription_line' as kind, l.id as source, l.coverage_id as card,
                (l.drug).drug_code as code, (l.drug).name_vi as name, (l.drug).unit_vi as unit, (l.drug).strength,
                coalesce(l.route_code, (l.drug).route_code) as route, (l.drug).form_vi as form,
                trim_scale(l.dose) || ' ' || (l.drug).unit_vi || '/lần * ' || l.times_per_day || ' lần/ngày * ' || l.days || ' ngày' as dose,
                l.usage_text as usage, (l.drug).registration_no as registration, (l.drug).tender, (l.drug).fund_source as paid,
                l.department_id as department, l.staff_code as practitioner, l.at as ordered_at
            from line l order by l.head_no, l.no) x)
    into bad, ids, lines;
end
$$;
comment on function care.put_prescriptions is 'Adds prescriptions; their drugs are lines to be charged';

create or replace function care.put_supplies(v care.visit, payer text, items jsonb, base text, out bad jsonb, out ids bigint[],
    out lines text)
    language plpgsql as $$
begin
    with item as materialized (
        select i.*, x.bad
        from (select (sys.node() << 40) + nextval('care.supply_use_seq') as id, e.no, e.quantity, e.order_id, e.package_code, coalesce(e.war_wound, false) as war_wound, t.at,
                d.department_id, st.staff_id as used_by_id, st.code as staff_code, o.service_order_id, o.service_code, g as supply,
                p.price_hospital, p.price_bhyt, k.coverage_id
            from rows from (jsonb_to_recordset(items) as (code text, quantity numeric, order_id bigint, package_code text,
                department_id bigint, used_by_id bigint, used_at timestamptz, war_wound boolean)) with ordinality
                as e (code, quantity, order_id, package_code, department_id, used_by_id, used_at, war_wound, no)
            cross join lateral (select a.at, sys.business_date(a.at) as day
                from (select coalesce(e.used_at, greatest(now(), v.arrived_at)) as at) a) t
            left join org.department d on d.tenant_id = v.tenant_id and d.facility_id = v.facility_id
                and d.department_id = coalesce(e.department_id, v.department_id)
            left join org.staff st on st.tenant_id = v.tenant_id and st.staff_id = coalesce(e.used_by_id, v.practitioner_id)
            left join care.service_order o on o.tenant_id = v.tenant_id and o.service_order_id = e.order_id
                and o.visit_id = v.visit_id and o.status <> 'cancelled'
            left join lateral bill.supply_on(v.tenant_id, v.facility_id, e.code, t.day) g on true
            left join lateral bill.price_on(v.tenant_id, v.facility_id, 'supply', e.code, payer, t.day) p on true
            left join lateral bill.card_on(v.tenant_id, v.patient_id, v.coverage_id, t.day) k on true) i
        cross join lateral (
            select jsonb_agg(api.error(coalesce(base || '/' || (i.no - 1), '') || '/' || f.name, f.code)) as bad
            from (values
                ('code', case when (i.supply).code is null then 'reference.unknown' when i.price_hospital is null then 'no_price' end),
                ('order_id', case when i.order_id is not null and i.service_order_id is null then 'reference.unknown' end),
                ('package_code', case when i.package_code !~ '^G[0-9]{1,2}$' then 'value.malformed' end),
                ('department_id', case when i.department_id is null then 'reference.unknown' end),
                ('used_by_id', case when i.used_by_id is null then 'reference.unknown' end),
                ('used_at', care.time_fault(v, i.at))
            ) f (name, code) where f.code is not null) x
    ), written as (
        insert into care.supply_use (tenant_id, facility_id, supply_use_id, visit_id, local_code, service_order_id, quantity, package_code,
            department_id, used_by_id, used_at, war_wound)
        select v.tenant_id, v.facility_id, i.id, v.visit_id, (i.supply).code, i.service_order_id, i.quantity, i.package_code, i.department_id,
            i.used_by_id, i.at, i.war_wound
        from item i where i.bad is null and v.visit_id is not null
    )
    select (select jsonb_agg(e) from item i cross join lateral jsonb_array_elements(i.bad) e),
        (select array_agg(i.id order by i.no) from item i),
        (select string_agg(row_to_json(x)::text, ',') from (
            select (sys.node() << 40) + nextval('bill.charge_seq') as id, 3 as t, (i.supply).cost_group as g, (i.supply).benefit_scope as s,
                floor(extract(epoch from i.at))::bigint as at, i.quantity as q, i.price_hospital as ph,
                coalesce(i.price_bhyt, i.price_hospital) as pf, (i.supply).price_ceiling as pc, (i.supply).payment_ratio as ri,
                i.war_wound as w, i.package_code as pk, 'supply_use' as kind, i.id as source, i.coverage_id as card,
                (i.supply).supply_code as code, i.service_code as service, (i.supply).name_vi as name, (i.supply).unit_vi as unit,
                (i.supply).tender, nullif((i.supply).product_code, '') as model, (i.supply).uses > 1 as reused,
                i.department_id as department, i.staff_code as practitioner, i.at as ordered_at, i.at as performed_at
            from item i order by i.no) x)
    into bad, ids, lines;
end
$$;
comment on function care.put_supplies is 'Records supplies used; they are lines to be charged';
