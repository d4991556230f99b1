/*
 * A visit's lines through the benefit engine and into charges, as bill.charge_orders, charge_prescriptions,
 * charge_supplies, store_lines and store_bed_days (schema/code/api_bill.sql) write them.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/visit.h"

enum source { FROM_ORDER, FROM_DRUG, FROM_SUPPLY, FROM_BED };
static const char *const source_names[] = { "order", "prescription_line", "supply_use", "bed_day" };

struct item { /* a line and where it came from */
	enum source source;
	int index;  /* in the visit's orders, lines, supplies or moves */
	int number; /* of a bed day's lines of its movement */
	int64_t from, to;
	int64_t at;
	struct benefit_line line;
};

#define ITEMS_MAX (DEMO_ORDERS_MAX + DEMO_LINES_MAX + DEMO_SUPPLIES_MAX + DEMO_MOVES_MAX * 12)

struct items {
	struct item item[ITEMS_MAX];
	int count;
};

static struct item *
item_add(struct items *l, enum source source, int index, int64_t at)
{
	assert(l->count < ITEMS_MAX);
	struct item *i = &l->item[l->count++];
	memset(i, 0, sizeof(*i));
	i->source = source;
	i->index = index;
	i->at = at;
	i->line = (struct benefit_line){ .table = BENEFIT_XML3,
		.scope = 1,
		.payment_method = 1,
		.at = at,
		.quantity = { 1000 },
		.rate_service = BENEFIT_DERIVE,
		.rate_fund = PERCENT(100),
		.given_level = BENEFIT_NO_LEVEL,
		.package = SLICE(""),
		.operation = SLICE("") };
	return i;
}

static struct price
service_price(const struct demo_place *p, const struct demo_visit *v, int service)
{
	return v->facility->is_centre ? p->service[service].price : p->service[service].station_price;
}

static void
items_of_care(const struct demo_place *p, const struct demo_visit *v, struct items *l)
{
	for (int i = 0; i < v->orders; i++) {
		const struct demo_order *o = &v->order[i];
		struct benefit_line *b = &item_add(l, FROM_ORDER, i, o->ordered_at)->line;
		b->group = demo_services[o->service].group;
		b->price_hospital = b->price_fund = service_price(p, v, o->service);
		b->operation = o->operation ? SLICE("1") : SLICE("");
		b->team = (int)(o->performer[0]->id & 2147483647);
	}
	for (int i = 0; i < v->lines; i++) {
		const struct demo_line *d = &v->line[i];
		struct benefit_line *b =
		    &item_add(l, FROM_DRUG, i, v->prescription[d->prescription].at)->line;
		b->table = BENEFIT_XML2;
		b->group = 4;
		b->quantity = d->quantity;
		b->price_hospital = b->price_fund = (struct price){ demo_drugs[d->drug].price };
	}
	for (int i = 0; i < v->supplies; i++) {
		struct benefit_line *b = &item_add(l, FROM_SUPPLY, i, v->supply[i].at)->line;
		b->group = 10;
		b->price_hospital = b->price_fund =
		    (struct price){ (int64_t)demo_supplies[v->supply[i].supply].price * 1000 };
	}
}

static enum benefit_ending
ending_of(const struct demo_visit *v)
{
	if (strcmp(v->outcome, "2") != 0)
		return BENEFIT_RECOVERED;
	return strcmp(v->result, "4") == 0 || strcmp(v->result, "3") == 0 ? BENEFIT_TRANSFER_UP
									  : BENEFIT_TRANSFER_CONTINUED;
}

