-- What happened: visits, queues, movements, vitals, diagnoses, orders, results, notes, prescriptions.
set local role hmis_owner;

create sequence care.visit_seq;
create table care.visit (
    tenant_id bigint not null,
    facility_id bigint not null,
    visit_id bigint not null default (sys.node() << 40) + nextval('care.visit_seq'),
    patient_id bigint not null,
    ma_lk sys.ma_lk not null,
    kind_code text not null,
    object_code text not null,
    coverage_id bigint,
    department_id bigint not null,
    room_id bigint,
    practitioner_id bigint,
    priority text not null default 'normal',
    reason sys.line_text not null,
    admission_reason sys.line_text,
    referred_from_code text,
    referral_no text,
    referred_to_code text,
    accident_code text,
    weight_kg numeric(6, 2),
    arrived_at timestamptz not null default now(),
    arrived_on date generated always as (sys.business_date(arrived_at)) stored,
    admitted_at timestamptz,
    discharged_at timestamptz,
    treatment text,
    result_code text,
    outcome_code text,
    remark sys.line_text,
    follow_up_on date,
    status text not null default 'arrived',
    closed_at timestamptz,
    closed_on date generated always as (sys.business_date(closed_at)) stored,
    settled_at timestamptz,
    coverage_state text not null default 'not_needed',
    given_level sys.percent,
    exempt_at timestamptz,
    is_priced boolean not null default true,
    pricing_version int not null default 0,
    version int not null default 1,
    created_at timestamptz not null default now(),
    created_by bigint,
    constraint visit_pkey primary key (tenant_id, visit_id),
    constraint visit_ma_lk_key unique (tenant_id, ma_lk),
    -- what is inside a visit refers to this key and so needs none to org.facility
    constraint visit_facility_key unique (tenant_id, visit_id, facility_id),
    constraint visit_priority_check check (priority in ('normal', 'priority', 'emergency')),
    constraint visit_status_check check (status in ('arrived', 'in_exam', 'admitted', 'done', 'closed')),
    constraint visit_coverage_state_check check (coverage_state in ('not_needed', 'not_checked', 'ok', 'rejected')),
    constraint visit_admitted_at_check check (admitted_at >= arrived_at),
    constraint visit_discharged_at_check check (discharged_at >= arrived_at and discharged_at >= admitted_at),
    constraint visit_closed_check check ((status = 'closed') = (closed_at is not null)
        and (status <> 'closed' or (discharged_at is not null and is_priced))),
    constraint visit_weight_kg_check check (weight_kg between 0.3 and 500),
    constraint visit_facility_fkey foreign key (tenant_id, facility_id) references org.facility,
    constraint visit_patient_fkey foreign key (tenant_id, patient_id) references reg.patient,
    constraint visit_coverage_fkey foreign key (tenant_id, coverage_id) references reg.coverage,
    constraint visit_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint visit_room_fkey foreign key (tenant_id, room_id) references org.room,
    constraint visit_practitioner_fkey foreign key (tenant_id, practitioner_id) references org.staff
);
comment on table care.visit is 'A visit (lượt khám, đợt điều trị): one MA_LK, at one facility, from arrival to discharge.';
comment on column care.visit.tenant_id is 'Tenant';
comment on column care.visit.facility_id is 'Facility where care happens';
comment on column care.visit.visit_id is 'Id';
comment on column care.visit.patient_id is 'Patient as registered at the time';
comment on column care.visit.ma_lk is 'Claim key: made once, never changed, never reused';
comment on column care.visit.kind_code is 'MA_LOAI_KCB';
comment on column care.visit.object_code is 'MA_DOITUONG_KCB';
comment on column care.visit.coverage_id is 'Insurance card used';
comment on column care.visit.department_id is 'Department that is responsible now';
comment on column care.visit.room_id is 'Room';
comment on column care.visit.practitioner_id is 'Practitioner in charge';
comment on column care.visit.priority is 'normal, priority, emergency';
comment on column care.visit.reason is 'LY_DO_VV';
comment on column care.visit.admission_reason is 'LY_DO_VNT';
comment on column care.visit.referred_from_code is 'MA_NOI_DI';
comment on column care.visit.referral_no is 'GIAY_CHUYEN_TUYEN';
comment on column care.visit.referred_to_code is 'MA_NOI_DEN';
comment on column care.visit.accident_code is 'MA_TAI_NAN';
comment on column care.visit.weight_kg is 'CAN_NANG';
comment on column care.visit.arrived_at is 'NGAY_VAO';
comment on column care.visit.arrived_on is 'Business day of arrival';
comment on column care.visit.admitted_at is 'NGAY_VAO_NOI_TRU';
comment on column care.visit.discharged_at is 'NGAY_RA';
comment on column care.visit.treatment is 'PP_DIEU_TRI';
comment on column care.visit.result_code is 'KET_QUA_DTRI';
comment on column care.visit.outcome_code is 'MA_LOAI_RV';
comment on column care.visit.remark is 'GHI_CHU';
comment on column care.visit.follow_up_on is 'NGAY_TAI_KHAM';
comment on column care.visit.status is 'See sys.transition: arrived, in_exam, admitted, done, closed';
comment on column care.visit.closed_at is 'When closed';
comment on column care.visit.closed_on is 'Business day of closing';
comment on column care.visit.settled_at is 'NGAY_TTOAN';
comment on column care.visit.coverage_state is 'not_needed, not_checked, ok, rejected';
comment on column care.visit.given_level is 'MUC_HUONG decided by hand, for object codes whose rule says manual';
comment on column care.visit.exempt_at is 'NGAY_MIEN_CCT when the co-payment limit of the year was reached in this visit';
comment on column care.visit.is_priced is 'The shares of all charges are up to date';
comment on column care.visit.pricing_version is 'Raised by each change that can move money';
comment on column care.visit.version is 'Row version for If-Match';
comment on column care.visit.created_at is 'When registered';
comment on column care.visit.created_by is 'User';
create index visit_day_idx on care.visit (tenant_id, facility_id, arrived_on, visit_id);
create index visit_patient_idx on care.visit (tenant_id, patient_id, arrived_at);
create index visit_closed_idx on care.visit (tenant_id, facility_id, closed_on) where closed_on is not null;
create index visit_coverage_idx on care.visit (tenant_id, coverage_id);
alter table reg.coverage_check add constraint coverage_check_visit_fkey
    foreign key (tenant_id, visit_id) references care.visit;

