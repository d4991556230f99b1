-- Where money is born: catalogue and price of the day, charges, pricing, the bill. Payments are in api_payment.sql.
set local role hmis_owner;

-- The row of a centre's list that holds for a facility on a day: one of the facility beats one of the tenant. These
-- four are plain SQL so that the planner puts them into the statements that use them.
create or replace function bill.service_on(tenant bigint, facility bigint, wanted text, day date) returns setof ref.local_service
    language sql stable as $$
    select s.* from ref.local_service s
    where s.tenant_id = tenant and s.code = wanted and (s.facility_id is null or s.facility_id = facility) and s.valid @> day
    order by s.facility_id nulls last limit 1 $$;
comment on function bill.service_on is 'Service of the centre''s list by its own code, on a day';

create or replace function bill.drug_on(tenant bigint, facility bigint, wanted text, day date) returns setof ref.local_drug
    language sql stable as $$
    select s.* from ref.local_drug s
    where s.tenant_id = tenant and s.code = wanted and (s.facility_id is null or s.facility_id = facility) and s.valid @> day
    order by s.facility_id nulls last limit 1 $$;
comment on function bill.drug_on is 'Drug of the centre''s list by its own code, on a day';

create or replace function bill.supply_on(tenant bigint, facility bigint, wanted text, day date) returns setof ref.local_supply
    language sql stable as $$
    select s.* from ref.local_supply s
    where s.tenant_id = tenant and s.code = wanted and (s.facility_id is null or s.facility_id = facility) and s.valid @> day
    order by s.facility_id nulls last limit 1 $$;
comment on function bill.supply_on is 'Supply of the centre''s list by its own code, on a day';

create or replace function bill.price_on(tenant bigint, facility bigint, kind text, wanted text, payer text, day date)
    returns setof ref.item_price
    language sql stable as $$
    select p.* from ref.item_price p
    where p.tenant_id = tenant and p.item_kind = kind and p.item_code = wanted
        and (p.facility_id is null or p.facility_id = facility) and p.valid @> day
        and (p.object in (payer, '*') or (payer = 'foreign' and p.object = 'fee'))
    order by p.facility_id nulls last, case p.object when payer then 0 when '*' then 2 else 1 end limit 1 $$;
comment on function bill.price_on is 'Price of an item for a payer (bhyt, fee, foreign) on a day: the facility''s before the tenant''s, the payer''s before everyone''s';

create or replace function bill.payer(v care.visit) returns text
    language plpgsql stable as $$
begin
    if v.coverage_id is not null then
        return 'bhyt';
    end if;
    return (select case when p.nationality_code = '000' then 'fee' else 'foreign' end from reg.patient p
        where p.tenant_id = v.tenant_id and p.patient_id = v.patient_id);
end
$$;
comment on function bill.payer is 'Whose prices apply to a visit';

-- Card in force at the time of a line: the patient's card of that day; else the visit's (the engine knows the
-- days of grace after its end).
create or replace function bill.card_on(tenant bigint, patient bigint, visit_card bigint, day date)
    returns table (coverage_id bigint) language sql stable as $$
    select coalesce((select c.coverage_id from reg.coverage c where c.tenant_id = tenant and c.patient_id = patient
        and not c.is_void and c.valid @> day limit 1), visit_card) where visit_card is not null $$;
comment on function bill.card_on is 'Card in force on a day of a stay; no row for an uninsured visit';

-- Lines are JSON objects with what the benefit engine reads (short names, as in bill.case_of) and the columns of their
-- charge. With the engine's shares (as for bill.store) a charge is born with them; without, everything is the
-- patient's own, which always satisfies the identity, and the visit must be priced afterwards. The fund wants to know of
-- an insured visit when its first cost is made (XML0): that is queued with it.
create or replace function bill.charge_lines(tenant bigint, facility bigint, visit bigint, lines json, shares json default null) returns boolean
    language plpgsql as $$
