-- The functions behind the clinical and money routes: forms, prices, charges, the ledger, numbers.
begin;
select * from no_plan();
\ir two_tenants.psql
insert into ref.local_service (tenant_id, code, service_code, name_vi, cost_group) values
    (1, 'KB', '01.1898', 'Khám', '13'), (1, 'GC', '99.0001', 'Giá chung', '1');
insert into ref.local_service (tenant_id, facility_id, code, service_code, name_vi, cost_group, valid) values
    (1, 12, 'KB', '01.1898.TYT', 'Khám tại trạm', '13', '[2026-01-01,)');
insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, route_code) values (1, 'PARA', '40.48', 'Paracetamol', 'viên', '1.01');
insert into ref.item_price (tenant_id, facility_id, item_kind, item_code, object, valid, price_hospital, price_bhyt) values
    (1, null, 'service', 'KB', '*', '[2020-01-01,2026-07-01)', 30000, null), (1, null, 'service', 'KB', '*', '[2026-07-01,)', 36500, null),
    (1, null, 'service', 'KB', 'foreign', '[2026-07-01,)', 90000, null), (1, 12, 'service', 'KB', 'bhyt', '[2026-07-01,)', 25000, 24000),
    (1, null, 'service', 'GC', 'fee', '[2020-01-01,)', 50000, null), (1, null, 'drug', 'PARA', '*', '[2020-01-01,)', 250.5, null);
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11,12}', true), set_config('hmis.facility', '11', true);

-- Bodies ------------------------------------------------------------------------------------------------

