// A plain fastify + pg service that does what hmisd does for two routes, over the same schema, as the same database role
// and under the same row-level security: session and permission (sec.enter), references checked, shares computed here,
// every row that hmisd writes with the same columns. One statement per round trip, all prepared by name.
// usage: node server.js DATABASE_URL PORT
import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { loadRules, share } from './benefit.js';

// bigint and numeric as numbers, dates and ranges as text
pg.types.setTypeParser(20, Number);
pg.types.setTypeParser(1700, Number);
pg.types.setTypeParser(1016, (text) => text.slice(1, -1).split(',').filter(Boolean).map(Number));
pg.types.setTypeParser(1082, (text) => text);

const pool = new pg.Pool({
  connectionString: process.argv[2], max: 8, min: 8, options: '-c TimeZone=Asia/Ho_Chi_Minh -c statement_timeout=10000',
});
const app = Fastify({ logger: false, keepAliveTimeout: 60000, bodyLimit: 256 * 1024 });

const first = async (client, name, text, values) => (await client.query({ name, text, values })).rows[0];
const all = async (client, name, text, values) => (await client.query({ name, text, values })).rows;
const problem = (statusCode, message, errors) => Object.assign(new Error(message), { statusCode, errors });

async function transaction(work) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw /^HM/.test(error.code) ? problem(Number(error.code.slice(2)), error.message) : error;
  } finally {
    client.release();
  }
}

// Session, permission, scope and the settings that the policies read: the role may not look into sec.* itself.
async function enter(client, request, permission, route) {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const hash = createHash('sha256').update(token).digest();
  await first(client, 'enter', 'select e.ticket from sec.enter($1, $2, $3, $4, null, null, $5) e',
    [hash, request.id, request.headers['x-facility'] ?? null, permission, route]);
}

// --- GET ---------------------------------------------------------------------------------------------------------------

const VISIT = `select visit_id as id, ma_lk, version, status, facility_id, patient_id, coverage_id, coverage_state, kind_code, object_code,
  given_level, department_id, room_id, practitioner_id, priority, reason, admission_reason, referred_from_code, referral_no,
  referred_to_code, accident_code, weight_kg, arrived_at, admitted_at, discharged_at, treatment, result_code, outcome_code, remark,
  follow_up_on, closed_at, settled_at, is_priced from care.visit where tenant_id = sys.tenant() and visit_id = $1`;
const PATIENT = `select patient_id as id, code, full_name, born_on, birth_precision, sex
  from reg.patient where tenant_id = sys.tenant() and patient_id = $1`;
const COVERAGE = `select coverage_id as id, card_no, registered_code, area_code, lower(valid) as valid_from, upper(valid) - 1 as valid_to,
  five_year_on from reg.coverage where tenant_id = sys.tenant() and coverage_id = $1`;
const LINES = `select l.prescription_id, l.prescription_line_id as id, l.local_code as code, l.dose, l.times_per_day, l.days, l.quantity,
  l.route_code, l.usage_text, l.war_wound from care.prescription_line l where l.tenant_id = sys.tenant() and l.prescription_id = any ($1)
  order by l.prescription_line_id`;
const of = (columns, table, order) => `select ${columns} from ${table} where tenant_id = sys.tenant() and visit_id = $1 order by ${order}`;
const PARTS = {
  queue: of('room_id, on_date, number, called_at', 'care.queue_ticket', 'on_date, number'),
  movements: of('movement_id as id, department_id, room_id, bed_id, lower(during) as entered_at, upper(during) as left_at, shared_by, is_stretcher',
    'care.movement', 'lower(during)'),
  vitals: of('vitals_id as id, taken_at, taken_by_id, pulse, temperature, systolic, diastolic, respiration, spo2, weight_kg, height_cm',
    'care.vitals', 'taken_at, vitals_id'),
  diagnoses: of('diagnosis_id as id, role, icd_code, position, note, made_by_id, made_at', 'care.diagnosis', 'role, position, diagnosis_id'),
  orders: of(`service_order_id as id, version, status, local_code as code, service_code, quantity, department_id, ordered_by_id, ordered_at,
    performer_ids, machine_id, performed_at, result_at, rate_service, operation_no, war_wound, anaesthesia_code, note, cancel_reason`,
  'care.service_order', 'service_order_id'),
  results: of(`result_id as id, service_order_id as order_id, indicator_code, indicator_name, value, unit, description, conclusion, status,
    resulted_at, read_by_id, replaces_id`, 'care.result', 'result_id'),
  prescriptions: of('prescription_id as id, version, status, department_id, prescribed_by_id, prescribed_at, dispensed_at, dispensed_by_id, advice',
    'care.prescription', 'prescription_id'),
  supplies: of(`supply_use_id as id, local_code as code, service_order_id as order_id, quantity, package_code, department_id, used_by_id, used_at,
    is_void, war_wound`, 'care.supply_use', 'supply_use_id'),
  notes: of('note_id as id, progress, stage, consultation, surgery, written_by_id, written_at', 'care.note', 'written_at, note_id'),
  charges: `select charge_id as id, source_kind, source_id, split_no, item_code, item_name, group_code, unit, quantity, price_hospital,
    amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share
    from bill.charge where tenant_id = sys.tenant() and visit_id = $1 and not is_void order by charge_id`,
};

