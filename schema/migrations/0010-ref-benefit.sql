-- Benefit rules as dated rows. The same files feed the engine in claims/ at build time; here they answer
-- "why" on bills and let an officer look the law up. Rows of one key never overlap.
set local role hmis_owner;

create table ref.benefit_card_level (
    id text not null,
    card_group text not null,
    digit text not null,
    level sys.percent not null,
    ratios_apply boolean not null,
    outside_list boolean not null,
    effective_from date not null,
    effective_to date,
    source text not null,
    certainty text not null,
    text_vi text not null,
    text_en text not null,
    valid daterange generated always as (daterange(effective_from, effective_to, '[]')) stored,
    constraint benefit_card_level_pkey primary key (id),
    constraint benefit_card_level_digit_check check (digit ~ '^[1-5]$'),
    constraint benefit_card_level_certainty_check check (certainty in ('law', 'sheet', 'code', 'secondary', 'unverified')),
    constraint benefit_card_level_dates_check check (effective_to >= effective_from),
    constraint benefit_card_level_excl exclude using gist (card_group with =, digit with =, valid with &&)
);
comment on table ref.benefit_card_level is 'Benefit level of a card by the digit in its number (law art. 22, decision 1351/QĐ-BHXH); a named group beats *';
comment on column ref.benefit_card_level.id is 'Key, named in explanations of a bill';
comment on column ref.benefit_card_level.card_group is 'First two letters of the card, * = all';
comment on column ref.benefit_card_level.digit is 'Third character of the card';
comment on column ref.benefit_card_level.level is 'Benefit level in percent';
comment on column ref.benefit_card_level.ratios_apply is 'Payment ratios and ceilings of the lists apply';
comment on column ref.benefit_card_level.outside_list is 'Items outside the list are covered (PHAM_VI 3)';
comment on column ref.benefit_card_level.effective_from is 'First day';
comment on column ref.benefit_card_level.effective_to is 'Last day; null = open';
comment on column ref.benefit_card_level.source is 'Law, decree, circular, decision or working code';
comment on column ref.benefit_card_level.certainty is 'law, sheet (validation sheet of the fund), code (working systems), secondary, unverified';
comment on column ref.benefit_card_level.text_vi is 'Vietnamese sentence for people';
comment on column ref.benefit_card_level.text_en is 'English sentence for people';
comment on column ref.benefit_card_level.valid is 'First to last day as a range';

create table ref.benefit_parameter (
    id text not null,
    key text not null,
    unit text not null,
    value text not null,
    effective_from date not null,
    effective_to date,
    source text not null,
    certainty text not null,
    text_vi text not null,
    text_en text not null,
    valid daterange generated always as (daterange(effective_from, effective_to, '[]')) stored,
    constraint benefit_parameter_pkey primary key (id),
    constraint benefit_parameter_key_check check (key ~ '^[a-z][a-z0-9_]*$'),
    constraint benefit_parameter_certainty_check check (certainty in ('law', 'sheet', 'code', 'secondary', 'unverified')),
    constraint benefit_parameter_dates_check check (effective_to >= effective_from),
    constraint benefit_parameter_excl exclude using gist (key with =, valid with &&)
);
comment on table ref.benefit_parameter is 'Figures of the benefit rules by date';
comment on column ref.benefit_parameter.id is 'Key, named in explanations of a bill';
comment on column ref.benefit_parameter.key is 'Name the engine asks for';
comment on column ref.benefit_parameter.unit is 'dong, times_base_salary, set, switch, count, days, source';
comment on column ref.benefit_parameter.value is 'Value; a decimal with a dot, or codes with commas for a set';
comment on column ref.benefit_parameter.effective_from is 'First day';
comment on column ref.benefit_parameter.effective_to is 'Last day; null = open';
comment on column ref.benefit_parameter.source is 'Law, decree, circular, decision or working code';
comment on column ref.benefit_parameter.certainty is 'law, sheet (validation sheet of the fund), code (working systems), secondary, unverified';
comment on column ref.benefit_parameter.text_vi is 'Vietnamese sentence for people';
comment on column ref.benefit_parameter.text_en is 'English sentence for people';
comment on column ref.benefit_parameter.valid is 'First to last day as a range';

