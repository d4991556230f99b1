#include "schema/database.h"

#include <stdlib.h>
#include <string.h>

static void
drop_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

int
database_connect(const char *url, PGconn **ret_connection, struct err *e)
{
	PGconn *connection = PQconnectdb(url);

	if (connection == NULL || PQstatus(connection) != CONNECTION_OK) {
		err_set(e, ERR_IO, "database", "cannot connect: %s",
		    connection ? PQerrorMessage(connection) : "out of memory");
		PQfinish(connection);
		return ERR_IO;
	}
	PQsetNoticeReceiver(connection, drop_notice, NULL);
	int r =
	    database_exec(connection, "set client_min_messages = warning; set client_encoding = 'UTF8'", e);
	if (r < 0) {
		PQfinish(connection);
		return r;
	}
	*ret_connection = connection;
	return 0;
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

int
database_failed(PGconn *connection, const PGresult *result, struct err *e)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (state == NULL || message == NULL)
		return err_set(e, ERR_IO, "database", "%s", PQerrorMessage(connection));
	const char *detail = or_empty(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
	const char *hint = or_empty(PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
	/* A message of our own functions (raise) is for people: where it was raised does not help them. */
	bool is_raised = strcmp(state, "P0001") == 0;
	const char *context = is_raised ? "" : or_empty(PQresultErrorField(result, PG_DIAG_CONTEXT));
	/* Classes 08, 53, 57, 58: connection, resources, operator, system. */
	bool is_environment = strncmp(state, "08", 2) == 0 || strncmp(state, "53", 2) == 0 ||
			      strncmp(state, "57", 2) == 0 || strncmp(state, "58", 2) == 0;
	return err_set(e, is_environment ? ERR_IO : ERR_INPUT, NULL, "%s%s%s%s%s%s%s (SQLSTATE %s)", message,
	    *detail ? "; " : "", detail, *hint ? "; " : "", hint, *context ? "; " : "", context, state);
}

int
database_exec(PGconn *connection, const char *sql, struct err *e)
{
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);
	int r = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
		r = database_failed(connection, result, e);
	PQclear(result);
	return r;
}

int
database_query(PGconn *connection, const char *sql, int count, const char *const *values,
    PGresult **ret_result, struct err *e)
{
	PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		int r = database_failed(connection, result, e);
		PQclear(result);
		return r;
	}
	*ret_result = result;
	return 0;
}

/* Sends the rows; libpq takes at most INT_MAX bytes in one piece. */
static int
send_copy(PGconn *connection, struct slice data)
{
	const size_t piece = 1 << 20;

	while (data.len > 0) {
		size_t n = data.len < piece ? data.len : piece;
		if (PQputCopyData(connection, data.at, (int)n) != 1)
			return ERR_IO;
		data = slice_skip(data, n);
	}
	return PQputCopyEnd(connection, NULL) == 1 ? 0 : ERR_IO;
}

int
database_copy(PGconn *connection, const char *sql, struct slice data, long long *ret_rows, struct err *e)
{
	PGresult *result = PQexec(connection, sql);
	int r = 0;

	if (PQresultStatus(result) != PGRES_COPY_IN) {
		r = database_failed(connection, result, e);
		PQclear(result);
		return r;
	}
	PQclear(result);
	if (send_copy(connection, data) < 0)
		r = err_set(e, ERR_IO, "database", "%s", PQerrorMessage(connection));
	while ((result = PQgetResult(connection)) != NULL) {
		if (r == 0 && PQresultStatus(result) != PGRES_COMMAND_OK)
			r = database_failed(connection, result, e);
		else if (r == 0 && ret_rows)
			*ret_rows = strtoll(PQcmdTuples(result), NULL, 10);
		PQclear(result);
	}
	return r;
}
