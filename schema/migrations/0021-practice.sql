-- Practitioners, exam tables, beds, machines and contracts as the fund approves them: what the rule catalogues staff,
-- staff_service, staff_hours, exam_open, ward, machine, contract and holiday are made of (claims/rules/catalogs.tsv). The
-- checks CAT-001 to CAT-004 of the gateway (circular 12/2026/TT-BTC, forms 01/DM and 02/DM) are constraints here.
set local role hmis_owner;

-- Weekly hours as the API takes them (org.post_faults), as minutes of the week from Monday 00:00.
create function org.hours_week(hours text) returns int4multirange
    language plpgsql immutable parallel safe strict as $$
declare
    part text;
    days text;
    times text;
    week int4multirange := '{}';
begin
    if hours !~ '^(([2-8](-[2-8])?(,[2-8])*):(([01][0-9]|2[0-4])[0-5][0-9]-([01][0-9]|2[0-4])[0-5][0-9],?)+;?)+$' then
        return null;
    end if;
    foreach part in array string_to_array(rtrim(hours, ';'), ';') loop
        days := split_part(part, ':', 1);
        foreach times in array string_to_array(rtrim(split_part(part, ':', 2), ','), ',') loop
            if left(times, 4) >= right(times, 4) then
                return null;
            end if;
            week := week + (
                select range_agg(int4range(m.from_minute, m.to_minute))
                from (select d * 1440 + left(times, 2)::int * 60 + substr(times, 3, 2)::int as from_minute,
                        d * 1440 + substr(times, 6, 2)::int * 60 + right(times, 2)::int as to_minute
                    from generate_series(0, 6) d
                    where d + 2 = any (case when substr(days, 2, 1) = '-'
                            then array(select generate_series(left(days, 1)::int, substr(days, 3, 1)::int))
                                || string_to_array(nullif(substr(days, 5), ''), ',')::int[]
                            else string_to_array(days, ',')::int[] end)) m);
        end loop;
    end loop;
    return week;
end
$$;
comment on function org.hours_week is 'Weekly hours 2-6:0700-1130,1330-1700;7:0700-1130 (2 = Monday, 8 = Sunday) as minutes of the week from Monday 00:00; null when they are not written so';

-- Practitioners --------------------------------------------------------------------------------------

alter table org.staff add column may_prescribe boolean, add column may_sign boolean not null default false;
comment on column org.staff.may_prescribe is 'May prescribe; null = by the title: doctor and assistant_doctor may';
comment on column org.staff.may_sign is 'Head of the facility or authorised to sign claims (MA_TTDV)';
alter table org.staff add column fund_state text not null default 'none', add column accepted_on date,
    add constraint staff_fund_state_check check (fund_state in ('none', 'draft', 'sent', 'accepted', 'refused')),
    add constraint staff_accepted_on_check check ((fund_state = 'accepted') = (accepted_on is not null));
comment on column org.staff.fund_state is 'Where the row stands with the fund: none = nothing is known, the centre answers for it; draft, sent, accepted (answer 200), refused. Claims may use it when none or accepted (CAT-001)';
comment on column org.staff.accepted_on is 'Business date of the answer 200: the row counts from then on (CAT-001)';
alter table org.staff add constraint staff_complete_check
    check (fund_state not in ('sent', 'accepted') or (code <> '' and licensed_on is not null and cardinality(scopes) > 0));
comment on constraint staff_complete_check on org.staff is 'CAT-003: what goes to the fund has licence number, date and scope; the hours stand on the post';
create index staff_code_idx on org.staff (tenant_id, code);
create index staff_citizen_idx on org.staff (tenant_id, citizen_id);

alter table org.staff_post add column week int4multirange generated always as (org.hours_week(hours)) stored,
    add column may_overlap boolean not null default false;
comment on column org.staff_post.week is 'Minutes of the week from Monday 00:00 made of hours; null when there are none or they are not written as the API takes them';
comment on column org.staff_post.may_overlap is 'True for rows that overlapped another facility''s hours before the constraint came: to be mended by hand';
alter table org.staff_post add column fund_state text not null default 'none', add column accepted_on date,
    add constraint staff_post_fund_state_check check (fund_state in ('none', 'draft', 'sent', 'accepted', 'refused')),
    add constraint staff_post_accepted_on_check check ((fund_state = 'accepted') = (accepted_on is not null));
comment on column org.staff_post.fund_state is 'Where the row stands with the fund: none = nothing is known, the centre answers for it; draft, sent, accepted (answer 200), refused. Claims may use it when none or accepted (CAT-001)';
comment on column org.staff_post.accepted_on is 'Business date of the answer 200: the row counts from then on (CAT-001)';
alter table org.staff_post add constraint staff_post_complete_check
    check (fund_state not in ('sent', 'accepted') or (week is not null and not isempty(week)));
