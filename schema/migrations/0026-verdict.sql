-- The verdict on a visit before it is closed: rules of a tenant's own with their versions and switches, what was found,
-- and who let a visit pass nevertheless.
set local role hmis_owner;

create table claim.rule_epoch (
    tenant_id bigint not null,
    epoch bigint not null default 0,
    constraint rule_epoch_pkey primary key (tenant_id)
);
comment on table claim.rule_epoch is 'Raised by each change of a tenant''s rules; processes compare it to know that their copy is old. No row = only the built-in rules.';
comment on column claim.rule_epoch.tenant_id is 'Tenant';
comment on column claim.rule_epoch.epoch is 'Number of changes';

create sequence claim.rule_version_seq;
create table claim.rule_version (
    tenant_id bigint not null,
    rule_version_id bigint not null default (sys.node() << 40) + nextval('claim.rule_version_seq'),
    code text not null,
    version_no int not null,
    body text not null,
    severity text not null,
    table_name text not null,
    valid daterange not null,
    note text,
    created_by bigint,
    created_at timestamptz not null default now(),
    constraint rule_version_pkey primary key (tenant_id, rule_version_id),
    constraint rule_version_no_key unique (tenant_id, code, version_no),
    constraint rule_version_code_check check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    constraint rule_version_body_check check (length(body) between 1 and 20000),
    constraint rule_version_severity_check check (severity in ('critical', 'warning')),
    constraint rule_version_valid_excl exclude using gist (tenant_id with =, code with =, valid with &&)
);
comment on table claim.rule_version is 'One version of a rule of the tenant''s own, in the language of docs/rules.md.';
comment on column claim.rule_version.tenant_id is 'Tenant';
comment on column claim.rule_version.rule_version_id is 'Id';
comment on column claim.rule_version.code is 'Id of the rule';
comment on column claim.rule_version.version_no is '1, 2, …';
comment on column claim.rule_version.body is 'Text of the rule';
comment on column claim.rule_version.severity is 'critical, warning';
comment on column claim.rule_version.table_name is 'XML1 …, claim';
comment on column claim.rule_version.valid is 'Days of arrival it is in force for; empty = replaced altogether';
comment on column claim.rule_version.note is 'Why it was made';
comment on column claim.rule_version.created_by is 'User';
comment on column claim.rule_version.created_at is 'When';

create sequence claim.rule_switch_seq;
create table claim.rule_switch (
    tenant_id bigint not null,
    rule_switch_id bigint not null default (sys.node() << 40) + nextval('claim.rule_switch_seq'),
    code text not null,
    state text not null,
    valid daterange not null,
    reason text not null,
    created_by bigint,
    created_at timestamptz not null default now(),
    constraint rule_switch_pkey primary key (tenant_id, rule_switch_id),
    constraint rule_switch_code_check check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    constraint rule_switch_state_check check (state in ('on', 'shadow', 'off')),
    constraint rule_switch_valid_excl exclude using gist (tenant_id with =, code with =, valid with &&),
    constraint rule_switch_reason_check check (length(reason) between 3 and 1000)
);
comment on table claim.rule_switch is 'A rule, built in or own, switched for claims that arrived on some days.';
comment on column claim.rule_switch.tenant_id is 'Tenant';
comment on column claim.rule_switch.rule_switch_id is 'Id';
comment on column claim.rule_switch.code is 'Id of the rule';
comment on column claim.rule_switch.state is 'on, shadow (judged, blocks nobody), off';
comment on column claim.rule_switch.valid is 'Days of arrival; a later switch takes its days away, empty = all of them';
comment on column claim.rule_switch.reason is 'Why';
comment on column claim.rule_switch.created_by is 'User';
comment on column claim.rule_switch.created_at is 'When';
create index rule_switch_code_idx on claim.rule_switch (tenant_id, code);

