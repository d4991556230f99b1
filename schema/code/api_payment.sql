-- The ledger and what moves it: closing and reopening of visits, payments, deposits, refunds; receipts.
-- Accounts per facility: cash, bank | patient (owed by patients) | deposit (held for patients) | revenue. Debit is
-- positive. Only the patients' part goes through the ledger; what the fund owes is in claim.*.
set local role hmis_owner;

delete from api.field where shape in ('payment', 'refund', 'support');
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('payment', 'amount', 'number', true, 0.01, 99999999999, null, null),
    ('payment', 'method', 'choice', true, null, null, '{cash,bank}', null),
    ('payment', 'settlement_key', 'code', true, null, 64, null, null),
    ('payment', 'receipt_book_id', 'id', false, null, null, null, null),
    ('refund', 'amount', 'number', false, 0.01, 99999999999, null, null),
    ('refund', 'method', 'choice', true, null, null, '{cash,bank}', null),
    ('refund', 'reason', 'text', true, 3, 1000, null, null),
    ('refund', 'settlement_key', 'code', true, null, 64, null, null),
    ('refund', 'receipt_book_id', 'id', false, null, null, null, null),
    ('support', 'mode', 'choice', true, null, null, '{none,individual,facility,arv}', null),
    ('support', 'state', 'number', false, 0, 99999999999, null, null),
    ('support', 'foreign', 'number', false, 0, 99999999999, null, null),
    ('support', 'domestic', 'number', false, 0, 99999999999, null, null),
    ('support', 'rest', 'number', false, 0, 99999999999, null, null);

create or replace function bill.post(v care.visit, payment bigint, accounts text[], amounts numeric[]) returns void
    language plpgsql as $$
declare
    posting bigint := (sys.node() << 40) + nextval('bill.entry_seq');
begin
    insert into bill.account (tenant_id, facility_id, code, name)
    select v.tenant_id, v.facility_id, a.code, a.name from (values ('cash', 'Tiền mặt'), ('bank', 'Ngân hàng'),
        ('patient', 'Phải thu người bệnh'), ('deposit', 'Tạm ứng của người bệnh'), ('revenue', 'Doanh thu viện phí')) a (code, name)
    where a.code = any (accounts)
        and not exists (select from bill.account x where x.tenant_id = v.tenant_id and x.facility_id = v.facility_id and x.code = a.code)
    on conflict do nothing;
    insert into bill.entry (tenant_id, facility_id, posting_id, account_code, visit_id, payment_id, amount)
    select v.tenant_id, v.facility_id, posting, e.account, v.visit_id, payment, e.amount
    from unnest(accounts, amounts) e (account, amount) where e.amount <> 0;
end
$$;
comment on function bill.post is 'One balanced posting; a constraint trigger refuses it otherwise';

create or replace function bill.balance(v care.visit, account text) returns numeric
    language plpgsql stable as $$
begin
    return (select coalesce(sum(e.amount), 0) from bill.entry e
        where e.tenant_id = v.tenant_id and e.visit_id = v.visit_id and e.account_code = account);
end
$$;
comment on function bill.balance is 'Balance of an account for one visit, debit positive';

create or replace function bill.patient_part(v care.visit) returns numeric
    language plpgsql stable as $$
begin
    return (select coalesce(sum(c.copay_share + c.self_share), 0) from bill.charge c
        where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void);
end
$$;
comment on function bill.patient_part is 'What the patient has to pay for a visit in all';

-- Before closing nothing is booked as owed yet: the part of the patient less what came in.
create or replace function bill.due(v care.visit) returns numeric
    language plpgsql stable as $$
begin
    return case when v.status = 'closed' then 0 else bill.patient_part(v) end + bill.balance(v, 'patient') + bill.balance(v, 'deposit');
end
$$;
comment on function bill.due is 'What the patient still owes for a visit; negative: to be given back';

create or replace function bill.post_closing(v care.visit) returns void
    language plpgsql as $$
declare
    part numeric := bill.patient_part(v);
    held numeric := -bill.balance(v, 'deposit');
    owed numeric := part + bill.balance(v, 'patient');
    used numeric := least(held, greatest(owed, 0));
begin
    perform bill.post(v, null, array['patient', 'revenue'], array[part, -part]);
    perform bill.post(v, null, array['deposit', 'patient'], array[used, -used]);
end
$$;
comment on function bill.post_closing is 'Books the patient''s part as revenue and uses the deposit for it';

create or replace function bill.post_reopening(v care.visit) returns void
    language plpgsql as $$
begin
    perform bill.post(v, null, array_agg(x.account_code), array_agg(-x.amount))
    from (select e.account_code, sum(e.amount) as amount from bill.entry e
        where e.tenant_id = v.tenant_id and e.visit_id = v.visit_id and e.payment_id is null group by 1 having sum(e.amount) <> 0) x
    having count(*) > 0;