begin
    with made as (
        insert into bill.charge (tenant_id, facility_id, visit_id, charge_id, claim_table, source_kind, source_id, split_no, coverage_id,
            item_code, service_code, item_name, group_code, package_code, unit, strength, route_code, form, dose_text, usage_text,
            registration_no, tender, model_no, reused, scope_code, scope_listed, quantity, price_hospital, price_insurance, price_ceiling,
            price_applied, rate_service, rate_service_applied, rate_insurance, rate_insurance_listed, ceiling, amount_hospital,
            amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share, other_state, other_foreign,
            other_domestic, other_rest, rules_applied, is_provisional, paid_source, war_wound, department_id, practitioner_codes,
            performer_codes, machine_code, anaesthesia_code, procedure_codes, transport_km, own_vehicle, ordered_at, performed_at, result_at)
        select tenant, facility, visit, case when s.p = 2 then (sys.node() << 40) + nextval('bill.charge_seq') else l.id end, l.t, l.kind,
            l.source, coalesce(s.p, 0), l.card, l.code, l.service, l.name, l.g, l.pk, l.unit, l.strength, l.route, l.form, l.dose,
            l.usage, l.registration, l.tender, l.model, coalesce(l.reused, false), coalesce(s.s, l.s),
            case when s.c is not null then nullif(l.s, s.s) end, coalesce(s.q, l.q), l.ph, l.pf, l.pc, coalesce(s.pi, l.pf), l.rs,
            coalesce(s.rs, 100), coalesce(s.ri, l.ri), case when s.c is not null then nullif(l.ri, s.ri) end, s.ce,
            coalesce(s.ah, a.whole), coalesce(s.ai, 0), coalesce(s.lv, 0), coalesce(s.fu, 0), coalesce(s.cp, 0),
            coalesce(s.se, a.whole), coalesce(s.ot, 0), coalesce(s.o1, 0), coalesce(s.o2, 0), coalesce(s.o3, 0),
            coalesce(s.o4, 0), coalesce(s.w, '{}')::text[], s.c is null, coalesce(l.paid, '1'), coalesce(l.w, false), l.department, array[l.practitioner],
            coalesce(l.performers, '{}'), l.machine, l.anaesthesia, coalesce(l.procedures, '{}'), l.km, l.own,
            l.ordered_at, l.performed_at, l.result_at
        from json_to_recordset(lines) as l (id bigint, t int, g int, s text, q numeric, ph numeric, pf numeric, pc numeric, rs numeric,
            ri numeric, w boolean, pk text, kind text, source bigint, card bigint, code text, service text, name text, unit text,
            strength text, route text, form text, dose text, usage text, registration text, tender text, model text, reused boolean,
            paid text, department bigint, practitioner text, performers text[], machine text, anaesthesia text, procedures text[],
            km numeric, own boolean, ordered_at timestamptz, performed_at timestamptz, result_at timestamptz)
        left join json_to_recordset(coalesce(shares, '[]')) as s (c bigint, p int, q numeric, s text, pi numeric, rs numeric, ri numeric,
            ce numeric, ah numeric, ai numeric, lv numeric, fu numeric, cp numeric, se numeric, ot numeric, o1 numeric, o2 numeric,
            o3 numeric, o4 numeric, w text) on s.c = l.id
        -- the litres of a transport are the engine's: nothing is charged before
        cross join lateral (select case when l.km is null then round(l.q * l.ph, 2) else 0 end as whole) a
        returning charge_id, coverage_id
    ), noted as (
        insert into claim.check_in (tenant_id, facility_id, visit_id, occasion, charge_id)
        select tenant, facility, visit, 'first_cost', m.charge_id from made m where m.coverage_id is not null order by m.charge_id limit 1
        on conflict (tenant_id, visit_id, occasion) do nothing
        returning check_in_id
    )
    insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, run_at, created_by, request_id)
    select tenant, facility, 'check_in_send', n.check_in_id::text, jsonb_build_object('check_in_id', n.check_in_id),
        now() + interval '1 second', sys.user_id(), sys.request_id()
    from noted n;
    return true;
end
$$;
comment on function bill.charge_lines is 'Charges lines, with their shares when they are known, and queues the check-in of an insured visit''s first cost';

create or replace function bill.charge_order(v care.visit, id bigint) returns void
    language plpgsql as $$
declare
    payer text := bill.payer(v);
    lines json;
begin
    select json_agg(row_to_json(l)) into lines from (
        select (sys.node() << 40) + nextval('bill.charge_seq') as id, 3 as t, s.cost_group as g, s.benefit_scope as s, o.quantity as q,
            p.price_hospital as ph, coalesce(p.price_bhyt, p.price_hospital) as pf, o.rate_service as rs, s.payment_ratio as ri,
            o.war_wound as w, 'order' as kind, o.service_order_id as source, k.coverage_id as card, s.service_code as code,
            s.name_vi as name, s.unit_vi as unit, o.department_id as department, st.code as practitioner,
            org.staff_codes(o.tenant_id, o.performer_ids) as performers, m.code as machine, o.anaesthesia_code as anaesthesia,
            bill.procedures(s.service_code, s.cost_group) as procedures, o.ordered_at, o.performed_at, o.result_at
        from care.service_order o
        join org.staff st on st.tenant_id = o.tenant_id and st.staff_id = o.ordered_by_id
        left join org.machine m on m.tenant_id = o.tenant_id and m.machine_id = o.machine_id
        cross join lateral bill.service_on(o.tenant_id, o.facility_id, o.local_code, sys.business_date(o.ordered_at)) s
        cross join lateral bill.price_on(o.tenant_id, o.facility_id, 'service', o.local_code, payer, sys.business_date(o.ordered_at)) p
        left join lateral bill.card_on(o.tenant_id, v.patient_id, v.coverage_id, sys.business_date(o.ordered_at)) k on true
        where o.tenant_id = v.tenant_id and o.service_order_id = charge_order.id) l;
    if lines is null then
        perform api.fail(422, 'charge.no_price', jsonb_build_array(api.error('/code', 'no_price')));
    end if;
    perform bill.charge_lines(v.tenant_id, v.facility_id, v.visit_id, lines);
