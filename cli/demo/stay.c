/* An in-patient stay: ward and bed, daily orders and notes, operation or birth, discharge. */
#include <string.h>

#include "base/time.h"
#include "cli/demo/visit.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

static enum demo_department
ward_of(const struct demo_condition *k, int age)
{
	switch (k->specialty) {
	case DEMO_S_CHILDREN:
		return DEMO_D_CHILDREN;
	case DEMO_S_SURGERY:
	case DEMO_S_EMERGENCY:
		return DEMO_D_SURGERY;
	case DEMO_S_WOMEN:
		return DEMO_D_MATERNITY;
	default:
		return age < 16 ? DEMO_D_CHILDREN : DEMO_D_INTERNAL;
	}
}

static struct demo_bed *
bed_free(const struct demo_facility *f, enum demo_department ward, int64_t at)
{
	for (int i = 0; i < f->bed_count; i++)
		if (f->bed[i].ward == ward && f->bed[i].free_at <= at)
			return &f->bed[i];
	return NULL;
}

static void
move_add(struct demo_worker *w, struct demo_visit *v, struct demo_bed *bed, int64_t from, int64_t to)
{
	v->move[v->moves++] = (struct demo_move){
		.id = demo_id(&w->copy, DEMO_MOVEMENT), .ward = bed->ward, .bed = bed, .from = from, .to = to
	};
	bed->free_at = to ? to + HOUR : INT64_MAX;
}

static const struct demo_dose infusion[] = { { "CEFAZ", 1000, 2, 1, "Tiêm tĩnh mạch chậm" },
	{ "METRI", 1000, 2, 1, "Truyền tĩnh mạch 60 giọt/phút" } };

static void
supply_add(struct demo_worker *w, struct demo_visit *v, int supply, int order, int64_t at)
{
	v->supply[v->supplies++] = (struct demo_supply_use){ .id = demo_id(&w->copy, DEMO_SUPPLY_USE),
		.supply = supply,
		.order = order,
		.department = v->department,
		.by = v->doctor,
		.at = at };
}

/* Appendix or child: what the stay is for. */
static void
main_event(struct demo_worker *w, struct demo_visit *v, int64_t at)
{
	const char *code = v->condition->procedure;
	if (!code || strcmp(code, "KDG") == 0)
		return;
	struct demo_order *o = demo_add_order(w, v, code, v->doctor, at);
	if (!o)
		return;
	if (demo_services[o->service].group == 8) {
		o->operation = 1;
		o->anaesthesia = "1";
		supply_add(w, v, 2, v->orders - 1, o->performed_at);
	}
	if (strcmp(code, "DDE") == 0) {
		struct demo_person baby;
		demo_baby_make(w->place, v->person, w->next_baby++, o->result_at,
		    demo_chance(&w->random, 5150) ? 1 : 2, &baby);
		demo_person_rows(w->place, &baby, &w->copy);
		w->births++;
	}
}

static void
first_day(struct demo_worker *w, struct demo_visit *v)
{
	const struct demo_condition *k = v->condition;
	int64_t at = v->admitted + 10 * MINUTE;
	for (int i = 0; i < DEMO_TESTS && k->tests[i]; i++)
		demo_add_order(w, v, k->tests[i], v->doctor, at);
	supply_add(w, v, 0, -1, at + 5 * MINUTE);
	supply_add(w, v, 1, -1, at + 5 * MINUTE);
	demo_add_note(v, "Người bệnh tỉnh, tiếp xúc được; có chỉ định điều trị nội trú", v->doctor,
	    v->admitted + 5 * MINUTE);
	main_event(w, v, v->admitted + 90 * MINUTE);
}

/* The following days: a round at half past seven. */
static void
later_day(struct demo_worker *w, struct demo_visit *v, int day, int last, int64_t at)
{
	static const char *const progress[] = { "Bệnh giảm, ăn uống được, sinh hiệu ổn định",
		"Đỡ đau, ngủ được, tiếp tục điều trị", "Hết sốt, toàn trạng khá",
		"Bệnh tiến triển tốt, theo dõi tiếp" };
	demo_add_note(v, progress[demo_below(&w->random, 4)], v->doctor, at);
	if (day == last)
		return;
	if (day == 3)
		demo_add_order(w, v, "CTM", v->doctor, at + 5 * MINUTE);
	if (day <= 2 && v->condition->procedure && strcmp(v->condition->procedure, "KDG") == 0)
		demo_add_order(w, v, "KDG", v->doctor, at + 6 * MINUTE);
}

