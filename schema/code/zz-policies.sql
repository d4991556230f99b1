-- Row-level security and grants, attached to every table by what columns it has. Runs last.
set local role hmis_owner;

do $$
declare
    t record;
    cond text;
begin
    for t in
        select n.nspname, c.relname,
            (select a.attnotnull from pg_attribute a where a.attrelid = c.oid and a.attname = 'facility_id'
                and not a.attisdropped) as is_of_one_facility
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition
            and n.nspname in ('ref', 'org', 'reg', 'care', 'rx', 'bill', 'claim', 'hl7', 'report')
            and (n.nspname, c.relname) <> ('org', 'node')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull)
    loop
        -- the inner cast is done once for a statement, the outer one (of nothing) makes it an array and not a query
        cond := 'tenant_id = (select sys.tenant())';
        -- facilities and rooms are public inside the tenant: people are referred between them
        if t.is_of_one_facility and t.nspname <> 'org' then
            cond := cond || ' and facility_id = any ((select sys.facilities()::bigint[])::bigint[])';
        elsif not t.is_of_one_facility then -- a row without facility is the whole tenant's
            cond := cond || ' and (facility_id is null or facility_id = any ((select sys.facilities()::bigint[])::bigint[]))';
        end if;
        execute format('alter table %I.%I enable row level security', t.nspname, t.relname);
        execute format('alter table %I.%I force row level security', t.nspname, t.relname);
        execute format('drop policy if exists tenant_scope on %I.%I', t.nspname, t.relname);
        execute format('create policy tenant_scope on %I.%I using (%s) with check (%s)', t.nspname, t.relname, cond, cond);
    end loop;
end
$$;

grant usage on schema sys, ref, org, reg, care, rx, bill, claim, hl7, job, sec, audit, report, api to hmis_worker, hmis_jobs;
grant usage on schema sys, ref, org, reg, care, rx, bill, claim, report, api to hmis_report;
grant usage on all sequences in schema ref, org, reg, care, rx, bill, claim, hl7, job to hmis_worker, hmis_jobs;
grant select on all tables in schema sys, ref, org, reg, care, rx, bill, claim, hl7, report to hmis_worker, hmis_jobs, hmis_report;
grant insert, update on all tables in schema org, reg, care, rx, bill, claim, hl7 to hmis_worker, hmis_jobs;
grant delete on care.diagnosis to hmis_worker;
grant delete on reg.patient_word to hmis_worker, hmis_jobs;
grant select, insert, update on all tables in schema job to hmis_worker, hmis_jobs;
grant delete on job.queue to hmis_jobs;
grant execute on all functions in schema sys, ref, org, reg, care, rx, bill, claim, hl7, job, api, report
    to hmis_worker, hmis_jobs;
