-- Importing a centre's lists: staged, judged, compared, applied by date.
set client_min_messages = warning;
begin;
select * from no_plan();
\ir two_tenants.psql

-- One import from its rows (the first is the header); the temporary tables are dropped, as at the end of a transaction.
create function pg_temp.import(kind text, facility text, effective date, rows text[], keep boolean default false,
    out faults text[], out differences text[], out batch bigint) language plpgsql as $$
begin
    perform ref.catalog_begin(kind, 'T1', facility, effective, keep);
    insert into catalog_raw select n, string_to_array(r, ',') from unnest(rows[2:]) with ordinality x (r, n0), lateral (select n0::int + 1 as n) y;
    faults := array(select format('%s:%s:%s', c.line, c.column_name, c.message) from ref.catalog_check(string_to_array(rows[1], ',')) c);
    if faults = '{}' then
        differences := array(select concat_ws(' ', d.action, d.line, d.key, d.column_name, d.before, d.after) from ref.catalog_diff_lines() d);
        batch := ref.catalog_apply('test.csv', repeat('0', 64));
    end if;
    drop table catalog_run, catalog_raw, catalog_error, catalog_cell, catalog_stage, catalog_diff;
    drop table if exists catalog_existing;
end
$$;

create temp table first_import as select * from pg_temp.import('drugs', null, '2026-01-01', array[
    'code,MA_THUOC,name_vi,unit_vi,payment_ratio', 'P500,40.48,Paracetamol,Viên,', 'A500,40.154,Amoxicilin,Viên,50']);
select is(faults, '{}', 'a good file has no faults') from first_import;
select is(differences, array['added 2 P500', 'added 3 A500'], 'both drugs are new') from first_import;
select results_eq($$ select code, drug_code, payment_ratio, valid::text, batch_id from ref.local_drug where tenant_id = 1 order by code $$,
    $$ select 'A500', '40.154', 50.00, '[2026-01-01,)', batch from first_import union all select 'P500', '40.48', 100.00, '[2026-01-01,)', batch from first_import $$,
    'rows hold from the day named, know their batch, and an empty cell is the fallback');
select is((pg_temp.import('drugs', null, '2026-03-01', array[
    'code,MA_THUOC,name_vi,unit_vi,payment_ratio', 'P500,40.48,Paracetamol,Viên,100', 'A500,40.154,Amoxicilin,Viên,50.00'])).differences, '{}',
    'the same list again changes nothing');
select is((pg_temp.import('drugs', null, '2026-06-01', array['code,drug_code,name_vi,unit_vi', 'P500,40.48,Paracetamol B,Viên'])).differences,
    array['changed 2 P500 name_vi Paracetamol Paracetamol B', 'changed 2 P500 valid [2026-01-01,) [2026-06-01,)', 'removed A500 valid [2026-01-01,) [2026-01-01,2026-06-01)'],
    'a change starts a new row, a missing drug ends');
select results_eq($$ select code, name_vi, valid::text from ref.local_drug where tenant_id = 1 order by code, valid $$,
    $$ values ('A500', 'Amoxicilin', '[2026-01-01,2026-06-01)'), ('P500', 'Paracetamol', '[2026-01-01,2026-06-01)'), ('P500', 'Paracetamol B', '[2026-06-01,)') $$,
    'history stays');
select is((pg_temp.import('drugs', null, '2026-07-01', array['code,drug_code,name_vi,unit_vi', 'C1,40.1,Cefalexin,Viên'], true)).differences,
    array['added 2 C1'], 'with --keep-missing nothing ends');
select is((pg_temp.import('drugs', '66902', '2026-07-01', array['code,drug_code,name_vi,unit_vi', 'P500,40.48,Của trạm,Viên'])).differences,
    array['added 2 P500'], 'a facility''s list is apart from the tenant''s');
select is((select count(*) from ref.local_drug where tenant_id = 2), 0::bigint, 'another tenant got nothing');