select is(api.check_body('vitals', '{"pulse": 80, "temperature": 37.5, "taken_at": "2026-02-28T23:59:00+07:00"}'), null, 'a body that fits');
select is(api.check_body('note', '{"progress": "x", "written_at": "2026-02-29T10:00:00Z"}') #>> '{0,code}', 'value.bad_date', 'the 29th of February needs a leap year');
select is(api.check_body('note', '{"progress": "x", "written_at": "2028-02-29T10:00:00Z"}'), null, 'and has one in 2028');
select is(api.check_body('note', '{"progress": "x", "written_at": "2026-03-01T24:00:00Z"}') #>> '{0,pointer}', '/written_at', 'no hour 24');
select is(api.check_body('note', '{"progress": "a\u0007b"}') #>> '{0,code}', 'value.malformed', 'no control characters');
select is(api.check_body('vitals', '{"pulse": 80.5}') #>> '{0,code}', 'value.out_of_range', 'a pulse is a whole number');
select is(api.check_body('vitals', '{"taken_by_id": 9007199254740992}') #>> '{0,code}', 'value.malformed', 'an id is below 2^53');
select is(api.check_body('visit', '[]') #>> '{0,code}', 'value.malformed', 'a body is an object');
select is(api.check_body('order', '{"code": "KB", "performer_ids": [1, "2"]}') #>> '{0,pointer}', '/performer_ids', 'ids are numbers');
select is((select count(*) from api.field where items is not null and not exists (select from api.field g where g.shape = field.items)), 0::bigint,
    'every list names a shape that exists');

-- Catalogue and price of the day ---------------------------------------------------------------------------

select is((select price_hospital from bill.price_on(1, 11, 'service', 'KB', 'bhyt', '2026-06-30')), 30000.000, 'the price of the day');
select is((select price_hospital from bill.price_on(1, 11, 'service', 'KB', 'bhyt', '2026-07-01')), 36500.000, 'and its successor');
select is((select price_bhyt from bill.price_on(1, 12, 'service', 'KB', 'bhyt', '2026-07-01')), 24000.000, 'the facility''s price beats the tenant''s');
select is((select price_hospital from bill.price_on(1, 12, 'service', 'KB', 'fee', '2026-07-01')), 36500.000, 'a payer''s price is for that payer');
select is((select price_hospital from bill.price_on(1, 11, 'service', 'KB', 'foreign', '2026-07-01')), 90000.000, 'foreigners have their own');
select is((select price_hospital from bill.price_on(1, 11, 'service', 'GC', 'foreign', '2026-07-01')), 50000.000, 'or pay as others who pay');
select is_empty($$ select from bill.price_on(1, 11, 'service', 'GC', 'bhyt', '2026-07-01') $$, 'no price for the insured is no price');
select is_empty($$ select from bill.price_on(1, 11, 'service', 'KB', 'fee', '2019-12-31') $$, 'no price before the first');
select is((select name_vi from bill.service_on(1, 12, 'KB', '2026-08-01')), 'Khám tại trạm', 'the facility''s item beats the tenant''s');
select is((select name_vi from bill.service_on(1, 12, 'KB', '2025-08-01')), 'Khám', 'on the days it holds');

-- Charges -----------------------------------------------------------------------------------------------

create temporary table made as select r.* from api.visit_open(jsonb_build_object('patient_id', 141, 'kind_code', '01', 'object_code', '1.1',
    'department_id', 101, 'room_id', 111, 'practitioner_id', 131, 'reason', 'Ho', 'arrived_at', '2026-08-03T08:00:00+07:00',
    'orders', '[{"code": "KB", "status": "done", "ordered_at": "2026-08-03T08:10:00+07:00"}]'::jsonb,
    'prescriptions', '[{"prescribed_at": "2026-08-03T08:20:00+07:00", "lines": [{"code": "PARA", "dose": 0.5, "times_per_day": 3, "days": 5}]}]'::jsonb)) r;
select is(status, 201, 'a visit is opened') from made;
select matches(body::json ->> 'ma_lk', '^66901[0-9]{14}$', 'MA_LK begins with the facility''s code') from made;
select set_config('t.visit', body::json ->> 'id', true) from made;
select results_eq($$ select source_kind, quantity::numeric, amount_hospital::numeric, self_share::numeric, fund_share::numeric, coverage_id
    from bill.charge where visit_id = current_setting('t.visit')::bigint order by charge_id $$,
    $$ values ('order', 1.000, 36500.00, 36500.00, 0.00, 151::bigint), ('prescription_line', 7.500, 1878.75, 1878.75, 0.00, 151) $$,
    'a charge is born as the patient''s own, with the card of the day');
select is((select is_priced from care.visit where visit_id = current_setting('t.visit')::bigint), false, 'and the visit waits for its price');
select is((api.visit_get(current_setting('t.visit')::bigint)).status, 200, 'it can be read meanwhile');
select is((select count(*) from audit.access where what = 'visit' and patient_id = 141), 1::bigint, 'and the reading is on record');
select is(bill.store(current_setting('t.visit')::bigint, 99, null, '[]'), false, 'shares of another version are refused');
select throws_ok($$ select bill.store(current_setting('t.visit')::bigint, 1, null, (select jsonb_agg(jsonb_build_object('c', charge_id, 'p', 0, 'q', quantity,
    's', '1', 'pi', 1, 'rs', 100, 'ri', 100, 'ah', amount_hospital, 'ai', 0, 'lv', 80, 'fu', 1, 'cp', 0, 'se', 0, 'ot', 0, 'o1', 0, 'o2', 0, 'o3', 0,
    'o4', 0, 'w', '{}')) from bill.charge where visit_id = current_setting('t.visit')::bigint)) $$, '23514', null, 'shares must add up to the line');
select is((bill.inputs(current_setting('t.visit')::bigint) -> 'lines' -> 1 ->> 'q')::numeric, 7.5, 'the engine gets the lines in the order of time');
select is(bill.inputs(1)::text, null, 'a visit that does not exist has none');

-- The ledger ---------------------------------------------------------------------------------------------

select throws_ok($$ select bill.post(v, null, array['cash', 'patient'], array[10.00, -9.00]) from care.visit v where visit_id = 161;
    set constraints all immediate $$, 'HM500', null, 'a posting that does not balance is refused');
set constraints all deferred;
select throws_ok($$ select api.payment_add(current_setting('t.visit')::bigint, '{"amount": 1, "method": "cash", "settlement_key": "a"}') $$, 'HM409',
    'visit.not_priced', 'nobody pays a bill that is not up to date');
update care.visit set is_priced = true where visit_id = current_setting('t.visit')::bigint;
select throws_ok($$ select api.payment_add(current_setting('t.visit')::bigint, '{"amount": 10.001, "method": "cash", "settlement_key": "a"}') $$, 'HM422',
    'payment.refused', 'no thousandths of a đồng');
select is((api.payment_add(current_setting('t.visit')::bigint, '{"amount": 378.75, "method": "cash", "settlement_key": "a"}')).body::json ->> 'due', '38000.00',
    'a payment lowers what is due');
select throws_ok($$ select api.payment_add(current_setting('t.visit')::bigint, '{"amount": 378.75, "method": "cash", "settlement_key": "a"}') $$, 'HM409',
    'payment.settled', 'a key settles once');
select throws_ok($$ update bill.payment set amount = 1 $$, 'HM500', null, 'a payment is never changed');
select throws_ok($$ delete from bill.entry $$, 'HM500', null, 'nor an entry');
select is((select sum(amount)::numeric from bill.entry), 0.00, 'the ledger balances');

-- Numbers ------------------------------------------------------------------------------------------------

select is(care.next_number(1, 11, 111, 161, '2026-08-03'), (body::json ->> 'queue_number')::int + 1, 'the next in the queue of the room and day') from made;
select is(care.next_number(1, 11, 111, 161, '2026-08-04'), 1, 'a new day starts at 1');
select is((select last_no from bill.receipt_book where facility_id = 11 and kind = 'payment'), 1::bigint, 'one receipt was given');

-- Closing --------------------------------------------------------------------------------------------------

select throws_ok($$ select api.visit_close(current_setting('t.visit')::bigint, '{}') $$, 'HM422', 'visit.not_ready', 'a visit without outcome stays open');
select throws_ok($$ select api.visit_finish(current_setting('t.visit')::bigint, 1) $$, 'HM409', 'visit.changed_meanwhile', 'nor can the second half be called alone');
select throws_ok($$ select api.visit_reopen(current_setting('t.visit')::bigint, '{"reason": "vì sao"}') $$, 'HM409', 'visit.not_closed', 'only closed visits are reopened');
select set_config('hmis.facilities', '{12}', true), set_config('hmis.facility', '12', true);
set local role hmis_worker;
select throws_ok($$ select api.visit_get(current_setting('t.visit')::bigint) $$, 'HM404', 'visit.not_found', 'another facility sees nothing');
select throws_ok($$ select api.order_add(current_setting('t.visit')::bigint, '{"code": "KB"}') $$, 'HM404', 'visit.not_found', 'and changes nothing');
reset role;
select * from finish();
rollback;
