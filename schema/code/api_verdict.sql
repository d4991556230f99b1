-- Routes of findings.
set local role hmis_owner;

create or replace function api.finding_report(for_month text, facility text, by_what text, practitioner text, wanted_rule text,
    wanted_state text, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    f org.facility := claim.facility_of(facility);
    first date := (for_month || '-01')::date;
    scope bigint[] := array(select s.facility_id from org.facility s where s.tenant_id = f.tenant_id and f.facility_id = any (s.path));
    after bigint := coalesce(api.cursor_id(cursor), 0);
    watching boolean := wanted_state = 'shadow';
    body jsonb;
    last bigint;
    n int;
begin
    if practitioner is null and wanted_rule is null then
        return (200, jsonb_build_object('facility', f.code, 'month', for_month, 'by', by_what,
            'items', claim.finding_pareto(scope, first, by_what, watching))::text, null, null, null, null)::api.reply;
    end if;
    select jsonb_agg(x.item order by x.finding_id) filter (where x.no <= page), max(x.finding_id) filter (where x.no <= page), count(*)
    into body, last, n
    from (select g.finding_id, row_number() over (order by g.finding_id) as no,
            jsonb_build_object('id', g.finding_id, 'visit_id', g.visit_id, 'ma_lk', v.ma_lk, 'status', v.status, 'rule', g.rule,
                'severity', g.severity, 'shadow', g.is_shadow, 'table', g.table_name, 'row', g.row_no, 'field', g.field,
                'message', g.message_vi, 'message_en', g.message_en, 'at_risk', g.amount, 'department', g.department,
                'practitioner', g.practitioner, 'charge_id', g.charge_id, 'found_at', g.created_at,
                'overridden', exists (select from claim.override o where o.tenant_id = g.tenant_id and o.visit_id = g.visit_id
                    and g.rule = any (o.rules))) as item
        from claim.finding g join care.visit v on v.tenant_id = g.tenant_id and v.visit_id = g.visit_id
        where g.tenant_id = f.tenant_id and g.facility_id = any (scope) and g.month = first and g.state = 'open' and g.finding_id > after
            and g.is_shadow = watching and (finding_report.practitioner is null or g.practitioner = finding_report.practitioner)
            and (wanted_rule is null or g.rule = wanted_rule)
        order by g.finding_id limit page + 1) x;
    return (200, jsonb_build_object('facility', f.code, 'month', for_month, 'practitioner', practitioner, 'rule', wanted_rule,
        'items', coalesce(body, '[]'))::text, null, null, case when n > page then last::text end, null)::api.reply;
end
$$;
comment on function api.finding_report is 'GET /v1/claims/findings';
