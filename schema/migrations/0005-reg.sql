-- People: patients, identifiers, coverages, coverage checks, merges.
set local role hmis_owner;

create sequence reg.patient_seq;
create table reg.patient (
    tenant_id bigint not null references org.tenant,
    patient_id bigint not null default (sys.node() << 40) + nextval('reg.patient_seq'),
    code text not null,
    full_name sys.line_text not null,
    name_fold text generated always as (sys.fold(full_name::text)) stored,
    name_key text generated always as (sys.name_key(full_name::text)) stored,
    born_on date not null,
    birth_precision text not null default 'day',
    born_at_minute int,
    sex text not null,
    citizen_id sys.citizen_id,
    other_id text,
    phone text,
    ethnic_code text not null default '01',
    nationality_code text not null default '000',
    occupation_code text not null default '00000',
    address sys.line_text not null,
    province_code text not null,
    commune_code text not null,
    old_district_code text,
    old_commune_code text,
    blood_type text,
    guardian_name sys.line_text,
    guardian_relation text,
    guardian_phone text,
    death_at timestamptz,
    merged_into_id bigint,
    version int not null default 1,
    created_at timestamptz not null default now(),
    constraint patient_pkey primary key (tenant_id, patient_id),
    constraint patient_code_key unique (tenant_id, code),
    constraint patient_full_name_check check (length(full_name) between 2 and 255),
    constraint patient_born_on_check check (born_on between '1880-01-01' and '2200-01-01'),
    constraint patient_birth_precision_check check (birth_precision in ('minute', 'day', 'month', 'year')),
    constraint patient_born_at_minute_check check ((birth_precision = 'minute') = (born_at_minute is not null)
        and born_at_minute between 0 and 1439),
    constraint patient_sex_check check (sex in ('1', '2', '3')),
    constraint patient_phone_check check (phone ~ '^\+?[0-9]{8,14}$'),
    constraint patient_merged_into_check check (merged_into_id <> patient_id),
    constraint patient_merged_into_fkey foreign key (tenant_id, merged_into_id) references reg.patient
);
comment on table reg.patient is 'A person in the tenant''s registry. Never deleted; merged rows stay and resolve to the survivor.';
comment on column reg.patient.tenant_id is 'Tenant';
comment on column reg.patient.patient_id is 'Id';
comment on column reg.patient.code is 'MA_BN, made once';
comment on column reg.patient.full_name is 'Name as on papers, NFC';
comment on column reg.patient.name_fold is 'Search form of the name';
comment on column reg.patient.name_key is 'Folded words in alphabetical order';
comment on column reg.patient.born_on is 'Birth date; unknown parts are 1';
comment on column reg.patient.birth_precision is 'minute, day, month, year';
comment on column reg.patient.born_at_minute is 'Minutes after midnight when precision is minute';
comment on column reg.patient.sex is 'GIOI_TINH: 1 male, 2 female, 3 unknown';
comment on column reg.patient.citizen_id is 'SO_CCCD when it is a citizen id';
comment on column reg.patient.other_id is 'Passport or other paper number';
comment on column reg.patient.phone is 'Telephone, digits and +';
comment on column reg.patient.ethnic_code is 'MA_DANTOC';
comment on column reg.patient.nationality_code is 'MA_QUOCTICH';
comment on column reg.patient.occupation_code is 'MA_NGHE_NGHIEP';
comment on column reg.patient.address is 'House, street, hamlet';
comment on column reg.patient.province_code is 'MATINH_CU_TRU, codes of 2025';
comment on column reg.patient.commune_code is 'MAXA_CU_TRU, codes of 2025';
comment on column reg.patient.old_district_code is 'MAHUYEN_CU_TRU as known before 2025-07-01';
comment on column reg.patient.old_commune_code is 'Commune as known before 2025-07-01';
comment on column reg.patient.blood_type is 'NHOM_MAU';
comment on column reg.patient.guardian_name is 'Guardian of a child';
comment on column reg.patient.guardian_relation is 'Relation to the child';
comment on column reg.patient.guardian_phone is 'Telephone of the guardian';
comment on column reg.patient.death_at is 'When the person died';
comment on column reg.patient.merged_into_id is 'Survivor when merged';
comment on column reg.patient.version is 'Row version for If-Match';
comment on column reg.patient.created_at is 'When registered';
create unique index patient_citizen_id_key on reg.patient (tenant_id, citizen_id)
    where citizen_id is not null and merged_into_id is null;
create index patient_name_key_idx on reg.patient (tenant_id, name_key collate "C", created_at, patient_id)
    include (name_fold, born_on, birth_precision);
