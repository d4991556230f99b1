-- Foundation: extensions, roles, schemas, domains, identity of the caller, state machines, audit.
-- Functions that a generated column or a domain depends on live here; all others live in schema/code.

create extension if not exists btree_gist;
create extension if not exists pg_trgm;

do $$
declare
    r text;
begin
    foreach r in array array['hmis_owner nologin', 'hmis_worker login', 'hmis_jobs login', 'hmis_report login'] loop
        if not exists (select from pg_roles where rolname = split_part(r, ' ', 1)) then
            execute 'create role ' || r;
        end if;
    end loop;
end
$$;

alter schema sys owner to hmis_owner;
alter table sys.migration owner to hmis_owner;
create schema ref authorization hmis_owner;
create schema org authorization hmis_owner;
create schema reg authorization hmis_owner;
create schema care authorization hmis_owner;
create schema rx authorization hmis_owner;
create schema bill authorization hmis_owner;
create schema claim authorization hmis_owner;
create schema hl7 authorization hmis_owner;
create schema job authorization hmis_owner;
create schema sec authorization hmis_owner;
create schema audit authorization hmis_owner;
create schema report authorization hmis_owner;
create schema api authorization hmis_owner;
comment on schema sys is 'Migrations, settings, identity of the caller, state machines';
comment on schema ref is 'Catalogues, valid by date';
comment on schema org is 'Tenants, facilities, departments, rooms, beds, machines, staff, contracts, nodes';
comment on schema reg is 'Patients, identifiers, coverages';
comment on schema care is 'Visits and what happened in them';
comment on schema rx is 'Drugs and stock';
comment on schema bill is 'Charges, ledger, receipts';
comment on schema claim is 'Insurance claims, transmissions, findings, reconciliation';
comment on schema hl7 is 'HL7 peers and messages';
comment on schema job is 'Background work';
comment on schema sec is 'Users, roles, sessions, idempotency';
comment on schema audit is 'Who changed and who read what';
comment on schema report is 'Report definitions and frozen instances';
comment on schema api is 'Functions that the service may call';

set local role hmis_owner;

-- Domains ------------------------------------------------------------------------------------------

create domain sys.money as numeric(18, 2);
comment on domain sys.money is 'Amount in đồng, two decimals';
create domain sys.share as numeric(18, 2) constraint share_not_negative check (value >= 0);
comment on domain sys.share is 'Part of an amount in đồng, never negative';
create domain sys.quantity as numeric(12, 3) constraint quantity_not_negative check (value >= 0);
comment on domain sys.quantity is 'Quantity, three decimals';
create domain sys.price as numeric(15, 3) constraint price_not_negative check (value >= 0);
comment on domain sys.price is 'Unit price in đồng, three decimals';
create domain sys.percent as numeric(5, 2) constraint percent_range check (value between 0 and 100);
comment on domain sys.percent is 'Percentage 0..100';
create domain sys.card_number as text constraint card_number_form check (value ~ '^[A-Z]{2}[1-5][0-9]{12}$');
comment on domain sys.card_number is 'Insurance card: 2 letters, benefit digit, 2-digit province, 10-digit BHXH number (QĐ 1351/QĐ-BHXH)';
create domain sys.citizen_id as text constraint citizen_id_form check (value ~ '^[0-9]{12}$');
comment on domain sys.citizen_id is 'Citizen id (CCCD), 12 digits';
create domain sys.facility_code as text constraint facility_code_form check (value ~ '^[0-9]{5}$');
comment on domain sys.facility_code is 'MA_CSKCB, opaque five digits';
create domain sys.ma_lk as text constraint ma_lk_form check (value ~ '^[A-Za-z0-9_-]{1,100}$');
comment on domain sys.ma_lk is 'Identity of a treatment episode in every claim table';
create domain sys.line_text as text
    constraint line_text_clean check (value !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f]' and length(value) <= 4000);
comment on domain sys.line_text is 'Free text without control characters, at most 4,000 characters';

-- Time and text ------------------------------------------------------------------------------------

create function sys.business_date(at timestamptz) returns date
    language sql immutable strict parallel safe
    return (at at time zone 'Asia/Ho_Chi_Minh')::date;
comment on function sys.business_date is 'Business day (UTC+7) of an instant';

create function sys.fold(t text) returns text
    language sql immutable strict parallel safe
    return btrim(regexp_replace(
        lower(translate(regexp_replace(normalize(t, nfd), '[\u0300-\u036f]', '', 'g'), 'đĐ', 'dd')),
        '[^[:alnum:]]+', ' ', 'g'));