comment on constraint staff_post_complete_check on org.staff_post is 'CAT-003: a post that goes to the fund has working hours';
alter table org.staff_post no force row level security; -- rows of every tenant
update org.staff_post p set may_overlap = true
where exists (select from org.staff_post q where q.tenant_id = p.tenant_id and q.staff_id = p.staff_id
    and q.facility_id <> p.facility_id and q.week && p.week and q.valid && p.valid);
alter table org.staff_post force row level security;
alter table org.staff_post add constraint staff_post_hours_excl exclude using gist (tenant_id with =, staff_id with =,
    facility_id with <>, week with &&, valid with &&) where (not may_overlap);
comment on constraint staff_post_hours_excl on org.staff_post is 'CAT-004: nobody works at two facilities at the same time';
create index staff_post_staff_idx on org.staff_post (tenant_id, staff_id);

-- Places ---------------------------------------------------------------------------------------------

alter table org.department add column beds_planned smallint, add column beds_actual smallint,
    add column beds_intensive smallint, add column beds_emergency smallint,
    add constraint department_beds_check check (least(beds_planned, beds_actual, beds_intensive, beds_emergency) >= 0);
comment on column org.department.beds_planned is 'GIUONG_PD: approved beds; null = not told';
comment on column org.department.beds_actual is 'GIUONG_TK: beds there are; null = not told';
comment on column org.department.beds_intensive is 'GIUONG_HSTC: intensive-care beds; null = not told';
comment on column org.department.beds_emergency is 'GIUONG_HSCC: emergency beds; null = not told';

create sequence org.exam_table_seq;
create table org.exam_table (
    tenant_id bigint not null,
    facility_id bigint not null,
    exam_table_id bigint not null default (sys.node() << 40) + nextval('org.exam_table_seq'),
    department_id bigint not null,
    code text not null,
    hours text,
    week int4multirange generated always as (org.hours_week(hours)) stored,
    valid daterange not null default '(,)',
    version int not null default 1,
    batch_id bigint,
    constraint exam_table_pkey primary key (tenant_id, exam_table_id),
    constraint exam_table_code_check check (code <> '' and code !~ '[[:cntrl:]]'),
    constraint exam_table_hours_check check (hours is null or org.hours_week(hours) is not null),
    constraint exam_table_code_excl exclude using gist (tenant_id with =, department_id with =, code with =, valid with &&),
    constraint exam_table_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint exam_table_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint exam_table_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch
);
comment on table org.exam_table is 'Exam tables (BAN_KHAM) of a department with the weekly hours the contract names';
comment on column org.exam_table.tenant_id is 'Tenant';
comment on column org.exam_table.facility_id is 'Facility';
comment on column org.exam_table.exam_table_id is 'Id';
comment on column org.exam_table.department_id is 'Department';
comment on column org.exam_table.code is 'Code of the table';
comment on column org.exam_table.hours is 'Weekly hours, e.g. 2-6:0700-1130,1330-1700; null = always';
comment on column org.exam_table.week is 'Minutes of the week from Monday 00:00 made of hours';
comment on column org.exam_table.valid is 'When it exists';
comment on column org.exam_table.version is 'Row version for If-Match';
comment on column org.exam_table.batch_id is 'Import that wrote the row; null = typed in';
create index exam_table_department_idx on org.exam_table (tenant_id, department_id);
create index exam_table_facility_idx on org.exam_table (tenant_id, facility_id);
create index exam_table_batch_idx on org.exam_table (tenant_id, batch_id) where batch_id is not null;

alter table org.machine add column quarter_norm integer,
    add constraint machine_quarter_norm_check check (quarter_norm > 0);
comment on column org.machine.quarter_norm is 'Services the machine is reckoned to do in a quarter; null = no norm';
alter table org.machine add column fund_state text not null default 'none', add column accepted_on date,
    add constraint machine_fund_state_check check (fund_state in ('none', 'draft', 'sent', 'accepted', 'refused')),
    add constraint machine_accepted_on_check check ((fund_state = 'accepted') = (accepted_on is not null));
comment on column org.machine.fund_state is 'Where the row stands with the fund: none = nothing is known, the centre answers for it; draft, sent, accepted (answer 200), refused. Claims may use it when none or accepted (CAT-001)';
comment on column org.machine.accepted_on is 'Business date of the answer 200: the row counts from then on (CAT-001)';
create index machine_code_idx on org.machine (tenant_id, code);

alter table org.contract add column registration_codes text[] not null default '{}', add column works_saturday boolean,
    add column works_sunday boolean, add column works_holiday boolean, add column version int not null default 1,
    add column batch_id bigint,
    add constraint contract_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index contract_batch_idx on org.contract (tenant_id, batch_id) where batch_id is not null;
create index contract_facility_idx on org.contract (tenant_id, facility_id);
comment on column org.contract.registration_codes is 'Registration codes (MA_DKBD) served besides the facility''s own: satellites, stations';
comment on column org.contract.works_saturday is 'Contract covers Saturdays; null = it does not say';
comment on column org.contract.works_sunday is 'Contract covers Sundays; null = it does not say';
comment on column org.contract.works_holiday is 'Contract covers public holidays; null = it does not say';
comment on column org.contract.version is 'Row version';
comment on column org.contract.batch_id is 'Import that wrote the row; null = typed in';

