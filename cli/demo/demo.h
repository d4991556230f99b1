/*
 * The synthetic district of `hmis demo`: a district centre with its commune stations, people and their
 * visits, made from a seed. The same seed, amounts and last day give the same rows byte for byte. Nobody in
 * it exists: citizen ids begin with 999, social-insurance numbers with 99, facility codes with 669.
 *
 *   plan.c     options → facilities, pools of people, reserved ids
 *   place.c    departments, rooms, beds, machines, staff, price list → rows
 *   lists.c    what the rules look up besides: limits, indications, pairs, contracts, holidays → rows
 *   people.c   a person as a pure function of (seed, number)
 *   day.c      who comes when on a day, and to which room
 *   visit.c    an outpatient visit; stay.c an in-patient stay
 *   price.c    shares by the benefit engine, charges, payments and ledger, as the service stores them
 *   rows.c     structs → COPY streams
 *   load.c     two processes copy day after day
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "claims/benefit/stay.h"
#include "cli/demo/catalog.h"

#define DEMO_PARTS 2 /* processes that load: the centre, the stations */
#define DEMO_STATIONS_MAX 99
#define DEMO_NODE_BITS 40
#define DEMO_TENDER "VN0000669;G1;N1;2026" /* TT_THAU of everything the district buys */

struct demo_options {
	const char *database;
	const char *tenant;
	const char *vss_dir; /* NULL: no files for the gateway stand-in */
	int64_t seed;
	int64_t stations;       /* 0..DEMO_STATIONS_MAX */
	int64_t days;           /* 1..3660 */
	int64_t visits_per_day; /* of the district, 1..100000 */
	int64_t patients;       /* 0: as many as the visits need */
	int64_t only_patients;  /* > 0: people alone, no visits */
	int64_t errors;         /* 1/100 % of insured visits with a mistake that the form check finds */
	int32_t until;          /* last business day */
};

/* ---- random.c: small, fast, the same everywhere ---- */

struct demo_random {
	uint64_t state;
};
enum demo_stream { /* what a sequence of numbers is used for */
	DEMO_FOR_PLACE,
	DEMO_FOR_PERSON,
	DEMO_FOR_DAY,
	DEMO_FOR_VISIT
};
void demo_random_start(struct demo_random *r, int64_t seed, enum demo_stream stream, int64_t number);
uint64_t demo_random_next(struct demo_random *r);
int demo_below(struct demo_random *r, int n);            /* 0..n-1, n ≥ 1 */
int demo_between(struct demo_random *r, int a, int b);   /* a..b */
bool demo_chance(struct demo_random *r, int per_10_000); /* true in so many of 10,000 */

/* ---- rows and their ids ---- */

enum demo_table {
	DEMO_FACILITY,
	DEMO_DEPARTMENT,
	DEMO_ROOM,
	DEMO_BED,
	DEMO_MACHINE,
	DEMO_STAFF,
	DEMO_POST,
	DEMO_EXAM_TABLE,
	DEMO_CONTRACT,
	DEMO_DRUG,
	DEMO_SUPPLY,
	DEMO_SERVICE,
	DEMO_PRICE,
	DEMO_SCOPE_SERVICE,
	DEMO_STAFF_SERVICE,
	DEMO_HOLIDAY,
	DEMO_DRUG_INDICATION,
	DEMO_DRUG_DISEASE,
	DEMO_DRUG_PAIR,
	DEMO_DRUG_DEPARTMENT,
	DEMO_SERVICE_PAIR,
	DEMO_SERVICE_DISEASE,
	DEMO_PURCHASE,
	DEMO_KNOWN_FACILITY,
	DEMO_ROUTE,
	DEMO_TRADITIONAL,
	DEMO_ICD_FLAG,
	DEMO_LOCAL_INDICATOR,
	DEMO_ACCOUNT,
	DEMO_BOOK,
	DEMO_PATIENT,
	DEMO_COVERAGE,
	DEMO_VISIT,
	DEMO_QUEUE_COUNTER,
	DEMO_TICKET,
	DEMO_CHECK,
	DEMO_MOVEMENT,
	DEMO_VITALS,
	DEMO_DIAGNOSIS,
	DEMO_ORDER,
	DEMO_RESULT,
	DEMO_NOTE,
	DEMO_PRESCRIPTION,
	DEMO_PRESCRIPTION_LINE,
	DEMO_SUPPLY_USE,
	DEMO_CHARGE,
	DEMO_PAYMENT,
	DEMO_ENTRY,
	DEMO_CLAIM,
	DEMO_TABLES
};

