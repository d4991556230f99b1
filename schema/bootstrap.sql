-- What the migrator itself needs; run before everything else, every time, and therefore re-runnable.

do $$
begin
    if not exists (select from pg_roles where rolname = 'hmis_owner') then
        create role hmis_owner nologin;
    end if;
end
$$;
create schema if not exists sys;

create table if not exists sys.migration (
    no int not null,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text not null default session_user,
    constraint migration_pkey primary key (no)
);
comment on table sys.migration is 'Applied migration files; their content must never change';
comment on column sys.migration.no is 'Number of the file, from 1 without gaps';
comment on column sys.migration.name is 'File name without number and ending';
comment on column sys.migration.sha256 is 'SHA-256 of the file as applied';
comment on column sys.migration.applied_at is 'When';
comment on column sys.migration.applied_by is 'Database role that ran the migrator';

create table if not exists sys.seed (
    file text not null,
    sha256 text not null,
    row_count bigint not null,
    loaded_at timestamptz not null default clock_timestamp(),
    constraint seed_pkey primary key (file)
);
comment on table sys.seed is 'Seed files as last loaded';
comment on column sys.seed.file is 'File name in schema/seed';
comment on column sys.seed.sha256 is 'SHA-256 over the manifest line and the file';
comment on column sys.seed.row_count is 'Rows of the file';
comment on column sys.seed.loaded_at is 'When';

create table if not exists sys.code (
    file text not null,
    sha256 text not null,
    applied_at timestamptz not null default clock_timestamp(),
    constraint code_pkey primary key (file)
);
comment on table sys.code is 'Files of schema/code as last applied';
comment on column sys.code.file is 'File name';
comment on column sys.code.sha256 is 'SHA-256 of the file';
comment on column sys.code.applied_at is 'When';

create table if not exists sys.code_object (
    kind text not null,
    identity text not null,
    constraint code_object_pkey primary key (kind, identity),
    constraint code_object_kind_check check (kind in ('policy', 'trigger', 'view', 'function', 'procedure', 'aggregate'))
);
comment on table sys.code_object is 'Objects that schema/code made: dropped and made anew at each upgrade';
comment on column sys.code_object.kind is 'policy, trigger, view, function, procedure or aggregate';
comment on column sys.code_object.identity is 'What follows `drop <kind>`';

-- Everything of our schemas that code files may make, in the form of sys.code_object.
create or replace view sys.code_candidate as
with ours as (
    select oid from pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> 'public'
)
select 'policy' as kind, format('%I on %s', polname, polrelid::regclass) as identity
from pg_policy join pg_class c on c.oid = polrelid where c.relnamespace in (select oid from ours)
union all
select 'trigger', format('%I on %s', tgname, tgrelid::regclass)
from pg_trigger join pg_class c on c.oid = tgrelid
where not tgisinternal and tgparentid = 0 and c.relnamespace in (select oid from ours)
union all
select 'view', c.oid::regclass::text
from pg_class c where c.relkind = 'v' and c.relnamespace in (select oid from ours)
    and c.oid <> to_regclass('sys.code_candidate')
union all
select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.oid::regprocedure::text
from pg_proc p where p.pronamespace in (select oid from ours)
    and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype in ('e', 'i'));
comment on view sys.code_candidate is 'Policies, triggers, views and functions of our schemas, as sys.code_object names them';

alter schema sys owner to hmis_owner;
alter table sys.migration owner to hmis_owner;
alter table sys.seed owner to hmis_owner;
alter table sys.code owner to hmis_owner;
alter table sys.code_object owner to hmis_owner;
alter view sys.code_candidate owner to hmis_owner;
