-- Routes of claims: runs, claims with everything that happened to them, the funnel, reconciliations.
set local role hmis_owner;

delete from api.field where shape in ('claim_run', 'reconciliation');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('claim_run', 'facility', 'code', true, null, 5, null, null),
    ('claim_run', 'month', 'text', true, 7, 7, null, null),
    ('reconciliation', 'facility', 'code', true, null, 5, null, null),
    ('reconciliation', 'day', 'date', true, null, null, null, null);

-- The facility of that code in the caller's scope; null = where the caller works.
create or replace function claim.facility_of(wanted text) returns org.facility
    language plpgsql stable as $$
declare
    f org.facility;
begin
    select * into f from org.facility x where x.tenant_id = sys.tenant() and x.facility_id = any (sys.facilities()::bigint[])
        and case when wanted is null then x.facility_id = sys.facility() else x.code = wanted end
    order by upper(x.valid) desc nulls first limit 1;
    if not found then
        perform api.fail(404, 'facility.not_found');
    end if;
    return f;
end
$$;
comment on function claim.facility_of is 'The facility that a claim route is about, or 404';

create or replace function claim.run_json(r claim.run) returns json
    language sql stable
    return (select json_build_object('id', r.run_id, 'facility', f.code, 'month', to_char(r.month, 'YYYY-MM'), 'state', r.state,
        'total', r.total, 'built', r.built, 'rejected', r.rejected, 'queued', r.queued, 'error', r.error,
        'requested_at', r.requested_at, 'started_at', r.started_at, 'finished_at', r.finished_at)
        from org.facility f where f.tenant_id = r.tenant_id and f.facility_id = r.facility_id);
comment on function claim.run_json is 'A run as the API shows it';

create or replace function api.claim_run_start(body jsonb) returns api.reply
    language plpgsql as $$
declare
    f org.facility;
    r claim.run;
begin
    perform api.need_body('claim_run', body);
    if body ->> 'month' !~ '^20[0-9]{2}-(0[1-9]|1[0-2])$' then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/month', 'value.bad_date', 'yyyy-MM')));
    end if;
    f := claim.facility_of(body ->> 'facility');
    -- one run at a time over a facility and month: a second wish is told of the first
    perform pg_advisory_xact_lock(hashtextextended('claim.run ' || (body ->> 'month'), f.facility_id));
    select * into r from claim.run x where x.tenant_id = f.tenant_id and x.facility_id = f.facility_id
        and x.month = ((body ->> 'month') || '-01')::date and x.state in ('queued', 'running') limit 1;
    if not found then
        insert into claim.run (tenant_id, facility_id, month, requested_by)
        values (f.tenant_id, f.facility_id, ((body ->> 'month') || '-01')::date, sys.user_id()) returning * into r;
        insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, created_by, request_id)
        values (r.tenant_id, r.facility_id, 'claim_run', r.run_id::text, jsonb_build_object('run_id', r.run_id), sys.user_id(),
            sys.request_id());
    end if;
    return (202, claim.run_json(r)::text, null, '/v1/claim-runs/' || r.run_id, null, null)::api.reply;
end
$$;
comment on function api.claim_run_start is 'POST /v1/claim-runs';

create or replace function api.claim_run_get(id bigint) returns api.reply
    language plpgsql stable as $$
declare
    r claim.run;
