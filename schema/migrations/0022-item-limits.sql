-- What may be prescribed and done, for whom and how often: limits of drugs, supplies and services, their indications and
-- exclusions, and what was bought. The rule catalogues drug, drug_item, supply, service and their pairs are made of these
-- (claims/rules/catalogs.tsv). CAT-001, CAT-005 and CAT-006 of the gateway are constraints here.
set local role hmis_owner;

alter table ref.local_drug add column sex_limit smallint, add column age_min_days integer, add column age_max_days integer,
    add column day_limit smallint, add column dose_max numeric(12,3), add column is_controlled boolean not null default false,
    add column needs_indication boolean not null default false, add column least_level text not null default '',
    add column price_approved numeric(15,3), add column tender_price numeric(15,3),
    add constraint local_drug_sex_limit_check check (sex_limit in (1, 2)),
    add constraint local_drug_age_check check (age_min_days >= 0 and age_max_days >= coalesce(age_min_days, 0)),
    add constraint local_drug_day_limit_check check (day_limit between 1 and 365),
    add constraint local_drug_dose_max_check check (dose_max > 0),
    add constraint local_drug_least_level_check check (least_level in ('', 'initial', 'basic', 'specialised')),
    add constraint local_drug_price_check check (price_approved >= 0 and tender_price >= 0);
comment on column ref.local_drug.sex_limit is '1 = men only, 2 = women only, null = both';
comment on column ref.local_drug.age_min_days is 'Least age in days; null = none';
comment on column ref.local_drug.age_max_days is 'Greatest age in days; null = none';
comment on column ref.local_drug.day_limit is 'Most days of one supply; null = no limit of its own';
comment on column ref.local_drug.dose_max is 'Most units a day; null = none';
comment on column ref.local_drug.is_controlled is 'Narcotic, psychotropic or precursor';
comment on column ref.local_drug.needs_indication is 'The fund pays only for a registered indication (ref.local_drug_indication)';
comment on column ref.local_drug.least_level is 'Lowest professional level the fund pays it at; empty = any';
comment on column ref.local_drug.price_approved is 'DON_GIA_TT: unit price the fund accepted; null = the price list''s';
comment on column ref.local_drug.tender_price is 'Unit price that won the tender; null = not told';
alter table ref.local_drug add column fund_state text not null default 'none', add column accepted_on date,
    add constraint local_drug_fund_state_check check (fund_state in ('none', 'draft', 'sent', 'accepted', 'refused')),
    add constraint local_drug_accepted_on_check check ((fund_state = 'accepted') = (accepted_on is not null));
comment on column ref.local_drug.fund_state is 'Where the row stands with the fund: none = nothing is known, the centre answers for it; draft, sent, accepted (answer 200), refused. Claims may use it when none or accepted (CAT-001)';
comment on column ref.local_drug.accepted_on is 'Business date of the answer 200: the row counts from then on (CAT-001)';
alter table ref.local_drug add constraint local_drug_tender_check
    check (fund_state not in ('sent', 'accepted') or fund_source <> '1' or source_facility <> '' or cost_group in ('7', '17')
        or tender ~ '^[^;]+;[^;]+;[^;]+;20[0-9]{2}$'),
    add constraint local_drug_tender_price_check check (price_approved <= tender_price);
comment on constraint local_drug_tender_check on ref.local_drug is 'CAT-005: what the fund is asked to accept names decision, package, group and year of its tender; blood and drugs of others have none';
comment on constraint local_drug_tender_price_check on ref.local_drug is 'CAT-006: the contract price is not above the tender price';
create index local_drug_drug_idx on ref.local_drug (tenant_id, drug_code);

alter table ref.local_supply add column price_approved numeric(15,3), add column tender_price numeric(15,3),
    add constraint local_supply_price_check check (price_approved >= 0 and tender_price >= 0);
