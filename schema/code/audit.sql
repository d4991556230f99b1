-- Audit and state machines: generic triggers and the loop that attaches them.
set local role hmis_owner;

create or replace function audit.actor() returns text language sql stable
    return coalesce(nullif(current_setting('hmis.user', true), ''), session_user::text);
comment on function audit.actor is 'Who acts: the user id of the request, else the database role';

-- Statement-level AFTER trigger; argument 1 is the id column. Inserts write one row per facility and statement
-- (the rows themselves are the after-image), updates and deletes one row per row with the changed columns.
create or replace function audit.write_insert() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    execute format(
        'insert into audit.change (tenant_id, facility_id, actor, request_id, table_name, op, keys)
         select tenant_id, %s, $1, $2, $3, ''I'', array_agg(%I) from new_rows group by 1, 2',
        tg_argv[1], tg_argv[0])
    using audit.actor(), sys.request_id(), tg_table_schema || '.' || tg_table_name;
    return null;
end
$$;
comment on function audit.write_insert is 'Audit of inserts';

create or replace function audit.write_update() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    execute format(
        'insert into audit.change (tenant_id, facility_id, actor, request_id, table_name, op, keys, before, after)
         select n.tenant_id, n.facility, $1, $2, $3, ''U'', array[n.%2$I], d.before, d.after
         from (select tenant_id, %1$s as facility, %2$I, to_jsonb(x) as j from new_rows x) n
         join (select tenant_id, %2$I, to_jsonb(x) as j from old_rows x) o using (tenant_id, %2$I)
         cross join lateral (
             select jsonb_object_agg(e.key, o.j -> e.key) as before, jsonb_object_agg(e.key, e.value) as after
             from jsonb_each(n.j) e where e.value is distinct from o.j -> e.key) d
         where d.after is not null',
        tg_argv[1], tg_argv[0])
    using audit.actor(), sys.request_id(), tg_table_schema || '.' || tg_table_name;
    return null;
end
$$;
comment on function audit.write_update is 'Audit of updates';

create or replace function audit.write_delete() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    execute format(
        'insert into audit.change (tenant_id, facility_id, actor, request_id, table_name, op, keys, before)
         select tenant_id, %s, $1, $2, $3, ''D'', array[%I], to_jsonb(x) from old_rows x',
        tg_argv[1], tg_argv[0])
    using audit.actor(), sys.request_id(), tg_table_schema || '.' || tg_table_name;
    return null;
end
$$;
comment on function audit.write_delete is 'Audit of deletes';

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
comment on function job.wake is 'Wakes the jobs process when work is queued';

-- Attach: every tenant table in the schemas below is audited by its <table>_id.
do $$
declare
    t record;
    fac text;
begin
    for t in
        select n.nspname, c.relname, c.oid,
            exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'facility_id' and not a.attisdropped) as has_facility
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in ('org', 'reg', 'care', 'rx', 'bill', 'claim')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = c.relname || '_id')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
    loop
        fac := case when t.has_facility then 'facility_id' else 'null::bigint' end;
        execute format('drop trigger if exists audit_insert on %I.%I', t.nspname, t.relname);
        execute format('drop trigger if exists audit_update on %I.%I', t.nspname, t.relname);
        execute format('drop trigger if exists audit_delete on %I.%I', t.nspname, t.relname);
        execute format('create trigger audit_insert after insert on %I.%I referencing new table as new_rows
            for each statement execute function audit.write_insert(%L, %L)', t.nspname, t.relname, t.relname || '_id', fac);
        execute format('create trigger audit_update after update on %I.%I referencing old table as old_rows new table as new_rows
            for each statement execute function audit.write_update(%L, %L)', t.nspname, t.relname, t.relname || '_id', fac);
        execute format('create trigger audit_delete after delete on %I.%I referencing old table as old_rows
            for each statement execute function audit.write_delete(%L, %L)', t.nspname, t.relname, t.relname || '_id', fac);
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
create trigger wake after insert on job.queue for each statement execute function job.wake();
