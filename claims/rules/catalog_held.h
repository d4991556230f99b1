/*
 * Catalogues kept by a process that judges claim after claim of the same facilities: everything of one
 * facility for a run of days, filled once and used until the tenant's lists change.
 *
 *     const struct rule_catalog *c = rule_catalog_held_find(held, &want);
 *     if (!c) {
 *         struct rule_catalog_rows *rows = rule_catalog_held_start(held, &want);
 *         … rule_catalog_rows_add_text(rows, name, lines, e) for each row of claim.catalog_all(facility,
 * first, last) c = rule_catalog_held_keep(held);
 *     }
 */
#pragma once

#include "claims/rules/catalog_rows.h"

#define RULE_CATALOG_HELD_MAX 64u                   /* facilities and runs of days at a time */
#define RULE_CATALOG_HELD_BYTES ((size_t)256 << 20) /* of all of them together */

struct rule_catalog_want {
	int64_t tenant;
	int64_t facility; /* any number that names it in the tenant */
	int64_t epoch;    /* claim.catalog_epoch(), read in the snapshot of the lines or before it */
	int32_t first_day, last_day; /* yyyyMMdd that the claim names, both included */
};

struct rule_catalog_held;
struct rule_catalog_held *rule_catalog_held_new(void);    /* never NULL */
void rule_catalog_held_free(struct rule_catalog_held *h); /* NULL is allowed */
/*
 * The catalogues of that facility at that epoch whose days cover those wanted, or NULL. Valid until the next
 * rule_catalog_held_start.
 */
const struct rule_catalog *rule_catalog_held_find(
    struct rule_catalog_held *h, const struct rule_catalog_want *want);
/*
 * Makes room and returns rows to fill for these days. Older states of the facility's lists are dropped, then
 * what was used longest ago, until there are less than RULE_CATALOG_HELD_MAX and RULE_CATALOG_HELD_BYTES. A
 * start without keep (the filling failed) is dropped by the next one.
 */
struct rule_catalog_rows *rule_catalog_held_start(
    struct rule_catalog_held *h, const struct rule_catalog_want *want);
/* What was filled is complete: held from now on. */
const struct rule_catalog *rule_catalog_held_keep(struct rule_catalog_held *h);
