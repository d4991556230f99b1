-- The claim's way: draft → built → signed → sent → received or returned; check-ins; reconciliation.
-- Every function runs inside job.enter or sec.enter: row-level security limits what it sees.
set local role hmis_owner;

create or replace function claim.month_of(at timestamptz) returns date language sql immutable strict parallel safe
    return date_trunc('month', sys.business_date(at)::timestamp)::date;
comment on function claim.month_of is 'Settlement month of a discharge: the first day of its business month';

create or replace function claim.refresh_statistics() returns void
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    t record;
begin
    for t in select c.oid::regclass as name from pg_class c
        where c.oid = any ('{care.visit,care.diagnosis,care.movement,care.note,care.prescription,care.prescription_line,care.result,
                care.service_order,reg.patient,reg.coverage,bill.charge,claim.claim}'::regclass[])
            and pg_relation_size(c.oid) > 2 * greatest(c.relpages, 5) * current_setting('block_size')::bigint
    loop
        execute format('analyze %s', t.name);
    end loop;
end
$$;
comment on function claim.refresh_statistics is 'Statistics of the tables that claims are made of, when a table has doubled since the last: after an import autovacuum comes too late for the plans of a run';

create or replace function claim.run_start(id bigint) returns table (facility_id bigint, month date, total int)
    language plpgsql as $$
declare
    r claim.run;
    scope bigint[];
begin
    select * into r from claim.run x where x.tenant_id = sys.tenant() and x.run_id = id for update;
    if not found or r.state in ('done', 'failed') then
        return;
    end if;
    scope := array(select f.facility_id from org.facility f where f.tenant_id = r.tenant_id and r.facility_id = any (f.path));
    -- closed insured visits get their claim here when closing did not make one (imported visits)
    insert into claim.claim (tenant_id, facility_id, visit_id, ma_lk, month)
    select v.tenant_id, v.facility_id, v.visit_id, v.ma_lk, claim.month_of(v.discharged_at)
    from care.visit v
    where v.tenant_id = r.tenant_id and v.facility_id = any (scope) and v.status = 'closed' and v.coverage_id is not null
        and v.discharged_at >= r.month::timestamp at time zone 'Asia/Ho_Chi_Minh'
        and v.discharged_at < (r.month + interval '1 month') at time zone 'Asia/Ho_Chi_Minh'
        and not exists (select from claim.claim c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id)
    order by v.visit_id
    on conflict do nothing;
    perform claim.refresh_statistics();
    -- what was signed and lost its place in the queue (given up, or no gateway then) is sent again; the key of the
    -- queue and the receipt of a version keep it from being sent twice
    insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, request_id)
    select c.tenant_id, c.facility_id, 'claim_send', c.claim_id::text, jsonb_build_object('claim_id', c.claim_id), sys.request_id()
    from claim.claim c
    where c.tenant_id = r.tenant_id and c.facility_id = any (scope) and c.month = r.month and c.state in ('signed', 'sent')
        and c.received_version is distinct from c.version_no
    on conflict (tenant_id, kind, dedup_key) where state in ('ready', 'running') and dedup_key is not null do nothing;
    -- a run that was interrupted keeps what it has done: those claims are not drafts any more
    update claim.run x set state = 'running', started_at = coalesce(x.started_at, now()), rejected = 0,
        built = d.done, queued = d.done, total = d.done + (
            select count(*) from claim.claim c join care.visit v on v.tenant_id = c.tenant_id and v.visit_id = c.visit_id
            where c.tenant_id = r.tenant_id and c.facility_id = any (scope) and c.month = r.month
                and c.state in ('draft', 'judged', 'built', 'returned') and v.status = 'closed')
        from (select count(*) as done from claim.version w join claim.claim c on c.tenant_id = w.tenant_id and c.claim_id = w.claim_id
            where w.tenant_id = r.tenant_id and w.run_id = id and w.version_no = c.version_no
                and c.state not in ('draft', 'judged', 'built', 'returned')) d
        where x.tenant_id = r.tenant_id and x.run_id = id;
    return query select x.facility_id, x.month, x.total from claim.run x where x.tenant_id = r.tenant_id and x.run_id = id;
