-- What `hmis catalog import` needs: the kinds of files as rows, and the batch on every row it writes.
set local role hmis_owner;

create table ref.catalog_kind (
    kind text not null,
    target text not null,
    is_dated boolean not null,
    facility_scope text not null,
    title_vi text not null,
    title_en text not null,
    constraint catalog_kind_pkey primary key (kind),
    constraint catalog_kind_scope_check check (facility_scope in ('none', 'optional', 'required'))
);
comment on table ref.catalog_kind is 'Kinds of catalogue files a centre can import';
comment on column ref.catalog_kind.kind is 'Name typed on the command line';
comment on column ref.catalog_kind.target is 'Table the rows go to, schema.name';
comment on column ref.catalog_kind.is_dated is 'True: a change ends the old row and starts a new one, and rows missing in the file end. False: rows keep their id and are changed in place, missing rows stay';
comment on column ref.catalog_kind.facility_scope is 'Whether --facility is none (not allowed), optional or required';
comment on column ref.catalog_kind.title_vi is 'Vietnamese title';
comment on column ref.catalog_kind.title_en is 'English title';

create table ref.catalog_column (
    kind text not null,
    position smallint not null,
    name text not null,
    alias text not null default '',
    type text not null,
    target_column text not null,
    is_key boolean not null default false,
    is_required boolean not null default false,
    max_length smallint not null default 255,
    pattern text not null default '',
    lookup text not null default '',
    fallback text,
    example text not null default '',
    text_vi text not null,
    text_en text not null,
    constraint catalog_column_pkey primary key (kind, position),
    constraint catalog_column_name_key unique (kind, name),
    constraint catalog_column_type_check check (type in ('text', 'integer', 'decimal2', 'decimal3', 'boolean', 'date', 'list')),
    constraint catalog_column_length_check check (max_length between 1 and 4000),
    constraint catalog_column_lookup_check check (lookup in ('', 'cost_group', 'department_code', 'machine_group',
        'practice_scope', 'province', 'staff', 'department', 'facility', 'item'))
);
comment on table ref.catalog_column is 'Columns of the catalogue files';
comment on column ref.catalog_column.kind is 'ref.catalog_kind';
comment on column ref.catalog_column.position is 'Order in the template';
comment on column ref.catalog_column.name is 'Header name';
comment on column ref.catalog_column.alias is 'Other header name: the field of the claim standard';
comment on column ref.catalog_column.type is 'text, integer, decimal2, decimal3, boolean, date or list (values separated by ;)';
comment on column ref.catalog_column.target_column is 'Column of the target table; valid_from and valid_to are the ends of `valid`';
comment on column ref.catalog_column.is_key is 'Part of what identifies a row';
comment on column ref.catalog_column.is_required is 'Must not be empty';
comment on column ref.catalog_column.max_length is 'Longest value in characters';
comment on column ref.catalog_column.pattern is 'Regular expression the whole value must match; empty = any';
comment on column ref.catalog_column.lookup is 'List the value must be in on the effective date; staff, department and facility become ids';
comment on column ref.catalog_column.fallback is 'Value of an empty cell; - is the empty text, null is SQL null';
comment on column ref.catalog_column.example is 'Example for the template';
comment on column ref.catalog_column.text_vi is 'Vietnamese explanation';
comment on column ref.catalog_column.text_en is 'English explanation';

alter table ref.catalog_batch add constraint catalog_batch_tenant_fkey foreign key (tenant_id) references org.tenant;
alter table ref.catalog_batch add constraint catalog_batch_facility_fkey foreign key (tenant_id, facility_id) references org.facility;
alter table ref.local_drug add constraint local_drug_tenant_fkey foreign key (tenant_id) references org.tenant;
alter table ref.local_drug add constraint local_drug_facility_fkey foreign key (tenant_id, facility_id) references org.facility;
alter table ref.local_supply add constraint local_supply_tenant_fkey foreign key (tenant_id) references org.tenant;
alter table ref.local_supply add constraint local_supply_facility_fkey foreign key (tenant_id, facility_id) references org.facility;
alter table ref.local_service add constraint local_service_tenant_fkey foreign key (tenant_id) references org.tenant;
alter table ref.local_service add constraint local_service_facility_fkey foreign key (tenant_id, facility_id) references org.facility;
alter table ref.item_price add constraint item_price_tenant_fkey foreign key (tenant_id) references org.tenant;
alter table ref.item_price add constraint item_price_facility_fkey foreign key (tenant_id, facility_id) references org.facility;

alter table org.facility add column batch_id bigint;
alter table org.facility add constraint facility_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index facility_batch_idx on org.facility (tenant_id, batch_id) where batch_id is not null;
comment on column org.facility.batch_id is 'Import that wrote the row; null = typed in';
alter table org.department add column batch_id bigint;
alter table org.department add constraint department_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index department_batch_idx on org.department (tenant_id, batch_id) where batch_id is not null;
comment on column org.department.batch_id is 'Import that wrote the row; null = typed in';
alter table org.staff add column batch_id bigint;
alter table org.staff add constraint staff_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index staff_batch_idx on org.staff (tenant_id, batch_id) where batch_id is not null;
comment on column org.staff.batch_id is 'Import that wrote the row; null = typed in';
alter table org.staff_post add column batch_id bigint;
alter table org.staff_post add constraint staff_post_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index staff_post_batch_idx on org.staff_post (tenant_id, batch_id) where batch_id is not null;
comment on column org.staff_post.batch_id is 'Import that wrote the row; null = typed in';
alter table org.machine add column batch_id bigint;
alter table org.machine add constraint machine_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index machine_batch_idx on org.machine (tenant_id, batch_id) where batch_id is not null;
comment on column org.machine.batch_id is 'Import that wrote the row; null = typed in';
alter table org.bed add column batch_id bigint;
alter table org.bed add constraint bed_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index bed_batch_idx on org.bed (tenant_id, batch_id) where batch_id is not null;
comment on column org.bed.batch_id is 'Import that wrote the row; null = typed in';
alter table org.room add column batch_id bigint;
alter table org.room add constraint room_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch;
create index room_batch_idx on org.room (tenant_id, batch_id) where batch_id is not null;
comment on column org.room.batch_id is 'Import that wrote the row; null = typed in';
