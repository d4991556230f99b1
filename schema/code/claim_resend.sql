-- Sending again what the gateway returned, unchanged: by a person with a reason, one claim or all of a month that came
-- back with one code. Nothing is sent again after it was received.
set local role hmis_owner;

delete from api.field where shape in ('claim_resend', 'claim_resends');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('claim_resend', 'reason', 'text', true, 3, 1000, null, null),
    ('claim_resends', 'facility', 'code', true, null, 5, null, null),
    ('claim_resends', 'month', 'text', true, 7, 7, null, null),
    ('claim_resends', 'code', 'code', true, null, 16, null, null),
    ('claim_resends', 'reason', 'text', true, 3, 1000, null, null);

-- Null, or why the current version of a claim cannot be sent again as it is.
create or replace function claim.resend_fault(c claim.claim) returns text
    language plpgsql stable as $$
begin
    return case
        when c.received_version = c.version_no then 'claim.received_already'
        when c.state in ('signed', 'sent') then 'claim.under_way'
        when c.state <> 'returned' then 'claim.not_returned'
        when not exists (select from claim.version w where w.tenant_id = c.tenant_id and w.claim_id = c.claim_id
            and w.version_no = c.version_no and w.is_signed) then 'claim.not_signed' end;
end
$$;
comment on function claim.resend_fault is 'The problem code that keeps a claim from being sent again unchanged; null when it can be';

-- c is locked, claim.resend_fault(c) is null and hmis.reason says why.
create or replace function claim.resend(c claim.claim) returns void
    language plpgsql as $$
begin
    update claim.finding f set state = 'explained'
    where f.tenant_id = c.tenant_id and f.claim_id = c.claim_id and f.source = 'gateway' and f.state = 'open';
    update claim.claim x set state = 'signed', updated_at = now() where x.tenant_id = c.tenant_id and x.claim_id = c.claim_id;
    insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, created_by, request_id)
    values (c.tenant_id, c.facility_id, 'claim_send', c.claim_id::text, jsonb_build_object('claim_id', c.claim_id), sys.user_id(),
        sys.request_id())
    on conflict (tenant_id, kind, dedup_key) where state in ('ready', 'running') and dedup_key is not null do nothing;
end
$$;
comment on function claim.resend is 'Queues a returned claim to be sent again as it is';

create or replace function api.claim_resend(wanted text, body jsonb) returns api.reply
    language plpgsql as $$
declare
    c claim.claim;
    fault text;
begin
    perform api.need_body('claim_resend', body);
    select * into c from claim.claim x where x.tenant_id = sys.tenant() and x.ma_lk = wanted for no key update;
    if not found then
        perform api.fail(404, 'claim.not_found');
    end if;
    fault := claim.resend_fault(c);
    if fault is not null then
        perform api.fail(409, fault, jsonb_build_array(api.error('/state', fault, c.state)));
    end if;
    perform set_config('hmis.reason', body ->> 'reason', true);
    perform claim.resend(c);
    select * into c from claim.claim x where x.tenant_id = c.tenant_id and x.claim_id = c.claim_id;
    return (202, claim.claim_json(c)::text, null, '/v1/claims/' || c.ma_lk, null, null)::api.reply;
end
$$;
comment on function api.claim_resend is 'POST /v1/claims/{ma_lk}/resend';

create or replace function api.claim_resends(body jsonb) returns api.reply
    language plpgsql as $$
declare
    f org.facility;
    c claim.claim;
    sent text[] := '{}';
begin
    perform api.need_body('claim_resends', body);
    if body ->> 'month' !~ '^20[0-9]{2}-(0[1-9]|1[0-2])$' then
        perform api.fail(422, 'body.invalid', jsonb_build_array(api.error('/month', 'value.bad_date', 'yyyy-MM')));
    end if;
    f := claim.facility_of(body ->> 'facility');
    perform set_config('hmis.reason', body ->> 'reason', true);
    for c in
        select x.* from claim.claim x
        where x.tenant_id = f.tenant_id and x.month = ((body ->> 'month') || '-01')::date and x.state = 'returned'
            and x.facility_id in (select s.facility_id from org.facility s where s.tenant_id = f.tenant_id and f.facility_id = any (s.path))
            and (select t.result_code from claim.transmission t where t.tenant_id = x.tenant_id and t.claim_id = x.claim_id
                and t.version_no = x.version_no order by t.transmission_id desc limit 1) = body ->> 'code'
        order by x.claim_id for no key update
    loop
        if claim.resend_fault(c) is null then
            perform claim.resend(c);
            sent := sent || c.ma_lk::text;
        end if;
    end loop;
    return (202, json_build_object('queued', cardinality(sent), 'ma_lk', sent)::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.claim_resends is 'POST /v1/claim-resends: all claims of a month that came back with one code';
