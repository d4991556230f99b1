-- Who and where: tenants, facilities, departments, rooms, beds, machines, staff, contracts, nodes.
set local role hmis_owner;

create sequence org.tenant_seq;
create table org.tenant (
    tenant_id bigint not null default (sys.node() << 40) + nextval('org.tenant_seq'),
    code text not null,
    name text not null,
    constraint tenant_pkey primary key (tenant_id),
    constraint tenant_code_key unique (code)
);
comment on table org.tenant is 'A legal unit that shares one patient registry: a district health centre with its stations.';
comment on column org.tenant.tenant_id is 'Id';
comment on column org.tenant.code is 'Short code';
comment on column org.tenant.name is 'Name';

create sequence org.facility_seq;
create table org.facility (
    tenant_id bigint not null references org.tenant,
    facility_id bigint not null default (sys.node() << 40) + nextval('org.facility_seq'),
    code sys.facility_code not null,
    name text not null,
    kind text not null,
    level text not null,
    parent_id bigint,
    path bigint[] not null default '{}',
    bills_under_id bigint,
    province_code text not null,
    address text,
    head_code text,
    gateway_username text,
    valid daterange not null default '(,)',
    version int not null default 1,
    constraint facility_pkey primary key (tenant_id, facility_id),
    constraint facility_code_excl exclude using gist (code with =, valid with &&),
    constraint facility_parent_fkey foreign key (tenant_id, parent_id) references org.facility,
    constraint facility_bills_under_fkey foreign key (tenant_id, bills_under_id) references org.facility,
    constraint facility_kind_check check (kind in ('department', 'centre', 'polyclinic', 'station')),
    constraint facility_level_check check (level in ('initial', 'basic', 'specialised'))
);
comment on table org.facility is 'A facility with its place in the tree (health department → centre → station). The code on a claim is the code of the visit''s facility.';
comment on column org.facility.tenant_id is 'Tenant';
comment on column org.facility.facility_id is 'Id';
comment on column org.facility.code is 'MA_CSKCB';
comment on column org.facility.name is 'Name';
comment on column org.facility.kind is 'department, centre, polyclinic, station';
comment on column org.facility.level is 'Professional level: initial, basic, specialised';
comment on column org.facility.parent_id is 'Facility above';
comment on column org.facility.path is 'Ids from the root to this facility, kept by trigger';
comment on column org.facility.bills_under_id is 'Facility whose gateway account sends the claims, null = its own';
comment on column org.facility.province_code is 'maTinh of the gateway, first two digits of the code';
comment on column org.facility.address is 'Address';
comment on column org.facility.head_code is 'MA_TTDV: code of the head who signs';
comment on column org.facility.gateway_username is 'Account at the fund''s gateway';
comment on column org.facility.valid is 'When it exists';
comment on column org.facility.version is 'Row version for If-Match';
create index facility_parent_idx on org.facility (tenant_id, parent_id);
create index facility_bills_under_idx on org.facility (tenant_id, bills_under_id);
create index facility_path_idx on org.facility using gin (path);

create sequence org.department_seq;
create table org.department (
    tenant_id bigint not null,
    facility_id bigint not null,
    department_id bigint not null default (sys.node() << 40) + nextval('org.department_seq'),
    code text not null,
    name text not null,
    kind text not null,
    valid daterange not null default '(,)',
    version int not null default 1,
    constraint department_pkey primary key (tenant_id, department_id),
    constraint department_code_excl exclude using gist (tenant_id with =, facility_id with =, code with =, valid with &&),
    constraint department_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint department_kind_check check (kind in ('exam', 'clinical', 'paraclinical', 'pharmacy', 'office'))
);
comment on table org.department is 'A department (khoa) with its K-code of QĐ 1804/2026.';
comment on column org.department.tenant_id is 'Tenant';
comment on column org.department.facility_id is 'Facility';
comment on column org.department.department_id is 'Id';
comment on column org.department.code is 'MA_KHOA';
comment on column org.department.name is 'Name';
comment on column org.department.kind is 'exam, clinical, paraclinical, pharmacy, office';
comment on column org.department.valid is 'When it exists';
comment on column org.department.version is 'Row version for If-Match';
create index department_facility_idx on org.department (tenant_id, facility_id);

