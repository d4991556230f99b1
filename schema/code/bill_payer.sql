-- A visit whose payer changes: its lines take the prices of the new one.
set local role hmis_owner;

create or replace function bill.local_code(c bill.charge) returns text
    language plpgsql stable as $$
begin
    return case c.source_kind
        when 'order' then (select o.local_code from care.service_order o where o.tenant_id = c.tenant_id and o.service_order_id = c.source_id)
        when 'prescription_line' then (select l.local_code from care.prescription_line l where l.tenant_id = c.tenant_id
            and l.prescription_line_id = c.source_id)
        when 'supply_use' then (select s.local_code from care.supply_use s where s.tenant_id = c.tenant_id and s.supply_use_id = c.source_id)
        when 'transport' then (select t.local_code from care.transport t where t.tenant_id = c.tenant_id and t.transport_id = c.source_id)
    end;
end
$$;
comment on function bill.local_code is 'The item of the centre''s list that a charge is for; null for bed days';

-- Bed days are left to the pricing, which makes them anew. A price that the new payer lacks refuses the change.
create or replace function bill.change_payer(v care.visit) returns void
    language plpgsql as $$
declare
    payer text := bill.payer(v);
    line record;
begin
    for line in
        select c.charge_id, c.item_name, p.price_hospital, coalesce(p.price_bhyt, p.price_hospital) as price_insurance
        from bill.charge c
        left join lateral bill.price_on(c.tenant_id, c.facility_id,
            case c.source_kind when 'prescription_line' then 'drug' when 'supply_use' then 'supply' else 'service' end,
            bill.local_code(c), payer, sys.business_date(c.ordered_at)) p on true
        where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void and c.source_kind <> 'bed_day'
    loop
        if line.price_hospital is null then
            perform api.fail(422, 'charge.no_price', jsonb_build_array(api.error('/coverage_id', 'no_price', line.item_name)));
        end if;
        update bill.charge c set price_hospital = line.price_hospital, is_provisional = true,
            price_insurance = case c.claim_table when 2 then line.price_hospital else line.price_insurance end,
            price_applied = case c.claim_table when 2 then line.price_hospital else line.price_insurance end,
            amount_hospital = greatest(round(c.quantity * line.price_hospital, 2), c.other_share), amount_insurance = 0,
            benefit_level = 0, fund_share = 0, copay_share = 0,
            self_share = greatest(round(c.quantity * line.price_hospital, 2), c.other_share) - c.other_share
        where c.tenant_id = v.tenant_id and c.charge_id = line.charge_id
            and (c.price_hospital, c.price_insurance) is distinct from (line.price_hospital, line.price_insurance);
    end loop;
end
$$;
comment on function bill.change_payer is 'Gives the lines of a visit the prices of its payer; the visit must be priced afterwards';
