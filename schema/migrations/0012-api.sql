-- What request bodies look like, as rows; the version of the benefit rules.
set local role hmis_owner;

create table api.field (
    shape text not null,
    name text not null,
    kind text not null,
    required boolean not null default false,
    low numeric,
    high numeric,
    choices text[],
    items text,
    constraint field_pkey primary key (shape, name),
    constraint field_kind_check check (kind in ('id', 'int', 'number', 'text', 'code', 'date', 'time', 'bool', 'choice', 'ids', 'codes', 'list')),
    constraint field_choice_check check ((kind = 'choice') = (choices is not null)),
    constraint field_list_check check ((kind = 'list') = (items is not null)),
    constraint field_range_check check (low <= high)
);
comment on table api.field is 'Members of JSON request bodies: api.check_body refuses everything else. Rows are written by schema/code.';
comment on column api.field.shape is 'Kind of object, e.g. visit';
comment on column api.field.name is 'Member';
comment on column api.field.kind is 'id, int, number (at most 3 decimals), text, code, date, time (RFC 3339), bool, choice, ids, codes, list';
comment on column api.field.required is 'Must be there and not null';
comment on column api.field.low is 'Lowest number, or fewest characters or elements';
comment on column api.field.high is 'Highest number, or most characters or elements';
comment on column api.field.choices is 'Words allowed for kind choice';
comment on column api.field.items is 'Shape of the elements of a list';

create table ref.benefit_version (
    only_row boolean not null default true,
    version bigint not null default 0,
    constraint benefit_version_pkey primary key (only_row),
    constraint benefit_version_only_check check (only_row)
);
comment on table ref.benefit_version is 'One row: raised by each change of ref.benefit_*; workers compare it to know that their copy of the rules is old';
comment on column ref.benefit_version.only_row is 'Always true';
comment on column ref.benefit_version.version is 'Number of changes';
insert into ref.benefit_version default values;

create type bill.line as (
    source_kind text,
    source_id bigint,
    claim_table int,
    coverage_id bigint,
    item_code text,
    service_code text,
    item_name text,
    group_code int,
    package_code text,
    unit text,
    strength text,
    route_code text,
    form text,
    dose_text text,
    usage_text text,
    registration_no text,
    tender text,
    model_no text,
    reused boolean,
    scope_code text,
    quantity numeric,
    price_hospital numeric,
    price_insurance numeric,
    price_ceiling numeric,
    rate_service numeric,
    rate_insurance numeric,
    paid_source text,
    war_wound boolean,
    department_id bigint,
    practitioner_code text,
    performer_codes text[],
    machine_code text,
    anaesthesia_code text,
    procedure_codes text[],
    ordered_at timestamptz,
    performed_at timestamptz,
    result_at timestamptz
);
comment on type bill.line is 'A line to be charged, as the catalogue, the price list and the clinical record give it; columns as in bill.charge';

create table api.catalogue (
    name text not null,
    name_vi text not null,
    name_en text not null,
    relation text not null,
    local_kind text,
    condition text not null default 'true',
    label text not null default 't.name_vi',
    sub text not null default $$''$$,
    parent text,
    constraint catalogue_pkey primary key (name),
    constraint catalogue_name_form check (name ~ '^[a-z][a-z0-9-]*$'),
    constraint catalogue_local_kind_check check (local_kind in ('service', 'drug', 'supply'))
);
comment on table api.catalogue is 'Catalogues of GET /v1/catalogs: which relation holds one, and its peculiar columns. Rows are written by schema/code; the texts are SQL over the row t.';
comment on column api.catalogue.name is 'Name in the path';
comment on column api.catalogue.name_vi is 'Title';
comment on column api.catalogue.name_en is 'Title in English';
comment on column api.catalogue.relation is 'Table with code, valid and folded';
comment on column api.catalogue.local_kind is 'Kind of item of the centre''s own list, whose prices are shown; null for national lists';
comment on column api.catalogue.condition is 'Rows that belong to it';
comment on column api.catalogue.label is 'The name of a row';
comment on column api.catalogue.sub is 'What tells apart rows of one code on one day';
comment on column api.catalogue.parent is 'What ?parent= is compared with; null = it has no tree';
