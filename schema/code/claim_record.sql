-- What the facility knows of visits beside their claims, as lines of rule catalogues (claims/rules/catalogs.tsv, see
-- rule_catalog.sql for their form): for judging a month again (hmis claim judge).
set local role hmis_owner;

-- The catalogue record: check-in and card check of visits.
create or replace function claim.record_lines(visits bigint[]) returns text
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
begin
    return (select string_agg(concat(v.ma_lk, E'\t\t\t', to_char(c.first_cost_at at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24MI'), E'\t',
            to_char(i.received_at at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24MI'), E'\t',
            to_char(k.answered_at at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24MI'), E'\t', k.result_code, E'\n'), '')
        from care.visit v
        left join lateral (select min(h.ordered_at) as first_cost_at from bill.charge h
            where h.tenant_id = t and h.visit_id = v.visit_id and not h.is_void) c on true
        left join lateral (select min(x.finished_at) as received_at from claim.check_in y
            join claim.transmission x on x.tenant_id = t and x.check_in_id = y.check_in_id and x.outcome = 'received'
            where y.tenant_id = t and y.visit_id = v.visit_id and y.occasion = 'first_cost') i on true
        left join lateral (select y.answered_at, y.result_code from reg.coverage_check y
            where y.tenant_id = t and y.state = 'answered' and (y.visit_id = v.visit_id
                or y.visit_id is null and y.patient_id = v.patient_id and y.answered_at between v.arrived_at - interval '1 day' and v.discharged_at)
            order by y.answered_at desc limit 1) k on true
        where v.tenant_id = t and v.visit_id = any (visits));
end
$$;
comment on function claim.record_lines is 'Lines of the rule catalogue record for these visits';

-- The catalogues that are sums over visits: what was used of each purchase, how often machines worked in their quarter,
-- how many patients lay in a department. A catalogue without basis (no purchases, norms, beds) gives no row.
create or replace function claim.usage_rows(facility text, first_day date, last_day date) returns table (catalog text, lines text)
    language plpgsql stable as $$
declare
    t bigint := sys.tenant();
    f bigint := (select x.facility_id from org.facility x where x.tenant_id = t and x.code::text = usage_rows.facility
        and x.valid && daterange(first_day, last_day, '[]') order by x.valid desc limit 1);
begin
    return query
        select 'used', string_agg(concat(u.item_kind, E'\t', u.item_code, E'\t', u.tender, E'\t', lower(u.valid), E'\t', upper(u.valid) - 1,
            E'\t', u.quantity, E'\n'), '')
        from (
            select p.item_kind, p.item_code, p.tender, p.valid, sum(h.quantity) as quantity
            from ref.local_purchase p
            join care.visit v on v.tenant_id = t and v.facility_id = f
                and v.arrived_on <= coalesce(upper(p.valid), 'infinity') and v.discharged_at >= coalesce(lower(p.valid), '-infinity')
            join bill.charge h on h.tenant_id = t and h.visit_id = v.visit_id and not h.is_void and h.item_code = p.item_code
                and h.tender = p.tender and h.claim_table = case p.item_kind when 'drug' then 2 else 3 end
                and sys.business_date(h.ordered_at) <@ p.valid
            where p.tenant_id = t and (p.facility_id is null or p.facility_id = f) and p.valid && daterange(first_day, last_day, '[]')
            group by p.local_purchase_id, p.item_kind, p.item_code, p.tender, p.valid) u
        having count(*) > 0;
    return query
        select 'machine_quarter', string_agg(concat(m.code, E'\t', m.starts, E'\t', (m.starts + interval '3 months' - interval '1 day')::date,
            E'\t', m.done, E'\n'), '')
        from (
            select h.machine_code as code, date_trunc('quarter', sys.business_date(h.performed_at)::timestamp)::date as starts, count(*) as done
            from care.visit v
            join bill.charge h on h.tenant_id = t and h.visit_id = v.visit_id and not h.is_void and h.group_code = 2
                and h.machine_code is not null and h.performed_at is not null
            where v.tenant_id = t and v.facility_id = f and v.discharged_at >= date_trunc('quarter', first_day::timestamp)
                and v.arrived_on < (date_trunc('quarter', last_day::timestamp) + interval '3 months')::date
                and exists (select from org.machine n where n.tenant_id = t and n.facility_id = f and n.quarter_norm is not null)
            group by 1, 2) m
        having count(*) > 0;
    return query
        select 'ward_day', string_agg(concat(w.code, E'\t', w.day, E'\t', w.day, E'\t', w.patients, E'\n'), '')
        from (
            select e.code, d.day::date as day, count(distinct w.visit_id) as patients
            from care.movement w
            join org.department e on e.tenant_id = t and e.department_id = w.department_id
            cross join generate_series(first_day, last_day, interval '1 day') d (day)
            where w.tenant_id = t and w.facility_id = f and w.bed_id is not null
                and w.during && tstzrange(d.day at time zone 'Asia/Ho_Chi_Minh', (d.day + interval '1 day') at time zone 'Asia/Ho_Chi_Minh')
            group by e.code, d.day) w
        having count(*) > 0;
end
$$;
comment on function claim.usage_rows is 'Rule catalogues used, machine_quarter and ward_day of a facility for the claims of these days';
