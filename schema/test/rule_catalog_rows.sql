-- What of a centre's lists reaches the rules: claim.catalog_rows and claim.catalog_all.
set client_min_messages = warning;
begin;
select * from no_plan();
\ir two_tenants.psql
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11,12}', true);
insert into org.staff (tenant_id, staff_id, code, full_name, title, licensed_on, scopes, fund_state)
    values (1, 133, '000003/DL-CCHN', 'A B', 'doctor', '2015-01-01', '{102}', 'sent');
insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours) values (1, 11, 133, 101, '2-6:0700-1130');
-- Two brands of one MA_THUOC in visit 161 of 2026-08-03, done at facility 11.
insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, strength, route_code, ingredient, registration_no, tender, fund_state, accepted_on, valid) values
    (1, 'A', '40.48', 'Para A', 'viên', '500mg', '1.01', 'Paracetamol', 'VD-1', 'Q;G1;N1;2026', 'none', null, '[2026-01-01,)'),
    (1, 'B', '40.48', 'Para B', 'viên', '650mg', '1.01', 'Paracetamol', 'VD-2', 'Q;G1;N1;2026', 'accepted', '2026-07-01', '[2026-01-01,)'),
    (1, 'C', '40.49', 'Chưa duyệt', 'viên', '1g', '1.01', 'X', 'VD-3', 'Q;G1;N1;2026', 'sent', null, '[2026-01-01,)'),
    (1, 'D', '40.50', 'Duyệt sau', 'viên', '1g', '1.01', 'Y', 'VD-4', 'Q;G1;N1;2026', 'accepted', '2026-08-04', '[2026-01-01,)');
insert into ref.item_price (tenant_id, facility_id, item_kind, item_code, object, price_hospital, price_bhyt, valid) values
    (1, null, 'drug', 'A', '*', 500, 450, '[2026-01-01,)'), (1, null, 'drug', 'B', '*', 700, null, '[2026-01-01,)'),
    (1, 11, 'drug', 'A', '*', 480, 440, '[2026-08-02,)'), (1, null, 'service', 'K', '*', 36500, null, '[2026-01-01,)'),
    (1, 11, 'service', 'K', 'bhyt', 30000, null, '[2026-01-01,)');
insert into ref.local_service (tenant_id, code, service_code, name_vi, cost_group, valid, sex_limit) values
    (1, 'K', '02.03', 'Khám Nội', '13', '[2026-01-01,)', null), (1, 'Z', '02.99', 'Đã bỏ', '1', '[2025-01-01,2026-01-01)', 2);
insert into ref.local_drug_pair (tenant_id, substance, other_substance, level) values (1, 'Paracetamol', 'Y', 'cấm');
insert into ref.local_drug_disease (tenant_id, drug_code, icd_code, level) values (1, '40.48', 'K70', 'cấm'), (1, '40.48', 'N18.5', 'cấm');
insert into ref.local_holiday (tenant_id, name, valid) values (1, 'Hè', '[2026-08-03,2026-08-04)'), (1, 'Đông', '[2026-12-01,2026-12-02)');
update org.staff set licensed_on = '2015-05-04', scopes = '{102}', valid = '[2015-05-04,2026-08-01)', may_sign = true where tenant_id = 1 and staff_id = 131;
insert into org.staff_post (tenant_id, facility_id, staff_id, department_id, hours) values (1, 11, 131, 101, '2:0700-1130,1330-1700');
insert into ref.local_scope_service (tenant_id, scope_code, service_code) values (1, '102', '02.*');
insert into org.contract (tenant_id, facility_id, number, visit_kinds, registration_codes, works_sunday, valid) values
    (1, 11, 'HĐ', '{01}', '{66950}', false, '[2026-01-01,2027-01-01)');
insert into care.diagnosis (tenant_id, facility_id, visit_id, role, icd_code) values (1, 11, 161, 'main', 'K70.3');
insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, item_code, item_name, group_code, unit, quantity,
    price_hospital, price_insurance, price_applied, amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share,
    department_id, practitioner_codes, performer_codes, ordered_at, performed_at)