create index patient_phone_idx on reg.patient (tenant_id, phone) where phone is not null;
create index patient_guardian_phone_idx on reg.patient (tenant_id, guardian_phone) where guardian_phone is not null;
create index patient_other_id_idx on reg.patient (tenant_id, other_id) where other_id is not null;
create index patient_born_on_idx on reg.patient (tenant_id, born_on);
create index patient_merged_into_idx on reg.patient (tenant_id, merged_into_id) where merged_into_id is not null;
insert into sys.setting (key, value, source, certainty) values
    ('patient.guardian_below_months', '72', 'Guardian of a child under 6 years on reception papers', 'unverified');

-- Words of names, for the search of people. Every condition the search puts on the key is a comparison that
-- PostgreSQL knows to be leakproof, so that row-level security does not keep the index from being used, and the
-- index holds all that the search looks at.
create table reg.patient_word (
    tenant_id bigint not null references org.tenant,
    word text collate "C" not null,
    created_at timestamptz not null,
    patient_id bigint not null,
    words text collate "C" not null,
    born_on date not null,
    birth_precision text collate "C" not null,
    constraint patient_word_pkey primary key (tenant_id, word, created_at, patient_id) include (words, born_on, birth_precision)
);
comment on table reg.patient_word is 'Each word of each patient''s folded name once, one row with the initials and one with the year of birth. Kept by trigger; derived, therefore not audited.';
comment on column reg.patient_word.tenant_id is 'Tenant';
comment on column reg.patient_word.word is 'Folded word; "=nvh" for the initials of Nguyễn Văn Hải; "#1980" for the year';
comment on column reg.patient_word.created_at is 'When the patient was registered: the order of results';
comment on column reg.patient_word.patient_id is 'Patient';
comment on column reg.patient_word.words is 'Words of reg.patient.name_key, each between blanks of its own, " hai  nguyen  van ": one LIKE finds several';
comment on column reg.patient_word.born_on is 'As in reg.patient';
comment on column reg.patient_word.birth_precision is 'As in reg.patient';
alter table reg.patient_word set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create table reg.name_word (
    tenant_id bigint not null references org.tenant,
    word text collate "C" not null,
    uses bigint not null,
    constraint name_word_pkey primary key (tenant_id, word) include (uses)
) with (fillfactor = 50);
comment on table reg.name_word is 'Every word of the tenant''s names, with about how many people bear it: the search begins with the rarest. Kept by trigger.';
comment on column reg.name_word.tenant_id is 'Tenant';
comment on column reg.name_word.word is 'As in reg.patient_word; the empty word counts patients';
comment on column reg.name_word.uses is 'Estimate: exact for large loads, counted by sampling for single rows, never lowered';

create table reg.number_series (
    tenant_id bigint not null references org.tenant,
    series text not null,
    last_no bigint not null default 0,
    constraint number_series_pkey primary key (tenant_id, series)
);
comment on table reg.number_series is 'Serial numbers given out per tenant: patient codes and the like; the row lock makes them gapless.';
comment on column reg.number_series.tenant_id is 'Tenant';
comment on column reg.number_series.series is 'Name of the series';
comment on column reg.number_series.last_no is 'Last number given';

create sequence reg.coverage_seq;
create table reg.coverage (
    tenant_id bigint not null,
    coverage_id bigint not null default (sys.node() << 40) + nextval('reg.coverage_seq'),
    patient_id bigint not null,
    card_no sys.card_number not null,
    object_group text generated always as (substr(card_no::text, 1, 2)) stored,
    benefit_digit text generated always as (substr(card_no::text, 3, 1)) stored,
    insurance_no text generated always as (substr(card_no::text, 6, 10)) stored,
    registered_code sys.facility_code not null,
    area_code text,
    valid daterange not null,
    five_year_on date,
    exempt_at timestamptz,
    paid_copay sys.share not null default 0,
    paid_copay_year int,
    is_void boolean not null default false,
    void_reason sys.line_text,
    version int not null default 1,
    created_at timestamptz not null default now(),
    constraint coverage_pkey primary key (tenant_id, coverage_id),
    constraint coverage_area_check check (area_code in ('K1', 'K2', 'K3')),
    constraint coverage_valid_check check (not isempty(valid) and lower(valid) is not null),
    constraint coverage_patient_excl exclude using gist (tenant_id with =, (patient_id + 0) with =, valid with &&) where (not is_void),
    constraint coverage_patient_fkey foreign key (tenant_id, patient_id) references reg.patient
);
comment on table reg.coverage is 'An insurance card of a person for a period.';
comment on column reg.coverage.tenant_id is 'Tenant';
comment on column reg.coverage.coverage_id is 'Id';
comment on column reg.coverage.patient_id is 'Holder';
comment on column reg.coverage.card_no is 'MA_THE_BHYT';
comment on column reg.coverage.object_group is 'First two letters';
comment on column reg.coverage.benefit_digit is 'Third character';
comment on column reg.coverage.insurance_no is 'BHXH number: the last ten digits';
comment on column reg.coverage.registered_code is 'MA_DKBD';
comment on column reg.coverage.area_code is 'MA_KHUVUC K1, K2, K3';
comment on column reg.coverage.valid is 'GT_THE_TU … GT_THE_DEN';
comment on column reg.coverage.five_year_on is 'NAM_NAM_LIEN_TUC';
comment on column reg.coverage.exempt_at is 'NGAY_MIEN_CCT';
comment on column reg.coverage.paid_copay is 'Right-route co-payment known to have been paid this year elsewhere';
comment on column reg.coverage.paid_copay_year is 'Year of paid_copay';
comment on column reg.coverage.is_void is 'Entered by mistake';
comment on column reg.coverage.void_reason is 'Why void';
comment on column reg.coverage.version is 'Row version';
comment on column reg.coverage.created_at is 'When entered';
create index coverage_card_idx on reg.coverage (tenant_id, card_no);
create index coverage_insurance_no_idx on reg.coverage (tenant_id, insurance_no);
create index coverage_patient_idx on reg.coverage (tenant_id, patient_id);