end
$$;
comment on function bill.charge_order is 'Charges an order that was done after it was written';

create or replace function org.staff_codes(tenant bigint, ids bigint[]) returns text[]
    language plpgsql stable as $$
begin
    if ids is null or cardinality(ids) = 0 then
        return '{}';
    end if;
    return (select array_agg(s.code order by u.no) from unnest(ids) with ordinality u (id, no)
        join org.staff s on s.tenant_id = tenant and s.staff_id = u.id);
end
$$;
comment on function org.staff_codes is 'Licence codes of people, in the order given';

create or replace function bill.procedures(service text, cost_group text) returns text[]
    language plpgsql stable as $$
begin
    if cost_group not in ('8', '18') then
        return '{}';
    end if;
    return (select coalesce(array_agg(x.icd9_code order by x.icd9_code), '{}') from ref.service_icd9 x where x.service_code = service);
end
$$;
comment on function bill.procedures is 'ICD-9-CM codes of a surgery or procedure';

-- Pricing -------------------------------------------------------------------------------------------------------

create or replace function bill.copay_paid(v care.visit, out paid numeric, out paid_before_change numeric)
    language plpgsql as $$
declare
    year_on date := date_trunc('year', sys.business_date(v.arrived_at))::date;
    changed_on date := (select max(p.effective_from) from ref.benefit_parameter p where p.key = 'base_salary'
        and p.effective_from > year_on and p.effective_from <= sys.business_date(v.arrived_at));
    scope text := current_setting('hmis.facilities');
begin
    -- the year limit counts at every facility of the tenant, whatever the caller may see: only sums leave here
    perform set_config('hmis.facilities', (select array_agg(f.facility_id)::text from org.facility f
        where f.tenant_id = v.tenant_id), true);
    select coalesce(sum(c.copay_share), 0), coalesce(sum(c.copay_share) filter (where x.arrived_on < changed_on), 0)
    into paid, paid_before_change
    from care.visit x join bill.charge c on c.tenant_id = x.tenant_id and c.visit_id = x.visit_id and not c.is_void
    where x.tenant_id = v.tenant_id and x.patient_id = v.patient_id and x.visit_id <> v.visit_id
        and x.arrived_at >= year_on::timestamp at time zone 'Asia/Ho_Chi_Minh' and x.arrived_at < v.arrived_at
        and not exists (select from ref.benefit_route_factor f where f.code = x.object_code and f.mode = 'factor'
            and f.value::numeric < 100 and x.arrived_on between f.effective_from and coalesce(f.effective_to, 'infinity')
            and f.setting in ('*', case when care.is_inpatient(x.kind_code, x.arrived_on) then 'inpatient' else 'outpatient' end));
    perform set_config('hmis.facilities', scope, true);
    select paid + k.paid_copay, paid_before_change + case when changed_on is null then 0 else k.paid_copay end
    into paid, paid_before_change
    from (values (1)) one (x) left join lateral (select sum(k.paid_copay) as paid_copay from reg.coverage k
        where k.tenant_id = v.tenant_id and k.coverage_id = v.coverage_id and k.paid_copay_year = extract(year from year_on)) a on true
        cross join lateral (select coalesce(a.paid_copay, 0) as paid_copay) k;
end
$$;
comment on function bill.copay_paid is 'Right-route co-payment of the patient since 1 January before this visit, and the part of it before the base salary changed';

create or replace function bill.stay(v care.visit) returns json
    language plpgsql as $$