comment on column ref.local_supply.price_approved is 'Unit price the fund accepted; null = the price list''s';
comment on column ref.local_supply.tender_price is 'Unit price that won the tender; null = not told';
alter table ref.local_supply add column fund_state text not null default 'none', add column accepted_on date,
    add constraint local_supply_fund_state_check check (fund_state in ('none', 'draft', 'sent', 'accepted', 'refused')),
    add constraint local_supply_accepted_on_check check ((fund_state = 'accepted') = (accepted_on is not null));
comment on column ref.local_supply.fund_state is 'Where the row stands with the fund: none = nothing is known, the centre answers for it; draft, sent, accepted (answer 200), refused. Claims may use it when none or accepted (CAT-001)';
comment on column ref.local_supply.accepted_on is 'Business date of the answer 200: the row counts from then on (CAT-001)';
alter table ref.local_supply add constraint local_supply_tender_check
    check (fund_state not in ('sent', 'accepted') or tender ~ '^[^;]+;[^;]+;[^;]+;20[0-9]{2}$'),
    add constraint local_supply_tender_price_check check (price_approved <= tender_price);
comment on constraint local_supply_tender_check on ref.local_supply is 'CAT-005: what the fund is asked to accept names decision, package, group and year of its tender';
comment on constraint local_supply_tender_price_check on ref.local_supply is 'CAT-006: the contract price is not above the tender price';
create index local_supply_supply_idx on ref.local_supply (tenant_id, supply_code);

alter table ref.local_service add column age_min_years smallint, add column age_max_years smallint,
    add column max_per_visit smallint, add column needs_indication boolean not null default false,
    add column least_level text not null default '',
    add constraint local_service_age_check check (age_min_years >= 0 and age_max_years >= coalesce(age_min_years, 0)),
    add constraint local_service_max_per_visit_check check (max_per_visit > 0),
    add constraint local_service_least_level_check check (least_level in ('', 'initial', 'basic', 'specialised'));
comment on column ref.local_service.age_min_years is 'Least age in full years; null = none';
comment on column ref.local_service.age_max_years is 'Greatest age in full years; null = none';
comment on column ref.local_service.max_per_visit is 'Most times the fund pays it in one visit; null = no limit';
comment on column ref.local_service.needs_indication is 'The fund pays only for a disease of its list (ref.local_service_disease)';
comment on column ref.local_service.least_level is 'Lowest professional level the fund pays it at; empty = any';
alter table ref.local_service add column fund_state text not null default 'none', add column accepted_on date,
    add constraint local_service_fund_state_check check (fund_state in ('none', 'draft', 'sent', 'accepted', 'refused')),
    add constraint local_service_accepted_on_check check ((fund_state = 'accepted') = (accepted_on is not null));
comment on column ref.local_service.fund_state is 'Where the row stands with the fund: none = nothing is known, the centre answers for it; draft, sent, accepted (answer 200), refused. Claims may use it when none or accepted (CAT-001)';
comment on column ref.local_service.accepted_on is 'Business date of the answer 200: the row counts from then on (CAT-001)';
create index local_service_service_idx on ref.local_service (tenant_id, service_code);