create table care.queue_counter (
    tenant_id bigint not null,
    facility_id bigint not null,
    room_id bigint not null,
    on_date date not null,
    last_no int not null,
    constraint queue_counter_pkey primary key (tenant_id, room_id, on_date),
    constraint queue_counter_room_fkey foreign key (tenant_id, room_id) references org.room,
    constraint queue_counter_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table care.queue_counter is 'Last queue number given per room and day; the row lock makes numbers gapless.';
comment on column care.queue_counter.tenant_id is 'Tenant';
comment on column care.queue_counter.facility_id is 'Facility';
comment on column care.queue_counter.room_id is 'Room';
comment on column care.queue_counter.on_date is 'Business day';
comment on column care.queue_counter.last_no is 'Last number given';
create index queue_counter_facility_idx on care.queue_counter (tenant_id, facility_id);

create sequence care.queue_ticket_seq;
create table care.queue_ticket (
    tenant_id bigint not null,
    facility_id bigint not null,
    queue_ticket_id bigint not null default (sys.node() << 40) + nextval('care.queue_ticket_seq'),
    room_id bigint not null,
    on_date date not null,
    number int not null,
    visit_id bigint not null,
    called_at timestamptz,
    constraint queue_ticket_pkey primary key (tenant_id, queue_ticket_id),
    constraint queue_ticket_number_key unique (tenant_id, room_id, on_date, number),
    constraint queue_ticket_room_fkey foreign key (tenant_id, room_id) references org.room,
    constraint queue_ticket_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id)
);
comment on table care.queue_ticket is 'A place in the queue of a room.';
comment on column care.queue_ticket.tenant_id is 'Tenant';
comment on column care.queue_ticket.facility_id is 'Facility';
comment on column care.queue_ticket.queue_ticket_id is 'Id';
comment on column care.queue_ticket.room_id is 'Room';
comment on column care.queue_ticket.on_date is 'Business day';
comment on column care.queue_ticket.number is '1, 2, … without gaps per room and day';
comment on column care.queue_ticket.visit_id is 'Visit';
comment on column care.queue_ticket.called_at is 'When called in';
create index queue_ticket_visit_idx on care.queue_ticket (tenant_id, visit_id);