comment on function sys.fold is 'Search form of a name: lower case, no diacritics, runs of other characters become one blank (agrees with utf8_fold in C)';

create function sys.name_key(t text) returns text
    language sql immutable strict parallel safe
    return array_to_string(array(select w from unnest(string_to_array(sys.fold(t), ' ')) w order by w collate "C"), ' ');
comment on function sys.name_key is 'Folded words of a name in alphabetical order: equal for the same words in any order';

-- Identity of the caller: set by sec.enter for one transaction -------------------------------------

create function sys.need_setting(name text) returns text
    language plpgsql stable parallel safe as $$
declare
    v text := current_setting(name, true);
begin
    if v is null or v = '' then
        raise exception using errcode = 'HM500', message = 'sys.no_identity',
            detail = format('[{"code":"%s"}]', name);
    end if;
    return v;
end
$$;
comment on function sys.need_setting is 'A transaction setting that must be present: closed by default';

-- These are in every policy: plain expressions, which the planner puts in place; only complaints are a call
create function sys.tenant() returns bigint language sql stable parallel safe
    return coalesce(nullif(current_setting('hmis.tenant', true), ''), sys.need_setting('hmis.tenant'))::bigint;
comment on function sys.tenant is 'Tenant of the caller';
create function sys.facilities() returns text language sql stable parallel safe
    return coalesce(nullif(current_setting('hmis.facilities', true), ''), sys.need_setting('hmis.facilities'));
comment on function sys.facilities is 'Facilities in the caller''s scope, as text of bigint[]';
create function sys.facility() returns bigint language plpgsql stable parallel safe
    as $$ begin return sys.need_setting('hmis.facility')::bigint; end $$;
comment on function sys.facility is 'Facility the caller works at';
create function sys.user_id() returns bigint language sql stable parallel safe
    return nullif(current_setting('hmis.user', true), '')::bigint;
comment on function sys.user_id is 'User of the caller, null for the command line and jobs';
create function sys.request_id() returns text language sql stable parallel safe
    return nullif(current_setting('hmis.request', true), '');
comment on function sys.request_id is 'Request id of the caller, null outside requests';

-- Identifiers: node number × 2^40 + local sequence, below 2^53 ------------------------------------------

create function sys.node() returns bigint language sql immutable parallel safe return 1::bigint;
comment on function sys.node is 'Number of this node, 1..8191; `hmis migrate --node N` replaces it';

create table sys.setting (
    key text not null,
    tenant_id bigint,
    valid daterange not null default '(,)',
    value text not null,
    source text not null,
    certainty text not null default 'verified',
    constraint setting_certainty_check check (certainty in ('verified', 'secondary', 'unverified')),
    constraint setting_valid_excl exclude using gist (key with =, (coalesce(tenant_id, 0)) with =, valid with &&)
);
comment on table sys.setting is 'One row per setting that is data rather than configuration; dated so that a rule change is a row.';
comment on column sys.setting.key is 'Dotted name';
comment on column sys.setting.tenant_id is 'Null for all tenants';
comment on column sys.setting.valid is 'When it holds';
comment on column sys.setting.value is 'Text form; the reader knows the type';
comment on column sys.setting.source is 'Where the value comes from';
comment on column sys.setting.certainty is 'verified, secondary, unverified';

create table sys.transition (
    machine text not null,
    from_state text not null,
    to_state text not null,
    needs_reason boolean not null default false,
    constraint transition_pkey primary key (machine, from_state, to_state)
);
comment on table sys.transition is 'Allowed changes of state; a row missing here is a transition that cannot happen.';
comment on column sys.transition.machine is 'Table that has the state';
comment on column sys.transition.from_state is 'State before';
comment on column sys.transition.to_state is 'State after';
comment on column sys.transition.needs_reason is 'A reason must be given';

-- What every API function answers --------------------------------------------------------------------

create type api.reply as (
    status int,
    body text,
    etag text,
    location text,
    next_cursor text,
    followup text
);
comment on type api.reply is 'HTTP status, body bytes, entity tag, location, cursor of the next page, and text for a step in C that runs before the answer is sent';

-- Audit ------------------------------------------------------------------------------------------------

