/*
 * A visit on its way from the database through the engine and back: reads what bill.inputs (schema/code/
 * api_bill.sql) answers and writes what bill.store takes. Pure, so that workers, jobs and bulk commands
 * price alike.
 */
#pragma once

#include "base/buf.h"
#include "claims/benefit/benefit.h"

struct benefit_line_key {    /* where the shares of a line are stored */
	int64_t charge_id;   /* 0 for a bed day */
	int64_t movement_id; /* of a bed day */
	int number;          /* of the bed day's lines of that movement, 0.. */
	int64_t from, to;    /* of a bed day */
};

struct benefit_case {
	int64_t visit_id;
	int64_t version;       /* care.visit.pricing_version that was read */
	int64_t rules_version; /* ref.benefit_version */
	bool is_priced;
	struct benefit_visit visit;
	struct benefit_line_key *keys; /* one per line of visit */
};

/*
 * Reads a document of bill.inputs; bed days come from its movements by `rules`. Memory is a's.
 * ERR_INPUT with the member's name, ERR_LIMIT, ERR_NOT_FOUND as benefit_stay_lines.
 */
int benefit_case_read(const struct benefit_rules *rules, struct arena *a, struct slice json,
    struct benefit_case *ret, struct err *e);
/* The text of the document's lines, which the database wants back; at == NULL when there is none. */
struct slice benefit_case_lines(struct slice json);
/* Appends the shares as bill.store takes them. out->failed when they do not fit. */
void benefit_case_write(const struct benefit_case *c, const struct benefit_result *result, struct buf *out);
