-- claim.facts_near: what other visits say about what a visit shares with them, for the rules across claims.
begin;
select * from no_plan();
\ir two_tenants.psql
insert into org.staff (tenant_id, staff_id, code, full_name, title) values (1, 132, '000002/DL-CCHN', 'Lê Thị Mẫu', 'doctor');
insert into org.department (tenant_id, facility_id, department_id, code, name, kind) values (1, 12, 102, 'K01', 'Phòng khám', 'exam');
insert into reg.coverage (tenant_id, coverage_id, patient_id, card_no, registered_code, valid, five_year_on) values
    (1, 152, 142, 'GD4669999000002', '66901', '[2026-01-01,2027-01-01)', '2025-01-01');
-- 163 is the visit asked for: a stay of patient 141 at the centre; 143 was merged into 141
insert into reg.patient (tenant_id, patient_id, code, full_name, born_on, sex, address, province_code, commune_code, merged_into_id) values
    (1, 143, 'BN3', 'Nguyễn Thị Ánh', '1990-05-01', '2', 'Thôn 1', '66', '24127', 141);
insert into care.visit (tenant_id, facility_id, visit_id, patient_id, ma_lk, kind_code, object_code, department_id, reason, arrived_at,
    discharged_at, coverage_id) values
    (1, 11, 163, 141, 'LK163', '03', '1.1', 101, 'Đau', '2026-08-02 09:00+07', '2026-08-05 09:00+07', 151),
    (1, 12, 164, 143, 'LK164', '01', '1.2', 102, 'Ho', '2026-08-04 08:00+07', '2026-08-04 09:00+07', null),
    (1, 11, 165, 141, 'LK165', '01', '1.1', 101, 'Ho', '2026-07-01 08:00+07', '2026-07-01 09:00+07', 151),
    (1, 11, 166, 142, 'LK166', '03', '1.1', 101, 'Sốt', '2026-08-02 09:00+07', '2026-08-05 09:00+07', 152);
insert into care.diagnosis (tenant_id, facility_id, visit_id, role, icd_code) values (1, 11, 165, 'main', 'I10');
insert into care.prescription (tenant_id, facility_id, prescription_id, visit_id, department_id, prescribed_by_id, prescribed_at) values
    (1, 11, 1651, 165, 101, 131, '2026-07-01 08:30+07'), (1, 11, 1611, 161, 101, 131, '2026-08-03 08:30+07'),
    (1, 12, 1621, 162, 102, 131, '2026-08-03 08:30:40+07');
insert into care.prescription_line (tenant_id, facility_id, prescription_id, local_code, dose, times_per_day, days, quantity) values
    (1, 11, 1651, 'A', 1, 1, 7, 7), (1, 11, 1651, 'B', 1, 1, 60, 60);
insert into care.movement (tenant_id, facility_id, visit_id, department_id, bed_id, during, shared_by) values
    (1, 11, 163, 101, 121, '[2026-08-02 09:00+07,2026-08-05 09:00+07)', 2),
    (1, 11, 166, 101, 121, '[2026-08-03 09:00+07,2026-08-04 09:00+07)', 2);
create temp table line (visit_id bigint, group_code int, code text, performers text[], machine text, at timestamptz, done timestamptz);
insert into line values
    (163, 8, 'PT', '{000001/DL-CCHN,000002/DL-CCHN}', null, '2026-08-02 10:00+07', '2026-08-02 11:00+07'),
    (166, 18, 'TT', '{000002/DL-CCHN}', null, '2026-08-02 10:59+07', '2026-08-02 11:30+07'),
    (166, 8, 'PT', '{000009/DL-CCHN,000001/DL-CCHN}', null, '2026-08-02 04:00+07', '2026-08-02 10:30+07'),
    (166, 1, 'XN', '{000001/DL-CCHN}', 'SA1', '2026-08-02 10:10+07', '2026-08-02 10:20+07'),
    (163, 2, 'SA', '{000003/DL-CCHN}', 'SA1', '2026-08-02 13:00+07', '2026-08-02 13:20+07'),
    (166, 2, 'SA', '{000004/DL-CCHN}', 'SA1', '2026-08-02 12:50+07', '2026-08-02 13:05+07'),
    (166, 2, 'SA', '{000004/DL-CCHN}', 'SA1', '2026-08-02 13:21+07', '2026-08-02 13:30+07');
insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, item_code, item_name, group_code, unit, quantity,
    price_hospital, price_insurance, price_applied, amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share,
    other_share, department_id, practitioner_codes, performer_codes, machine_code, ordered_at, performed_at, result_at)
select 1, 11, visit_id, 3, 'order', row_number() over (), code, code, group_code, 'lần', 1, 100, 100, 100, 100, 100, 80, 80, 20, 0, 0, 101,
    '{000001/DL-CCHN}', performers, machine, at, at, done from line;
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11}', true), set_config('hmis.facility', '11', true);
set local role hmis_worker;
create temp view near as select * from claim.facts_near(array[163]) f;

select results_eq($$ select ma_lk, facility, code, first_minute, last_minute, key1, key2 from near where kind = 'stay' order by 1 $$,
    $$ values ('LK161', '66901', '01', 202608030800, 202608032359, '999190000001', '9999000001'), ('LK164', '66902', '01', 202608040800, 202608040900, '999190000001', '9999000001') $$,
    'a visit of the day that nobody ended; one at another facility, of a person merged into this one');
select results_eq($$ select ma_lk, key1, code, first_minute, last_minute from near where kind = 'work' order by key1, first_minute $$,
    $$ values ('LK166', '000001/DL-CCHN', 'PT', 202608020400, 202608021030), ('LK166', '000002/DL-CCHN', 'TT', 202608021059, 202608021130) $$,
    'interventions of the same people, also as second ones and begun long before; no laboratory');
select results_eq($$ select ma_lk, first_minute from near where kind = 'machine' order by 2 $$,
    $$ values ('LK166', 202608021250) $$, 'a machine in use, not one that is taken later');
select results_eq($$ select key1, key2, key3, ma_lk, value from near where kind = 'bed' $$,
    $$ values ('66901', 'K01', 'H001', 'LK166', 50::bigint) $$, 'who shares the bed');
select is((select count(*) from near where is_cut), 0::bigint, 'nothing was left out');
select is(current_setting('hmis.facilities'), '{11}', 'the caller''s scope is as before');
select results_eq($$ select ma_lk, facility, first_minute from claim.facts_near(array[161]) where kind = 'order' $$,
    $$ values ('LK162', '66902', 202608030830) $$, 'the prescriber at another facility in the same minute');
select results_eq($$ select ma_lk, code, value, last_minute from claim.facts_near(array[161]) where kind = 'supply' $$,
    $$ values ('LK165', 'I10', 60::bigint, 202608292359) $$, 'drugs that last until the 60th day, the first one counted');
select is_empty($$ select from claim.facts_near(array[162]) $$, 'nothing about a visit that the caller may not see');
select results_eq($$ select ma_lk, value from claim.facts_near(array[166]) where kind = 'copay' $$, $$ select null::text, null::bigint where false $$,
    'no co-payment of other visits, no fact');
select set_config('hmis.tenant', '2', true), set_config('hmis.facilities', '{21}', true);
select is_empty($$ select from claim.facts_near(array[163]) $$, 'nothing across tenants');
reset role;
select * from finish();
rollback;