select 1, 11, 161, x.tab, x.kind, x.no, x.code, 'x', x.grp, 'viên', 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 101, '{000001/DL-CCHN}',
    case when x.tab = 3 then '{000001/DL-CCHN}'::text[] else '{}' end, '2026-08-03 08:10+07', '2026-08-03 08:20+07'
from (values (2, 'prescription_line', 1, '40.48', 4), (2, 'prescription_line', 2, '40.49', 4), (2, 'prescription_line', 3, '40.50', 4),
    (3, 'order', 4, '02.03', 13), (3, 'order', 5, '02.99', 1), (3, 'order', 6, '03.1', 1)) x (tab, kind, no, code, grp);
update care.visit set discharged_at = '2026-08-03 09:00+07' where visit_id = 161;
create temp table got as select * from claim.catalog_rows('{161}');
create function pg_temp.lines(wanted text) returns setof text language sql as $$
    select replace(l, E'\t', '|') from got g cross join string_to_table(rtrim(g.lines, E'\n'), E'\n') l where g.catalog = wanted $$;

select is((select string_agg(distinct facility_code, ',') from got), '66901', 'the rows say whose list they are of');
select results_eq($$ select pg_temp.lines('drug') $$,
    $$ values ('40.48|2026-08-03|2026-08-03||||Q;G1;N1;2026|700.000|1.01||viên|100.00|Paracetamol||||||f|1|f|f|f|') $$,
    'CAT-001: a drug counts from the fund''s answer on; what two brands differ in is left open, the price is the highest');
select set_eq($$ select pg_temp.lines('drug_item') $$, array[
        '40.48|VD-1|Q;G1;N1;2026|2026-08-02||Para A|500mg|440.000|1.01||viên|100.00|1', '40.48|VD-1|Q;G1;N1;2026|2026-01-01||Para A|500mg|450.000|1.01||viên|100.00|1',
        '40.48|VD-1|Q;G1;N1;2026|2026-01-01||Para A|500mg||1.01||viên|100.00|1', '40.48|VD-2|Q;G1;N1;2026|2026-07-01||Para B|650mg|700.000|1.01||viên|100.00|1',
        '40.48|VD-2|Q;G1;N1;2026|2026-07-01||Para B|650mg||1.01||viên|100.00|1'], 'each brand with its prices');
select is((select l from pg_temp.lines('drug_item') with ordinality x (l, n) where l like '40.48|VD-1%' order by n limit 1),
    '40.48|VD-1|Q;G1;N1;2026|2026-08-02||Para A|500mg|440.000|1.01||viên|100.00|1', 'a facility''s price stands before the tenant''s');
select results_eq($$ select pg_temp.lines('service') order by 1 $$, $$ values
    ('02.03|2026-08-03|2026-08-03|Khám Nội|30000.000||||||1|100.00||f|f||f'), ('02.99|2025-01-01|2025-12-31|Đã bỏ||2|||||1|100.00||f|f||f') $$,
    'a service at the facility''s price for the insured; one out of date keeps its dates; an unknown one is not there');
select results_eq($$ select pg_temp.lines('drug_against_disease') $$, $$ values ('40.48|K70.3|||cấm') $$, 'a disease group forbids its members');
select results_eq($$ select pg_temp.lines('drug_against_drug') $$, $$ values ('Paracetamol|Y|||cấm') $$, 'substances that must not meet');
select is((select lines from got where catalog = 'supply'), null, 'no supplies at all');
insert into ref.local_supply (tenant_id, code, supply_code, name_vi, unit_vi) values (1, 'S', 'N01', 'Bông', 'Cuộn');
select is((select lines from claim.catalog_rows('{161}') where catalog = 'supply'), '', 'supplies, but none asked for: present and empty');
select results_eq($$ select pg_temp.lines('staff') $$, $$ values ('000001/DL-CCHN|||2015-05-04|2026-07-31|t|t|doctor') $$,
    'an ended licence stays in the list with its end');
