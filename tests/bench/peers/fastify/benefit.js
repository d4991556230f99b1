// The benefit rules that an ordinary out-patient visit needs, as a plain developer would write them: rows read from the
// tables, kept until ref.benefit_version moves. Amounts are counted in hundredths, as integers.

export async function loadRules(client, version) {
  const read = async (name, text) => (await client.query({ name, text })).rows;
  return {
    version,
    cards: await read('rule_cards', 'select id, card_group, digit, level, effective_from, effective_to from ref.benefit_card_level'),
    parameters: await read('rule_parameters', 'select id, key, value, effective_from, effective_to from ref.benefit_parameter'),
    rates: await read('rule_rates', "select id, selector, value, effective_from, effective_to from ref.benefit_rate where kind = 'consultation'"),
    reasons: await read('rule_reasons', 'select id, effective_from, effective_to from ref.benefit_reason'),
  };
}

const on = (day) => (row) => row.effective_from <= day && (row.effective_to === null || day <= row.effective_to);
const percent = (hundredths, rate) => Math.round((hundredths * rate) / 100);
const back = (hundredths) => hundredths / 100;

// One object of shares per line of made; r is what the visit refers to, copay what the patient has paid this year.
export function share(rules, day, r, cards, copay, made) {
  const card = r.card && cards.find((c) => c.coverage_id === r.card.coverage_id);
  const levels = card && rules.cards.filter(on(day)).filter((c) => String(c.digit) === String(card.benefit_digit));
  const level = levels && (levels.find((c) => c.card_group === card.object_group) ?? levels.find((c) => c.card_group === '*'));
  const parameter = (key) => rules.parameters.filter(on(day)).find((p) => p.key === key);
  const salary = parameter('base_salary');
  const small = parameter('small_visit');
  if (copay > 6 * Number(salary.value)) throw new Error('the limit of the year is not for this service');
  let consultations = 0;
  const lines = made.map(({ item, quantity }) => {
    const nth = item.cost_group === '13' ? rules.rates.filter(on(day)).find((x) => Number(x.selector) === consultations + 1) : null;
    if (nth) consultations += 1;
    const rateService = nth ? Number(nth.value) : 100;
    const hospital = percent(Math.round(quantity * item.price_hospital * 100), rateService);
    const insurance = percent(Math.round(quantity * item.price_insurance * 100), rateService * item.payment_ratio / 100);
    return { item, rateService, hospital, insurance: card && item.benefit_scope !== '2' ? insurance : 0, why: nth ? [nth.id] : [] };
  });
  const total = lines.reduce((sum, l) => sum + l.insurance, 0);
  const full = card && total < Math.round(Number(salary.value) * Number(small.value) * 100);
  const applied = card ? (full ? 100 : Number(level.level) * r.route.value / 100) : 0;
  return lines.map((l) => {
    const covered = l.insurance > 0;
    const fund = percent(l.insurance, applied);
    return {
      scope: card ? l.item.benefit_scope : '2', price: card ? l.item.price_insurance : 0, rateService: l.rateService, rateFund: l.item.payment_ratio,
      hospital: back(l.hospital), insurance: back(l.insurance), level: covered ? applied : 0, fund: back(fund), copay: back(l.insurance - fund),
      self: back(l.hospital - l.insurance),
      why: covered ? [...l.why, level.id, r.route.id, ...(full ? [small.id, salary.id] : [])] : l.why,
    };
  });
}