end
$$;
comment on function claim.run_start is 'Begins a run: makes missing claims, counts what is to be built; no row when it is over already';

-- Plans of these functions are kept for long by the connections of the jobs process, also from when the tables were empty.
-- So tables that a run fills are read only through "lateral (... offset 0)", which is looked up by its keys whatever the
-- statistics say; and run_start refreshes the statistics of the others, which makes the plans anew.
create or replace function claim.run_next(id bigint, after_claim bigint, most int)
    returns table (claim_id bigint, visit_id bigint, facility_code text, version_no int, last_sha256 text, last_is_signed boolean,
        overridden text[])
    language plpgsql stable set enable_sort = off as $$ -- along claim_run_idx: else each chunk sorts the whole month
declare
    r claim.run;
    scope bigint[];
begin
    select * into r from claim.run x where x.tenant_id = (select sys.tenant()) and x.run_id = id;
    scope := array(select f.facility_id from org.facility f where f.tenant_id = r.tenant_id and r.facility_id = any (f.path));
    return query
        select c.claim_id, c.visit_id, (select f.code::text from org.facility f where f.tenant_id = c.tenant_id and f.facility_id = c.facility_id),
            c.version_no, encode(w.content_sha256, 'hex'), coalesce(w.is_signed, false),
            (select array_agg(x) from claim.override o cross join lateral unnest(o.rules) x
                where o.tenant_id = c.tenant_id and o.visit_id = c.visit_id)
        from claim.claim c
        cross join lateral (select v.status from care.visit v where v.tenant_id = c.tenant_id and v.visit_id = c.visit_id offset 0) v
        left join lateral (select x.content_sha256, x.is_signed from claim.version x
            where x.tenant_id = c.tenant_id and x.claim_id = c.claim_id and x.version_no = c.version_no offset 0) w on true
        where c.tenant_id = r.tenant_id and c.month = r.month and c.claim_id > after_claim and c.facility_id = any (scope)
            and c.state in ('draft', 'judged', 'built', 'returned') and v.status = 'closed'
        order by c.claim_id limit most;
end
$$;
comment on function claim.run_next is 'The next claims of a run to build, in order of claim id, with the content hash of what they have';

create or replace function claim.store_findings(claim bigint, version int, source text, findings jsonb) returns void
    language plpgsql as $$
declare
    c claim.claim;
begin
    select * into c from claim.claim x where x.tenant_id = sys.tenant() and x.claim_id = claim;
    if found then
        perform claim.put_findings(c.tenant_id, c.facility_id, c.visit_id, claim, version, c.month, source, findings);
    end if;
end
$$;
comment on function claim.store_findings is 'The open findings of one source about a claim are now these; others of it count as adjusted';

-- A chunk of a run in one transaction. items: [{claim, do: reject|keep|new, findings, and of a new version: sha256, at, length
-- (bytes of envelopes), lines, hospital, insurance, fund}]. certificate null = unsigned.
-- new: appends a version and, when signed, queues its sending. keep: the content is what the current version says already, so
-- that nothing is made: received stays received, unsent is queued again, returned is to be mended first. What another
-- transaction has moved on meanwhile is left alone.
-- work_mem holds what the audit trigger of claim.version sees of a chunk, which has the envelopes in it.
create or replace function claim.run_store(run bigint, items jsonb, envelopes bytea, certificate bytea)
    returns table (built int, rejected int, queued int)
    language plpgsql set work_mem = '64MB' as $$
declare
    made text := case when certificate is null then 'built' else 'signed' end;
    ids bigint[] := array(select i.claim from jsonb_to_recordset(items) as i (claim bigint));
    results jsonb;
    mended bigint[];