create sequence care.movement_seq;
create table care.movement (
    tenant_id bigint not null,
    facility_id bigint not null,
    movement_id bigint not null default (sys.node() << 40) + nextval('care.movement_seq'),
    visit_id bigint not null,
    department_id bigint not null,
    room_id bigint,
    bed_id bigint,
    during tstzrange not null,
    shared_by int not null default 1,
    is_stretcher boolean not null default false,
    constraint movement_pkey primary key (tenant_id, movement_id),
    constraint movement_during_check check (not isempty(during) and lower(during) is not null),
    constraint movement_shared_by_check check (shared_by between 1 and 3),
    constraint movement_bed_excl exclude using gist (tenant_id with =, bed_id with =, during with &&)
        where (bed_id is not null and shared_by = 1),
    constraint movement_visit_excl exclude using gist (tenant_id with =, visit_id with =, during with &&),
    constraint movement_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint movement_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint movement_room_fkey foreign key (tenant_id, room_id) references org.room,
    constraint movement_bed_fkey foreign key (tenant_id, bed_id) references org.bed
);
comment on table care.movement is 'A stay in a department and bed; a bed holds one person at a time unless shared is said.';
comment on column care.movement.tenant_id is 'Tenant';
comment on column care.movement.facility_id is 'Facility';
comment on column care.movement.movement_id is 'Id';
comment on column care.movement.visit_id is 'Visit';
comment on column care.movement.department_id is 'Department';
comment on column care.movement.room_id is 'Room';
comment on column care.movement.bed_id is 'Bed';
comment on column care.movement.during is 'From entering to leaving';
comment on column care.movement.shared_by is 'Persons in the bed: 1, 2, 3';
comment on column care.movement.is_stretcher is 'Stretcher or folding bed';
create index movement_visit_idx on care.movement (tenant_id, visit_id);
create index movement_department_idx on care.movement (tenant_id, department_id);
create index movement_facility_idx on care.movement (tenant_id, facility_id);
create index movement_room_idx on care.movement (tenant_id, room_id);

create sequence care.vitals_seq;
create table care.vitals (
    tenant_id bigint not null,
    facility_id bigint not null,
    vitals_id bigint not null default (sys.node() << 40) + nextval('care.vitals_seq'),
    visit_id bigint not null,
    taken_at timestamptz not null default now(),
    taken_by_id bigint,
    pulse int,
    temperature numeric(4, 1),
    systolic int,
    diastolic int,
    respiration int,
    spo2 int,
    weight_kg numeric(6, 2),
    height_cm numeric(5, 1),
    constraint vitals_pkey primary key (tenant_id, vitals_id),
    constraint vitals_pulse_check check (pulse between 0 and 400),
    constraint vitals_temperature_check check (temperature between 20 and 46),
    constraint vitals_pressure_check check (systolic between 0 and 350 and diastolic between 0 and 250 and diastolic <= systolic),
    constraint vitals_respiration_check check (respiration between 0 and 150),
    constraint vitals_spo2_check check (spo2 between 0 and 100),
    constraint vitals_weight_kg_check check (weight_kg between 0.3 and 500),
    constraint vitals_height_cm_check check (height_cm between 20 and 272),
    constraint vitals_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint vitals_taken_by_fkey foreign key (tenant_id, taken_by_id) references org.staff
);
comment on table care.vitals is 'Vital signs taken once.';
comment on column care.vitals.tenant_id is 'Tenant';
comment on column care.vitals.facility_id is 'Facility';
comment on column care.vitals.vitals_id is 'Id';
comment on column care.vitals.visit_id is 'Visit';
comment on column care.vitals.taken_at is 'When';
comment on column care.vitals.taken_by_id is 'Staff';
comment on column care.vitals.pulse is 'Beats per minute';
comment on column care.vitals.temperature is '°C';
comment on column care.vitals.systolic is 'mmHg';
comment on column care.vitals.diastolic is 'mmHg';
comment on column care.vitals.respiration is 'Breaths per minute';
comment on column care.vitals.spo2 is 'Percent';
comment on column care.vitals.weight_kg is 'kg';
comment on column care.vitals.height_cm is 'cm';
create index vitals_visit_idx on care.vitals (tenant_id, visit_id);

