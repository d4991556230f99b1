/* Routes of the test service: shared by http_test_server.c and the test worker under the supervisor. */
#pragma once

#include "server/loop/http.h"
#include "server/loop/loop.h"

extern const struct http_hooks test_hooks;
void test_routes_init(struct loop *l);
void test_routes_free(void);