end
$$;
comment on function bill.post_reopening is 'Takes back what closing booked';

-- Gives the next number of a book; its row stays locked until the end, so that a failure leaves no gap. Called last.
create or replace function bill.next_receipt(v care.visit, wanted text, book bigint, out book_id bigint, out number bigint)
    language plpgsql as $$
begin
    if book is null and not exists (select from bill.receipt_book b where b.tenant_id = v.tenant_id and b.facility_id = v.facility_id
            and b.kind = wanted and b.is_open) then
        insert into bill.receipt_book (tenant_id, facility_id, code, kind)
        values (v.tenant_id, v.facility_id, case wanted when 'payment' then 'BL' else 'HT' end || to_char(now(), 'YYYY'), wanted)
        on conflict (tenant_id, facility_id, code) do nothing;
    end if;
    update bill.receipt_book b set last_no = b.last_no + 1
    where b.tenant_id = v.tenant_id and b.receipt_book_id = coalesce(book, (select min(x.receipt_book_id) from bill.receipt_book x
            where x.tenant_id = v.tenant_id and x.facility_id = v.facility_id and x.kind = wanted and x.is_open and x.last_no < x.limit_no))
        and b.facility_id = v.facility_id and b.kind = wanted and b.is_open and b.last_no < b.limit_no
    returning b.receipt_book_id, b.last_no into book_id, number;
    if number is null then
        perform api.fail(422, 'receipt_book.none', jsonb_build_array(api.error('/receipt_book_id', 'reference.unknown')));
    end if;
end
$$;
comment on function bill.next_receipt is 'Next number of a receipt book, gapless';

create or replace function bill.paying_visit(id bigint) returns care.visit
    language plpgsql as $$
declare
    v care.visit;
begin
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    if not found then
        perform api.fail(404, 'visit.not_found');
    end if;
    if not v.is_priced then
        perform api.fail(409, 'visit.not_priced');
    end if;
    return v;
end
$$;
comment on function bill.paying_visit is 'A visit whose bill is known, locked';

create or replace function bill.settle(v care.visit, kind text, body jsonb, amount numeric, refunds bigint) returns api.reply
    language plpgsql as $$
declare
    p bill.payment;
    r record;
    money text := body ->> 'method';
    book text := case kind when 'refund' then 'refund' else 'payment' end;
begin
    if amount <> round(amount, 2) then
        perform api.fail(422, 'payment.refused', jsonb_build_array(api.error('/amount', 'value.out_of_range')));
    end if;
    if exists (select from bill.payment x where x.tenant_id = v.tenant_id and x.settlement_key = body ->> 'settlement_key') then
        perform api.fail(409, 'payment.settled', jsonb_build_array(api.error('/settlement_key', 'value.taken')));
    end if;
    p.payment_id := (sys.node() << 40) + nextval('bill.payment_seq');
    select * into r from bill.next_receipt(v, book, (body ->> 'receipt_book_id')::bigint);
    insert into bill.payment (tenant_id, facility_id, payment_id, visit_id, kind, method, amount, settlement_key, receipt_book_id,
        receipt_no, refunds_id, reason, taken_by)
    values (v.tenant_id, v.facility_id, p.payment_id, v.visit_id, kind, money, amount, body ->> 'settlement_key', r.book_id, r.number,
        refunds, body ->> 'reason', sys.user_id());
    perform bill.post(v, p.payment_id,
        array[money, case when kind = 'payment' or exists (select from bill.payment x where x.tenant_id = v.tenant_id
            and x.payment_id = refunds and x.kind = 'payment') then 'patient' else 'deposit' end],
        case kind when 'refund' then array[-amount, amount] else array[amount, -amount] end);
    if v.status = 'closed' and (bill.due(v) = 0) is distinct from (v.settled_at is not null) then
        update care.visit x set settled_at = case when x.settled_at is null then now() end
        where x.tenant_id = v.tenant_id and x.visit_id = v.visit_id;
    end if;
    return (201, json_build_object('id', p.payment_id, 'visit_id', v.visit_id, 'kind', kind, 'method', money, 'amount', amount,
        'receipt', json_build_object('book', (select b.code from bill.receipt_book b where b.tenant_id = v.tenant_id
            and b.receipt_book_id = r.book_id), 'number', r.number), 'due', bill.due(v))::text,
        null, '/v1/visits/' || v.visit_id || '/receipts', null, null)::api.reply;
end
$$;
comment on function bill.settle is 'Takes or gives money once per settlement key: payment, receipt number, posting';