create sequence care.diagnosis_seq;
create table care.diagnosis (
    tenant_id bigint not null,
    facility_id bigint not null,
    diagnosis_id bigint not null default (sys.node() << 40) + nextval('care.diagnosis_seq'),
    visit_id bigint not null,
    role text not null,
    icd_code text not null,
    position int not null default 1,
    note sys.line_text,
    made_by_id bigint,
    made_at timestamptz not null default now(),
    constraint diagnosis_pkey primary key (tenant_id, diagnosis_id),
    constraint diagnosis_role_check check (role in ('admission', 'main', 'secondary', 'traditional')),
    constraint diagnosis_code_key unique (tenant_id, visit_id, role, icd_code),
    constraint diagnosis_icd_code_check check (length(icd_code) between 3 and 10),
    constraint diagnosis_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint diagnosis_made_by_fkey foreign key (tenant_id, made_by_id) references org.staff
);
comment on table care.diagnosis is 'A diagnosis of a visit.';
comment on column care.diagnosis.tenant_id is 'Tenant';
comment on column care.diagnosis.facility_id is 'Facility';
comment on column care.diagnosis.diagnosis_id is 'Id';
comment on column care.diagnosis.visit_id is 'Visit';
comment on column care.diagnosis.role is 'admission, main, secondary, traditional';
comment on column care.diagnosis.icd_code is 'ICD-10 code, or traditional-medicine code for role traditional';
comment on column care.diagnosis.position is 'Order among diagnoses of one role';
comment on column care.diagnosis.note is 'Wording of the practitioner';
comment on column care.diagnosis.made_by_id is 'Staff';
comment on column care.diagnosis.made_at is 'When';
create unique index diagnosis_main_key on care.diagnosis (tenant_id, visit_id) where role = 'main';

create sequence care.service_order_seq;
create table care.service_order (
    tenant_id bigint not null,
    facility_id bigint not null,
    service_order_id bigint not null default (sys.node() << 40) + nextval('care.service_order_seq'),
    visit_id bigint not null,
    local_code text not null,
    service_code text not null,
    quantity sys.quantity not null default 1,
    department_id bigint not null,
    ordered_by_id bigint not null,
    ordered_at timestamptz not null default now(),
    status text not null default 'ordered',
    performer_ids bigint[] not null default '{}',
    machine_id bigint,
    performed_at timestamptz,
    result_at timestamptz,
    rate_service sys.percent,
    operation_no int,
    war_wound boolean not null default false,
    anaesthesia_code text,
    note sys.line_text,
    cancel_reason sys.line_text,
    version int not null default 1,
    constraint service_order_pkey primary key (tenant_id, service_order_id),
    constraint service_order_status_check check (status in ('ordered', 'accepted', 'done', 'cancelled')),
    constraint service_order_quantity_check check (quantity > 0),
    constraint service_order_operation_check check (operation_no between 1 and 99),
    constraint service_order_times_check check (performed_at >= ordered_at and result_at >= performed_at),
    constraint service_order_done_check check (status <> 'done' or performed_at is not null),
    constraint service_order_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint service_order_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint service_order_ordered_by_fkey foreign key (tenant_id, ordered_by_id) references org.staff,
    constraint service_order_machine_fkey foreign key (tenant_id, machine_id) references org.machine
);
comment on table care.service_order is 'An order for a service: consultation, test, imaging, procedure, surgery, transport.';
comment on column care.service_order.tenant_id is 'Tenant';
comment on column care.service_order.facility_id is 'Facility';
comment on column care.service_order.service_order_id is 'Id';
comment on column care.service_order.visit_id is 'Visit';
comment on column care.service_order.local_code is 'Code in ref.local_service';
comment on column care.service_order.service_code is 'MA_DICH_VU of that code on the day of the order';
comment on column care.service_order.quantity is 'How many';
comment on column care.service_order.department_id is 'Department that orders';
comment on column care.service_order.ordered_by_id is 'Practitioner who orders';
comment on column care.service_order.ordered_at is 'NGAY_YL';
comment on column care.service_order.status is 'ordered, accepted, done, cancelled';
comment on column care.service_order.performer_ids is 'Staff who performed, main one first';
comment on column care.service_order.machine_id is 'Machine used';
comment on column care.service_order.performed_at is 'NGAY_TH_YL';
comment on column care.service_order.result_at is 'NGAY_KQ';
comment on column care.service_order.rate_service is 'TYLE_TT_DV given by hand (second operation and the like), null = by rule';
comment on column care.service_order.operation_no is 'Orders done in one operation share a number; null = by itself';
comment on column care.service_order.war_wound is 'VET_THUONG_TP';
comment on column care.service_order.anaesthesia_code is 'PP_VO_CAM';
comment on column care.service_order.note is 'Clinical information for the performer';
comment on column care.service_order.cancel_reason is 'Why cancelled';
comment on column care.service_order.version is 'Row version';
create index service_order_visit_idx on care.service_order (tenant_id, visit_id);
create index service_order_open_idx on care.service_order (tenant_id, facility_id, service_order_id) where status in ('ordered', 'accepted');

