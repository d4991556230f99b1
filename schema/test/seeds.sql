-- Reference rows: counts as published, and values looked up by hand in the sources.
begin;
select * from no_plan();

create temp table expected (full_name text, rows bigint, note text);
insert into expected values
    ('ref.icd10', 12137, 'annex of decision 4469'), ('ref.icd10_dagger', 2287, 'annex A1'),
    ('ref.icd10_morbidity', 333, '21 chapters and 312 groups'), ('ref.service', 9190, 'decision 7603 annex 1'),
    ('ref.ethnic', 55, '54 groups and foreigners'), ('ref.practice_scope', 91, 'list of the fund'),
    ('ref.notifiable_disease', 81, 'decision 97/QĐ-PB'), ('ref.cost_group', 19, 'MA_NHOM'), ('ref.visit_type', 16, 'decision 1804'),
    ('ref.accident', 9, '0 to 8'), ('ref.nationality', 259, 'immigration list');
create function pg_temp.rows_of(full_name text) returns bigint language plpgsql as $$
declare n bigint; begin execute 'select count(*) from ' || full_name into n; return n; end $$;
select is(pg_temp.rows_of(full_name), rows, full_name || ': ' || note) from expected;

select results_eq(
    $$ select level, count(*)::int from ref.admin_unit where valid @> date '2025-06-30' group by 1 order by 1 $$,
    $$ values ('commune', 10595), ('district', 705), ('province', 63) $$, 'units until 2025-06-30');
select results_eq(
    $$ select level, count(*)::int from ref.admin_unit where valid @> date '2025-07-01' group by 1 order by 1 $$,
    $$ values ('commune', 3321), ('province', 34) $$, 'units from 2025-07-01: 34 provinces, 3,321 communes, no districts');
select results_eq(
    $$ select deadline_class, count(*)::int from ref.notifiable_disease group by 1 order by 1 $$,
    $$ values ('24h', 18), ('48h', 17), ('weekly', 46) $$, 'diseases by deadline');
select is_empty($$
    select u.level, u.code from ref.admin_unit u
    where u.parent_code is not null and not exists (select from ref.admin_unit p where p.code = u.parent_code and p.valid @> u.valid
        and p.level = case when u.level = 'district' or lower(u.valid) is not null then 'province' else 'district' end)
$$, 'every unit has its parent on the same dates');
select is_empty($$
    select change_no from ref.admin_unit_change c
    where not exists (select from ref.admin_unit u where u.level = c.level and u.code = c.new_code and u.valid @> c.effective_on)
        or (c.old_code is not null and not exists (select from ref.admin_unit u
            where u.level = c.level and u.code = c.old_code and u.valid @> (c.effective_on - 1)))
$$, 'changes name units that exist before and after');
select is((select new_code from ref.admin_unit_change where level = 'province' and old_code = '54'), '66', 'Phú Yên went into Đắk Lắk');
select is((select count(*) from ref.admin_unit where level = 'commune' and parent_code = '66' and lower(valid) is not null), 102::bigint,
    'the new Đắk Lắk has 102 communes');

select is((select name_vi from ref.icd10 where code = 'A00.0'), 'Bệnh tả do Vibrio cholerae 01, typ sinh học cholerae', 'A00.0');
select is_empty($$ select code from ref.icd10 i where parent_code is not null
    and not exists (select from ref.icd10 p where p.code = i.parent_code) $$, 'every ICD-10 parent exists');
select is_empty($$ select code from ref.icd10 i where not exists (select from ref.icd10_group g where g.kind = 'block' and g.code = i.block_code)
    or not exists (select from ref.icd10_group g where g.kind = 'chapter' and g.code = i.chapter_no::text) $$, 'every ICD-10 block and chapter has a name');
select is_empty($$ select code from ref.icd10 where morbidity_row is not null
    and morbidity_row not in (select row_code from ref.icd10_morbidity) $$, 'every line of form 14 exists');
select is((select sex_limit from ref.icd10 where code = 'O80.0'), 2::smallint, 'O80.0 only for women');
select is((select sex_limit from ref.icd10 where code = 'C61'), 1::smallint, 'C61 only for men');

