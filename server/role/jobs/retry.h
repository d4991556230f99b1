/* When a job is tried again. */
#pragma once

#include "base/slice.h"

#define RETRY_FALLBACK_S 60
#define RETRY_MOST_S 86400

/*
 * Seconds to wait after try number `attempt` (from 1) by a table of pauses "60 300 900 3600" (seconds,
 * separated by blanks; the last repeats). A number that is none counts as RETRY_FALLBACK_S, a longer one as
 * RETRY_MOST_S.
 */
int retry_delay_s(struct slice table, int attempt);
