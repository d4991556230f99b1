/* The three addresses that machines ask: /health/live, /health/ready, /metrics. */
#pragma once

#include <stdbool.h>

#include "server/loop/http.h"

/*
 * Answers GET or HEAD of one of the three; false when the request is for something else. live: 200 as long as
 * the loop turns. ready: calls ready(why, arg), which returns true or writes one short phrase into why: 200
 * or 503 with it; ready may be NULL (always). metrics: Prometheus text of all processes. Other methods: 405.
 */
bool health_serve(struct http_request *q, bool (*ready)(struct buf *why, void *arg), void *arg);
