/* Blocking use of libpq by the command line: connect, run, and say clearly what the server refused. */
#pragma once

#include <libpq-fe.h>

#include "base/err.h"
#include "base/slice.h"

/* Connects; notices below WARNING are not sent, others are dropped. ERR_IO. The caller calls PQfinish. */
int database_connect(const char *url, PGconn **ret_connection, struct err *e);

/* Runs one or more statements without parameters. */
int database_exec(PGconn *connection, const char *sql, struct err *e);

/* Runs one statement with text parameters (NULL = SQL null). The caller calls PQclear. */
int database_query(PGconn *connection, const char *sql, int count, const char *const *values,
    PGresult **ret_result, struct err *e);

/* Copies data into `sql` (COPY … FROM STDIN). *ret_rows may be NULL. */
int database_copy(PGconn *connection, const char *sql, struct slice data, long long *ret_rows, struct err *e);

/*
 * Fills e from a failed result: message, detail, hint. ERR_IO when the connection is gone or the server is
 * out of something, ERR_INPUT when the server refused the statement. Returns the code.
 */
int database_failed(PGconn *connection, const PGresult *result, struct err *e);