update org.facility set head_code = '9991800000' where facility_id = 11;
select is((select l from claim.catalog_rows('{161}') g cross join string_to_table(g.lines, E'\n') l where g.catalog = 'staff' and l like '9991800000%'),
    E'9991800000\t\t\t\t\tf\tt\t', 'the head of the facility may sign');
select results_eq($$ select pg_temp.lines('staff_hours') $$, $$ values ('000001/DL-CCHN|2026-08-03|2026-08-03|7|17') $$, 'Monday''s hours');
select results_eq($$ select pg_temp.lines('staff_service') order by 1 $$, $$ values ('000001/DL-CCHN|02.03||'), ('000001/DL-CCHN|02.99||') $$,
    'only what the scope covers');
select results_eq($$ select pg_temp.lines('contract') $$, $$ values ('01|2026-01-01|2026-12-31|t|f|t') $$, 'the contract');
select results_eq($$ select pg_temp.lines('holiday') $$, $$ values ('VN|2026-08-03|2026-08-03') $$, 'holidays of these days');
select is_empty($$ select from got where catalog in ('facility', 'drug_route', 'drug_indication', 'traditional', 'indicator', 'purchased', 'machine') $$,
    'lists the centre has nothing of are not there');
select is(claim.staff_hours_lines(11, '{000001/DL-CCHN}', '{2026-08-04}'), E'000001/DL-CCHN\t2026-08-04\t2026-08-04\t24\t0\n', 'no hours on Tuesday');
select is(claim.staff_hours_lines(12, '{000001/DL-CCHN}', '{2026-08-03}'), null, 'hours elsewhere say nothing of this facility');
select is(claim.staff_service_lines(11, '{000003/DL-CCHN}', '{99.1}', '2026-08-03', '2026-08-03'), null, 'scope 102 does not cover it');
update org.staff set scopes = '{103}' where staff_id = 133;
select is(claim.staff_service_lines(11, '{000003/DL-CCHN}', '{99.1}', '2026-08-03', '2026-08-03'), E'000003/DL-CCHN\t99.1\t\t\n',
    'a scope without a list forbids nothing');
select results_eq($$ select catalog from claim.catalog_all('66901', '2026-08-01', '2026-08-31') where lines = '' or lines is null $$,
    $$ values ('supply') $$, 'all of a month: everything has lines but the supply without a tender');
select is((select count(*) from claim.catalog_all('66901', '2026-08-01', '2026-08-31') x cross join string_to_table(x.lines, E'\n') l
    where x.catalog = 'staff_hours' and l <> ''), 62::bigint, 'hours for 31 days of two people');
select throws_ok($$ select claim.catalog_all('66901', '2026-08-01', '2027-09-01') $$, '22023', null, 'more than a year is refused');
select throws_ok($$ select claim.catalog_all('66911', '2026-08-01', '2026-08-31') $$, '22023', null, 'another tenant''s facility does not exist');
create temp table epoch as select claim.catalog_epoch() as before;
update ref.item_price set price_hospital = 501 where tenant_id = 1 and item_code = 'A' and facility_id is null;
select cmp_ok(claim.catalog_epoch(), '>', (select before from epoch), 'a changed price is a new state of the lists');
update epoch set before = claim.catalog_epoch();
update care.visit set reason = 'Sốt' where visit_id = 161;
insert into ref.local_route (tenant_id, code, name_vi) values (2, '1.01', 'Uống');
select is(claim.catalog_epoch(), (select before from epoch), 'a visit, or another tenant''s list, is none');
select set_config('hmis.tenant', '2', true), set_config('hmis.facilities', '{21}', true);
select is_empty($$ select * from claim.catalog_rows('{161}') $$, 'another tenant''s visit gives nothing');

select * from finish();
rollback;