struct demo_table_info {
	const char *name;     /* schema.table */
	const char *columns;  /* as COPY takes them; the writers of rows.c follow this order */
	const char *sequence; /* NULL: no id of its own */
	int per_visit;        /* most ids one visit takes; 0 for tables of the place and of people */
};
extern const struct demo_table_info
    demo_tables[DEMO_TABLES]; /* in an order that satisfies the foreign keys */

struct demo_copy { /* what one process has written and not yet sent */
	int64_t tenant;
	int64_t next_id[DEMO_TABLES];
	struct buf rows[DEMO_TABLES];
	int64_t count[DEMO_TABLES]; /* rows so far */
	enum demo_table table;      /* of the row that is being written */
	bool at_start;
};
void demo_copy_init(struct demo_copy *c, int64_t tenant);
void demo_copy_free(struct demo_copy *c);
int64_t demo_id(struct demo_copy *c, enum demo_table t);
/* Sends what is there, table by table, in the caller's transaction. */
int demo_copy_send(struct demo_copy *c, PGconn *db, struct err *e);

/* Cells of a row; demo_row_end ends it. */
void demo_row_begin(struct demo_copy *c, enum demo_table t); /* writes the tenant */
void demo_int(struct demo_copy *c, int64_t v);
void demo_id_or_null(struct demo_copy *c, int64_t id); /* 0 is null */
void demo_text(struct demo_copy *c, const char *text); /* NULL is null */
void demo_bool(struct demo_copy *c, bool v);
void demo_decimal(struct demo_copy *c, int64_t v, int scale);
void demo_time(struct demo_copy *c, int64_t instant);              /* 0 is null */
void demo_date(struct demo_copy *c, int32_t date);                 /* 0 is null */
void demo_dates(struct demo_copy *c, int32_t from, int32_t after); /* daterange; 0: without end */
void demo_during(struct demo_copy *c, int64_t from, int64_t to);   /* tstzrange; to 0: without end */
void demo_array(struct demo_copy *c, const char *const *items, int count);
void demo_row_end(struct demo_copy *c);

/* ---- place ---- */

enum demo_department {
	DEMO_D_EXAM,
	DEMO_D_EMERGENCY,
	DEMO_D_INTERNAL,
	DEMO_D_CHILDREN,
	DEMO_D_SURGERY,
	DEMO_D_MATERNITY,
	DEMO_D_LABORATORY,
	DEMO_D_IMAGING,
	DEMO_D_FUNCTION,
	DEMO_D_PHARMACY,
	DEMO_DEPARTMENTS
};

struct demo_staff {
	int64_t id;
	char code[24];
	char name[80];
	char citizen_id[16];
};

struct demo_room {
	int64_t id;
	enum demo_specialty specialty;
	struct demo_staff *doctor;
	int64_t free_at; /* when the doctor can take the next patient */
	int last_no;     /* queue number of the day */
};

struct demo_bed {
	int64_t id;
	enum demo_department ward;
	char code[8];
	int64_t free_at;
};

