-- Understanding what is typed into the search field, and the tables behind the search of people.
begin;
select * from no_plan();
\ir two_tenants.psql

-- What was typed -----------------------------------------------------------------------------------------

select results_eq($$ select * from reg.read_date('02/05/1980') $$, $$ values ('1980-05-02'::date, '1980-05-02'::date) $$, 'dd/MM/yyyy');
select results_eq($$ select * from reg.read_date('2-5-1980') $$, $$ values ('1980-05-02'::date, '1980-05-02'::date) $$, 'with dashes and without zeros');
select results_eq($$ select * from reg.read_date('02051980') $$, $$ values ('1980-05-02'::date, '1980-05-02'::date) $$, 'without anything between');
select results_eq($$ select * from reg.read_date('1980-05-02') $$, $$ values ('1980-05-02'::date, '1980-05-02'::date) $$, 'yyyy-MM-dd');
select results_eq($$ select * from reg.read_date('2/2024') $$, $$ values ('2024-02-01'::date, '2024-02-29'::date) $$, 'a month of a leap year');
select results_eq($$ select * from reg.read_date('1980') $$, $$ values ('1980-01-01'::date, '1980-12-31'::date) $$, 'a year');
select is((select lo from reg.read_date(t)), null, t || ' is no date') from unnest('{31/02/1980,29/02/2023,13/1980,1/2-1980,1779,980,02/05/80,hai,""}'::text[]) t;

select is((select words from reg.read_query('  Nguyễn   VĂN Đức ')), '{nguyen,van,duc}', 'words are folded');
select results_eq($$ select words, lo, hi from reg.read_query('hải 1980') $$, $$ values ('{hai}'::text[], '1980-01-01'::date, '1980-12-31'::date) $$, 'a word and a year');
select is((select numbers from reg.read_query('0912 345 678')), '{0912345678}', 'a telephone number in groups');
select is((select numbers from reg.read_query('dn 4 01 0123456789')), '{DN4010123456789}', 'a card in groups');
select is((select numbers from reg.read_query('999.080.012.345')), '{999080012345}', 'a citizen id with dots');
select throws_ok($$ select reg.read_query('1980 1981') $$, 'HM422', 'patient.query', 'two birth dates are one too many');
select throws_ok($$ select reg.read_query('31/02/1980') $$, 'HM422', 'patient.query', 'a day that does not exist is named');
select throws_ok($$ select reg.read_query(' - ') $$, 'HM422', 'patient.query', 'nothing is not a search');
select is(reg.phone_of(t), '0912345678', t || ' is 0912345678') from unnest('{0912345678,+84912345678,0084 912 345 678,84912345678,(0912) 345.678}'::text[]) t;
select is(reg.phone_of('+12025550123'), '+12025550123', 'other countries keep their code');

-- Patterns: words in order, each between blanks of its own -------------------------------------------------

select ok(' hai  nguyen  van ' like p.must, array_to_string(q, ' ') || ' is in hai nguyen van')
from (values ('{nguyen}'::text[], '{h}'::text[]), ('{van,hai}', '{}'), ('{}', '{n,v}'), ('{hai,van}', '{ng}')) x (q, part),
    lateral reg.patterns(q, part) p;
select ok(not ' hai  nguyen  van ' like p.must, array_to_string(q || part, ' ') || ' is not in hai nguyen van')
from (values ('{nguyen}'::text[], '{nguyenx}'::text[]), ('{va}', '{}'), ('{hai}', '{hai}')) x (q, part), lateral reg.patterns(q, part) p;
select ok(n like p.must or n like p.else_must, 'nguyen thi th finds ' || n)
from unnest('{" nguyen  thao  thi "," nguyen  thi  thuy "}'::text[]) n, reg.patterns('{nguyen,thi}', '{th}') p;
select ok(not (' nguyen  thi ' like p.must or ' nguyen  thi ' like p.else_must), 'thi alone is not two words that begin with th')
from reg.patterns('{nguyen,thi}', '{th}') p;

-- The search tables follow the patients ---------------------------------------------------------------------