begin
    return json_build_object(
        'kind', case when care.is_inpatient(v.kind_code, v.arrived_on) then 'ward' else (select case f.kind when 'station' then 'station'
            else 'polyclinic' end from org.facility f where f.tenant_id = v.tenant_id and f.facility_id = v.facility_id) end,
        'from', floor(extract(epoch from coalesce(v.admitted_at, (select min(lower(m.during)) from care.movement m
            where m.tenant_id = v.tenant_id and m.visit_id = v.visit_id and m.bed_id is not null
                and not care.is_inpatient(v.kind_code, v.arrived_on)), v.arrived_at)))::bigint,
        'to', floor(extract(epoch from v.discharged_at))::bigint,
        'ending', case when v.result_code in ('5', '8') then 'death'
            when v.result_code = '6' or v.result_code = '4' and v.outcome_code = '4' then 'worse_taken_home'
            when v.outcome_code in ('2', '5') and v.result_code in ('3', '4') then 'transfer_up'
            when v.outcome_code in ('2', '5') then 'transfer_continued' else 'recovered' end,
        'moves', (select json_agg(row_to_json(m) order by m.a) from (
            select m.movement_id as id, floor(extract(epoch from lower(m.during)))::bigint as a,
                floor(extract(epoch from coalesce(upper(m.during), v.discharged_at)))::bigint as b, m.department_id as ward,
                m.shared_by as sharers, m.is_stretcher as stretcher, s.cost_group as g, s.benefit_scope as s,
                s.payment_ratio as ri, p.price_hospital as ph, coalesce(p.price_bhyt, p.price_hospital) as pf
            from care.movement m
            left join org.bed b on b.tenant_id = m.tenant_id and b.bed_id = m.bed_id
            left join lateral bill.service_on(m.tenant_id, m.facility_id, b.service_code, sys.business_date(lower(m.during))) s on true
            left join lateral bill.price_on(m.tenant_id, m.facility_id, 'service', b.service_code, bill.payer(v),
                sys.business_date(lower(m.during))) p on true
            where m.tenant_id = v.tenant_id and m.visit_id = v.visit_id) m));
end
$$;
comment on function bill.stay is 'The bed days of a discharged in-patient, or of a stay at a station or polyclinic (06), as the benefit engine wants them: from, to, how it ended, and where the patient lay';

-- One visit as the benefit engine wants it (claims/benefit/visit_json.c reads it), with the lines given. `v` is the
-- pricing_version the answer is for.
create or replace function bill.case_of(v care.visit, lines text) returns text
    language plpgsql as $$
declare
    last_day date := coalesce(sys.business_date(v.discharged_at), sys.business_date(now()));
begin
    return (select concat(left(row_to_json(x)::text, -1), ',"lines":', coalesce(lines, 'null'), '}') from (
        select v.visit_id as id, v.pricing_version as v, v.is_priced as priced, b.version as rules,
        floor(extract(epoch from v.arrived_at))::bigint as admitted,
        case when k.coverage_id is null then '9' else v.object_code end as object, v.kind_code as care,
        case f.kind when 'station' then 'station' else f.level end as facility,
        floor(extract(epoch from k.exempt_at))::bigint as exempt, k.five_year_on as five_years,
        coalesce(y.paid, 0) as paid, coalesce(y.paid_before_change, 0) as paid_before, v.given_level as level,
        (select json_agg(json_build_array(c.object_group, c.benefit_digit, lower(c.valid), upper(c.valid) - 1))
            from reg.coverage c where c.tenant_id = v.tenant_id and c.patient_id = k.patient_id and not c.is_void
                and (c.coverage_id = k.coverage_id or c.valid && daterange(sys.business_date(v.arrived_at), last_day, '[]'))) as cards,
        case when v.discharged_at is not null and care.has_beds(v.kind_code, v.arrived_on) then bill.stay(v) end as stay
        from ref.benefit_version b
        join org.facility f on f.tenant_id = v.tenant_id and f.facility_id = v.facility_id
        left join reg.coverage k on k.tenant_id = v.tenant_id and k.coverage_id = v.coverage_id
        left join lateral (select p.paid, p.paid_before_change from bill.copay_paid(v) p where k.five_year_on <= last_day offset 0) y on true) x);
end
$$;
comment on function bill.case_of is 'What the benefit engine needs to know of a visit with these lines';

-- The document for a visit as it is. Parts of a line that was split are one line again.
create or replace function bill.inputs(id bigint) returns json
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id;
    if not found then
        return null;
    end if;
    return bill.case_of(v, (select json_agg(row_to_json(l) order by l.at, l.id)::text from (
        select min(c.charge_id) as id, max(c.claim_table) as t, max(c.group_code) as g,
            max(coalesce(c.scope_listed, c.scope_code)) as s,
            floor(extract(epoch from max(c.ordered_at)))::bigint as at, sum(c.quantity) as q, max(c.price_hospital) as ph,
            max(c.price_insurance) as pf, max(c.price_ceiling) as pc, max(c.rate_service) as rs,
            max(coalesce(c.rate_insurance_listed, c.rate_insurance)) as ri,
            bool_or(c.war_wound) as w, max(c.payment_method) as m, max(c.package_code) as pk, max(c.other_mode) as om,
            sum(c.other_state) as o1, sum(c.other_foreign) as o2, sum(c.other_domestic) as o3, sum(c.other_rest) as o4,
            max(o.operation_no) as op, max(o.performer_ids[1] & 2147483647) as team,
            max(c.transport_km) as km, bool_or(c.own_vehicle) as own
        from bill.charge c
        left join care.service_order o on o.tenant_id = c.tenant_id and c.source_kind = 'order' and o.service_order_id = c.source_id
        where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void and c.source_kind <> 'bed_day'
        group by c.source_kind, c.source_id, c.split_no / 10) l))::json;
