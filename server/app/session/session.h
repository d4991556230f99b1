/* Steps of signing in and of passwords; user/ hashes the passwords of others with them. */
#pragma once

#include "server/app/app.h"
#include "server/sec/sec.h"

/* Handlers of the routes. */
void session_login(struct app_request *r);
void session_password(struct app_request *r);

/*
 * Hashes `password` (judged before) away from the loop; then next(r) runs with *ret_hash set in r's
 * arena. Answers 503 itself when too many wait. password must stay as long as the request.
 */
void session_hash(
    struct app_request *r, struct slice password, const char **ret_hash, void (*next)(struct app_request *r));
