/* A visit as rows of care.*, claim.claim and the card look-up. The order of cells is that of demo_tables. */
#include <stdio.h>

#include "base/time.h"
#include "cli/demo/visit.h"

static const char *
or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static void
row(struct demo_worker *w, const struct demo_visit *v, enum demo_table t, int64_t id)
{
	demo_row_begin(&w->copy, t);
	demo_int(&w->copy, v->facility->id);
	demo_int(&w->copy, id ? id : demo_id(&w->copy, t));
}

static void
ma_lk_cell(struct demo_copy *c, const struct demo_visit *v)
{
	char text[32]; /* as api.visit_open makes it */
	snprintf(text, sizeof(text), "%s%04lld%010lld", v->facility->code,
	    (long long)(v->id >> DEMO_NODE_BITS), (long long)(v->id & ((INT64_C(1) << DEMO_NODE_BITS) - 1)));
	demo_text(c, text);
}

static void
visit_row(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	row(w, v, DEMO_VISIT, v->id);
	demo_int(c, v->person->id);
	ma_lk_cell(c, v);
	demo_text(c, v->kind);
	demo_text(c, v->object);
	demo_id_or_null(c, v->card ? v->card->id : 0);
	demo_int(c, v->facility->department[v->department]);
	demo_int(c, v->room->id);
	demo_int(c, v->doctor->id);
	demo_text(c, v->priority);
	demo_text(c, v->reason);
	demo_text(c, v->admission_reason);
	demo_text(c, or_null(v->referred_from));
	demo_text(c, or_null(v->referral_no));
	demo_text(c, or_null(v->referred_to));
	demo_text(c, v->accident);
	if (v->weight)
		demo_decimal(c, v->weight, 2);
	else
		demo_text(c, NULL);
	demo_time(c, v->arrived);
	demo_time(c, v->admitted);
	demo_time(c, v->discharged);
	demo_text(c, v->treatment);
	demo_text(c, v->discharged ? v->result : NULL);
	demo_text(c, v->discharged ? v->outcome : NULL);
	demo_date(c, v->follow_up);
	demo_text(c, v->status);
	demo_time(c, v->closed);
	demo_time(c, v->settled);
	demo_text(c, v->coverage_state);
	demo_time(c, v->exempt_at);
	demo_bool(c, true);
	demo_int(c, v->orders + v->prescriptions + v->supplies);
	demo_time(c, v->arrived);
	demo_row_end(c);
}

static void
ticket_row(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	row(w, v, DEMO_TICKET, 0);
	demo_int(c, v->room->id);
	demo_date(c, time_business_date(v->arrived));
	demo_int(c, v->ticket);
	demo_int(c, v->id);
	demo_time(c, v->called);
	demo_row_end(c);
}

static void
check_row(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	char born[32];
	int year, month, day;
	date_to_civil(v->person->born, &year, &month, &day);
	snprintf(born, sizeof(born), "%02d/%02d/%04d", day, month, year);
	row(w, v, DEMO_CHECK, 0);
	demo_int(c, v->person->id);
	demo_int(c, v->id);
	demo_text(c, v->card->number);
	demo_text(c, v->person->name);
	demo_text(c, born);
	demo_text(c, "answered");
	demo_time(c, v->arrived + 60);
	demo_time(c, v->arrived + 62);
	demo_text(c, "000");
	demo_text(c, "ok");
	demo_int(c, 1);
	demo_row_end(c);
}

static void
vitals_row(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	struct demo_random *r = &w->random;
	int age = demo_age(v->person->born, time_business_date(v->arrived));
	bool fever = v->condition->tests[0] && age < 16;
	int upper = v->person->chronic ? demo_between(r, 13, 17) : demo_between(r, 10, 13);
	row(w, v, DEMO_VITALS, 0);
	demo_int(c, v->id);
	demo_time(c, v->arrived + 120);
	demo_int(c, v->facility->nurse->id);
	demo_int(c, age < 6 ? demo_between(r, 96, 130) : demo_between(r, 68, 96));
	demo_decimal(c, fever ? demo_between(r, 375, 391) : demo_between(r, 364, 373), 1);
	if (age < 6) {
		demo_text(c, NULL);
		demo_text(c, NULL);
	} else {
		demo_int(c, upper * 10);
		demo_int(c, (upper - demo_between(r, 4, 6)) * 10);
	}
	demo_int(c, age < 6 ? demo_between(r, 24, 34) : demo_between(r, 16, 20));
	demo_int(c, demo_between(r, 95, 99));
	if (v->weight)
		demo_decimal(c, v->weight, 2);
	else
		demo_text(c, NULL);
	demo_row_end(c);
}

static void
diagnosis_rows(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	int64_t at = v->order[0].result_at;
	for (int i = 0; i < v->diagnoses; i++) {
		row(w, v, DEMO_DIAGNOSIS, 0);
		demo_int(c, v->id);
		demo_text(c, v->diagnosis[i].role);
		demo_text(c, v->diagnosis[i].icd);
		demo_int(c, v->diagnosis[i].position);
		demo_int(c, v->doctor->id);
		demo_time(c, at);
		demo_row_end(c);
	}
}

