-- Closed insured visits ready for a run, through the real tables: psql variables facility (code), month (yyyy-MM-01),
-- count (visits), lines (drug and service charges of each, besides the consultation). Synthetic people: citizen
-- ids of the impossible range 999.
with f as (
    select tenant_id, facility_id, code from org.facility where code = :'facility'
), d as (
    insert into org.department (tenant_id, facility_id, code, name, kind)
    select tenant_id, facility_id, 'K01', 'Khoa Khám bệnh', 'clinical' from f
    where not exists (select from org.department d where d.tenant_id = f.tenant_id and d.facility_id = f.facility_id)
    returning 1
), s as (
    insert into org.staff (tenant_id, code, full_name, title, citizen_id)
    select tenant_id, '0012345/DL-CCHN', 'Nguyễn Văn Bác', 'doctor', '999180000001' from f
    where not exists (select from org.staff s where s.tenant_id = f.tenant_id)
    returning 1
)
select from d, s limit 0;

update org.facility set head_code = '9991800000' where code = :'facility';

with f as (
    select f.tenant_id, f.facility_id, f.code,
        (select max(substr(p.citizen_id, 4)::bigint) from reg.patient p where p.tenant_id = f.tenant_id) as last
    from org.facility f where f.code = :'facility'
)
insert into reg.patient (tenant_id, code, full_name, born_on, sex, citizen_id, phone, address, province_code, commune_code)
select f.tenant_id, 'BN' || coalesce(f.last, 190000000) + n, 'Nguyễn Thị Bệnh ' || initcap(translate(n::text, '0123456789', 'bcdghklmnt')), date '1950-01-01' + n % 20000, (1 + n % 2)::text,
    '999' || lpad((coalesce(f.last, 190000000) + n)::text, 9, '0'), '0900000000', 'Thôn ' || n % 40, '66', '24133'
from f, generate_series(1, :count) n;

insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, valid)
select p.tenant_id, p.patient_id, 'GD4' || '66' || right(p.citizen_id, 10), f.code, daterange('2020-01-01', '2030-01-01')
from org.facility f join reg.patient p on p.tenant_id = f.tenant_id
where f.code = :'facility' and not exists (select from reg.coverage c where c.tenant_id = p.tenant_id and c.patient_id = p.patient_id);

with f as (
    select f.tenant_id, f.facility_id, f.code, (select department_id from org.department d
            where d.tenant_id = f.tenant_id and d.facility_id = f.facility_id limit 1) as department_id,
        (select staff_id from org.staff s where s.tenant_id = f.tenant_id limit 1) as staff_id
    from org.facility f where f.code = :'facility'
), p as (
    select c.*, row_number() over (order by c.coverage_id) as n from f join reg.coverage c on c.tenant_id = f.tenant_id
    where not exists (select from care.visit v where v.tenant_id = c.tenant_id and v.coverage_id = c.coverage_id)
), t as (
    select p.*, :'month'::date::timestamp at time zone 'Asia/Ho_Chi_Minh'
        + make_interval(days => (n % :days)::int, hours => 8, mins => (n % 300)::int) as at from p
)
insert into care.visit (tenant_id, facility_id, patient_id, ma_lk, kind_code, object_code, coverage_id, department_id,
    practitioner_id, reason, weight_kg, arrived_at, discharged_at, treatment, result_code, outcome_code, status, closed_at,
    settled_at, coverage_state)
select f.tenant_id, f.facility_id, t.patient_id, f.code || '-' || t.coverage_id, '01', '1.1', t.coverage_id, f.department_id,
    f.staff_id, 'Sốt, ho 2 ngày', 54.5, t.at, t.at + interval '1 hour', 'Dùng thuốc theo đơn', '1', '1', 'closed',
    t.at + interval '61 minutes', t.at + interval '65 minutes', 'ok'
from f, t;

insert into care.diagnosis (tenant_id, facility_id, visit_id, role, icd_code, position)
select v.tenant_id, v.facility_id, v.visit_id, r.role, r.code, 1
from care.visit v join org.facility f on f.tenant_id = v.tenant_id and f.facility_id = v.facility_id
    cross join (values ('main', 'J02.9'), ('secondary', 'I10')) r (role, code)
