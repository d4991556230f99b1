-- The promises of the important constraints, each tried with a row that breaks it.
begin;
select * from no_plan();
\ir two_tenants.psql

-- People ---------------------------------------------------------------------------------------------

select throws_ok($$ insert into reg.patient (tenant_id, code, full_name, born_on, sex, citizen_id, address, province_code, commune_code)
    values (1, 'BN3', 'Trùng Số', '1990-01-01', '1', '999190000001', 'x', '66', '24127') $$,
    '23505', null, 'one citizen id belongs to one patient of a tenant');
select lives_ok($$ select from reg.patient where tenant_id = 2 and citizen_id = '999190000001' $$, 'another tenant may know the same person');
select throws_ok($$ insert into reg.patient (tenant_id, code, full_name, born_on, sex, citizen_id, address, province_code, commune_code)
    values (1, 'BN4', 'Số Ngắn', '1990-01-01', '1', '99919', 'x', '66', '24127') $$, '23514', null, 'a citizen id has 12 digits');
select throws_ok($$ insert into reg.patient (tenant_id, code, full_name, born_on, sex, address, province_code, commune_code)
    values (1, 'BN4', 'Sai Giới', '1990-01-01', 'M', 'x', '66', '24127') $$, '23514', null, 'sex is 1, 2 or 3');
select throws_ok($$ insert into reg.patient (tenant_id, code, full_name, born_on, sex, address, province_code, commune_code)
    values (1, 'BN4', E'Ký\x07Tự', '1990-01-01', '1', 'x', '66', '24127') $$, '23514', null, 'no control characters in a name');
select throws_ok($$ insert into reg.patient (tenant_id, code, full_name, born_on, birth_precision, sex, address, province_code, commune_code)
    values (1, 'BN4', 'Thiếu Phút', '1990-01-01', 'minute', '1', 'x', '66', '24127') $$, '23514', null, 'a birth minute is there when it is said to be known');
select throws_ok($$ insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, valid)
    values (1, 141, 'DN4669999000009', '66901', '[2026-06-01,2027-06-01)') $$, '23P01', null, 'one card of a person at a time');
select lives_ok($$ insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, valid)
    values (1, 141, 'DN4669999000009', '66901', '[2027-01-01,2028-01-01)') $$, 'the next card may follow');
select throws_ok($$ insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, valid)
    values (1, 142, 'GD6669999000001', '66901', '[2026-01-01,2027-01-01)') $$, '23514', null, 'the benefit digit of a card is 1 to 5');

-- Who and where --------------------------------------------------------------------------------------

select throws_ok($$ insert into org.facility (tenant_id, code, name, kind, level, province_code) values (2, '66902', 'x', 'station', 'initial', '66') $$,
    '23P01', null, 'a facility code belongs to one facility at a time, across tenants');
select throws_ok($$ insert into org.facility (tenant_id, code, name, kind, level, province_code) values (2, '6690', 'x', 'station', 'initial', '66') $$,
    '23514', null, 'a facility code has five digits');
select is((select path from org.facility where facility_id = 12 and tenant_id = 1), array[11, 12]::bigint[], 'a facility knows its place in the tree');
select throws_ok($$ insert into org.bed (tenant_id, facility_id, department_id, code) values (1, 11, 101, 'X001') $$, '23514', null, 'bed codes are H, T, C or K and three digits');
select throws_ok($$ insert into org.bed (tenant_id, facility_id, department_id, code) values (1, 11, 101, 'H001') $$, '23P01', null, 'one bed per code and department');
select throws_ok($$ insert into org.department (tenant_id, facility_id, code, name, kind) values (1, 21, 'K02', 'x', 'exam') $$,
    '23503', null, 'a department cannot stand in another tenant''s facility');

-- Visits ---------------------------------------------------------------------------------------------

select throws_ok($$ insert into care.visit (tenant_id, facility_id, patient_id, ma_lk, kind_code, object_code, department_id, reason)
    values (1, 11, 142, 'LK161', '01', '1.1', 101, 'x') $$, '23505', null, 'an MA_LK is never used twice');
select throws_ok($$ insert into care.visit (tenant_id, facility_id, patient_id, ma_lk, kind_code, object_code, department_id, reason)
    values (1, 11, 241, 'LK163', '01', '1.1', 101, 'x') $$, '23503', null, 'a visit cannot be of another tenant''s patient');
select throws_ok($$ update care.visit set discharged_at = '2026-08-03 07:00+07' where visit_id = 161 $$, '23514', null, 'nobody leaves before arriving');
select throws_ok($$ update care.visit set status = 'closed' where visit_id = 161 $$, '23514', null, 'a visit cannot be closed without a discharge');
select throws_ok($$ update care.visit set status = 'nonsense' where visit_id = 161 $$, 'HM409', null, 'an unknown state is refused');
select is((select arrived_on from care.visit where visit_id = 161), date '2026-08-03', 'the day of a visit is the business day');
insert into care.diagnosis (tenant_id, facility_id, visit_id, role, icd_code) values (1, 11, 161, 'main', 'J18.9');
select throws_ok($$ insert into care.diagnosis (tenant_id, facility_id, visit_id, role, icd_code) values (1, 11, 161, 'main', 'J20.9') $$,
    '23505', null, 'one main diagnosis per visit');
