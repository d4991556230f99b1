-- Background work as rows, and reports.
set local role hmis_owner;

create sequence job.queue_seq;
create table job.queue (
    queue_id bigint not null default (sys.node() << 40) + nextval('job.queue_seq'),
    tenant_id bigint not null references org.tenant,
    facility_id bigint,
    kind text not null,
    dedup_key text,
    payload jsonb not null default '{}',
    state text not null default 'ready',
    run_at timestamptz not null default now(),
    attempts int not null default 0,
    max_attempts int not null default 20,
    locked_by text,
    locked_until timestamptz,
    last_error text,
    created_at timestamptz not null default now(),
    created_by bigint,
    request_id text,
    finished_at timestamptz,
    constraint queue_pkey primary key (queue_id),
    constraint queue_state_check check (state in ('ready', 'running', 'done', 'failed'))
);
comment on table job.queue is 'Work to be done once, taken with FOR UPDATE SKIP LOCKED; the outbox of every transaction that needs something done outside the database.';
comment on column job.queue.queue_id is 'Id';
comment on column job.queue.tenant_id is 'Tenant';
comment on column job.queue.facility_id is 'Facility, when the work belongs to one';
comment on column job.queue.kind is 'claim_run, claim_send, check_in_send, coverage_check, reconcile, …';
comment on column job.queue.dedup_key is 'At most one live job per kind and key';
comment on column job.queue.payload is 'What to do';
comment on column job.queue.state is 'ready, running, done, failed';
comment on column job.queue.run_at is 'Not before';
comment on column job.queue.attempts is 'Tries made';
comment on column job.queue.max_attempts is 'Then failed';
comment on column job.queue.locked_by is 'Process that runs it';
comment on column job.queue.locked_until is 'After this another process may take it';
comment on column job.queue.last_error is 'Why the last try failed';
comment on column job.queue.created_at is 'When asked';
comment on column job.queue.created_by is 'User';
comment on column job.queue.request_id is 'Request that asked';
comment on column job.queue.finished_at is 'When it ended';
create unique index queue_dedup_key on job.queue (tenant_id, kind, dedup_key) where state in ('ready', 'running') and dedup_key is not null;
create index queue_ready_idx on job.queue (run_at, queue_id) where state = 'ready';
create index queue_running_idx on job.queue (locked_until) where state = 'running';
create index queue_tenant_idx on job.queue (tenant_id, kind, state);

create table job.schedule (
    kind text not null,
    tenant_id bigint not null references org.tenant,
    every interval not null,
    next_at timestamptz not null default now(),
    payload jsonb not null default '{}',
    is_on boolean not null default true,
    constraint schedule_pkey primary key (tenant_id, kind),
    constraint schedule_every_check check (every >= interval '1 minute')
);
comment on table job.schedule is 'Work that repeats.';
comment on column job.schedule.kind is 'Kind of job to queue';
comment on column job.schedule.tenant_id is 'Tenant';
comment on column job.schedule.every is 'How often';
comment on column job.schedule.next_at is 'When next';
comment on column job.schedule.payload is 'What to do';
comment on column job.schedule.is_on is 'Switched on';

create table report.definition (
    code text not null,
    name_vi text not null,
    name_en text not null,
    basis text not null,
    valid daterange not null default '(,)',
    constraint definition_pkey primary key (code)
);
comment on table report.definition is 'A report that can be asked for, with its legal basis.';
comment on column report.definition.code is 'Code in the API';
comment on column report.definition.name_vi is 'Name';
comment on column report.definition.name_en is 'Name in English';
comment on column report.definition.basis is 'Circular or decision, or ''own''';
comment on column report.definition.valid is 'When it is in force';
insert into report.definition (code, name_vi, name_en, basis) values
    ('daily-activity', 'Hoạt động khám chữa bệnh theo ngày', 'Daily activity', 'own');
