-- The gateway's checks of catalogues (CAT-001 to CAT-006) as constraints.
set client_min_messages = warning;
begin;
select * from no_plan();
\ir two_tenants.psql
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11,12}', true);

-- Hours of the week ----------------------------------------------------------------------------------
-- 07:00 is minute 420; a day has 1440, so Friday 17:00 is 4 × 1440 + 1020 = 6780.
select is(org.hours_week('2:0700-1130'), '{[420,690)}', 'Monday morning');
select is(org.hours_week('2,6:0700-1130,1330-1700'), '{[420,690),[810,1020),[6180,6450),[6570,6780)}', 'two days, two shifts');
select is(org.hours_week('2-8:0000-2400'), '{[0,10080)}', 'day and night, the whole week');
select is(org.hours_week('7:0700-1130;8:0700-1130'), '{[7620,7890),[9060,9330)}', 'parts with their own times');
select is(org.hours_week('T2-CN: 06:30-17:00'), null, 'another spelling is not guessed');
select is(org.hours_week('2:1700-0700'), null, 'an end before the start is none');

-- CAT-002: two rows of one key never overlap ---------------------------------------------------------
create function pg_temp.twice(insert_sql text) returns text language plpgsql as $$
begin
    execute format(insert_sql, '[2026-01-01,2026-07-01)');
    execute format(insert_sql, '[2026-07-01,)');
    begin
        execute format(insert_sql, '[2026-06-01,2026-08-01)');
        return 'overlap';
    exception when exclusion_violation then
        return 'refused';
    end;
end
$$;
select is(pg_temp.twice(s.insert_sql), 'refused', 'CAT-002: ' || substring(s.insert_sql from 'into ([a-z_.]+)')) from (values
    ($$insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, valid) values (1, 'X', '40.1', 'A', 'Viên', %L)$$),
    ($$insert into ref.local_supply (tenant_id, code, supply_code, name_vi, unit_vi, valid) values (1, 'X', 'N03', 'A', 'Cái', %L)$$),
    ($$insert into ref.local_service (tenant_id, code, service_code, name_vi, cost_group, valid) values (1, 'X', '02.1', 'A', '1', %L)$$),
    ($$insert into ref.item_price (tenant_id, item_kind, item_code, price_hospital, valid) values (1, 'drug', 'X', 1, %L)$$),
    ($$insert into ref.local_scope_service (tenant_id, scope_code, service_code, valid) values (1, '102', '02.*', %L)$$),
    ($$insert into ref.local_staff_service (tenant_id, staff_code, service_code, valid) values (1, '000001/DL-CCHN', '02.*', %L)$$),
    ($$insert into ref.local_holiday (tenant_id, name, valid) values (1, 'Tết', %L)$$),
    ($$insert into ref.local_drug_indication (tenant_id, drug_code, icd_code, valid) values (1, '40.1', 'J02', %L)$$),
    ($$insert into ref.local_drug_disease (tenant_id, drug_code, icd_code, valid) values (1, '40.1', 'N18.5', %L)$$),
    ($$insert into ref.local_drug_pair (tenant_id, substance, other_substance, valid) values (1, 'A', 'B', %L)$$),
    ($$insert into ref.local_drug_department (tenant_id, drug_code, department_code, valid) values (1, '40.1', 'K02', %L)$$),
    ($$insert into ref.local_service_pair (tenant_id, relation, service_code, other_code, valid) values (1, 'part', '02.1', '02.2', %L)$$),
    ($$insert into ref.local_service_disease (tenant_id, service_code, icd_code, valid) values (1, '02.1', 'I10', %L)$$),
    ($$insert into ref.local_purchase (tenant_id, item_kind, item_code, tender, quantity, valid) values (1, 'drug', '40.1', 'T', 1, %L)$$),
    ($$insert into ref.local_facility (tenant_id, code, name_vi, valid) values (1, '66001', 'A', %L)$$),
    ($$insert into ref.local_route (tenant_id, code, name_vi, valid) values (1, '1.01', 'Uống', %L)$$),
    ($$insert into ref.local_traditional (tenant_id, code, name_vi, icd_code, valid) values (1, 'U1', 'A', 'M54.5', %L)$$),
    ($$insert into ref.local_icd_flag (tenant_id, flag, icd_code, valid) values (1, 'forbidden', 'Z99', %L)$$),
    ($$insert into ref.local_indicator (tenant_id, service_code, code, name_vi, valid) values (1, '02.1', 'C', 'A', %L)$$),
    ($$insert into org.staff (tenant_id, code, full_name, title, valid) values (1, '000002/DL-CCHN', 'Trần Văn Hai', 'doctor', %L)$$),
    ($$insert into org.machine (tenant_id, facility_id, code, name, group_code, valid) values (1, 11, 'SH.1.66901.1', 'A', 'SH', %L)$$),
    ($$insert into org.bed (tenant_id, facility_id, department_id, code, valid) values (1, 11, 101, 'H002', %L)$$),
    ($$insert into org.exam_table (tenant_id, facility_id, department_id, code, valid) values (1, 11, 101, 'B1', %L)$$),
    ($$insert into org.contract (tenant_id, facility_id, number, valid) values (1, 11, 'HĐ1', %L)$$)) s (insert_sql);

