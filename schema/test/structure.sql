-- Promises about every table, read from the catalogue: they hold for tables made later, too.
begin;
select * from no_plan();

create temp view our_table as
select n.nspname as schema, c.relname as name, c.oid, c.oid::regclass::text as full_name, c.relkind as kind
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v') and not c.relispartition
    and n.nspname in ('sys', 'ref', 'org', 'reg', 'care', 'rx', 'bill', 'claim', 'hl7', 'job', 'sec', 'audit', 'report', 'api');

select is_empty($$
    select full_name from our_table where obj_description(oid, 'pg_class') is null order by 1
$$, 'every table and view has a comment');

select is_empty($$
    select t.full_name || '.' || a.attname from our_table t join pg_attribute a on a.attrelid = t.oid
    where t.kind <> 'v' and a.attnum > 0 and not a.attisdropped and col_description(t.oid, a.attnum) is null order by 1
$$, 'every column of every table has a comment');

select is_empty($$
    select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in (select distinct schema from our_table) and obj_description(p.oid, 'pg_proc') is null
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1
$$, 'every function has a comment');

select is_empty($$
    select n.nspname || '.' || t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'd' and n.nspname in (select distinct schema from our_table)
        and obj_description(t.oid, 'pg_type') is null order by 1
$$, 'every domain has a comment');

-- Settings and settings-like tables have an exclusion constraint instead.
select is_empty($$
    select full_name from our_table t
    where kind <> 'v' and full_name <> 'sys.setting'
        and not exists (select from pg_constraint c where c.conrelid = t.oid and c.contype = 'p') order by 1
$$, 'every table has a primary key');

select is_empty($$
    select t.full_name from our_table t
    join pg_constraint c on c.conrelid = t.oid and c.contype = 'p'
    where t.schema in ('ref', 'org', 'reg', 'care', 'rx', 'bill', 'claim', 'hl7')
        and exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'tenant_id' and a.attnotnull)
        and (select attname from pg_attribute a where a.attrelid = t.oid and a.attnum = c.conkey[1]) <> 'tenant_id' order by 1
$$, 'the key of every tenant table starts with tenant_id');

-- A foreign key whose referenced rows are never deleted needs no index of its own when the columns are never
-- searched either: those are listed with their reason.
create temp table unindexed_reason (name text primary key, reason text not null);
insert into unindexed_reason values
    ('who', 'the person who wrote a row: people are never deleted, and nobody lists rows by them'),
    ('where', 'facility, department or room of a row reached through its visit or day; they are closed, never deleted'),
    ('visit', 'read together with all rows of the visit; cards are voided and orders cancelled, never deleted'),
    ('tenant', 'tenant_id alone leads the primary key');
-- The facility in a key that names a visit follows from the visit: an index on the visit serves.
create temp view foreign_key as
select c.conname, t.full_name, t.oid, k.columns, case when 'visit_id' = any (k.columns) then k.without_facility else c.conkey end as searched
from pg_constraint c join our_table t on t.oid = c.conrelid
cross join lateral (
    select array_agg(a.attname::text order by k.n) as columns,
        array_agg(k.num order by k.n) filter (where a.attname <> 'facility_id') as without_facility
    from unnest(c.conkey) with ordinality k (num, n) join pg_attribute a on a.attrelid = t.oid and a.attnum = k.num) k
where c.contype = 'f';
select is_empty($$
    select f.full_name || ' ' || f.conname from foreign_key f
    where not exists (select from pg_index i where i.indrelid = f.oid
            and (select array_agg(x order by x) from unnest((i.indkey::int2[])[0:cardinality(f.searched) - 1]) x)
                = (select array_agg(x order by x) from unnest(f.searched) x))
        and not case
            when f.columns[cardinality(f.columns)] ~ '(_by|_by_id|practitioner_id|staff_id|created_by)$' then
                exists (select from unindexed_reason where name = 'who')
            when f.columns[cardinality(f.columns)] in ('facility_id', 'department_id', 'room_id', 'machine_id') and not 'visit_id' = any (f.columns) then
                exists (select from unindexed_reason where name = 'where')
            when f.columns[cardinality(f.columns)] in ('coverage_id', 'service_order_id') then
                exists (select from unindexed_reason where name = 'visit')
                    and exists (select from pg_attribute a where a.attrelid = f.oid and a.attname = 'visit_id')
            when f.columns = array['tenant_id'] then exists (select from unindexed_reason where name = 'tenant')
            else false end
    order by 1
$$, 'every foreign key has an index, or a reason in unindexed_reason');

-- Isolation ------------------------------------------------------------------------------------------