begin
    select * into r from claim.run x where x.tenant_id = sys.tenant() and x.run_id = id;
    if not found then
        perform api.fail(404, 'claim_run.not_found');
    end if;
    return (200, claim.run_json(r)::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.claim_run_get is 'GET /v1/claim-runs/{id}';

create or replace function claim.claim_json(c claim.claim) returns jsonb
    language sql stable
    return (select jsonb_build_object('ma_lk', c.ma_lk, 'visit_id', c.visit_id, 'facility', f.code,
        'month', to_char(c.month, 'YYYY-MM'), 'state', c.state, 'version', c.version_no, 'amount_hospital', c.amount_hospital,
        'amount_insurance', c.amount_insurance, 'fund_share', c.fund_share, 'ma_giao_dich', c.ma_giao_dich,
        'received_version', c.received_version, 'held_by', case when c.state = 'judged' then
            (select jsonb_agg(distinct g.rule) from claim.finding g where g.tenant_id = c.tenant_id and g.claim_id = c.claim_id
                and g.state = 'open' and g.source = 'own' and g.severity = 'critical' and not g.is_shadow) end,
        'overrides', (select jsonb_agg(jsonb_build_object('rules', o.rules, 'reason', o.reason, 'at_risk', o.at_risk, 'by', o.created_by,
            'at', o.created_at) order by o.override_id) from claim.override o where o.tenant_id = c.tenant_id and o.visit_id = c.visit_id),
        'received_at', c.received_at, 'updated_at', c.updated_at)
        from org.facility f where f.tenant_id = c.tenant_id and f.facility_id = c.facility_id);
comment on function claim.claim_json is 'A claim as the API shows it';

create or replace function api.claim_list(for_month text, wanted_state text, facility text, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    f org.facility := claim.facility_of(facility);
    after bigint := coalesce(api.cursor_id(cursor), 0);
    body jsonb;
    last bigint;
    n int;
begin
    select jsonb_agg(claim.claim_json(x.c) order by x.claim_id) filter (where x.no <= page),
        max(x.claim_id) filter (where x.no <= page), count(*)
    into body, last, n
    from (select c, c.claim_id, row_number() over (order by c.claim_id) as no
        from claim.claim c
        where c.tenant_id = f.tenant_id and c.month = (for_month || '-01')::date and c.claim_id > after
            and c.facility_id in (select s.facility_id from org.facility s where s.tenant_id = f.tenant_id and f.facility_id = any (s.path))
            and (wanted_state is null or c.state = wanted_state)
        order by c.claim_id limit page + 1) x;
    return (200, jsonb_build_object('items', coalesce(body, '[]'))::text, null, null,
        case when n > page then last::text end, null)::api.reply;
end
$$;
comment on function api.claim_list is 'GET /v1/claims';

create or replace function claim.find(wanted text) returns claim.claim
    language plpgsql stable as $$
declare
    c claim.claim;
begin
    select * into c from claim.claim x where x.tenant_id = sys.tenant() and x.ma_lk = wanted;
    if not found then
        perform api.fail(404, 'claim.not_found');
    end if;
    return c;
end
$$;
comment on function claim.find is 'The claim of that MA_LK in the caller''s scope, or 404';

create or replace function api.claim_get(wanted text) returns api.reply
    language plpgsql stable as $$
declare
    c claim.claim := claim.find(wanted);
begin
    return (200, (claim.claim_json(c) || jsonb_build_object(
        'versions', coalesce((select jsonb_agg(jsonb_build_object('version', v.version_no, 'reason', v.reason, 'built_at', v.built_at,
            'content_sha256', encode(v.content_sha256, 'hex'), 'is_signed', v.is_signed, 'lines', v.line_count, 'run_id', v.run_id,
            'bytes', length(v.envelope), 'file', '/v1/claims/' || c.ma_lk || '/versions/' || v.version_no || '.xml')
            order by v.version_no) from claim.version v where v.tenant_id = c.tenant_id and v.claim_id = c.claim_id), '[]'),
        'transmissions', coalesce((select jsonb_agg(jsonb_build_object('version', t.version_no, 'attempt', t.attempt,
            'started_at', t.started_at, 'finished_at', t.finished_at, 'outcome', t.outcome, 'http_status', t.http_status,
            'code', t.result_code, 'ma_giao_dich', t.ma_giao_dich, 'received', t.received_text, 'message', t.message, 'raw', t.raw)
            order by t.transmission_id) from claim.transmission t where t.tenant_id = c.tenant_id and t.claim_id = c.claim_id), '[]'),
        'findings', coalesce((select jsonb_agg(jsonb_build_object('version', g.version_no, 'source', g.source, 'rule', g.rule,
            'severity', g.severity, 'table', g.table_name, 'row', g.row_no, 'field', g.field, 'message_vi', g.message_vi,
            'message_en', g.message_en, 'amount', g.amount, 'state', g.state, 'created_at', g.created_at) order by g.finding_id)
            from claim.finding g where g.tenant_id = c.tenant_id and g.claim_id = c.claim_id), '[]')))::text,
        null, null, null, null)::api.reply;
end
$$;
comment on function api.claim_get is 'GET /v1/claims/{ma_lk}';

create or replace function api.claim_version_get(wanted text, file text) returns api.reply
    language plpgsql stable as $$
declare
    c claim.claim := claim.find(wanted);
    bytes bytea;
begin
    if file ~ '^[1-9][0-9]{0,5}[.]xml$' then
        select v.envelope into bytes from claim.version v
            where v.tenant_id = c.tenant_id and v.claim_id = c.claim_id and v.version_no = split_part(file, '.', 1)::int;
    end if;
    if bytes is null then
        perform api.fail(404, 'claim.not_found');
    end if;
    perform api.saw(c.tenant_id, c.facility_id, (select v.patient_id from care.visit v
        where v.tenant_id = c.tenant_id and v.visit_id = c.visit_id), 'claim.version');
    return (200, convert_from(bytes, 'UTF8'), null, null, null, null)::api.reply;
end
$$;
comment on function api.claim_version_get is 'GET /v1/claims/{ma_lk}/versions/{n}.xml';

create or replace function api.claim_funnel(for_month text, facility text) returns api.reply
    language plpgsql stable as $$
declare
    f org.facility := claim.facility_of(facility);
begin
    return (200, (jsonb_build_object('facility', f.code, 'month', for_month)
        || claim.funnel(f.facility_id, (for_month || '-01')::date))::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.claim_funnel is 'GET /v1/claim-funnel';

create or replace function api.reconciliation_list(first date, last date, facility text) returns api.reply
    language plpgsql stable as $$
declare
    f org.facility := claim.facility_of(facility);
begin
    if last < first or last - first > 92 then
        perform api.fail(422, 'report.range', jsonb_build_array(api.error('?to', 'value.out_of_range', 'from <= to <= from + 92 days')));
    end if;
    return (200, json_build_object('items', coalesce((
        -- the last comparison of each facility and day
        select json_agg(json_build_object('id', x.reconciliation_id, 'facility', x.code, 'day', x.on_date, 'made_at', x.made_at,
            'is_balanced', x.is_balanced, 'closed', x.closed_count, 'closed_amount', x.closed_amount, 'sent', x.sent_count,
            'received', x.received_count, 'received_amount', x.received_amount, 'gateway', x.gateway_count,
            'gateway_amount', x.gateway_amount, 'differences', x.differences) order by x.on_date, x.code)
        from (select distinct on (r.facility_id, r.on_date) r.*, s.code from claim.reconciliation r
            join org.facility s on s.tenant_id = r.tenant_id and s.facility_id = r.facility_id
            where r.tenant_id = f.tenant_id and r.on_date between first and last and f.facility_id = any (s.path)
            order by r.facility_id, r.on_date, r.reconciliation_id desc) x), '[]'))::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.reconciliation_list is 'GET /v1/reconciliations';

create or replace function api.reconciliation_start(body jsonb) returns api.reply
    language plpgsql as $$
declare
    f org.facility;
begin
    perform api.need_body('reconciliation', body);
    f := claim.facility_of(body ->> 'facility');
    insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, created_by, request_id)
    values (f.tenant_id, f.facility_id, 'reconcile', f.facility_id || ' ' || (body ->> 'day'),
        jsonb_build_object('facility_id', f.facility_id, 'day', body ->> 'day'), sys.user_id(), sys.request_id())
    on conflict (tenant_id, kind, dedup_key) where state in ('ready', 'running') and dedup_key is not null do nothing;
    return (202, json_build_object('facility', f.code, 'day', body ->> 'day')::text, null,
        '/v1/reconciliations?facility=' || f.code || '&from=' || (body ->> 'day') || '&to=' || (body ->> 'day'), null, null)::api.reply;
end
$$;
comment on function api.reconciliation_start is 'POST /v1/reconciliations';