create sequence care.result_seq;
create table care.result (
    tenant_id bigint not null,
    facility_id bigint not null,
    result_id bigint not null default (sys.node() << 40) + nextval('care.result_seq'),
    visit_id bigint not null,
    service_order_id bigint not null,
    indicator_code text,
    indicator_name sys.line_text,
    value sys.line_text,
    unit text,
    description sys.line_text,
    conclusion sys.line_text,
    status text not null default 'F',
    resulted_at timestamptz not null default now(),
    read_by_id bigint,
    replaces_id bigint,
    constraint result_pkey primary key (tenant_id, result_id),
    constraint result_status_check check (status in ('P', 'F', 'C')),
    constraint result_content_check check (value is not null or description is not null or conclusion is not null),
    constraint result_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint result_service_order_fkey foreign key (tenant_id, service_order_id) references care.service_order,
    constraint result_read_by_fkey foreign key (tenant_id, read_by_id) references org.staff,
    constraint result_replaces_fkey foreign key (tenant_id, replaces_id) references care.result
);
comment on table care.result is 'One indicator of a diagnostic service: a row of XML4. A correction is a new row that replaces the old one.';
comment on column care.result.tenant_id is 'Tenant';
comment on column care.result.facility_id is 'Facility';
comment on column care.result.result_id is 'Id';
comment on column care.result.visit_id is 'Visit';
comment on column care.result.service_order_id is 'Order answered';
comment on column care.result.indicator_code is 'MA_CHI_SO';
comment on column care.result.indicator_name is 'TEN_CHI_SO';
comment on column care.result.value is 'GIA_TRI';
comment on column care.result.unit is 'DON_VI_DO';
comment on column care.result.description is 'MO_TA';
comment on column care.result.conclusion is 'KET_LUAN';
comment on column care.result.status is 'P preliminary, F final, C corrected';
comment on column care.result.resulted_at is 'NGAY_KQ';
comment on column care.result.read_by_id is 'MA_BS_DOC_KQ';
comment on column care.result.replaces_id is 'Row that this one corrects';
create index result_visit_idx on care.result (tenant_id, visit_id);
create index result_service_order_idx on care.result (tenant_id, service_order_id);
create unique index result_replaces_key on care.result (tenant_id, replaces_id) where replaces_id is not null;