-- CAT-003: a practitioner who goes to the fund is complete -------------------------------------------
select throws_ok($$ insert into org.staff (tenant_id, code, full_name, title, fund_state) values (1, '000003/DL-CCHN', 'A B', 'doctor', 'sent') $$,
    '23514', null, 'CAT-003: without date and scope');
select throws_ok($$ insert into org.staff (tenant_id, code, full_name, title, licensed_on, fund_state) values (1, '000003/DL-CCHN', 'A B', 'doctor', '2015-01-01', 'sent') $$,
    '23514', null, 'CAT-003: without scope');
select throws_ok($$ insert into org.staff (tenant_id, code, full_name, title, licensed_on, scopes, fund_state) values (1, '', 'A B', 'doctor', '2015-01-01', '{102}', 'sent') $$,
    '23514', null, 'CAT-003: without licence number');
select lives_ok($$ insert into org.staff (tenant_id, staff_id, code, full_name, title, licensed_on, scopes, fund_state)
    values (1, 133, '000003/DL-CCHN', 'A B', 'doctor', '2015-01-01', '{102}', 'sent') $$, 'CAT-003: complete');
select throws_ok($$ insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, fund_state) values (1, 11, 133, 101, 'sent') $$,
    '23514', null, 'CAT-003: without working hours');
select throws_ok($$ insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours, fund_state) values (1, 11, 133, 101, 'mornings', 'sent') $$,
    '23514', null, 'CAT-003: hours nobody can compare');

-- CAT-004: nobody works at two facilities at one time ------------------------------------------------
insert into org.department (tenant_id, facility_id, department_id, code, name, kind) values
    (1, 12, 102, 'K01', 'Khám bệnh', 'exam'), (1, 11, 103, 'K03', 'Nội', 'clinical');
insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours, fund_state) values (1, 11, 133, 101, '2-6:0700-1130', 'sent');
select throws_ok($$ insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours) values (1, 12, 133, 102, '6:1100-1700') $$,
    '23P01', null, 'CAT-004: Friday 11:00 to 11:30 at both');
select lives_ok($$ insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours) values (1, 12, 133, 102, '6:1130-1700') $$,
    'CAT-004: one after the other');
select lives_ok($$ insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours) values (1, 11, 133, 103, '2-6:0700-1130') $$,
    'CAT-004: two departments of one facility');

-- CAT-005: the tender is complete --------------------------------------------------------------------
select throws_ok(format($$ insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, tender, fund_state) values (1, 'T', '40.1', 'A', 'Viên', %L, 'sent') $$, t),
    '23514', null, 'CAT-005: drug with tender "' || t || '"') from unnest(array['', '53/QĐ-SYT', '53/QĐ-SYT;G1;N4', '53/QĐ-SYT;;N4;2026', '53/QĐ-SYT;G1;N4;26']) t;
select throws_ok($$ insert into ref.local_supply (tenant_id, code, supply_code, name_vi, unit_vi, tender, fund_state) values (1, 'T', 'N03', 'A', 'Cái', '53/QĐ-SYT;G1', 'sent') $$,
    '23514', null, 'CAT-005: supply');
select lives_ok($$ insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, tender, fund_state) values (1, 'T1', '40.1', 'A', 'Viên', '53/QĐ-SYT;G1;N4;2026', 'sent') $$,
    'CAT-005: decision, package, group, year');
select lives_ok($$ insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, fund_state, fund_source) values (1, 'T2', '40.1', 'A', 'Viên', 'sent', '3') $$,
    'CAT-005: a programme''s drug has no tender of ours');

-- CAT-006: the contract price is not above the tender's ----------------------------------------------
select throws_ok($$ insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, price_approved, tender_price) values (1, 'P', '40.1', 'A', 'Viên', 1000.001, 1000) $$,
    '23514', null, 'CAT-006: drug');
select throws_ok($$ insert into ref.local_supply (tenant_id, code, supply_code, name_vi, unit_vi, price_approved, tender_price) values (1, 'P', 'N03', 'A', 'Cái', 2, 1) $$,
    '23514', null, 'CAT-006: supply');

select * from finish();
rollback;
