/* A day of a facility: who comes when, with what, to which room; mistakes people make. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/visit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define MINUTE 60
#define HOUR 3600

/* Arrivals by hour of the day, per cent: a quarter between 7 and 9. */
static const struct {
	int from, to; /* minutes of the day */
	int share;
} arrivals[] = { { 390, 420, 4 }, { 420, 480, 11 }, { 480, 540, 14 }, { 540, 600, 16 }, { 600, 660, 15 },
	{ 660, 780, 6 }, { 780, 840, 11 }, { 840, 900, 12 }, { 900, 960, 8 }, { 960, 1010, 3 } };

static const int weekday_percent[7] = { 125, 110, 105, 105, 100, 95, 60 }; /* from Monday */

static int
arrival_minute(struct demo_random *r)
{
	int pick = demo_below(r, 100), i = 0;
	while (pick >= arrivals[i].share)
		pick -= arrivals[i++].share;
	return demo_between(r, arrivals[i].from, arrivals[i].to - 1);
}

static int
compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return x < y ? -1 : x > y;
}

static int
visits_of_day(const struct demo_facility *f, int32_t date, struct demo_random *r)
{
	int weekday = (date + 3) % 7; /* 1970-01-01 was a Thursday */
	int percent = weekday_percent[weekday] + demo_between(r, -4, 4);
	return (f->visits_per_day * percent + demo_below(r, 100)) / 100;
}

static int
season_percent(const struct demo_condition *k, int32_t date)
{
	int year, month, day, percent = 100;
	date_to_civil(date, &year, &month, &day);
	if (month >= 5 && month <= 11)
		percent = percent * k->wet / 100;
	if (month >= 11 || month <= 2)
		percent = percent * k->cool / 100;
	return percent;
}

static int
weight_of(const struct demo_condition *k, const struct demo_visit *v, int age, int32_t date)
{
	int weight = v->facility->is_centre ? k->centre : k->station;
	if (age < k->age_from || age > k->age_to || (k->sex && k->sex != v->person->sex))
		return 0;
	return weight * season_percent(k, date);
}

static const struct demo_condition *
condition_pick(struct demo_worker *w, const struct demo_visit *v, bool chronic_visit)
{
	int age = demo_age(v->person->born, w->today), total = 0, weight[64] = { 0 };
	if (chronic_visit && v->person->chronic)
		return demo_condition_find(v->person->chronic == DEMO_DIABETES ? "E11.9" : "I10");
	assert(demo_condition_count <= 64);
	for (int i = 0; i < demo_condition_count; i++)
		total += weight[i] = weight_of(&demo_conditions[i], v, age, w->today);
	if (total == 0)
		return demo_condition_find("A09.9");
	int pick = demo_below(&w->random, total), i = 0;
	while (pick >= weight[i])
		pick -= weight[i++];
	return &demo_conditions[i];
}

static struct demo_room *
room_pick(const struct demo_facility *f, enum demo_specialty specialty)
{
	struct demo_room *best = NULL;
	if (!f->is_centre)
		specialty = DEMO_S_STATION;
	for (int i = 0; i < f->room_count; i++)
		if (f->room[i].specialty == specialty && (!best || f->room[i].free_at < best->free_at))
			best = &f->room[i];
	return best;
}

/* MA_DOITUONG_KCB and, with a referral, where from. */
static void
object_pick(struct demo_worker *w, struct demo_visit *v)
{
	const struct demo_facility *f = v->facility;
	struct demo_random *r = &w->random;
	bool at_home = v->card && strcmp(v->card->registered, f->code) == 0;
	if (!v->card)
		v->object = "9";
	else if (strcmp(v->priority, "emergency") == 0)
		v->object = "2";
	else if (!f->is_centre)
		v->object = "1.2";
	else if (at_home)
		v->object = "1.1";
	else if (demo_chance(r, 4500)) {
		v->object = "1.3";
		snprintf(v->referred_from, sizeof(v->referred_from), "%s", v->card->registered);
		snprintf(v->referral_no, sizeof(v->referral_no), "%s.%06d/GCT", v->card->registered,
		    demo_below(r, 1000000));
	} else
		v->object = "1.12";
}

/* What tired clerks type, and the form check of the claim finds. */
static void
mistake_make(struct demo_worker *w, struct demo_visit *v)
{
	if (!v->card || !demo_chance(&w->random, (int)w->place->options->errors))
		return;
	w->mistakes++;
	switch (demo_below(&w->random, 3)) {
	case 0: /* a digit lost in the code of the facility that referred */
		snprintf(v->referred_from, sizeof(v->referred_from), "%.4s", w->place->facility[0].code);
		break;
	case 1: /* a point in it, as service codes have */
		snprintf(
		    v->referred_from, sizeof(v->referred_from), "66.%02d", demo_between(&w->random, 1, 99));
		break;
	default: /* letter O for zero */
		snprintf(
		    v->referred_from, sizeof(v->referred_from), "669O%d", demo_between(&w->random, 1, 9));
		break;
	}
}