insert into care.movement (tenant_id, facility_id, visit_id, department_id, bed_id, during) values
    (1, 11, 161, 101, 121, '[2026-08-03 09:00+07,2026-08-05 09:00+07)');
select throws_ok($$ insert into care.movement (tenant_id, facility_id, visit_id, department_id, bed_id, during)
    values (1, 11, 162, 101, 121, '[2026-08-04 09:00+07,2026-08-06 09:00+07)') $$, '23P01', null, 'a bed holds one patient at a time unless shared');
select throws_ok($$ insert into care.movement (tenant_id, facility_id, visit_id, department_id, during)
    values (1, 11, 161, 101, '[2026-08-04 09:00+07,2026-08-06 09:00+07)') $$, '23P01', null, 'a patient is in one place at a time');
select throws_ok($$ insert into care.vitals (tenant_id, facility_id, visit_id, systolic, diastolic) values (1, 11, 161, 80, 120) $$,
    '23514', null, 'diastolic is not above systolic');
insert into care.queue_ticket (tenant_id, facility_id, room_id, on_date, number, visit_id) values (1, 11, 111, '2026-08-03', 1, 161);
select throws_ok($$ insert into care.queue_ticket (tenant_id, facility_id, room_id, on_date, number, visit_id)
    values (1, 11, 111, '2026-08-03', 1, 162) $$, '23505', null, 'a queue number is given once per room and day');

-- Money ----------------------------------------------------------------------------------------------

create function pg_temp.charge(source bigint, hospital numeric, insurance numeric, fund numeric, copay numeric, self numeric, other numeric,
    scope text default '1') returns void language sql as $$
    insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, item_code, item_name, group_code, unit,
        quantity, price_hospital, price_insurance, price_applied, amount_hospital, amount_insurance, benefit_level, fund_share, copay_share,
        self_share, other_share, other_rest, department_id, ordered_at, scope_code)
    values (1, 11, 161, 3, 'order', source, '02.1897', 'Khám Nội', 13, 'Lần', 1, 36500, 36500, 36500, hospital, insurance, 80, fund, copay,
        self, other, other, 101, '2026-08-03 08:10+07', scope)
$$;
select lives_ok($$ select pg_temp.charge(1, 36500, 36500, 29200, 7300, 0, 0) $$, 'a line whose shares sum up');
select throws_ok($$ select pg_temp.charge(2, 36500, 36500, 29200, 7300, 0.01, 0) $$, '23514', null, 'shares sum to the amount, to the hundredth');
select throws_ok($$ select pg_temp.charge(2, 36500, 36500, 43800, -7300, 0, 0) $$, '23514', null, 'no negative share');
select throws_ok($$ select pg_temp.charge(2, 36500, 0, 29200, 7300, 0, 0, '2') $$, '23514', null, 'outside the scope the fund pays nothing');
select throws_ok($$ select pg_temp.charge(2, 36500, 36501, 29200, 7300, 0, 0) $$, '23514', null, 'the insured amount is within the hospital amount');
select throws_ok($$ select pg_temp.charge(2, 36500, 36500, 0, 0, 0, 36500) $$, '23514', null, 'other sources pay less than the whole');
select throws_ok($$ select pg_temp.charge(1, 36500, 36500, 29200, 7300, 0, 0) $$, '23505', null, 'one live charge per source');

insert into bill.receipt_book (tenant_id, facility_id, receipt_book_id, code, kind) values (1, 11, 171, 'B1', 'payment');
create function pg_temp.pay(key text, no bigint, amount numeric) returns void language sql as $$
    insert into bill.payment (tenant_id, facility_id, visit_id, kind, method, amount, settlement_key, receipt_book_id, receipt_no)
    values (1, 11, 161, 'payment', 'cash', amount, key, 171, no)
$$;
select lives_ok($$ select pg_temp.pay('a', 1, 7300) $$, 'a payment');
select throws_ok($$ select pg_temp.pay('a', 2, 7300) $$, '23505', null, 'a settlement key is paid once');
select throws_ok($$ select pg_temp.pay('b', 1, 7300) $$, '23505', null, 'a receipt number is used once');
select throws_ok($$ select pg_temp.pay('b', 2, 0) $$, '23514', null, 'a payment is more than nothing');
select throws_ok($$ update bill.payment set amount = 1 where tenant_id = 1 $$, 'HM500', 'audit.append_only', 'payments are never changed');
select throws_ok($$ delete from bill.payment where tenant_id = 1 $$, 'HM500', 'audit.append_only', 'payments are never deleted');
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11,12}', true);
insert into bill.account (tenant_id, facility_id, code, name) values (1, 11, 'cash', 'Tiền mặt'), (1, 11, 'patient', 'Người bệnh');
select throws_ok($$ do $b$ begin
        insert into bill.entry (tenant_id, facility_id, posting_id, account_code, visit_id, amount) values (1, 11, 1, 'cash', 161, 7300);
        set constraints all immediate; end $b$ $$, 'HM500', 'bill.posting_unbalanced', 'a posting that does not balance is refused');
