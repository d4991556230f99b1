-- Reports straight from the detail rows.
set local role hmis_owner;

-- One row per facility, day of arrival and kind of visit: the only place where detail rows are summed.
create or replace function report.daily_rows(first date, last date, top bigint) returns table (facility_id bigint, on_date date,
    kind_code text, visits bigint, insured bigint, uninsured bigint, inpatients bigint, closed bigint, amount_hospital numeric,
    amount_insurance numeric, fund_share numeric, copay_share numeric, self_share numeric, other_share numeric)
    language plpgsql stable as $$
begin
    return query
        select v.facility_id, v.arrived_on, v.kind_code, count(*), count(v.coverage_id), count(*) - count(v.coverage_id),
            count(*) filter (where exists (select from ref.visit_type t where t.code = v.kind_code and t.valid @> v.arrived_on
                and t.is_inpatient)),
            count(*) filter (where v.status = 'closed'), coalesce(sum(m.ah), 0), coalesce(sum(m.ai), 0), coalesce(sum(m.fu), 0),
            coalesce(sum(m.cp), 0), coalesce(sum(m.se), 0), coalesce(sum(m.ot), 0)
        from org.facility f
        join care.visit v on v.tenant_id = f.tenant_id and v.facility_id = f.facility_id and v.arrived_on between first and last
        left join lateral (select sum(c.amount_hospital) as ah, sum(c.amount_insurance) as ai, sum(c.fund_share) as fu,
            sum(c.copay_share) as cp, sum(c.self_share) as se, sum(c.other_share) as ot
            from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void) m on true
        where f.tenant_id = sys.tenant() and top = any (f.path)
        group by v.facility_id, v.arrived_on, v.kind_code;
end
$$;
comment on function report.daily_rows is 'Visits and amounts by facility, day of arrival and kind of visit, for a facility and those below it';

create or replace function api.daily_activity(first date, last date, facility text, format text) returns api.reply
    language plpgsql stable as $$
declare
    top org.facility;
    body text;
begin
    if last < first or last - first > 366 then
        perform api.fail(422, 'report.range', jsonb_build_array(api.error('?to', 'value.out_of_range', 'from <= to <= from + 366 days')));
    end if;
    select * into top from org.facility f where f.tenant_id = sys.tenant() and f.facility_id = any (sys.facilities()::bigint[])
        and case when facility is null then f.facility_id = sys.facility() else f.code = facility and f.valid @> last end;
    if not found then
        perform api.fail(404, 'facility.not_found');
    end if;
    with r as materialized (
        select f.code as facility, f.name as facility_name, f.path, d.*
        from report.daily_rows(first, last, top.facility_id) d
        join org.facility f on f.tenant_id = top.tenant_id and f.facility_id = d.facility_id
    ), summed as (
        -- every grouping sums the same rows; a facility's figures hold those of the facilities below it
        select g.what, g.label, sum(r.visits) as visits, sum(r.insured) as insured, sum(r.uninsured) as uninsured,
            sum(r.inpatients) as inpatients, sum(r.closed) as closed, sum(r.amount_hospital) as amount_hospital,
            sum(r.amount_insurance) as amount_insurance, sum(r.fund_share) as fund_share, sum(r.copay_share) as copay_share,
            sum(r.self_share) as self_share, sum(r.other_share) as other_share
        from r cross join lateral (
            select 'total' as what, 'total' as label
            union all select 'kind', r.kind_code
            union all select 'day', r.on_date::text
            union all select 'facility', u.code from org.facility u
                where u.tenant_id = top.tenant_id and u.facility_id = any (r.path) and top.facility_id = any (u.path)) g
        group by g.what, g.label
    )
    select case when format = 'csv' then
        'facility,date,kind_code,visits,insured,uninsured,inpatients,closed,amount_hospital,amount_insurance,fund_share,copay_share,self_share,other_share'
            || E'\r\n' || coalesce((select string_agg(concat_ws(',', r.facility, r.on_date, r.kind_code, r.visits, r.insured, r.uninsured,
                r.inpatients, r.closed, r.amount_hospital, r.amount_insurance, r.fund_share, r.copay_share, r.self_share, r.other_share)
                || E'\r\n', '' order by r.facility, r.on_date, r.kind_code) from r), '')
        else json_build_object('report', 'daily-activity', 'from', first, 'to', last, 'facility', top.code,
            'rows', coalesce((select json_agg(json_build_object('facility', r.facility, 'facility_name', r.facility_name, 'date', r.on_date,
                'kind_code', r.kind_code, 'visits', r.visits, 'insured', r.insured, 'uninsured', r.uninsured, 'inpatients', r.inpatients,
                'closed', r.closed, 'amount_hospital', r.amount_hospital, 'amount_insurance', r.amount_insurance,
                'fund_share', r.fund_share, 'copay_share', r.copay_share, 'self_share', r.self_share, 'other_share', r.other_share)
                order by r.facility, r.on_date, r.kind_code) from r), '[]'),
            'days', coalesce((select json_agg(row_to_json(s)) from (select s.label as date, s.visits, s.insured, s.uninsured,
                s.inpatients, s.closed, s.amount_hospital, s.amount_insurance, s.fund_share, s.copay_share, s.self_share, s.other_share
                from summed s where s.what = 'day' order by s.label) s), '[]'),
            'kinds', coalesce((select json_agg(row_to_json(s)) from (select s.label as kind_code, s.visits, s.insured, s.uninsured,
                s.inpatients, s.closed, s.amount_hospital, s.amount_insurance, s.fund_share, s.copay_share, s.self_share, s.other_share
                from summed s where s.what = 'kind' order by s.label) s), '[]'),
            'facilities', coalesce((select json_agg(row_to_json(s)) from (select s.label as facility, s.visits, s.insured, s.uninsured,
                s.inpatients, s.closed, s.amount_hospital, s.amount_insurance, s.fund_share, s.copay_share, s.self_share, s.other_share
                from summed s where s.what = 'facility' order by s.label) s), '[]'),
            'total', (select row_to_json(s) from (select coalesce(sum(s.visits), 0) as visits, coalesce(sum(s.insured), 0) as insured,
                coalesce(sum(s.uninsured), 0) as uninsured, coalesce(sum(s.inpatients), 0) as inpatients,
                coalesce(sum(s.closed), 0) as closed, coalesce(sum(s.amount_hospital), 0) as amount_hospital,
                coalesce(sum(s.amount_insurance), 0) as amount_insurance, coalesce(sum(s.fund_share), 0) as fund_share,
                coalesce(sum(s.copay_share), 0) as copay_share, coalesce(sum(s.self_share), 0) as self_share,
                coalesce(sum(s.other_share), 0) as other_share from summed s where s.what = 'total') s))::text end
    into body;
    return (200, body, null, null, null, null)::api.reply;
end
$$;
comment on function api.daily_activity is 'GET /v1/reports/daily-activity';