static int
items_of_stay(struct demo_worker *w, const struct demo_visit *v, struct items *l, struct err *e)
{
	struct benefit_move move[DEMO_MOVES_MAX];
	struct benefit_stay stay = {
		.from = v->admitted, .to = v->discharged, .moves = move, .move_count = (size_t)v->moves
	};
	struct benefit_stay_line *line;
	size_t count;
	int bad;

	if (v->moves == 0 || v->discharged == 0)
		return 0;
	stay.ending = ending_of(v);
	for (int i = 0; i < v->moves; i++) {
		struct price price =
		    w->place->service[demo_service_find(demo_bed_service(v->move[i].ward))].price;
		move[i] = (struct benefit_move){ .from = v->move[i].from,
			.to = v->move[i].to,
			.ward = v->facility->department[v->move[i].ward],
			.sharers = 1,
			.priced = true,
			.group = 15,
			.scope = 1,
			.price_hospital = price,
			.price_fund = price,
			.rate_fund = PERCENT(100) };
	}
	bad = benefit_stay_lines(
	    w->place->rules, time_business_date(v->arrived), &stay, w->arena, &line, &count, e);
	for (size_t i = 0; bad == 0 && i < count; i++) {
		struct item *item = item_add(l, FROM_BED, (int)line[i].move, line[i].from);
		for (size_t k = 0; k < i; k++)
			item->number += line[k].move == line[i].move;
		item->from = line[i].from;
		item->to = line[i].to;
		item->line = line[i].line;
	}
	return bad;
}

/* In the order in which the service prices them: by time, bed days last. */
static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	bool bed_x = x->source == FROM_BED, bed_y = y->source == FROM_BED;
	if (bed_x != bed_y)
		return bed_x - bed_y;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->index != y->index ? (x->index < y->index ? -1 : 1) : x->number - y->number;
}

static void
visit_describe(struct demo_worker *w, const struct demo_visit *v, struct benefit_card cards[2],
    struct benefit_visit *ret)
{
	int32_t start = time_business_date(v->arrived);
	int32_t end = v->discharged ? time_business_date(v->discharged) : w->place->options->until;
	const struct demo_person *x = v->person;
	int64_t n = x->number - w->first_person;
	int year, month, day;

	memset(ret, 0, sizeof(*ret));
	ret->admitted_at = v->arrived;
	ret->object_code = slice_of(v->card ? v->object : "9");
	ret->care_type = (v->kind[0] - '0') * 10 + v->kind[1] - '0';
	ret->facility = v->facility->is_centre ? BENEFIT_BASIC : BENEFIT_STATION;
	ret->cards = cards;
	for (int i = 0; v->card && i < x->card_count; i++) {
		const struct demo_card *k = &x->card[i];
		if (k != v->card && (k->from > end || k->to < start))
			continue;
		memcpy(cards[ret->card_count].group, k->group, 3);
		cards[ret->card_count].digit = k->digit;
		cards[ret->card_count].from = k->from;
		cards[ret->card_count++].to = k->to;
	}
	if (!v->card)
		return;
	ret->five_years_from = v->card->five_year_on;
	if (!v->card->five_year_on || v->card->five_year_on > end)
		return;
	date_to_civil(start, &year, &month, &day);
	int64_t elsewhere = v->card->paid_year == year ? v->card->paid_copay : 0;
	ret->copay_paid = (struct money){ w->copay[n] + elsewhere };
	ret->copay_paid_before_change =
	    (struct money){ w->copay_before[n] + (w->salary_changed ? elsewhere : 0) };
}

/* ---- charges ---- */

struct charge { /* what differs by source; the rest comes from the share */
	const char *item_code, *service_code, *name, *unit, *strength, *route, *form, *dose, *usage,
	    *registration, *tender;
	int64_t source_id;
	int table, group;
	struct price price;
	enum demo_department department;
	const char *practitioner, *performer[2], *machine, *bed, *anaesthesia;
	int performers, procedures;
	const char *const *procedure;
	int64_t ordered_at, performed_at, result_at;
};

static void
charge_of_order(const struct demo_place *p, const struct demo_visit *v, int i, struct charge *c)
{
	const struct demo_order *o = &v->order[i];
	const struct demo_service *s = &demo_services[o->service];
	c->source_id = o->id;
	c->item_code = s->service_code;
	c->name = p->service[o->service].name;
	c->unit = "Lần";
	c->group = s->group;
	c->price = service_price(p, v, o->service);
	c->department = o->department;
	c->practitioner = o->ordered_by->code;
	for (int k = 0; k < o->performers; k++)
		c->performer[c->performers++] = o->performer[k]->code;
	c->machine = o->machine >= 0 ? v->facility->machine_code[o->machine] : NULL;
	c->anaesthesia = o->anaesthesia;
	c->procedure = p->service[o->service].procedures;
	c->procedures = p->service[o->service].procedure_count;
	c->ordered_at = o->ordered_at;
	c->performed_at = o->performed_at;
	c->result_at = o->result_at;
}

