-- Lists that come from outside the centre but are not ours to ship: facilities of the country, routes of drugs,
-- traditional-medicine diseases, forbidden disease codes, limits of result indicators. Each centre imports what it was given.
set local role hmis_owner;

create sequence ref.local_facility_seq;
create table ref.local_facility (
    tenant_id bigint not null,
    local_facility_id bigint not null default (sys.node() << 40) + nextval('ref.local_facility_seq'),
    facility_id bigint,
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    level text not null default '',
    province_code text not null default '',
    batch_id bigint,
    constraint local_facility_pkey primary key (tenant_id, local_facility_id),
    constraint local_facility_code_check check (code ~ '^[0-9]{5}$'),
    constraint local_facility_level_check check (level in ('', 'initial', 'basic', 'specialised')),
    constraint local_facility_valid_check check (not isempty(valid)),
    constraint local_facility_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_facility_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_facility_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_facility_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (code || '') with =, valid with &&)
);
create index local_facility_key_idx on ref.local_facility (tenant_id, code);
create index local_facility_batch_idx on ref.local_facility (tenant_id, batch_id) where batch_id is not null;
create index local_facility_facility_idx on ref.local_facility (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_facility is 'Facilities of the country that claims may name (MA_DKBD, MA_NOI_DI, MA_NOI_DEN), as the fund lists them';
comment on column ref.local_facility.tenant_id is 'Owner';
comment on column ref.local_facility.local_facility_id is 'Key';
comment on column ref.local_facility.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_facility.code is 'MA_CSKCB';
comment on column ref.local_facility.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_facility.name_vi is 'Name';
comment on column ref.local_facility.level is 'initial, basic, specialised; empty = not told';
comment on column ref.local_facility.province_code is 'Province code of the fund';
comment on column ref.local_facility.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_route_seq;
create table ref.local_route (
    tenant_id bigint not null,
    local_route_id bigint not null default (sys.node() << 40) + nextval('ref.local_route_seq'),
    facility_id bigint,
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    batch_id bigint,
    constraint local_route_pkey primary key (tenant_id, local_route_id),
    constraint local_route_code_check check (code <> '' and code !~ '[[:cntrl:]]'),
    constraint local_route_valid_check check (not isempty(valid)),
    constraint local_route_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_route_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_route_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_route_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (code || '') with =, valid with &&)
);
create index local_route_key_idx on ref.local_route (tenant_id, code);
create index local_route_batch_idx on ref.local_route (tenant_id, batch_id) where batch_id is not null;
create index local_route_facility_idx on ref.local_route (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_route is 'Routes of administration (DUONG_DUNG)';
comment on column ref.local_route.tenant_id is 'Owner';
comment on column ref.local_route.local_route_id is 'Key';
comment on column ref.local_route.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_route.code is 'Route code, e.g. 1.01';
comment on column ref.local_route.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_route.name_vi is 'Name';
comment on column ref.local_route.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_traditional_seq;
create table ref.local_traditional (
    tenant_id bigint not null,
    local_traditional_id bigint not null default (sys.node() << 40) + nextval('ref.local_traditional_seq'),
    facility_id bigint,
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    icd_code text not null,
    batch_id bigint,
    constraint local_traditional_pkey primary key (tenant_id, local_traditional_id),
    constraint local_traditional_code_check check (code <> '' and code !~ '[[:cntrl:]]'),
    constraint local_traditional_icd_code_check check (icd_code ~ '^[A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?$'),
    constraint local_traditional_valid_check check (not isempty(valid)),
    constraint local_traditional_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_traditional_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_traditional_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_traditional_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (code || '') with =, valid with &&)
);
create index local_traditional_key_idx on ref.local_traditional (tenant_id, code);
create index local_traditional_batch_idx on ref.local_traditional (tenant_id, batch_id) where batch_id is not null;
create index local_traditional_facility_idx on ref.local_traditional (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_traditional is 'Traditional-medicine disease codes (MA_BENH_YHCT) with the ICD-10 code they go with';
comment on column ref.local_traditional.tenant_id is 'Owner';
comment on column ref.local_traditional.local_traditional_id is 'Key';
comment on column ref.local_traditional.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_traditional.code is 'Traditional-medicine code';
comment on column ref.local_traditional.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_traditional.name_vi is 'Name';
comment on column ref.local_traditional.icd_code is 'ICD-10 code';
comment on column ref.local_traditional.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_icd_flag_seq;
create table ref.local_icd_flag (
    tenant_id bigint not null,
    local_icd_flag_id bigint not null default (sys.node() << 40) + nextval('ref.local_icd_flag_seq'),
    facility_id bigint,
    flag text not null,
    icd_code text not null,
    valid daterange not null default daterange(null, null),
    note text not null default '',
    batch_id bigint,
    constraint local_icd_flag_pkey primary key (tenant_id, local_icd_flag_id),
    constraint local_icd_flag_flag_check check (flag in ('forbidden')),
    constraint local_icd_flag_icd_code_check check (icd_code ~ '^[A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?$'),
    constraint local_icd_flag_valid_check check (not isempty(valid)),
    constraint local_icd_flag_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_icd_flag_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_icd_flag_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_icd_flag_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (flag || '/' || icd_code) with =, valid with &&)
);
create index local_icd_flag_key_idx on ref.local_icd_flag (tenant_id, flag, icd_code);
create index local_icd_flag_icd_code_idx on ref.local_icd_flag (tenant_id, icd_code);
create index local_icd_flag_batch_idx on ref.local_icd_flag (tenant_id, batch_id) where batch_id is not null;
create index local_icd_flag_facility_idx on ref.local_icd_flag (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_icd_flag is 'Flags of disease codes beyond the national table';
comment on column ref.local_icd_flag.tenant_id is 'Owner';
comment on column ref.local_icd_flag.local_icd_flag_id is 'Key';
comment on column ref.local_icd_flag.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_icd_flag.flag is 'forbidden = may not stand on a claim';
comment on column ref.local_icd_flag.icd_code is 'ICD-10 code; three characters stand for all below them';
comment on column ref.local_icd_flag.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_icd_flag.note is 'Source of the flag';
comment on column ref.local_icd_flag.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_indicator_seq;
create table ref.local_indicator (
    tenant_id bigint not null,
    local_indicator_id bigint not null default (sys.node() << 40) + nextval('ref.local_indicator_seq'),
    facility_id bigint,
    service_code text not null,
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    unit text not null default '',
    is_numeric boolean not null default true,
    low numeric(15,3),
    high numeric(15,3),
    batch_id bigint,
    constraint local_indicator_pkey primary key (tenant_id, local_indicator_id),
    constraint local_indicator_service_code_check check (service_code <> '' and service_code !~ '[[:cntrl:]]'),
    constraint local_indicator_code_check check (code <> '' and code !~ '[[:cntrl:]]'),
    constraint local_indicator_high_check check (high >= low),
    constraint local_indicator_valid_check check (not isempty(valid)),
    constraint local_indicator_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_indicator_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_indicator_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_indicator_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (service_code || '/' || code) with =, valid with &&)
);
create index local_indicator_key_idx on ref.local_indicator (tenant_id, service_code, code);
create index local_indicator_batch_idx on ref.local_indicator (tenant_id, batch_id) where batch_id is not null;
create index local_indicator_facility_idx on ref.local_indicator (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_indicator is 'Result indicators (MA_CHI_SO, decision 1227/QĐ-BYT 2025) with unit and limits beyond which a value is not plausible';
comment on column ref.local_indicator.tenant_id is 'Owner';
comment on column ref.local_indicator.local_indicator_id is 'Key';
comment on column ref.local_indicator.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_indicator.service_code is 'MA_DICH_VU';
comment on column ref.local_indicator.code is 'MA_CHI_SO';
comment on column ref.local_indicator.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_indicator.name_vi is 'Name (TEN_CHI_SO)';
comment on column ref.local_indicator.unit is 'Unit (DON_VI_DO)';
comment on column ref.local_indicator.is_numeric is 'The value is a number';
comment on column ref.local_indicator.low is 'Least plausible value; null = none';
comment on column ref.local_indicator.high is 'Greatest plausible value; null = none';
comment on column ref.local_indicator.batch_id is 'Import that wrote the row; null = typed in';

-- Which state the lists of a tenant are in: processes that hold a copy of them compare it.
create table claim.catalog_epoch (
    tenant_id bigint not null,
    epoch bigint not null,
    constraint catalog_epoch_pkey primary key (tenant_id),
    constraint catalog_epoch_tenant_fkey foreign key (tenant_id) references org.tenant
);
comment on table claim.catalog_epoch is 'Raised by each statement that changes a list the rules look into; a process that holds a copy of the lists compares it';
comment on column claim.catalog_epoch.tenant_id is 'Tenant';
comment on column claim.catalog_epoch.epoch is 'Number of changes';