begin
    -- in order of id, like everybody who locks several claims
    perform c.claim_id from claim.claim c where c.tenant_id = (select sys.tenant()) and c.claim_id = any (ids)
        order by c.claim_id for update;
    with item as materialized (
        select i.*, c.*, case
            when i.do = 'new' and c.state in ('draft', 'judged', 'built', 'returned') then made
            when i.do = 'keep' and c.state in ('draft', 'judged') then case when c.received_version = c.version_no then 'received'
                when (select w.is_signed from claim.version w where w.tenant_id = c.tenant_id and w.claim_id = i.claim
                    and w.version_no = c.version_no) then 'signed' else 'built' end
            when i.do = 'reject' and c.state = 'draft' then 'judged' end as becomes
        from jsonb_to_recordset(items) as i (claim bigint, "do" text, findings jsonb, sha256 text, "at" int, length int,
            lines int, hospital numeric, insurance numeric, fund numeric)
        cross join lateral (select x.tenant_id, x.facility_id, x.visit_id, x.state, x.version_no, x.received_version from claim.claim x
            where x.tenant_id = (select sys.tenant()) and x.claim_id = i.claim offset 0) c
    ), version as (
        insert into claim.version (tenant_id, facility_id, claim_id, version_no, reason, content_sha256, envelope, is_signed,
            certificate_sha256, line_count, run_id)
        select i.tenant_id, i.facility_id, i.claim, i.version_no + 1,
            case when i.version_no = 0 then 'first' when i.state = 'returned' then 'returned'
                when i.received_version is not null then 'reopened' else 'corrected' end,
            decode(i.sha256, 'hex'), substr(envelopes, i.at + 1, i.length), certificate is not null, pg_catalog.sha256(certificate),
            i.lines, run
        from item i where i.do = 'new' and i.becomes is not null
    ), moved as (
        -- from returned straight to signed is the way of the same content, which a person sends again for a reason
        update claim.claim c set state = case i.state when 'returned' then 'built' else i.becomes end, updated_at = now(),
            version_no = case when i.do = 'new' then i.version_no + 1 else c.version_no end,
            amount_hospital = coalesce(i.hospital, c.amount_hospital), amount_insurance = coalesce(i.insurance, c.amount_insurance),
            fund_share = coalesce(i.fund, c.fund_share)
        from item i where c.tenant_id = (select sys.tenant()) and c.claim_id = any (ids) and c.claim_id = i.claim and i.becomes is not null
    ), queue as (
        insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, request_id)
        select i.tenant_id, i.facility_id, 'claim_send', i.claim::text, jsonb_build_object('claim_id', i.claim), sys.request_id()
        from item i where i.becomes = 'signed'
        on conflict (tenant_id, kind, dedup_key) where state in ('ready', 'running') and dedup_key is not null do nothing
    )
    select count(*) filter (where i.do <> 'reject' and (i.becomes is not null or i.do = 'keep' and i.state <> 'returned')),
        count(*) filter (where i.do = 'reject' or i.do = 'keep' and i.state = 'returned'),
        count(*) filter (where i.becomes = 'signed'),
        jsonb_agg(jsonb_build_object('claim', i.claim, 'visit', i.visit_id, 'version', i.version_no + 1, 'findings', i.findings))
            filter (where i.do = 'reject' or i.do = 'new' and i.becomes is not null),
        array_agg(i.claim) filter (where i.state = 'returned' and i.becomes = 'signed')
        into built, rejected, queued, results, mended from item i;
    if mended is not null then
        update claim.claim c set state = 'signed' where c.tenant_id = (select sys.tenant()) and c.claim_id = any (mended);
    end if;
    perform claim.store_findings(i.claim, i.version, 'own', i.findings)
        from jsonb_to_recordset(results) as i (claim bigint, visit bigint, version int, findings jsonb)
        where i.findings <> '[]' or (select true from claim.finding f where f.tenant_id = (select sys.tenant())
            and f.visit_id = i.visit and f.source = 'own' and f.state = 'open' limit 1);
    perform claim.run_progress(run, built, rejected, queued, false, null);
    return next;
end
$$;
comment on function claim.run_store is 'Stores what a run made of some claims, queues their sending and counts them, all in one transaction';

create or replace function claim.run_progress(id bigint, built int, rejected int, queued int, finished boolean, problem text) returns void
    language plpgsql as $$