select lives_ok($$ do $b$ begin set constraints all deferred;
        insert into bill.entry (tenant_id, facility_id, posting_id, account_code, visit_id, amount)
            values (1, 11, 1, 'cash', 161, 7300), (1, 11, 1, 'patient', 161, -7300);
        set constraints all immediate; end $b$ $$, 'a balanced posting');
select throws_ok($$ update bill.entry set amount = amount + 1 $$, 'HM500', 'audit.append_only', 'ledger entries are never changed');

-- Claims ---------------------------------------------------------------------------------------------

insert into claim.claim (tenant_id, facility_id, claim_id, visit_id, ma_lk, month) values (1, 11, 181, 161, 'LK161', '2026-08-01');
select throws_ok($$ insert into claim.claim (tenant_id, facility_id, visit_id, ma_lk, month) values (1, 11, 161, 'LK161b', '2026-08-01') $$,
    '23505', null, 'one claim per visit');
select throws_ok($$ insert into claim.claim (tenant_id, facility_id, visit_id, ma_lk, month) values (1, 12, 162, 'LK162', '2026-08-15') $$,
    '23514', null, 'the month of a claim is a first day');
select throws_ok($$ update claim.claim set state = 'settled' where claim_id = 181 $$, 'HM409', null, 'a draft is not settled');
insert into claim.transmission (tenant_id, facility_id, claim_id, version_no, attempt, outcome, ma_giao_dich) values (1, 11, 181, 1, 1, 'received', 'GD1');
select throws_ok($$ insert into claim.transmission (tenant_id, facility_id, claim_id, version_no, attempt, outcome, ma_giao_dich)
    values (1, 11, 181, 1, 2, 'received', 'GD2') $$, '23505', null, 'a version is received once');

-- Prices and lists -----------------------------------------------------------------------------------

insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, valid) values (1, 'P500', '40.48', 'Paracetamol', 'Viên', '[2026-01-01,)');
select throws_ok($$ insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, valid) values (1, 'P500', '40.48', 'Khác', 'Viên', '[2026-06-01,)') $$,
    '23P01', null, 'one row of a drug at a time');
select lives_ok($$ insert into ref.local_drug (tenant_id, facility_id, code, drug_code, name_vi, unit_vi, valid) values (1, 12, 'P500', '40.48', 'Của trạm', 'Viên', '[2026-06-01,)') $$,
    'a facility may have its own row');
select throws_ok($$ insert into ref.local_drug (tenant_id, facility_id, code, drug_code, name_vi, unit_vi) values (1, 21, 'P5', '40.48', 'x', 'Viên') $$,
    '23503', null, 'a list cannot name another tenant''s facility');
insert into ref.item_price (tenant_id, facility_id, item_kind, item_code, object, valid, price_hospital, price_bhyt) values
    (1, null, 'drug', 'P500', '*', '[2026-01-01,)', 400, null), (1, null, 'drug', 'P500', 'bhyt', '[2026-01-01,2026-07-01)', 390, 380),
    (1, 12, 'drug', 'P500', '*', '[2026-06-01,)', 350, 340);
select throws_ok($$ insert into ref.item_price (tenant_id, item_kind, item_code, valid, price_hospital) values (1, 'drug', 'P500', '[2026-03-01,2026-04-01)', 1) $$,
    '23P01', null, 'one price of an item, facility and payer at a time');
select throws_ok($$ insert into ref.item_price (tenant_id, item_kind, item_code, valid, price_hospital) values (1, 'drug', 'P501', '[2026-03-01,)', -1) $$,
    '23514', null, 'no negative price');
select set_config('hmis.tenant', '1', true);
select results_eq($$ select price_hospital, price_bhyt from ref.price_on('drug', 'P500', 11, 'bhyt', '2026-06-30') $$, $$ values (390::numeric, 380::numeric) $$,
    'a named payer beats *');
select results_eq($$ select price_hospital, price_bhyt from ref.price_on('drug', 'P500', 11, 'bhyt', '2026-07-01') $$, $$ values (400::numeric, 400::numeric) $$,
    'after its last day the price is the one of *, and the fund''s price is the hospital''s when none is named');
select results_eq($$ select price_hospital, price_bhyt from ref.price_on('drug', 'P500', 12, 'bhyt', '2026-06-30') $$, $$ values (350::numeric, 340::numeric) $$,
    'a price of the facility beats one of the tenant');
select is_empty($$ select from ref.price_on('drug', 'P500', 11, 'fee', '2025-12-31') $$, 'no price before the first row');

select * from finish();
rollback;