static int64_t
weight_make(struct demo_random *r, int age, int32_t born, int32_t date)
{
	if (age == 0)
		return 320 + (int64_t)(date - born) * 180 / 100 + demo_between(r, -30, 60);
	if (age < 16)
		return 850 + age * 230 + demo_between(r, -100, 250);
	return demo_between(r, 4200, 7600);
}

static void
visit_begin(struct demo_worker *w, struct demo_facility *f, int64_t arrived, const struct demo_person *x,
    bool chronic_visit, struct demo_visit *v)
{
	int age = demo_age(x->born, w->today);
	memset(v, 0, sizeof(*v));
	v->facility = f;
	v->person = x;
	v->arrived = arrived;
	v->card = demo_person_card(x, w->today);
	v->condition = condition_pick(w, v, chronic_visit);
	v->room = room_pick(f, v->condition->specialty);
	v->doctor = v->room->doctor;
	v->department = v->room->specialty == DEMO_S_EMERGENCY ? DEMO_D_EMERGENCY : DEMO_D_EXAM;
	v->priority = v->room->specialty == DEMO_S_EMERGENCY ? "emergency"
		      : age < 6 || age >= 80                 ? "priority"
							     : "normal";
	v->ticket = ++v->room->last_no;
	v->accident = v->condition->accident;
	snprintf(v->reason, sizeof(v->reason), "%s", v->condition->reason);
	object_pick(w, v);
	mistake_make(w, v);
	v->checked = v->card && demo_chance(&w->random, 3000);
	v->coverage_state = !v->card ? "not_needed" : v->checked ? "ok" : "not_checked";
	if (age < 16 || demo_chance(&w->random, 2500))
		v->weight = weight_make(&w->random, age, x->born, w->today);
	int64_t earliest = arrived + demo_between(&w->random, 3, 12) * MINUTE;
	v->called = v->room->free_at > earliest ? v->room->free_at : earliest;
	v->id = demo_id(&w->copy, DEMO_VISIT);
	v->status = "closed";
}

static int
one_visit(struct demo_worker *w, struct demo_facility *f, int64_t arrived, struct err *e)
{
	static struct demo_visit v; /* 60 kB: not on the stack; a worker makes one visit at a time */
	struct demo_person person;
	int64_t turn = f->visits_so_far++;
	int64_t place_in_pool = (turn % f->people) * f->stride % f->people;
	int bad;

	demo_random_start(&w->random, w->place->options->seed, DEMO_FOR_VISIT, (turn << 7) + f->number);
	demo_person_make(w->place, f->first_person + place_in_pool, &person);
	visit_begin(w, f, arrived, &person, turn / f->people % 2 == 0, &v);
	bool stays = f->is_centre && demo_chance(&w->random, v.condition->stay) && demo_stay(w, &v);
	if (!stays)
		demo_outpatient(w, &v);
	bad = demo_price(w, &v, e);
	if (bad < 0)
		return bad;
	demo_settle(w, &v);
	demo_visit_rows(w, &v);
	w->visits++;
	w->closed += strcmp(v.status, "closed") == 0;
	w->stays += stays;
	return 0;
}

static void
counters_write(struct demo_worker *w, struct demo_facility *f)
{
	struct demo_copy *c = &w->copy;
	for (int i = 0; i < f->room_count; i++) {
		if (f->room[i].last_no == 0)
			continue;
		demo_row_begin(c, DEMO_QUEUE_COUNTER);
		demo_int(c, f->id);
		demo_int(c, f->room[i].id);
		demo_date(c, w->today);
		demo_int(c, f->room[i].last_no);
		demo_row_end(c);
		f->room[i].last_no = 0;
	}
}

int
demo_day(struct demo_worker *w, struct demo_facility *f, struct err *e)
{
	struct demo_random r;
	int64_t midnight = (int64_t)w->today * 86400 - BUSINESS_OFFSET_SECONDS;
	int bad = 0;

	demo_random_start(&r, w->place->options->seed, DEMO_FOR_DAY, ((int64_t)w->today << 7) + f->number);
	int visits = visits_of_day(f, w->today, &r);
	int *minute = calloc((size_t)visits + 1, sizeof(*minute));
	if (!minute)
		fatal("demo: out of memory");
	for (int i = 0; i < visits; i++)
		minute[i] = arrival_minute(&r);
	qsort(minute, (size_t)visits, sizeof(*minute), compare_ints);
	for (int i = 0; bad == 0 && i < visits; i++)
		bad = one_visit(w, f, midnight + (int64_t)minute[i] * MINUTE + demo_below(&r, MINUTE), e);
	free(minute);
	counters_write(w, f);
	demo_take_payments(w, f);
	return bad;
}
