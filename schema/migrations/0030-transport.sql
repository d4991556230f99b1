-- Patient transports: charged by the litre (cost group 12), one payment a journey.
set local role hmis_owner;

create sequence care.transport_seq;
create table care.transport (
    tenant_id bigint not null,
    facility_id bigint not null,
    transport_id bigint not null default (sys.node() << 40) + nextval('care.transport_seq'),
    visit_id bigint not null,
    local_code text not null,
    km sys.quantity not null,
    own_vehicle boolean not null,
    vehicle_no text,
    purpose text not null default 'referral',
    to_code text not null,
    department_id bigint not null,
    ordered_by_id bigint not null,
    left_at timestamptz not null,
    note sys.line_text,
    is_void boolean not null default false,
    constraint transport_pkey primary key (tenant_id, transport_id),
    constraint transport_km_check check (km > 0 and km <= 10000),
    constraint transport_purpose_check check (purpose in ('referral', 'other')),
    constraint transport_to_code_check check (to_code ~ '^[0-9]{5}$'),
    constraint transport_vehicle_no_check check (vehicle_no ~ '^[0-9A-Z]{4,12}$' and (not own_vehicle or vehicle_no is not null)),
    constraint transport_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint transport_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint transport_ordered_by_fkey foreign key (tenant_id, ordered_by_id) references org.staff
);
comment on table care.transport is 'A journey of a patient to another facility; several patients in one vehicle are one payment (Decree 146/2018 art. 26).';
comment on column care.transport.tenant_id is 'Tenant';
comment on column care.transport.facility_id is 'Facility';
comment on column care.transport.transport_id is 'Id';
comment on column care.transport.visit_id is 'Visit';
comment on column care.transport.local_code is 'Fuel in ref.local_service: cost group 12, its service_code is MA_XANG_DAU, its price is of a litre';
comment on column care.transport.km is 'Kilometres one way';
comment on column care.transport.own_vehicle is 'Of the facility: both ways are paid; else one way, to the patient';
comment on column care.transport.vehicle_no is 'Registration plate, capital letters and digits';
comment on column care.transport.purpose is 'referral, other: only a referral can be paid by the fund';
comment on column care.transport.to_code is 'Facility of arrival; MA_DICH_VU is VC. and this code';
comment on column care.transport.department_id is 'Department';
comment on column care.transport.ordered_by_id is 'Practitioner';
comment on column care.transport.left_at is 'Departure';
comment on column care.transport.note is 'Remark';
comment on column care.transport.is_void is 'Entered by mistake';
create index transport_visit_idx on care.transport (tenant_id, visit_id);
create unique index transport_journey_key on care.transport (tenant_id, vehicle_no, left_at) where not is_void;

alter table bill.charge
    add column transport_km sys.quantity,
    add column own_vehicle boolean,
    drop constraint charge_source_kind_check,
    add constraint charge_source_kind_check check (source_kind in ('order', 'prescription_line', 'supply_use', 'bed_day', 'transport'));
comment on column bill.charge.source_kind is 'order, prescription_line, supply_use, bed_day, transport';
comment on column bill.charge.service_code is 'MA_DICH_VU of a supply or drug used inside a service; MA_XANG_DAU of a transport';
comment on column bill.charge.transport_km is 'Of a transport: kilometres one way, from which the engine counts the litres';
comment on column bill.charge.own_vehicle is 'Of a transport: the facility''s own vehicle';