end
$$;
comment on function bill.inputs is 'What the benefit engine needs to know of a visit; null when the visit does not exist for the caller';

-- The second half of api.visit_open, in its transaction: charges the lines with the shares the engine computed. Without
-- shares (the engine's rules are old, or it refuses the visit) the lines are the patient's own, and the answer is the
-- follow-up that prices the visit as after any other change.
create or replace function bill.charge_opened(id bigint, lines json, shares json, exempt_at timestamptz) returns text
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    charged boolean := bill.charge_lines(sys.tenant(), sys.facility(), id, lines, shares);
begin
    if shares is not null and charge_opened.exempt_at is null then
        return 'priced ' || id;
    end if;
    update care.visit x set is_priced = shares is not null, exempt_at = charge_opened.exempt_at
    where x.tenant_id = sys.tenant() and x.visit_id = id;
    return case when shares is null then 'price ' else 'priced ' end || id;
end
$$;
comment on function bill.charge_opened is 'Charges the lines of a visit that is being opened; returns the follow-up';

-- Writes what the engine answered for pricing_version; false when the visit has changed since (price again).
-- shares: c charge id (the line''s first) or m movement and n line of its bed days; p part 0, 1, 2; the rest as bill.charge.
create or replace function bill.store(id bigint, seen int, exempt_at timestamptz, shares jsonb) returns boolean
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    if not found or v.pricing_version <> seen or v.status = 'closed' then
        return found and v.status = 'closed' and v.is_priced;
    end if;
    perform bill.store_lines(v, shares);
    if v.discharged_at is not null and care.has_beds(v.kind_code, v.arrived_on) then
        perform bill.store_bed_days(v, shares);
    end if;
    if not v.is_priced or v.exempt_at is distinct from store.exempt_at then
        update care.visit x set is_priced = true, exempt_at = store.exempt_at where x.tenant_id = v.tenant_id and x.visit_id = id;
    end if;
    return true;
end
$$;
comment on function bill.store is 'Stores the shares of all lines of a visit';

create or replace function bill.store_lines(v care.visit, shares jsonb) returns void
    language plpgsql as $$
begin
    update bill.charge c set split_no = c.split_no / 10 * 10 + s.p, quantity = s.q, scope_code = s.s,
        scope_listed = nullif(coalesce(c.scope_listed, c.scope_code), s.s), price_applied = s.pi, rate_service_applied = s.rs,
        rate_insurance = s.ri, rate_insurance_listed = nullif(coalesce(c.rate_insurance_listed, c.rate_insurance), s.ri),
        ceiling = s.ce, amount_hospital = s.ah, amount_insurance = s.ai, benefit_level = s.lv, fund_share = s.fu, copay_share = s.cp, self_share = s.se, other_share = s.ot, other_state = s.o1,
        other_foreign = s.o2, other_domestic = s.o3, other_rest = s.o4, rules_applied = s.w::text[], is_provisional = false
    from jsonb_to_recordset(shares) as s (c bigint, p int, q numeric, s text, pi numeric, rs numeric, ri numeric, ce numeric, ah numeric,
        ai numeric, lv numeric, fu numeric, cp numeric, se numeric, ot numeric, o1 numeric, o2 numeric, o3 numeric, o4 numeric, w text)
    where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and c.charge_id = s.c and s.p in (0, 1)
        and (c.is_provisional or (c.split_no % 10, c.quantity, c.scope_code, c.price_applied, c.rate_service_applied, c.rate_insurance,
            c.ceiling, c.amount_hospital, c.amount_insurance, c.benefit_level, c.fund_share, c.copay_share, c.self_share, c.other_share,
            c.other_state, c.other_foreign, c.other_domestic, c.other_rest, c.rules_applied)
        is distinct from (s.p, s.q, s.s, s.pi, s.rs, s.ri, s.ce, s.ah, s.ai, s.lv, s.fu, s.cp, s.se, s.ot, s.o1, s.o2, s.o3, s.o4,
            s.w::text[]));
    if shares @> '[{"p": 2}]' or exists (select from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id
            and not c.is_void and c.source_kind <> 'bed_day' and c.split_no % 10 = 2) then
        perform bill.store_second_parts(v, shares);
    end if;
end
$$;
comment on function bill.store_lines is 'Stores the shares of lines that exist';

create or replace function bill.store_second_parts(v care.visit, shares jsonb) returns void
    language plpgsql as $$
begin
    -- parts of lines that are not split any more
    update bill.charge c set is_void = true
    where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void and c.source_kind <> 'bed_day' and c.split_no % 10 = 2
        and not exists (select from jsonb_to_recordset(shares) as s (c bigint, p int) join bill.charge f
            on f.tenant_id = v.tenant_id and f.charge_id = s.c
            where s.p = 2 and f.source_kind = c.source_kind and f.source_id = c.source_id and f.split_no / 10 = c.split_no / 10);
    insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, split_no, coverage_id, item_code,
        service_code, item_name, group_code, package_code, unit, strength, route_code, form, dose_text, usage_text, registration_no,
        tender, model_no, reused, scope_code, scope_listed, quantity, price_hospital, price_insurance, price_ceiling, price_applied,
        rate_service, rate_service_applied, rate_insurance, rate_insurance_listed, ceiling, amount_hospital, amount_insurance,
        benefit_level, fund_share, copay_share, self_share, other_share, other_mode, other_state, other_foreign, other_domestic, other_rest, rules_applied, payment_method,
        paid_source, war_wound, department_id, practitioner_codes, performer_codes, machine_code, bed_codes, icd_codes,
        anaesthesia_code, procedure_codes, ordered_at, performed_at, result_at)
    select c.tenant_id, c.facility_id, c.visit_id, c.claim_table, c.source_kind, c.source_id, c.split_no / 10 * 10 + 2, c.coverage_id,
        c.item_code, c.service_code, c.item_name, c.group_code, c.package_code, c.unit, c.strength, c.route_code, c.form, c.dose_text,
        c.usage_text, c.registration_no, c.tender, c.model_no, c.reused, s.s,
        nullif(coalesce(c.scope_listed, c.scope_code), s.s), s.q, c.price_hospital, c.price_insurance, c.price_ceiling, s.pi,
        c.rate_service, s.rs, s.ri, nullif(coalesce(c.rate_insurance_listed, c.rate_insurance), s.ri), s.ce, s.ah, s.ai,
        s.lv, s.fu, s.cp, s.se, s.ot, c.other_mode, s.o1, s.o2, s.o3, s.o4,
        s.w::text[], c.payment_method, c.paid_source, c.war_wound, c.department_id, c.practitioner_codes, c.performer_codes,
        c.machine_code, c.bed_codes, c.icd_codes, c.anaesthesia_code, c.procedure_codes, c.ordered_at, c.performed_at, c.result_at
    from jsonb_to_recordset(shares) as s (c bigint, p int, q numeric, s text, pi numeric, rs numeric, ri numeric, ce numeric, ah numeric,
        ai numeric, lv numeric, fu numeric, cp numeric, se numeric, ot numeric, o1 numeric, o2 numeric, o3 numeric, o4 numeric, w text)
    join bill.charge c on c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and c.charge_id = s.c
    where s.p = 2
    on conflict (tenant_id, source_kind, source_id, split_no) where not is_void do update
    set quantity = excluded.quantity, scope_code = excluded.scope_code, scope_listed = excluded.scope_listed,
        rate_insurance_listed = excluded.rate_insurance_listed, price_applied = excluded.price_applied,
        rate_service_applied = excluded.rate_service_applied, rate_insurance = excluded.rate_insurance, ceiling = excluded.ceiling,
        amount_hospital = excluded.amount_hospital, amount_insurance = excluded.amount_insurance,
        benefit_level = excluded.benefit_level, fund_share = excluded.fund_share, copay_share = excluded.copay_share,
        self_share = excluded.self_share, other_share = excluded.other_share, other_state = excluded.other_state,
        other_foreign = excluded.other_foreign, other_domestic = excluded.other_domestic, other_rest = excluded.other_rest,
        rules_applied = excluded.rules_applied;
