-- What-if: lines of a draft are written as if they were real, priced and judged, and undone with their transaction
-- (claim.undo is the last statement of such a batch). As nothing stays, whoever may read the visit may ask: a cashier too
-- is asked what an examination would cost.
set local role hmis_owner;

delete from api.field where shape = 'visit_draft';
insert into api.field (shape, name, kind, required, low, high, choices, items) values
    ('visit_draft', 'diagnoses', 'list', false, null, 20, null, 'diagnosis'),
    ('visit_draft', 'orders', 'list', false, null, 100, null, 'order'),
    ('visit_draft', 'prescriptions', 'list', false, null, 10, null, 'prescription'),
    ('visit_draft', 'supplies', 'list', false, null, 100, null, 'supply');

create or replace function claim.undo() returns void
    language plpgsql as $$
begin
    raise exception using errcode = 'HMDRY', message = 'dry run';
end
$$;
comment on function claim.undo is 'Ends a transaction that is only tried out: nothing of it stays';

-- Returns the charges that the lines made, in the order of the body. Orders not said to be done are charged all the same:
-- the question is what they would cost and what the rules would say.
create or replace function claim.draft_lines(id bigint, body jsonb) returns bigint[]
    language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    v care.visit;
    made record;
    bad jsonb;
    parts text[] := '{}';
    lines json;
    waiting bigint[] := '{}';
    one bigint;
    payer text;
    before bigint[];
begin
    perform api.need_body('visit_draft', body);
    v := care.lock_visit(id);
    payer := bill.payer(v);
    before := array(select c.charge_id from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = id);
    if body ? 'diagnoses' then
        -- a draft's main diagnosis takes the place of the one there is
        if body -> 'diagnoses' @> '[{"role": "main"}]' then
            delete from care.diagnosis d where d.tenant_id = v.tenant_id and d.visit_id = id and d.role = 'main';
        end if;
        bad := care.put_diagnoses(v, body -> 'diagnoses', '/diagnoses');
    end if;
    if body ? 'orders' then
        select * into made from care.put_orders(v, payer, body -> 'orders', '/orders');
        bad := care.join_faults(bad, made.bad);
        parts := parts || made.lines;
        waiting := coalesce(array(select o.service_order_id from care.service_order o where o.tenant_id = v.tenant_id
            and o.visit_id = id and o.service_order_id = any (made.ids) and o.status = 'ordered' order by o.service_order_id), '{}');
    end if;
    if body ? 'prescriptions' then
        select * into made from care.put_prescriptions(v, payer, body -> 'prescriptions', '/prescriptions');
        bad := care.join_faults(bad, made.bad);
        parts := parts || made.lines;
    end if;
    if body ? 'supplies' then
        select * into made from care.put_supplies(v, payer, body -> 'supplies', '/supplies');
        bad := care.join_faults(bad, made.bad);
        parts := parts || made.lines;
    end if;
    perform care.refuse(bad);
    lines := care.line_list(variadic parts);
    if lines is not null then
        perform bill.charge_lines(v.tenant_id, v.facility_id, id, lines);
    end if;
    foreach one in array waiting loop
        perform bill.charge_order(v, one);
    end loop;
    perform care.spend(id);
    return array(select c.charge_id from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = id
        and not c.charge_id = any (before) order by c.charge_id);
end
$$;
comment on function claim.draft_lines is 'Writes the lines of a draft into its visit; the transaction is to be undone';

create or replace function claim.draft_inputs(id bigint, body jsonb, out charges bigint[], out inputs json)
    language plpgsql as $$
begin
    charges := claim.draft_lines(id, body);
    inputs := bill.inputs(id);
end
$$;
comment on function claim.draft_inputs is 'What the benefit engine needs to know of a visit with the lines of a draft, and the ids those had';

-- shares: what the engine computed for ids that are gone again (charges): the same lines have other ids now.
create or replace function claim.draft_store(id bigint, body jsonb, seen int, exempt_at timestamptz, shares jsonb, charges bigint[])
    returns json
    language plpgsql as $$
declare
    made bigint[] := claim.draft_lines(id, body);
    renamed jsonb;
begin
    select jsonb_agg(case when array_position(charges, (s ->> 'c')::bigint) is not null
            then jsonb_set(s, '{c}', to_jsonb(made[array_position(charges, (s ->> 'c')::bigint)])) else s end order by n)
    into renamed from jsonb_array_elements(shares) with ordinality e (s, n);
    if not bill.store(id, seen, exempt_at, coalesce(renamed, '[]')) then
        perform api.fail(409, 'bill.changing');
    end if;
    return coalesce((select json_agg(row_to_json(l) order by l.no, l.split_no) from (
        select array_position(made, c.charge_id) as no, c.split_no, c.source_kind as kind, c.item_code, c.item_name, c.unit, c.quantity, c.price_hospital,
            c.amount_hospital, c.amount_insurance, c.benefit_level, c.fund_share, c.copay_share, c.self_share, c.other_share
        from bill.charge c where c.tenant_id = sys.tenant() and c.visit_id = id and not c.is_void
            and (c.charge_id = any (made) or c.source_id in (select x.source_id from bill.charge x
                where x.tenant_id = c.tenant_id and x.charge_id = any (made) and x.source_kind = c.source_kind))) l), '[]');
end
$$;
comment on function claim.draft_store is 'Prices a visit with the lines of a draft; returns those lines with their shares';

