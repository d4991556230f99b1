/* What the district does, as tables: services, drugs, supplies, conditions, words. catalog.c, condition.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEMO_MACHINES 6

enum demo_specialty {
	DEMO_S_INTERNAL,
	DEMO_S_CHILDREN,
	DEMO_S_SURGERY,
	DEMO_S_WOMEN,
	DEMO_S_EAR,
	DEMO_S_TEETH,
	DEMO_S_EYE,
	DEMO_S_EMERGENCY,
	DEMO_S_STATION,
	DEMO_SPECIALTIES
};

struct demo_indicator {
	const char *code, *name, *unit;
	int low, high, decimals; /* ordinary values, in 10^-decimals of the unit */
};

enum demo_where { DEMO_W_ROOM, DEMO_W_LABORATORY, DEMO_W_IMAGING, DEMO_W_FUNCTION, DEMO_W_WARD };

struct demo_service {
	const char *code, *service_code;
	const char *name; /* NULL: as in ref.service */
	int group;        /* MA_NHOM */
	int price;        /* đồng; 0: the newest of ref.service_price */
	enum demo_where where;
	int machine; /* which kind of machine, -1 none */
	int minutes; /* until the result */
	bool at_station;
	const struct demo_indicator *indicators;
	int indicator_count;
	const char *description, *conclusion; /* of imaging and functional tests */
};
extern const struct demo_service demo_services[];
extern const int demo_service_count;
/* Position by local code; a code that is not there is a bug. */
int demo_service_find(const char *code);

struct demo_machine {
	const char *group, *name;
};
extern const struct demo_machine demo_machines[DEMO_MACHINES];

struct demo_drug {
	const char *code, *drug_code, *name, *ingredient, *strength, *unit, *route, *form, *registration;
	int price; /* 1/1000 đồng per unit */
};
extern const struct demo_drug demo_drugs[];
extern const int demo_drug_count;
int demo_drug_find(const char *code);

struct demo_supply {
	const char *code, *supply_code, *name, *unit;
	int price; /* đồng */
};
extern const struct demo_supply demo_supplies[];
extern const int demo_supply_count;

struct demo_dose {
	const char *drug;
	int dose; /* 1/1000 units */
	int times, days;
	const char *usage;
};
#define DEMO_TESTS 6
#define DEMO_DOSES 4

struct demo_condition {
	const char *icd, *second;  /* second: a usual secondary diagnosis or NULL */
	int age_from, age_to, sex; /* sex 0: both */
	enum demo_specialty specialty;
	int centre, station; /* weight */
	int wet, cool; /* weight in May–November and in November–February, percent of the other months */
	int stay, days_from, days_to; /* per 10,000 admitted; days of a stay */
	const char *reason;
	const char *tests[DEMO_TESTS];
	struct demo_dose doses[DEMO_DOSES];
	const char *procedure, *accident;
	const char *advice;
};
extern const struct demo_condition demo_conditions[];
extern const int demo_condition_count;
const struct demo_condition *demo_condition_find(const char *icd);

extern const char *const demo_consultations[DEMO_SPECIALTIES]; /* local codes */
