-- Two tenants, so that every scenario can show that the other one sees nothing: a centre with two stations, and
-- a centre with one. The centre's code is given, its stations count on from 1.
insert into org.tenant (code, name)
values ('T' || :'home', 'Trung tâm y tế ' || :'home'), ('T' || :'other', 'Trung tâm y tế ' || :'other');

insert into org.facility (tenant_id, code, name, kind, level, province_code)
select tenant_id, substr(code, 2), name, 'centre', 'basic', substr(code, 2, 2) from org.tenant
where code in ('T' || :'home', 'T' || :'other');

insert into org.facility (tenant_id, code, name, kind, level, province_code, parent_id)
select tenant_id, (code::int + n)::text, 'Trạm y tế ' || (code::int + n), 'station', 'initial', province_code, facility_id
from org.facility, generate_series(1, 2) n
where code = :'home' or code = :'other' and n = 1;
