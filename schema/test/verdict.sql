-- Own rules, their versions and switches by day of arrival; verdicts, findings and overrides.
set client_min_messages = warning;
begin;
select * from no_plan();
\ir two_tenants.psql
select set_config('hmis.tenant', '1', true), set_config('hmis.facilities', '{11,12}', true), set_config('hmis.user', '', true);

-- Rules ---------------------------------------------------------------------------------------------------
select is((api.rule_version_add('TT-001', '{"text": "rule TT-001 …", "from": "2026-01-01"}', 'critical', 'XML3')).status, 201, 'a version is kept');
select is((api.rule_version_add('TT-001', '{"text": "rule TT-001 …", "from": "2026-07-01"}', 'critical', 'XML3')).status, 201, 'and a later one');
select results_eq($$select version_no, valid from claim.rule_version where tenant_id = 1 order by 1$$,
    $$values (1, '[2026-01-01,2026-07-01)'::daterange), (2, '[2026-07-01,)'::daterange)$$, 'the later version takes its days from the earlier one');
select throws_ok($$insert into claim.rule_version (tenant_id, code, version_no, body, severity, table_name, valid)
    values (1, 'TT-001', 9, 'x', 'critical', 'XML3', '[2026-03-01,2026-04-01)')$$, '23P01', null, 'two versions never hold on one day');
select is((api.rule_switch_add('X1-054', '{"state": "off", "from": "2026-01-01", "reason": "báo nhầm"}')).status, 201, 'a switch is kept');
select is((api.rule_switch_add('X1-054', '{"state": "shadow", "from": "2026-03-01", "to": "2026-03-31", "reason": "thử lại"}')).status, 201, 'and one inside it');
select results_eq($$select state, valid from claim.rule_switch where tenant_id = 1 order by valid$$,
    $$values ('off', '[2026-01-01,2026-03-01)'::daterange), ('shadow', '[2026-03-01,2026-04-01)'::daterange),
        ('off', '[2026-04-01,)'::daterange)$$, 'an earlier switch keeps what the later one leaves');
select throws_ok($$select api.rule_switch_add('X1-054', '{"state": "off", "from": "2026-01-01"}')$$, 'HM422', null, 'no switch without a reason');
select is(epoch > 3, true, 'each change is known to the processes') from claim.rule_epoch where tenant_id = 1;
select is((select count(*) from claim.rule_texts()), 5::bigint, 'the processes read versions and switches');

-- Verdicts and findings -------------------------------------------------------------------------------------
select ok(claim.verdict_store(161, 'close', 'refused',
    '{"rule_set": "a", "critical": 2, "warning": 0, "shadow": 0, "not_evaluated": 0, "at_risk": 100, "fund": 150}',
    '[{"rule": "A", "severity": "critical", "message_vi": "a", "message_en": "a", "amount": 100},
      {"rule": "B", "severity": "critical", "message_vi": "b", "message_en": "b", "amount": 100, "department": "K03"}]'), 'a verdict is kept');
select results_eq($$select rule, state, department, amount::numeric from claim.finding where tenant_id = 1 order by rule$$,
    $$values ('A', 'open', 'K01', 100::numeric), ('B', 'open', 'K03', 100::numeric)$$, 'with its findings, which are the visit''s when of no line');
select is(claim.finding_pareto('{11}', '2026-08-01', 'department', false) #>> '{0,at_risk}', '100.00', 'amounts add up by group');
select ok(claim.verdict_store(161, 'close', 'passed',
    '{"rule_set": "a", "critical": 0, "warning": 0, "shadow": 0, "not_evaluated": 0, "at_risk": 0, "fund": 150}', '[]'), 'judged again');
select is((select string_agg(distinct state, ',') from claim.finding where tenant_id = 1), 'adjusted', 'earlier findings are over');
select results_eq($$select state, refusals from claim.verdict where tenant_id = 1$$, $$values ('passed', 1)$$, 'the refusal is remembered');
select throws_ok($$insert into claim.override (tenant_id, facility_id, visit_id, rules, at_risk, rule_set, reason)
    values (1, 11, 161, '{A}', 0, 'a', 'vì')$$, '23514', null, 'an override has a reason of 10 characters');
select throws_ok($$insert into claim.override (tenant_id, facility_id, visit_id, rules, at_risk, rule_set, reason)
    values (1, 11, 161, '{}', 0, 'a', 'giấy tờ đúng như vậy')$$, '23514', null, 'and names rules');

select * from finish();
rollback;