begin
    update claim.run r set built = r.built + run_progress.built, rejected = r.rejected + run_progress.rejected,
        queued = r.queued + run_progress.queued,
        state = case when problem is not null then 'failed' when finished then 'done' else r.state end,
        finished_at = case when finished or problem is not null then now() end, error = problem
        where r.tenant_id = sys.tenant() and r.run_id = id and r.state = 'running';
end
$$;
comment on function claim.run_progress is 'Adds to the counts of a run, or ends it';

-- Sending: what is sent is written down before the first byte leaves, so that a crash leaves an attempt with
-- an unknown outcome and never a forgotten one.
create or replace function claim.send_begin(claim bigint)
    returns table (transmission_id bigint, version_no int, envelope text, facility_code text, province_code text, username text)
    language plpgsql as $$
declare
    c claim.claim;
begin
    select * into c from claim.claim x where x.tenant_id = sys.tenant() and x.claim_id = claim for update;
    if not found or c.state not in ('signed', 'sent') or c.received_version = c.version_no then
        return;
    end if;
    if c.state = 'signed' then
        update claim.claim x set state = 'sent', updated_at = now() where x.tenant_id = c.tenant_id and x.claim_id = claim;
    end if;
    return query
        with t as (
            insert into claim.transmission (tenant_id, facility_id, claim_id, version_no, attempt)
            values (c.tenant_id, c.facility_id, claim, c.version_no, 1 + (select count(*)::int from claim.transmission p
                where p.tenant_id = c.tenant_id and p.claim_id = claim and p.version_no = c.version_no))
            returning transmission.transmission_id)
        select t.transmission_id, v.version_no, translate(encode(v.envelope, 'base64'), E'\n', ''), f.code::text, left(f.code, 2), coalesce(u.gateway_username, f.gateway_username)
        from t
        join claim.version v on v.tenant_id = c.tenant_id and v.claim_id = claim and v.version_no = c.version_no
        join org.facility f on f.tenant_id = c.tenant_id and f.facility_id = c.facility_id
        left join org.facility u on u.tenant_id = f.tenant_id and u.facility_id = f.bills_under_id;
end
$$;
comment on function claim.send_begin is 'Records an attempt and returns what is to be sent (envelope in base64); no row when the current version was received already';

create or replace function claim.send_end(transmission bigint, result text, http int, code text, transaction_id text,
    received_at_text text, message text, raw_answer text) returns text
    language plpgsql as $$
declare
    t claim.transmission;
    c claim.claim;
begin
    select * into t from claim.transmission x where x.tenant_id = sys.tenant() and x.transmission_id = transmission for update;
    select * into c from claim.claim x where x.tenant_id = t.tenant_id and x.claim_id = t.claim_id for update;
    -- a receipt that another claim has already is not ours: what became of this one is unknown
    if result = 'received' then
        perform pg_advisory_xact_lock(hashtextextended('claim.receipt ' || transaction_id, t.tenant_id));
    end if;
    if result = 'received' and exists (select from claim.transmission x where x.tenant_id = t.tenant_id
            and x.ma_giao_dich = transaction_id and x.outcome = 'received' and x.claim_id is distinct from t.claim_id) then
        result := 'unknown';
    end if;
    -- 124 is read in two ways, "stored with errors" and "refused" (gateway API §4.4): once more before it counts as refused
    if result = 'refused' and code = '124' and not exists (select from claim.transmission x where x.tenant_id = t.tenant_id
            and x.claim_id = t.claim_id and x.version_no = t.version_no and x.result_code = '124') then
        result := 'retry';
    end if;
    update claim.transmission x set finished_at = now(), outcome = result, http_status = http, result_code = code,
        ma_giao_dich = transaction_id, received_text = received_at_text, message = left(send_end.message, 8000),
        raw = left(raw_answer, 65536)
        where x.tenant_id = t.tenant_id and x.transmission_id = transmission;
    if c.state <> 'sent' or c.version_no <> t.version_no then
        return c.state; -- reopened meanwhile: the new version decides
    end if;
    if result = 'received' then
        update claim.claim x set state = 'received', ma_giao_dich = transaction_id, received_version = t.version_no,
            received_at = now(), updated_at = now() where x.tenant_id = c.tenant_id and x.claim_id = c.claim_id;
        return 'received';
    elsif result = 'refused' then
        update claim.claim x set state = 'returned', updated_at = now() where x.tenant_id = c.tenant_id and x.claim_id = c.claim_id;
        perform claim.store_findings(c.claim_id, t.version_no, 'gateway', jsonb_build_array(jsonb_build_object(
            'rule', coalesce(code, 'http-' || http), 'severity', 'critical',
            'message_vi', coalesce(nullif(left(message, 2000), ''), 'Cổng từ chối hồ sơ'),
            'message_en', 'The gateway refused the claim with code ' || coalesce(code, http::text), 'amount', c.fund_share)));
        return 'returned';
    end if;
    return 'sent';
