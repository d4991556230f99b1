// A plain fastify + pg service that does what hmisd does for two routes, over the same schema: sign-in by bearer token,
// permission and facility scope, row-level security settings, the record of reads, one statement per round trip.
// usage: node server.js DATABASE_URL PORT
import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

// bigint and numeric as they come, so that nothing is lost
pg.types.setTypeParser(20, (text) => Number(text));
pg.types.setTypeParser(1700, (text) => Number(text));

const pool = new pg.Pool({ connectionString: process.argv[2], max: 8 });
const app = Fastify({ logger: false });

const q = (name, text, values) => ({ name, text, values });

async function signIn(client, request, permission) {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const hash = createHash('sha256').update(token).digest();
  const { rows } = await client.query(q('session', `
    select i.tenant_id, i.user_id, i.session_id, u.home_facility_id from sec.session i
    join sec.user u on u.tenant_id = i.tenant_id and u.user_id = i.user_id and u.is_active
    where i.token_hash = $1 and i.revoked_at is null and i.expires_at > now()`, [hash]));
  if (rows.length === 0) throw Object.assign(new Error('session'), { statusCode: 401 });
  const who = rows[0];
  const { rows: grants } = await client.query(q('grants', `
    select array_agg(distinct f.facility_id)::text as facilities from sec.grant g
    join sec.role_permission p on p.role = g.role and p.permission = $3
    join org.facility f on f.tenant_id = g.tenant_id and f.path @> array[g.facility_id]
    where g.tenant_id = $1 and g.user_id = $2 and g.valid @> current_date`, [who.tenant_id, who.user_id, permission]));
  if (!grants[0].facilities) throw Object.assign(new Error('permission'), { statusCode: 403 });
  await client.query(q('identity', `
    select set_config('hmis.tenant', $1, true), set_config('hmis.user', $2, true), set_config('hmis.facility', $3, true),
      set_config('hmis.facilities', $4, true), set_config('hmis.request', $5, true)`,
  [String(who.tenant_id), String(who.user_id), String(who.home_facility_id), grants[0].facilities, request.id]));
  return who;
}

async function transaction(work) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

const PARTS = {
  vitals: 'select * from care.vitals where tenant_id = $1 and visit_id = $2 order by taken_at',
  diagnoses: 'select * from care.diagnosis where tenant_id = $1 and visit_id = $2 order by role, position',
  orders: 'select * from care.service_order where tenant_id = $1 and visit_id = $2 order by service_order_id',
  results: 'select * from care.result where tenant_id = $1 and visit_id = $2 order by result_id',
  prescriptions: `select p.*, l.prescription_line_id, l.local_code, l.dose, l.times_per_day, l.days, l.quantity
    from care.prescription p join care.prescription_line l on l.tenant_id = p.tenant_id and l.prescription_id = p.prescription_id
    where p.tenant_id = $1 and p.visit_id = $2 order by l.prescription_line_id`,
  supplies: 'select * from care.supply_use where tenant_id = $1 and visit_id = $2 order by supply_use_id',
  charges: `select charge_id, source_kind, source_id, split_no, item_code, item_name, group_code, unit, quantity, price_hospital,
    amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share
    from bill.charge where tenant_id = $1 and visit_id = $2 and not is_void order by charge_id`,
};

app.get('/v1/visits/:id', (request) => transaction(async (client) => {
  const who = await signIn(client, request, 'visit.read');
  const { rows } = await client.query(q('visit', 'select * from care.visit where tenant_id = $1 and visit_id = $2',
    [who.tenant_id, request.params.id]));
  if (rows.length === 0) throw Object.assign(new Error('no such visit'), { statusCode: 404 });
  const visit = rows[0];
  visit.patient = (await client.query(q('patient',
    'select patient_id, code, full_name, born_on, sex from reg.patient where tenant_id = $1 and patient_id = $2',
    [who.tenant_id, visit.patient_id]))).rows[0];
  if (visit.coverage_id) {
    visit.coverage = (await client.query(q('coverage',
      'select coverage_id, card_no, registered_code, valid from reg.coverage where tenant_id = $1 and coverage_id = $2',
      [who.tenant_id, visit.coverage_id]))).rows[0];
  }
  for (const [name, text] of Object.entries(PARTS)) {
    visit[name] = (await client.query(q(name, text, [who.tenant_id, visit.visit_id]))).rows;
  }
  await client.query('set local synchronous_commit = off');
  await client.query(q('saw', 'select api.saw($1, $2, $3, $4)', [who.tenant_id, visit.facility_id, visit.patient_id, 'visit']));
  return visit;
}));

