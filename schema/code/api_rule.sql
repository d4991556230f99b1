-- Rules: versions of a tenant's own, switches with dates, previews. The texts are compiled in C before they come here.
set local role hmis_owner;

delete from api.field where shape in ('rule_version', 'rule_switch', 'rule_preview');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('rule_version', 'text', 'text', true, 1, 20000, null, null),
    ('rule_version', 'from', 'date', false, null, null, null, null),
    ('rule_version', 'to', 'date', false, null, null, null, null),
    ('rule_version', 'note', 'text', false, 0, 1000, null, null),
    ('rule_switch', 'state', 'choice', true, null, null, '{on,shadow,off}', null),
    ('rule_switch', 'from', 'date', true, null, null, null, null),
    ('rule_switch', 'to', 'date', false, null, null, null, null),
    ('rule_switch', 'reason', 'text', true, 3, 1000, null, null),
    ('rule_preview', 'text', 'text', true, 1, 20000, null, null),
    ('rule_preview', 'months', 'int', false, 1, 24, null, null),
    ('rule_preview', 'facility', 'code', false, null, 5, null, null);

create or replace function claim.rule_head(out tenant_id bigint, out epoch bigint)
    language plpgsql stable as $$
begin
    tenant_id := sys.tenant();
    epoch := coalesce((select e.epoch from claim.rule_epoch e where e.tenant_id = rule_head.tenant_id), 0);
end
$$;
comment on function claim.rule_head is 'The caller''s tenant and the version of its own rules';

create or replace function claim.rule_history(wanted text) returns json
    language plpgsql stable as $$
begin
    return json_build_object(
        'versions', coalesce((select json_agg(json_build_object('version', v.version_no, 'text', v.body, 'severity', v.severity,
            'table', v.table_name, 'from', lower(v.valid), 'to', upper(v.valid) - 1, 'replaced', isempty(v.valid), 'note', v.note,
            'created_by', v.created_by, 'created_at', v.created_at) order by v.version_no)
            from claim.rule_version v where v.tenant_id = sys.tenant() and v.code = wanted), '[]'),
        'switches', coalesce((select json_agg(json_build_object('state', s.state, 'from', lower(s.valid), 'to', upper(s.valid) - 1,
            'replaced', isempty(s.valid), 'reason', s.reason, 'created_by', s.created_by, 'created_at', s.created_at)
            order by s.rule_switch_id)
            from claim.rule_switch s where s.tenant_id = sys.tenant() and s.code = wanted), '[]'));
end
$$;
comment on function claim.rule_history is 'Versions and switches of a rule';

create or replace function claim.rule_days(body jsonb, fallback date) returns daterange
    language plpgsql stable as $$
declare
    first date := coalesce((body ->> 'from')::date, fallback);
    last date := (body ->> 'to')::date;
begin
    if last < first then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/to', 'value.out_of_range', 'from <= to')));
    end if;
    return daterange(first, last, '[]');
end
$$;
comment on function claim.rule_days is 'The days a version or switch holds for; without an end it is open';

create or replace function api.rule_version_add(id text, body jsonb, severity text, table_name text) returns api.reply
    language plpgsql as $$
declare
    days daterange;
    o record;
    made claim.rule_version;