end
$$;
comment on function claim.send_end is 'Writes down how an attempt ended and moves the claim: received, returned, or still sent (unknown, try again)';

-- The gateway refuses the account, the facility or the certificate: sending more of the same would only add refusals.
create or replace function claim.send_hold(claim bigint, delay_s int) returns int
    language plpgsql as $$
declare
    n int;
begin
    with account as (
        select f.tenant_id, f.facility_id, coalesce(u.gateway_username, f.gateway_username) as username
        from org.facility f left join org.facility u on u.tenant_id = f.tenant_id and u.facility_id = f.bills_under_id
        where f.tenant_id = sys.tenant())
    update job.queue q set run_at = greatest(q.run_at, now() + make_interval(secs => delay_s))
    from claim.claim c join account a on a.tenant_id = c.tenant_id and a.facility_id = c.facility_id
        join account b on b.username is not distinct from a.username
    where c.tenant_id = sys.tenant() and c.claim_id = claim and q.tenant_id = c.tenant_id and q.facility_id = b.facility_id
        and q.kind = 'claim_send' and q.state = 'ready' and q.run_at < now() + make_interval(secs => delay_s);
    get diagnostics n = row_count;
    return n;
end
$$;
comment on function claim.send_hold is 'Holds the sending of all claims that go by the same gateway account';

-- Check-ins -----------------------------------------------------------------------------------------------

create or replace function claim.check_in_begin(id bigint)
    returns table (transmission_id bigint, facility_code text, province_code text, username text)
    language plpgsql as $$
declare
    i claim.check_in;
begin
    select * into i from claim.check_in x where x.tenant_id = sys.tenant() and x.check_in_id = id for update;
    if not found or i.state <> 'queued' then
        return;
    end if;
    return query
        with t as (
            insert into claim.transmission (tenant_id, facility_id, check_in_id, attempt)
            values (i.tenant_id, i.facility_id, id, 1 + (select count(*)::int from claim.transmission p
                where p.tenant_id = i.tenant_id and p.check_in_id = id))
            returning transmission.transmission_id)
        select t.transmission_id, f.code::text, left(f.code, 2), coalesce(u.gateway_username, f.gateway_username)
        from t
        join org.facility f on f.tenant_id = i.tenant_id and f.facility_id = i.facility_id
        left join org.facility u on u.tenant_id = f.tenant_id and u.facility_id = f.bills_under_id;
end
$$;
comment on function claim.check_in_begin is 'Records an attempt to send a check-in; no row when it is over';

create or replace function claim.check_in_end(transmission bigint, result text, http int, code text, transaction_id text,
    message text, raw_answer text) returns void
    language plpgsql as $$
declare
    t claim.transmission;
begin
    update claim.transmission x set finished_at = now(), outcome = result, http_status = http, result_code = code,
        ma_giao_dich = transaction_id, message = left(check_in_end.message, 8000), raw = left(raw_answer, 65536)
        where x.tenant_id = sys.tenant() and x.transmission_id = transmission returning * into t;
    update claim.check_in i set state = case result when 'received' then 'received' when 'refused' then 'refused' else i.state end,
        ma_giao_dich = coalesce(transaction_id, i.ma_giao_dich)
        where i.tenant_id = t.tenant_id and i.check_in_id = t.check_in_id and i.state = 'queued';
end
$$;
comment on function claim.check_in_end is 'Writes down how an attempt to send a check-in ended';

create or replace function claim.check_in_give_up(id bigint) returns void
    language plpgsql as $$
