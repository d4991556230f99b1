-- Patient transports: journeys, their charges by the litre.
set local role hmis_owner;

delete from api.field where shape = 'transport';
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('transport', 'code', 'text', true, 1, 64, null, null),
    ('transport', 'km', 'number', true, 0.001, 10000, null, null),
    ('transport', 'own_vehicle', 'bool', true, null, null, null, null),
    ('transport', 'vehicle_no', 'text', false, 4, 12, null, null),
    ('transport', 'to_code', 'code', true, null, 5, null, null),
    ('transport', 'purpose', 'choice', false, null, null, '{referral,other}', null),
    ('transport', 'department_id', 'id', false, null, null, null, null),
    ('transport', 'ordered_by_id', 'id', false, null, null, null, null),
    ('transport', 'left_at', 'time', false, null, null, null, null),
    ('transport', 'note', 'text', false, 1, 1000, null, null);

-- The litres are the engine's: until it has seen the line the quantity is the kilometres, and nothing is charged.
create or replace function bill.charge_transport(v care.visit, t care.transport) returns void
    language plpgsql as $$
begin
    perform bill.charge_lines(t.tenant_id, t.facility_id, t.visit_id, (select json_agg(row_to_json(l)) from (
        select (sys.node() << 40) + nextval('bill.charge_seq') as id, 3 as t, s.cost_group as g,
            case t.purpose when 'referral' then s.benefit_scope else '2' end as s, t.km as q, p.price_hospital as ph,
            coalesce(p.price_bhyt, p.price_hospital) as pf, s.payment_ratio as ri, t.km, t.own_vehicle as own, 'transport' as kind,
            t.transport_id as source, k.coverage_id as card, 'VC.' || t.to_code as code, s.service_code as service, s.name_vi as name,
            s.unit_vi as unit, t.department_id as department, w.code as practitioner, t.left_at as ordered_at, t.left_at as performed_at
        from bill.service_on(t.tenant_id, t.facility_id, t.local_code, sys.business_date(t.left_at)) s
        cross join bill.price_on(t.tenant_id, t.facility_id, 'service', t.local_code, bill.payer(v), sys.business_date(t.left_at)) p
        join org.staff w on w.tenant_id = t.tenant_id and w.staff_id = t.ordered_by_id
        left join bill.card_on(t.tenant_id, v.patient_id, v.coverage_id, sys.business_date(t.left_at)) k on true) l));
end
$$;
comment on function bill.charge_transport is 'Charges a transport; the visit must be priced afterwards';

create or replace function api.transport_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    t care.transport;
    s ref.local_service;
    bad jsonb;
begin
    perform api.need_body('transport', body);
    v := care.lock_visit(id);
    t.tenant_id := v.tenant_id;
    t.facility_id := v.facility_id;
    t.visit_id := id;
    t.local_code := body ->> 'code';
    t.km := (body ->> 'km')::numeric;
    t.own_vehicle := (body ->> 'own_vehicle')::boolean;
    t.vehicle_no := upper(regexp_replace(body ->> 'vehicle_no', '[ .-]', '', 'g'));
    t.purpose := coalesce(body ->> 'purpose', 'referral');
    t.to_code := body ->> 'to_code';
    t.left_at := coalesce((body ->> 'left_at')::timestamptz, v.discharged_at, greatest(now(), v.arrived_at));
    t.note := body ->> 'note';
    t.is_void := false;
    select d.department_id into t.department_id from org.department d where d.tenant_id = v.tenant_id
        and d.facility_id = v.facility_id and d.department_id = coalesce((body ->> 'department_id')::bigint, v.department_id);
    select w.staff_id into t.ordered_by_id from org.staff w
    where w.tenant_id = v.tenant_id and w.staff_id = coalesce((body ->> 'ordered_by_id')::bigint, v.practitioner_id);
    select * into s from bill.service_on(v.tenant_id, v.facility_id, t.local_code, sys.business_date(t.left_at));
    select jsonb_agg(api.error(f.pointer, f.code)) into bad from (values
        ('/code', case when s.code is null then 'reference.unknown' when s.cost_group <> '12' then 'not_transport'
            when not exists (select from bill.price_on(v.tenant_id, v.facility_id, 'service', t.local_code, bill.payer(v),
                sys.business_date(t.left_at))) then 'no_price' end),
        ('/km', case when t.km <> round(t.km, 3) then 'value.out_of_range' end),
        ('/vehicle_no', case when t.own_vehicle and t.vehicle_no is null then 'value.missing'
            when t.vehicle_no !~ '^[0-9A-Z]{4,12}$' then 'value.malformed'
            when exists (select from care.transport o where o.tenant_id = v.tenant_id and o.vehicle_no = t.vehicle_no
                and o.left_at = t.left_at and not o.is_void) then 'journey_charged' end),
        ('/to_code', case when t.to_code !~ '^[0-9]{5}$' then 'value.malformed' end),
        ('/department_id', case when t.department_id is null then 'reference.unknown' end),
        ('/ordered_by_id', case when t.ordered_by_id is null then 'reference.unknown' end),
        ('/left_at', care.time_fault(v, t.left_at))
    ) f (pointer, code) where f.code is not null;
    perform care.refuse(bad);
    insert into care.transport (tenant_id, facility_id, visit_id, local_code, km, own_vehicle, vehicle_no, purpose, to_code,
        department_id, ordered_by_id, left_at, note)
    values (t.tenant_id, t.facility_id, id, t.local_code, t.km, t.own_vehicle, t.vehicle_no, t.purpose, t.to_code, t.department_id,
        t.ordered_by_id, t.left_at, t.note)
    returning * into t;
    perform bill.charge_transport(v, t);
    return care.added(v, 'transports', t.transport_id, care.spend(id));
end
$$;
comment on function api.transport_add is 'POST /v1/visits/{id}/transports';

create or replace function api.transport_remove(id bigint, transport bigint) returns api.reply
    language plpgsql as $$
declare
    v care.visit := care.lock_visit(id);
begin
    update care.transport t set is_void = true
    where t.tenant_id = v.tenant_id and t.visit_id = id and t.transport_id = transport and not t.is_void;
    if not found then
        perform api.fail(404, 'transport.not_found');
    end if;
    update bill.charge c set is_void = true where c.tenant_id = v.tenant_id and c.visit_id = id and not c.is_void
        and c.source_kind = 'transport' and c.source_id = transport;
    return (204, null, null, null, null, care.spend(id))::api.reply;
end
$$;
comment on function api.transport_remove is 'DELETE /v1/visits/{id}/transports/{transport_id}: entered by mistake';

-- A journey to a facility is a referral only when the visit ends in one, to that facility (gateway rule X3-070).
create or replace function care.transport_faults(v care.visit) returns table (pointer text, code text, detail text)
    language plpgsql stable as $$
begin
    return query
    select '/transports/' || t.transport_id, case when v.outcome_code is distinct from '2' then 'not_referred' else 'other_destination' end,
        t.to_code
    from care.transport t
    where t.tenant_id = v.tenant_id and t.visit_id = v.visit_id and not t.is_void and t.purpose = 'referral'
        and (v.outcome_code is distinct from '2' or t.to_code is distinct from v.referred_to_code);
end
$$;
comment on function care.transport_faults is 'Transports that contradict how the visit ends';