app.get('/v1/visits/:id', (request, reply) => transaction(async (client) => {
  await enter(client, request, 'visit.read', 'GET /v1/visits/{id}');
  const visit = await first(client, 'visit', VISIT, [request.params.id]);
  if (!visit) throw problem(404, 'visit.not_found');
  const { patient_id: patient, coverage_id: coverage } = visit;
  delete visit.patient_id;
  delete visit.coverage_id;
  visit.patient = await first(client, 'patient', PATIENT, [patient]);
  visit.coverage = coverage ? await first(client, 'coverage', COVERAGE, [coverage]) : null;
  for (const [name, text] of Object.entries(PARTS)) visit[name] = await all(client, name, text, [visit.id]);
  if (visit.prescriptions.length > 0) {
    const lines = await all(client, 'lines', LINES, [visit.prescriptions.map((p) => p.id)]);
    for (const p of visit.prescriptions) {
      p.lines = lines.filter((l) => l.prescription_id === p.id).map(({ prescription_id: _, ...l }) => l);
    }
  }
  await client.query('set local synchronous_commit = off');
  await first(client, 'saw', 'select api.saw(sys.tenant(), $1, $2, $3)', [visit.facility_id, patient, 'visit']);
  reply.header('etag', `"${visit.version}"`);
  return visit;
}));

// --- POST --------------------------------------------------------------------------------------------------------------

const id = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const code = (n) => ({ type: 'string', pattern: `^[A-Za-z0-9._-]{1,${n}}$` });
const time = { type: 'string', format: 'date-time' };
const SCHEMA = {
  body: {
    type: 'object', additionalProperties: false, required: ['patient_id', 'kind_code', 'object_code', 'department_id', 'reason'],
    properties: {
      patient_id: id, kind_code: code(2), object_code: code(4), coverage_id: id, department_id: id, room_id: id, practitioner_id: id,
      priority: { enum: ['normal', 'priority', 'emergency'] }, reason: { type: 'string', minLength: 1, maxLength: 1000 },
      arrived_at: time, referred_from_code: code(5), referral_no: { type: 'string', minLength: 1, maxLength: 50 },
      accident_code: code(1), weight_kg: { type: 'number', minimum: 0.3, maximum: 500 },
      orders: {
        type: 'array', maxItems: 100,
        items: {
          type: 'object', additionalProperties: false, required: ['code'],
          properties: {
            code: { type: 'string', minLength: 1, maxLength: 64 }, quantity: { type: 'number', minimum: 0.001, maximum: 9999 },
            department_id: id, ordered_by_id: id, ordered_at: time, status: { enum: ['ordered', 'done'] },
            performer_ids: { type: 'array', maxItems: 20, items: id }, machine_id: id, performed_at: time, result_at: time,
            note: { type: 'string', maxLength: 1000 },
          },
        },
      },
    },
  },
};

let rules = { version: -1 };
const ITEM = `select s.service_code, s.name_vi, s.cost_group, s.unit_vi, s.benefit_scope, s.payment_ratio, s.sex_limit, s.needs_machine,
    p.price_hospital, coalesce(p.price_bhyt, p.price_hospital) as price_insurance
  from ref.local_service s left join lateral (
    select p.* from ref.item_price p where p.tenant_id = s.tenant_id and p.item_kind = 'service' and p.item_code = s.code
      and (p.facility_id is null or p.facility_id = $2) and p.valid @> $4::date and (p.object in ($3, '*') or ($3 = 'foreign' and p.object = 'fee'))
    order by p.facility_id nulls last, case p.object when $3 then 0 when '*' then 2 else 1 end limit 1) p on true
  where s.tenant_id = sys.tenant() and s.code = $1 and (s.facility_id is null or s.facility_id = $2) and s.valid @> $4::date
  order by s.facility_id nulls last limit 1`;