begin
    update claim.check_in i set state = 'given_up' where i.tenant_id = sys.tenant() and i.check_in_id = id and i.state = 'queued';
end
$$;
comment on function claim.check_in_give_up is 'After the last try: a check-in is informational and never blocks care';

-- Coverage checks ------------------------------------------------------------------------------------------

create or replace function reg.coverage_check_begin(id bigint)
    returns table (card_key text, full_name text, born_text text, username text, staff_name text, staff_citizen_id text)
    language plpgsql as $$
begin
    return query
        update reg.coverage_check k set attempts = k.attempts + 1
        from org.facility f left join org.facility u on u.tenant_id = f.tenant_id and u.facility_id = f.bills_under_id
        where k.tenant_id = sys.tenant() and k.coverage_check_id = id and k.state <> 'answered'
            and f.tenant_id = k.tenant_id and f.facility_id = k.facility_id
        returning k.card_key, k.full_name, k.born_text, coalesce(u.gateway_username, f.gateway_username),
            (select s.full_name from org.staff s where s.tenant_id = k.tenant_id and s.citizen_id is not null
                and s.valid @> current_date order by s.staff_id limit 1),
            (select s.citizen_id::text from org.staff s where s.tenant_id = k.tenant_id and s.citizen_id is not null
                and s.valid @> current_date order by s.staff_id limit 1);
end
$$;
comment on function reg.coverage_check_begin is 'What to ask the gateway; the asking staff member is the first one with a citizen id on file';

create or replace function reg.coverage_check_end(id bigint, new_state text, code text, verdict text, answer jsonb) returns void
    language plpgsql as $$
declare
    k reg.coverage_check;
begin
    update reg.coverage_check x set state = new_state, result_code = code, verdict = coverage_check_end.verdict,
        answer = coverage_check_end.answer, answered_at = case when new_state = 'answered' then now() end
        where x.tenant_id = sys.tenant() and x.coverage_check_id = id returning * into k;
    update care.visit v set coverage_state = case
            when new_state <> 'answered' then 'not_checked'
            when coverage_check_end.verdict in ('ok', 'switch_card') then 'ok'
            when coverage_check_end.verdict = 'reject' then 'rejected' else 'not_checked' end,
        version = v.version + 1
        where v.tenant_id = k.tenant_id and v.visit_id = k.visit_id and v.status <> 'closed';
end
$$;
comment on function reg.coverage_check_end is 'Keeps the gateway''s answer with the check and marks the visit; a gateway that is down leaves it not checked';

-- Reconciliation -------------------------------------------------------------------------------------------

-- Compares one facility and day: insured visits closed that day against claims sent and received, and what the
-- gateway lists as received that day (gateway = {"count", "amount", "transactions": [ids]}, or null) against
-- our receipts of that day.
create or replace function claim.reconcile(facility bigint, on_day date, gateway jsonb) returns claim.reconciliation
    language plpgsql as $$
declare
    r claim.reconciliation;
    ours_count int;
    ours_amount numeric;
