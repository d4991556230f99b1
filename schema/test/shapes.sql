-- The short way through api.check_body passes nothing that the long way refuses: each member of a visit and of what is
-- inside it takes every value of a list of likely and unlikely ones, alone in an otherwise right body.
begin;
select * from no_plan();

create temporary table good (shape text, path text[], body jsonb);
insert into good values ('visit', '{}', '{"patient_id": 1, "kind_code": "01", "object_code": "1.1", "department_id": 2, "room_id": 3, "reason": "Sốt, ho 2 ngày",
    "priority": "normal", "arrived_at": "2026-02-28T23:59:00+07:00", "weight_kg": 52.5}');
insert into good
select x.shape, array[x.list, '0'], g.body || jsonb_build_object(x.list, x.items) from good g, (values
    ('order', 'orders', '[{"code": "KB", "status": "done", "performer_ids": [1, 2], "quantity": 1.5, "war_wound": false}, {"code": "CTM"}]'::jsonb),
    ('vitals', 'vitals', '[{"pulse": 80, "temperature": 37.5}]'),
    ('diagnosis', 'diagnoses', '[{"role": "main", "icd_code": "J02.9"}]'),
    ('prescription', 'prescriptions', '[{"advice": "x", "lines": [{"code": "PARA", "dose": 0.5, "times_per_day": 3, "days": 5}]}]'),
    ('supply', 'supplies', '[{"code": "KIM", "quantity": 2}]')) x (shape, list, items);
insert into good select 'prescription_line', g.path || '{lines,0}', g.body from good g where g.shape = 'prescription';

create temporary table value (v jsonb);
insert into value select to_jsonb(t) from unnest(array['', ' ', 'x', 'KB', '1.1', '01', 'done', 'main', 'normal', E'a\nb', E'\u0001', ' x', 'x ', 'ế', repeat('x', 64),
    repeat('x', 65), repeat('x', 1000), repeat('x', 1001), repeat('x', 4001), '2026-02-28', '2026-02-29', '2028-02-29', '2026-04-31', '2026-13-01',
    '2026-02-28T23:59:00+07:00', '2026-02-30T23:59:00+07:00', '2026-02-28T24:00:00Z', '2026-02-28T10:00:00', '2026-04-30T10:00Z', '2026-01-31T10:00:60Z',
    '2026-12-31T10:00:00.1234567Z', 'a/b', 'a b', '-', '.']) t;
insert into value select n::jsonb from unnest(array['0', '1', '-1', '0.3', '0.0001', '1.5', '1.0', '25', '37.55', '99', '100', '9999', '100000', '1e3', '1e-9',
    '9007199254740991', '9007199254740992', '1e30', '12345678901234567890.5', 'null', 'true', 'false', '{}', '[]', '[null]', '[1]', '[[1]]', '[1.5]', '[0]',
    '["x"]', '[{}]', '[[{}]]', '[{"a": 1}]', '{"a": 1}', '[1, "2"]', '[{"code": "KB"}]', '[{"code": null}]', '[{"code": "KB"}, []]', '[{"code": ["KB"]}]', '[[{"code": "KB"}]]', '[[{"role": "main", "icd_code": "J02.9"}]]']) n;
insert into value select to_jsonb(array_agg(i)) from generate_series(1, 21) i;
insert into value select jsonb_agg('{"code": "KB"}'::jsonb) from generate_series(1, 101);

create temporary table trial as
select g.body, g.shape || ' as it should be' as what from good g
union all
select jsonb_set(g.body, g.path || m.name, x.v), format('%s.%s = %s', g.shape, m.name, left(x.v::text, 40))
from good g
cross join lateral (select f.name from api.field f where f.shape = g.shape union all select 'nobody_knows') m
cross join value x
union all
select g.body #- (g.path || f.name), format('%s without %s', g.shape, f.name) from good g join api.field f on f.shape = g.shape
union all
select jsonb_set(g.body, g.path, x.v), format('%s is %s', g.shape, left(x.v::text, 40)) from good g cross join value x where g.path <> '{}'
union all
select x.v, format('the body is %s', left(x.v::text, 40)) from value x;

select cmp_ok((select count(*) from trial), '>', 5000::bigint, 'thousands of bodies are tried');
select is((select array_agg(t.what) from trial t where not api.suspect_visit(t.body) and api.check_body('visit', t.body) is not null), null,
    'nothing that is refused goes unsuspected');
select is((select count(*) from trial t where api.suspect_visit(t.body) is null), 0::bigint, 'and the answer is always yes or no');
select is((select array_agg(g.shape) from good g where api.suspect_visit(g.body)), null, 'ordinary bodies take the short way');
select * from finish();
rollback;