create sequence care.note_seq;
create table care.note (
    tenant_id bigint not null,
    facility_id bigint not null,
    note_id bigint not null default (sys.node() << 40) + nextval('care.note_seq'),
    visit_id bigint not null,
    progress sys.line_text not null,
    stage sys.line_text,
    consultation sys.line_text,
    surgery sys.line_text,
    written_by_id bigint not null,
    written_at timestamptz not null default now(),
    constraint note_pkey primary key (tenant_id, note_id),
    constraint note_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint note_written_by_fkey foreign key (tenant_id, written_by_id) references org.staff
);
comment on table care.note is 'A progress note: a row of XML5.';
comment on column care.note.tenant_id is 'Tenant';
comment on column care.note.facility_id is 'Facility';
comment on column care.note.note_id is 'Id';
comment on column care.note.visit_id is 'Visit';
comment on column care.note.progress is 'DIEN_BIEN_LS';
comment on column care.note.stage is 'GIAI_DOAN_BENH';
comment on column care.note.consultation is 'HOI_CHAN';
comment on column care.note.surgery is 'PHAU_THUAT';
comment on column care.note.written_by_id is 'NGUOI_THUC_HIEN';
comment on column care.note.written_at is 'THOI_DIEM_DBLS';
create index note_visit_idx on care.note (tenant_id, visit_id);

create sequence care.prescription_seq;
create table care.prescription (
    tenant_id bigint not null,
    facility_id bigint not null,
    prescription_id bigint not null default (sys.node() << 40) + nextval('care.prescription_seq'),
    visit_id bigint not null,
    department_id bigint not null,
    prescribed_by_id bigint not null,
    prescribed_at timestamptz not null default now(),
    status text not null default 'ordered',
    dispensed_at timestamptz,
    dispensed_by_id bigint,
    advice sys.line_text,
    version int not null default 1,
    constraint prescription_pkey primary key (tenant_id, prescription_id),
    constraint prescription_status_check check (status in ('ordered', 'done', 'cancelled')),
    constraint prescription_dispensed_check check ((status = 'done') = (dispensed_at is not null)),
    constraint prescription_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint prescription_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint prescription_prescribed_by_fkey foreign key (tenant_id, prescribed_by_id) references org.staff,
    constraint prescription_dispensed_by_fkey foreign key (tenant_id, dispensed_by_id) references org.staff
);
comment on table care.prescription is 'A prescription written in a visit.';
comment on column care.prescription.tenant_id is 'Tenant';
comment on column care.prescription.facility_id is 'Facility';
comment on column care.prescription.prescription_id is 'Id';
comment on column care.prescription.visit_id is 'Visit';
comment on column care.prescription.department_id is 'Department';
comment on column care.prescription.prescribed_by_id is 'Practitioner';
comment on column care.prescription.prescribed_at is 'NGAY_YL';
comment on column care.prescription.status is 'ordered, done (dispensed), cancelled';
comment on column care.prescription.dispensed_at is 'When dispensed';
comment on column care.prescription.dispensed_by_id is 'Pharmacist';
comment on column care.prescription.advice is 'Advice to the patient';
comment on column care.prescription.version is 'Row version';
create index prescription_visit_idx on care.prescription (tenant_id, visit_id);