create sequence claim.verdict_seq;
create table claim.verdict (
    tenant_id bigint not null,
    facility_id bigint not null,
    verdict_id bigint not null default (sys.node() << 40) + nextval('claim.verdict_seq'),
    visit_id bigint not null,
    occasion text not null,
    state text not null,
    month date not null,
    rule_set text not null,
    critical int not null,
    warning int not null,
    shadow int not null,
    not_evaluated int not null,
    at_risk sys.share not null,
    fund_share sys.share not null,
    refusals int not null default 0,
    judged_at timestamptz not null default now(),
    constraint verdict_pkey primary key (tenant_id, verdict_id),
    constraint verdict_visit_key unique (tenant_id, visit_id),
    constraint verdict_occasion_check check (occasion in ('close', 'run')),
    constraint verdict_state_check check (state in ('passed', 'refused', 'overridden')),
    constraint verdict_month_check check (extract(day from month) = 1),
    constraint verdict_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id)
);
comment on table claim.verdict is 'The last judgement that decided something about an insured visit: closing it, or building its claim.';
comment on column claim.verdict.tenant_id is 'Tenant';
comment on column claim.verdict.facility_id is 'Facility of the visit';
comment on column claim.verdict.verdict_id is 'Id';
comment on column claim.verdict.visit_id is 'Visit';
comment on column claim.verdict.occasion is 'close, run';
comment on column claim.verdict.state is 'passed, refused (critical findings), overridden (critical findings that somebody answers for)';
comment on column claim.verdict.month is 'Settlement month';
comment on column claim.verdict.rule_set is 'Version of the rules';
comment on column claim.verdict.critical is 'Critical findings';
comment on column claim.verdict.warning is 'Warnings';
comment on column claim.verdict.shadow is 'Findings of shadow rules';
comment on column claim.verdict.not_evaluated is 'Rules that could not be evaluated';
comment on column claim.verdict.at_risk is 'Highest amount at risk of a critical finding';
comment on column claim.verdict.fund_share is 'T_BHTT of the claim when it was judged';
comment on column claim.verdict.refusals is 'How often it was refused';
comment on column claim.verdict.judged_at is 'When';
create index verdict_month_idx on claim.verdict (tenant_id, facility_id, month, state);

create sequence claim.override_seq;
create table claim.override (
    tenant_id bigint not null,
    facility_id bigint not null,
    override_id bigint not null default (sys.node() << 40) + nextval('claim.override_seq'),
    visit_id bigint not null,
    rules text[] not null,
    at_risk sys.share not null,
    rule_set text not null,
    reason text not null,
    created_by bigint,
    created_at timestamptz not null default now(),
    constraint override_pkey primary key (tenant_id, override_id),
    constraint override_rules_check check (cardinality(rules) > 0),
    constraint override_reason_check check (length(reason) between 10 and 1000),
    constraint override_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id)
);
comment on table claim.override is 'Somebody let a visit be closed although these rules found critical faults, and answers for it. Holds for the claim as well.';
comment on column claim.override.tenant_id is 'Tenant';
comment on column claim.override.facility_id is 'Facility of the visit';
comment on column claim.override.override_id is 'Id';
comment on column claim.override.visit_id is 'Visit';
comment on column claim.override.rules is 'Ids of the rules';
comment on column claim.override.at_risk is 'Amount at risk then';
comment on column claim.override.rule_set is 'Version of the rules';
comment on column claim.override.reason is 'Why';
comment on column claim.override.created_by is 'User';
comment on column claim.override.created_at is 'When';
create index override_visit_idx on claim.override (tenant_id, visit_id);

-- Findings of a visit that has no claim yet; whose they are; what only watches.
alter table claim.finding
    alter column claim_id drop not null,
    add column visit_id bigint,
    add column month date,
    add column is_shadow boolean not null default false,
    add column department text,
    add column practitioner text,
    add column charge_id bigint;
-- the owner's rows are behind row-level security, too
reset role;
update claim.finding f set visit_id = c.visit_id, month = c.month
    from claim.claim c where c.tenant_id = f.tenant_id and c.claim_id = f.claim_id;
set local role hmis_owner;
alter table claim.finding
    alter column visit_id set not null,
    alter column month set not null,
    add constraint finding_visit_fkey foreign key (tenant_id, visit_id, facility_id)
        references care.visit (tenant_id, visit_id, facility_id);
comment on column claim.finding.claim_id is 'Claim; null while the visit has none';
comment on column claim.finding.visit_id is 'Visit';
comment on column claim.finding.month is 'Settlement month';
comment on column claim.finding.is_shadow is 'Of a shadow rule';
comment on column claim.finding.department is 'MA_KHOA of the line, else of the visit';
comment on column claim.finding.practitioner is 'Licence code of who ordered the line, else of the visit''s practitioner';
comment on column claim.finding.charge_id is 'Charge that the line was made of';
create index finding_visit_idx on claim.finding (tenant_id, visit_id);
create index finding_month_idx on claim.finding (tenant_id, facility_id, month, rule) where state = 'open';
create index finding_practitioner_idx on claim.finding (tenant_id, practitioner, month, finding_id) where state = 'open';
