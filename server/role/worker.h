/* The HTTP worker: routes behind the server, a database pool, two hashing threads. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct config;
/* Judges the part of the configuration that a worker needs (struct proc_role.check). ERR_INPUT. */
int worker_check(const struct config *c, struct err *e);
/* `hmisd --dump-routes`: all routes as JSON, for tests and tools. */
void worker_dump_routes(struct buf *out);