create sequence care.prescription_line_seq;
create table care.prescription_line (
    tenant_id bigint not null,
    facility_id bigint not null,
    prescription_line_id bigint not null default (sys.node() << 40) + nextval('care.prescription_line_seq'),
    prescription_id bigint not null,
    local_code text not null,
    dose sys.quantity not null,
    times_per_day int not null,
    days int not null,
    quantity sys.quantity not null,
    route_code text,
    usage_text sys.line_text,
    war_wound boolean not null default false,
    constraint prescription_line_pkey primary key (tenant_id, prescription_line_id),
    constraint prescription_line_dose_check check (dose > 0),
    constraint prescription_line_times_check check (times_per_day between 1 and 24),
    constraint prescription_line_days_check check (days between 1 and 180),
    constraint prescription_line_quantity_check check (quantity > 0),
    constraint prescription_line_prescription_fkey foreign key (tenant_id, prescription_id) references care.prescription,
    constraint prescription_line_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table care.prescription_line is 'One drug of a prescription.';
comment on column care.prescription_line.tenant_id is 'Tenant';
comment on column care.prescription_line.facility_id is 'Facility';
comment on column care.prescription_line.prescription_line_id is 'Id';
comment on column care.prescription_line.prescription_id is 'Prescription';
comment on column care.prescription_line.local_code is 'Code in ref.local_drug';
comment on column care.prescription_line.dose is 'Units per time';
comment on column care.prescription_line.times_per_day is 'Times a day';
comment on column care.prescription_line.days is 'Days';
comment on column care.prescription_line.quantity is 'Units in all';
comment on column care.prescription_line.route_code is 'DUONG_DUNG when not the drug''s own';
comment on column care.prescription_line.usage_text is 'CACH_DUNG';
comment on column care.prescription_line.war_wound is 'VET_THUONG_TP';
create index prescription_line_prescription_idx on care.prescription_line (tenant_id, prescription_id);

create sequence care.supply_use_seq;
create table care.supply_use (
    tenant_id bigint not null,
    facility_id bigint not null,
    supply_use_id bigint not null default (sys.node() << 40) + nextval('care.supply_use_seq'),
    visit_id bigint not null,
    local_code text not null,
    service_order_id bigint,
    quantity sys.quantity not null,
    package_code text,
    department_id bigint not null,
    used_by_id bigint not null,
    used_at timestamptz not null default now(),
    is_void boolean not null default false,
    war_wound boolean not null default false,
    constraint supply_use_pkey primary key (tenant_id, supply_use_id),
    constraint supply_use_quantity_check check (quantity > 0),
    constraint supply_use_package_check check (package_code ~ '^G[0-9]{1,2}$'),
    constraint supply_use_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint supply_use_service_order_fkey foreign key (tenant_id, service_order_id) references care.service_order,
    constraint supply_use_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint supply_use_used_by_fkey foreign key (tenant_id, used_by_id) references org.staff
);
comment on table care.supply_use is 'A medical supply used on a patient, outside the price of a service.';
comment on column care.supply_use.tenant_id is 'Tenant';
comment on column care.supply_use.facility_id is 'Facility';
comment on column care.supply_use.supply_use_id is 'Id';
comment on column care.supply_use.visit_id is 'Visit';
comment on column care.supply_use.local_code is 'Code in ref.local_supply';
comment on column care.supply_use.service_order_id is 'Service in which it was used';
comment on column care.supply_use.quantity is 'How many';
comment on column care.supply_use.package_code is 'GOI_VTYT G1, G2 …';
comment on column care.supply_use.department_id is 'Department';
comment on column care.supply_use.used_by_id is 'Practitioner';
comment on column care.supply_use.used_at is 'When';
comment on column care.supply_use.is_void is 'Entered by mistake';
comment on column care.supply_use.war_wound is 'VET_THUONG_TP';
create index supply_use_visit_idx on care.supply_use (tenant_id, visit_id);

insert into sys.transition (machine, from_state, to_state, needs_reason) values
    ('care.visit', 'arrived', 'in_exam', false),
    ('care.visit', 'arrived', 'done', false),
    ('care.visit', 'in_exam', 'admitted', false),
    ('care.visit', 'arrived', 'admitted', false),
    ('care.visit', 'in_exam', 'done', false),
    ('care.visit', 'admitted', 'done', false),
    ('care.visit', 'done', 'in_exam', true),
    ('care.visit', 'arrived', 'closed', false),
    ('care.visit', 'in_exam', 'closed', false),
    ('care.visit', 'admitted', 'closed', false),
    ('care.visit', 'done', 'closed', false),
    ('care.visit', 'closed', 'done', true),
    ('care.service_order', 'ordered', 'accepted', false),
    ('care.service_order', 'ordered', 'done', false),
    ('care.service_order', 'accepted', 'done', false),
    ('care.service_order', 'ordered', 'cancelled', true),
    ('care.service_order', 'accepted', 'cancelled', true),
    ('care.service_order', 'done', 'cancelled', true),
    ('care.prescription', 'ordered', 'done', false),
    ('care.prescription', 'ordered', 'cancelled', true),
    ('care.prescription', 'done', 'cancelled', true);
