-- Audit and state machines: generic triggers and the loop that attaches them.
set local role hmis_owner;

create or replace function audit.actor() returns text language sql stable
    return coalesce(nullif(current_setting('hmis.user', true), ''), session_user::text);
comment on function audit.actor is 'Who acts: the user id of the request, else the database role';

-- Makes the three statement-level triggers of a table, each with a function of its own: static SQL keeps its plan,
-- which is a fifth of the cost of a write. Inserts write one row per facility and statement (the rows themselves
-- are the after-image), updates and deletes one row per row with the changed columns.
create or replace function audit.attach(nsp text, rel text, id text, facility text, quiet text default null) returns void
    language plpgsql as $attach$
declare
    t record;
begin
    for t in select * from (values
        ('insert', 'new table as new_rows', $$
    insert into audit.change (tenant_id, facility_id, actor, request_id, table_name, op, keys)
    select n.tenant_id, %2$s, audit.actor(), sys.request_id(), %3$L, 'I', array_agg(n.%1$I) from new_rows n group by 1, 2;$$),
        ('update', 'old table as old_rows new table as new_rows', $$
    insert into audit.change (tenant_id, facility_id, actor, request_id, table_name, op, keys, before, after)
    select n.tenant_id, %2$s, audit.actor(), sys.request_id(), %3$L, 'U', array[n.%1$I], d.before, d.after
    from new_rows n join old_rows o on o.tenant_id = n.tenant_id and o.%1$I = n.%1$I %4$s
    cross join lateral (select to_jsonb(o) as was, to_jsonb(n) as is_now offset 0) j
    cross join lateral (
        select jsonb_object_agg(e.key, j.was -> e.key) as before, jsonb_object_agg(e.key, e.value) as after
        from jsonb_each(j.is_now) e where e.value is distinct from j.was -> e.key) d
    where d.after is not null;$$),
        ('delete', 'old table as old_rows', $$
    insert into audit.change (tenant_id, facility_id, actor, request_id, table_name, op, keys, before)
    select n.tenant_id, %2$s, audit.actor(), sys.request_id(), %3$L, 'D', array[n.%1$I], to_jsonb(n) from old_rows n;$$)
        ) v (op, tables, body)
    loop
        execute format('create or replace function audit.%I() returns trigger language plpgsql security definer
            set search_path = pg_catalog as %L', nsp || '_' || rel || '_' || t.op,
            'begin' || format(t.body, id, coalesce('n.' || quote_ident(facility), 'null::bigint'), nsp || '.' || rel,
                coalesce('and not (' || quiet || ')', '')) || E'\n    return null;\nend');
        execute format('comment on function audit.%I is %L', nsp || '_' || rel || '_' || t.op, 'Audit: ' || t.op || ' on ' || nsp || '.' || rel);
        execute format('drop trigger if exists audit_%s on %I.%I', t.op, nsp, rel);
        execute format('create trigger audit_%1$s after %1$s on %2$I.%3$I referencing %4$s
            for each statement execute function audit.%5$I()', t.op, nsp, rel, t.tables, nsp || '_' || rel || '_' || t.op);
    end loop;
end
$attach$;
comment on function audit.attach is 'Audits a table: name of its id column, of its facility column or null; quiet = updates from o to n that are no change of a fact';

create or replace function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'HM500', message = 'audit.append_only';
end
$$;
comment on function audit.refuse_change is 'Append-only tables refuse updates, deletes and truncation';

-- A change of state must be a row of sys.transition; it is logged with its reason (setting hmis.reason).
create or replace function sys.check_transition() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    this_machine text := tg_table_schema || '.' || tg_table_name;
    before text := to_jsonb(old) ->> tg_argv[0];
    after text := to_jsonb(new) ->> tg_argv[0];
    rule sys.transition;
    why text := nullif(current_setting('hmis.reason', true), '');
begin
    if before = after then
        return new;
    end if;
    select * into rule from sys.transition t
        where t.machine = this_machine and t.from_state = before and t.to_state = after;
    if not found then
        raise exception using errcode = 'HM409', message = 'state.illegal',
            detail = json_build_array(json_build_object('pointer', '/' || tg_argv[0], 'code', 'state.illegal',
                'detail', before || ' -> ' || after))::text;
    end if;
    if rule.needs_reason and why is null then
        raise exception using errcode = 'HM422', message = 'state.reason_missing',
            detail = '[{"pointer":"/reason","code":"required"}]';
    end if;
    insert into audit.transition (tenant_id, facility_id, actor, request_id, machine, row_id, from_state, to_state, reason)
    values (new.tenant_id, new.facility_id, audit.actor(), sys.request_id(), this_machine,
        (to_jsonb(new) ->> tg_argv[1])::bigint, before, after, why);
    return new;
end
$$;
comment on function sys.check_transition is 'Refuses a change of state that sys.transition does not allow, and logs the others';

create or replace function bill.check_posting() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    if (select sum(amount) from bill.entry e
        where e.tenant_id = new.tenant_id and e.posting_id = new.posting_id) <> 0 then
        raise exception using errcode = 'HM500', message = 'bill.posting_unbalanced';
    end if;
    return null;
end
$$;
comment on function bill.check_posting is 'The entries of a posting sum to zero, checked at commit';

create or replace function org.set_facility_path() returns trigger language plpgsql as $$
begin
    new.path := coalesce((select f.path from org.facility f
        where f.tenant_id = new.tenant_id and f.facility_id = new.parent_id), '{}') || new.facility_id;
    return new;
end
$$;
comment on function org.set_facility_path is 'Keeps org.facility.path: ids from the root to the facility';

create or replace function job.wake() returns trigger language plpgsql as $$
begin
    notify hmis_job;
    return null;
end
$$;
comment on function job.wake is 'Wakes the jobs process when work is queued that is due';

-- Attach: every tenant table in the schemas below is audited by its <table>_id.
do $$
declare
    t record;
begin
    for t in
        select n.nspname, c.relname, c.oid,
            exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'facility_id' and not a.attisdropped) as has_facility
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in ('org', 'reg', 'care', 'rx', 'bill', 'claim')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = c.relname || '_id')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
    loop
        perform audit.attach(t.nspname, t.relname, t.relname || '_id', case when t.has_facility then 'facility_id' end,
            case t.nspname || '.' || t.relname
                -- the first shares of a new charge belong to its birth
                when 'bill.charge' then 'o.is_provisional and not n.is_provisional'
                -- pricing marks the visit without changing it
                when 'care.visit' then 'n.version = o.version and n.status = o.status
                    and (n.settled_at, n.exempt_at) is not distinct from (o.settled_at, o.exempt_at)' end);
    end loop;
    for t in select * from (values ('audit', 'change'), ('audit', 'access'), ('audit', 'chain'), ('audit', 'transition'),
        ('bill', 'entry'), ('bill', 'payment')) as v(nspname, relname)
    loop
        execute format('drop trigger if exists append_only on %I.%I', t.nspname, t.relname);
        execute format('create trigger append_only before update or delete on %I.%I
            for each row execute function audit.refuse_change()', t.nspname, t.relname);
    end loop;
    for t in select * from (values ('care', 'visit', 'status'), ('care', 'service_order', 'status'),
        ('care', 'prescription', 'status'), ('claim', 'claim', 'state')) as v(nspname, relname, col)
    loop
        execute format('drop trigger if exists state_machine on %I.%I', t.nspname, t.relname);
        execute format('create trigger state_machine before update of %I on %I.%I
            for each row execute function sys.check_transition(%L, %L)', t.col, t.nspname, t.relname, t.col, t.relname || '_id');
    end loop;
end
$$;

drop trigger if exists posting_balanced on bill.entry;
create constraint trigger posting_balanced after insert on bill.entry deferrable initially deferred
    for each row execute function bill.check_posting();
drop trigger if exists facility_path on org.facility;
create trigger facility_path before insert or update of parent_id on org.facility
    for each row execute function org.set_facility_path();
drop trigger if exists wake on job.queue;
-- NOTIFY makes commits wait for each other: work that may wait for the next look into the table does without
create trigger wake after insert on job.queue for each row when (new.run_at <= now()) execute function job.wake();
