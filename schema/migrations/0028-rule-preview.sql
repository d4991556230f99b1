-- Previews: how many claims of the last months, and how much money, a new rule would touch.
set local role hmis_owner;

create sequence claim.rule_preview_seq;
create table claim.rule_preview (
    tenant_id bigint not null,
    facility_id bigint not null,
    rule_preview_id bigint not null default (sys.node() << 40) + nextval('claim.rule_preview_seq'),
    code text not null,
    body text not null,
    months int not null,
    state text not null default 'queued',
    total int not null default 0,
    judged int not null default 0,
    claims_hit int not null default 0,
    findings int not null default 0,
    not_evaluated int not null default 0,
    at_risk numeric(20, 2) not null default 0,
    fund_share numeric(20, 2) not null default 0,
    samples jsonb not null default '[]',
    last_visit bigint not null default 0,
    error text,
    requested_by bigint,
    requested_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint rule_preview_pkey primary key (tenant_id, rule_preview_id),
    constraint rule_preview_body_check check (length(body) between 1 and 20000),
    constraint rule_preview_months_check check (months between 1 and 24),
    constraint rule_preview_state_check check (state in ('queued', 'running', 'done', 'failed')),
    constraint rule_preview_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table claim.rule_preview is 'What a rule that is not in force would find in the claims of the last months; made by a job, chunk by chunk.';
comment on column claim.rule_preview.tenant_id is 'Tenant';
comment on column claim.rule_preview.facility_id is 'It and the facilities below it';
comment on column claim.rule_preview.rule_preview_id is 'Id';
comment on column claim.rule_preview.code is 'Id of the rule in the text';
comment on column claim.rule_preview.body is 'Text of the rule';
comment on column claim.rule_preview.months is 'Months back from now, by day of discharge';
comment on column claim.rule_preview.state is 'queued, running, done, failed';
comment on column claim.rule_preview.total is 'Closed insured visits of these months';
comment on column claim.rule_preview.judged is 'Judged so far';
comment on column claim.rule_preview.claims_hit is 'Claims with a finding';
comment on column claim.rule_preview.findings is 'Findings';
comment on column claim.rule_preview.not_evaluated is 'Claims the rule could not be evaluated for';
comment on column claim.rule_preview.at_risk is 'Sum over claims of the amount at risk, at most T_BHTT of the claim';
comment on column claim.rule_preview.fund_share is 'T_BHTT of the claims hit';
comment on column claim.rule_preview.samples is 'Up to 20 of them: {ma_lk, visit_id, message, at_risk}';
comment on column claim.rule_preview.last_visit is 'Last visit judged: where an interrupted job goes on';
comment on column claim.rule_preview.error is 'Why it failed';
comment on column claim.rule_preview.requested_by is 'User';
comment on column claim.rule_preview.requested_at is 'When';
comment on column claim.rule_preview.finished_at is 'When it ended';