where f.code = :'facility' and not exists (select from care.diagnosis d where d.tenant_id = v.tenant_id and d.visit_id = v.visit_id);

-- the consultation, then drugs and services by turns; the fund pays all below 15 % of the base salary, else 80 %
with line as (
    select v.*, n, case when n = 0 then 3 when n % 2 = 1 then 2 else 3 end as claim_table,
        case when n = 0 then 27500.0 when n % 2 = 1 then 1250.5 else 21800.0 end as price,
        case when n > 0 and n % 2 = 1 then 10.0 else 1.0 end as quantity
    from care.visit v join org.facility f on f.tenant_id = v.tenant_id and f.facility_id = v.facility_id
        cross join generate_series(0, :lines) n
    where f.code = :'facility' and not exists (select from bill.charge c where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id)
), sum as (
    select l.*, round(price * quantity, 2) as amount,
        case when sum(price * quantity) over (partition by visit_id) < 0.15 * 2530000 then 100 else 80 end as level from line l
)
insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, coverage_id, item_code, item_name,
    group_code, unit, strength, route_code, form, dose_text, usage_text, registration_no, tender, quantity, price_hospital,
    price_insurance, price_applied, amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share,
    other_share, department_id, practitioner_codes, performer_codes, machine_code, icd_codes, ordered_at, performed_at, result_at)
select tenant_id, facility_id, visit_id, claim_table, case claim_table when 2 then 'prescription_line' else 'order' end,
    visit_id * 100 + n, coverage_id,
    case when n = 0 then '02.1897' when claim_table = 2 then '40.' || 100 + n else '23.0075.1494' end,
    case when n = 0 then 'Khám Nội' when claim_table = 2 then 'Paracetamol ' || n else 'Định lượng Glucose [Máu]' end,
    case when n = 0 then 13 when claim_table = 2 then 4 else 1 end,
    case claim_table when 2 then 'Viên' else 'Lần' end,
    case claim_table when 2 then '500mg' end, case claim_table when 2 then '1.01' end, case claim_table when 2 then 'Viên nén' end,
    case claim_table when 2 then '1 viên/lần * 2 lần/ngày * 5 ngày' end, case claim_table when 2 then 'Uống sau ăn' end,
    case claim_table when 2 then 'VD-12345-18' end, case claim_table when 2 then '2026.01;G1;N4;2026' end,
    quantity, price, price, price, amount, amount, level, round(amount * level / 100, 2), amount - round(amount * level / 100, 2), 0, 0, department_id,
    array['0012345/DL-CCHN'], array['0012345/DL-CCHN'],
    case when claim_table = 3 and n > 0 then 'SH.1.' || left(ma_lk, 5) || '.001' end, array['J02.9'], arrived_at + interval '10 minutes',
    arrived_at + interval '20 minutes', arrived_at + interval '40 minutes'
from sum order by visit_id, n;

with v as (
    select v.* from care.visit v join org.facility f on f.tenant_id = v.tenant_id and f.facility_id = v.facility_id
    where f.code = :'facility' and not exists (select from care.service_order o where o.tenant_id = v.tenant_id and o.visit_id = v.visit_id)
), o as (
    insert into care.service_order (tenant_id, facility_id, visit_id, local_code, service_code, department_id, ordered_by_id,
        ordered_at, status, performed_at, result_at)
    select v.tenant_id, v.facility_id, v.visit_id, 'XN1', '23.0075.1494', v.department_id, v.practitioner_id,
        v.arrived_at + interval '10 minutes', 'done', v.arrived_at + interval '20 minutes', v.arrived_at + interval '40 minutes'
    from v
    returning *
)
insert into care.result (tenant_id, facility_id, visit_id, service_order_id, indicator_code, indicator_name, value, unit, resulted_at,
    read_by_id)
select tenant_id, facility_id, visit_id, service_order_id, null, 'Glucose', '5.' || visit_id % 10, 'mmol/L', result_at, ordered_by_id from o;
