-- A small clinic in the places of places.py: departments, rooms, beds, staff, machines, people with cards, and
-- a price list. Ids are fixed so that tests can name them.
insert into org.facility (tenant_id, facility_id, code, name, kind, level, parent_id, province_code) values
    (1, 13, '66009', 'Bệnh viện chuyên sâu', 'centre', 'specialised', null, '66');
insert into org.department (tenant_id, facility_id, department_id, code, name, kind)
select f.tenant_id, f.facility_id, f.facility_id * 10 + d.n, d.code, d.name, d.kind
from org.facility f cross join (values (0, 'K01', 'Khám bệnh', 'exam'), (1, 'K03', 'Nội', 'clinical'), (2, 'K19', 'Ngoại', 'clinical'))
    d (n, code, name, kind);
insert into org.room (tenant_id, facility_id, room_id, department_id, code, name)
select d.tenant_id, d.facility_id, d.department_id * 10 + n, d.department_id, 'P' || n, 'Phòng ' || n
from org.department d cross join generate_series(1, 2) n where d.code = 'K01';
insert into org.bed (tenant_id, facility_id, bed_id, department_id, code, service_code)
select d.tenant_id, d.facility_id, d.department_id * 10 + n, d.department_id, 'H00' || n, case d.code when 'K03' then 'BED2' else 'BEDS3' end
from org.department d cross join generate_series(1, 2) n where d.code <> 'K01';
insert into org.machine (tenant_id, facility_id, machine_id, code, name, group_code)
select f.tenant_id, f.facility_id, f.facility_id * 10, 'HH.1.' || f.code || '.001', 'Máy huyết học', 'HH' from org.facility f;
insert into org.staff (tenant_id, staff_id, code, full_name, title)
select t.tenant_id, t.tenant_id * 1000 + s.n, lpad((t.tenant_id * 1000 + s.n)::text, 6, '0') || '/DL-CCHN', s.name, s.title
from org.tenant t cross join (values (1, 'Bác sĩ Một', 'doctor'), (2, 'Bác sĩ Hai', 'doctor'), (3, 'Kỹ thuật viên Ba', 'technician'))
    s (n, name, title);
-- a claim's head signs by this number; a name has no digits
update org.facility set head_code = '9991800000';
insert into reg.patient (tenant_id, patient_id, code, full_name, born_on, sex, citizen_id, address, province_code, commune_code)
select t.tenant_id, t.tenant_id * 10000 + n, 'BN' || n, 'Nguyễn Thử ' || initcap(translate(n::text, '0123456789', 'bcdghklmnt')), '1980-01-01',
    case n % 2 when 0 then '1' else '2' end, '999' || case n % 2 when 0 then '0' else '1' end || '80' || lpad((t.tenant_id * 10000 + n)::text, 6, '0'), 'Thôn 1', '66', '24133'
from org.tenant t cross join generate_series(1, 60) n;
insert into ref.local_service (tenant_id, code, service_code, name_vi, cost_group, needs_machine)
select t.tenant_id, s.* from org.tenant t cross join (values
    ('KB', '01.1898', 'Khám bệnh', '13', false), ('CTM', '22.0120.1370', 'Tổng phân tích tế bào máu', '1', true),
    ('SA', '18.0015.0001', 'Siêu âm ổ bụng', '2', false), ('BED2', 'K03.1911', 'Giường Nội loại 2', '15', false),
    ('BEDS3', 'K19.1931', 'Giường Ngoại loại 3', '15', false), ('FREE', '99.0000.0000', 'Chưa có giá', '1', false))
    s (code, service_code, name_vi, cost_group, needs_machine);
insert into ref.local_drug (tenant_id, code, drug_code, name_vi, unit_vi, route_code, strength, form_vi, registration_no, tender)
select t.tenant_id, 'PARA', '40.48', 'Paracetamol 500', 'viên', '1.01', '500 mg', 'viên nén', 'VD-00001-20', '1;G1;N1;2026' from org.tenant t;
insert into ref.local_supply (tenant_id, code, supply_code, name_vi, unit_vi)
select t.tenant_id, 'KIM', 'N03.02.010', 'Kim luồn', 'cái' from org.tenant t;
insert into ref.item_price (tenant_id, item_kind, item_code, valid, price_hospital)
select t.tenant_id, p.kind, p.code, '[2020-01-01,)', p.price from org.tenant t cross join (values ('service', 'KB', 36500),
    ('service', 'CTM', 47500), ('service', 'SA', 58600), ('service', 'BED2', 175000), ('service', 'BEDS3', 221000),
    ('drug', 'PARA', 250), ('supply', 'KIM', 15000)) p (kind, code, price);
insert into reg.coverage (tenant_id, coverage_id, patient_id, card_no, registered_code, valid)
select p.tenant_id, p.patient_id + 50000, p.patient_id, 'DN466999' || lpad(p.patient_id::text, 7, '0'), '66001', '[2025-01-01,2028-01-01)'
from reg.patient p where p.patient_id % 10000 <= 40;