-- Every fault is told with line and column.
select is((pg_temp.import('drugs', null, '2026-01-01', array['code,drug_code,name_vi,unit_vi,payment_ratio,cost_group,valid_to,benefit_scope',
        ',40.1,A,Viên,101,4,,1', 'X,40.1,B,Viên,x,77,2026-02-30,1', 'Y,40.1,C,Viên', 'Z,40.1,D,Viên,50,4,2025-01-01,9'])).faults,
    array['2:code:is empty', '2:payment_ratio:must match (100|[0-9]{1,2})(\.[0-9]{1,2})?', '3:cost_group:"77" is not in the list of cost group on 2026-01-01',
        '3:payment_ratio:must be a number with at most 2 decimals and a dot', '3:payment_ratio:must match (100|[0-9]{1,2})(\.[0-9]{1,2})?',
        '3:valid_to:must be a date: yyyy-mm-dd, yyyymmdd or dd/mm/yyyy', '4::has 4 columns, the header has 8', '5:benefit_scope:must match [123]'],
    'faults of a file, all at once');
select is((pg_temp.import('drugs', null, '2026-01-01', array['code,drug_code,name_vi,unit_vi,valid_to', 'P,1,A,Viên,2025-12-01', 'P,1,A,Viên,'])).faults,
    array['2:valid_to:ends before it starts', '3:code:the same as in line 2'], 'dates that end too early, and a code twice');
select is((pg_temp.import('drugs', null, '2026-01-01', array['code,nonsense,code', 'P,1,A'])).faults,
    array['1:code:column stands twice', '1:drug_code:required column is missing', '1:name_vi:required column is missing',
        '1:nonsense:no such column in files of kind drugs', '1:unit_vi:required column is missing'], 'faults of a header');
select is((pg_temp.import('prices', null, '2026-01-01', array['item_kind,item_code,price_hospital', 'drug,NIX,1'])).faults,
    array['2:item_code:there is no drug "NIX" in the centre''s list'], 'a price needs its item');
select throws_ok($$ select pg_temp.import('staff', '66901', '2026-01-01', array['code']) $$, 'P0001', null, 'staff belong to the whole tenant');
select throws_ok($$ select pg_temp.import('departments', null, '2026-01-01', array['code']) $$, 'P0001', null, 'departments belong to a facility');
select throws_ok($$ select pg_temp.import('drugs', '66911', '2026-01-01', array['code']) $$, 'P0001', null, 'another tenant''s facility does not exist');

-- Things with an id are changed in place.
select is((pg_temp.import('facilities', null, '2026-01-01', array['code,name,kind,level,parent_code,province_code',
        '66903,Phân trạm,station,initial,66904,66', '66904,Trạm mới,station,initial,66901,66'])).faults,
    array['2:parent_code:"66904" is not in the list of facility on 2026-01-01'], 'a facility stands after the one above it');
select is((pg_temp.import('facilities', null, '2026-01-01', array['code,name,kind,level,parent_code,province_code',
        '66904,Trạm mới,station,initial,66901,66', '66903,Phân trạm,station,initial,66904,66', '66902,Trạm đổi tên,station,initial,66901,66'])).differences,
    array['added 2 66904', 'added 3 66903', 'changed 4 66902 name Trạm y tế Một Trạm đổi tên'], 'facilities with their tree');
select is((select cardinality(path) from org.facility where code = '66903'), 3, 'a new facility stands below its parent from the same file');
select is((select facility_id from org.facility where code = '66902'), 12::bigint, 'a renamed facility keeps its id');
select is((pg_temp.import('staff', null, '2026-01-01', array['MACCHN,HO_TEN,title,scopes', '000001/DL-CCHN,Trần Văn Mẫu,doctor,102;103'])).differences,
    array['changed 2 000001/DL-CCHN scopes [] ["102", "103"]'], 'a practitioner gets scopes in place');
select is((pg_temp.import('posts', '66901', '2026-01-01', array['staff_code,department_code,hours', '000001/DL-CCHN,K01,2-6:0700-1130'])).differences,
    array['added 2 000001/DL-CCHN K01'], 'a post links practitioner and department');
select is((select count(*) from audit.change where table_name = 'org.facility' and op = 'U' and 12 = any (keys)), 1::bigint, 'imports are audited');

select * from finish();
rollback;