static void
order_rows(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	for (int i = 0; i < v->orders; i++) {
		const struct demo_order *o = &v->order[i];
		char first[24], second[24];
		const char *performers[2] = { first, second };
		snprintf(first, sizeof(first), "%lld", (long long)o->performer[0]->id);
		snprintf(
		    second, sizeof(second), "%lld", o->performers > 1 ? (long long)o->performer[1]->id : 0LL);
		row(w, v, DEMO_ORDER, o->id);
		demo_int(c, v->id);
		demo_text(c, demo_services[o->service].code);
		demo_text(c, demo_services[o->service].service_code);
		demo_int(c, v->facility->department[o->department]);
		demo_int(c, o->ordered_by->id);
		demo_time(c, o->ordered_at);
		demo_text(c, "done");
		demo_array(c, performers, o->performers);
		demo_id_or_null(c, o->machine >= 0 ? v->facility->machine[o->machine] : 0);
		demo_time(c, o->performed_at);
		demo_time(c, o->result_at);
		demo_id_or_null(c, o->operation);
		demo_text(c, o->anaesthesia);
		demo_row_end(c);
	}
}

static void
result_rows(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	for (int i = 0; i < v->results; i++) {
		const struct demo_result *r = &v->result_row[i];
		const struct demo_order *o = &v->order[r->order];
		const struct demo_indicator *n = r->indicator;
		row(w, v, DEMO_RESULT, 0);
		demo_int(c, v->id);
		demo_int(c, o->id);
		demo_text(c, n ? n->code : NULL);
		demo_text(c, n ? n->name : NULL);
		demo_text(c, n ? r->value : NULL);
		demo_text(c, n && n->unit[0] ? n->unit : NULL);
		demo_text(c, n ? NULL : demo_services[o->service].description);
		demo_text(c, n ? NULL : demo_services[o->service].conclusion);
		demo_time(c, o->result_at);
		demo_int(c, r->read_by->id);
		demo_row_end(c);
	}
}

static void
drug_rows(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	for (int i = 0; i < v->prescriptions; i++) {
		const struct demo_prescription *p = &v->prescription[i];
		row(w, v, DEMO_PRESCRIPTION, p->id);
		demo_int(c, v->id);
		demo_int(c, v->facility->department[p->department]);
		demo_int(c, p->by->id);
		demo_time(c, p->at);
		demo_text(c, "done");
		demo_time(c, p->dispensed_at);
		demo_int(c, v->facility->pharmacist->id);
		demo_text(c, p->advice);
		demo_row_end(c);
	}
	for (int i = 0; i < v->lines; i++) {
		const struct demo_line *l = &v->line[i];
		row(w, v, DEMO_PRESCRIPTION_LINE, l->id);
		demo_int(c, v->prescription[l->prescription].id);
		demo_text(c, demo_drugs[l->drug].code);
		demo_decimal(c, l->dose.thousandths, 3);
		demo_int(c, l->times);
		demo_int(c, l->days);
		demo_decimal(c, l->quantity.thousandths, 3);
		demo_text(c, l->usage);
		demo_row_end(c);
	}
}

static void
stay_rows(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	for (int i = 0; i < v->moves; i++) {
		const struct demo_move *m = &v->move[i];
		row(w, v, DEMO_MOVEMENT, m->id);
		demo_int(c, v->id);
		demo_int(c, v->facility->department[m->ward]);
		demo_int(c, m->bed->id);
		demo_during(c, m->from, m->to);
		demo_row_end(c);
	}
	for (int i = 0; i < v->supplies; i++) {
		const struct demo_supply_use *u = &v->supply[i];
		row(w, v, DEMO_SUPPLY_USE, u->id);
		demo_int(c, v->id);
		demo_text(c, demo_supplies[u->supply].code);
		demo_id_or_null(c, u->order >= 0 ? v->order[u->order].id : 0);
		demo_int(c, 1);
		demo_int(c, v->facility->department[u->department]);
		demo_int(c, u->by->id);
		demo_time(c, u->at);
		demo_row_end(c);
	}
	for (int i = 0; i < v->notes; i++) {
		row(w, v, DEMO_NOTE, 0);
		demo_int(c, v->id);
		demo_text(c, v->note[i].progress);
		demo_int(c, v->note[i].by->id);
		demo_time(c, v->note[i].at);
		demo_row_end(c);
	}
}

static void
claim_row(struct demo_worker *w, const struct demo_visit *v)
{
	struct demo_copy *c = &w->copy;
	int year, month, day;
	date_to_civil(time_business_date(v->discharged), &year, &month, &day);
	row(w, v, DEMO_CLAIM, 0);
	demo_int(c, v->id);
	ma_lk_cell(c, v);
	demo_date(c, date_from_civil(year, month, 1));
	demo_time(c, v->closed);
	demo_row_end(c);
}

void
demo_visit_rows(struct demo_worker *w, const struct demo_visit *v)
{
	visit_row(w, v);
	ticket_row(w, v);
	if (v->checked)
		check_row(w, v);
	vitals_row(w, v);
	diagnosis_rows(w, v);
	order_rows(w, v);
	result_rows(w, v);
	drug_rows(w, v);
	stay_rows(w, v);
	if (v->card && v->closed)
		claim_row(w, v);
}