begin
    r.tenant_id := sys.tenant();
    r.facility_id := facility;
    r.on_date := on_day;
    with day as (
        select v.ma_lk, v.visit_id, c.state, c.received_version, c.version_no, c.fund_share,
            (select coalesce(sum(h.fund_share), 0) from bill.charge h
                where h.tenant_id = v.tenant_id and h.visit_id = v.visit_id and not h.is_void) as fund_now
        from care.visit v left join claim.claim c on c.tenant_id = v.tenant_id and c.visit_id = v.visit_id
        where v.tenant_id = r.tenant_id and v.facility_id = facility and v.closed_on = on_day and v.coverage_id is not null)
    select count(*), coalesce(sum(fund_now), 0),
        count(*) filter (where state in ('sent', 'received', 'review', 'accepted', 'cut', 'refused', 'settled')),
        count(*) filter (where received_version = version_no),
        coalesce(sum(fund_share) filter (where received_version = version_no), 0),
        coalesce(jsonb_agg(jsonb_build_object('ma_lk', ma_lk, 'what', case
            when state is null or state in ('draft', 'judged', 'built', 'signed') then 'closed_not_sent'
            when state = 'returned' then 'returned'
            when received_version is null then 'sent_not_received'
            when received_version <> version_no then 'received_but_changed'
            else 'amount_differs' end, 'state', state, 'fund_now', fund_now, 'fund_claimed', fund_share) order by ma_lk)
            filter (where received_version is distinct from version_no or fund_now is distinct from fund_share::numeric), '[]')
    into r.closed_count, r.closed_amount, r.sent_count, r.received_count, r.received_amount, r.differences
    from day;
    if gateway is not null then
        select count(*), coalesce(sum(c.fund_share), 0) into ours_count, ours_amount
        from claim.claim c where c.tenant_id = r.tenant_id and c.facility_id = facility
            and sys.business_date(c.received_at) = on_day and c.received_version = c.version_no;
        r.gateway_count := (gateway ->> 'count')::int;
        r.gateway_amount := (gateway ->> 'amount')::numeric;
        if (r.gateway_count, r.gateway_amount) is distinct from (ours_count, ours_amount::sys.share) then
            r.differences := r.differences || jsonb_build_array(jsonb_build_object('what', 'gateway_totals',
                'ours', ours_count, 'ours_amount', ours_amount, 'gateway', r.gateway_count, 'gateway_amount', r.gateway_amount));
        end if;
        r.differences := r.differences || coalesce((
            select jsonb_agg(jsonb_build_object('what', 'unknown_to_us', 'ma_giao_dich', g.id))
            from jsonb_array_elements_text(gateway -> 'transactions') g (id)
            where not exists (select from claim.transmission t where t.tenant_id = r.tenant_id and t.ma_giao_dich = g.id)), '[]')
            || coalesce((
            select jsonb_agg(jsonb_build_object('what', 'missing_at_gateway', 'ma_lk', c.ma_lk, 'ma_giao_dich', c.ma_giao_dich))
            from claim.claim c where c.tenant_id = r.tenant_id and c.facility_id = facility
                and sys.business_date(c.received_at) = on_day and c.received_version = c.version_no
                and not gateway -> 'transactions' ? c.ma_giao_dich), '[]');
    end if;
    r.is_balanced := r.differences = '[]' and r.closed_count = r.sent_count and r.sent_count = r.received_count;
    insert into claim.reconciliation (tenant_id, facility_id, on_date, closed_count, closed_amount, sent_count, received_count,
        received_amount, gateway_count, gateway_amount, differences, is_balanced)
    values (r.tenant_id, facility, on_day, r.closed_count, r.closed_amount, r.sent_count, r.received_count, r.received_amount,
        r.gateway_count, r.gateway_amount, r.differences, r.is_balanced)
    returning * into r;
    return r;
end
$$;
comment on function claim.reconcile is 'Daily comparison closed = sent = received, with the differences listed; each call appends a row';

-- A comparison of every day of the window, of the older days of which a claim changed since they were last compared (a late
-- answer, a correction), and of those that never were (the jobs process was away). The gateway is asked only for days that it still shows.
create or replace function claim.reconcile_targets(facility bigint, on_day date)
    returns table (facility_id bigint, facility_code text, username text, day date)
    language plpgsql stable as $$
declare
    today date := sys.business_date(now());
    days int := ref.parameter_on('reconcile_days', today)::int;
    look_back int := ref.parameter_on('reconcile_look_back_days', today)::int;
    shown int := ref.parameter_on('gateway_lookup_days', today)::int;
