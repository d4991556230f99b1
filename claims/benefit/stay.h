/* The bed days of an in-patient stay, from the movements between wards and beds. Pure. */
#pragma once

#include "claims/benefit/rates.h"

#define BENEFIT_MOVES_MAX 500
#define BENEFIT_STAY_DAYS_MAX 1000

struct benefit_move {     /* a time in one bed */
	int64_t from, to; /* instants, from < to */
	int64_t ward;     /* any number that is the same for the same ward */
	int sharers;      /* persons in the bed, 1.. */
	bool stretcher;
	bool priced; /* false: no bed, or one without a service: nothing is charged */
	int group;   /* MA_NHOM 14..16 */
	int scope;   /* PHAM_VI */
	struct price price_hospital, price_fund;
	struct percent rate_fund;
};

enum benefit_stay_kind {
	BENEFIT_STAY_WARD,          /* an in-patient */
	BENEFIT_STAY_AT_STATION,    /* stay bed (MA_NHOM 16) of a commune station */
	BENEFIT_STAY_AT_POLYCLINIC, /* stay bed of a regional polyclinic */
};

struct benefit_stay {
	enum benefit_stay_kind kind;
	int64_t from, to; /* admission and discharge */
	enum benefit_ending ending;
	const struct benefit_move *moves; /* in the order of time */
	size_t move_count;
};

struct benefit_stay_line { /* one line of XML3 */
	size_t move;
	int64_t from, to; /* NGAY_YL, NGAY_KQ */
	struct benefit_line line;
};

/*
 * Lines of the bed days: whole days of one bed that follow each other make one line, a day with a change
 * of ward makes a line of its own for each ward (Circular 39/2018 art. 6). A stay bed is charged for the
 * first days only, at its own price when its service is of MA_NHOM 16, else at its part of the price of the
 * in-patient bed it names (art. 4.4.b, 4.5.b). date picks the rules. *ret is in a. ERR_INPUT, ERR_LIMIT
 * (moves, days), ERR_NOT_FOUND (no rule valid on date).
 */
int benefit_stay_lines(const struct benefit_rules *rules, int32_t date, const struct benefit_stay *stay,
    struct arena *a, struct benefit_stay_line **ret, size_t *ret_count, struct err *e);
