-- Routes below a visit: each adds or changes one thing, and says in `followup` when the visit must be priced again.
set local role hmis_owner;

delete from api.field where shape in ('result', 'result_item', 'note', 'movement');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('result', 'order_id', 'id', true, null, null, null, null),
    ('result', 'resulted_at', 'time', false, null, null, null, null),
    ('result', 'read_by_id', 'id', false, null, null, null, null),
    ('result', 'status', 'choice', false, null, null, '{P,F}', null),
    ('result', 'items', 'list', true, 1, 200, null, 'result_item'),
    ('result_item', 'indicator_code', 'text', false, 1, 255, null, null),
    ('result_item', 'indicator_name', 'text', false, 1, 255, null, null),
    ('result_item', 'value', 'text', false, 1, 255, null, null),
    ('result_item', 'unit', 'text', false, 1, 50, null, null),
    ('result_item', 'description', 'text', false, 1, 4000, null, null),
    ('result_item', 'conclusion', 'text', false, 1, 4000, null, null),
    ('result_item', 'replaces_id', 'id', false, null, null, null, null),
    ('note', 'progress', 'text', true, 1, 4000, null, null),
    ('note', 'stage', 'text', false, 1, 4000, null, null),
    ('note', 'consultation', 'text', false, 1, 4000, null, null),
    ('note', 'surgery', 'text', false, 1, 4000, null, null),
    ('note', 'written_by_id', 'id', false, null, null, null, null),
    ('note', 'written_at', 'time', false, null, null, null, null),
    ('movement', 'department_id', 'id', true, null, null, null, null),
    ('movement', 'room_id', 'id', false, null, null, null, null),
    ('movement', 'bed_id', 'id', false, null, null, null, null),
    ('movement', 'entered_at', 'time', false, null, null, null, null),
    ('movement', 'shared_by', 'int', false, 1, 3, null, null),
    ('movement', 'is_stretcher', 'bool', false, null, null, null, null);

create or replace function care.refuse(bad jsonb) returns void
    language plpgsql as $$
begin
    if bad is not null then
        perform api.fail(422, 'line.refused', bad);
    end if;
end
$$;
comment on function care.refuse is 'Ends the request when there are faults';

create or replace function care.added(v care.visit, noun text, id bigint, followup text) returns api.reply
    language plpgsql as $$
begin
    return (201, json_build_object('id', id, 'visit_id', v.visit_id)::text, '1',
        '/v1/visits/' || v.visit_id || '/' || noun || '/' || id, null, followup)::api.reply;
end
$$;
comment on function care.added is 'The answer to adding a line';

create or replace function api.vitals_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
begin
    perform api.need_body('vitals', body);
    v := care.lock_visit(id);
    perform care.refuse(care.put_vitals(v, jsonb_build_array(body), null));
    return care.added(v, 'vitals', (sys.node() << 40) + currval('care.vitals_seq'), null);
end
$$;
comment on function api.vitals_add is 'POST /v1/visits/{id}/vitals';

create or replace function api.diagnosis_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
begin
    perform api.need_body('diagnosis', body);
    v := care.lock_visit(id);
    perform care.refuse(care.put_diagnoses(v, jsonb_build_array(body), null));
    return care.added(v, 'diagnoses', (sys.node() << 40) + currval('care.diagnosis_seq'), null);
end
$$;
comment on function api.diagnosis_add is 'POST /v1/visits/{id}/diagnoses';