create sequence reg.coverage_check_seq;
create table reg.coverage_check (
    tenant_id bigint not null,
    facility_id bigint not null,
    coverage_check_id bigint not null default (sys.node() << 40) + nextval('reg.coverage_check_seq'),
    patient_id bigint,
    visit_id bigint,
    card_key text not null,
    full_name text not null,
    born_text text not null,
    state text not null default 'asked',
    asked_at timestamptz not null default now(),
    answered_at timestamptz,
    result_code text,
    verdict text,
    answer jsonb,
    attempts int not null default 0,
    constraint coverage_check_pkey primary key (tenant_id, coverage_check_id),
    constraint coverage_check_state_check check (state in ('asked', 'answered', 'not_checked')),
    constraint coverage_check_patient_fkey foreign key (tenant_id, patient_id) references reg.patient,
    constraint coverage_check_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table reg.coverage_check is 'A question to the fund''s gateway about a card, and its answer.';
comment on column reg.coverage_check.tenant_id is 'Tenant';
comment on column reg.coverage_check.facility_id is 'Facility that asks';
comment on column reg.coverage_check.coverage_check_id is 'Id';
comment on column reg.coverage_check.patient_id is 'Patient, when known';
comment on column reg.coverage_check.visit_id is 'Visit, when asked for one';
comment on column reg.coverage_check.card_key is 'Card, BHXH number or citizen id asked about';
comment on column reg.coverage_check.full_name is 'Name asked about';
comment on column reg.coverage_check.born_text is 'Birth date as sent, dd/MM/yyyy or yyyy';
comment on column reg.coverage_check.state is 'asked, answered, not_checked';
comment on column reg.coverage_check.asked_at is 'When asked';
comment on column reg.coverage_check.answered_at is 'When answered';
comment on column reg.coverage_check.result_code is 'maKetQua';
comment on column reg.coverage_check.verdict is 'ok, switch_card, ask_again, reject, retry, configuration';
comment on column reg.coverage_check.answer is 'The gateway''s answer as received';
comment on column reg.coverage_check.attempts is 'Tries made';
create index coverage_check_patient_idx on reg.coverage_check (tenant_id, patient_id);
create index coverage_check_facility_idx on reg.coverage_check (tenant_id, facility_id, asked_at);
create index coverage_check_visit_idx on reg.coverage_check (tenant_id, visit_id);

create sequence reg.merge_seq;
create table reg.merge (
    tenant_id bigint not null,
    merge_id bigint not null default (sys.node() << 40) + nextval('reg.merge_seq'),
    survivor_id bigint not null,
    merged_id bigint not null,
    reason sys.line_text not null,
    merged_by bigint,
    merged_at timestamptz not null default now(),
    reversed_at timestamptz,
    reversed_by bigint,
    reverse_reason sys.line_text,
    constraint merge_pkey primary key (tenant_id, merge_id),
    constraint merge_survivor_fkey foreign key (tenant_id, survivor_id) references reg.patient,
    constraint merge_merged_fkey foreign key (tenant_id, merged_id) references reg.patient,
    constraint merge_distinct_check check (survivor_id <> merged_id)
);
comment on table reg.merge is 'Two rows found to be one person. References resolve through merged_into_id; rows are not rewritten, so a merge can be undone.';
comment on column reg.merge.tenant_id is 'Tenant';
comment on column reg.merge.merge_id is 'Id';
comment on column reg.merge.survivor_id is 'Row that stays';
comment on column reg.merge.merged_id is 'Row that points to it';
comment on column reg.merge.reason is 'Why';
comment on column reg.merge.merged_by is 'User';
comment on column reg.merge.merged_at is 'When';
comment on column reg.merge.reversed_at is 'When undone';
comment on column reg.merge.reversed_by is 'By whom';
comment on column reg.merge.reverse_reason is 'Why undone';
create index merge_survivor_idx on reg.merge (tenant_id, survivor_id);
create unique index merge_merged_key on reg.merge (tenant_id, merged_id) where reversed_at is null;