create temp table without_policy (full_name text primary key, reason text not null);
insert into without_policy values
    ('audit.change', 'insert-only through definer functions; no service role may read it'),
    ('audit.access', 'insert-only through definer functions; no service role may read it'),
    ('audit.transition', 'insert-only through definer functions; no service role may read it'),
    ('audit.chain', 'written by the sealing job through definer functions'),
    ('job.queue', 'the jobs process serves all tenants'),
    ('job.schedule', 'the jobs process serves all tenants'),
    ('org.node', 'nodes are not patient data; a tenant may be absent'),
    ('sys.setting', 'settings without tenant hold for all'),
    ('sec.epoch', 'a counter read before the caller is known');
create temp view tenant_table as
select t.*, c.relrowsecurity and c.relforcerowsecurity as is_forced,
    exists (select from pg_policy p where p.polrelid = t.oid) as has_policy
from our_table t join pg_class c on c.oid = t.oid
where t.kind <> 'v' and exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'tenant_id' and not a.attisdropped);
select is_empty($$
    select full_name from tenant_table
    where not (is_forced and has_policy) and full_name not in (select full_name from without_policy) order by 1
$$, 'row-level security is forced, with a policy, on every table with tenant_id');
select is_empty($$
    select full_name from without_policy where full_name like 'audit.%'
        and (has_table_privilege('hmis_worker', full_name, 'select') or has_table_privilege('hmis_worker', full_name, 'update')
            or has_table_privilege('hmis_worker', full_name, 'delete')) order by 1
$$, 'the worker cannot read or change the audit tables');
select is_empty($$
    select full_name from our_table where kind <> 'v' and schema = 'ref' and has_table_privilege('hmis_worker', full_name, 'insert, update, delete')
$$, 'the worker cannot write catalogues');
select is_empty($$
    select r.rolname from pg_roles r where r.rolname like 'hmis%' and (r.rolsuper or r.rolbypassrls or r.rolcreaterole) order by 1
$$, 'no service role is a superuser or passes by row-level security');

-- Audit ----------------------------------------------------------------------------------------------

create temp table without_audit (full_name text primary key, reason text not null);
insert into without_audit values
    ('org.tenant', 'made by the administrator of the database'),
    ('org.node', 'made by the administrator of the database'),
    ('reg.name_word', 'made from reg.patient by triggers, for search'),
    ('reg.patient_word', 'made from reg.patient by triggers, for search'),
    ('reg.number_series', 'a counter; the numbered rows are audited'),
    ('care.queue_counter', 'a counter; the tickets are audited'),
    ('claim.catalog_epoch', 'a counter; imports have their batches, the rest is audited'),
    ('claim.rule_epoch', 'a counter; the versions and switches of rules are audited'),
    ('bill.account', 'a fixed list of accounts; entries are audited');
select is_empty($$
    select t.full_name from tenant_table t
    where t.schema in ('org', 'reg', 'care', 'rx', 'bill', 'claim') and t.full_name not in (select full_name from without_audit)
        and (select count(*) from pg_trigger g where g.tgrelid = t.oid and not g.tgisinternal
            and g.tgname in ('audit_insert', 'audit_update', 'audit_delete') and g.tgenabled = 'O') < 3
    order by 1
$$, 'every table of people, visits, money and claims is audited, or listed in without_audit');

-- Dates ----------------------------------------------------------------------------------------------

select is_empty($$
    select t.full_name from our_table t join pg_attribute a on a.attrelid = t.oid and a.attname = 'valid' and not a.attisdropped
    where t.kind <> 'v' and a.atttypid = 'daterange'::regtype
        and not exists (select from pg_constraint c where c.conrelid = t.oid and c.contype = 'x')
        -- one row per key for ever cannot overlap itself
        and not exists (select from pg_constraint c where c.conrelid = t.oid and c.contype = 'p' and not exists (
            select from pg_attribute k where k.attrelid = t.oid and k.attnum = any (c.conkey)
                and (k.atttypid in ('daterange'::regtype, 'date'::regtype) or k.attname = t.name || '_id')))
    order by 1
$$, 'every table with validity dates refuses overlaps');
select is_empty($$
    select t.full_name || '.' || a.attname from our_table t join pg_attribute a on a.attrelid = t.oid
    where t.kind <> 'v' and not a.attisdropped and a.attname like '%\_at' and a.atttypid <> 'timestamptz'::regtype
        or t.kind <> 'v' and not a.attisdropped and a.attname like '%\_on' and a.attname not like 'is\_%' and a.atttypid <> 'date'::regtype order by 1
$$, 'columns named _at are instants, columns named _on are dates');
select is_empty($$
    select t.full_name || '.' || a.attname from our_table t join pg_attribute a on a.attrelid = t.oid
    where t.kind <> 'v' and a.attnum > 0 and not a.attisdropped and a.atttypid in ('float4'::regtype, 'float8'::regtype, 'money'::regtype) order by 1
$$, 'no floating-point column');

select * from finish();
rollback;
