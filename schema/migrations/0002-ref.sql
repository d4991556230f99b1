-- Reference catalogues. National ones have no tenant and are filled from schema/seed/; the lists of one
-- centre (local_*, item_price) carry tenant_id and are filled by `hmis catalog import`.
-- Rows are valid for a range of business dates; two rows of one key never overlap. Columns named
-- `certainty` say how far the origin can be trusted; columns named `folded` hold sys.fold(name), so that
-- names are found without diacritics and in any word order.

set local role hmis_owner;

-- ---------------------------------------------------------------------------------------------------
-- Small code lists
-- ---------------------------------------------------------------------------------------------------

create table ref.code (
    catalogue text not null,
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    name_en text not null default '',
    source text not null default '',
    certainty text not null default 'secondary',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint code_pkey primary key (catalogue, code, valid),
    constraint code_valid_check check (not isempty(valid)),
    constraint code_excl exclude using gist (catalogue with =, code with =, valid with &&)
);
comment on table ref.code is 'Small code lists of the claim standard and of the ministry, one row per code and period';
comment on column ref.code.catalogue is 'Name of the list: the field name of the claim standard where one exists (GIOI_TINH, KET_QUA_DTRI)';
comment on column ref.code.code is 'Code as it is written in a claim; a prefix for lists of prefixes';
comment on column ref.code.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.code.name_vi is 'Vietnamese meaning';
comment on column ref.code.name_en is 'English meaning';
comment on column ref.code.source is 'Decision, letter or document the row was taken from';
comment on column ref.code.certainty is 'verified, secondary, unverified or historical';
comment on column ref.code.folded is 'Search form (sys.fold) of name_vi';