create table audit.change (
    change_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    tenant_id bigint not null,
    facility_id bigint,
    actor text not null,
    request_id text,
    table_name text not null,
    op text not null,
    keys bigint[] not null,
    before jsonb,
    after jsonb,
    xid xid8 not null default pg_current_xact_id(),
    constraint change_op_check check (op in ('I', 'U', 'D')),
    constraint change_pkey primary key (at, change_id)
) partition by range (at);
comment on table audit.change is 'Every change of an audited table: one row per statement for inserts (the row itself is the after-image), one per row for updates and deletes. Insert-only.';
comment on column audit.change.change_id is 'Order of writing';
comment on column audit.change.at is 'When';
comment on column audit.change.tenant_id is 'Tenant';
comment on column audit.change.facility_id is 'Facility, when the rows belong to one';
comment on column audit.change.actor is 'User id, or database role outside requests';
comment on column audit.change.request_id is 'HTTP request or job';
comment on column audit.change.table_name is 'schema.table';
comment on column audit.change.op is 'I, U, D';
comment on column audit.change.keys is 'Ids of the rows';
comment on column audit.change.before is 'Changed columns before (U) or the whole row (D)';
comment on column audit.change.after is 'Changed columns after (U)';
comment on column audit.change.xid is 'Transaction, for sealing in a gap-free order';
create table audit.change_rest partition of audit.change default;
comment on table audit.change_rest is 'Rows of audit.change whose month has no partition yet';
create index change_request_idx on audit.change (request_id) where request_id is not null;
create index change_keys_idx on audit.change (tenant_id, table_name, at);

create table audit.access (
    access_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    tenant_id bigint not null,
    facility_id bigint not null,
    user_id bigint,
    request_id text,
    patient_id bigint,
    what text not null,
    xid xid8 not null default pg_current_xact_id(),
    constraint access_pkey primary key (at, access_id)
) partition by range (at);
comment on table audit.access is 'Reads of a patient''s record.';
comment on column audit.access.access_id is 'Order of writing';
comment on column audit.access.at is 'When';
comment on column audit.access.tenant_id is 'Tenant';
comment on column audit.access.facility_id is 'Facility of the reader';
comment on column audit.access.user_id is 'Reader';
comment on column audit.access.request_id is 'HTTP request';
comment on column audit.access.patient_id is 'Whose record';
comment on column audit.access.what is 'Route or purpose';
comment on column audit.access.xid is 'Transaction';
create table audit.access_rest partition of audit.access default;
comment on table audit.access_rest is 'Rows of audit.access whose month has no partition yet';
create index access_patient_idx on audit.access (tenant_id, patient_id, at);

create table audit.chain (
    tenant_id bigint not null,
    facility_id bigint not null,
    link_no bigint not null,
    from_xid xid8 not null,
    upto_xid xid8 not null,
    row_count bigint not null,
    previous_hash bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null default clock_timestamp(),
    constraint chain_pkey primary key (tenant_id, facility_id, link_no),
    constraint chain_hash_check check (length(hash) = 32 and length(previous_hash) = 32)
);
comment on table audit.chain is 'Hash chain over sealed changes and accesses, one chain per tenant and facility: a link covers all rows of transactions older than upto_xid.';
comment on column audit.chain.tenant_id is 'Tenant';
comment on column audit.chain.facility_id is 'Facility, 0 for rows of no facility';
comment on column audit.chain.link_no is '1, 2, …';
comment on column audit.chain.from_xid is 'First transaction covered';
comment on column audit.chain.upto_xid is 'First transaction not covered';
comment on column audit.chain.row_count is 'Rows covered';
comment on column audit.chain.previous_hash is 'Hash of the link before, 32 zero bytes at the start';
comment on column audit.chain.hash is 'SHA-256 over previous_hash and the rows';
comment on column audit.chain.sealed_at is 'When';

create table audit.transition (
    transition_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    tenant_id bigint not null,
    facility_id bigint,
    actor text not null,
    request_id text,
    machine text not null,
    row_id bigint not null,
    from_state text not null,
    to_state text not null,
    reason text,
    constraint transition_log_pkey primary key (transition_id)
);
comment on table audit.transition is 'Each change of state: who, when, why.';
comment on column audit.transition.transition_id is 'Order of writing';
comment on column audit.transition.at is 'When';
comment on column audit.transition.tenant_id is 'Tenant';
comment on column audit.transition.facility_id is 'Facility';
comment on column audit.transition.actor is 'User id, or database role';
comment on column audit.transition.request_id is 'HTTP request or job';
comment on column audit.transition.machine is 'schema.table';
comment on column audit.transition.row_id is 'Id of the row';
comment on column audit.transition.from_state is 'State before';
comment on column audit.transition.to_state is 'State after';
comment on column audit.transition.reason is 'Why';
create index transition_row_idx on audit.transition (tenant_id, machine, row_id, transition_id);
