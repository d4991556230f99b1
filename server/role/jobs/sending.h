/* What the kinds of jobs that talk to the gateway share. */
#pragma once

#include "server/role/jobs/gateway.h"
#include "server/role/jobs/jobs.h"

#define SENDING_ALARM_DELAY_S                                                                                \
	3600 /* an account, facility or certificate is refused: look again in an hour                        \
	      */

/* Ends j for now, because no gateway is configured. */
void sending_wait_for_gateway(struct job *j);
/*
 * A copy of what the gateway said, fit for a statement: no U+0000, and '?' for bytes that are not UTF-8.
 * Absent stays absent.
 */
struct slice sending_text(struct arena *a, struct slice s);