create sequence org.room_seq;
create table org.room (
    tenant_id bigint not null,
    facility_id bigint not null,
    room_id bigint not null default (sys.node() << 40) + nextval('org.room_seq'),
    department_id bigint not null,
    code text not null,
    name text not null,
    is_active boolean not null default true,
    version int not null default 1,
    constraint room_pkey primary key (tenant_id, room_id),
    constraint room_code_key unique (tenant_id, facility_id, code),
    constraint room_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint room_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table org.room is 'A consulting, treatment or service room; patients queue per room.';
comment on column org.room.tenant_id is 'Tenant';
comment on column org.room.facility_id is 'Facility';
comment on column org.room.room_id is 'Id';
comment on column org.room.department_id is 'Department';
comment on column org.room.code is 'Short code on the door and the ticket';
comment on column org.room.name is 'Name';
comment on column org.room.is_active is 'In use';
comment on column org.room.version is 'Row version for If-Match';
create index room_department_idx on org.room (tenant_id, department_id);

create sequence org.bed_seq;
create table org.bed (
    tenant_id bigint not null,
    facility_id bigint not null,
    bed_id bigint not null default (sys.node() << 40) + nextval('org.bed_seq'),
    department_id bigint not null,
    code text not null,
    service_code text,
    valid daterange not null default '(,)',
    version int not null default 1,
    constraint bed_pkey primary key (tenant_id, bed_id),
    constraint bed_code_excl exclude using gist (tenant_id with =, department_id with =, code with =, valid with &&),
    constraint bed_code_form check (code ~ '^[HTCK][0-9]{3}$'),
    constraint bed_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint bed_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table org.bed is 'A bed with its MA_GIUONG (H planned, T extra, C chosen, K other + 3 digits).';
comment on column org.bed.tenant_id is 'Tenant';
comment on column org.bed.facility_id is 'Facility';
comment on column org.bed.bed_id is 'Id';
comment on column org.bed.department_id is 'Department';
comment on column org.bed.code is 'MA_GIUONG';
comment on column org.bed.service_code is 'Service that prices a day in this bed';
comment on column org.bed.valid is 'When it exists';
comment on column org.bed.version is 'Row version for If-Match';
create index bed_department_idx on org.bed (tenant_id, department_id);
create index bed_facility_idx on org.bed (tenant_id, facility_id);

create sequence org.machine_seq;
create table org.machine (
    tenant_id bigint not null,
    facility_id bigint not null,
    machine_id bigint not null default (sys.node() << 40) + nextval('org.machine_seq'),
    code text not null,
    name text not null,
    group_code text not null,
    department_id bigint,
    valid daterange not null default '(,)',
    version int not null default 1,
    constraint machine_pkey primary key (tenant_id, machine_id),
    constraint machine_code_excl exclude using gist (tenant_id with =, facility_id with =, code with =, valid with &&),
    constraint machine_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint machine_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table org.machine is 'A machine that produces results or is used in a service, with its MA_MAY.';
comment on column org.machine.tenant_id is 'Tenant';
comment on column org.machine.facility_id is 'Facility';
comment on column org.machine.machine_id is 'Id';
comment on column org.machine.code is 'MA_MAY, XX.n.YYYYY.serial';
comment on column org.machine.name is 'Name';
comment on column org.machine.group_code is 'Machine group (first part of the code)';
comment on column org.machine.department_id is 'Department';
comment on column org.machine.valid is 'When it is in use';
comment on column org.machine.version is 'Row version for If-Match';
create index machine_department_idx on org.machine (tenant_id, department_id);
create index machine_facility_idx on org.machine (tenant_id, facility_id);

create sequence org.staff_seq;
create table org.staff (
    tenant_id bigint not null,
    staff_id bigint not null default (sys.node() << 40) + nextval('org.staff_seq'),
    code text not null,
    full_name text not null,
    title text not null,
    scopes text[] not null default '{}',
    licensed_on date,
    citizen_id sys.citizen_id,
    valid daterange not null default '(,)',
    version int not null default 1,
    constraint staff_pkey primary key (tenant_id, staff_id),
    constraint staff_code_excl exclude using gist (tenant_id with =, code with =, valid with &&),
    constraint staff_title_check check (title in ('doctor', 'assistant_doctor', 'nurse', 'midwife', 'technician', 'pharmacist', 'clerk'))
);
comment on table org.staff is 'A person who works in the tenant; the licence number stands on claims.';
comment on column org.staff.tenant_id is 'Tenant';
comment on column org.staff.staff_id is 'Id';
comment on column org.staff.code is 'Licence number (CCHN/GPHN) as on claims: MA_BAC_SI';
comment on column org.staff.full_name is 'Name';
comment on column org.staff.title is 'doctor, assistant_doctor, nurse, midwife, technician, pharmacist, clerk';
comment on column org.staff.scopes is 'PHAMVI_CM codes';
comment on column org.staff.licensed_on is 'Date of the licence';
comment on column org.staff.citizen_id is 'Citizen id: the gateway asks for it in card look-ups';
comment on column org.staff.valid is 'When the licence holds';
comment on column org.staff.version is 'Row version';

create sequence org.staff_post_seq;
create table org.staff_post (
    tenant_id bigint not null,
    facility_id bigint not null,
    staff_post_id bigint not null default (sys.node() << 40) + nextval('org.staff_post_seq'),
    staff_id bigint not null,
    department_id bigint not null,
    hours text,
    valid daterange not null default '(,)',
    version int not null default 1,
    constraint staff_post_pkey primary key (tenant_id, staff_post_id),
    constraint staff_post_excl exclude using gist (tenant_id with =, staff_id with =, department_id with =, valid with &&),
    constraint staff_post_staff_fkey foreign key (tenant_id, staff_id) references org.staff,
    constraint staff_post_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint staff_post_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table org.staff_post is 'Where and when a person works: department, weekly hours.';
comment on column org.staff_post.tenant_id is 'Tenant';
comment on column org.staff_post.facility_id is 'Facility';
comment on column org.staff_post.staff_post_id is 'Id';
comment on column org.staff_post.staff_id is 'Person';
comment on column org.staff_post.department_id is 'Department';
comment on column org.staff_post.hours is 'Weekly hours as registered with the fund (THOIGIAN_DK), e.g. 2-6:0700-1130,1330-1700';
comment on column org.staff_post.valid is 'When';
comment on column org.staff_post.version is 'Row version for If-Match';
create index staff_post_department_idx on org.staff_post (tenant_id, department_id);
create index staff_post_facility_idx on org.staff_post (tenant_id, facility_id);

create sequence org.contract_seq;
create table org.contract (
    tenant_id bigint not null,
    facility_id bigint not null,
    contract_id bigint not null default (sys.node() << 40) + nextval('org.contract_seq'),
    number text not null,
    visit_kinds text[] not null default '{}',
    payment_method text not null default '1',
    valid daterange not null,
    constraint contract_pkey primary key (tenant_id, contract_id),
    constraint contract_valid_excl exclude using gist (tenant_id with =, facility_id with =, valid with &&),
    constraint contract_method_check check (payment_method in ('1', '2', '3')),
    constraint contract_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table org.contract is 'Insurance contract of a facility with the fund, with what it covers.';
comment on column org.contract.tenant_id is 'Tenant';
comment on column org.contract.facility_id is 'Facility';
comment on column org.contract.contract_id is 'Id';
comment on column org.contract.number is 'Contract number';
comment on column org.contract.visit_kinds is 'MA_LOAI_KCB covered; empty = all';
comment on column org.contract.payment_method is 'MA_PTTT: 1 fee for service, 2 capitation, 3 DRG';
comment on column org.contract.valid is 'Term';

create table org.node (
    node_no int not null,
    name text not null,
    tenant_id bigint references org.tenant,
    constraint node_pkey primary key (node_no),
    constraint node_no_check check (node_no between 1 and 8191)
);
comment on table org.node is 'A place that makes rows by itself (a centre, an edge machine at a station): its number is part of every id made there.';
comment on column org.node.node_no is '1..8191';
comment on column org.node.name is 'Name';
comment on column org.node.tenant_id is 'Tenant, null for the shared database';
create index node_tenant_idx on org.node (tenant_id);
insert into org.node (node_no, name) values (1, 'central');
