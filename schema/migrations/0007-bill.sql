-- Money: charges with their shares, the double-entry ledger, receipts and payments.
set local role hmis_owner;

create sequence bill.charge_seq;
create table bill.charge (
    tenant_id bigint not null,
    facility_id bigint not null,
    charge_id bigint not null default (sys.node() << 40) + nextval('bill.charge_seq'),
    visit_id bigint not null,
    claim_table int not null,
    source_kind text not null,
    source_id bigint not null,
    split_no int not null default 0,
    coverage_id bigint,
    item_code text not null,
    service_code text,
    item_name text not null,
    group_code int not null,
    package_code text,
    unit text not null,
    strength text,
    route_code text,
    form text,
    dose_text text,
    usage_text text,
    registration_no text,
    tender text,
    model_no text,
    reused boolean not null default false,
    scope_code text not null default '1',
    quantity sys.quantity not null,
    price_hospital sys.price not null,
    price_insurance sys.price not null,
    price_ceiling sys.price,
    price_applied sys.price not null,
    rate_service sys.percent,
    rate_service_applied sys.percent not null default 100,
    rate_insurance sys.percent not null default 100,
    ceiling sys.share,
    amount_hospital sys.share not null,
    amount_insurance sys.share not null,
    benefit_level sys.percent not null,
    fund_share sys.share not null,
    copay_share sys.share not null,
    self_share sys.share not null,
    other_share sys.share not null,
    other_mode text,
    other_state sys.share not null default 0,
    other_foreign sys.share not null default 0,
    other_domestic sys.share not null default 0,
    other_rest sys.share not null default 0,
    rules_applied text[] not null default '{}',
    payment_method text not null default '1',
    paid_source text not null default '1',
    war_wound boolean not null default false,
    department_id bigint not null,
    practitioner_codes text[] not null default '{}',
    performer_codes text[] not null default '{}',
    machine_code text,
    bed_codes text[] not null default '{}',
    icd_codes text[] not null default '{}',
    anaesthesia_code text,
    procedure_codes text[] not null default '{}',
    ordered_at timestamptz not null,
    performed_at timestamptz,
    result_at timestamptz,
    reverses_id bigint,
    is_void boolean not null default false,
    is_provisional boolean not null default false,
    created_at timestamptz not null default now(),
    constraint charge_pkey primary key (tenant_id, charge_id),
    constraint charge_claim_table_check check (claim_table in (2, 3)),
    constraint charge_source_kind_check check (source_kind in ('order', 'prescription_line', 'supply_use', 'bed_day')),
    constraint charge_scope_code_check check (scope_code in ('1', '2', '3')),
    constraint charge_group_code_check check (group_code between 1 and 19),
    constraint charge_quantity_check check (quantity > 0),
    constraint charge_shares_check check (amount_hospital = fund_share + copay_share + self_share + other_share),
    constraint charge_other_check check (other_share = other_state + other_foreign + other_domestic + other_rest
        and (other_share = 0 or other_share < amount_hospital)),
    constraint charge_scope_share_check check (scope_code <> '2' or (fund_share = 0 and copay_share = 0 and amount_insurance = 0)),
    constraint charge_insurance_check check (amount_insurance <= amount_hospital),
    constraint charge_times_check check (performed_at >= ordered_at and result_at >= performed_at),
    constraint charge_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint charge_coverage_fkey foreign key (tenant_id, coverage_id) references reg.coverage,
    constraint charge_department_fkey foreign key (tenant_id, department_id) references org.department,
    constraint charge_reverses_fkey foreign key (tenant_id, reverses_id) references bill.charge
);
comment on table bill.charge is 'The only place where money is born: one row per line of XML2 or XML3. Shares are set by the benefit engine while the visit is open; after closing a row is only reversed and replaced.';
comment on column bill.charge.tenant_id is 'Tenant';
comment on column bill.charge.facility_id is 'Facility';
comment on column bill.charge.charge_id is 'Id';
comment on column bill.charge.visit_id is 'Visit';
comment on column bill.charge.claim_table is '2 drugs, 3 services and supplies';
comment on column bill.charge.source_kind is 'order, prescription_line, supply_use, bed_day';
comment on column bill.charge.source_id is 'Row that caused it';
comment on column bill.charge.split_no is 'Tens: line of its source (bed days have several); units: 0, or 1 and 2 when the engine split the line at the year limit';
comment on column bill.charge.coverage_id is 'Card in force at the time of the line';
comment on column bill.charge.item_code is 'MA_THUOC, MA_DICH_VU or MA_VAT_TU';
comment on column bill.charge.service_code is 'MA_DICH_VU of a supply or drug used inside a service';
comment on column bill.charge.item_name is 'TEN_THUOC, TEN_DICH_VU or TEN_VAT_TU';
comment on column bill.charge.group_code is 'MA_NHOM';
comment on column bill.charge.package_code is 'GOI_VTYT';
comment on column bill.charge.unit is 'DON_VI_TINH';
comment on column bill.charge.strength is 'HAM_LUONG';
comment on column bill.charge.route_code is 'DUONG_DUNG';
comment on column bill.charge.form is 'DANG_BAO_CHE';
comment on column bill.charge.dose_text is 'LIEU_DUNG';
comment on column bill.charge.usage_text is 'CACH_DUNG';
comment on column bill.charge.registration_no is 'SO_DANG_KY';
comment on column bill.charge.tender is 'TT_THAU';
comment on column bill.charge.model_no is 'MA_HIEU_SP';
comment on column bill.charge.reused is 'TAI_SU_DUNG';
comment on column bill.charge.scope_code is 'PHAM_VI';
comment on column bill.charge.quantity is 'SO_LUONG';
comment on column bill.charge.price_hospital is 'DON_GIA, DON_GIA_BV';
comment on column bill.charge.price_insurance is 'DON_GIA_BH before ceilings';
comment on column bill.charge.price_ceiling is 'Most the fund pays per unit by the list; null = no ceiling';
comment on column bill.charge.price_applied is 'DON_GIA_BH as applied';
comment on column bill.charge.rate_service is 'TYLE_TT_DV given by hand; null = by rule';
comment on column bill.charge.rate_service_applied is 'TYLE_TT_DV as applied';
comment on column bill.charge.rate_insurance is 'TYLE_TT_BH';
comment on column bill.charge.ceiling is 'T_TRANTT';
comment on column bill.charge.amount_hospital is 'THANH_TIEN_BV';
comment on column bill.charge.amount_insurance is 'THANH_TIEN_BH';
comment on column bill.charge.benefit_level is 'MUC_HUONG';
comment on column bill.charge.fund_share is 'T_BHTT';
comment on column bill.charge.copay_share is 'T_BNCCT';
comment on column bill.charge.self_share is 'T_BNTT';
comment on column bill.charge.other_share is 'T_NGUONKHAC';
comment on column bill.charge.other_mode is 'individual, facility, arv';
comment on column bill.charge.other_state is 'T_NGUONKHAC_NSNN';
comment on column bill.charge.other_foreign is 'T_NGUONKHAC_VTNN';
comment on column bill.charge.other_domestic is 'T_NGUONKHAC_VTTN';
comment on column bill.charge.other_rest is 'T_NGUONKHAC_CL';
comment on column bill.charge.rules_applied is 'Ids of the benefit rule rows that decided, in order';
comment on column bill.charge.payment_method is 'MA_PTTT';
comment on column bill.charge.paid_source is 'NGUON_CTRA';
comment on column bill.charge.war_wound is 'VET_THUONG_TP';
comment on column bill.charge.department_id is 'Department';
comment on column bill.charge.practitioner_codes is 'MA_BAC_SI';
comment on column bill.charge.performer_codes is 'NGUOI_THUC_HIEN';
comment on column bill.charge.machine_code is 'MA_MAY';
comment on column bill.charge.bed_codes is 'MA_GIUONG';
comment on column bill.charge.icd_codes is 'MA_BENH, empty = principal diagnosis';
comment on column bill.charge.anaesthesia_code is 'PP_VO_CAM';
comment on column bill.charge.procedure_codes is 'MA_PTTT_QT';
comment on column bill.charge.ordered_at is 'NGAY_YL';
comment on column bill.charge.performed_at is 'NGAY_TH_YL';
comment on column bill.charge.result_at is 'NGAY_KQ';
comment on column bill.charge.reverses_id is 'Charge that this one takes back';
comment on column bill.charge.is_void is 'Taken back before the visit was closed, or reversed after';
comment on column bill.charge.is_provisional is 'The benefit engine has not seen it yet: all of it counts as paid by the patient';
comment on column bill.charge.created_at is 'When';
create index charge_visit_idx on bill.charge (tenant_id, visit_id);
create unique index charge_live_key on bill.charge (tenant_id, source_kind, source_id, split_no) where not is_void;
create unique index charge_reverses_key on bill.charge (tenant_id, reverses_id) where reverses_id is not null;