static void
drugs_of_day(struct demo_worker *w, struct demo_visit *v, int64_t at)
{
	if (v->department == DEMO_D_SURGERY)
		demo_add_prescription(w, v, infusion, 2, 1, v->doctor, at);
	else
		demo_add_prescription(w, v, v->condition->doses, 2, 1, v->doctor, at);
}

static void
ending_make(struct demo_worker *w, struct demo_visit *v)
{
	v->result = demo_chance(&w->random, 4000) ? "1" : "2";
	v->outcome = demo_chance(&w->random, 400) ? "4" : "1";
	if (demo_chance(&w->random, 250)) {
		v->outcome = "2";
		v->result = "4";
		memcpy(v->referred_to, "66001", 6);
	}
	demo_add_prescription(
	    w, v, v->condition->doses, DEMO_DOSES, 0, v->doctor, v->discharged - 40 * MINUTE);
	if (v->prescriptions)
		v->prescription[v->prescriptions - 1].advice = v->condition->advice;
}

static void
days_make(struct demo_worker *w, struct demo_visit *v, int days)
{
	int32_t start = time_business_date(v->admitted);
	int64_t midnight = (int64_t)start * DAY - BUSINESS_OFFSET_SECONDS;
	first_day(w, v);
	drugs_of_day(w, v, v->admitted + 20 * MINUTE);
	for (int day = 1; day < days && start + day <= w->place->options->until; day++) {
		int64_t at = midnight + day * (int64_t)DAY + 7 * HOUR + 30 * MINUTE +
			     demo_below(&w->random, 40) * MINUTE;
		later_day(w, v, day, days - 1, at);
		if (day < days - 1)
			drugs_of_day(w, v, at + 10 * MINUTE);
	}
}

bool
demo_stay(struct demo_worker *w, struct demo_visit *v)
{
	const struct demo_condition *k = v->condition;
	enum demo_department ward = ward_of(k, demo_age(v->person->born, w->today));
	int64_t admitted = v->called + demo_between(&w->random, 15, 40) * MINUTE, changed = admitted;
	int days = demo_between(&w->random, k->days_from, k->days_to);
	int32_t last = w->today + days - 1;
	bool stays_on = last > w->place->options->until;
	int64_t leaving =
	    (int64_t)last * DAY - BUSINESS_OFFSET_SECONDS + 9 * HOUR + demo_below(&w->random, 120) * MINUTE;
	struct demo_bed *first = NULL, *bed;

	if (v->department == DEMO_D_EMERGENCY || demo_chance(&w->random, 1200)) {
		first = bed_free(v->facility, DEMO_D_EMERGENCY, admitted);
		changed = first ? admitted + demo_between(&w->random, 2, 9) * HOUR : admitted;
	}
	bed = bed_free(v->facility, ward, changed);
	if (!bed)
		return false;
	demo_consult(w, v);
	v->kind = "03";
	v->admitted = admitted;
	v->admission_reason = v->condition->reason;
	v->department = ward;
	v->doctor = v->facility->ward_doctor[ward];
	if (first)
		move_add(w, v, first, admitted, changed);
	move_add(w, v, bed, changed, stays_on ? 0 : leaving);
	if (v->card && strcmp(v->object, "1.12") == 0)
		v->object = "1.15";
	demo_add_diagnosis(v, "admission", k->icd);
	demo_add_diagnosis(v, "main", k->icd);
	if (k->second && demo_chance(&w->random, 5000))
		demo_add_diagnosis(v, "secondary", k->second);
	days_make(w, v, days);
	v->status = stays_on ? "admitted" : "closed";
	v->treatment = "Nội khoa, nâng đỡ, theo dõi sát";
	if (stays_on)
		return true;
	v->discharged = leaving;
	ending_make(w, v);
	return true;
}