end
$$;
comment on function bill.store_second_parts is 'Makes and voids the second parts of lines split at the year limit';

create or replace function bill.store_bed_days(v care.visit, shares jsonb) returns void
    language plpgsql as $$
begin
    update bill.charge c set is_void = true
    where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void and c.source_kind = 'bed_day'
        and not exists (select from jsonb_to_recordset(shares) as s (m bigint, n int, p int)
            where s.m = c.source_id and s.n * 10 + s.p = c.split_no);
    insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, split_no, coverage_id, item_code,
        item_name, group_code, unit, scope_code, quantity, price_hospital, price_insurance, price_applied, rate_service_applied,
        rate_insurance, ceiling, amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share,
        other_state, other_foreign, other_domestic, other_rest, rules_applied, department_id, practitioner_codes, bed_codes, ordered_at,
        performed_at, result_at)
    select m.tenant_id, m.facility_id, m.visit_id, 3, 'bed_day', m.movement_id, s.n * 10 + s.p, k.coverage_id, g.service_code, g.name_vi,
        s.g, g.unit_vi, s.s, s.q, s.ph, s.pf, s.pi, s.rs, s.ri, s.ce, s.ah, s.ai,
        s.lv, s.fu, s.cp, s.se, s.ot, s.o1, s.o2, s.o3, s.o4, s.w::text[], m.department_id,
        coalesce((select array[w.code] from org.staff w where w.tenant_id = v.tenant_id and w.staff_id = v.practitioner_id), '{}'),
        array[b.code], to_timestamp(s.a), to_timestamp(s.a), to_timestamp(s.b)
    from jsonb_to_recordset(shares) as s (m bigint, n int, p int, a bigint, b bigint, g int, ph numeric, pf numeric, q numeric, s text,
        pi numeric, rs numeric, ri numeric, ce numeric, ah numeric, ai numeric, lv numeric, fu numeric, cp numeric, se numeric,
        ot numeric, o1 numeric, o2 numeric, o3 numeric, o4 numeric, w text)
    join care.movement m on m.tenant_id = v.tenant_id and m.visit_id = v.visit_id and m.movement_id = s.m
    join org.bed b on b.tenant_id = m.tenant_id and b.bed_id = m.bed_id
    cross join lateral bill.service_on(m.tenant_id, m.facility_id, b.service_code, sys.business_date(lower(m.during))) g
    left join lateral bill.card_on(m.tenant_id, v.patient_id, v.coverage_id, sys.business_date(to_timestamp(s.a))) k on true
    on conflict (tenant_id, source_kind, source_id, split_no) where not is_void do update
    set quantity = excluded.quantity, scope_code = excluded.scope_code, group_code = excluded.group_code,
        price_hospital = excluded.price_hospital, price_insurance = excluded.price_insurance, price_applied = excluded.price_applied,
        coverage_id = excluded.coverage_id, rate_service_applied = excluded.rate_service_applied,
        rate_insurance = excluded.rate_insurance, ceiling = excluded.ceiling, amount_hospital = excluded.amount_hospital,
        amount_insurance = excluded.amount_insurance, benefit_level = excluded.benefit_level, fund_share = excluded.fund_share,
        copay_share = excluded.copay_share, self_share = excluded.self_share, other_share = excluded.other_share,
        rules_applied = excluded.rules_applied, ordered_at = excluded.ordered_at, performed_at = excluded.performed_at,
        result_at = excluded.result_at;
