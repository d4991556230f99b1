-- What other visits say about what a visit shares with them: its person, practitioners, machines and beds. The rules
-- across claims (claims/rules/cross.rules) ask for these facts; their kinds are those of claims/rules/facts.h.
set local role hmis_owner;

create or replace function claim.fact_minute(at timestamptz) returns bigint
    language sql immutable parallel safe
    return to_char(at at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24MI')::bigint;
comment on function claim.fact_minute is 'yyyyMMddHHmm of an instant, business time';

create or replace function claim.facts_of_person(tenant bigint, own bigint, arrived timestamptz, stays boolean, may_be_exempt boolean,
    citizen text, insured text, inpatient text[], others bigint[])
    returns table (visit_id bigint, kind text, key1 text, key2 text, key3 text, first_minute bigint, last_minute bigint, ma_lk text,
        facility text, code text, value bigint, is_cut boolean)
    language plpgsql rows 5 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    -- visits that touch this one
    return query select own, 'stay'::text, citizen, insured, null::text, claim.fact_minute(x.arrived_at), claim.fact_minute(x.left_at),
        x.ma_lk, f.code::text, x.kind_code, null::bigint, false
    from (select x.facility_id, x.arrived_at, x.ma_lk::text, x.kind_code, coalesce(x.discharged_at, case when x.kind_code <> all (inpatient)
            then (x.arrived_on + 1)::timestamp at time zone 'Asia/Ho_Chi_Minh' - interval '1 minute' end) as left_at
        from care.visit x where x.tenant_id = tenant and x.visit_id = any (others)) x
    join org.facility f on f.tenant_id = tenant and f.facility_id = x.facility_id
    where coalesce(x.left_at, 'infinity') >= arrived;

    -- drugs at home for the same disease that last beyond the day of arrival: of each visit those that last longest
    if not stays then
        return query select own, 'supply'::text, citizen, insured, null::text, claim.fact_minute(s.prescribed_at),
            claim.fact_minute((sys.business_date(s.prescribed_at) + s.days)::timestamp at time zone 'Asia/Ho_Chi_Minh'
                - interval '1 minute'),
            x.ma_lk::text, f.code::text, d.icd_code, s.days::bigint, false
        from (select r.visit_id, r.prescribed_at, max(l.days) as days,
                row_number() over (partition by r.visit_id order by sys.business_date(r.prescribed_at) + max(l.days) desc) as place
            from care.prescription r
            join care.prescription_line l on l.tenant_id = r.tenant_id and l.prescription_id = r.prescription_id
            where r.tenant_id = tenant and r.visit_id = any (others) and r.status <> 'cancelled'
                and r.prescribed_at >= arrived - interval '180 days' and r.prescribed_at < arrived
            group by r.tenant_id, r.prescription_id) s
        join care.visit x on x.tenant_id = tenant and x.visit_id = s.visit_id and x.kind_code <> all (inpatient)
        join care.diagnosis d on d.tenant_id = tenant and d.visit_id = s.visit_id and d.role = 'main'
        join org.facility f on f.tenant_id = tenant and f.facility_id = x.facility_id
        where s.place = 1 and s.prescribed_at + make_interval(days => s.days) >= arrived;
    end if;

    -- co-payment of the year, a sum for each object code
    if may_be_exempt then
        return query select own, 'copay'::text, citizen, insured, null::text, claim.fact_minute(max(x.arrived_at)),
            claim.fact_minute(max(x.arrived_at)), '-'::text, null::text, x.object_code, (sum(c.copay_share) * 100)::bigint, false
        from care.visit x
        join bill.charge c on c.tenant_id = x.tenant_id and c.visit_id = x.visit_id and not c.is_void
        where x.tenant_id = tenant and x.visit_id = any (others)
            and x.arrived_at >= date_trunc('year', arrived at time zone 'Asia/Ho_Chi_Minh') at time zone 'Asia/Ho_Chi_Minh'
        group by x.object_code;
    end if;

    -- services that may not be repeated so soon
    return query select own, 'service'::text, citizen, insured, null::text, claim.fact_minute(o.performed_at),
        claim.fact_minute(o.performed_at), x.ma_lk::text, f.code::text, o.service_code, c.group_code::bigint, false
    from (select c.item_code, max(c.group_code) as group_code, max(s.repeat_days) as days
        from bill.charge c
        join ref.local_service s on s.tenant_id = c.tenant_id and s.service_code = c.item_code and s.repeat_days > 0
        where c.tenant_id = tenant and c.visit_id = own and c.source_kind = 'order' and c.group_code in (1, 2, 3, 8, 18) and not c.is_void
        group by c.item_code) c
    join care.service_order o on o.tenant_id = tenant and o.visit_id = any (others) and o.status = 'done' and o.service_code = c.item_code
        and o.performed_at >= arrived - make_interval(days => c.days + 1)
    join care.visit x on x.tenant_id = tenant and x.visit_id = o.visit_id
    join org.facility f on f.tenant_id = tenant and f.facility_id = x.facility_id;
end
$$;
comment on function claim.facts_of_person is 'Part of claim.facts_near: what the other visits of the same person say';

create or replace function claim.facts_near(visits bigint[])
    returns table (visit_id bigint, kind text, key1 text, key2 text, key3 text, first_minute bigint, last_minute bigint, ma_lk text,
        facility text, code text, value bigint, is_cut boolean)
    -- planned once: a plan for each visit would cost three times what it finds
    language plpgsql rows 50 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    scope text := current_setting('hmis.facilities');
    most constant int := 300; -- rows of practitioners and machines for one visit; beyond it they are cut, and it is said
    wide boolean := false;
    own record;
    others bigint[];
    n bigint;
begin
    for own in
        -- under the caller's own scope: who may not see a visit gets none of its neighbours
        select v.tenant_id, v.facility_id, v.visit_id, v.arrived_at, coalesce(v.discharged_at, greatest(now(), v.arrived_at)) as left_at,
            t.inpatient, v.kind_code = any (t.inpatient) as is_inpatient, coalesce(p.citizen_id::text, p.other_id) as citizen,
            case length(k.card_no) when 15 then substr(k.card_no, 6) when 10 then k.card_no::text end as insured,
            p.patient_id || array(select m.patient_id from reg.patient m
                where m.tenant_id = p.tenant_id and m.merged_into_id = p.patient_id) as patients,
            k.five_year_on <= v.arrived_on and k.exempt_at is null as may_be_exempt, t.facilities
        -- kinds of care of any date: they do not change sides
        from (select (select array_agg(t.code) from ref.visit_type t where t.is_inpatient) as inpatient,
            (select array_agg(f.facility_id)::text from org.facility f where f.tenant_id = sys.tenant()) as facilities) t
        cross join care.visit v
        join reg.patient r on r.tenant_id = v.tenant_id and r.patient_id = v.patient_id
        join reg.patient p on p.tenant_id = v.tenant_id
            and p.patient_id = case when r.merged_into_id is null then r.patient_id else r.merged_into_id end
        left join reg.coverage k on k.tenant_id = v.tenant_id and k.coverage_id = v.coverage_id
        where v.tenant_id = sys.tenant() and v.visit_id = any (visits)
    loop
        if not wide then
            -- a person is seen, and a practitioner works, at every facility of the tenant, whatever the caller may see:
            -- only kind, time, code and MA_LK of what collides leave here, and sums of money
            perform set_config('hmis.facilities', own.facilities, true);
            wide := true;
        end if;

        others := array(select x.visit_id from care.visit x
            where x.tenant_id = own.tenant_id and x.patient_id = any (own.patients) and x.visit_id <> own.visit_id
                and x.arrived_at >= own.arrived_at - interval '366 days' and x.arrived_at <= own.left_at);
        if others <> '{}' then
            return query select * from claim.facts_of_person(own.tenant_id, own.visit_id, own.arrived_at, own.is_inpatient,
                own.may_be_exempt, own.citizen, own.insured, own.inpatient, others);
        end if;

        -- the same practitioner or machine at the time of a line
        return query
        with line as materialized (
            select c.group_code, c.performed_at, coalesce(c.result_at, c.performed_at) as result_at, c.machine_code,
                case when c.performer_codes = '{}' then c.practitioner_codes[1:1] else c.performer_codes end as performers
            from bill.charge c
            where c.tenant_id = own.tenant_id and c.visit_id = own.visit_id and c.group_code in (2, 3, 8, 13, 18)
                and not c.is_void and c.performed_at is not null
        ), staff as materialized (
            -- how long before the lines of a day to look: 3 minutes between consultations, an hour of services, 12 of interventions
            select p.code, min(l.performed_at) filter (where l.group_code = 13) as consulted_at,
                min(l.performed_at) filter (where l.group_code = 13) - interval '8 hours' as desk_from,
                min(l.performed_at - case l.group_code when 13 then interval '3 minutes' else interval '1 hour' end) as near,
                min(l.performed_at - case when l.group_code in (8, 18) then interval '12 hours' when l.group_code = 13
                    then interval '3 minutes' else interval '1 hour' end) as low,
                min(l.performed_at) filter (where l.group_code in (8, 18)) as operated_at,
                max(case l.group_code when 13 then l.performed_at else l.result_at end) as high
            from line l cross join lateral unnest(l.performers) as p (code)
            group by p.code, sys.business_date(l.performed_at)
        ), device as materialized (
            select m.code, min(l.performed_at) as first_at, min(l.performed_at) - interval '4 hours' as low, max(l.result_at) as high
            from line l cross join lateral unnest(string_to_array(l.machine_code, ';')) as m (code)
            where l.group_code <> 13
            group by m.code, sys.business_date(l.performed_at)
        ), found as (
            select 'work'::text as kind, s.code as key, c.*
            from staff s cross join lateral (
                select c.visit_id, c.performed_at, c.result_at, c.item_code, c.group_code from bill.charge c
                where c.tenant_id = own.tenant_id
                    and case when c.performer_codes[1] is null then c.practitioner_codes[1] else c.performer_codes[1] end = s.code
                    and c.group_code in (2, 3, 8, 13, 18) and not c.is_void and c.performed_at between s.low and s.high
                    and c.visit_id <> own.visit_id and (c.performed_at >= s.near or c.group_code in (8, 18) and c.result_at > s.operated_at)
                union all
                select c.visit_id, c.performed_at, c.result_at, c.item_code, c.group_code from bill.charge c
                where c.tenant_id = own.tenant_id and c.performer_codes[2] = s.code and c.group_code in (8, 18) and not c.is_void
                    and c.performed_at between s.low and s.high and c.visit_id <> own.visit_id
                limit most) c
            union all
            select 'work', s.code, c.*
            from (select s.*, (select count(*) from bill.charge c
                where c.tenant_id = own.tenant_id
                    and case when c.performer_codes[1] is null then c.practitioner_codes[1] else c.performer_codes[1] end = s.code
                    and c.group_code in (2, 3, 8, 13, 18) and not c.is_void
                    and c.performed_at between s.desk_from and s.consulted_at) as consulted
                from staff s where s.consulted_at is not null) s
            cross join lateral (
                select c.visit_id, c.performed_at, c.result_at, c.item_code, c.group_code from bill.charge c
                where c.tenant_id = own.tenant_id
                    and case when c.performer_codes[1] is null then c.practitioner_codes[1] else c.performer_codes[1] end = s.code
                    and c.group_code = 13 and not c.is_void and c.performed_at >= s.desk_from and c.performed_at < s.near
                    and c.visit_id <> own.visit_id
                limit most) c
            where s.consulted > 65
            union all
            select 'machine', d.code, c.*
            from device d cross join lateral (
                select c.visit_id, c.performed_at, c.result_at, c.item_code, c.group_code from bill.charge c
                where c.tenant_id = own.tenant_id and c.machine_code = d.code and c.group_code in (2, 3, 8, 18) and not c.is_void
                    and c.performed_at between d.low and d.high
                    and coalesce(c.result_at, c.performed_at) >= d.first_at and c.visit_id <> own.visit_id
                limit most) c
        )
        select own.visit_id, c.kind, c.key, null::text, null::text, claim.fact_minute(c.performed_at),
            claim.fact_minute(coalesce(c.result_at, c.performed_at)), x.ma_lk::text, f.code::text, c.item_code, c.group_code::bigint, false
        from found c
        join care.visit x on x.tenant_id = own.tenant_id and x.visit_id = c.visit_id
        join org.facility f on f.tenant_id = x.tenant_id and f.facility_id = x.facility_id;
        get diagnostics n = row_count;
        if n >= most then
            return query select own.visit_id, k.kind, null::text, null::text, null::text, null::bigint, null::bigint, null::text,
                null::text, null::text, null::bigint, true from (values ('work'), ('machine')) k (kind);
        end if;

        -- orders of the prescribers at another facility in the same minute
        return query
        with own_order as materialized (
            select r.prescribed_by_id as staff_id, date_trunc('minute', r.prescribed_at) as minute,
                date_trunc('minute', r.prescribed_at) + interval '1 minute' as next_minute
            from care.prescription r
            where r.tenant_id = own.tenant_id and r.visit_id = own.visit_id and r.status <> 'cancelled'
        )
        select own.visit_id, 'order'::text, (select s.code from org.staff s where s.tenant_id = own.tenant_id and s.staff_id = o.staff_id),
            null::text, null::text, claim.fact_minute(o.minute), claim.fact_minute(o.minute),
            (select x.ma_lk::text from care.visit x where x.tenant_id = own.tenant_id and x.visit_id = c.visit_id),
            (select f.code::text from org.facility f where f.tenant_id = own.tenant_id and f.facility_id = c.facility_id), null::text,
            null::bigint, false
        from own_order o
        cross join lateral (
            select c.visit_id, c.facility_id from care.service_order c
            where c.tenant_id = own.tenant_id and c.ordered_by_id = o.staff_id and c.ordered_at >= o.minute
                and c.ordered_at < o.next_minute and c.facility_id <> own.facility_id and c.status <> 'cancelled'
            union all
            select c.visit_id, c.facility_id from care.prescription c
            where c.tenant_id = own.tenant_id and c.prescribed_by_id = o.staff_id and c.prescribed_at >= o.minute
                and c.prescribed_at < o.next_minute and c.facility_id <> own.facility_id and c.status <> 'cancelled'
            limit most) c;

        -- others in the same bed
        if own.is_inpatient then
            return query select own.visit_id, 'bed'::text, f.code::text, e.code::text, b.code, claim.fact_minute(lower(c.during)),
                claim.fact_minute(upper(c.during)), x.ma_lk::text, f.code::text, b.service_code,
                (case c.shared_by when 1 then 100 when 2 then 50 else 33 end)::bigint, false
            from care.movement m
            join org.bed b on b.tenant_id = m.tenant_id and b.bed_id = m.bed_id
            join org.department e on e.tenant_id = m.tenant_id and e.department_id = m.department_id
            join org.facility f on f.tenant_id = m.tenant_id and f.facility_id = m.facility_id
            cross join lateral (
                select c.visit_id, c.during, c.shared_by from care.movement c
                where c.tenant_id = m.tenant_id and c.bed_id = m.bed_id and c.shared_by = 1 and c.during && m.during
                union all
                select c.visit_id, c.during, c.shared_by from care.movement c
                where c.tenant_id = m.tenant_id and c.bed_id = m.bed_id and c.shared_by > 1 and c.during && m.during
                limit most) c
            join care.visit x on x.tenant_id = m.tenant_id and x.visit_id = c.visit_id
            where m.tenant_id = own.tenant_id and m.visit_id = own.visit_id and m.bed_id is not null and c.visit_id <> own.visit_id;
        end if;
    end loop;
    if wide then
        perform set_config('hmis.facilities', scope, true);
    end if;
end
$$;
comment on function claim.facts_near is 'What other visits of the tenant say about the person, practitioners, machines and beds of these visits';
