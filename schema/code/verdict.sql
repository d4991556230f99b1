-- Verdicts on visits: what judging needs besides the rows of the claim, and what it leaves behind. The judging itself is
-- claims/rules, called by server/app/verdict and by the claim run.
set local role hmis_owner;

-- Rules of a tenant's own ---------------------------------------------------------------------------------

create or replace function claim.rules_changed() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into claim.rule_epoch as e (tenant_id, epoch) values (sys.tenant(), 1)
    on conflict (tenant_id) do update set epoch = e.epoch + 1;
    return null;
end
$$;
comment on function claim.rules_changed is 'Makes every process read the tenant''s rules again before it judges';

do $$
declare
    t text;
begin
    foreach t in array array['rule_version', 'rule_switch'] loop
        execute format('drop trigger if exists changed on claim.%I', t);
        execute format('create trigger changed after insert or update on claim.%I
            for each statement execute function claim.rules_changed()', t);
    end loop;
end
$$;

create or replace function claim.rule_texts()
    returns table (kind text, code text, version_no int, state text, body text, from_on date, to_on date)
    language plpgsql stable as $$
begin
    -- open ends are null; a version that was replaced altogether has none
    return query
        select 'version', v.code, v.version_no, null, v.body, lower(v.valid), upper(v.valid) - 1
        from claim.rule_version v where v.tenant_id = (select sys.tenant()) and not isempty(v.valid)
        order by v.code, v.version_no;
    return query
        select 'switch', s.code, null::int, s.state, s.reason, lower(s.valid), upper(s.valid) - 1
        from claim.rule_switch s where s.tenant_id = (select sys.tenant()) and not isempty(s.valid) order by s.rule_switch_id;
end
$$;
comment on function claim.rule_texts is 'Versions and switches of the tenant''s rules, in the order they are to be taken';

-- Judging ---------------------------------------------------------------------------------------------------

create or replace function claim.verdict_head(visit bigint, out tenant_id bigint, out epoch bigint, out visit_id bigint,
    out version int, out status text, out insured boolean, out discharged boolean, out settled boolean, out department text,
    out practitioner text,
    out overridden text[])
    language plpgsql stable as $$
begin
    tenant_id := sys.tenant();
    select v.visit_id, v.version, v.status, v.coverage_id is not null, v.discharged_at is not null, v.settled_at is not null,
        d.code, s.code
    into verdict_head.visit_id, verdict_head.version, verdict_head.status, insured, discharged, settled, department, practitioner
    from care.visit v
    left join org.department d on d.tenant_id = v.tenant_id and d.department_id = v.department_id
    left join org.staff s on s.tenant_id = v.tenant_id and s.staff_id = v.practitioner_id
    where v.tenant_id = verdict_head.tenant_id and v.visit_id = visit;
    epoch := coalesce((select e.epoch from claim.rule_epoch e where e.tenant_id = verdict_head.tenant_id), 0);
    overridden := (select array_agg(r) from claim.override o cross join lateral unnest(o.rules) r
        where o.tenant_id = verdict_head.tenant_id and o.visit_id = visit);
end
$$;
comment on function claim.verdict_head is 'What judging a visit needs besides its rows: version of the tenant''s rules, state of the visit, whose it is, what was overridden; visit_id null = no such visit';

-- findings: [{rule, severity, table_name, row_no, field, message_vi, message_en, amount, is_shadow, department, practitioner, charge_id}]
create or replace function claim.put_findings(tenant bigint, facility bigint, visit bigint, claim bigint, version int, for_month date,
    origin text, findings jsonb) returns void
    language plpgsql as $$
begin
    with now_found as (
        select j.* from jsonb_to_recordset(findings) as j (rule text, severity text, table_name text, row_no int,
            field text, message_vi text, message_en text, amount numeric, is_shadow boolean, department text, practitioner text,
            charge_id bigint)
    ), gone as (
        update claim.finding f set state = 'adjusted'
        where f.tenant_id = tenant and f.visit_id = visit and f.source = origin and f.state = 'open'
            and not (f.version_no = version and f.claim_id is not distinct from claim and exists (select from now_found n
                where n.rule = f.rule and (n.table_name, n.row_no, n.field, n.message_en, coalesce(n.is_shadow, false))
                    is not distinct from (f.table_name, f.row_no, f.field, f.message_en, f.is_shadow)))
    )
    insert into claim.finding (tenant_id, facility_id, visit_id, claim_id, version_no, month, source, rule, severity, table_name, row_no,
        field, message_vi, message_en, amount, is_shadow, department, practitioner, charge_id)
    select tenant, facility, visit, claim, version, for_month, origin, n.rule, n.severity, n.table_name, n.row_no, n.field,
        n.message_vi, n.message_en, coalesce(n.amount, 0), coalesce(n.is_shadow, false), coalesce(n.department, w.department),
        coalesce(n.practitioner, w.practitioner), n.charge_id
    from now_found n
    left join lateral (
        -- a finding about the claim as a whole is the visit's
        select d.code as department, s.code as practitioner
        from care.visit v
        left join org.department d on d.tenant_id = v.tenant_id and d.department_id = v.department_id
        left join org.staff s on s.tenant_id = v.tenant_id and s.staff_id = v.practitioner_id
        where v.tenant_id = tenant and v.visit_id = visit and (n.department is null or n.practitioner is null)) w on true
    where not exists (select from claim.finding f where f.tenant_id = tenant and f.visit_id = visit and f.version_no = version
            and f.claim_id is not distinct from claim and f.source = origin and f.state = 'open' and f.rule = n.rule
            and (f.table_name, f.row_no, f.field, f.message_en, f.is_shadow)
                is not distinct from (n.table_name, n.row_no, n.field, n.message_en, coalesce(n.is_shadow, false)));
end
$$;
comment on function claim.put_findings is 'The open findings of one source about a visit are now these; others of it count as adjusted';

-- sums: {rule_set, critical, warning, shadow, not_evaluated, at_risk, fund}
create or replace function claim.verdict_store(visit bigint, occasion text, state text, sums jsonb, findings jsonb) returns boolean
    language plpgsql as $$
declare
    v care.visit;
    c record;
    for_month date;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = visit;
    if not found then
        return false;
    end if;
    select k.claim_id, k.version_no into c from claim.claim k where k.tenant_id = v.tenant_id and k.visit_id = visit;
    for_month := claim.month_of(coalesce(v.discharged_at, v.arrived_at));
    insert into claim.verdict as d (tenant_id, facility_id, visit_id, occasion, state, month, rule_set, critical, warning, shadow,
        not_evaluated, at_risk, fund_share, refusals)
    values (v.tenant_id, v.facility_id, visit, verdict_store.occasion, verdict_store.state, for_month, sums ->> 'rule_set',
        (sums ->> 'critical')::int, (sums ->> 'warning')::int, (sums ->> 'shadow')::int, (sums ->> 'not_evaluated')::int,
        (sums ->> 'at_risk')::numeric, (sums ->> 'fund')::numeric, (verdict_store.state = 'refused')::int)
    on conflict (tenant_id, visit_id) do update set occasion = excluded.occasion, state = excluded.state, month = excluded.month,
        rule_set = excluded.rule_set, critical = excluded.critical, warning = excluded.warning, shadow = excluded.shadow,
        not_evaluated = excluded.not_evaluated, at_risk = excluded.at_risk, fund_share = excluded.fund_share,
        refusals = d.refusals + excluded.refusals, judged_at = now();
    perform claim.put_findings(v.tenant_id, v.facility_id, visit, c.claim_id, coalesce(c.version_no, 0), for_month, 'own', findings);
    return true;
end
$$;
comment on function claim.verdict_store is 'Keeps a verdict that decided something, with its findings in place of earlier ones';

create or replace function claim.override_add(visit bigint, rules text[], at_risk numeric, rule_set text, reason text) returns bigint
    language plpgsql as $$
declare
    v care.visit;
    made bigint;
begin
    perform api.need_permission('visit.override');
    if length(btrim(reason)) not between 10 and 1000 then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/override/reason', 'value.too_short', '10 .. 1000')));
    end if;
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = visit;
    insert into claim.override (tenant_id, facility_id, visit_id, rules, at_risk, rule_set, reason, created_by)
    values (v.tenant_id, v.facility_id, visit, override_add.rules, override_add.at_risk, override_add.rule_set, btrim(override_add.reason),
        sys.user_id())
    returning override_id into made;
    return made;
end
$$;
comment on function claim.override_add is 'Somebody with the permission answers for closing a visit against these rules';

-- Reports ---------------------------------------------------------------------------------------------------

create or replace function claim.finding_pareto(scope bigint[], for_month date, by_what text, watching boolean) returns jsonb
    language plpgsql stable as $$
declare
    items jsonb;
begin
    -- amounts of one claim overlap: a group cannot lose more of it than the fund was to pay
    with one as (
        select case by_what when 'department' then f.department when 'practitioner' then f.practitioner else f.rule end as grp,
            f.visit_id, count(*) as findings, max(f.severity) as severity, max(f.message_vi) as message,
            least(sum(f.amount), coalesce(max(d.fund_share), max(c.fund_share), sum(f.amount))) as amount
        from claim.finding f
        left join claim.verdict d on d.tenant_id = f.tenant_id and d.visit_id = f.visit_id
        left join claim.claim c on c.tenant_id = f.tenant_id and c.claim_id = f.claim_id
        where f.tenant_id = sys.tenant() and f.facility_id = any (scope) and f.month = for_month and f.state = 'open'
            and f.is_shadow = watching
        group by 1, 2
    ), grouped as (
        select grp, sum(findings) as findings, count(*) as visits, sum(amount) as amount, min(severity) as severity,
            min(message) as message
        from one group by grp
    ), summed as (
        select g.*, sum(amount) over () as total, sum(findings) over () as total_findings,
            sum(amount) over (order by amount desc, findings desc, grp) as so_far,
            sum(findings) over (order by amount desc, findings desc, grp) as findings_so_far
        from grouped g
    )
    select jsonb_agg(jsonb_build_object(by_what, s.grp,
            'name', case by_what
                when 'department' then (select min(x.name) from org.department x where x.tenant_id = sys.tenant() and x.code = s.grp
                    and x.facility_id = any (scope))
                when 'practitioner' then (select min(x.full_name) from org.staff x where x.tenant_id = sys.tenant() and x.code = s.grp)
                else s.message end,
            'severity', case when by_what = 'rule' then s.severity end, 'findings', s.findings, 'visits', s.visits, 'at_risk', s.amount,
            'share', case when s.total > 0 then round(100 * s.amount / s.total, 1) else round(100.0 * s.findings / s.total_findings, 1) end,
            'cumulative', case when s.total > 0 then round(100 * s.so_far / s.total, 1)
                else round(100.0 * s.findings_so_far / s.total_findings, 1) end)
        order by s.amount desc, s.findings desc, s.grp)
    into items from summed s;
    return coalesce(items, '[]');
end
$$;
comment on function claim.finding_pareto is 'Open findings of a month by rule, department or practitioner, the costliest first, with share and cumulative share in percent';

create or replace function claim.verdict_seen(visit bigint) returns boolean
    language plpgsql as $$
begin
    -- nobody waits for the disk because a record was read
    perform set_config('synchronous_commit', 'off', true);
    perform api.saw(v.tenant_id, v.facility_id, v.patient_id, 'verdict') from care.visit v
    where v.tenant_id = sys.tenant() and v.visit_id = visit;
    return found;
end
$$;
comment on function claim.verdict_seen is 'Records that the caller read the verdict of a visit';