create or replace function api.payment_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    amount numeric := case when jsonb_typeof(body -> 'amount') = 'number' then (body -> 'amount')::numeric end;
begin
    perform api.need_body('payment', body);
    v := bill.paying_visit(id);
    if amount > bill.due(v) and not exists (select from bill.payment x where x.tenant_id = v.tenant_id
            and x.settlement_key = body ->> 'settlement_key') then
        perform api.fail(422, 'payment.refused', jsonb_build_array(api.error('/amount', 'more_than_due', bill.due(v)::text)));
    end if;
    return bill.settle(v, 'payment', body, amount, null);
end
$$;
comment on function api.payment_add is 'POST /v1/visits/{id}/payments';

create or replace function api.deposit_add(id bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
begin
    perform api.need_body('payment', body);
    v := care.lock_visit(id);
    return bill.settle(v, 'deposit', body, (body -> 'amount')::numeric, null);
end
$$;
comment on function api.deposit_add is 'POST /v1/visits/{id}/deposits';

create or replace function api.refund_add(id bigint, payment bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    p bill.payment;
    rest numeric;
    wanted numeric;
begin
    perform api.need_body('refund', body);
    select * into v from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id for no key update;
    select * into p from bill.payment x where x.tenant_id = v.tenant_id and x.visit_id = id and x.payment_id = payment
        and x.kind in ('payment', 'deposit');
    if not found then
        perform api.fail(404, 'payment.not_found');
    end if;
    rest := p.amount - (select coalesce(sum(x.amount), 0) from bill.payment x where x.tenant_id = v.tenant_id and x.refunds_id = payment);
    if p.kind = 'deposit' then
        rest := least(rest, -bill.balance(v, 'deposit'));
    end if;
    wanted := coalesce((body ->> 'amount')::numeric, rest);
    if wanted > rest or rest = 0 then
        if not exists (select from bill.payment x where x.tenant_id = v.tenant_id and x.settlement_key = body ->> 'settlement_key') then
            perform api.fail(422, 'payment.refused', jsonb_build_array(api.error('/amount', 'more_than_paid', rest::text)));
        end if;
    end if;
    return bill.settle(v, 'refund', body, wanted, payment);
end
$$;
comment on function api.refund_add is 'POST /v1/visits/{id}/payments/{payment_id}/refunds';

create or replace function api.receipt_list(id bigint) returns api.reply
    language plpgsql stable as $$
begin
    if not exists (select from care.visit x where x.tenant_id = sys.tenant() and x.visit_id = id) then
        perform api.fail(404, 'visit.not_found');
    end if;
    return (200, json_build_object('receipts', coalesce((select json_agg(row_to_json(r) order by r.id) from (
            select p.payment_id as id, p.kind, p.method, p.amount, b.code as book, p.receipt_no as number, p.refunds_id, p.reason,
                p.paid_at, p.taken_by, p.settlement_key
            from bill.payment p join bill.receipt_book b on b.tenant_id = p.tenant_id and b.receipt_book_id = p.receipt_book_id
            where p.tenant_id = sys.tenant() and p.visit_id = id) r), '[]'))::text, null, null, null, null)::api.reply;
end
$$;
comment on function api.receipt_list is 'GET /v1/visits/{id}/receipts';

create or replace function api.charge_support(id bigint, charge bigint, body jsonb) returns api.reply
    language plpgsql as $$
declare
    v care.visit;
    c bill.charge;
    given numeric[] := array[(body ->> 'state')::numeric, (body ->> 'foreign')::numeric, (body ->> 'domestic')::numeric,
        (body ->> 'rest')::numeric];
begin
    perform api.need_body('support', body);
    v := care.lock_visit(id);
    select * into c from bill.charge x where x.tenant_id = v.tenant_id and x.visit_id = id and x.charge_id = charge and not x.is_void
        for no key update;
    if not found then
        perform api.fail(404, 'charge.not_found');
    end if;
    if (select coalesce(sum(g), 0) from unnest(given) g) >= c.amount_hospital or exists (select from unnest(given) g where g <> round(g, 2)) then
        perform api.fail(422, 'line.refused', jsonb_build_array(api.error('/state', 'value.out_of_range', '< ' || c.amount_hospital)));
    end if;
    -- until the line is priced again its other sources count against the patient's own part
    update bill.charge x set other_mode = nullif(body ->> 'mode', 'none'), amount_insurance = 0, benefit_level = 0, fund_share = 0,
        copay_share = 0, other_state = coalesce(given[1], 0), other_foreign = coalesce(given[2], 0),
        other_domestic = coalesce(given[3], 0), other_rest = coalesce(given[4], 0),
        other_share = (select coalesce(sum(g), 0) from unnest(given) g),
        self_share = x.amount_hospital - (select coalesce(sum(g), 0) from unnest(given) g)
    where x.tenant_id = v.tenant_id and x.charge_id = charge;
    return (200, json_build_object('id', charge)::text, null, null, null, care.spend(id))::api.reply;
end
$$;
comment on function api.charge_support is 'PUT /v1/visits/{id}/charges/{charge_id}/support: other sources of a line';
