/* Steps of cards that SQL alone cannot do. */
#pragma once

#include "server/app/app.h"

#define COVERAGE_WAIT_MAX 20 /* seconds that ?wait= may ask for */
/*
 * Follow-up "await_check": asks again until the gateway has answered, the seconds of ?wait= are over or the
 * worker is to end, then answers. At most COVERAGE_WAITERS of a worker wait; further requests are answered at
 * once.
 */
#define COVERAGE_WAITERS 200
void coverage_await(struct app_request *r, struct slice argument);
