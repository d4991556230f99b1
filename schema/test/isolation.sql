-- "Another tenant, another facility sees nothing": tried on every table with tenant_id, also on those made later.
-- All constraints but the primary keys are dropped inside this transaction, so that three rows can be put into
-- any table: two facilities (11, 12) of tenant 1 and one (21) of tenant 2.
begin;
select * from no_plan();

create temp view tenant_table as
select n.nspname as schema, c.relname as name, c.oid, c.oid::regclass::text as full_name, c.relkind as kind,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'facility_id') as has_facility
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and c.relrowsecurity
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped);

-- Tables that are open to the whole tenant although they belong to a facility.
create temp table open_in_tenant (full_name text primary key, reason text not null);
insert into open_in_tenant
select full_name, 'facilities, rooms and staff are public inside the tenant: people are referred between them'
from tenant_table where schema = 'org' and has_facility;
insert into open_in_tenant
select full_name, 'rights are worked out before the caller''s facilities are known' from tenant_table where schema = 'sec' and has_facility;

create function pg_temp.open_table(rel regclass) returns void language plpgsql as $$
declare
    x record;
begin
    for x in select conname from pg_constraint where conrelid = rel and contype in ('c', 'f', 'x') and coninhcount = 0 loop
        execute format('alter table %s drop constraint if exists %I cascade', rel, x.conname);
    end loop;
    for x in select attname from pg_attribute a where attrelid = rel and attnum > 0 and attnotnull and attidentity = ''
        and not attisdropped and attname not in ('tenant_id', 'facility_id')
        and not exists (select from pg_constraint c where c.conrelid = rel and c.contype = 'p' and a.attnum = any (c.conkey))
    loop
        execute format('alter table %s alter column %I drop not null', rel, x.attname);
    end loop;
    execute format('alter table %s disable trigger all', rel);
end
$$;

-- One row; a key column without default gets a value made of no.
create function pg_temp.row_sql(rel regclass, tenant bigint, facility bigint, no int) returns text language sql as $$
    select format('insert into %s (%s) overriding system value values (%s) on conflict do nothing', rel, string_agg(quote_ident(attname), ', '),
        string_agg(case
            when attname = 'tenant_id' then tenant::text
            when attname = 'facility_id' then facility::text
            when atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then no::text
            when atttypid = 'text'::regtype then quote_literal('key' || no)
            when atttypid = 'date'::regtype then format('current_date + %s', no)
            when atttypid = 'timestamptz'::regtype then format('now() + interval ''%s s''', no)
            when atttypid = 'bytea'::regtype then format('decode(%L, ''hex'')', lpad(no::text, 64, '0'))
            when atttypid = 'daterange'::regtype then quote_literal('(,)')
            else quote_literal(no::text) end, ', '))
    from pg_attribute a
    where attrelid = rel and attnum > 0 and not attisdropped and attgenerated = ''
        and (attname in ('tenant_id', 'facility_id')
            or exists (select from pg_constraint c where c.conrelid = rel and c.contype = 'p' and a.attnum = any (c.conkey)))
$$;

create function pg_temp.as_worker(tenant text, facilities text, sql text, out visible bigint, out state text) language plpgsql as $$
begin
    perform set_config('hmis.tenant', tenant, true), set_config('hmis.facilities', facilities, true),
        set_config('hmis.facility', '11', true), set_config('role', 'hmis_worker', true);
    execute sql into visible;
    perform set_config('role', 'none', true);
exception when others then
    state := sqlstate;
end
$$;

create function pg_temp.judge(t tenant_table) returns setof text language plpgsql as $$
declare
    got record;
    by_facility boolean := t.has_facility and t.full_name not in (select full_name from open_in_tenant);
    own bigint;
begin
    perform pg_temp.open_table(t.oid::regclass);
    execute pg_temp.row_sql(t.oid::regclass, 1, 11, 1);
    execute pg_temp.row_sql(t.oid::regclass, 1, 12, 2);
    execute pg_temp.row_sql(t.oid::regclass, 2, 21, 3);
    execute format('select count(*) from %s where tenant_id = 1 %s', t.full_name, case when by_facility then 'and facility_id = 11' else '' end)
        into own;
    execute format('grant select, insert, update, delete on %s to hmis_worker', t.full_name);
    got := pg_temp.as_worker('1', '{11}', format('select count(*) from %s where tenant_id in (1, 2)', t.full_name));
    return next ok(own > 0 and got.visible = own, t.full_name || ': sees its own rows and no other');
    got := pg_temp.as_worker('1', '{11}', format('select count(*) from %s where tenant_id = 2', t.full_name));
    return next is(got.visible, 0::bigint, t.full_name || ': nothing of another tenant');
    got := pg_temp.as_worker('1', '{11}', format('with gone as (delete from %s where tenant_id = 2 returning 1) select count(*) from gone', t.full_name));
    return next is(got.visible, 0::bigint, t.full_name || ': cannot delete rows of another tenant');
    got := pg_temp.as_worker('1', '{11}', pg_temp.row_sql(t.oid::regclass, 2, 21, 4));
    return next is(got.state, '42501', t.full_name || ': cannot write rows of another tenant');
    if by_facility then
        got := pg_temp.as_worker('1', '{11}', format('select count(*) from %s where tenant_id = 1 and facility_id = 12', t.full_name));
        return next is(got.visible, 0::bigint, t.full_name || ': nothing of another facility');
        got := pg_temp.as_worker('1', '{11}', pg_temp.row_sql(t.oid::regclass, 1, 12, 5));
        return next is(got.state, '42501', t.full_name || ': cannot write rows of another facility');
    end if;
    if t.schema <> 'sec' then
        got := pg_temp.as_worker('', '', format('select count(*) from %s', t.full_name));
        return next is(got.state, 'HM500', t.full_name || ': closed when nobody has been named');
    end if;
end
$$;

select pg_temp.judge(t) from tenant_table t order by t.schema, t.name;

select * from finish();
rollback;