create table bill.account (
    tenant_id bigint not null,
    facility_id bigint not null,
    code text not null,
    name text not null,
    constraint account_pkey primary key (tenant_id, facility_id, code),
    constraint account_code_check check (code in ('cash', 'bank', 'patient', 'deposit', 'revenue', 'refund')),
    constraint account_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table bill.account is 'Kinds of money: an account of the ledger per facility.';
comment on column bill.account.tenant_id is 'Tenant';
comment on column bill.account.facility_id is 'Facility';
comment on column bill.account.code is 'cash, bank, patient, deposit, revenue, refund';
comment on column bill.account.name is 'Name';

create sequence bill.receipt_book_seq;
create table bill.receipt_book (
    tenant_id bigint not null,
    facility_id bigint not null,
    receipt_book_id bigint not null default (sys.node() << 40) + nextval('bill.receipt_book_seq'),
    code text not null,
    kind text not null,
    last_no bigint not null default 0,
    limit_no bigint not null default 9999999,
    is_open boolean not null default true,
    constraint receipt_book_pkey primary key (tenant_id, receipt_book_id),
    constraint receipt_book_code_key unique (tenant_id, facility_id, code),
    constraint receipt_book_kind_check check (kind in ('payment', 'refund')),
    constraint receipt_book_limit_check check (last_no between 0 and limit_no),
    constraint receipt_book_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table bill.receipt_book is 'A book of receipts: numbers are given without gaps, also under concurrency.';
comment on column bill.receipt_book.tenant_id is 'Tenant';
comment on column bill.receipt_book.facility_id is 'Facility';
comment on column bill.receipt_book.receipt_book_id is 'Id';
comment on column bill.receipt_book.code is 'Series printed on receipts';
comment on column bill.receipt_book.kind is 'payment, refund';
comment on column bill.receipt_book.last_no is 'Last number given';
comment on column bill.receipt_book.limit_no is 'Last number of the book';
comment on column bill.receipt_book.is_open is 'In use';

create sequence bill.payment_seq;
create table bill.payment (
    tenant_id bigint not null,
    facility_id bigint not null,
    payment_id bigint not null default (sys.node() << 40) + nextval('bill.payment_seq'),
    visit_id bigint not null,
    kind text not null,
    method text not null,
    amount sys.money not null,
    settlement_key text not null,
    receipt_book_id bigint not null,
    receipt_no bigint not null,
    refunds_id bigint,
    reason sys.line_text,
    paid_at timestamptz not null default now(),
    taken_by bigint,
    constraint payment_pkey primary key (tenant_id, payment_id),
    constraint payment_settlement_key unique (tenant_id, settlement_key),
    constraint payment_receipt_key unique (tenant_id, receipt_book_id, receipt_no),
    constraint payment_kind_check check (kind in ('payment', 'deposit', 'refund')),
    constraint payment_method_check check (method in ('cash', 'bank')),
    constraint payment_amount_check check (amount > 0),
    constraint payment_refund_check check (kind <> 'refund' or reason is not null),
    constraint payment_visit_fkey foreign key (tenant_id, visit_id) references care.visit,
    constraint payment_receipt_book_fkey foreign key (tenant_id, receipt_book_id) references bill.receipt_book,
    constraint payment_refunds_fkey foreign key (tenant_id, refunds_id) references bill.payment,
    constraint payment_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table bill.payment is 'Money that came in or went back for a visit, settled once per key; reversed by another row, never changed.';
comment on column bill.payment.tenant_id is 'Tenant';
comment on column bill.payment.facility_id is 'Facility';
comment on column bill.payment.payment_id is 'Id';
comment on column bill.payment.visit_id is 'Visit';
comment on column bill.payment.kind is 'payment, deposit, refund';
comment on column bill.payment.method is 'cash, bank';
comment on column bill.payment.amount is 'Always positive; kind says the direction';
comment on column bill.payment.settlement_key is 'Unique: one settlement per key';
comment on column bill.payment.receipt_book_id is 'Book';
comment on column bill.payment.receipt_no is 'Number in the book';
comment on column bill.payment.refunds_id is 'Payment that this refund takes back';
comment on column bill.payment.reason is 'Why refunded';
comment on column bill.payment.paid_at is 'When';
comment on column bill.payment.taken_by is 'User';
create index payment_visit_idx on bill.payment (tenant_id, visit_id);
create index payment_refunds_idx on bill.payment (tenant_id, refunds_id) where refunds_id is not null;
create index payment_day_idx on bill.payment (tenant_id, facility_id, paid_at);

create sequence bill.entry_seq;
create table bill.entry (
    tenant_id bigint not null,
    facility_id bigint not null,
    entry_id bigint not null default (sys.node() << 40) + nextval('bill.entry_seq'),
    posting_id bigint not null,
    account_code text not null,
    visit_id bigint not null,
    payment_id bigint,
    amount sys.money not null,
    posted_at timestamptz not null default now(),
    constraint entry_pkey primary key (tenant_id, entry_id),
    constraint entry_amount_check check (amount <> 0),
    constraint entry_account_fkey foreign key (tenant_id, facility_id, account_code) references bill.account,
    constraint entry_visit_fkey foreign key (tenant_id, visit_id) references care.visit,
    constraint entry_payment_fkey foreign key (tenant_id, payment_id) references bill.payment
);
comment on table bill.entry is 'Double-entry ledger, append-only: the entries of one posting sum to zero.';
comment on column bill.entry.tenant_id is 'Tenant';
comment on column bill.entry.facility_id is 'Facility';
comment on column bill.entry.entry_id is 'Id';
comment on column bill.entry.posting_id is 'Entries posted together';
comment on column bill.entry.account_code is 'Account';
comment on column bill.entry.visit_id is 'Visit';
comment on column bill.entry.payment_id is 'Payment that caused it';
comment on column bill.entry.amount is 'Debit positive, credit negative';
comment on column bill.entry.posted_at is 'When';
create index entry_visit_idx on bill.entry (tenant_id, visit_id);
create index entry_account_idx on bill.entry (tenant_id, facility_id, account_code, posted_at);
create index entry_payment_idx on bill.entry (tenant_id, payment_id);
create index entry_posting_idx on bill.entry (tenant_id, posting_id);