static void
charge_of_drug(const struct demo_visit *v, int i, struct charge *c, char dose[96])
{
	const struct demo_line *l = &v->line[i];
	const struct demo_drug *d = &demo_drugs[l->drug];
	const struct demo_prescription *p = &v->prescription[l->prescription];
	char number[DECIMAL_TEXT_MAX];
	size_t length = decimal_print(l->dose.thousandths, 3, number);
	snprintf(
	    dose, 96, "%.*s %s/lần * %d lần/ngày * %d ngày", (int)length, number, d->unit, l->times, l->days);
	c->source_id = l->id;
	c->table = 2;
	c->item_code = d->drug_code;
	c->name = d->name;
	c->group = 4;
	c->unit = d->unit;
	c->strength = d->strength;
	c->route = d->route;
	c->form = d->form;
	c->dose = dose;
	c->usage = l->usage;
	c->registration = d->registration;
	c->tender = DEMO_TENDER;
	c->price = (struct price){ d->price };
	c->department = p->department;
	c->practitioner = p->by->code;
	c->ordered_at = p->at;
	c->performed_at = p->dispensed_at;
}

static void
charge_of_supply(const struct demo_visit *v, int i, struct charge *c)
{
	const struct demo_supply_use *u = &v->supply[i];
	const struct demo_supply *s = &demo_supplies[u->supply];
	c->source_id = u->id;
	c->item_code = s->supply_code;
	c->service_code = u->order >= 0 ? demo_services[v->order[u->order].service].service_code : NULL;
	c->name = s->name;
	c->group = 10;
	c->unit = s->unit;
	c->tender = DEMO_TENDER;
	c->price = (struct price){ (int64_t)s->price * 1000 };
	c->department = u->department;
	c->practitioner = u->by->code;
	c->ordered_at = c->performed_at = u->at;
}

static void
charge_of_bed(
    const struct demo_place *p, const struct demo_visit *v, const struct item *item, struct charge *c)
{
	const struct demo_move *m = &v->move[item->index];
	int service = demo_service_find(demo_bed_service(m->ward));
	c->source_id = m->id;
	c->item_code = demo_services[service].service_code;
	c->name = p->service[service].name;
	c->group = 15;
	c->unit = "Ngày";
	c->price = p->service[service].price;
	c->department = m->ward;
	c->practitioner = v->doctor->code;
	c->bed = m->bed->code;
	c->ordered_at = c->performed_at = item->from;
	c->result_at = item->to;
}

static void
rules_array(struct demo_copy *c, const struct benefit_share *s)
{
	const char *id[BENEFIT_WHY_MAX];
	for (size_t i = 0; i < s->why_count; i++)
		id[i] = s->why[i]->id;
	demo_array(c, id, (int)s->why_count);
}

/* What the list says where the engine applied something else; bed days are made anew at each pricing. */
static void
listed_cells(struct demo_copy *c, const struct item *item, const struct benefit_share *s)
{
	bool bed = item->source == FROM_BED;
	if (bed || s->scope == item->line.scope)
		demo_text(c, NULL);
	else
		demo_int(c, item->line.scope);
	if (bed || s->rate_fund.hundredths == item->line.rate_fund.hundredths)
		demo_text(c, NULL);
	else
		demo_decimal(c, item->line.rate_fund.hundredths, 2);
}