const OPEN = `insert into care.visit (tenant_id, facility_id, visit_id, patient_id, ma_lk, kind_code, object_code, coverage_id, department_id,
    room_id, practitioner_id, priority, reason, referred_from_code, referral_no, accident_code, weight_kg, arrived_at, coverage_state,
    is_priced, pricing_version, created_by)
  values (sys.tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, true, $19, sys.user_id())`;
const ORDER = `insert into care.service_order (tenant_id, facility_id, visit_id, local_code, service_code, quantity, department_id, ordered_by_id,
    ordered_at, status, performer_ids, machine_id, performed_at, result_at, note)
  values (sys.tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning service_order_id as id`;
const CHARGE = `insert into bill.charge (tenant_id, facility_id, visit_id, claim_table, source_kind, source_id, coverage_id, item_code, item_name,
    group_code, unit, scope_code, scope_listed, quantity, price_hospital, price_insurance, price_applied, rate_service_applied, rate_insurance,
    rate_insurance_listed, amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share, rules_applied,
    department_id, practitioner_codes, performer_codes, machine_code, procedure_codes, ordered_at, performed_at, result_at)
  values (sys.tenant(), $1, $2, 3, 'order', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 0,
    $24, $25, $26, $27, $28, $29, $30, $31, $32) returning charge_id as id`;

// What the body refers to, each thing looked up once; faults are collected as in hmisd.
async function references(client, body, day, now) {
  const faults = [];
  const bad = (pointer, fault) => { if (fault) faults.push({ pointer, code: fault }); };
  const r = {};
  r.facility = await first(client, 'facility', `select facility_id, code, kind, level, valid @> $1::date as open from org.facility
    where tenant_id = sys.tenant() and facility_id = sys.facility()`, [day]);
  r.patient = await first(client, 'person', `select patient_id, merged_into_id, death_at, sex, nationality_code from reg.patient
    where tenant_id = sys.tenant() and patient_id = $1`, [body.patient_id]);
  bad('/patient_id', !r.patient ? 'reference.unknown' : r.patient.merged_into_id ? 'merged' : r.patient.death_at < now && r.patient.death_at ? 'deceased' : null);
  const department = await first(client, 'department', `select department_id, valid @> $3::date as valid from org.department
    where tenant_id = sys.tenant() and facility_id = $1 and department_id = $2`, [r.facility.facility_id, body.department_id, day]);
  bad('/department_id', !department ? 'reference.unknown' : !department.valid ? 'not_valid_on_day' : null);
  if (body.room_id) {
    bad('/room_id', await first(client, 'room', `select room_id from org.room where tenant_id = sys.tenant() and facility_id = $1 and room_id = $2
      and is_active`, [r.facility.facility_id, body.room_id]) ? null : 'reference.unknown');
  }
  r.type = await first(client, 'type', 'select is_inpatient from ref.visit_type where code = $1 and valid @> $2::date', [body.kind_code, day]);
  bad('/kind_code', r.type ? null : 'reference.unknown');
  r.object = await first(client, 'object', 'select code from ref.object_code where code = $1 and valid @> $2::date limit 1', [body.object_code, day]);
  r.route = await first(client, 'route', `select id, mode, value from ref.benefit_route_factor where code = $1 and setting in ('*', $2)
    and $3::date between effective_from and coalesce(effective_to, 'infinity') order by condition <> '*', facility <> '*' limit 1`,
  [body.object_code, r.type?.is_inpatient ? 'inpatient' : 'outpatient', day]);
  bad('/object_code', r.object && r.route ? null : 'reference.unknown');
  const wanted = body.coverage_id ?? null;
  r.card = r.route?.mode === 'none' ? null : await first(client, 'card', `select coverage_id, valid @> $3::date as valid, exempt_at, five_year_on
    from reg.coverage where tenant_id = sys.tenant() and patient_id = $1 and not is_void and ($2::bigint is null and valid @> $3::date or coverage_id = $2)
    limit 1`, [body.patient_id, wanted, day]);
  if (wanted) bad('/coverage_id', !r.card ? 'reference.unknown' : !r.card.valid ? 'not_valid_on_day' : null);
  r.checked = r.card && await first(client, 'checked', `select 1 as yes from reg.coverage_check where tenant_id = sys.tenant() and patient_id = $1
    and verdict = 'ok' and sys.business_date(answered_at) = $2::date limit 1`, [body.patient_id, day]);
  return { ...r, faults, bad };
}