end
$$;
comment on function bill.store_bed_days is 'Replaces the bed days of a stay by those the engine''s rules gave';

-- The rules as the engine reads them: one row per table, its rows as TSV with a header line.
create or replace function bill.rules() returns table (name text, tsv text)
    language plpgsql stable as $$
begin
    return query
        select t.name, t.header || E'\n' || string_agg(t.line, E'\n' order by t.line) || E'\n'
        from (
            select 'benefit_parameter' as name, concat_ws(E'\t', 'id', 'key', 'unit', 'value', 'effective_from', 'effective_to', 'source',
                'certainty', 'text_vi', 'text_en') as header,
                concat_ws(E'\t', p.id, p.key, p.unit, p.value, p.effective_from, coalesce(p.effective_to::text, ''), p.source, p.certainty,
                p.text_vi, p.text_en) as line from ref.benefit_parameter p
            union all
            select 'benefit_card_level', concat_ws(E'\t', 'id', 'card_group', 'digit', 'level', 'ratios_apply', 'outside_list',
                'effective_from', 'effective_to', 'source', 'certainty', 'text_vi', 'text_en'),
                concat_ws(E'\t', c.id, c.card_group, c.digit, trim_scale(c.level), c.ratios_apply::int, c.outside_list::int,
                c.effective_from, coalesce(c.effective_to::text, ''), c.source, c.certainty, c.text_vi, c.text_en)
                from ref.benefit_card_level c
            union all
            select 'benefit_route_factor', concat_ws(E'\t', 'id', 'code', 'facility', 'setting', 'condition', 'mode', 'value',
                'effective_from', 'effective_to', 'source', 'certainty', 'text_vi', 'text_en'),
                concat_ws(E'\t', f.id, f.code, f.facility, f.setting, f.condition, f.mode, trim_scale(f.value), f.effective_from,
                coalesce(f.effective_to::text, ''), f.source, f.certainty, f.text_vi, f.text_en) from ref.benefit_route_factor f
            union all
            select 'benefit_rate', concat_ws(E'\t', 'id', 'kind', 'selector', 'unit', 'value', 'effective_from', 'effective_to', 'source',
                'certainty', 'text_vi', 'text_en'),
                concat_ws(E'\t', r.id, r.kind, r.selector, r.unit, r.value, r.effective_from, coalesce(r.effective_to::text, ''), r.source,
                r.certainty, r.text_vi, r.text_en) from ref.benefit_rate r
            union all
            select 'benefit_reason', concat_ws(E'\t', 'id', 'effective_from', 'effective_to', 'source', 'certainty', 'text_vi', 'text_en'),
                concat_ws(E'\t', n.id, n.effective_from, coalesce(n.effective_to::text, ''), n.source, n.certainty, n.text_vi, n.text_en)
                from ref.benefit_reason n) t
        group by t.name, t.header
        union all
        select 'version', b.version::text from ref.benefit_version b;