static void
charge_row(struct demo_worker *w, const struct demo_visit *v, const struct item *item, const struct charge *x,
    const struct benefit_share *s)
{
	struct demo_copy *c = &w->copy;
	const struct demo_card *card =
	    v->card ? demo_person_card(v->person, time_business_date(x->ordered_at)) : NULL;
	demo_row_begin(c, DEMO_CHARGE);
	demo_int(c, v->facility->id);
	demo_int(c, demo_id(c, DEMO_CHARGE));
	demo_int(c, v->id);
	demo_int(c, x->table);
	demo_text(c, source_names[item->source]);
	demo_int(c, x->source_id);
	demo_int(c, item->number * 10 + s->part);
	demo_id_or_null(c, card ? card->id : v->card ? v->card->id : 0);
	demo_text(c, x->item_code);
	demo_text(c, x->service_code);
	demo_text(c, x->name);
	demo_int(c, x->group);
	demo_text(c, x->unit);
	demo_text(c, x->strength);
	demo_text(c, x->route);
	demo_text(c, x->form);
	demo_text(c, x->dose);
	demo_text(c, x->usage);
	demo_text(c, x->registration);
	demo_text(c, x->tender);
	demo_int(c, s->scope);
	demo_decimal(c, s->quantity.thousandths, 3);
	demo_decimal(c, x->price.thousandths, 3);
	demo_decimal(c, x->price.thousandths, 3);
	demo_decimal(c, s->price_fund.thousandths, 3);
	demo_decimal(c, s->rate_service.hundredths, 2);
	demo_decimal(c, s->rate_fund.hundredths, 2);
	if (s->ceiling.hundredths > 0)
		demo_decimal(c, s->ceiling.hundredths, 2);
	else
		demo_text(c, NULL);
	demo_decimal(c, s->hospital.hundredths, 2);
	demo_decimal(c, s->in_scope.hundredths, 2);
	demo_decimal(c, s->level.hundredths, 2);
	demo_decimal(c, s->fund.hundredths, 2);
	demo_decimal(c, s->copay.hundredths, 2);
	demo_decimal(c, s->self_pay.hundredths, 2);
	demo_decimal(c, s->other.hundredths, 2);
	rules_array(c, s);
	demo_int(c, v->facility->department[x->department]);
	demo_array(c, &x->practitioner, 1);
	demo_array(c, x->performer, x->performers);
	demo_text(c, x->machine);
	demo_array(c, &x->bed, x->bed ? 1 : 0);
	demo_text(c, x->anaesthesia);
	demo_array(c, x->procedure, x->procedures);
	demo_time(c, x->ordered_at);
	demo_time(c, x->performed_at);
	demo_time(c, x->result_at);
	demo_time(c, x->ordered_at);
	listed_cells(c, item, s);
	demo_row_end(c);
}

static void
charge_write(
    struct demo_worker *w, struct demo_visit *v, const struct item *item, const struct benefit_share *s)
{
	struct charge c = { .table = 3 };
	char dose[96];
	switch (item->source) {
	case FROM_ORDER:
		charge_of_order(w->place, v, item->index, &c);
		break;
	case FROM_DRUG:
		charge_of_drug(v, item->index, &c, dose);
		break;
	case FROM_SUPPLY:
		charge_of_supply(v, item->index, &c);
		break;
	case FROM_BED:
		charge_of_bed(w->place, v, item, &c);
		break;
	}
	charge_row(w, v, item, &c, s);
	v->patient_part += s->copay.hundredths + s->self_pay.hundredths;
}

int
demo_price(struct demo_worker *w, struct demo_visit *v, struct err *e)
{
	static struct items l; /* a worker prices one visit at a time */
	struct benefit_card cards[2] = { 0 };
	struct benefit_visit visit;
	struct benefit_result result;
	int bad;

	arena_reset(w->arena);
	l.count = 0;
	items_of_care(w->place, v, &l);
	bad = items_of_stay(w, v, &l, e);
	if (bad < 0)
		return bad;
	qsort(l.item, (size_t)l.count, sizeof(l.item[0]), compare_items);
	struct benefit_line *lines = ARENA_ARRAY(w->arena, (size_t)l.count, struct benefit_line);
	for (int i = 0; i < l.count; i++)
		lines[i] = l.item[i].line;
	visit_describe(w, v, cards, &visit);
	visit.lines = lines;
	visit.line_count = (size_t)l.count;
	bad = benefit_compute(w->place->rules, &visit, &result, w->arena, e);
	if (bad < 0)
		return bad;
	for (size_t i = 0; i < result.line_count; i++)
		charge_write(w, v, &l.item[result.lines[i].source_line], &result.lines[i]);
	v->exempt_at = result.exempt_from;
	if (v->card)
		w->copay[v->person->number - w->first_person] += result.total.copay.hundredths;
	return 0;
}
