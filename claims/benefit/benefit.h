/*
 * The benefit engine: how the insurance fund, the patient and other sources share each line of a
 * visit. Pure: rules and visit in, shares out; no clock, no files, no database.
 * Every legal fact is a dated row (schema/seed/benefit_*.tsv); the code only knows how to apply rows.
 * Source: Law on health insurance art. 22, Decree 146/2018, Circulars 04/2017 and 39/2018, the field
 * guide of QĐ 4750; each row carries its own source and how sure we are of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/err.h"
#include "base/slice.h"

#define BENEFIT_LINES_MAX 20000
#define BENEFIT_CARDS_MAX 16
#define BENEFIT_WHY_MAX 16
#define BENEFIT_DATE_OPEN INT32_MAX /* effective_to of a row still in force */
#define BENEFIT_VALUE_SCALE 4       /* values of rows are in 1/10000 */
#define BENEFIT_VALUE_ONE 10000

enum benefit_certainty {
	BENEFIT_LAW,       /* read in the text of the law, decree or circular */
	BENEFIT_SHEET,     /* validation sheet of the fund */
	BENEFIT_SECONDARY, /* notes of an implementer */
	BENEFIT_CODE,      /* working code elsewhere */
	BENEFIT_UNVERIFIED
};

/* What every rule row has. Texts explain the row to a patient or a clerk. */
struct benefit_rule {
	const char *id;
	int32_t from, to; /* business dates, both included */
	enum benefit_certainty certainty;
	const char *source;
	const char *text_vi, *text_en;
};

/* Keys of benefit_parameter.tsv; the names in the file are the lower-case names (rules.c). */
enum benefit_key {
	BENEFIT_BASE_SALARY,          /* đồng */
	BENEFIT_SMALL_VISIT,          /* × base salary, strictly lower */
	BENEFIT_COPAY_YEAR_LIMIT,     /* × base salary, strictly greater */
	BENEFIT_SUPPLY_PACKAGE_LIMIT, /* × base salary */
	BENEFIT_LEVEL_DECIMALS,       /* decimals of MUC_HUONG */
	BENEFIT_CROSSING_SPLIT,       /* 1: the line that reaches the year limit is split in two */
	BENEFIT_LIMIT_ON_CHANGE,      /* 1: the year limit is re-computed when the base salary changes */
	BENEFIT_XML3_RATE_GROUPS,     /* set of MA_NHOM: THANH_TIEN_BV is multiplied by TYLE_TT_DV */
	BENEFIT_SUPPLY_GROUPS,        /* set of MA_NHOM counted in T_VTYT */
	BENEFIT_INPATIENT_CARE,       /* set of MA_LOAI_KCB with the inpatient factor */
	BENEFIT_CHRONIC_DRUG_CARE, /* set of MA_LOAI_KCB: chronic drugs prescribed above, given at the station
				    */
	BENEFIT_WOUND_RATIO,       /* 1: payment ratios apply to lines of a recurrent war wound */
	BENEFIT_CARD_GRACE_DAYS,   /* days the fund continues after the card expires in a stay */
	BENEFIT_ARV_SOURCE,        /* 1..4: which other source pays the co-payment of antiretrovirals */
	BENEFIT_FEE_FOR_SERVICE,   /* set of MA_PTTT counted in T_BHTT_GDV */
	BENEFIT_KEY_COUNT
};

struct benefit_parameter {
	struct benefit_rule rule;
	enum benefit_key key;
	int64_t value; /* 1/10000; of a set: 0 */
	uint64_t set;  /* bit n: n is in the set, n 0..63 */
};

struct benefit_card_level {
	struct benefit_rule rule;
	char group[3]; /* "CN", or "" for every group; a named group wins */
	int digit;     /* 1..5 as printed on the card */
	struct percent level;
	bool ratios_apply; /* payment ratios and ceilings of the lists */
	bool outside_list; /* lines with PHAM_VI 3 are covered */
};

enum benefit_facility {
	BENEFIT_FACILITY_ANY,
	BENEFIT_STATION,     /* commune station and the other initial-level places */
	BENEFIT_BASIC,       /* basic level (from 2025) */
	BENEFIT_SPECIALISED, /* specialised level (from 2025) */
	BENEFIT_DISTRICT,    /* levels before 2025 */
	BENEFIT_PROVINCIAL,
	BENEFIT_CENTRAL
};
enum benefit_setting { BENEFIT_SETTING_ANY, BENEFIT_OUTPATIENT, BENEFIT_INPATIENT };
enum benefit_mode {
	BENEFIT_FACTOR, /* card level × value */
	BENEFIT_FIXED,  /* value, whatever the card */
	BENEFIT_NONE,   /* outside the insurance: the patient pays all */
	BENEFIT_MANUAL  /* the clerk must give the level */
};

