/*
 * The lists of a facility (drugs, services, staff, contracts …) as the rules look into them, held by the
 * process for the visits that follow. claim.catalog_epoch() tells when a list has changed.
 */
#pragma once

#include "server/app/verdict/judging.h"

#define LISTS_QUESTION 3u /* values of statement verdict_lists */

/*
 * Catalogues for the visit's facility and days, or NULL: then ask verdict_lists with lists_question's values
 * and give its rows to lists_take. Valid until the next call of lists_take.
 */
const struct rule_catalog *lists_find(const struct judging *j);
void lists_question(const struct judging *j, struct slice ret_values[LISTS_QUESTION]);
/* Holds the rows of step `step`. ERR_INPUT when they are not what the rules know; nothing is held then. */
int lists_take(const struct judging *j, const struct pg_batch *b, unsigned step, struct err *e);