// Staff, machines and the priced item of each order; the same thing is asked for once a request.
async function lines(client, body, r, day, now) {
  const seen = new Map();
  const once = async (name, text, values) => {
    const key = name + values;
    if (!seen.has(key)) seen.set(key, await first(client, name, text, values));
    return seen.get(key);
  };
  const staff = (n) => once('staff', 'select staff_id, code, valid @> $2::date as valid from org.staff where tenant_id = sys.tenant() and staff_id = $1', [n, day]);
  const payer = r.card ? 'bhyt' : r.patient?.nationality_code === '000' ? 'fee' : 'foreign';
  const made = [];
  if (body.practitioner_id) {
    const who = await staff(body.practitioner_id);
    r.bad('/practitioner_id', !who ? 'reference.unknown' : !who.valid ? 'not_valid_on_day' : null);
  }
  for (const [i, order] of (body.orders ?? []).entries()) {
    const at = `/orders/${i}`;
    const item = await once('item', ITEM, [order.code, r.facility.facility_id, payer, day]);
    r.bad(`${at}/code`, !item ? 'reference.unknown' : item.price_hospital === null ? 'no_price'
      : item.sex_limit && String(item.sex_limit) !== r.patient?.sex ? 'sex_not_allowed' : null);
    const by = await staff(order.ordered_by_id ?? body.practitioner_id);
    r.bad(`${at}/ordered_by_id`, !by ? 'reference.unknown' : !by.valid ? 'not_valid_on_day' : null);
    const performers = [];
    for (const n of order.performer_ids ?? []) performers.push((await staff(n))?.code);
    r.bad(`${at}/performer_ids`, performers.includes(undefined) ? 'reference.unknown' : null);
    const machine = order.machine_id && await once('machine', `select machine_id, code from org.machine where tenant_id = sys.tenant() and facility_id = $1
      and machine_id = $2`, [r.facility.facility_id, order.machine_id]);
    r.bad(`${at}/machine_id`, order.machine_id && !machine ? 'reference.unknown'
      : order.status === 'done' && item?.needs_machine && !machine ? 'value.missing' : null);
    if (order.department_id && order.department_id !== body.department_id) {
      r.bad(`${at}/department_id`, await once('department', `select department_id, valid @> $3::date as valid from org.department
        where tenant_id = sys.tenant() and facility_id = $1 and department_id = $2`, [r.facility.facility_id, order.department_id, day]) ? null : 'reference.unknown');
    }
    const ordered = order.ordered_at ? new Date(order.ordered_at) : now;
    const performed = order.performed_at ? new Date(order.performed_at) : order.status === 'done' ? ordered : null;
    r.bad(`${at}/performed_at`, performed && performed < ordered ? 'before_order' : null);
    r.bad(`${at}/result_at`, order.result_at && !(new Date(order.result_at) >= performed) ? 'before_performed' : null);
    made.push({ order, item, by, performers, machine, ordered, performed, quantity: order.quantity ?? 1 });
  }
  return made;
}

async function charge(client, visit, r, made, day) {
  const version = await first(client, 'rules_version', 'select version from ref.benefit_version', []);
  if (version.version !== rules.version) rules = await loadRules(client, version.version);
  const cards = await all(client, 'cards', `select coverage_id, object_group, benefit_digit, lower(valid) as valid_from, upper(valid) as valid_to from reg.coverage
    where tenant_id = sys.tenant() and patient_id = $1 and not is_void and valid && daterange($2::date, $2::date, '[]')`, [visit.patient, day]);
  let copay = 0;
  if (r.card?.five_year_on && r.card.five_year_on <= day) {
    copay = (await first(client, 'copay', 'select c.paid from care.visit v, bill.copay_paid(v) c where v.tenant_id = sys.tenant() and v.visit_id = $1',
      [visit.id])).paid;
  }
  const shares = share(rules, day, r, cards, copay, made);
  let firstCost;
  for (const [i, { order, item, by, performers, machine, ordered, performed, quantity, id: source }] of made.entries()) {
    const s = shares[i];
    const procedures = ['8', '18'].includes(item.cost_group) ? (await all(client, 'icd9', 'select icd9_code from ref.service_icd9 where service_code = $1 order by 1',
      [item.service_code])).map((row) => row.icd9_code) : [];
    const row = await first(client, 'charge', CHARGE, [visit.facility, visit.id, source, r.card?.coverage_id ?? null, item.service_code, item.name_vi,
      Number(item.cost_group), item.unit_vi, s.scope, s.scope === item.benefit_scope ? null : item.benefit_scope, quantity, item.price_hospital,
      item.price_insurance, s.price, s.rateService, s.rateFund, s.rateFund === item.payment_ratio ? null : item.payment_ratio, s.hospital,
      s.insurance, s.level, s.fund, s.copay, s.self, s.why, order.department_id ?? visit.department, [by.code], performers, machine?.code ?? null,
      procedures, ordered, performed, order.result_at ?? null]);
    firstCost ??= row.id;
  }
  if (!r.card || !firstCost) return;
  const checkIn = await first(client, 'check_in', `insert into claim.check_in (tenant_id, facility_id, visit_id, occasion, charge_id)
    values (sys.tenant(), $1, $2, 'first_cost', $3) on conflict (tenant_id, visit_id, occasion) do nothing returning check_in_id as id`,
  [visit.facility, visit.id, firstCost]);
  await first(client, 'job', `insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload, run_at, created_by, request_id)
    values (sys.tenant(), $1, 'check_in_send', $2, $3, now() + interval '1 second', sys.user_id(), sys.request_id())`,
  [visit.facility, String(checkIn.id), { check_in_id: checkIn.id }]);
}

