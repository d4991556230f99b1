-- Changing, closing and reopening visits.
set local role hmis_owner;

create or replace function api.visit_patch(id bigint, match text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    old care.visit;
    c record;
    money text;
begin
    perform api.need_body('visit_patch', body);
    old := care.lock_visit(id, match);
    v := old;
    v.kind_code := coalesce(body ->> 'kind_code', v.kind_code);
    v.object_code := coalesce(body ->> 'object_code', v.object_code);
    v.coverage_id := case when body ? 'coverage_id' then (body ->> 'coverage_id')::bigint else v.coverage_id end;
    v.department_id := coalesce((body ->> 'department_id')::bigint, v.department_id);
    v.room_id := case when body ? 'room_id' then (body ->> 'room_id')::bigint else v.room_id end;
    v.practitioner_id := case when body ? 'practitioner_id' then (body ->> 'practitioner_id')::bigint else v.practitioner_id end;
    v.given_level := case when body ? 'given_level' then (body ->> 'given_level')::numeric else v.given_level end;
    v.admitted_at := coalesce((body ->> 'admitted_at')::timestamptz, v.admitted_at,
        case when body ->> 'status' = 'admitted' then greatest(now(), v.arrived_at) end);
    select r.card, care.visit_faults(r.faults, r.merged_into) as bad into c
    from care.refer(v.tenant_id, v.facility_id, v.patient_id, v.kind_code, v.object_code, v.coverage_id, v.department_id, v.room_id,
        v.practitioner_id, v.arrived_at, v.given_level) r;
    if v.coverage_id is not null or not body ? 'coverage_id' then -- else it is taken off on purpose
        v.coverage_id := c.card;
    end if;
    if v.admitted_at < v.arrived_at or v.admitted_at > v.discharged_at then
        c.bad := care.join_faults(c.bad, jsonb_build_array(api.error('/admitted_at', 'value.out_of_range')));
    end if;
    if c.bad is not null then
        perform api.fail(422, 'visit.refused', c.bad);
    end if;
    perform set_config('hmis.reason', coalesce(body ->> 'why', ''), true);
    update care.visit x set kind_code = v.kind_code, object_code = v.object_code, coverage_id = v.coverage_id,
        department_id = v.department_id, room_id = v.room_id, practitioner_id = v.practitioner_id, given_level = v.given_level,
        admitted_at = v.admitted_at, priority = coalesce(body ->> 'priority', x.priority), reason = coalesce(body ->> 'reason', x.reason),
        admission_reason = case when body ? 'admission_reason' then body ->> 'admission_reason' else x.admission_reason end,
        referred_from_code = case when body ? 'referred_from_code' then body ->> 'referred_from_code' else x.referred_from_code end,
        referral_no = case when body ? 'referral_no' then body ->> 'referral_no' else x.referral_no end,
        accident_code = case when body ? 'accident_code' then body ->> 'accident_code' else x.accident_code end,
        weight_kg = case when body ? 'weight_kg' then (body ->> 'weight_kg')::numeric else x.weight_kg end,
        remark = case when body ? 'remark' then body ->> 'remark' else x.remark end,
        status = coalesce(body ->> 'status', x.status),
        coverage_state = case when v.coverage_id is null then 'not_needed'
            when v.coverage_id is distinct from old.coverage_id then 'not_checked' else x.coverage_state end,
        version = x.version + 1
    where x.tenant_id = v.tenant_id and x.visit_id = id;
    if (v.kind_code, v.object_code, v.coverage_id, v.given_level) is distinct from
        (old.kind_code, old.object_code, old.coverage_id, old.given_level) then
        update bill.charge h set coverage_id = (select k.coverage_id
            from bill.card_on(v.tenant_id, v.patient_id, v.coverage_id, sys.business_date(h.ordered_at)) k)
        where h.tenant_id = v.tenant_id and h.visit_id = id and not h.is_void;
        if v.kind_code <> old.kind_code then
            update bill.charge h set is_void = true where h.tenant_id = v.tenant_id and h.visit_id = id and not h.is_void
                and h.source_kind = 'bed_day';
        end if;
        if bill.payer(v) <> bill.payer(old) then
            perform bill.change_payer(v);
        end if;
        money := care.spend(id);
    end if;
    return (200, json_build_object('id', id, 'version', old.version + 1, 'coverage_id', v.coverage_id,
        'status', coalesce(body ->> 'status', old.status))::text, (old.version + 1)::text, null, null, money)::api.reply;
end
$$;
comment on function api.visit_patch is 'PATCH /v1/visits/{id}';

-- What still keeps a visit from being closed. v is the visit with its discharge data.
create or replace function care.closing_faults(v care.visit) returns jsonb
    language plpgsql stable as $$
declare
    bad jsonb;
    inpatient boolean := care.is_inpatient(v.kind_code, v.arrived_on);
begin
    select jsonb_agg(api.error(f.pointer, f.code, f.detail)) into bad from (
        select * from (values
            ('/diagnoses', case when not exists (select from care.diagnosis d where d.tenant_id = v.tenant_id
                and d.visit_id = v.visit_id and d.role = 'main') then 'main_required' end, null::text),
            ('/discharged_at', case when v.discharged_at < coalesce(v.admitted_at, v.arrived_at) then 'before_arrival'
                when v.discharged_at > now() + interval '10 minutes' then 'in_future' end, null),
            ('/result_code', case when v.result_code is null then 'value.missing' end, null),
            ('/outcome_code', case when v.outcome_code is null then 'value.missing' end, null),
            ('/referred_to_code', case when v.outcome_code = '2' and v.referred_to_code is null then 'value.missing' end, null),
            ('/practitioner_id', case when v.practitioner_id is null then 'value.missing' end, null),
            ('/treatment', case when inpatient and v.treatment is null then 'value.missing' end, null),
            ('/admission_reason', case when inpatient and v.admission_reason is null then 'value.missing' end, null),
            ('/movements', case when inpatient and not exists (select from care.movement m where m.tenant_id = v.tenant_id
                and m.visit_id = v.visit_id) then 'value.missing' end, null),
            ('/follow_up_on', case when v.follow_up_on < sys.business_date(v.discharged_at) then 'before_discharge' end, null),
            ('/weight_kg', case when v.weight_kg is null and v.coverage_id is not null and exists (select from reg.patient p
                where p.tenant_id = v.tenant_id and p.patient_id = v.patient_id
                    and p.born_on > v.arrived_on - interval '1 year') then 'value.missing' end, null),
            ('/coverage_id', case when v.coverage_id is null
                and care.object_mode(v.object_code, inpatient, v.arrived_on) <> 'none' then 'value.missing' end, null)
        ) q (pointer, code, detail)
        union all
        select '/orders/' || o.service_order_id, 'not_done', o.local_code from care.service_order o
        where o.tenant_id = v.tenant_id and o.visit_id = v.visit_id and o.status in ('ordered', 'accepted')
        union all
        select '/prescriptions/' || p.prescription_id, 'not_dispensed', null from care.prescription p
        where inpatient and p.tenant_id = v.tenant_id and p.visit_id = v.visit_id and p.status = 'ordered'
        union all
        select '/lines/' || c.source_kind || '/' || c.source_id, 'after_discharge', c.item_name from bill.charge c
        where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void and c.source_kind <> 'bed_day'
            and c.ordered_at > v.discharged_at
        union all
        select t.pointer, t.code, t.detail from care.transport_faults(v) t
    ) f where f.code is not null;
    return bad;
end
$$;
comment on function care.closing_faults is 'Everything that keeps a visit from being closed';

-- Closing has two transactions: this one records the discharge and ends the stay; then the follow-up prices the
-- visit with its bed days and calls api.visit_finish. A crash between them leaves the visit discharged,
-- not closed, and the same request again goes on from there.
create or replace function api.visit_close(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    bad jsonb;
    was text;
begin
    perform api.need_body('visit_close', body - 'override');
    if body ? 'override' then
        bad := api.check_body('visit_override', body -> 'override', '/override');
        if bad is not null then
            perform api.fail(422, 'body.invalid', bad);
        end if;
        perform api.need_permission('visit.override');
    end if;
    v := care.lock_visit(id);
    was := case when v.discharged_at is null then v.status else '-' end;
    v.discharged_at := coalesce((body ->> 'discharged_at')::timestamptz, v.discharged_at, greatest(now(), v.arrived_at));
    v.result_code := coalesce(body ->> 'result_code', v.result_code);
    v.outcome_code := coalesce(body ->> 'outcome_code', v.outcome_code);
    v.referred_to_code := coalesce(body ->> 'referred_to_code', v.referred_to_code);
    v.treatment := coalesce(body ->> 'treatment', v.treatment);
    v.remark := coalesce(body ->> 'remark', v.remark);
    v.follow_up_on := coalesce((body ->> 'follow_up_on')::date, v.follow_up_on);
    bad := care.closing_faults(v);
    if bad is not null then
        perform api.fail(422, 'visit.not_ready', bad);
    end if;
    update care.movement m set during = tstzrange(lower(m.during), v.discharged_at)
    where m.tenant_id = v.tenant_id and m.visit_id = id and (upper_inf(m.during) or upper(m.during) <> v.discharged_at)
        and not exists (select from care.movement n where n.tenant_id = v.tenant_id and n.visit_id = id
            and lower(n.during) > lower(m.during)) and lower(m.during) < v.discharged_at;
    update care.visit x set discharged_at = v.discharged_at, result_code = v.result_code, outcome_code = v.outcome_code,
        referred_to_code = v.referred_to_code, treatment = v.treatment, remark = v.remark, follow_up_on = v.follow_up_on,
        status = 'done', is_priced = false, pricing_version = x.pricing_version + 1, version = x.version + 1
    where x.tenant_id = v.tenant_id and x.visit_id = id;
    return (200, null, null, null, null, format('close %s %s %s', id, v.version + 1, was))::api.reply;
end
$$;
comment on function api.visit_close is 'POST /v1/visits/{id}/close: discharge; the follow-up prices and closes';

-- Safe to call again: a closed visit answers as the first time, and one that was reopened stays open, because seen is
-- its version as the discharge left it.
create or replace function api.visit_finish(id bigint, seen int) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    owed numeric;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    if v.status <> 'closed' then
        if not v.is_priced or v.status <> 'done' or v.version <> seen then
            perform api.fail(409, 'visit.changed_meanwhile');
        end if;
        update care.visit x set status = 'closed', closed_at = now(), version = x.version + 1
        where x.tenant_id = v.tenant_id and x.visit_id = id returning * into v;
        perform bill.post_closing(v);
        if v.coverage_id is not null then
            insert into claim.claim as c (tenant_id, facility_id, visit_id, ma_lk, month)
            values (v.tenant_id, v.facility_id, id, v.ma_lk, date_trunc('month', sys.business_date(v.discharged_at))::date)
            on conflict (tenant_id, visit_id) do update set month = excluded.month, updated_at = now();
        end if;
    end if;
    owed := bill.due(v);
    if owed = 0 and v.settled_at is null then
        update care.visit x set settled_at = now() where x.tenant_id = v.tenant_id and x.visit_id = id;
    end if;
    return (200, json_build_object('id', id, 'ma_lk', v.ma_lk, 'status', 'closed', 'version', v.version, 'closed_at', v.closed_at,
        'due', owed, 'claim_id', (select c.claim_id from claim.claim c where c.tenant_id = v.tenant_id and c.visit_id = id))::text,
        v.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.visit_finish is 'Second half of closing: the visit is priced; books its revenue and drafts its claim';

-- The rules refused: what api.visit_close recorded is taken back, so that the visit goes on. was = its status before, or
-- '-' when it had been discharged earlier.
create or replace function care.close_refused(id bigint, seen int, was text) returns boolean
    language plpgsql as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    if not found or v.status <> 'done' or v.version <> seen then
        perform api.fail(409, 'visit.changed_meanwhile');
    end if;
    if was = '-' then
        return false;
    end if;
    update care.movement m set during = tstzrange(lower(m.during), null)
    where m.tenant_id = v.tenant_id and m.visit_id = id and upper(m.during) = v.discharged_at
        and not exists (select from care.movement n where n.tenant_id = v.tenant_id and n.visit_id = id
            and lower(n.during) > lower(m.during));
    perform set_config('hmis.reason', 'refused by the rules', true);
    update care.visit x set discharged_at = null, status = was, is_priced = false, pricing_version = x.pricing_version + 1,
        version = x.version + 1
    where x.tenant_id = v.tenant_id and x.visit_id = id;
    return true;
end
$$;
comment on function care.close_refused is 'After critical findings: the visit is as it was before the close, only its result and treatment are kept';

delete from api.field where shape = 'visit_override';
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('visit_override', 'reason', 'text', true, 10, 1000, null, null);

create or replace function api.visit_reopen(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    c claim.claim;
begin
    perform api.need_body('visit_reopen', body);
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    if v.status <> 'closed' then
        perform api.fail(409, 'visit.not_closed');
    end if;
    perform set_config('hmis.reason', body ->> 'reason', true);
    select * into c from claim.claim x where x.tenant_id = v.tenant_id and x.visit_id = id for no key update;
    if c.state in ('sent', 'review', 'accepted', 'cut', 'refused', 'settled') then
        perform api.fail(409, 'claim.under_way', jsonb_build_array(api.error('/claim', 'state', c.state)));
    elsif c.state is not null and c.state <> 'draft' then
        update claim.claim x set state = 'draft', updated_at = now() where x.tenant_id = v.tenant_id and x.claim_id = c.claim_id;
    end if;
    perform bill.post_reopening(v);
    update care.visit x set status = 'done', closed_at = null, settled_at = null, version = x.version + 1
    where x.tenant_id = v.tenant_id and x.visit_id = id returning * into v;
    return (200, json_build_object('id', id, 'status', v.status, 'version', v.version)::text, v.version::text, null, null, null)::api.reply;
end
$$;
comment on function api.visit_reopen is 'POST /v1/visits/{id}/reopen';
