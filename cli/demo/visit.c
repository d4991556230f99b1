/* An outpatient visit: reception, consultation, tests, prescription, home. And the pieces stays share. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/visit.h"

#define MINUTE 60

void
demo_add_diagnosis(struct demo_visit *v, const char *role, const char *icd)
{
	assert(v->diagnoses < DEMO_DIAGNOSES_MAX);
	v->diagnosis[v->diagnoses] = (struct demo_diagnosis){ role, icd, v->diagnoses + 1 };
	v->diagnoses++;
}

void
demo_add_note(struct demo_visit *v, const char *text, const struct demo_staff *by, int64_t at)
{
	if (v->notes < DEMO_NOTES_MAX)
		v->note[v->notes++] = (struct demo_note){ text, by, at };
}

/* Where a service is done, and by whom. */
static void
performer_pick(struct demo_order *o, const struct demo_visit *v)
{
	const struct demo_facility *f = v->facility;
	switch (demo_services[o->service].where) {
	case DEMO_W_LABORATORY:
		o->performer[0] = f->technician[0];
		break;
	case DEMO_W_IMAGING:
		o->performer[0] = f->technician[1];
		break;
	case DEMO_W_FUNCTION:
		o->performer[0] = f->technician[2];
		break;
	case DEMO_W_ROOM:
	case DEMO_W_WARD:
		o->performer[0] = o->ordered_by;
		break;
	}
	o->performers = 1;
	if (demo_services[o->service].group == 8)
		o->performer[o->performers++] = f->ward_doctor[DEMO_D_EMERGENCY];
}

/* Interventions want their people, imaging and functional tests their machine. False when that takes too
 * long. */
static bool
performing_fit(struct demo_worker *w, const struct demo_visit *v, struct demo_order *o)
{
	const struct demo_service *s = &demo_services[o->service];
	int64_t ids[3], seconds = o->result_at - o->performed_at;
	int count = 0;
	for (int i = 0; (s->group == 8 || s->group == 18) && i < o->performers; i++)
		ids[count++] = o->performer[i]->id;
	if (s->group != 1 && s->machine >= 0)
		ids[count++] = v->facility->machine[s->machine];
	int64_t start = demo_when_free(w, ids, count, o->performed_at, seconds);
	if (start > o->performed_at + (v->admitted ? 240 : 120) * MINUTE)
		return false;
	o->performed_at = start;
	o->result_at = start + seconds;
	demo_occupy(w, ids, count, o->performed_at, o->result_at);
	return true;
}

static void
value_make(struct demo_random *r, const struct demo_indicator *n, char ret[16])
{
	char text[DECIMAL_TEXT_MAX];
	int64_t value = demo_between(r, n->low, n->high);
	size_t length = decimal_print(value, n->decimals, text);
	snprintf(ret, 16, "%.*s", (int)length, text);
}

static void
results_make(struct demo_worker *w, struct demo_visit *v, int order)
{
	const struct demo_service *s = &demo_services[v->order[order].service];
	const struct demo_staff *reader = v->order[order].performer[0];
	int count = s->indicator_count > 0 ? s->indicator_count : s->conclusion ? 1 : 0;
	for (int i = 0; i < count; i++) {
		assert(v->results < DEMO_RESULTS_MAX);
		struct demo_result *r = &v->result_row[v->results++];
		*r = (struct demo_result){ .order = order, .read_by = reader };
		if (s->indicator_count == 0)
			continue;
		r->indicator = &s->indicators[i];
		value_make(&w->random, r->indicator, r->value);
	}
}

struct demo_order *
demo_add_order(
    struct demo_worker *w, struct demo_visit *v, const char *code, const struct demo_staff *by, int64_t at)
{
	assert(v->orders < DEMO_ORDERS_MAX);
	int n = v->orders++;
	struct demo_order *o = &v->order[n];
	int service = demo_service_find(code);
	const struct demo_service *s = &demo_services[service];
	*o = (struct demo_order){ .service = service,
		.ordered_by = by,
		.machine = s->machine,
		.ordered_at = at,
		.department = v->department };
	performer_pick(o, v);
	o->id = demo_id(&w->copy, DEMO_ORDER);
	o->performed_at = at + demo_between(&w->random, 4, 15) * MINUTE;
	o->result_at = o->performed_at + (s->minutes + demo_between(&w->random, 0, 10)) * MINUTE;
	if (!performing_fit(w, v, o)) {
		v->orders--;
		return NULL;
	}
	results_make(w, v, n);
	return o;
}

/* The consultation: the room is taken until it ends. Returns its end. */
int64_t
demo_consult(struct demo_worker *w, struct demo_visit *v)
{
	int64_t end = v->called + demo_between(&w->random, 5, 9) * MINUTE;
	struct demo_order *o =
	    demo_add_order(w, v, demo_consultations[v->room->specialty], v->doctor, v->called);
	o->performed_at = v->called;
	o->result_at = end;
	v->room->free_at = end;
	return end;
}