create table ref.ethnic (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    aliases_vi text not null default '',
    note text not null default '',
    folded text generated always as (sys.fold(name_vi || ' ' || aliases_vi)) stored,
    constraint ethnic_pkey primary key (code, valid),
    constraint ethnic_valid_check check (not isempty(valid)),
    constraint ethnic_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.ethnic is 'Ethnic groups (MA_DANTOC), in the order of decision 121-TCTK/PPCĐ of 1979';
comment on column ref.ethnic.code is 'Two-digit code';
comment on column ref.ethnic.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.ethnic.name_vi is 'Vietnamese name';
comment on column ref.ethnic.aliases_vi is 'Other spellings, separated by "; "';
comment on column ref.ethnic.note is 'Caveat of the row';
comment on column ref.ethnic.folded is 'Search form (sys.fold) of name_vi, aliases_vi';

create table ref.occupation (
    code text not null,
    valid daterange not null default daterange(null, null),
    level smallint not null,
    parent_code text not null default '',
    name_vi text not null,
    name_en text not null default '',
    certainty text not null default 'secondary',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint occupation_pkey primary key (code, valid),
    constraint occupation_level_check check (level between 1 and 5),
    constraint occupation_valid_check check (not isempty(valid)),
    constraint occupation_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.occupation is 'Occupations (MA_NGHE_NGHIEP), decision 34/2020/QĐ-TTg, levels 1 and 2';
comment on column ref.occupation.code is 'Occupation code';
comment on column ref.occupation.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.occupation.level is 'Level in the tree, 1 is the top';
comment on column ref.occupation.parent_code is 'Code one level up; empty at the top';
comment on column ref.occupation.name_vi is 'Vietnamese name';
comment on column ref.occupation.name_en is 'English name';
comment on column ref.occupation.certainty is 'How far the origin can be trusted';
comment on column ref.occupation.folded is 'Search form (sys.fold) of name_vi';

create table ref.nationality (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    claim_code text not null default '',
    is_current boolean not null,
    note text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint nationality_pkey primary key (code, valid),
    constraint nationality_valid_check check (not isempty(valid)),
    constraint nationality_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.nationality is 'Nationalities by ISO 3166 alpha-3 code, with the claim standard''s MA_QUOCTICH where known';
comment on column ref.nationality.code is 'ISO 3166-1 alpha-3, or the immigration list''s own code';
comment on column ref.nationality.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.nationality.name_vi is 'Vietnamese name';
comment on column ref.nationality.claim_code is 'MA_QUOCTICH (circular 07/2016/TT-BCA annex 2); empty = not known to us';
comment on column ref.nationality.is_current is 'False for withdrawn and non-ISO codes';
comment on column ref.nationality.note is 'Caveat of the row';
comment on column ref.nationality.folded is 'Search form (sys.fold) of name_vi';

create table ref.department_code (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    kind text not null default '',
    note text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint department_code_pkey primary key (code, valid),
    constraint department_code_valid_check check (not isempty(valid)),
    constraint department_code_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.department_code is 'Department codes (MA_KHOA), decisions 5937/2021 and 1804/2026';
comment on column ref.department_code.code is 'K-code, possibly with a sub-code';
comment on column ref.department_code.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.department_code.name_vi is 'Vietnamese name';
comment on column ref.department_code.kind is 'exam, clinical, lab …; ours, not official; empty = not classified';
comment on column ref.department_code.note is 'Caveat of the row';
comment on column ref.department_code.folded is 'Search form (sys.fold) of name_vi';

create table ref.visit_type (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    name_en text not null default '',
    is_inpatient boolean not null,
    statement_section text not null default '',
    source text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint visit_type_pkey primary key (code, valid),
    constraint visit_type_valid_check check (not isempty(valid)),
    constraint visit_type_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.visit_type is 'Kinds of visit (MA_LOAI_KCB), decisions 824/2023 and 1804/2026';
comment on column ref.visit_type.code is 'Two-digit code';
comment on column ref.visit_type.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.visit_type.name_vi is 'Vietnamese name';
comment on column ref.visit_type.name_en is 'English name';
comment on column ref.visit_type.is_inpatient is 'True for 03, 04 and 09: inpatient in the sense of the benefit rules';
comment on column ref.visit_type.statement_section is 'Section of statement 01/BH of circular 12/2026; empty = none';
comment on column ref.visit_type.source is 'Decision the row was taken from';
comment on column ref.visit_type.folded is 'Search form (sys.fold) of name_vi';

create table ref.object_code (
    code text not null,
    variant smallint not null default 1,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    short_name_vi text not null default '',
    benefit_fraction numeric(6,4),
    note text not null default '',
    legal_basis text not null default '',
    folded text generated always as (sys.fold(short_name_vi || ' ' || name_vi)) stored,
    constraint object_code_pkey primary key (code, variant, valid),
    constraint object_code_variant_check check (variant between 1 and 9),
    constraint object_code_benefit_fraction_check check (benefit_fraction between 0 and 1),
    constraint object_code_valid_check check (not isempty(valid)),
    constraint object_code_excl exclude using gist (code with =, variant with =, valid with &&)
);
comment on table ref.object_code is 'Objects of a visit (MA_DOITUONG_KCB), decision 3276/2025: texts for people; the arithmetic is in ref.benefit_*';
comment on column ref.object_code.code is 'Object code, e.g. 1.1';
comment on column ref.object_code.variant is '1; 2 and more when the list prints several texts of one code for the same dates';
comment on column ref.object_code.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.object_code.name_vi is 'Text of the list';
comment on column ref.object_code.short_name_vi is 'Short text for screens';
comment on column ref.object_code.benefit_fraction is 'Share of the card level as printed; null when the text gives none';
comment on column ref.object_code.note is 'Printed remark on the benefit';
comment on column ref.object_code.legal_basis is 'Printed legal basis';
comment on column ref.object_code.folded is 'Search form (sys.fold) of short_name_vi, name_vi';

create table ref.cost_group (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    name_en text not null default '',
    claim_table text not null,
    certainty text not null default 'secondary',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint cost_group_pkey primary key (code, valid),
    constraint cost_group_claim_table_check check (claim_table in ('XML2', 'XML3')),
    constraint cost_group_valid_check check (not isempty(valid)),
    constraint cost_group_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.cost_group is 'Cost groups (MA_NHOM) and the claim table their lines belong to';
comment on column ref.cost_group.code is 'Group number as text, 1 to 19';
comment on column ref.cost_group.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.cost_group.name_vi is 'Vietnamese name';
comment on column ref.cost_group.name_en is 'English name';
comment on column ref.cost_group.claim_table is 'XML2 (drugs, blood) or XML3 (services, supplies)';
comment on column ref.cost_group.certainty is 'unverified for the groups known from memory only';
comment on column ref.cost_group.folded is 'Search form (sys.fold) of name_vi';

create table ref.accident (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    name_en text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint accident_pkey primary key (code, valid),
    constraint accident_valid_check check (not isempty(valid)),
    constraint accident_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.accident is 'Kinds of accident (MA_TAI_NAN)';
comment on column ref.accident.code is 'One-digit code, 0 = no accident';
comment on column ref.accident.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.accident.name_vi is 'Vietnamese name';
comment on column ref.accident.name_en is 'English name';
comment on column ref.accident.folded is 'Search form (sys.fold) of name_vi';

create table ref.exam_code (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint exam_code_pkey primary key (code, valid),
    constraint exam_code_valid_check check (not isempty(valid)),
    constraint exam_code_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.exam_code is 'Consultation codes, decision 2010/2025 annex 2: first part of the service code of a consultation';
comment on column ref.exam_code.code is 'Consultation code';
comment on column ref.exam_code.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.exam_code.name_vi is 'Vietnamese name';
comment on column ref.exam_code.folded is 'Search form (sys.fold) of name_vi';

create table ref.machine_group (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    name_en text not null default '',
    source text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint machine_group_pkey primary key (code, valid),
    constraint machine_group_valid_check check (not isempty(valid)),
    constraint machine_group_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.machine_group is 'First part of a machine code (MA_MAY)';
comment on column ref.machine_group.code is 'Group letters, e.g. SH';
comment on column ref.machine_group.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.machine_group.name_vi is 'Vietnamese name';
comment on column ref.machine_group.name_en is 'English name';
comment on column ref.machine_group.source is 'Where the row was taken from';
comment on column ref.machine_group.folded is 'Search form (sys.fold) of name_vi';

create table ref.practice_scope (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    scope_group text not null default '',
    note text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint practice_scope_pkey primary key (code, valid),
    constraint practice_scope_valid_check check (not isempty(valid)),
    constraint practice_scope_excl exclude using gist (code with =, valid with &&)
);
comment on table ref.practice_scope is 'Scopes of practice of licences (PHAMVI_CM), list of the fund of July 2024';
comment on column ref.practice_scope.code is 'Three-digit code';
comment on column ref.practice_scope.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.practice_scope.name_vi is 'Title and speciality';
comment on column ref.practice_scope.scope_group is 'Group of titles as printed';
comment on column ref.practice_scope.note is 'Printed remark';
comment on column ref.practice_scope.folded is 'Search form (sys.fold) of name_vi';

create table ref.notifiable_disease (
    no integer not null,
    valid daterange not null default daterange(null, null),
    deadline_class text not null,
    name_vi text not null,
    icd10_list text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint notifiable_disease_pkey primary key (no, valid),
    constraint notifiable_disease_deadline_class_check check (deadline_class in ('24h', '48h', 'weekly')),
    constraint notifiable_disease_valid_check check (not isempty(valid)),
    constraint notifiable_disease_excl exclude using gist (no with =, valid with &&)
);
comment on table ref.notifiable_disease is 'Diseases to be reported, decision 97/QĐ-PB of 30/06/2026, list 01';
comment on column ref.notifiable_disease.no is 'Line number in the list';
comment on column ref.notifiable_disease.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.notifiable_disease.deadline_class is '24h or 48h after the diagnosis, or weekly';
comment on column ref.notifiable_disease.name_vi is 'Vietnamese name';
comment on column ref.notifiable_disease.icd10_list is 'ICD-10 codes and ranges as printed';
comment on column ref.notifiable_disease.folded is 'Search form (sys.fold) of name_vi';

-- ---------------------------------------------------------------------------------------------------
-- ICD-10
-- ---------------------------------------------------------------------------------------------------

create table ref.icd10_group (
    kind text not null,
    code text not null,
    name_vi text not null,
    name_en text not null default '',
    constraint icd10_group_pkey primary key (kind, code),
    constraint icd10_group_kind_check check (kind in ('chapter', 'block'))
);
comment on table ref.icd10_group is 'Names of ICD-10 chapters and blocks';
comment on column ref.icd10_group.kind is 'chapter or block';
comment on column ref.icd10_group.code is 'Chapter number (1 to 22) or block range (A00-A09)';
comment on column ref.icd10_group.name_vi is 'Vietnamese name';
comment on column ref.icd10_group.name_en is 'English name';

create table ref.icd10 (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    name_en text not null default '',
    level smallint not null,
    parent_code text,
    is_leaf boolean not null,
    mark text,
    chapter_no smallint not null,
    block_code text not null,
    sex_limit smallint,
    age_rules text not null default '',
    age_min smallint,
    age_min_unit text,
    age_max smallint,
    age_max_unit text,
    is_main_forbidden_4469 boolean not null default false,
    is_grouper_excluded_4469 boolean not null default false,
    is_main_forbidden boolean not null default false,
    is_main_discouraged boolean not null default false,
    has_more_specific boolean not null default false,
    is_death_cause_only boolean not null default false,
    sex_limit_06 smallint,
    morbidity_row text,
    morbidity_status text not null default '',
    folded text generated always as (sys.fold(code || ' ' || name_vi)) stored,
    constraint icd10_pkey primary key (code, valid),
    constraint icd10_code_check check (code ~ '^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,3})?$'),
    constraint icd10_mark_check check (mark in ('D', 'A')),
    constraint icd10_sex_limit_check check (sex_limit in (1, 2)),
    constraint icd10_age_min_unit_check check (age_min_unit in ('d', 'm', 'y')),
    constraint icd10_age_max_unit_check check (age_max_unit in ('d', 'm', 'y')),
    constraint icd10_sex_limit_06_check check (sex_limit_06 in (1, 2)),
    constraint icd10_valid_check check (not isempty(valid)),
    constraint icd10_excl exclude using gist (code with =, valid with &&)
);
create index icd10_parent_idx on ref.icd10 (parent_code);
create index icd10_folded_idx on ref.icd10 using gin (folded gin_trgm_ops);
comment on table ref.icd10 is 'ICD-10, Vietnamese edition: decision 4469/QĐ-BYT of 2020 with the flags of circular 06/2026';
comment on column ref.icd10.code is 'Code with its dot, e.g. A00.0';
comment on column ref.icd10.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.icd10.name_vi is 'Vietnamese name';
comment on column ref.icd10.name_en is 'English name';
comment on column ref.icd10.level is '3 = category, 4 = subcategory, 5 = finer';
comment on column ref.icd10.parent_code is 'Code one level up; null for a category';
comment on column ref.icd10.is_leaf is 'True when no finer code exists';
comment on column ref.icd10.mark is 'D = dagger, A = asterisk (manifestation), null = neither';
comment on column ref.icd10.chapter_no is 'Chapter: code of kind chapter in ref.icd10_group';
comment on column ref.icd10.block_code is 'Block: code of kind block in ref.icd10_group';
comment on column ref.icd10.sex_limit is '1 = men only, 2 = women only (GIOI_TINH), null = both';
comment on column ref.icd10.age_rules is 'Names of the age rules of annex A3 of decision 4469 that list the code';
comment on column ref.icd10.age_min is 'Lowest age, in age_min_unit';
comment on column ref.icd10.age_min_unit is 'Unit of age_min: d days, m months, y years';
comment on column ref.icd10.age_max is 'Highest age, in age_max_unit';
comment on column ref.icd10.age_max_unit is 'Unit of age_max: d days, m months, y years';
comment on column ref.icd10.is_main_forbidden_4469 is 'Not allowed as main diagnosis, annex A2 of decision 4469';
comment on column ref.icd10.is_grouper_excluded_4469 is 'Not used by the case grouper, annex E1 of decision 4469';
comment on column ref.icd10.is_main_forbidden is 'Not allowed as main diagnosis, circular 06/2026 column 24, from 2026-07-01';
comment on column ref.icd10.is_main_discouraged is 'Discouraged as main diagnosis, circular 06/2026 column 25';
comment on column ref.icd10.has_more_specific is 'A more specific code exists, circular 06/2026 column 26';
comment on column ref.icd10.is_death_cause_only is 'Only as a cause of death, circular 06/2026 column 27';
comment on column ref.icd10.sex_limit_06 is '1 = men only, 2 = women only by circular 06/2026 columns 28 and 29';
comment on column ref.icd10.morbidity_row is 'Line of report form 14 (ref.icd10_morbidity); null = none';
comment on column ref.icd10.morbidity_status is 'agree, resolved, unresolved or no_row: whether two published maps agree on the line';
comment on column ref.icd10.folded is 'Search form (sys.fold) of code, name_vi';

create table ref.icd10_extra (
    code_nodot text not null,
    name_vi text not null default '',
    name_en text not null default '',
    where_seen text not null,
    flags text not null default '',
    constraint icd10_extra_pkey primary key (code_nodot)
);
comment on table ref.icd10_extra is 'Codes outside ref.icd10: grouper codes of annex E and new codes of circular 06/2026; valid in claims only when circular 06/2026 lists them';
comment on column ref.icd10_extra.code_nodot is 'Code without dot, as printed';
comment on column ref.icd10_extra.name_vi is 'Vietnamese name; empty = not known to us';
comment on column ref.icd10_extra.name_en is 'English name; empty = not known to us';
comment on column ref.icd10_extra.where_seen is 'Annexes that list the code';
comment on column ref.icd10_extra.flags is 'Flags of circular 06/2026 as found';

create table ref.icd10_dagger (
    dagger_code text not null,
    asterisk_code text not null,
    principal_code text not null,
    constraint icd10_dagger_pkey primary key (dagger_code, asterisk_code)
);
create index icd10_dagger_asterisk_idx on ref.icd10_dagger (asterisk_code);
comment on table ref.icd10_dagger is 'Allowed dagger and asterisk pairs, annex A1 of decision 4469; codes without dot, some only of the grouper';
comment on column ref.icd10_dagger.dagger_code is 'Code of the cause, without dot';
comment on column ref.icd10_dagger.asterisk_code is 'Code of the manifestation, without dot';
comment on column ref.icd10_dagger.principal_code is 'Which of the two is principal';

create table ref.icd10_morbidity (
    row_code text not null,
    kind text not null,
    chapter_row text not null default '',
    icd_ranges text not null default '',
    name_vi text not null,
    name_en text not null default '',
    constraint icd10_morbidity_pkey primary key (row_code),
    constraint icd10_morbidity_kind_check check (kind in ('chapter', 'group'))
);
comment on table ref.icd10_morbidity is 'Lines of the morbidity report (form 14): 21 chapters and 312 groups';
comment on column ref.icd10_morbidity.row_code is 'Line code';
comment on column ref.icd10_morbidity.kind is 'chapter or group';
comment on column ref.icd10_morbidity.chapter_row is 'Chapter line a group belongs to; empty for a chapter';
comment on column ref.icd10_morbidity.icd_ranges is 'ICD-10 ranges as printed';
comment on column ref.icd10_morbidity.name_vi is 'Vietnamese name';
comment on column ref.icd10_morbidity.name_en is 'English name';

-- ---------------------------------------------------------------------------------------------------
-- Administrative units before and after 2025-07-01
-- ---------------------------------------------------------------------------------------------------

create table ref.admin_unit (
    level text not null,
    code text not null,
    valid daterange not null,
    parent_code text,
    province_code text not null,
    unit_type text not null default '',
    name_vi text not null,
    name_en text not null default '',
    folded text generated always as (sys.fold(name_vi)) stored,
    constraint admin_unit_pkey primary key (level, code, valid),
    constraint admin_unit_level_check check (level in ('province', 'district', 'commune')),
    constraint admin_unit_valid_check check (not isempty(valid)),
    constraint admin_unit_excl exclude using gist (level with =, code with =, valid with &&),
    constraint admin_unit_parent_check check ((level = 'province') = (parent_code is null))
);
create index admin_unit_parent_idx on ref.admin_unit (parent_code);
create index admin_unit_folded_idx on ref.admin_unit using gin (folded gin_trgm_ops);
comment on table ref.admin_unit is 'Provinces, districts (until 2025-06-30) and communes; one code may name different units before and after 2025-07-01';
comment on column ref.admin_unit.level is 'province, district or commune';
comment on column ref.admin_unit.code is 'Code of the statistics office: 2, 3 or 5 digits';
comment on column ref.admin_unit.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.admin_unit.parent_code is 'Unit one level up on the same dates; null for a province';
comment on column ref.admin_unit.province_code is 'Province on the same dates';
comment on column ref.admin_unit.unit_type is 'Tỉnh, Thành phố, Phường, Xã, Đặc khu …';
comment on column ref.admin_unit.name_vi is 'Full Vietnamese name with its type';
comment on column ref.admin_unit.name_en is 'English name; empty = not known';
comment on column ref.admin_unit.folded is 'Search form (sys.fold) of name_vi';

create table ref.admin_unit_change (
    change_no integer not null,
    level text not null,
    effective_on date not null,
    old_code text,
    old_name text not null,
    old_district_code text,
    new_code text not null,
    new_province_code text not null,
    is_partial boolean not null,
    match text not null,
    candidates text not null default '',
    constraint admin_unit_change_pkey primary key (change_no),
    constraint admin_unit_change_level_check check (level in ('province', 'commune')),
    constraint admin_unit_change_match_check check ((old_code is null) = (match in ('ambiguous', 'unmatched', 'kept_unmatched')))
);
create index admin_unit_change_old_idx on ref.admin_unit_change (level, old_code);
create index admin_unit_change_new_idx on ref.admin_unit_change (level, new_code);
comment on table ref.admin_unit_change is 'Which old unit went into which new unit; an address is converted only through one whole (not partial) line';
comment on column ref.admin_unit_change.change_no is 'Line number of the seed';
comment on column ref.admin_unit_change.level is 'province or commune';
comment on column ref.admin_unit_change.effective_on is 'Date of the change';
comment on column ref.admin_unit_change.old_code is 'Old code; null when the printed name could not be matched';
comment on column ref.admin_unit_change.old_name is 'Old name as printed in the resolution';
comment on column ref.admin_unit_change.old_district_code is 'District of the old commune; null for a province or an unmatched name';
comment on column ref.admin_unit_change.new_code is 'New code';
comment on column ref.admin_unit_change.new_province_code is 'Province of the new unit';
comment on column ref.admin_unit_change.is_partial is 'Only part of the old unit went there: never convert addresses automatically';
comment on column ref.admin_unit_change.match is 'How the printed name was matched: matched, matched_by_district, kept, manual, ambiguous, kept_unmatched, unmatched';
comment on column ref.admin_unit_change.candidates is 'Old codes that fit, when ambiguous';

-- ---------------------------------------------------------------------------------------------------
-- Services, drugs, supplies: the national lists
-- ---------------------------------------------------------------------------------------------------

create table ref.service (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    technique_code text not null default '',
    care_level text not null default '',
    surgery_class text not null default '',
    price_no text not null default '',
    price_name_vi text not null default '',
    price_code text not null default '',
    chapter text not null default '',
    cost_group text not null default '',
    folded text generated always as (sys.fold(code || ' ' || name_vi)) stored,
    constraint service_pkey primary key (code, valid),
    constraint service_valid_check check (not isempty(valid)),
    constraint service_excl exclude using gist (code with =, valid with &&)
);
create index service_folded_idx on ref.service using gin (folded gin_trgm_ops);
comment on table ref.service is 'Technical services of the national list, decision 7603/QĐ-BYT annex 1 (MA_DICH_VU = CC.KKKK.GGGG)';
comment on column ref.service.code is 'Equivalent code';
comment on column ref.service.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.service.name_vi is 'Name of the technique (circular 43/2013)';
comment on column ref.service.technique_code is 'Number of the technique in circular 43/2013';
comment on column ref.service.care_level is 'Technical level as printed: A, B, C, D';
comment on column ref.service.surgery_class is 'Class of surgery or procedure: PDB, P1 to P3, TDB, T1 to T3; empty = none';
comment on column ref.service.price_no is 'Line in the price list of circular 39/2018';
comment on column ref.service.price_name_vi is 'Name in the price list';
comment on column ref.service.price_code is 'Price code of the exchange list';
comment on column ref.service.chapter is 'Speciality chapter';
comment on column ref.service.cost_group is 'MA_NHOM derived from class and chapter by schema/seed/build.py; empty = not derivable. The centre''s own list decides';
comment on column ref.service.folded is 'Search form (sys.fold) of code, name_vi';

create table ref.service_price (
    service_code text not null,
    valid daterange not null,
    price numeric(15,3) not null,
    source text not null,
    constraint service_price_pkey primary key (service_code, valid),
    constraint service_price_price_check check (price >= 0),
    constraint service_price_valid_check check (not isempty(valid)),
    constraint service_price_excl exclude using gist (service_code with =, valid with &&)
);
comment on table ref.service_price is 'Historical national prices of services; today''s prices are each facility''s (ref.item_price)';
comment on column ref.service_price.service_code is 'Code in ref.service';
comment on column ref.service_price.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.service_price.price is 'Price in đồng';
comment on column ref.service_price.source is 'Circular';

create table ref.service_icd9 (
    service_code text not null,
    icd9_code text not null,
    name_vi text not null,
    constraint service_icd9_pkey primary key (service_code, icd9_code)
);
create index service_icd9_icd9_idx on ref.service_icd9 (icd9_code);
comment on table ref.service_icd9 is 'ICD-9-CM procedure codes (MA_PTTT_QT) of services';
comment on column ref.service_icd9.service_code is 'Service code; a few are not in ref.service';
comment on column ref.service_icd9.icd9_code is 'ICD-9-CM procedure code';
comment on column ref.service_icd9.name_vi is 'Vietnamese name of the procedure';

create table ref.drug (
    code text not null,
    route_code text not null default '',
    valid daterange not null default daterange(null, null),
    ingredient text not null,
    route_vi text not null default '',
    cost_group text not null default '4',
    payment_ratio numeric(5,2) not null default 100,
    condition_vi text not null default '',
    source text not null default '',
    certainty text not null default 'sample',
    folded text generated always as (sys.fold(code || ' ' || ingredient)) stored,
    constraint drug_pkey primary key (code, route_code, valid),
    constraint drug_payment_ratio_check check (payment_ratio between 0 and 100),
    constraint drug_valid_check check (not isempty(valid)),
    constraint drug_excl exclude using gist (code with =, route_code with =, valid with &&)
);
create index drug_folded_idx on ref.drug using gin (folded gin_trgm_ops);
comment on table ref.drug is 'Active ingredients of the shared list (MA_THUOC) by route';
comment on column ref.drug.code is 'Active-ingredient code (MA_THUOC)';
comment on column ref.drug.route_code is 'Route code (DUONG_DUNG); empty = any';
comment on column ref.drug.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.drug.ingredient is 'Active ingredient';
comment on column ref.drug.route_vi is 'Route in words';
comment on column ref.drug.cost_group is 'MA_NHOM, usually 4';
comment on column ref.drug.payment_ratio is 'Fund payment ratio in percent (TYLE_TT_BH)';
comment on column ref.drug.condition_vi is 'Printed condition of payment';
comment on column ref.drug.source is 'Where the row was taken from';
comment on column ref.drug.certainty is 'sample = one hospital''s list, not the official list';
comment on column ref.drug.folded is 'Search form (sys.fold) of code, ingredient';

create table ref.supply (
    code text not null,
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    group_code text not null default '',
    unit_vi text not null default '',
    payment_ratio numeric(5,2) not null default 100,
    price_ceiling numeric(15,3),
    condition_vi text not null default '',
    source text not null default '',
    folded text generated always as (sys.fold(code || ' ' || name_vi)) stored,
    constraint supply_pkey primary key (code, valid),
    constraint supply_payment_ratio_check check (payment_ratio between 0 and 100),
    constraint supply_price_ceiling_check check (price_ceiling > 0),
    constraint supply_valid_check check (not isempty(valid)),
    constraint supply_excl exclude using gist (code with =, valid with &&)
);
create index supply_folded_idx on ref.supply using gin (folded gin_trgm_ops);
comment on table ref.supply is 'Medical supplies of the shared list (MA_VAT_TU); no public seed was found, each centre imports its own';
comment on column ref.supply.code is 'Supply code (MA_VAT_TU)';
comment on column ref.supply.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.supply.name_vi is 'Vietnamese name';
comment on column ref.supply.group_code is 'Group in circular 04/2017';
comment on column ref.supply.unit_vi is 'Unit';
comment on column ref.supply.payment_ratio is 'Fund payment ratio in percent';
comment on column ref.supply.price_ceiling is 'Highest unit price the fund pays, in đồng; null = none';
comment on column ref.supply.condition_vi is 'Printed condition of payment';
comment on column ref.supply.source is 'Where the row was taken from';
comment on column ref.supply.folded is 'Search form (sys.fold) of code, name_vi';

create table ref.indicator (
    code text not null,
    service_code text not null default '',
    valid daterange not null default daterange(null, null),
    name_vi text not null,
    unit text not null default '',
    normal_range text not null default '',
    loinc text not null default '',
    source text not null default '',
    certainty text not null default 'unverified',
    folded text generated always as (sys.fold(code || ' ' || name_vi)) stored,
    constraint indicator_pkey primary key (code, service_code, valid),
    constraint indicator_valid_check check (not isempty(valid)),
    constraint indicator_excl exclude using gist (code with =, service_code with =, valid with &&)
);
comment on table ref.indicator is 'Result indicators of XML4 (MA_CHI_SO, decision 1227/2025)';
comment on column ref.indicator.code is 'Indicator code (MA_CHI_SO)';
comment on column ref.indicator.service_code is 'Service the indicator belongs to; empty = several';
comment on column ref.indicator.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.indicator.name_vi is 'Name (TEN_CHI_SO)';
comment on column ref.indicator.unit is 'Unit of measure (DON_VI_DO)';
comment on column ref.indicator.normal_range is 'Usual range as text, for people';
comment on column ref.indicator.loinc is 'LOINC code; empty = not mapped';
comment on column ref.indicator.source is 'Where the row was taken from';
comment on column ref.indicator.certainty is 'How far the origin can be trusted';
comment on column ref.indicator.folded is 'Search form (sys.fold) of code, name_vi';

-- ---------------------------------------------------------------------------------------------------
-- Dated parameters and deadlines
-- ---------------------------------------------------------------------------------------------------

create table ref.parameter (
    key text not null,
    valid daterange not null default daterange(null, null),
    value text not null,
    unit text not null default '',
    source text not null,
    certainty text not null,
    constraint parameter_pkey primary key (key, valid),
    constraint parameter_key_check check (key ~ '^[a-z][a-z0-9_.]*$'),
    constraint parameter_valid_check check (not isempty(valid)),
    constraint parameter_excl exclude using gist (key with =, valid with &&)
);
comment on table ref.parameter is 'Legal figures by date: base salary, limits, factors';
comment on column ref.parameter.key is 'Name, lower case with underscores, e.g. base_salary';
comment on column ref.parameter.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.parameter.value is 'Value as text; decimals with a dot';
comment on column ref.parameter.unit is 'VND, factor, percent, list …';
comment on column ref.parameter.source is 'Law, decree, circular or secondary source';
comment on column ref.parameter.certainty is 'official, secondary or unverified';

create table ref.deadline (
    key text not null,
    valid daterange not null default daterange(null, null),
    amount smallint not null,
    unit text not null,
    who text not null,
    text_vi text not null,
    source text not null,
    certainty text not null,
    is_active boolean not null default true,
    constraint deadline_pkey primary key (key, valid),
    constraint deadline_key_check check (key ~ '^[a-z][a-z0-9_]*$'),
    constraint deadline_amount_check check (amount >= 0),
    constraint deadline_unit_check check (unit in ('hour', 'day', 'working_day', 'day_of_next_month', 'day_of_next_quarter')),
    constraint deadline_who_check check (who in ('facility', 'fund', 'both')),
    constraint deadline_valid_check check (not isempty(valid)),
    constraint deadline_excl exclude using gist (key with =, valid with &&)
);
comment on table ref.deadline is 'Time limits of claims and reports, by date, because they change';
comment on column ref.deadline.key is 'What is due, e.g. claim_send';
comment on column ref.deadline.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.deadline.amount is 'How many units';
comment on column ref.deadline.unit is 'Unit of amount, or the last day of the following month or quarter';
comment on column ref.deadline.who is 'Who has to act';
comment on column ref.deadline.text_vi is 'Vietnamese text for people';
comment on column ref.deadline.source is 'Legal basis';
comment on column ref.deadline.certainty is 'official, secondary or unverified';
comment on column ref.deadline.is_active is 'False for limits that are only a draft';

-- ---------------------------------------------------------------------------------------------------
-- The lists of one centre
-- ---------------------------------------------------------------------------------------------------

create sequence ref.catalog_batch_seq;
create table ref.catalog_batch (
    tenant_id bigint not null,
    batch_id bigint not null default (sys.node() << 40) + nextval('ref.catalog_batch_seq'),
    kind text not null,
    facility_id bigint,
    file_name text not null,
    sha256 text not null,
    row_count integer not null,
    added_count integer not null,
    changed_count integer not null,
    removed_count integer not null,
    effective_on date not null,
    applied_at timestamptz not null default now(),
    applied_by text not null default session_user,
    constraint catalog_batch_pkey primary key (tenant_id, batch_id),
    constraint catalog_batch_kind_check check (kind ~ '^[a-z_]+$'),
    constraint catalog_batch_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint catalog_batch_row_count_check check (row_count >= 0),
    constraint catalog_batch_added_count_check check (added_count >= 0),
    constraint catalog_batch_changed_count_check check (changed_count >= 0),
    constraint catalog_batch_removed_count_check check (removed_count >= 0)
);
create index catalog_batch_facility_idx on ref.catalog_batch (tenant_id, facility_id);
comment on table ref.catalog_batch is 'One applied catalogue file; each local row names the batch that wrote it';
comment on column ref.catalog_batch.tenant_id is 'Owner';
comment on column ref.catalog_batch.batch_id is 'Key';
comment on column ref.catalog_batch.kind is 'drugs, supplies, services, prices, staff, facilities';
comment on column ref.catalog_batch.facility_id is 'Facility the file was for; null = the whole tenant';
comment on column ref.catalog_batch.file_name is 'File name without folders';
comment on column ref.catalog_batch.sha256 is 'SHA-256 of the file';
comment on column ref.catalog_batch.row_count is 'Rows of the file';
comment on column ref.catalog_batch.added_count is 'Rows added';
comment on column ref.catalog_batch.changed_count is 'Rows replaced by a later version';
comment on column ref.catalog_batch.removed_count is 'Rows ended because the file no longer names them';
comment on column ref.catalog_batch.effective_on is 'Business date from which the rows hold unless a row names its own';
comment on column ref.catalog_batch.applied_at is 'When';
comment on column ref.catalog_batch.applied_by is 'Database user who ran the import';

create sequence ref.local_drug_seq;
create table ref.local_drug (
    tenant_id bigint not null,
    local_drug_id bigint not null default (sys.node() << 40) + nextval('ref.local_drug_seq'),
    facility_id bigint,
    code text not null,
    valid daterange not null default daterange(null, null),
    drug_code text not null,
    name_vi text not null,
    ingredient text not null default '',
    strength text not null default '',
    unit_vi text not null,
    route_code text not null default '',
    route_vi text not null default '',
    form_vi text not null default '',
    registration_no text not null default '',
    tender text not null default '',
    packing_vi text not null default '',
    maker text not null default '',
    maker_country text not null default '',
    cost_group text not null default '4',
    benefit_scope text not null default '1',
    payment_ratio numeric(5,2) not null default 100,
    fund_source text not null default '1',
    source_facility text not null default '',
    processing_code text not null default '',
    batch_id bigint,
    folded text generated always as (sys.fold(code || ' ' || name_vi || ' ' || ingredient)) stored,
    constraint local_drug_pkey primary key (tenant_id, local_drug_id),
    constraint local_drug_code_check check (code <> ''),
    constraint local_drug_cost_group_check check (cost_group ~ '^[0-9]{1,2}$'),
    constraint local_drug_benefit_scope_check check (benefit_scope in ('1', '2', '3')),
    constraint local_drug_payment_ratio_check check (payment_ratio between 0 and 100),
    constraint local_drug_fund_source_check check (fund_source in ('1', '2', '3', '4')),
    constraint local_drug_valid_check check (not isempty(valid)),
    constraint local_drug_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_drug_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =, (code || '') with =, valid with &&)
);
-- look-ups by code use this one: the constraint's GiST index is ten times slower and must not look as good
create index local_drug_code_idx on ref.local_drug (tenant_id, code);
create index local_drug_batch_idx on ref.local_drug (tenant_id, batch_id);
create index local_drug_facility_idx on ref.local_drug (tenant_id, facility_id);
create index local_drug_folded_idx on ref.local_drug using gin (folded gin_trgm_ops);
comment on table ref.local_drug is 'Drugs a centre buys and dispenses, with the attributes XML2 asks for';
comment on column ref.local_drug.tenant_id is 'Owner';
comment on column ref.local_drug.local_drug_id is 'Key';
comment on column ref.local_drug.facility_id is 'Facility that has the item; null = every facility of the tenant';
comment on column ref.local_drug.code is 'The centre''s own item code';
comment on column ref.local_drug.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_drug.drug_code is 'MA_THUOC';
comment on column ref.local_drug.name_vi is 'TEN_THUOC, as registered';
comment on column ref.local_drug.ingredient is 'Active ingredient';
comment on column ref.local_drug.strength is 'HAM_LUONG';
comment on column ref.local_drug.unit_vi is 'DON_VI_TINH';
comment on column ref.local_drug.route_code is 'DUONG_DUNG';
comment on column ref.local_drug.route_vi is 'Route in words';
comment on column ref.local_drug.form_vi is 'DANG_BAO_CHE';
comment on column ref.local_drug.registration_no is 'SO_DANG_KY';
comment on column ref.local_drug.tender is 'TT_THAU';
comment on column ref.local_drug.packing_vi is 'Packing';
comment on column ref.local_drug.maker is 'Manufacturer';
comment on column ref.local_drug.maker_country is 'Country of manufacture';
comment on column ref.local_drug.cost_group is 'MA_NHOM';
comment on column ref.local_drug.benefit_scope is 'PHAM_VI: 1 in list, 2 outside, 3 outside but covered for the armed forces';
comment on column ref.local_drug.payment_ratio is 'TYLE_TT_BH in percent';
comment on column ref.local_drug.fund_source is 'NGUON_CTRA';
comment on column ref.local_drug.source_facility is 'MA_CSKCB_THUOC; empty = own';
comment on column ref.local_drug.processing_code is 'MA_PP_CHEBIEN of traditional herbs';
comment on column ref.local_drug.batch_id is 'Import that wrote the row; null = typed in';
comment on column ref.local_drug.folded is 'Search form (sys.fold) of code, name_vi, ingredient';

create sequence ref.local_supply_seq;
create table ref.local_supply (
    tenant_id bigint not null,
    local_supply_id bigint not null default (sys.node() << 40) + nextval('ref.local_supply_seq'),
    facility_id bigint,
    code text not null,
    valid daterange not null default daterange(null, null),
    supply_code text not null,
    name_vi text not null,
    unit_vi text not null,
    group_code text not null default '',
    tender text not null default '',
    maker text not null default '',
    maker_country text not null default '',
    product_code text not null default '',
    packing_vi text not null default '',
    cost_group text not null default '10',
    benefit_scope text not null default '1',
    payment_ratio numeric(5,2) not null default 100,
    price_ceiling numeric(15,3),
    uses smallint not null default 1,
    batch_id bigint,
    folded text generated always as (sys.fold(code || ' ' || name_vi)) stored,
    constraint local_supply_pkey primary key (tenant_id, local_supply_id),
    constraint local_supply_code_check check (code <> ''),
    constraint local_supply_cost_group_check check (cost_group ~ '^[0-9]{1,2}$'),
    constraint local_supply_benefit_scope_check check (benefit_scope in ('1', '2', '3')),
    constraint local_supply_payment_ratio_check check (payment_ratio between 0 and 100),
    constraint local_supply_price_ceiling_check check (price_ceiling > 0),
    constraint local_supply_uses_check check (uses between 1 and 999),
    constraint local_supply_valid_check check (not isempty(valid)),
    constraint local_supply_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_supply_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =, (code || '') with =, valid with &&)
);
-- look-ups by code use this one: the constraint's GiST index is ten times slower and must not look as good
create index local_supply_code_idx on ref.local_supply (tenant_id, code);
create index local_supply_batch_idx on ref.local_supply (tenant_id, batch_id);
create index local_supply_facility_idx on ref.local_supply (tenant_id, facility_id);
create index local_supply_folded_idx on ref.local_supply using gin (folded gin_trgm_ops);
comment on table ref.local_supply is 'Medical supplies a centre buys and uses, with the attributes XML3 asks for';
comment on column ref.local_supply.tenant_id is 'Owner';
comment on column ref.local_supply.local_supply_id is 'Key';
comment on column ref.local_supply.facility_id is 'Facility that has the item; null = every facility of the tenant';
comment on column ref.local_supply.code is 'The centre''s own item code';
comment on column ref.local_supply.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_supply.supply_code is 'MA_VAT_TU';
comment on column ref.local_supply.name_vi is 'TEN_VAT_TU';
comment on column ref.local_supply.unit_vi is 'DON_VI_TINH';
comment on column ref.local_supply.group_code is 'Group in circular 04/2017';
comment on column ref.local_supply.tender is 'TT_THAU';
comment on column ref.local_supply.maker is 'Manufacturer';
comment on column ref.local_supply.maker_country is 'Country of manufacture';
comment on column ref.local_supply.product_code is 'MA_HIEU_SP';
comment on column ref.local_supply.packing_vi is 'Packing';
comment on column ref.local_supply.cost_group is 'MA_NHOM';
comment on column ref.local_supply.benefit_scope is 'PHAM_VI';
comment on column ref.local_supply.payment_ratio is 'TYLE_TT_BH in percent';
comment on column ref.local_supply.price_ceiling is 'Highest unit price the fund pays, in đồng; null = none';
comment on column ref.local_supply.uses is 'How often one piece may be used (TAI_SU_DUNG when more than 1)';
comment on column ref.local_supply.batch_id is 'Import that wrote the row; null = typed in';
comment on column ref.local_supply.folded is 'Search form (sys.fold) of code, name_vi';

create sequence ref.local_service_seq;
create table ref.local_service (
    tenant_id bigint not null,
    local_service_id bigint not null default (sys.node() << 40) + nextval('ref.local_service_seq'),
    facility_id bigint,
    code text not null,
    valid daterange not null default daterange(null, null),
    service_code text not null,
    name_vi text not null,
    unit_vi text not null default 'Lần',
    cost_group text not null,
    benefit_scope text not null default '1',
    payment_ratio numeric(5,2) not null default 100,
    sex_limit smallint,
    minimum_minutes smallint not null default 0,
    repeat_days smallint not null default 0,
    needs_machine boolean not null default false,
    condition_vi text not null default '',
    batch_id bigint,
    folded text generated always as (sys.fold(code || ' ' || name_vi)) stored,
    constraint local_service_pkey primary key (tenant_id, local_service_id),
    constraint local_service_code_check check (code <> ''),
    constraint local_service_cost_group_check check (cost_group ~ '^[0-9]{1,2}$'),
    constraint local_service_benefit_scope_check check (benefit_scope in ('1', '2', '3')),
    constraint local_service_payment_ratio_check check (payment_ratio between 0 and 100),
    constraint local_service_sex_limit_check check (sex_limit in (1, 2)),
    constraint local_service_minimum_minutes_check check (minimum_minutes between 0 and 1440),
    constraint local_service_repeat_days_check check (repeat_days between 0 and 3650),
    constraint local_service_valid_check check (not isempty(valid)),
    constraint local_service_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint local_service_excl exclude using gist (tenant_id with =, coalesce(facility_id, 0) with =, (code || '') with =, valid with &&)
);
-- look-ups by code use this one: the constraint's GiST index is ten times slower and must not look as good
create index local_service_code_idx on ref.local_service (tenant_id, code);
create index local_service_batch_idx on ref.local_service (tenant_id, batch_id);
create index local_service_facility_idx on ref.local_service (tenant_id, facility_id);
create index local_service_folded_idx on ref.local_service using gin (folded gin_trgm_ops);
comment on table ref.local_service is 'Services, consultations, bed types and transports a centre is approved to do';
comment on column ref.local_service.tenant_id is 'Owner';
comment on column ref.local_service.local_service_id is 'Key';
comment on column ref.local_service.facility_id is 'Facility that has the item; null = every facility of the tenant';
comment on column ref.local_service.code is 'The centre''s own item code';
comment on column ref.local_service.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.local_service.service_code is 'MA_DICH_VU';
comment on column ref.local_service.name_vi is 'TEN_DICH_VU, as approved';
comment on column ref.local_service.unit_vi is 'DON_VI_TINH';
comment on column ref.local_service.cost_group is 'MA_NHOM';
comment on column ref.local_service.benefit_scope is 'PHAM_VI';
comment on column ref.local_service.payment_ratio is 'TYLE_TT_BH in percent';
comment on column ref.local_service.sex_limit is '1 = men only, 2 = women only, null = both';
comment on column ref.local_service.minimum_minutes is 'Shortest time the service can take; 0 = no limit';
comment on column ref.local_service.repeat_days is 'Shortest interval between two for one patient, in days; 0 = no limit';
comment on column ref.local_service.needs_machine is 'A machine code (MA_MAY) is required';
comment on column ref.local_service.condition_vi is 'Printed condition of payment';
comment on column ref.local_service.batch_id is 'Import that wrote the row; null = typed in';
comment on column ref.local_service.folded is 'Search form (sys.fold) of code, name_vi';

create sequence ref.item_price_seq;
create table ref.item_price (
    tenant_id bigint not null,
    item_price_id bigint not null default (sys.node() << 40) + nextval('ref.item_price_seq'),
    facility_id bigint,
    item_kind text not null,
    item_code text not null,
    object text not null default '*',
    valid daterange not null,
    price_hospital numeric(15,3) not null,
    price_bhyt numeric(15,3),
    decision text not null default '',
    batch_id bigint,
    constraint item_price_pkey primary key (tenant_id, item_price_id),
    constraint item_price_item_kind_check check (item_kind in ('service', 'drug', 'supply')),
    constraint item_price_item_code_check check (item_code <> ''),
    constraint item_price_object_check check (object in ('*', 'bhyt', 'fee', 'request', 'foreign')),
    constraint item_price_price_hospital_check check (price_hospital >= 0),
    constraint item_price_price_bhyt_check check (price_bhyt >= 0),
    constraint item_price_valid_check check (not isempty(valid)),
    constraint item_price_batch_fkey foreign key (tenant_id, batch_id) references ref.catalog_batch,
    constraint item_price_excl exclude using gist (tenant_id with =, (item_kind || '/' || item_code) with =, coalesce(facility_id, 0) with =, object with =, valid with &&)
);
create index item_price_item_idx on ref.item_price (tenant_id, item_kind, item_code);
create index item_price_batch_idx on ref.item_price (tenant_id, batch_id);
create index item_price_facility_idx on ref.item_price (tenant_id, facility_id);
comment on table ref.item_price is 'Prices of a centre''s items by facility, kind of payer and date; a row of one facility beats a row of all, a named object beats *';
comment on column ref.item_price.tenant_id is 'Owner';
comment on column ref.item_price.item_price_id is 'Key';
comment on column ref.item_price.facility_id is 'Facility; null = every facility of the tenant';
comment on column ref.item_price.item_kind is 'service, drug or supply';
comment on column ref.item_price.item_code is 'code of local_service, local_drug or local_supply';
comment on column ref.item_price.object is '* = everyone, bhyt = insured, fee = paying, request = on request, foreign = foreigners';
comment on column ref.item_price.valid is 'Business dates on which the row holds; an absent end is open';
comment on column ref.item_price.price_hospital is 'DON_GIA_BV (drugs: DON_GIA) in đồng';
comment on column ref.item_price.price_bhyt is 'DON_GIA_BH in đồng; null = the hospital price';
comment on column ref.item_price.decision is 'Decision or tender that set the price';
comment on column ref.item_price.batch_id is 'Import that wrote the row; null = typed in';