struct benefit_route_factor {
	struct benefit_rule rule;
	const char *code; /* MA_DOITUONG_KCB */
	enum benefit_facility facility;
	enum benefit_setting setting;
	bool chronic_drugs; /* only for chronic drugs prescribed above and given at the station */
	enum benefit_mode mode;
	struct percent value;
};

/* Rates of prices, beds and days: benefit_rate.tsv; see rates.h for what each kind means. */
struct benefit_rate {
	struct benefit_rule rule;
	const char *kind;
	const char *selector; /* "" when the kind has none */
	int64_t value;        /* 1/10000 */
};

/* Why a step of the computation happened, when no other row says so: benefit_reason.tsv. */
struct benefit_reason {
	struct benefit_rule rule;
	int kind; /* which step, see internal.h */
};

struct benefit_rules {
	struct benefit_parameter *parameters;
	size_t parameter_count, parameter_capacity;
	struct benefit_card_level *card_levels;
	size_t card_level_count, card_level_capacity;
	struct benefit_route_factor *route_factors;
	size_t route_factor_count, route_factor_capacity;
	struct benefit_rate *rates;
	size_t rate_count, rate_capacity;
	struct benefit_reason *reasons;
	size_t reason_count, reason_capacity;
};

/* Empty rules, in a. */
struct benefit_rules *benefit_rules_new(struct arena *a);
/*
 * Appends the rows of one table ("benefit_parameter", "benefit_card_level", "benefit_route_factor",
 * "benefit_rate", "benefit_reason") from TSV with a header line; columns are found by name. Texts are
 * copied into a. ERR_NOT_FOUND unknown table, ERR_INPUT with field "table:line:column"; on an error
 * the rules must not be used.
 */
int benefit_rules_load(
    struct arena *a, struct benefit_rules *rules, const char *table, struct slice tsv, struct err *e);
/* No two rows with the same key overlap in time, every reason the engine gives has a row. 0 or ERR_INPUT. */
int benefit_rules_check(const struct benefit_rules *rules, struct err *e);
/* The rows of schema/seed/benefit_*.tsv as they were at the build, checked. Never NULL. */
const struct benefit_rules *benefit_rules_builtin(struct arena *a);

/* ---- the visit ---- */

#define BENEFIT_DERIVE ((struct percent){ -1 })   /* rate_service: from the rate rows */
#define BENEFIT_NO_LEVEL ((struct percent){ -1 }) /* given_level: not given */

struct benefit_card {
	char group[3];    /* "DN" */
	int digit;        /* 1..5 */
	int32_t from, to; /* business dates of validity, both included; 0 = not bounded */
};

enum benefit_answer { BENEFIT_UNKNOWN, BENEFIT_YES, BENEFIT_NO };
enum benefit_table { BENEFIT_XML2 = 2, BENEFIT_XML3 = 3 };
enum benefit_support {
	BENEFIT_INDIVIDUAL, /* money given for this patient */
	BENEFIT_COLLECTIVE, /* money given to the facility for all its patients: deducted first */
	BENEFIT_ARV         /* antiretroviral drug: another source pays the co-payment */
};
enum { BENEFIT_NSNN, BENEFIT_VTNN, BENEFIT_VTTN, BENEFIT_OTHER, BENEFIT_SOURCES };