create sequence ref.local_drug_indication_seq;
create table ref.local_drug_indication (
    tenant_id bigint not null,
    local_drug_indication_id bigint not null default (sys.node() << 40) + nextval('ref.local_drug_indication_seq'),
    facility_id bigint,
    drug_code text not null,
    icd_code text not null,
    valid daterange not null default daterange(null, null),
    batch_id bigint,
    constraint local_drug_indication_pkey primary key (tenant_id, local_drug_indication_id),
    constraint local_drug_indication_drug_code_check check (drug_code <> '' and drug_code !~ '[[:cntrl:]]'),
    constraint local_drug_indication_icd_code_check check (icd_code ~ '^[A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?$'),
    constraint local_drug_indication_valid_check check (not isempty(valid)),
    constraint local_drug_indication_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_drug_indication_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_drug_indication_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_drug_indication_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (drug_code || '/' || icd_code) with =, valid with &&)
);
create index local_drug_indication_key_idx on ref.local_drug_indication (tenant_id, drug_code, icd_code);
create index local_drug_indication_batch_idx on ref.local_drug_indication (tenant_id, batch_id) where batch_id is not null;
create index local_drug_indication_facility_idx on ref.local_drug_indication (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_drug_indication is 'Registered indications: diseases a drug may be given for';
comment on column ref.local_drug_indication.tenant_id is 'Owner';
comment on column ref.local_drug_indication.local_drug_indication_id is 'Key';
comment on column ref.local_drug_indication.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_drug_indication.drug_code is 'MA_THUOC';
comment on column ref.local_drug_indication.icd_code is 'ICD-10 code; three characters stand for all below them';
comment on column ref.local_drug_indication.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_drug_indication.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_drug_disease_seq;
create table ref.local_drug_disease (
    tenant_id bigint not null,
    local_drug_disease_id bigint not null default (sys.node() << 40) + nextval('ref.local_drug_disease_seq'),
    facility_id bigint,
    drug_code text not null,
    icd_code text not null,
    valid daterange not null default daterange(null, null),
    level text not null default '',
    note text not null default '',
    batch_id bigint,
    constraint local_drug_disease_pkey primary key (tenant_id, local_drug_disease_id),
    constraint local_drug_disease_drug_code_check check (drug_code <> '' and drug_code !~ '[[:cntrl:]]'),
    constraint local_drug_disease_icd_code_check check (icd_code ~ '^[A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?$'),
    constraint local_drug_disease_valid_check check (not isempty(valid)),
    constraint local_drug_disease_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_drug_disease_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_drug_disease_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_drug_disease_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (drug_code || '/' || icd_code) with =, valid with &&)
);
create index local_drug_disease_key_idx on ref.local_drug_disease (tenant_id, drug_code, icd_code);
create index local_drug_disease_batch_idx on ref.local_drug_disease (tenant_id, batch_id) where batch_id is not null;
create index local_drug_disease_facility_idx on ref.local_drug_disease (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_drug_disease is 'Diseases that forbid a drug';
comment on column ref.local_drug_disease.tenant_id is 'Owner';
comment on column ref.local_drug_disease.local_drug_disease_id is 'Key';
comment on column ref.local_drug_disease.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_drug_disease.drug_code is 'MA_THUOC';
comment on column ref.local_drug_disease.icd_code is 'ICD-10 code; three characters stand for all below them';
comment on column ref.local_drug_disease.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_drug_disease.level is 'Severity as the source words it, for people';
comment on column ref.local_drug_disease.note is 'Consequence and what to do, for people';
comment on column ref.local_drug_disease.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_drug_pair_seq;
create table ref.local_drug_pair (
    tenant_id bigint not null,
    local_drug_pair_id bigint not null default (sys.node() << 40) + nextval('ref.local_drug_pair_seq'),
    facility_id bigint,
    substance text not null,
    other_substance text not null,
    valid daterange not null default daterange(null, null),
    level text not null default '',
    note text not null default '',
    batch_id bigint,
    constraint local_drug_pair_pkey primary key (tenant_id, local_drug_pair_id),
    constraint local_drug_pair_substance_check check (substance <> '' and substance !~ '[[:cntrl:]]'),
    constraint local_drug_pair_other_substance_check check (other_substance <> '' and other_substance !~ '[[:cntrl:]]'),
    constraint local_drug_pair_valid_check check (not isempty(valid)),
    constraint local_drug_pair_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_drug_pair_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_drug_pair_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_drug_pair_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (substance || '/' || other_substance) with =, valid with &&)
);
create index local_drug_pair_key_idx on ref.local_drug_pair (tenant_id, substance, other_substance);
create index local_drug_pair_other_substance_idx on ref.local_drug_pair (tenant_id, other_substance);
create index local_drug_pair_batch_idx on ref.local_drug_pair (tenant_id, batch_id) where batch_id is not null;
create index local_drug_pair_facility_idx on ref.local_drug_pair (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_drug_pair is 'Pairs of active substances that must not be given together (decision 5948/QĐ-BYT 2021)';
comment on column ref.local_drug_pair.tenant_id is 'Owner';
comment on column ref.local_drug_pair.local_drug_pair_id is 'Key';
comment on column ref.local_drug_pair.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_drug_pair.substance is 'Active substance as in ref.local_drug.ingredient';
comment on column ref.local_drug_pair.other_substance is 'The other one; a pair stands once, in either order';
comment on column ref.local_drug_pair.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_drug_pair.level is 'Severity as the source words it, for people';
comment on column ref.local_drug_pair.note is 'Consequence and what to do, for people';
comment on column ref.local_drug_pair.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_drug_department_seq;
create table ref.local_drug_department (
    tenant_id bigint not null,
    local_drug_department_id bigint not null default (sys.node() << 40) + nextval('ref.local_drug_department_seq'),
    facility_id bigint,
    drug_code text not null,
    department_code text not null,
    valid daterange not null default daterange(null, null),
    batch_id bigint,
    constraint local_drug_department_pkey primary key (tenant_id, local_drug_department_id),
    constraint local_drug_department_drug_code_check check (drug_code <> '' and drug_code !~ '[[:cntrl:]]'),
    constraint local_drug_department_department_code_check check (department_code <> '' and department_code !~ '[[:cntrl:]]'),
    constraint local_drug_department_valid_check check (not isempty(valid)),
    constraint local_drug_department_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_drug_department_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_drug_department_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_drug_department_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (drug_code || '/' || department_code) with =, valid with &&)
);
create index local_drug_department_key_idx on ref.local_drug_department (tenant_id, drug_code, department_code);
create index local_drug_department_batch_idx on ref.local_drug_department (tenant_id, batch_id) where batch_id is not null;
create index local_drug_department_facility_idx on ref.local_drug_department (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_drug_department is 'Departments the fund pays a drug in; a drug without rows here is paid in all';
comment on column ref.local_drug_department.tenant_id is 'Owner';
comment on column ref.local_drug_department.local_drug_department_id is 'Key';
comment on column ref.local_drug_department.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_drug_department.drug_code is 'MA_THUOC';
comment on column ref.local_drug_department.department_code is 'MA_KHOA';
comment on column ref.local_drug_department.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_drug_department.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_service_pair_seq;
create table ref.local_service_pair (
    tenant_id bigint not null,
    local_service_pair_id bigint not null default (sys.node() << 40) + nextval('ref.local_service_pair_seq'),
    facility_id bigint,
    relation text not null,
    service_code text not null,
    other_code text not null,
    valid daterange not null default daterange(null, null),
    batch_id bigint,
    constraint local_service_pair_pkey primary key (tenant_id, local_service_pair_id),
    constraint local_service_pair_service_code_check check (service_code <> '' and service_code !~ '[[:cntrl:]]'),
    constraint local_service_pair_relation_check check (relation in ('part', 'exclusive')),
    constraint local_service_pair_other_code_check check (other_code <> '' and other_code <> service_code),
    constraint local_service_pair_valid_check check (not isempty(valid)),
    constraint local_service_pair_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_service_pair_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_service_pair_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_service_pair_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (relation || '/' || service_code || '/' || other_code) with =, valid with &&)
);
create index local_service_pair_key_idx on ref.local_service_pair (tenant_id, relation, service_code, other_code);
create index local_service_pair_service_code_idx on ref.local_service_pair (tenant_id, service_code);
create index local_service_pair_other_code_idx on ref.local_service_pair (tenant_id, other_code);
create index local_service_pair_batch_idx on ref.local_service_pair (tenant_id, batch_id) where batch_id is not null;
create index local_service_pair_facility_idx on ref.local_service_pair (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_service_pair is 'Pairs of services: the second is a part of the first, or both exclude each other on one day';
comment on column ref.local_service_pair.tenant_id is 'Owner';
comment on column ref.local_service_pair.local_service_pair_id is 'Key';
comment on column ref.local_service_pair.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_service_pair.relation is 'part or exclusive';
comment on column ref.local_service_pair.service_code is 'MA_DICH_VU';
comment on column ref.local_service_pair.other_code is 'The other MA_DICH_VU';
comment on column ref.local_service_pair.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_service_pair.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_service_disease_seq;
create table ref.local_service_disease (
    tenant_id bigint not null,
    local_service_disease_id bigint not null default (sys.node() << 40) + nextval('ref.local_service_disease_seq'),
    facility_id bigint,
    service_code text not null,
    icd_code text not null,
    valid daterange not null default daterange(null, null),
    batch_id bigint,
    constraint local_service_disease_pkey primary key (tenant_id, local_service_disease_id),
    constraint local_service_disease_service_code_check check (service_code <> '' and service_code !~ '[[:cntrl:]]'),
    constraint local_service_disease_icd_code_check check (icd_code ~ '^[A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?$'),
    constraint local_service_disease_valid_check check (not isempty(valid)),
    constraint local_service_disease_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_service_disease_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_service_disease_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_service_disease_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (service_code || '/' || icd_code) with =, valid with &&)
);
create index local_service_disease_key_idx on ref.local_service_disease (tenant_id, service_code, icd_code);
create index local_service_disease_batch_idx on ref.local_service_disease (tenant_id, batch_id) where batch_id is not null;
create index local_service_disease_facility_idx on ref.local_service_disease (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_service_disease is 'Diseases that indicate a service';
comment on column ref.local_service_disease.tenant_id is 'Owner';
comment on column ref.local_service_disease.local_service_disease_id is 'Key';
comment on column ref.local_service_disease.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_service_disease.service_code is 'MA_DICH_VU';
comment on column ref.local_service_disease.icd_code is 'ICD-10 code; three characters stand for all below them';
comment on column ref.local_service_disease.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_service_disease.batch_id is 'Import that wrote the row; null = typed in';

create sequence ref.local_purchase_seq;
create table ref.local_purchase (
    tenant_id bigint not null,
    local_purchase_id bigint not null default (sys.node() << 40) + nextval('ref.local_purchase_seq'),
    facility_id bigint,
    item_kind text not null,
    item_code text not null,
    tender text not null,
    valid daterange not null default daterange(null, null),
    quantity numeric(15,3) not null,
    batch_id bigint,
    constraint local_purchase_pkey primary key (tenant_id, local_purchase_id),
    constraint local_purchase_item_code_check check (item_code <> '' and item_code !~ '[[:cntrl:]]'),
    constraint local_purchase_tender_check check (tender <> '' and tender !~ '[[:cntrl:]]'),
    constraint local_purchase_item_kind_check check (item_kind in ('drug', 'supply')),
    constraint local_purchase_quantity_check check (quantity >= 0),
    constraint local_purchase_valid_check check (not isempty(valid)),
    constraint local_purchase_tenant_fkey foreign key (tenant_id) references org.tenant,
    constraint local_purchase_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint local_purchase_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_purchase_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =,
        (item_kind || '/' || item_code || '/' || tender) with =, valid with &&)
);
create index local_purchase_key_idx on ref.local_purchase (tenant_id, item_kind, item_code, tender);
create index local_purchase_batch_idx on ref.local_purchase (tenant_id, batch_id) where batch_id is not null;
create index local_purchase_facility_idx on ref.local_purchase (tenant_id, facility_id) where facility_id is not null;
comment on table ref.local_purchase is 'Quantities bought or in stock under a tender over a period, to compare with what is claimed';
comment on column ref.local_purchase.tenant_id is 'Owner';
comment on column ref.local_purchase.local_purchase_id is 'Key';
comment on column ref.local_purchase.facility_id is 'Facility the row is for; null = every facility of the tenant';
comment on column ref.local_purchase.item_kind is 'drug or supply';
comment on column ref.local_purchase.item_code is 'MA_THUOC or MA_VAT_TU';
comment on column ref.local_purchase.tender is 'TT_THAU';
comment on column ref.local_purchase.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_purchase.quantity is 'Opening stock and purchases of the period, in units';
comment on column ref.local_purchase.batch_id is 'Import that wrote the row; null = typed in';