create table ref.benefit_rate (
    id text not null,
    kind text not null,
    selector text not null default '',
    unit text not null,
    value text not null,
    effective_from date not null,
    effective_to date,
    source text not null,
    certainty text not null,
    text_vi text not null,
    text_en text not null,
    valid daterange generated always as (daterange(effective_from, effective_to, '[]')) stored,
    constraint benefit_rate_pkey primary key (id),
    constraint benefit_rate_certainty_check check (certainty in ('law', 'sheet', 'code', 'secondary', 'unverified')),
    constraint benefit_rate_dates_check check (effective_to >= effective_from),
    constraint benefit_rate_excl exclude using gist (kind with =, selector with =, valid with &&)
);
comment on table ref.benefit_rate is 'Rates and counts of consultations, operations, beds, transport … by date';
comment on column ref.benefit_rate.id is 'Key, named in explanations of a bill';
comment on column ref.benefit_rate.kind is 'Name of the rule';
comment on column ref.benefit_rate.selector is 'Case of the rule; empty = the only one';
comment on column ref.benefit_rate.unit is 'percent, days, hours, count, prices …';
comment on column ref.benefit_rate.value is 'Value; a decimal with a dot';
comment on column ref.benefit_rate.effective_from is 'First day';
comment on column ref.benefit_rate.effective_to is 'Last day; null = open';
comment on column ref.benefit_rate.source is 'Law, decree, circular, decision or working code';
comment on column ref.benefit_rate.certainty is 'law, sheet (validation sheet of the fund), code (working systems), secondary, unverified';
comment on column ref.benefit_rate.text_vi is 'Vietnamese sentence for people';
comment on column ref.benefit_rate.text_en is 'English sentence for people';
comment on column ref.benefit_rate.valid is 'First to last day as a range';

create table ref.benefit_route_factor (
    id text not null,
    code text not null,
    facility text not null default '*',
    setting text not null default '*',
    condition text not null default '*',
    mode text not null,
    value sys.percent not null,
    effective_from date not null,
    effective_to date,
    source text not null,
    certainty text not null,
    text_vi text not null,
    text_en text not null,
    valid daterange generated always as (daterange(effective_from, effective_to, '[]')) stored,
    constraint benefit_route_factor_pkey primary key (id),
    constraint benefit_route_factor_setting_check check (setting in ('*', 'inpatient', 'outpatient')),
    constraint benefit_route_factor_mode_check check (mode in ('factor', 'fixed', 'none', 'manual')),
    constraint benefit_route_factor_certainty_check check (certainty in ('law', 'sheet', 'code', 'secondary', 'unverified')),
    constraint benefit_route_factor_dates_check check (effective_to >= effective_from),
    constraint benefit_route_factor_excl exclude using gist (code with =, facility with =, setting with =, condition with =, valid with &&)
);
comment on table ref.benefit_route_factor is 'Factor on the card level by object code (MA_DOITUONG_KCB)';
comment on column ref.benefit_route_factor.id is 'Key, named in explanations of a bill';
comment on column ref.benefit_route_factor.code is 'Object code';
comment on column ref.benefit_route_factor.facility is 'Kind of facility, * = all';
comment on column ref.benefit_route_factor.setting is 'inpatient, outpatient or *';
comment on column ref.benefit_route_factor.condition is 'Further condition, * = none';
comment on column ref.benefit_route_factor.mode is 'factor on the level, fixed level, none = fund pays nothing, manual = a person decides';
comment on column ref.benefit_route_factor.value is 'Percent';
comment on column ref.benefit_route_factor.effective_from is 'First day';
comment on column ref.benefit_route_factor.effective_to is 'Last day; null = open';
comment on column ref.benefit_route_factor.source is 'Law, decree, circular, decision or working code';
comment on column ref.benefit_route_factor.certainty is 'law, sheet (validation sheet of the fund), code (working systems), secondary, unverified';
comment on column ref.benefit_route_factor.text_vi is 'Vietnamese sentence for people';
comment on column ref.benefit_route_factor.text_en is 'English sentence for people';
comment on column ref.benefit_route_factor.valid is 'First to last day as a range';

create table ref.benefit_reason (
    id text not null,
    effective_from date not null,
    effective_to date,
    source text not null,
    certainty text not null,
    text_vi text not null,
    text_en text not null,
    valid daterange generated always as (daterange(effective_from, effective_to, '[]')) stored,
    constraint benefit_reason_pkey primary key (id),
    constraint benefit_reason_certainty_check check (certainty in ('law', 'sheet', 'code', 'secondary', 'unverified')),
    constraint benefit_reason_dates_check check (effective_to >= effective_from)
);
comment on table ref.benefit_reason is 'Texts that say why a share is what it is';
comment on column ref.benefit_reason.id is 'Key, named in explanations of a bill';
comment on column ref.benefit_reason.effective_from is 'First day';
comment on column ref.benefit_reason.effective_to is 'Last day; null = open';
comment on column ref.benefit_reason.source is 'Law, decree, circular, decision or working code';
comment on column ref.benefit_reason.certainty is 'law, sheet (validation sheet of the fund), code (working systems), secondary, unverified';
comment on column ref.benefit_reason.text_vi is 'Vietnamese sentence for people';
comment on column ref.benefit_reason.text_en is 'English sentence for people';
comment on column ref.benefit_reason.valid is 'First to last day as a range';