struct demo_facility {
	int64_t id;
	char code[6], name[96], address[160];
	char commune_code[8], commune[64];
	bool is_centre;
	int number;                           /* 0 the centre, 1.. the stations */
	int64_t department[DEMO_DEPARTMENTS]; /* 0: has none */
	struct demo_staff *nurse, *technician[3] /* laboratory, imaging, function */, *pharmacist;
	struct demo_staff *ward_doctor[DEMO_DEPARTMENTS];
	int64_t machine[DEMO_MACHINES];
	char machine_code[DEMO_MACHINES][32];
	struct demo_room *room;
	int room_count;
	struct demo_bed *bed;
	int bed_count;
	int64_t account_book, refund_book; /* receipt books */
	int64_t last_receipt, last_refund;
	int visits_per_day;
	int64_t first_person, people;  /* its pool */
	int64_t stride, visits_so_far; /* how the pool is gone through */
};

struct demo_service_row { /* a service of the list with what the catalogue says of it */
	const char *name;
	struct price price, station_price;
	const char *procedures[4];
	int procedure_count;
};

struct demo_place {
	const struct demo_options *options;
	const struct benefit_rules *rules;
	struct arena *arena;
	int64_t tenant;
	int64_t node;
	int32_t first_day;
	struct demo_facility *facility;
	int facility_count;
	int64_t people;      /* in all pools */
	int64_t person_id;   /* id of person 0 */
	int64_t coverage_id; /* id of person 0's first card; each person has two ids */
	int64_t first_id[DEMO_PARTS][DEMO_TABLES];
	struct demo_copy copy;            /* of the place itself */
	struct demo_service_row *service; /* as demo_services */
	struct demo_staff *staff;
	int staff_count;
};

/* Makes tenant, facilities and pools; reserves ids. ERR_CONFLICT when the tenant's code is taken. */
int demo_plan(struct demo_place *p, PGconn *db, struct err *e);
/* Writes and sends everything that is not people or visits. */
int demo_place_load(struct demo_place *p, PGconn *db, struct err *e);
const char *demo_bed_service(enum demo_department ward);
const char *demo_department_code(enum demo_department d);
/* The lists that are the same for every district of these tables; lists.c. */
void demo_lists_make(struct demo_place *p);
/* sex_limit, age_min_days, day_limit, dose_max of a drug, as cells. */
void demo_drug_limits(struct demo_copy *c, const char *code);
/* Contract of a facility and what it says of registration. */
void demo_contract_make(struct demo_place *p, const struct demo_facility *f);

/* ---- people ---- */

struct demo_card {
	int64_t id;
	char number[16];
	char group[3];
	int digit;
	int32_t from, to; /* business dates, both included */
	char registered[6];
	const char *area; /* NULL, K1, K2 */
	int32_t five_year_on;
	int64_t paid_copay; /* 1/100 đồng, this year elsewhere */
	int32_t paid_year;
};

enum demo_chronic { DEMO_HEALTHY, DEMO_HYPERTENSION, DEMO_DIABETES };

struct demo_person {
	int64_t number, id;
	char code[20], name[80], citizen_id[16], phone[16], address[160], guardian[80], insurance_no[12];
	int32_t born;
	int sex; /* 1 man, 2 woman */
	const char *ethnic, *occupation;
	const struct demo_facility *home;
	struct demo_card card[2];
	int card_count;
	enum demo_chronic chronic;
};
/* Person n of the pools. Pure. */
void demo_person_make(const struct demo_place *p, int64_t n, struct demo_person *ret);
/* The card in force, or NULL. */
const struct demo_card *demo_person_card(const struct demo_person *x, int32_t date);
int demo_age(int32_t born, int32_t date); /* full years */
void demo_person_rows(const struct demo_place *p, const struct demo_person *x, struct demo_copy *c);
/* A child born today to that mother, with the card a newborn gets. */
void demo_baby_make(const struct demo_place *p, const struct demo_person *mother, int64_t number,
    int64_t born_at, int sex, struct demo_person *ret);
void demo_name_make(struct demo_random *r, int sex, const char *ethnic, char ret[80]);

/* ---- load.c, vss_files.c ---- */
int demo_load(const struct demo_options *o, struct err *e);
int demo_vss_files(const struct demo_place *p, struct err *e);
