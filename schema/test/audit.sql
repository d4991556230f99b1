-- What was changed, by whom, is written down and cannot be unwritten.
begin;
select * from no_plan();
\ir two_tenants.psql

select is((select count(*) from audit.change where table_name = 'reg.patient' and op = 'I' and keys @> array[141::bigint] and tenant_id = 1), 1::bigint,
    'a new patient leaves a trace');
select is((select array_agg(distinct tenant_id) from audit.change where table_name = 'reg.patient' and 241 = any (keys)), array[2::bigint],
    'the trace belongs to the tenant of the row');
select set_config('hmis.user', '77', true), set_config('hmis.request', 'req-1', true);
update reg.patient set phone = '0901234567' where tenant_id = 1 and patient_id = 141;
select results_eq($$ select actor, request_id, before, after from audit.change where table_name = 'reg.patient' and op = 'U' $$,
    $$ values ('77', 'req-1', '{"phone": null}'::jsonb, '{"phone": "0901234567"}'::jsonb) $$, 'an update leaves actor, request and the changed columns only');
insert into care.diagnosis (tenant_id, facility_id, diagnosis_id, visit_id, role, icd_code) values (1, 11, 191, 161, 'main', 'J18.9');
delete from care.diagnosis where tenant_id = 1 and diagnosis_id = 191;
select is((select before ->> 'icd_code' from audit.change where table_name = 'care.diagnosis' and op = 'D'), 'J18.9', 'a deletion leaves the whole row');
select is((select facility_id from audit.change where table_name = 'care.diagnosis' and op = 'D'), 11::bigint, 'and its facility');
update care.visit set status = 'in_exam' where tenant_id = 1 and visit_id = 161;
select results_eq($$ select from_state, to_state, actor from audit.transition where machine = 'care.visit' and row_id = 161 $$,
    $$ values ('arrived', 'in_exam', '77') $$, 'a change of state is logged');
select throws_ok($$ update audit.change set actor = 'nobody' $$, 'HM500', 'audit.append_only', 'the trace cannot be changed');
select throws_ok($$ delete from audit.change $$, 'HM500', 'audit.append_only', 'the trace cannot be deleted');
select throws_ok($$ delete from audit.access $$, 'HM500', 'audit.append_only', 'nor can the list of reads') where exists (select from audit.access);

select * from finish();
rollback;