struct benefit_line {
	enum benefit_table table;
	int group;          /* MA_NHOM 1..63 */
	int scope;          /* PHAM_VI 1 in the list, 2 outside, 3 outside but covered for some cards */
	int payment_method; /* MA_PTTT; 0 = 1 */
	int64_t at;         /* instant of the line; 0 = admission */
	struct quantity quantity;
	struct price price_hospital; /* DON_GIA_BV, or DON_GIA of XML2 */
	struct price price_fund;     /* DON_GIA_BH; of XML2 the same as price_hospital */
	struct price price_ceiling;  /* payment ceiling of the item in its list; 0 = none */
	struct percent rate_service; /* TYLE_TT_DV 0..100 %, or BENEFIT_DERIVE */
	struct percent rate_fund;    /* TYLE_TT_BH 0..100 % as in the list */
	struct percent given_level;  /* MUC_HUONG given by the caller, or BENEFIT_NO_LEVEL */
	enum benefit_support support;
	struct money source[BENEFIT_SOURCES]; /* of ARV only says which source pays */
	struct slice package;                 /* GOI_VTYT; empty = none */
	struct money package_ceiling;         /* 0 = from the rules */
	bool wound;                           /* VET_THUONG_TP */
	/* A transport whose litres follow from the way (then quantity is ignored); 0 = quantity is given. */
	struct quantity km; /* one way */
	bool own_vehicle;   /* of the facility */
	/* Used only when rate_service is derived: */
	bool stretcher;         /* stretcher or folding bed */
	int bed_sharers;        /* persons in the bed; 0 = 1 */
	struct slice operation; /* lines of one operation share it; empty = an operation of its own */
	int team;               /* who operated; the team of the main operation is compared */
};

struct benefit_visit {
	int64_t admitted_at; /* NGAY_VAO: picks the rows by its business date */
	const struct benefit_card *cards;
	size_t card_count;        /* 0 only when the object code is outside the insurance */
	struct slice object_code; /* MA_DOITUONG_KCB */
	int care_type;            /* MA_LOAI_KCB 1..63 */
	enum benefit_facility facility;
	enum benefit_answer chronic_drugs; /* BENEFIT_UNKNOWN: by MA_LOAI_KCB */
	int64_t exempt_from;               /* NGAY_MIEN_CCT as an instant, 0 = not exempt */
	int32_t five_years_from; /* NAM_NAM_LIEN_TUC, business date; 0 = not reached: no year limit */
	struct money copay_paid; /* right-route co-payment since 1 January, before this visit */
	struct money copay_paid_before_change; /* the part of it paid under an earlier base salary */
	const struct benefit_line *lines;
	size_t line_count;
};

/* ---- the result ---- */

struct benefit_share {      /* one result line; identity: hospital = fund + copay + self_pay + other */
	size_t source_line; /* index in visit->lines */
	int part;           /* 0 the whole line; 1, 2 the parts of a line split at the year limit */
	int scope;          /* PHAM_VI as applied: an item of scope 3 not covered for the card becomes 2 */
	struct quantity quantity;
	struct price price_fund;                /* DON_GIA_BH as applied */
	struct percent rate_service, rate_fund; /* as applied */
	struct money hospital;                  /* THANH_TIEN_BV */
	struct money in_scope;                  /* THANH_TIEN_BH */
	struct percent level;                   /* MUC_HUONG */
	struct money fund;                      /* T_BHTT */
	struct money copay;                     /* T_BNCCT */
	struct money self_pay;                  /* T_BNTT */
	struct money other;                     /* T_NGUONKHAC */
	struct money source[BENEFIT_SOURCES];
	struct money ceiling;                            /* T_TRANTT, 0 = empty */
	struct money fund_fee;                           /* part of T_BHTT_GDV */
	struct money drug;                               /* part of T_THUOC */
	struct money supply;                             /* part of T_VTYT */
	const struct benefit_rule *why[BENEFIT_WHY_MAX]; /* rows applied, in order */
	size_t why_count;
};

struct benefit_totals { /* fields of XML1: sums of the rounded lines */
	struct money hospital, in_scope, fund, copay, self_pay, other, fund_fee, drug, supply;
};

struct benefit_result {
	struct benefit_share *lines; /* in the order of visit->lines */
	size_t line_count;
	struct benefit_totals total;
	struct money base_salary;
	struct money small_visit_limit; /* 15 % of the base salary */
	struct money copay_limit;       /* of the year, 0 when five years are not reached */
	/* The instant of the line at which the year limit was reached in this visit; 0 = not reached. */
	int64_t exempt_from;
};

/*
 * Computes all shares of a visit. *ret and its arrays live in a; untouched on an error.
 * ERR_INPUT (field like "/lines/2/quantity", names as in struct benefit_line and benefit_visit),
 * ERR_NOT_FOUND (no row for the date or code), ERR_LIMIT, ERR_OVERFLOW.
 */
int benefit_compute(const struct benefit_rules *rules, const struct benefit_visit *visit,
    struct benefit_result *ret, struct arena *a, struct err *e);
