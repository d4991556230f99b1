-- Users, roles, grants, sessions, log-in attempts, idempotency. Nobody but the functions of schema/code/sec.sql
-- reads or writes these tables.
set local role hmis_owner;

create table sec.role (
    role text not null,
    name_vi text not null,
    name_en text not null,
    constraint role_pkey primary key (role)
);
comment on table sec.role is 'What people do here; permissions hang on roles, never on users.';
comment on column sec.role.role is 'Code';
comment on column sec.role.name_vi is 'Name';
comment on column sec.role.name_en is 'Name in English';
insert into sec.role (role, name_vi, name_en) values
    ('registrar', 'Nhân viên tiếp đón', 'Registrar'),
    ('clinician', 'Bác sĩ, y sĩ, điều dưỡng', 'Clinician'),
    ('lab', 'Cận lâm sàng', 'Diagnostics'),
    ('pharmacist', 'Dược', 'Pharmacist'),
    ('cashier', 'Thu ngân', 'Cashier'),
    ('claims', 'Giám định, thanh toán BHYT', 'Claims officer'),
    ('reporter', 'Thống kê, báo cáo', 'Reporter'),
    ('admin', 'Quản trị', 'Administrator'),
    ('integration', 'Hệ thống liên thông', 'Integration');

create table sec.role_permission (
    role text not null,
    permission text not null,
    constraint role_permission_pkey primary key (role, permission),
    constraint role_permission_role_fkey foreign key (role) references sec.role,
    constraint role_permission_form check (permission ~ '^[a-z][a-z_]*\.[a-z][a-z_]*$')
);
comment on table sec.role_permission is 'Which role may do what; loaded from seed/role_permission.tsv.';
comment on column sec.role_permission.role is 'Role';
comment on column sec.role_permission.permission is 'noun.verb, as the route tables name it';
create index role_permission_permission_idx on sec.role_permission (permission);