end
$$;
comment on function bill.rules is 'The benefit rules for claims/benefit, and their version';

create or replace function ref.benefit_changed() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    update ref.benefit_version set version = version + 1;
    return null;
end
$$;
comment on function ref.benefit_changed is 'Makes every worker read the rules again before the next pricing';

do $$
declare
    t text;
begin
    foreach t in array array['parameter', 'card_level', 'route_factor', 'rate', 'reason'] loop
        execute format('drop trigger if exists changed on ref.benefit_%s', t);
        execute format('create trigger changed after insert or update or delete or truncate on ref.benefit_%s
            for each statement execute function ref.benefit_changed()', t);
    end loop;
end
$$;

create or replace view ref.benefit_text as
select id, text_vi, text_en, source, certainty from ref.benefit_parameter
union all select id, text_vi, text_en, source, certainty from ref.benefit_card_level
union all select id, text_vi, text_en, source, certainty from ref.benefit_route_factor
union all select id, text_vi, text_en, source, certainty from ref.benefit_rate
union all select id, text_vi, text_en, source, certainty from ref.benefit_reason;
comment on view ref.benefit_text is 'Every benefit rule with its sentence for people';

-- When the shares are old the answer says only that: the follow-up prices the visit and asks again.
create or replace function api.bill_get(id bigint) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    if not v.is_priced then
        return (200, null, null, null, null, 'price_bill ' || id)::api.reply;
    end if;
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(v.tenant_id, v.facility_id, v.patient_id, 'bill');
    return (200, (select row_to_json(x) from (select v.visit_id as visit_id, v.ma_lk, v.status, v.pricing_version,
        coalesce((select json_agg(row_to_json(l) order by l.ordered_at, l.id) from (
            select c.charge_id as id, c.claim_table, c.source_kind, c.source_id, c.split_no, c.coverage_id, c.item_code, c.item_name,
                c.group_code, c.package_code, c.unit, c.scope_code, c.quantity, c.price_hospital, c.price_insurance, c.price_applied,
                c.rate_service_applied as rate_service, c.rate_insurance, c.ceiling, c.amount_hospital, c.amount_insurance,
                c.benefit_level, c.fund_share, c.copay_share, c.self_share, c.other_share, c.ordered_at,
                coalesce((select json_agg(json_build_object('rule', r.id, 'vi', t.text_vi, 'en', t.text_en, 'source', t.source,
                    'certainty', t.certainty) order by r.no)
                    from unnest(c.rules_applied) with ordinality r (id, no) left join ref.benefit_text t on t.id = r.id), '[]') as why
            from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void) l), '[]') as lines,
        (select row_to_json(t) from (select coalesce(sum(c.amount_hospital), 0) as amount_hospital,
            coalesce(sum(c.amount_insurance), 0) as amount_insurance, coalesce(sum(c.fund_share), 0) as fund_share,
            coalesce(sum(c.copay_share), 0) as copay_share, coalesce(sum(c.self_share), 0) as self_share,
            coalesce(sum(c.other_share), 0) as other_share
            from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void) t) as total,
        bill.patient_part(v) as patient_part,
        (select coalesce(sum(case p.kind when 'refund' then -p.amount else p.amount end), 0) from bill.payment p
            where p.tenant_id = v.tenant_id and p.visit_id = v.visit_id) as paid,
        bill.due(v) as due) x)::text, v.pricing_version::text, null, null, null)::api.reply;
end
$$;
comment on function api.bill_get is 'GET /v1/visits/{id}/bill';