insert into reg.patient (tenant_id, patient_id, code, full_name, born_on, sex, address, province_code, commune_code) values
    (1, 1410, 'S1', 'Lê Thị Thử Nghiệm', '1980-05-02', '2', 'x', '66', '24133');
select results_eq($$ select word from reg.patient_word where tenant_id = 1 and patient_id = 1410 order by word $$,
    $$ values ('#1980' collate "C"), ('=lttn'), ('le'), ('nghiem'), ('thi'), ('thu') $$, 'each word, the initials and the year');
select is((select words from reg.patient_word where patient_id = 1410 and word = 'le'), ' le  nghiem  thi  thu ', 'all words stand in each row');
update reg.patient set full_name = 'Lê Thử', born_on = '1981-01-01' where tenant_id = 1 and patient_id = 1410;
select results_eq($$ select word, born_on from reg.patient_word where tenant_id = 1 and patient_id = 1410 order by word $$,
    $$ values ('#1981' collate "C", '1981-01-01'::date), ('=lt', '1981-01-01'), ('le', '1981-01-01'), ('thu', '1981-01-01') $$, 'a new name and birth date replace the rows');
select is((select count(*) from reg.name_word where tenant_id = 1 and word in ('le', 'nghiem', '#1981', '')), 4::bigint, 'every word is known');
insert into reg.patient (tenant_id, patient_id, code, full_name, born_on, sex, address, province_code, commune_code)
select 1, 20000 + n, 'M' || n, 'Chamaléa Đông', '1990-01-01', '1', 'x', '66', '24133' from generate_series(1, 500) n;
select is((select uses from reg.name_word where tenant_id = 1 and word = 'chamalea'), 500::bigint, 'a load counts its words exactly');
select is((select count(*) from reg.patient p where not exists (select from reg.patient_word w where w.tenant_id = p.tenant_id
    and w.patient_id = p.patient_id and w.words = ' ' || replace(p.name_key, ' ', '  ') || ' ' and w.born_on = p.born_on)), 0::bigint,
    'nobody is missing');

-- Isolation and reach of an index ------------------------------------------------------------------------

select set_config('hmis.tenant', '2', true), set_config('hmis.facilities', '{21}', true);
set local role hmis_worker;
select is_empty($$ select from reg.find_names('{chamalea}', null, null, null, null, null, 10) $$, 'another tenant finds nobody');
select is_empty($$ select from reg.patient_word where tenant_id = 1 $$, 'and sees no words');
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11}', true);
select is((select count(*) from reg.find_names('{dong,chamalea}', null, null, null, null, null, 10)), 10::bigint, 'the tenant does');
reset role;
select is((select bool_and(p.proleakproof) from pg_amop a join pg_operator o on o.oid = a.amopopr join pg_proc p on p.oid = o.oprcode
    join pg_opfamily f on f.oid = a.amopfamily where a.amopmethod = 403 and f.opfname in ('text_ops', 'integer_ops', 'datetime_ops')
        and a.amoplefttype = a.amoprighttype and a.amoplefttype in ('text'::regtype, 'int8'::regtype, 'timestamptz'::regtype)), true,
    'the comparisons that the search index needs are leakproof: row-level security lets it be used');

-- Numbers ------------------------------------------------------------------------------------------------

select results_eq($$ select reg.next_number('x') from generate_series(1, 3) $$, $$ values (1::bigint), (2), (3) $$, 'a series counts');
insert into reg.patient (tenant_id, patient_id, code, full_name, born_on, sex, address, province_code, commune_code)
select 1, 30000, lpad((coalesce(max(last_no), 0) + 1)::text, 8, '0'), 'Hồ Sơ Cũ', '1990-01-01', '1', 'x', '66', '24133'
from reg.number_series where tenant_id = 1 and series = 'patient';
insert into reg.patient (tenant_id, patient_id, code, full_name, born_on, sex, address, province_code, commune_code)
select 1, 30001, '00070000', 'Hồ Sơ Cũ', '1990-01-02', '1', 'x', '66', '24133';
select is(reg.next_code(), '00070001', 'after a load, codes go on behind the highest');

select * from finish();
rollback;