-- Lists ----------------------------------------------------------------------------------------------

create sequence ref.local_scope_service_seq;
create table ref.local_scope_service (
    tenant_id bigint not null,
    local_scope_service_id bigint not null default (sys.node() << 40) + nextval('ref.local_scope_service_seq'),
    facility_id bigint,
    scope_code text not null,
    service_code text not null,
    valid daterange not null default daterange(null, null),
    batch_id bigint,
    constraint local_scope_service_pkey primary key (tenant_id, local_scope_service_id),
    constraint local_scope_service_scope_code_check check (scope_code <> '' and scope_code !~ '[[:cntrl:]]'),
    constraint local_scope_service_service_code_check check (service_code ~ '^[0-9A-Za-z._-]+\*?$'),
    constraint local_scope_service_valid_check check (not isempty(valid)),
    constraint local_scope_service_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_scope_service_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_scope_service_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_scope_service_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (scope_code || '/' || service_code) with =, valid with &&)
);
create index local_scope_service_key_idx on ref.local_scope_service (tenant_id, scope_code, service_code);
create index local_scope_service_batch_idx on ref.local_scope_service (tenant_id, batch_id) where batch_id is not null;
create index local_scope_service_facility_idx on ref.local_scope_service (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_scope_service is 'Services that a scope of practice covers (circular 32/2023/TT-BYT, annexes V to XVIII)';
comment on column ref.local_scope_service.tenant_id is 'Owner';
comment on column ref.local_scope_service.local_scope_service_id is 'Key';
comment on column ref.local_scope_service.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_scope_service.scope_code is 'Scope of practice (PHAMVI_CM)';
comment on column ref.local_scope_service.service_code is 'Service code (MA_DICH_VU); ends with * for all codes that begin so';
comment on column ref.local_scope_service.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_scope_service.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_staff_service_seq;
create table ref.local_staff_service (
    tenant_id bigint not null,
    local_staff_service_id bigint not null default (sys.node() << 40) + nextval('ref.local_staff_service_seq'),
    facility_id bigint,
    staff_code text not null,
    service_code text not null,
    valid daterange not null default daterange(null, null),
    document text not null default '',
    batch_id bigint,
    constraint local_staff_service_pkey primary key (tenant_id, local_staff_service_id),
    constraint local_staff_service_staff_code_check check (staff_code <> '' and staff_code !~ '[[:cntrl:]]'),
    constraint local_staff_service_service_code_check check (service_code ~ '^[0-9A-Za-z._-]+\*?$'),
    constraint local_staff_service_valid_check check (not isempty(valid)),
    constraint local_staff_service_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_staff_service_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_staff_service_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_staff_service_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (staff_code || '/' || service_code) with =, valid with &&)
);
create index local_staff_service_key_idx on ref.local_staff_service (tenant_id, staff_code, service_code);
create index local_staff_service_batch_idx on ref.local_staff_service (tenant_id, batch_id) where batch_id is not null;
create index local_staff_service_facility_idx on ref.local_staff_service (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_staff_service is 'Services a practitioner may do besides the scopes of the licence (DVKT_KHAC)';
comment on column ref.local_staff_service.tenant_id is 'Owner';
comment on column ref.local_staff_service.local_staff_service_id is 'Key';
comment on column ref.local_staff_service.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_staff_service.staff_code is 'Licence number (MACCHN)';
comment on column ref.local_staff_service.service_code is 'Service code (MA_DICH_VU); ends with * for all codes that begin so';
comment on column ref.local_staff_service.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_staff_service.document is 'Document that assigned it (VB_PHANCONG)';
comment on column ref.local_staff_service.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_holiday_seq;
create table ref.local_holiday (
    tenant_id bigint not null,
    local_holiday_id bigint not null default (sys.node() << 40) + nextval('ref.local_holiday_seq'),
    facility_id bigint,
    name text not null,
    valid daterange not null default daterange(null, null),
    batch_id bigint,
    constraint local_holiday_pkey primary key (tenant_id, local_holiday_id),
    constraint local_holiday_name_check check (name <> '' and name !~ '[[:cntrl:]]'),
    constraint local_holiday_valid_check check (not isempty(valid)),
    constraint local_holiday_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_holiday_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_holiday_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_holiday_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (name || '') with =, valid with &&)
);
create index local_holiday_key_idx on ref.local_holiday (tenant_id, name);
create index local_holiday_batch_idx on ref.local_holiday (tenant_id, batch_id) where batch_id is not null;
create index local_holiday_facility_idx on ref.local_holiday (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_holiday is 'Public holidays, one row per run of days';
comment on column ref.local_holiday.tenant_id is 'Owner';
comment on column ref.local_holiday.local_holiday_id is 'Key';
comment on column ref.local_holiday.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_holiday.name is 'Name and year, e.g. Quốc khánh 2026';
comment on column ref.local_holiday.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_holiday.batch_id is 'Import that wrote the row; null = typed in';
