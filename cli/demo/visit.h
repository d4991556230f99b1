/* A visit while it is made, and the process that makes it. */
#pragma once

#include "cli/demo/demo.h"

/* ---- visits ---- */

#define DEMO_ORDERS_MAX 48
#define DEMO_RESULTS_MAX 160
#define DEMO_PRESCRIPTIONS_MAX 12
#define DEMO_LINES_MAX 60
#define DEMO_SUPPLIES_MAX 8
#define DEMO_NOTES_MAX 12
#define DEMO_DIAGNOSES_MAX 8
#define DEMO_MOVES_MAX 3

struct demo_order {
	int64_t id;
	int service; /* in demo_services */
	enum demo_department department;
	const struct demo_staff *ordered_by, *performer[2];
	int performers;
	int machine; /* -1: none */
	int64_t ordered_at, performed_at, result_at;
	int operation; /* 0: by itself */
	const char *anaesthesia;
};

struct demo_result {
	int order;                              /* in the visit */
	const struct demo_indicator *indicator; /* NULL: a description */
	char value[16];
	const struct demo_staff *read_by;
};

struct demo_prescription {
	int64_t id;
	enum demo_department department;
	const struct demo_staff *by;
	int64_t at, dispensed_at;
	const char *advice;
};

struct demo_line {
	int64_t id;
	int prescription; /* in the visit */
	int drug;         /* in demo_drugs */
	struct quantity dose, quantity;
	const char *usage;
	int times, days;
};

struct demo_supply_use {
	int64_t id;
	int supply; /* in demo_supplies */
	int order;  /* -1: none */
	enum demo_department department;
	const struct demo_staff *by;
	int64_t at;
};

struct demo_note {
	const char *progress;
	const struct demo_staff *by;
	int64_t at;
};

struct demo_move {
	int64_t id;
	enum demo_department ward;
	const struct demo_bed *bed;
	int64_t from, to; /* to 0: still there */
};

struct demo_diagnosis {
	const char *role, *icd;
	int position;
};

struct demo_visit {
	struct demo_facility *facility;
	const struct demo_person *person;
	const struct demo_card *card;
	const struct demo_condition *condition;
	int64_t id;
	const char *kind, *object, *priority;
	enum demo_department department;
	struct demo_room *room;
	const struct demo_staff *doctor;
	int ticket;
	int64_t arrived, called, admitted, discharged, closed, settled;
	const char *status, *coverage_state, *result, *outcome, *treatment, *admission_reason, *accident;
	char reason[160], referred_from[8], referral_no[40], referred_to[8];
	int64_t weight; /* 1/100 kg, 0 not taken */
	int32_t follow_up;
	struct demo_diagnosis diagnosis[DEMO_DIAGNOSES_MAX];
	int diagnoses;
	struct demo_order order[DEMO_ORDERS_MAX];
	int orders;
	struct demo_result result_row[DEMO_RESULTS_MAX];
	int results;
	struct demo_prescription prescription[DEMO_PRESCRIPTIONS_MAX];
	int prescriptions;
	struct demo_line line[DEMO_LINES_MAX];
	int lines;
	struct demo_supply_use supply[DEMO_SUPPLIES_MAX];
	int supplies;
	struct demo_note note[DEMO_NOTES_MAX];
	int notes;
	struct demo_move move[DEMO_MOVES_MAX];
	int moves;
	bool checked; /* the card was looked up */
	/* set by demo_price */
	int64_t exempt_at, patient_part; /* 1/100 đồng */
};

struct demo_payment { /* to be made on its day, so that receipt numbers follow time */
	struct demo_facility *facility;
	int64_t visit, id, refunds, at, amount /* 1/100 đồng */;
	const char *kind, *method, *reason;
	const char *counter; /* account on the other side: patient, deposit */
};

/* What a loading process carries from visit to visit. */
struct demo_worker {
	const struct demo_place *place;
	struct demo_copy copy;
	struct arena *arena; /* of one visit */
	struct demo_random random;
	int32_t today;
	int64_t *copay;        /* by person − first: paid this year, 1/100 đồng */
	int64_t *copay_before; /* the part before the base salary changed this year */
	bool salary_changed;   /* it has changed this year */
	int64_t first_person, people;
	int64_t next_baby;            /* number of the next newborn person */
	struct demo_payment *payment; /* not yet made */
	size_t payments, payment_capacity;
	struct demo_diary *diary; /* who and what is taken when */
	struct arena *lasting;    /* payments and counters live as long as the worker */
	int64_t visits, closed, stays, births, mistakes;
};

/* Fills the care of a visit whose person, room and arrival are set. false: nobody came after all. */
void demo_outpatient(struct demo_worker *w, struct demo_visit *v);
/* An in-patient stay; false when no bed is free, and nothing is changed. */
bool demo_stay(struct demo_worker *w, struct demo_visit *v);
/*
 * Diaries of people and machines that do one thing at a time, by id: when all of them are free for so many
 * seconds (at or after a moment), and that they are taken. What ended before yesterday is forgotten.
 */
int64_t demo_when_free(struct demo_worker *w, const int64_t *ids, int count, int64_t at, int64_t seconds);
void demo_occupy(struct demo_worker *w, const int64_t *ids, int count, int64_t from, int64_t to);
void demo_diaries_free(struct demo_worker *w);
/* Shared pieces of both. */
void demo_add_diagnosis(struct demo_visit *v, const char *role, const char *icd);
/* NULL when neither hands nor machine are free soon enough: then it is not ordered. */
struct demo_order *demo_add_order(
    struct demo_worker *w, struct demo_visit *v, const char *code, const struct demo_staff *by, int64_t at);
int64_t demo_add_prescription(struct demo_worker *w, struct demo_visit *v, const struct demo_dose *dose,
    int count, int days, const struct demo_staff *by, int64_t at);
void demo_add_note(struct demo_visit *v, const char *text, const struct demo_staff *by, int64_t at);
int64_t demo_consult(struct demo_worker *w, struct demo_visit *v);
/* One day of one facility. */
int demo_day(struct demo_worker *w, struct demo_facility *f, struct err *e);
/* Prices the visit and writes its charges; sets patient_part and exempt_at. */
int demo_price(struct demo_worker *w, struct demo_visit *v, struct err *e);
/* ledger.c: decides when the patient pays (sets closed and settled), books the closing, plans the payments.
 */
void demo_settle(struct demo_worker *w, struct demo_visit *v);
/* Makes the payments of a facility whose time has come, in the order of time. */
void demo_take_payments(struct demo_worker *w, struct demo_facility *f);
void demo_visit_rows(struct demo_worker *w, const struct demo_visit *v);
