/*
 * Prices, beds and days: the rules that make a line's rate, quantity or price before the benefit
 * engine shares it. All pure; all facts are rows of benefit_rate.tsv valid on `date` (the business
 * date of admission unless the function says otherwise). ERR_NOT_FOUND when no row is valid then.
 */
#pragma once

#include "claims/benefit/benefit.h"

/*
 * The row of a kind and selector ("" when the kind has none) that is valid on date; NULL when none.
 */
const struct benefit_rate *benefit_rate_find(
    const struct benefit_rules *rules, const char *kind, const char *selector, int32_t date);

/*
 * TYLE_TT_DV of `count` consultations of one visit in the order they began: 100, 30, 30, 30, 10, 0 …,
 * together at most two prices (Circular 39/2018 art. 5.3). ret_rates holds count values.
 */
int benefit_consultation_rates(
    const struct benefit_rules *rules, int32_t date, size_t count, struct percent *ret_rates, struct err *e);

/* How the stay ended, for bed days (Circular 39/2018 art. 6.1). */
enum benefit_ending {
	BENEFIT_RECOVERED,
	BENEFIT_DEATH,
	BENEFIT_WORSE_TAKEN_HOME,
	BENEFIT_TRANSFER_UP,       /* while not better */
	BENEFIT_TRANSFER_CONTINUED /* down or sideways, for continued care */
};
/*
 * Bed days of a stay: discharge − admission in business days, +1 for the endings above; 0 for a stay
 * of 4 hours or less; 1 for more than 4 and less than 24 hours. ERR_INPUT when discharged before
 * admission.
 */
int benefit_bed_days(const struct benefit_rules *rules, int64_t admitted_at, int64_t discharged_at,
    enum benefit_ending ending, struct quantity *ret_days, struct err *e);

struct benefit_ward_stay { /* one ward of one day */
	struct price bed_price;
	int minutes; /* spent there that day, 0..1440 */
};
/*
 * SO_LUONG of the bed of each ward on a day: one ward 1; two wards 0.5 each; three or more: 0.5 for
 * the dearest and 0.5 for the cheapest with more than 4 hours, 0 for the others (art. 6.2; the
 * earlier ward wins a tie). When only one ward had more than 4 hours it gets the day. count 1..24.
 */
int benefit_ward_day(const struct benefit_rules *rules, int32_t date, const struct benefit_ward_stay *wards,
    size_t count, struct quantity *ret_days, struct err *e);

/*
 * A bed shared by `persons` (1..): TYLE_TT_DV 100, 50, 33 with quantity 1; on a day with a change of
 * ward the share goes into SO_LUONG instead: rate 100 with 0.5 or 0.33 (art. 6.4, field guide).
 */
int benefit_bed_share(const struct benefit_rules *rules, int32_t date, int persons, bool ward_change,
    struct percent *ret_rate, struct quantity *ret_days, struct err *e);

/* True while the surgical bed price may be claimed: at most 10 days after the operation (art. 6.3). */
int benefit_surgical_bed(
    const struct benefit_rules *rules, int32_t operated_on, int32_t bed_on, bool *ret_allowed, struct err *e);

enum benefit_stay_place { BENEFIT_STAY_STATION, BENEFIT_STAY_POLYCLINIC };
/*
 * A stay bed of a commune station or regional polyclinic: half the class IV internal type 3 price, and
 * the days that may be claimed of `days` stayed (art. 4.4.b, 4.5.b).
 */
int benefit_stay_bed(const struct benefit_rules *rules, int32_t date, enum benefit_stay_place place,
    struct price internal_type3, int days, struct price *ret_price, int *ret_days, struct err *e);

/* Price of a technical service at a commune station: 70 % of the list price (art. 4.5.a). */
int benefit_station_price(const struct benefit_rules *rules, int32_t date, struct price list_price,
    struct price *ret_price, struct err *e);

struct benefit_treatment { /* what SO_NGAY_DTRI is counted from */
	int care_type;     /* MA_LOAI_KCB */
	int64_t admitted_at, discharged_at;
	int drug_days;    /* longest supply, for MA_LOAI_KCB 05 */
	int service_days; /* days with a service, for 08 */
};
/* SO_NGAY_DTRI (field guide). ERR_NOT_FOUND for a type of care without a rule. */
int benefit_treatment_days(const struct benefit_rules *rules, const struct benefit_treatment *treatment,
    int *ret_days, struct err *e);

/*
 * Price per use of a re-used supply: purchase ÷ uses + reprocessing ÷ uses, 3 decimals (field guide:
 * 100,000, two uses, 10,000 gives 55,000). uses ≥ 1.
 */
int benefit_reused_price(
    struct price purchase, struct price reprocessing, int uses, struct price *ret_price, struct err *e);

/*
 * Litres of fuel of a patient transport of `km` one way: 0.2 l/km, both ways with the facility's own
 * vehicle, otherwise one way (Decree 146/2018 art. 26).
 */
int benefit_transport_litres(const struct benefit_rules *rules, int32_t date, struct quantity km,
    bool own_vehicle, struct quantity *ret_litres, struct err *e);

/* Rate of the n-th stent (1..); 100 % while no such row is in force. Never fails. */
struct percent benefit_stent_rate(const struct benefit_rules *rules, int32_t date, int nth);

enum benefit_direct { /* payments by the fund to a patient without contract or papers */
	BENEFIT_OUTPATIENT_DISTRICT,
	BENEFIT_INPATIENT_DISTRICT,
	BENEFIT_INPATIENT_PROVINCIAL,
	BENEFIT_INPATIENT_CENTRAL
};
/* The most the fund pays directly; date is the discharge date (Decree 146/2018 art. 30). */
int benefit_direct_cap(const struct benefit_rules *rules, int32_t date, enum benefit_direct kind,
    struct money *ret_cap, struct err *e);

/* The base salary of a date. ret_rule may be NULL. */
int benefit_base_salary(const struct benefit_rules *rules, int32_t date, struct money *ret,
    const struct benefit_rule **ret_rule, struct err *e);

/*
 * The year limit of co-payment when the base salary changed in the year: paid A under the old salary
 * L0; A ≥ factor × L0 is exempt at once (limit = A), else A + (factor × L0 − A) × L1 ÷ L0 (practice of
 * Decree 188/2025). factor in 1/10000 (60000).
 */
int benefit_changed_limit(struct money paid_before, struct money old_salary, struct money new_salary,
    int64_t factor, struct money *ret_limit, struct err *e);

struct benefit_package_line {
	struct quantity quantity;
	struct percent rate_service; /* TYLE_TT_DV */
	struct price price;          /* DON_GIA_BH; lowered in place */
	struct money amount;         /* THANH_TIEN_BH; lowered in place */
};
/*
 * Lowers the unit prices of a supply package pro rata so that the amounts sum to the ceiling; the last
 * line takes the remainder (its amount may stay below by less than 0.01 + quantity × 0.001 đồng, never
 * above). Nothing changes when the sum is within the ceiling; *ret_lowered tells.
 */
int benefit_package_lower(
    struct benefit_package_line *lines, size_t count, struct money ceiling, bool *ret_lowered, struct err *e);
