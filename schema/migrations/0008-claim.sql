-- Claims: one per closed visit, versions appended, transmissions, findings, check-ins, reconciliation.
set local role hmis_owner;

create sequence claim.run_seq;
create table claim.run (
    tenant_id bigint not null,
    facility_id bigint not null,
    run_id bigint not null default (sys.node() << 40) + nextval('claim.run_seq'),
    month date not null,
    state text not null default 'queued',
    total int not null default 0,
    built int not null default 0,
    rejected int not null default 0,
    queued int not null default 0,
    error text,
    requested_by bigint,
    requested_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    constraint run_pkey primary key (tenant_id, run_id),
    constraint run_state_check check (state in ('queued', 'running', 'done', 'failed')),
    constraint run_month_check check (extract(day from month) = 1),
    constraint run_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.run is 'A run over the claims of one facility and month.';
comment on column claim.run.tenant_id is 'Tenant';
comment on column claim.run.facility_id is 'Facility (with the facilities below it)';
comment on column claim.run.run_id is 'Id';
comment on column claim.run.month is 'First day of the month (NAM_QT, THANG_QT)';
comment on column claim.run.state is 'queued, running, done, failed';
comment on column claim.run.total is 'Claims to work on';
comment on column claim.run.built is 'Claims built';
comment on column claim.run.rejected is 'Claims with critical findings, not sent';
comment on column claim.run.queued is 'Claims handed to the sender';
comment on column claim.run.error is 'Why it failed';
comment on column claim.run.requested_by is 'User';
comment on column claim.run.requested_at is 'When';
comment on column claim.run.started_at is 'When started';
comment on column claim.run.finished_at is 'When finished';
create index run_facility_idx on claim.run (tenant_id, facility_id, month);

create sequence claim.claim_seq;
create table claim.claim (
    tenant_id bigint not null,
    facility_id bigint not null,
    claim_id bigint not null default (sys.node() << 40) + nextval('claim.claim_seq'),
    visit_id bigint not null,
    ma_lk sys.ma_lk not null,
    month date not null,
    state text not null default 'draft',
    version_no int not null default 0,
    amount_hospital sys.share not null default 0,
    amount_insurance sys.share not null default 0,
    fund_share sys.share not null default 0,
    ma_giao_dich text,
    received_version int,
    received_at timestamptz,
    updated_at timestamptz not null default now(),
    constraint claim_pkey primary key (tenant_id, claim_id),
    constraint claim_visit_key unique (tenant_id, visit_id),
    constraint claim_ma_lk_key unique (tenant_id, ma_lk),
    constraint claim_month_check check (extract(day from month) = 1),
    constraint claim_state_check check (state in ('draft', 'judged', 'built', 'signed', 'sent', 'received', 'returned',
        'review', 'accepted', 'cut', 'refused', 'settled')),
    constraint claim_received_check check (received_version is null or ma_giao_dich is not null),
    constraint claim_visit_fkey foreign key (tenant_id, visit_id) references care.visit,
    constraint claim_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.claim is 'The claim of a visit and where it stands.';
comment on column claim.claim.tenant_id is 'Tenant';
comment on column claim.claim.facility_id is 'Facility of the visit';
comment on column claim.claim.claim_id is 'Id';
comment on column claim.claim.visit_id is 'Visit';
comment on column claim.claim.ma_lk is 'Claim key';
comment on column claim.claim.month is 'Settlement month: month of discharge, first day';
comment on column claim.claim.state is 'See sys.transition';
comment on column claim.claim.version_no is 'Current version, 0 = none built';
comment on column claim.claim.amount_hospital is 'T_TONGCHI_BV of the current version';
comment on column claim.claim.amount_insurance is 'T_TONGCHI_BH';
comment on column claim.claim.fund_share is 'T_BHTT';
comment on column claim.claim.ma_giao_dich is 'Transaction id of the last success';
comment on column claim.claim.received_version is 'Version that the gateway has';
comment on column claim.claim.received_at is 'When it was received';
comment on column claim.claim.updated_at is 'Last change';
create index claim_month_idx on claim.claim (tenant_id, facility_id, month, state, claim_id);

create sequence claim.version_seq;
create table claim.version (
    tenant_id bigint not null,
    facility_id bigint not null,
    version_id bigint not null default (sys.node() << 40) + nextval('claim.version_seq'),
    claim_id bigint not null,
    version_no int not null,
    reason text not null,
    content_sha256 bytea not null,
    envelope bytea not null,
    is_signed boolean not null default false,
    certificate_sha256 bytea,
    line_count int not null,
    run_id bigint,
    built_at timestamptz not null default now(),
    constraint version_pkey primary key (tenant_id, version_id),
    constraint version_no_key unique (tenant_id, claim_id, version_no),
    constraint version_sha256_check check (length(content_sha256) = 32),
    constraint version_claim_fkey foreign key (tenant_id, claim_id) references claim.claim,
    constraint version_run_fkey foreign key (tenant_id, run_id) references claim.run,
    constraint version_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.version is 'One frozen form of a claim: the bytes that are (or would be) sent.';
comment on column claim.version.tenant_id is 'Tenant';
comment on column claim.version.facility_id is 'Facility';
comment on column claim.version.version_id is 'Id';
comment on column claim.version.claim_id is 'Claim';
comment on column claim.version.version_no is '1, 2, …';
comment on column claim.version.reason is 'first, corrected, returned, reopened';
comment on column claim.version.content_sha256 is 'SHA-256 of the unsigned envelope';
comment on column claim.version.envelope is 'Signed envelope, or unsigned when is_signed is false';
comment on column claim.version.is_signed is 'Carries CHUKYDONVI';
comment on column claim.version.certificate_sha256 is 'Fingerprint of the signing certificate';
comment on column claim.version.line_count is 'Lines of XML2 and XML3';
comment on column claim.version.run_id is 'Run that built it';
comment on column claim.version.built_at is 'When';
create index version_run_idx on claim.version (tenant_id, run_id);

create sequence claim.transmission_seq;
create table claim.transmission (
    tenant_id bigint not null,
    facility_id bigint not null,
    transmission_id bigint not null default (sys.node() << 40) + nextval('claim.transmission_seq'),
    claim_id bigint,
    check_in_id bigint,
    version_no int,
    attempt int not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    outcome text not null default 'unknown',
    http_status int,
    result_code text,
    ma_giao_dich text,
    received_text text,
    message text,
    raw text,
    constraint transmission_pkey primary key (tenant_id, transmission_id),
    constraint transmission_subject_check check ((claim_id is null) <> (check_in_id is null)),
    constraint transmission_outcome_check check (outcome in ('unknown', 'received', 'refused', 'retry', 'alarm')),
    constraint transmission_received_check check (outcome <> 'received' or ma_giao_dich is not null),
    constraint transmission_claim_fkey foreign key (tenant_id, claim_id) references claim.claim,
    constraint transmission_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.transmission is 'One try to send a claim version or a check-in, with the raw answer.';
comment on column claim.transmission.tenant_id is 'Tenant';
comment on column claim.transmission.facility_id is 'Facility';
comment on column claim.transmission.transmission_id is 'Id';
comment on column claim.transmission.claim_id is 'Claim; null for a check-in';
comment on column claim.transmission.check_in_id is 'Check-in; null for a claim';
comment on column claim.transmission.version_no is 'Version sent';
comment on column claim.transmission.attempt is '1, 2, …';
comment on column claim.transmission.started_at is 'Written before the first byte is sent';
comment on column claim.transmission.finished_at is 'When the outcome was known; null = unknown';
comment on column claim.transmission.outcome is 'unknown, received, refused, retry, alarm';
comment on column claim.transmission.http_status is 'HTTP status';
comment on column claim.transmission.result_code is 'maKetQua';
comment on column claim.transmission.ma_giao_dich is 'Transaction id';
comment on column claim.transmission.received_text is 'thoiGianTiepNhan';
comment on column claim.transmission.message is 'thongDiep';
comment on column claim.transmission.raw is 'Answer as received, at most 64 KiB';
create unique index transmission_success_key on claim.transmission (tenant_id, claim_id, version_no)
    where outcome = 'received' and claim_id is not null;
create index transmission_claim_idx on claim.transmission (tenant_id, claim_id, transmission_id);
create index transmission_day_idx on claim.transmission (tenant_id, facility_id, started_at);

create sequence claim.check_in_seq;
create table claim.check_in (
    tenant_id bigint not null,
    facility_id bigint not null,
    check_in_id bigint not null default (sys.node() << 40) + nextval('claim.check_in_seq'),
    visit_id bigint not null,
    occasion text not null,
    charge_id bigint not null,
    state text not null default 'queued',
    ma_giao_dich text,
    created_at timestamptz not null default now(),
    constraint check_in_pkey primary key (tenant_id, check_in_id),
    constraint check_in_occasion_key unique (tenant_id, visit_id, occasion),
    constraint check_in_occasion_check check (occasion in ('first_cost', 'admission')),
    constraint check_in_state_check check (state in ('queued', 'received', 'refused', 'given_up')),
    constraint check_in_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id),
    constraint check_in_charge_fkey foreign key (tenant_id, charge_id) references bill.charge
);
comment on table claim.check_in is 'The check-in (XML0) of a visit: sent after its first cost, informational, never blocks care.';
comment on column claim.check_in.tenant_id is 'Tenant';
comment on column claim.check_in.facility_id is 'Facility';
comment on column claim.check_in.check_in_id is 'Id';
comment on column claim.check_in.visit_id is 'Visit';
comment on column claim.check_in.occasion is 'first_cost, admission';
comment on column claim.check_in.charge_id is 'First cost';
comment on column claim.check_in.state is 'queued, received, refused, given_up';
comment on column claim.check_in.ma_giao_dich is 'Transaction id';
comment on column claim.check_in.created_at is 'When';
create index check_in_charge_idx on claim.check_in (tenant_id, charge_id);
create index check_in_facility_idx on claim.check_in (tenant_id, facility_id, created_at);
alter table claim.transmission add constraint transmission_check_in_fkey
    foreign key (tenant_id, check_in_id) references claim.check_in;
create index transmission_check_in_idx on claim.transmission (tenant_id, check_in_id);

create sequence claim.finding_seq;
create table claim.finding (
    tenant_id bigint not null,
    facility_id bigint not null,
    finding_id bigint not null default (sys.node() << 40) + nextval('claim.finding_seq'),
    claim_id bigint not null,
    version_no int not null,
    source text not null,
    rule text not null,
    severity text not null,
    table_name text,
    row_no int,
    field text,
    message_vi text not null,
    message_en text not null,
    amount sys.share not null default 0,
    state text not null default 'open',
    created_at timestamptz not null default now(),
    constraint finding_pkey primary key (tenant_id, finding_id),
    constraint finding_source_check check (source in ('own', 'gateway', 'assessment')),
    constraint finding_severity_check check (severity in ('critical', 'warning')),
    constraint finding_state_check check (state in ('open', 'explained', 'accepted', 'adjusted')),
    constraint finding_claim_fkey foreign key (tenant_id, claim_id) references claim.claim,
    constraint finding_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.finding is 'Something wrong, or said to be wrong, with a claim.';
comment on column claim.finding.tenant_id is 'Tenant';
comment on column claim.finding.facility_id is 'Facility';
comment on column claim.finding.finding_id is 'Id';
comment on column claim.finding.claim_id is 'Claim';
comment on column claim.finding.version_no is 'Version judged';
comment on column claim.finding.source is 'own, gateway, assessment';
comment on column claim.finding.rule is 'Check id, gateway code or assessment rule';
comment on column claim.finding.severity is 'critical, warning';
comment on column claim.finding.table_name is 'XML1 …';
comment on column claim.finding.row_no is 'STT';
comment on column claim.finding.field is 'Field';
comment on column claim.finding.message_vi is 'For people';
comment on column claim.finding.message_en is 'For people';
comment on column claim.finding.amount is 'Amount at risk or cut';
comment on column claim.finding.state is 'open, explained, accepted, adjusted';
comment on column claim.finding.created_at is 'When';
create index finding_claim_idx on claim.finding (tenant_id, claim_id, version_no);
create index finding_facility_idx on claim.finding (tenant_id, facility_id, rule);

create sequence claim.reconciliation_seq;
create table claim.reconciliation (
    tenant_id bigint not null,
    facility_id bigint not null,
    reconciliation_id bigint not null default (sys.node() << 40) + nextval('claim.reconciliation_seq'),
    on_date date not null,
    closed_count int not null,
    closed_amount sys.share not null,
    sent_count int not null,
    received_count int not null,
    received_amount sys.share not null,
    gateway_count int,
    gateway_amount sys.share,
    differences jsonb not null default '[]',
    is_balanced boolean not null,
    made_at timestamptz not null default now(),
    constraint reconciliation_pkey primary key (tenant_id, reconciliation_id),
    constraint reconciliation_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.reconciliation is 'Result of one daily comparison: closed = sent = received, per facility and day of closing.';
comment on column claim.reconciliation.tenant_id is 'Tenant';
comment on column claim.reconciliation.facility_id is 'Facility';
comment on column claim.reconciliation.reconciliation_id is 'Id';
comment on column claim.reconciliation.on_date is 'Day compared';
comment on column claim.reconciliation.closed_count is 'Insured visits closed that day';
comment on column claim.reconciliation.closed_amount is 'Their T_BHTT';
comment on column claim.reconciliation.sent_count is 'Claims sent';
comment on column claim.reconciliation.received_count is 'Claims received';
comment on column claim.reconciliation.received_amount is 'Their T_BHTT';
comment on column claim.reconciliation.gateway_count is 'Count in the gateway''s day list, null = not asked';
comment on column claim.reconciliation.gateway_amount is 'Amount in the gateway''s day list';
comment on column claim.reconciliation.differences is 'List of {ma_lk, what, …}';
comment on column claim.reconciliation.is_balanced is 'All equal';
comment on column claim.reconciliation.made_at is 'When';
create index reconciliation_day_idx on claim.reconciliation (tenant_id, facility_id, on_date);

insert into sys.transition (machine, from_state, to_state, needs_reason) values
    ('claim.claim', 'draft', 'judged', false),
    ('claim.claim', 'draft', 'built', false),
    ('claim.claim', 'judged', 'built', false),
    ('claim.claim', 'judged', 'draft', false),
    ('claim.claim', 'built', 'draft', false),
    ('claim.claim', 'built', 'signed', false),
    ('claim.claim', 'signed', 'sent', false),
    ('claim.claim', 'signed', 'draft', false),
    ('claim.claim', 'sent', 'received', false),
    ('claim.claim', 'sent', 'returned', false),
    ('claim.claim', 'sent', 'signed', false),
    ('claim.claim', 'returned', 'draft', false),
    ('claim.claim', 'returned', 'built', false),
    ('claim.claim', 'received', 'returned', false),
    ('claim.claim', 'received', 'draft', true),
    ('claim.claim', 'received', 'review', false),
    ('claim.claim', 'review', 'accepted', false),
    ('claim.claim', 'review', 'cut', false),
    ('claim.claim', 'review', 'refused', false),
    ('claim.claim', 'accepted', 'settled', false),
    ('claim.claim', 'cut', 'settled', false),
    ('claim.claim', 'refused', 'settled', false);