create sequence sec.user_seq;
create table sec.user (
    tenant_id bigint not null references org.tenant,
    user_id bigint not null default (sys.node() << 40) + nextval('sec.user_seq'),
    username text not null,
    full_name text not null,
    staff_id bigint,
    home_facility_id bigint not null,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    version int not null default 1,
    constraint user_pkey primary key (tenant_id, user_id),
    constraint user_username_key unique (tenant_id, username),
    constraint user_username_form check (username ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    constraint user_full_name_check check (full_name = btrim(full_name) and length(full_name) between 1 and 200),
    constraint user_home_facility_fkey foreign key (tenant_id, home_facility_id) references org.facility,
    constraint user_staff_fkey foreign key (tenant_id, staff_id) references org.staff
);
comment on table sec.user is 'A person or a system that signs in.';
comment on column sec.user.tenant_id is 'Tenant';
comment on column sec.user.user_id is 'Id';
comment on column sec.user.username is 'Name to sign in with, lower case';
comment on column sec.user.full_name is 'Name on screens and papers';
comment on column sec.user.staff_id is 'Practitioner, when the user is one';
comment on column sec.user.home_facility_id is 'Facility the user works at when a request names none';
comment on column sec.user.is_active is 'False: no sign-in, and open sessions end at once';
comment on column sec.user.created_at is 'When';
comment on column sec.user.version is 'Row version for If-Match';
create index user_username_idx on sec.user (username);
create index user_home_facility_idx on sec.user (tenant_id, home_facility_id);
create index user_staff_idx on sec.user (tenant_id, staff_id) where staff_id is not null;

create table sec.password (
    tenant_id bigint not null,
    user_id bigint not null,
    hash text not null,
    changed_at timestamptz not null default now(),
    constraint password_pkey primary key (tenant_id, user_id),
    constraint password_user_fkey foreign key (tenant_id, user_id) references sec.user,
    constraint password_hash_form check (hash ~ '^\$argon2id\$')
);
comment on table sec.password is 'Password hashes, apart from sec.user so that the audit of users never holds one.';
comment on column sec.password.tenant_id is 'Tenant';
comment on column sec.password.user_id is 'User';
comment on column sec.password.hash is 'argon2id in PHC form, with its parameters and salt (RFC 9106)';
comment on column sec.password.changed_at is 'When';

create sequence sec.grant_seq;
create table sec.grant (
    tenant_id bigint not null,
    grant_id bigint not null default (sys.node() << 40) + nextval('sec.grant_seq'),
    user_id bigint not null,
    role text not null references sec.role,
    facility_id bigint not null,
    valid daterange not null default '(,)',
    constraint grant_pkey primary key (tenant_id, grant_id),
    constraint grant_valid_excl exclude using gist
        (tenant_id with =, user_id with =, role with =, facility_id with =, valid with &&),
    constraint grant_valid_check check (not isempty(valid)),
    constraint grant_user_fkey foreign key (tenant_id, user_id) references sec.user,
    constraint grant_facility_fkey foreign key (tenant_id, facility_id) references org.facility
);
comment on table sec.grant is 'A role at a facility and everything below it, for a time.';
comment on column sec.grant.tenant_id is 'Tenant';
comment on column sec.grant.grant_id is 'Id';
comment on column sec.grant.user_id is 'User';
comment on column sec.grant.role is 'Role';
comment on column sec.grant.facility_id is 'Top of the subtree';
comment on column sec.grant.valid is 'When it holds (business days)';
create index grant_user_idx on sec.grant (tenant_id, user_id);
create index grant_facility_idx on sec.grant (tenant_id, facility_id);
create index grant_role_idx on sec.grant (role);

create sequence sec.session_seq;
create table sec.session (
    tenant_id bigint not null,
    session_id bigint not null default (sys.node() << 40) + nextval('sec.session_seq'),
    user_id bigint not null,
    token_hash bytea not null,
    opened_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    idle interval not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    address text not null,
    agent text,
    constraint session_pkey primary key (tenant_id, session_id),
    constraint session_token_hash_key unique (token_hash),
    constraint session_token_hash_check check (length(token_hash) = 32),
    constraint session_user_fkey foreign key (tenant_id, user_id) references sec.user
);
comment on table sec.session is 'A sign-in. The token is 256 random bits that only the client has; here is its SHA-256.';
comment on column sec.session.tenant_id is 'Tenant';
comment on column sec.session.session_id is 'Id';
comment on column sec.session.user_id is 'User';
comment on column sec.session.token_hash is 'SHA-256 of the token';
comment on column sec.session.opened_at is 'When';
comment on column sec.session.seen_at is 'Last request, to the minute';
comment on column sec.session.idle is 'Ends after so long without a request';
comment on column sec.session.expires_at is 'Ends then in any case';
comment on column sec.session.revoked_at is 'Signed out, or ended by a change of password';
comment on column sec.session.address is 'Network address at the sign-in';
comment on column sec.session.agent is 'Client at the sign-in';
create index session_user_idx on sec.session (tenant_id, user_id);
create index session_expires_idx on sec.session (expires_at);

create table sec.login_attempt (
    name_key bytea not null,
    failures int not null,
    last_at timestamptz not null,
    locked_until timestamptz,
    constraint login_attempt_pkey primary key (name_key)
);
comment on table sec.login_attempt is 'Failed sign-ins by name, whether or not such a user exists, so that a lock tells nothing.';
comment on column sec.login_attempt.name_key is 'SHA-256 of tenant code and user name as typed';
comment on column sec.login_attempt.failures is 'Attempts since the last success';
comment on column sec.login_attempt.last_at is 'When the last one came';
comment on column sec.login_attempt.locked_until is 'No attempt is judged before';
create index login_attempt_last_idx on sec.login_attempt (last_at);

create table sec.epoch (
    tenant_id bigint not null references org.tenant,
    epoch bigint not null default 1,
    constraint epoch_pkey primary key (tenant_id)
);
comment on table sec.epoch is 'Counts changes of grants, permissions and facilities: a scope worked out under another number is void.';
comment on column sec.epoch.tenant_id is 'Tenant';
comment on column sec.epoch.epoch is 'Number';

create table sec.scope (
    tenant_id bigint not null,
    user_id bigint not null,
    permission text not null,
    facility_code text not null,
    on_date date not null,
    epoch bigint not null,
    facility_id bigint not null,
    facilities text not null,
    constraint scope_pkey primary key (tenant_id, user_id, permission, facility_code),
    constraint scope_user_fkey foreign key (tenant_id, user_id) references sec.user
);
comment on table sec.scope is 'Where a user may use a permission, worked out once per day and epoch; only a cache of sec.grant × sec.role_permission × org.facility.';
comment on column sec.scope.tenant_id is 'Tenant';
comment on column sec.scope.user_id is 'User';
comment on column sec.scope.permission is 'Permission, or ''any''';
comment on column sec.scope.facility_code is 'X-Facility, or '''' when the request names none';
comment on column sec.scope.on_date is 'Business day it was worked out for';
comment on column sec.scope.epoch is 'sec.epoch it was worked out under';
comment on column sec.scope.facility_id is 'Facility the user works at';
comment on column sec.scope.facilities is 'Facilities in scope, text of bigint[]';

create table sec.idempotency (
    tenant_id bigint not null,
    user_id bigint not null,
    key text not null,
    route text not null,
    body_hash bytea not null,
    answer jsonb,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint idempotency_pkey primary key (tenant_id, user_id, key),
    constraint idempotency_key_form check (length(key) between 1 and 128),
    constraint idempotency_user_fkey foreign key (tenant_id, user_id) references sec.user
);
comment on table sec.idempotency is 'Answers by Idempotency-Key, written in the transaction of the effect: both exist or neither.';
comment on column sec.idempotency.tenant_id is 'Tenant';
comment on column sec.idempotency.user_id is 'User';
comment on column sec.idempotency.key is 'Idempotency-Key';
comment on column sec.idempotency.route is 'Method and pattern';
comment on column sec.idempotency.body_hash is 'SHA-256 over the target and the body of the request';
comment on column sec.idempotency.answer is '{status, body, etag, location, followup}';
comment on column sec.idempotency.created_at is 'When';
comment on column sec.idempotency.expires_at is 'The key may be used anew afterwards';
create index idempotency_expires_idx on sec.idempotency (expires_at);

create table sec.secret (
    name text not null,
    value bytea not null,
    constraint secret_pkey primary key (name),
    constraint secret_value_check check (length(value) >= 32)
);
comment on table sec.secret is 'Keys that never leave the database.';
comment on column sec.secret.name is 'ticket: key of the tickets that sec.resume accepts';
comment on column sec.secret.value is 'Random bytes';
-- three random UUIDs hold 366 random bits
insert into sec.secret (name, value) values
    ('ticket', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

insert into sys.setting (key, value, source) values
    ('idempotency.keep', '48 hours', 'own: a client may retry for two days');