int64_t
demo_add_prescription(struct demo_worker *w, struct demo_visit *v, const struct demo_dose *dose, int count,
    int days, const struct demo_staff *by, int64_t at)
{
	if (count == 0 || !dose[0].drug || v->prescriptions == DEMO_PRESCRIPTIONS_MAX)
		return at;
	int n = v->prescriptions++;
	struct demo_prescription *p = &v->prescription[n];
	*p = (struct demo_prescription){ .id = demo_id(&w->copy, DEMO_PRESCRIPTION),
		.department = v->department,
		.by = by,
		.at = at,
		.dispensed_at = at + demo_between(&w->random, 4, 14) * MINUTE };
	for (int i = 0; i < count && dose[i].drug; i++) {
		assert(v->lines < DEMO_LINES_MAX);
		int given = days ? 1 : dose[i].days;
		v->line[v->lines++] = (struct demo_line){ .id = demo_id(&w->copy, DEMO_PRESCRIPTION_LINE),
			.prescription = n,
			.drug = demo_drug_find(dose[i].drug),
			.dose = { dose[i].dose },
			.quantity = { (int64_t)dose[i].dose * dose[i].times * given },
			.times = dose[i].times,
			.days = given,
			.usage = dose[i].usage };
	}
	return p->dispensed_at;
}

static int64_t
tests_order(struct demo_worker *w, struct demo_visit *v, int64_t at)
{
	const struct demo_condition *k = v->condition;
	int64_t ready = at;
	for (int i = 0; i < DEMO_TESTS && k->tests[i]; i++) {
		bool can = v->facility->is_centre || demo_services[demo_service_find(k->tests[i])].at_station;
		if (!can || !demo_chance(&w->random, i == 0 ? 7500 : 5000))
			continue;
		struct demo_order *o = demo_add_order(w, v, k->tests[i], v->doctor, at);
		ready = o && o->result_at > ready ? o->result_at : ready;
	}
	return ready;
}

static int64_t
procedure_do(struct demo_worker *w, struct demo_visit *v, int64_t at)
{
	const char *code = v->condition->procedure;
	if (!code || demo_services[demo_service_find(code)].group == 8 || strcmp(code, "DDE") == 0)
		return at;
	if (!v->facility->is_centre && !demo_services[demo_service_find(code)].at_station)
		return at;
	const struct demo_order *o = demo_add_order(w, v, code, v->doctor, at);
	return o ? o->result_at : at;
}

static bool
is_chronic_visit(const struct demo_visit *v)
{
	return v->facility->is_centre && v->person->chronic &&
	       (strcmp(v->condition->icd, "I10") == 0 || strcmp(v->condition->icd, "E11.9") == 0);
}

/* Sent on: from a station to the centre, from the centre to the province. */
static bool
refer(struct demo_worker *w, struct demo_visit *v)
{
	bool hard = strcmp(v->condition->icd, "O80.0") == 0 || strcmp(v->condition->icd, "K35.8") == 0;
	if (!hard && !demo_chance(&w->random, v->facility->is_centre ? 150 : 250))
		return false;
	v->outcome = "2";
	v->result = "3";
	snprintf(v->referred_to, sizeof(v->referred_to), "%s",
	    v->facility->is_centre ? "66001" : w->place->facility[0].code);
	return true;
}

void
demo_outpatient(struct demo_worker *w, struct demo_visit *v)
{
	const struct demo_condition *k = v->condition;
	int64_t end = demo_consult(w, v), at;
	v->kind = "01";
	demo_add_diagnosis(v, "main", k->icd);
	if (k->second && demo_chance(&w->random, 4000))
		demo_add_diagnosis(v, "secondary", k->second);
	at = tests_order(w, v, end - MINUTE);
	if (is_chronic_visit(v)) {
		v->kind = v->orders > 1 ? "08" : "05";
		v->follow_up = w->today + 28;
		demo_add_note(
		    v, "Bệnh ổn định, tuân thủ điều trị, tiếp tục thuốc đang dùng", v->doctor, at + MINUTE);
	}
	at = procedure_do(w, v, at);
	v->result = "2";
	v->outcome = "1";
	if (!refer(w, v)) {
		at = demo_add_prescription(w, v, k->doses, DEMO_DOSES, 0, v->doctor, at + 2 * MINUTE);
		if (v->prescriptions)
			v->prescription[0].advice = k->advice;
	}
	v->discharged = (at > end ? at : end) + demo_between(&w->random, 1, 4) * MINUTE;
	if (demo_chance(&w->random, 40)) /* went home without a word: never closed */
		v->discharged = 0;
	v->status = v->discharged ? "closed" : "in_exam";
}