// Level of an ordinary in-route visit; a full engine would only make this side slower.
const LEVEL = { 1: 100, 2: 100, 3: 95, 4: 80, 5: 100 };
const round2 = (n) => Math.round(n * 100) / 100;

app.post('/v1/visits', (request, reply) => transaction(async (client) => {
  const who = await signIn(client, request, 'visit.open');
  const body = request.body;
  const today = new Date();
  const { rows: cards } = await client.query(q('card', `select coverage_id, benefit_digit from reg.coverage
    where tenant_id = $1 and patient_id = $2 and not is_void and valid @> current_date`, [who.tenant_id, body.patient_id]));
  const { rows: [{ id }] } = await client.query(q('visit_id', "select (sys.node() << 40) + nextval('care.visit_seq') as id"));
  await client.query(q('open', `insert into care.visit (tenant_id, facility_id, visit_id, patient_id, ma_lk, kind_code, object_code,
      coverage_id, department_id, room_id, practitioner_id, reason, arrived_at, created_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
  [who.tenant_id, who.home_facility_id, id, body.patient_id, `66001${id}`, body.kind_code, body.object_code,
    cards[0]?.coverage_id ?? null, body.department_id, body.room_id, body.practitioner_id, body.reason, today, who.user_id]));
  const { rows: [{ last_no: number }] } = await client.query(q('queue', `insert into care.queue_counter
      (tenant_id, facility_id, room_id, on_date, last_no) values ($1, $2, $3, current_date, 1)
    on conflict (tenant_id, room_id, on_date) do update set last_no = care.queue_counter.last_no + 1 returning last_no`,
  [who.tenant_id, who.home_facility_id, body.room_id]));
  await client.query(q('ticket', `insert into care.queue_ticket (tenant_id, facility_id, room_id, on_date, number, visit_id)
    values ($1, $2, $3, current_date, $4, $5)`, [who.tenant_id, who.home_facility_id, body.room_id, number, id]));
  const lines = [];
  let total = 0;
  for (const order of body.orders) {
    const { rows: [item] } = await client.query(q('item', `select s.*, p.price_hospital, p.price_bhyt from ref.local_service s
      join ref.item_price p on p.tenant_id = s.tenant_id and p.item_kind = 'service' and p.item_code = s.code and p.valid @> current_date
      where s.tenant_id = $1 and s.code = $2 and s.valid @> current_date limit 1`, [who.tenant_id, order.code]));
    const { rows: [made] } = await client.query(q('order', `insert into care.service_order (tenant_id, facility_id, visit_id, local_code,
        service_code, department_id, ordered_by_id, ordered_at, status, performed_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, 'done', $8) returning service_order_id`,
    [who.tenant_id, who.home_facility_id, id, order.code, item.service_code, body.department_id, body.practitioner_id, today]));
    total += item.price_hospital;
    lines.push({ item, orderId: made.service_order_id });
  }
  const level = total < 379500 ? 100 : LEVEL[cards[0]?.benefit_digit] ?? 0;
  for (const { item, orderId } of lines) {
    const amount = item.price_hospital;
    const fund = cards.length ? round2(amount * level / 100) : 0;
    await client.query(q('charge', `insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id,
        coverage_id, item_code, item_name, group_code, unit, scope_code, quantity, price_hospital, price_insurance, price_applied,
        amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share, department_id, ordered_at,
        performed_at)
      values ($1, $2, $3, 3, 'order', $4, $5, $6, $7, $8, $9, '1', 1, $10::numeric, $10::numeric,
        $10::numeric, $10::numeric, $11, $12, $13, $14, $15, 0, $16, $17, $17)`,
    [who.tenant_id, who.home_facility_id, id, orderId, cards[0]?.coverage_id ?? null, item.service_code, item.name_vi,
      Number(item.cost_group), item.unit_vi, amount, cards.length ? amount : 0, cards.length ? level : 0, fund,
      cards.length ? round2(amount - fund) : 0, cards.length ? 0 : amount, body.department_id, today]));
  }
  reply.code(201);
  return { id, queue_number: number };
}));

await app.listen({ host: '127.0.0.1', port: Number(process.argv[3]) });