begin
    perform api.need_body('rule_version', body);
    days := claim.rule_days(body, sys.business_date(now()));
    perform pg_advisory_xact_lock(hashtextextended('claim.rule ' || id, sys.tenant()));
    -- the new version takes its days from the earlier ones; what they keep after it is theirs no more: say it anew
    for o in select v.rule_version_id, v.valid from claim.rule_version v
        where v.tenant_id = sys.tenant() and v.code = id and v.valid && days loop
        update claim.rule_version v set valid = case when lower(o.valid) < lower(days) or lower_inf(o.valid) and not lower_inf(days)
            then daterange(lower(o.valid), lower(days)) else 'empty'::daterange end
        where v.tenant_id = sys.tenant() and v.rule_version_id = o.rule_version_id;
    end loop;
    insert into claim.rule_version as v (tenant_id, code, version_no, body, severity, table_name, valid, note, created_by)
    values (sys.tenant(), id, 1 + (select coalesce(max(x.version_no), 0) from claim.rule_version x where x.tenant_id = sys.tenant()
        and x.code = id), rule_version_add.body ->> 'text', rule_version_add.severity, rule_version_add.table_name, days,
        rule_version_add.body ->> 'note', sys.user_id())
    returning * into made;
    return (201, json_build_object('id', id, 'version', made.version_no, 'severity', made.severity, 'table', made.table_name,
        'from', lower(made.valid), 'to', upper(made.valid) - 1)::text, null, '/v1/rules/' || id, null, null)::api.reply;
end
$$;
comment on function api.rule_version_add is 'POST /v1/rules/{id}/versions';

create or replace function api.rule_switch_add(id text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    days daterange;
    o claim.rule_switch;
    part daterange;
    n int;
begin
    perform api.need_body('rule_switch', body);
    days := claim.rule_days(body, null);
    perform pg_advisory_xact_lock(hashtextextended('claim.rule ' || id, sys.tenant()));
    -- the new switch takes its days from the earlier ones, which keep what is left of theirs
    for o in select * from claim.rule_switch s where s.tenant_id = sys.tenant() and s.code = id and s.valid && days loop
        n := 0;
        update claim.rule_switch s set valid = 'empty' where s.tenant_id = o.tenant_id and s.rule_switch_id = o.rule_switch_id;
        for part in select unnest(datemultirange(o.valid) - datemultirange(days)) loop
            n := n + 1;
            if n = 1 then
                update claim.rule_switch s set valid = part where s.tenant_id = o.tenant_id and s.rule_switch_id = o.rule_switch_id;
            else
                insert into claim.rule_switch (tenant_id, code, state, valid, reason, created_by, created_at)
                values (o.tenant_id, o.code, o.state, part, o.reason, o.created_by, o.created_at);
            end if;
        end loop;
    end loop;
    insert into claim.rule_switch (tenant_id, code, state, valid, reason, created_by)
    values (sys.tenant(), id, body ->> 'state', days, body ->> 'reason', sys.user_id());
    return (201, json_build_object('id', id, 'state', body ->> 'state', 'from', lower(days), 'to', upper(days) - 1)::text, null,
        '/v1/rules/' || id, null, null)::api.reply;
end
$$;
comment on function api.rule_switch_add is 'POST /v1/rules/{id}/switches';

create or replace function claim.rule_preview_json(p claim.rule_preview) returns json
    language sql stable
    return (select json_build_object('id', p.rule_preview_id, 'rule', p.code, 'facility', f.code, 'months', p.months, 'state', p.state,
        'total', p.total, 'judged', p.judged, 'claims', p.claims_hit, 'findings', p.findings, 'not_evaluated', p.not_evaluated,
        'at_risk', p.at_risk, 'fund', p.fund_share, 'samples', p.samples, 'error', p.error, 'requested_at', p.requested_at,
        'finished_at', p.finished_at)
        from org.facility f where f.tenant_id = p.tenant_id and f.facility_id = p.facility_id);
comment on function claim.rule_preview_json is 'A preview as the API shows it';

create or replace function api.rule_preview_add(body jsonb, code text) returns api.reply
    language plpgsql as $$
declare
    f org.facility;
    p claim.rule_preview;
begin
    perform api.need_body('rule_preview', body);
    f := claim.facility_of(body ->> 'facility');
    insert into claim.rule_preview (tenant_id, facility_id, code, body, months, requested_by)
    values (f.tenant_id, f.facility_id, rule_preview_add.code, rule_preview_add.body ->> 'text',
        coalesce((rule_preview_add.body ->> 'months')::int, 1), sys.user_id())
    returning * into p;
    insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, created_by, request_id)
    values (p.tenant_id, p.facility_id, 'rule_preview', p.rule_preview_id::text, jsonb_build_object('preview_id', p.rule_preview_id),
        sys.user_id(), sys.request_id());
    return (202, claim.rule_preview_json(p)::text, null, '/v1/rules/previews/' || p.rule_preview_id, null, null)::api.reply;