select is((select price from ref.service_price where service_code = '01.0009.0098' and valid @> date '2020-06-01'), 1363000::numeric,
    'historical price of 01.0009.0098');
select is_empty($$ select service_code from ref.service_price p where not exists (select from ref.service s where s.code = p.service_code) $$,
    'every price belongs to a service');
select cmp_ok((select count(*) from ref.service where cost_group = '1'), '>', 500::bigint, 'laboratory services are grouped');

select is((select name_vi from ref.code where catalogue = 'GIOI_TINH' and code = '2'), 'Nữ', 'GIOI_TINH 2');
select is((select count(*) from ref.code where catalogue = 'KET_QUA_DTRI'), 8::bigint, 'KET_QUA_DTRI 1 to 8');
select is((select array_agg(code order by code) from ref.visit_type where is_inpatient), array['03', '04', '09'], 'in-patient kinds of visit');
select is((select benefit_fraction from ref.object_code where code = '1.13' and valid @> date '2026-06-30'), 0::numeric, 'object 1.13 before 2026-07-01');
select is((select benefit_fraction from ref.object_code where code = '1.13' and valid @> date '2026-07-01'), 0.5, 'object 1.13 from 2026-07-01');

select is(ref.parameter_on('base_salary', '2018-07-01'), '1390000', 'base salary 2018');
select is(ref.parameter_on('base_salary', '2023-06-30'), '1490000', 'base salary until 2023-06-30');
select is(ref.parameter_on('base_salary', '2024-06-30'), '1800000', 'base salary until 2024-06-30');
select is(ref.parameter_on('base_salary', '2026-06-30'), '2340000', 'base salary until 2026-06-30');
select is(ref.parameter_on('base_salary', '2026-07-01'), '2530000', 'base salary from 2026-07-01');
select is(ref.parameter_on('base_salary', '2015-01-01'), null, 'no base salary before the first row');

select isnt_empty($$ select from ref.catalog_item where catalogue = 'icd10' and folded like '%viem%' and folded like '%phoi%' $$,
    'a disease is found without diacritics');
select is((select count(distinct catalogue) from ref.catalog_item where catalogue in ('icd10', 'services', 'drugs', 'ethnic', 'communes', 'GIOI_TINH')),
    6::bigint, 'catalogues are looked up in one view');
select is_empty($$ select c.kind from ref.catalog_column c left join ref.catalog_kind k using (kind) where k.kind is null $$,
    'columns of import files belong to a kind');
select is_empty($$
    select c.kind, c.target_column from ref.catalog_column c join ref.catalog_kind k using (kind)
    where c.target_column not in ('valid_from', 'valid_to')
        and not exists (select from pg_attribute a where a.attrelid = k.target::regclass and a.attname = c.target_column)
$$, 'columns of import files have their place in the target table');
select is_empty($$
    select c.kind, c.name, c.example from ref.catalog_column c
    where c.example <> '' and (length(c.example) > c.max_length or (c.pattern <> '' and c.example !~ ('^(?:' || c.pattern || ')$')))
$$, 'examples of import files are valid');

-- One row more on an overlapping range is refused wherever a table has dates (the row is a copy of a real one).
create function pg_temp.copy_overlapping(t regclass) returns text language plpgsql as $$
declare
    columns text := (select string_agg(quote_ident(attname), ', ') from pg_attribute
        where attrelid = t and attnum > 0 and not attisdropped and attgenerated = '' and attname <> 'valid');
begin
    execute format('insert into %1$s (%2$s, valid) select %2$s, daterange(''1000-01-01'', null) from %1$s where valid @> current_date limit 1', t, columns);
    return 'accepted';
exception when exclusion_violation then
    return 'refused';
end
$$;
select is(pg_temp.copy_overlapping(c.conrelid), 'refused', c.conrelid::regclass || ' refuses overlapping dates')
from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attname = 'valid' and a.attgenerated = ''
where c.contype = 'x' and c.conrelid::regclass::text like 'ref.%'
    and exists (select from pg_stat_user_tables s where s.relid = c.conrelid)
    and (xpath('/row/c/text()', query_to_xml('select count(*) as c from ' || c.conrelid::regclass || ' where valid @> current_date', false, true, '')))[1]::text::int > 0;

select * from finish();
rollback;