begin
    return query
        with place as (
            select f.facility_id, f.code::text as code, coalesce(u.gateway_username, f.gateway_username) as username
            from org.facility f
            left join org.facility u on u.tenant_id = f.tenant_id and u.facility_id = f.bills_under_id
            where f.tenant_id = sys.tenant() and (facility is null or f.facility_id = facility)
        ), changed as (
            select c.facility_id, d.day, max(c.updated_at) as at
            from claim.claim c
            join care.visit v on v.tenant_id = c.tenant_id and v.visit_id = c.visit_id
            cross join lateral (select v.closed_on as day union select sys.business_date(c.received_at)) d
            where c.tenant_id = sys.tenant() and on_day is null and d.day < today
                and c.updated_at > now() - make_interval(days => look_back)
            group by 1, 2
        ), wanted as (
            select p.facility_id, g.day::date as day from place p
            cross join generate_series(coalesce(on_day, today - days + 1), coalesce(on_day, today), interval '1 day') g (day)
            union
            select p.facility_id, x.day from place p join changed x on x.facility_id = p.facility_id
            where x.at > coalesce((select max(r.made_at) from claim.reconciliation r where r.tenant_id = sys.tenant()
                and r.facility_id = x.facility_id and r.on_date = x.day), '-infinity')
            union
            select p.facility_id, v.closed_on
            from place p join care.visit v on v.tenant_id = sys.tenant() and v.facility_id = p.facility_id
            where on_day is null and v.closed_on >= today - look_back and v.closed_on < today and v.coverage_id is not null
                and not exists (select from claim.reconciliation r where r.tenant_id = sys.tenant()
                    and r.facility_id = v.facility_id and r.on_date = v.closed_on)
        )
        select p.facility_id, p.code, case when w.day > today - shown then p.username end, w.day
        from place p join wanted w on w.facility_id = p.facility_id
        order by p.facility_id, w.day;
end
$$;
comment on function claim.reconcile_targets is 'What a reconciliation goes through: one facility and day, or all facilities with the days of the window and the older days that changed';

create or replace function claim.funnel(facility bigint, for_month date) returns jsonb
    language plpgsql stable as $$
begin
    return (
        with scope as (
            select f.facility_id from org.facility f where f.tenant_id = sys.tenant() and facility = any (f.path)),
        visits as (
            select v.status, v.coverage_id is not null as insured, v.visit_id, v.tenant_id from care.visit v
            where v.tenant_id = sys.tenant() and v.facility_id in (select * from scope)
                and v.arrived_at >= for_month::timestamp at time zone 'Asia/Ho_Chi_Minh'
                and v.arrived_at < (for_month + interval '1 month') at time zone 'Asia/Ho_Chi_Minh'),
        claims as (
            select c.* from claim.claim c where c.tenant_id = sys.tenant() and c.facility_id in (select * from scope)
                and c.month = for_month)
        select jsonb_build_object(
            'visits', (select count(*) from visits),
            'closed', (select count(*) from visits where status = 'closed'),
            'insured_closed', (select count(*) from visits where status = 'closed' and insured),
            'claims', (select count(*) from claims),
            'built', (select count(*) from claims where version_no > 0),
            'signed', (select count(*) from claims where state in ('signed', 'sent', 'received', 'returned')),
            'sent', (select count(*) from claims where state in ('sent', 'received', 'returned')),
            'received', (select count(*) from claims where received_version = version_no),
            'returned', (select count(*) from claims where state = 'returned'),
            'refused_at_close', (select count(*) from claim.verdict d where d.tenant_id = sys.tenant() and d.facility_id in (select * from scope)
                and d.month = for_month and d.refusals > 0),
            'refused_now', (select count(*) from claim.verdict d where d.tenant_id = sys.tenant() and d.facility_id in (select * from scope)
                and d.month = for_month and d.state = 'refused'),
            'overridden', (select count(distinct o.visit_id) from claim.override o join claims c on c.tenant_id = o.tenant_id and c.visit_id = o.visit_id),
            'held', (select count(*) from claims where state = 'judged'),
            'at_risk', (select coalesce(sum(d.at_risk), 0) from claim.verdict d where d.tenant_id = sys.tenant()
                and d.facility_id in (select * from scope) and d.month = for_month and d.state = 'refused'),
            'amount_hospital', (select coalesce(sum(amount_hospital), 0) from claims),
            'amount_insurance', (select coalesce(sum(amount_insurance), 0) from claims),
            'fund_claimed', (select coalesce(sum(fund_share), 0) from claims),
            'fund_received', (select coalesce(sum(fund_share), 0) from claims where received_version = version_no)));
end
$$;
comment on function claim.funnel is 'Visits → closed → built → signed → sent → received of a month, with amounts';