end
$$;
comment on function api.rule_preview_add is 'POST /v1/rules/preview';

create or replace function api.rule_preview_get(id bigint) returns api.reply
    language plpgsql stable as $$
declare
    p claim.rule_preview;
begin
    select * into p from claim.rule_preview x where x.tenant_id = sys.tenant() and x.rule_preview_id = id;
    if not found then
        perform api.fail(404, 'rule_preview.not_found');
    end if;
    return (200, claim.rule_preview_json(p)::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.rule_preview_get is 'GET /v1/rules/previews/{id}';

-- The job ---------------------------------------------------------------------------------------------------

create or replace function claim.preview_start(id bigint) returns table (code text, body text, last_visit bigint)
    language plpgsql as $$
declare
    p claim.rule_preview;
begin
    select * into p from claim.rule_preview x where x.tenant_id = sys.tenant() and x.rule_preview_id = id for update;
    if not found or p.state in ('done', 'failed') then
        return;
    end if;
    update claim.rule_preview x set state = 'running', total = (
        select count(*) from claim.preview_visits(id, 0, null)) where x.tenant_id = p.tenant_id and x.rule_preview_id = id;
    return query select p.code, p.body, p.last_visit;
end
$$;
comment on function claim.preview_start is 'Begins or goes on with a preview; no row when it is over';

create or replace function claim.preview_visits(id bigint, after_visit bigint, most int) returns table (visit_id bigint)
    language plpgsql stable as $$
begin
    return query
        select v.visit_id
        from claim.rule_preview p
        join org.facility f on f.tenant_id = p.tenant_id and p.facility_id = any (f.path)
        join care.visit v on v.tenant_id = p.tenant_id and v.facility_id = f.facility_id
        where p.tenant_id = (select sys.tenant()) and p.rule_preview_id = id and v.visit_id > after_visit and v.status = 'closed'
            and v.coverage_id is not null and v.discharged_at >= p.requested_at - make_interval(months => p.months)
            and v.discharged_at <= p.requested_at
        order by v.visit_id limit most;
end
$$;
comment on function claim.preview_visits is 'The next visits that a preview judges';

create or replace function claim.preview_store(id bigint, last_visit bigint, judged int, claims int, findings int, not_evaluated int,
    at_risk numeric, fund numeric, samples jsonb) returns void
    language plpgsql as $$
begin
    update claim.rule_preview p set last_visit = preview_store.last_visit, judged = p.judged + preview_store.judged,
        claims_hit = p.claims_hit + claims, findings = p.findings + preview_store.findings,
        not_evaluated = p.not_evaluated + preview_store.not_evaluated, at_risk = p.at_risk + preview_store.at_risk,
        fund_share = p.fund_share + fund,
        samples = case when jsonb_array_length(p.samples) >= 20 then p.samples else jsonb_path_query_array(p.samples || preview_store.samples, '$[0 to 19]') end
    where p.tenant_id = sys.tenant() and p.rule_preview_id = id and p.state = 'running';
end
$$;
comment on function claim.preview_store is 'Adds what one chunk of a preview found';

create or replace function claim.preview_end(id bigint, problem text) returns void
    language plpgsql as $$
begin
    update claim.rule_preview p set state = case when problem is null then 'done' else 'failed' end, error = problem, finished_at = now()
    where p.tenant_id = sys.tenant() and p.rule_preview_id = id and p.state in ('queued', 'running');
end
$$;
comment on function claim.preview_end is 'A preview is over, or failed';