app.post('/v1/visits', { schema: SCHEMA }, (request, reply) => transaction(async (client) => {
  await enter(client, request, 'visit.open', 'POST /v1/visits');
  const { body } = request;
  const now = new Date();
  const arrived = body.arrived_at ? new Date(body.arrived_at) : now;
  const day = new Date(arrived.getTime() + 7 * 3600000).toISOString().slice(0, 10);
  if (body.orders) await first(client, 'permission', 'select api.need_permission($1)', ['order.write']);
  const r = await references(client, body, day, arrived);
  if (arrived - now > 600000) r.bad('/arrived_at', 'in_future');
  if (!r.facility.open) r.bad('/arrived_at', 'facility_not_open');
  const made = await lines(client, body, r, day, arrived);
  if (r.faults.length > 0) throw problem(422, 'visit.refused', r.faults);
  const { id: visitId } = await first(client, 'visit_id', "select (sys.node() << 40) + nextval('care.visit_seq') as id", []);
  const node = Math.floor(visitId / 2 ** 40);
  const maLk = r.facility.code + String(node).padStart(4, '0') + String(visitId - node * 2 ** 40).padStart(10, '0');
  const visit = { id: visitId, facility: r.facility.facility_id, patient: body.patient_id, department: body.department_id };
  const state = !r.card ? 'not_needed' : r.checked ? 'ok' : 'not_checked';
  await first(client, 'open', OPEN, [visit.facility, visitId, body.patient_id, maLk, body.kind_code, body.object_code, r.card?.coverage_id ?? null,
    body.department_id, body.room_id ?? null, body.practitioner_id ?? null, body.priority ?? 'normal', body.reason, body.referred_from_code ?? null,
    body.referral_no ?? null, body.accident_code ?? null, body.weight_kg ?? null, arrived, state, body.orders ? 1 : 0]);
  for (const m of made) {
    m.id = (await first(client, 'order', ORDER, [visit.facility, visitId, m.order.code, m.item.service_code, m.quantity,
      m.order.department_id ?? body.department_id, m.by.staff_id, m.ordered, m.order.status ?? 'ordered', m.order.performer_ids ?? [],
      m.machine?.machine_id ?? null, m.performed, m.order.result_at ?? null, m.order.note ?? null])).id;
  }
  const done = made.filter((m) => m.order.status === 'done');
  if (done.length > 0) await charge(client, visit, r, done, day);
  let number = null;
  if (body.room_id) {
    ({ last_no: number } = await first(client, 'counter', `insert into care.queue_counter (tenant_id, facility_id, room_id, on_date, last_no)
      values (sys.tenant(), $1, $2, $3, 1) on conflict (tenant_id, room_id, on_date) do update set last_no = care.queue_counter.last_no + 1
      returning last_no`, [visit.facility, body.room_id, day]));
    await first(client, 'ticket', `insert into care.queue_ticket (tenant_id, facility_id, room_id, on_date, number, visit_id)
      values (sys.tenant(), $1, $2, $3, $4, $5)`, [visit.facility, body.room_id, day, number, visitId]);
  }
  reply.code(201).header('location', `/v1/visits/${visitId}`).header('etag', '"1"');
  return {
    id: visitId, ma_lk: maLk, version: 1, status: 'arrived', coverage_id: r.card?.coverage_id ?? null, coverage_state: state,
    queue_number: number, order_ids: made.map((m) => m.id), prescription_ids: [],
  };
}));

await app.listen({ host: '127.0.0.1', port: Number(process.argv[3]) });