create or replace function api.diagnosis_list(id bigint) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(v.tenant_id, v.facility_id, v.patient_id, 'diagnoses');
    return (200, json_build_object('diagnoses', coalesce((select json_agg(row_to_json(d) order by d.role, d.position, d.id) from (
            select d.diagnosis_id as id, d.role, d.icd_code, d.position, d.note, d.made_by_id, d.made_at, c.name_vi, c.name_en
            from care.diagnosis d
            left join ref.icd10 c on c.code = d.icd_code and c.valid @> v.arrived_on
            where d.tenant_id = v.tenant_id and d.visit_id = v.visit_id) d), '[]'))::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.diagnosis_list is 'GET /v1/visits/{id}/diagnoses';

create or replace function api.diagnosis_remove(id bigint, diagnosis bigint) returns api.reply
    language plpgsql as $$
declare
    v care.visit := care.lock_visit(id);
begin
    delete from care.diagnosis d where d.tenant_id = v.tenant_id and d.visit_id = v.visit_id and d.diagnosis_id = diagnosis;
    if not found then
        perform api.fail(404, 'diagnosis.not_found');
    end if;
    return (204, null, null, null, null, null)::api.reply;
end
$$;
comment on function api.diagnosis_remove is 'DELETE /v1/visits/{id}/diagnoses/{diagnosis_id}';

create or replace function api.order_add(id bigint, body jsonb) returns api.reply
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    made record;
begin
    perform api.need_body('order', body);
    v := care.lock_visit(id);
    select * into made from care.put_orders(v, bill.payer(v), jsonb_build_array(body), null);
    perform care.refuse(made.bad);
    if made.lines is not null then
        perform bill.charge_lines(v.tenant_id, v.facility_id, id, care.line_list(made.lines)::json);
    end if;
    return care.added(v, 'orders', made.ids[1],
        case when body ->> 'status' = 'done' then care.spend(id) end);
end
$$;
comment on function api.order_add is 'POST /v1/visits/{id}/orders';

create or replace function api.order_patch(id bigint, order_id bigint, match text, body jsonb) returns api.reply
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    o care.service_order;
    old care.service_order;
    bad jsonb;
    money text;
begin
    perform api.need_body('order_patch', body);
    v := care.lock_visit(id);
    select * into old from care.service_order x
    where x.tenant_id = v.tenant_id and x.visit_id = id and x.service_order_id = order_id for no key update;
    if not found then
        perform api.fail(404, 'order.not_found');
    end if;
    if match <> '*' and match <> old.version::text then
        perform api.fail(412, 'version.changed');
    end if;
    o := old;
    o.status := coalesce(body ->> 'status', o.status);
    if body ? 'performer_ids' then
        o.performer_ids := coalesce((select array_agg(e::bigint order by n) from jsonb_array_elements_text(body -> 'performer_ids')
            with ordinality a (e, n)), '{}');
    end if;
    o.machine_id := case when body ? 'machine_id' then (body ->> 'machine_id')::bigint else o.machine_id end;
    o.performed_at := coalesce((body ->> 'performed_at')::timestamptz, o.performed_at,
        case when o.status = 'done' then greatest(now(), o.ordered_at) end);
    o.result_at := case when body ? 'result_at' then (body ->> 'result_at')::timestamptz else o.result_at end;
    o.rate_service := case when body ? 'rate_service' then (body ->> 'rate_service')::numeric else o.rate_service end;
    o.operation_no := case when body ? 'operation_no' then (body ->> 'operation_no')::int else o.operation_no end;
    o.anaesthesia_code := case when body ? 'anaesthesia_code' then body ->> 'anaesthesia_code' else o.anaesthesia_code end;
    o.note := case when body ? 'note' then body ->> 'note' else o.note end;
    select jsonb_agg(api.error(f.pointer, f.code)) into bad from (values
        ('/performer_ids', case when cardinality(o.performer_ids) <> (select count(*) from org.staff s
            where s.tenant_id = v.tenant_id and s.staff_id = any (o.performer_ids)) then 'reference.unknown' end),
        ('/machine_id', case when o.machine_id is not null and not exists (select from org.machine m where m.tenant_id = v.tenant_id
                and m.facility_id = v.facility_id and m.machine_id = o.machine_id) then 'reference.unknown'
            when o.status = 'done' and o.machine_id is null and exists (select from bill.service_on(v.tenant_id, v.facility_id,
                o.local_code, sys.business_date(o.ordered_at)) s where s.needs_machine) then 'value.missing' end),
        ('/performed_at', case when o.performed_at < o.ordered_at then 'before_order' else care.time_fault(v, o.performed_at) end),
        ('/result_at', case when o.result_at < o.performed_at or o.performed_at is null and o.result_at is not null
            then 'before_performed' end),
        ('/reason', case when o.status = 'cancelled' and old.status <> 'cancelled' and not body ? 'reason' then 'value.missing' end)
    ) f (pointer, code) where f.code is not null;
    perform care.refuse(bad);
    perform set_config('hmis.reason', coalesce(body ->> 'reason', ''), true);
    update care.service_order x set status = o.status, performer_ids = o.performer_ids, machine_id = o.machine_id,
        performed_at = o.performed_at, result_at = o.result_at, rate_service = o.rate_service, operation_no = o.operation_no,
        anaesthesia_code = o.anaesthesia_code, note = o.note, version = x.version + 1,
        cancel_reason = case when o.status = 'cancelled' then body ->> 'reason' end
    where x.tenant_id = v.tenant_id and x.service_order_id = order_id;
    if o.status = 'done' and old.status <> 'done' then
        perform bill.charge_order(v, order_id);
        money := care.spend(id);
    elsif o.status = 'cancelled' and old.status = 'done' then
        update bill.charge c set is_void = true where c.tenant_id = v.tenant_id and c.visit_id = id and not c.is_void
            and c.source_kind = 'order' and c.source_id = order_id;
        money := care.spend(id);
    elsif o.status = 'done' then
        update bill.charge c set rate_service = o.rate_service, anaesthesia_code = o.anaesthesia_code, performed_at = o.performed_at,
            result_at = o.result_at,
            performer_codes = coalesce((select array_agg(w.code order by u.no) from unnest(o.performer_ids) with ordinality u (id, no)
                join org.staff w on w.tenant_id = o.tenant_id and w.staff_id = u.id), '{}'),
            machine_code = (select m.code from org.machine m where m.tenant_id = v.tenant_id and m.machine_id = o.machine_id)
        where c.tenant_id = v.tenant_id and c.visit_id = id and not c.is_void and c.source_kind = 'order' and c.source_id = order_id;
        money := care.spend(id);
    end if;
    return (200, json_build_object('id', order_id, 'status', o.status, 'version', old.version + 1)::text, (old.version + 1)::text,
        null, null, money)::api.reply;
end
$$;
comment on function api.order_patch is 'PATCH /v1/visits/{id}/orders/{order_id}';

create or replace function api.result_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    o care.service_order;
    bad jsonb;
    at timestamptz;
    ids json;
begin
    perform api.need_body('result', body);
    v := care.lock_visit(id);
    select * into o from care.service_order x where x.tenant_id = v.tenant_id and x.visit_id = id
        and x.service_order_id = (body ->> 'order_id')::bigint;
    at := coalesce((body ->> 'resulted_at')::timestamptz, greatest(now(), o.performed_at, o.ordered_at));
    select jsonb_agg(api.error(f.pointer, f.code)) into bad from (
        select * from (values
            ('/order_id', case when o.service_order_id is null then 'reference.unknown' when o.status = 'cancelled' then 'cancelled' end),
            ('/resulted_at', case when at < coalesce(o.performed_at, o.ordered_at) then 'before_performed' end),
            ('/read_by_id', case when body ->> 'read_by_id' is not null and not exists (select from org.staff s
                where s.tenant_id = v.tenant_id and s.staff_id = (body ->> 'read_by_id')::bigint) then 'reference.unknown' end)) q (pointer, code)
        union all
        select '/items/' || (i.no - 1) || '/' || g.name, g.code
        from rows from (jsonb_to_recordset(body -> 'items') as (value text, description text, conclusion text, indicator_code text,
            indicator_name text, replaces_id bigint)) with ordinality
            as i (value, description, conclusion, indicator_code, indicator_name, replaces_id, no)
        left join care.result r on r.tenant_id = v.tenant_id and r.result_id = i.replaces_id
            and r.service_order_id = o.service_order_id
        cross join lateral (values
            ('value', case when coalesce(i.value, i.description, i.conclusion) is null then 'value.missing' end),
            ('indicator_name', case when i.indicator_code is not null and i.indicator_name is null then 'value.missing' end),
            ('replaces_id', case when i.replaces_id is null then null when r.result_id is null then 'reference.unknown'
                when exists (select from care.result n where n.tenant_id = v.tenant_id and n.replaces_id = i.replaces_id)
                    then 'replaced_already' end)) g (name, code)
    ) f where f.code is not null;
    perform care.refuse(bad);
    with made as (
        insert into care.result (tenant_id, facility_id, visit_id, service_order_id, indicator_code, indicator_name, value, unit,
            description, conclusion, status, resulted_at, read_by_id, replaces_id)
        select v.tenant_id, v.facility_id, id, o.service_order_id, i.indicator_code, i.indicator_name, i.value, i.unit, i.description,
            i.conclusion, case when i.replaces_id is not null then 'C' else coalesce(body ->> 'status', 'F') end, at,
            (body ->> 'read_by_id')::bigint, i.replaces_id
        from jsonb_to_recordset(body -> 'items') as i (indicator_code text, indicator_name text, value text, unit text,
            description text, conclusion text, replaces_id bigint)
        returning result_id
    )
    select json_agg(m.result_id order by m.result_id) into ids from made m;
    if o.performed_at is not null then
        update care.service_order x set result_at = at, version = x.version + 1
        where x.tenant_id = v.tenant_id and x.service_order_id = o.service_order_id and x.result_at is distinct from at;
        update bill.charge c set result_at = at where c.tenant_id = v.tenant_id and c.visit_id = id and not c.is_void
            and c.source_kind = 'order' and c.source_id = o.service_order_id and c.result_at is distinct from at;
    end if;
    return (201, json_build_object('ids', ids, 'order_id', o.service_order_id)::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.result_add is 'POST /v1/visits/{id}/results';

create or replace function api.prescription_add(id bigint, body jsonb) returns api.reply
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    made record;
begin
    perform api.need_body('prescription', body);
    v := care.lock_visit(id);
    select * into made from care.put_prescriptions(v, bill.payer(v), jsonb_build_array(body), null);
    perform care.refuse(made.bad);
    if made.lines is not null then
        perform bill.charge_lines(v.tenant_id, v.facility_id, id, care.line_list(made.lines)::json);
    end if;
    return care.added(v, 'prescriptions', made.ids[1], care.spend(id));
end
$$;
comment on function api.prescription_add is 'POST /v1/visits/{id}/prescriptions';

create or replace function api.prescription_patch(id bigint, prescription bigint, match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    p care.prescription;
    bad jsonb;
    at timestamptz;
    who bigint := (body ->> 'dispensed_by_id')::bigint;
    money text;
begin
    perform api.need_body('prescription_patch', body);
    v := care.lock_visit(id);
    select * into p from care.prescription x
    where x.tenant_id = v.tenant_id and x.visit_id = id and x.prescription_id = prescription for no key update;
    if not found then
        perform api.fail(404, 'prescription.not_found');
    end if;
    if match <> '*' and match <> p.version::text then
        perform api.fail(412, 'version.changed');
    end if;
    at := coalesce((body ->> 'dispensed_at')::timestamptz, greatest(now(), p.prescribed_at));
    select jsonb_agg(api.error(f.pointer, f.code)) into bad from (values
        ('/dispensed_at', case when body ->> 'status' = 'done' and at < p.prescribed_at then 'before_order'
            when body ->> 'status' = 'done' then care.time_fault(v, at) end),
        ('/dispensed_by_id', case when who is not null and not exists (select from org.staff s
            where s.tenant_id = v.tenant_id and s.staff_id = who) then 'reference.unknown' end),
        ('/reason', case when body ->> 'status' = 'cancelled' and not body ? 'reason' then 'value.missing' end)
    ) f (pointer, code) where f.code is not null;
    perform care.refuse(bad);
    perform set_config('hmis.reason', coalesce(body ->> 'reason', ''), true);
    update care.prescription x set status = body ->> 'status', version = x.version + 1,
        dispensed_at = case body ->> 'status' when 'done' then at end,
        dispensed_by_id = case body ->> 'status' when 'done' then who end
    where x.tenant_id = v.tenant_id and x.prescription_id = prescription;
    update bill.charge c set is_void = body ->> 'status' = 'cancelled',
        performed_at = case body ->> 'status' when 'done' then at else c.performed_at end
    where c.tenant_id = v.tenant_id and c.visit_id = id and not c.is_void and c.source_kind = 'prescription_line'
        and c.source_id in (select l.prescription_line_id from care.prescription_line l
            where l.tenant_id = v.tenant_id and l.prescription_id = prescription);
    if body ->> 'status' = 'cancelled' then
        money := care.spend(id);
    end if;
    return (200, json_build_object('id', prescription, 'status', body ->> 'status', 'version', p.version + 1)::text,
        (p.version + 1)::text, null, null, money)::api.reply;
end
$$;
comment on function api.prescription_patch is 'PATCH /v1/visits/{id}/prescriptions/{prescription_id}: dispense or cancel';

create or replace function api.supply_add(id bigint, body jsonb) returns api.reply
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    made record;
begin
    perform api.need_body('supply', body);
    v := care.lock_visit(id);
    select * into made from care.put_supplies(v, bill.payer(v), jsonb_build_array(body), null);
    perform care.refuse(made.bad);
    if made.lines is not null then
        perform bill.charge_lines(v.tenant_id, v.facility_id, id, care.line_list(made.lines)::json);
    end if;
    return care.added(v, 'supplies', made.ids[1], care.spend(id));
end
$$;
comment on function api.supply_add is 'POST /v1/visits/{id}/supplies';

create or replace function api.supply_remove(id bigint, supply bigint) returns api.reply
    language plpgsql as $$
declare
    v care.visit := care.lock_visit(id);
begin
    update care.supply_use u set is_void = true
    where u.tenant_id = v.tenant_id and u.visit_id = id and u.supply_use_id = supply and not u.is_void;
    if not found then
        perform api.fail(404, 'supply.not_found');
    end if;
    update bill.charge c set is_void = true where c.tenant_id = v.tenant_id and c.visit_id = id and not c.is_void
        and c.source_kind = 'supply_use' and c.source_id = supply;
    return (204, null, null, null, null, care.spend(id))::api.reply;
end
$$;
comment on function api.supply_remove is 'DELETE /v1/visits/{id}/supplies/{supply_id}: entered by mistake';

create or replace function api.note_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    who bigint;
    at timestamptz;
    bad jsonb;
begin
    perform api.need_body('note', body);
    v := care.lock_visit(id);
    at := coalesce((body ->> 'written_at')::timestamptz, greatest(now(), v.arrived_at));
    select s.staff_id into who from org.staff s
    where s.tenant_id = v.tenant_id and s.staff_id = coalesce((body ->> 'written_by_id')::bigint, v.practitioner_id);
    select jsonb_agg(api.error(f.pointer, f.code)) into bad from (values
        ('/written_by_id', case when who is null then 'reference.unknown' end), ('/written_at', care.time_fault(v, at))
    ) f (pointer, code) where f.code is not null;
    perform care.refuse(bad);
    insert into care.note (tenant_id, facility_id, visit_id, progress, stage, consultation, surgery, written_by_id, written_at)
    values (v.tenant_id, v.facility_id, id, body ->> 'progress', body ->> 'stage', body ->> 'consultation', body ->> 'surgery', who, at);
    return care.added(v, 'notes', (sys.node() << 40) + currval('care.note_seq'), null);
end
$$;
comment on function api.note_add is 'POST /v1/visits/{id}/notes';

-- A movement ends the one before; the first one of an in-patient visit admits.
create or replace function api.movement_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    at timestamptz;
    bad jsonb;
    inpatient boolean;
begin
    perform api.need_body('movement', body);
    v := care.lock_visit(id);
    inpatient := care.is_inpatient(v.kind_code, v.arrived_on);
    at := coalesce((body ->> 'entered_at')::timestamptz, greatest(now(), v.arrived_at));
    select jsonb_agg(api.error(f.pointer, f.code)) into bad from (values
        ('/department_id', case when not exists (select from org.department d where d.tenant_id = v.tenant_id
            and d.facility_id = v.facility_id and d.department_id = (body ->> 'department_id')::bigint
            and d.valid @> sys.business_date(at)) then 'reference.unknown' end),
        ('/room_id', case when body ->> 'room_id' is not null and not exists (select from org.room r where r.tenant_id = v.tenant_id
            and r.facility_id = v.facility_id and r.room_id = (body ->> 'room_id')::bigint) then 'reference.unknown' end),
        ('/bed_id', case when body ->> 'bed_id' is not null and not exists (select from org.bed b where b.tenant_id = v.tenant_id
                and b.department_id = (body ->> 'department_id')::bigint and b.bed_id = (body ->> 'bed_id')::bigint
                and b.valid @> sys.business_date(at)) then 'reference.unknown'
            when body ->> 'bed_id' is not null and not care.has_beds(v.kind_code, v.arrived_on) then 'not_inpatient' end),
        ('/entered_at', case when exists (select from care.movement m where m.tenant_id = v.tenant_id and m.visit_id = id
            and lower(m.during) >= at) then 'before_last_movement' else care.time_fault(v, at) end)
    ) f (pointer, code) where f.code is not null;
    perform care.refuse(bad);
    update care.movement m set during = tstzrange(lower(m.during), at)
    where m.tenant_id = v.tenant_id and m.visit_id = id and upper_inf(m.during);
    insert into care.movement (tenant_id, facility_id, visit_id, department_id, room_id, bed_id, during, shared_by, is_stretcher)
    values (v.tenant_id, v.facility_id, id, (body ->> 'department_id')::bigint, (body ->> 'room_id')::bigint,
        (body ->> 'bed_id')::bigint, tstzrange(at, v.discharged_at), coalesce((body ->> 'shared_by')::int, 1),
        coalesce((body ->> 'is_stretcher')::boolean, false));
    update care.visit x set department_id = (body ->> 'department_id')::bigint, version = x.version + 1,
        admitted_at = case when inpatient then coalesce(x.admitted_at, at) end,
        status = case when inpatient and x.status in ('arrived', 'in_exam') then 'admitted' else x.status end
    where x.tenant_id = v.tenant_id and x.visit_id = id;
    return care.added(v, 'movements', (sys.node() << 40) + currval('care.movement_seq'), null);
end
$$;
comment on function api.movement_add is 'POST /v1/visits/{id}/movements';
