/* Giving lists out again: as files for `hmis catalog import`, and as catalogues for the rules. */
#include "schema/catalog.h"
#include "schema/database.h"

/* Runs a query in a read-only transaction; rows go to take(). */
static int
run(const char *database_url, const char *sql, int count, const char *const *values,
    int (*take)(void *context, const PGresult *r, int row, struct err *e), void *context, struct err *e)
{
	PGconn *connection = NULL;
	PGresult *result = NULL;
	int rc = database_connect(database_url, &connection, e);

	if (rc == 0)
		rc = database_exec(connection, "begin read only", e);
	if (rc == 0)
		rc = database_query(connection, sql, count, values, &result, e);
	for (int i = 0; rc == 0 && i < PQntuples(result); i++)
		rc = take(context, result, i, e);
	PQclear(result);
	PQfinish(connection);
	return rc;
}

struct lines {
	void (*on_line)(void *context, const char *line);
	void *context;
};

static int
take_line(void *context, const PGresult *r, int row, struct err *e)
{
	const struct lines *l = context;
	(void)e;
	l->on_line(l->context, PQgetvalue(r, row, 0));
	return 0;
}

int
catalog_export(const char *database_url, const char *kind, const char *tenant_code, const char *facility_code,
    const char *on_day, void (*on_line)(void *context, const char *line), void *context, struct err *e)
{
	const char *values[] = { kind, tenant_code, facility_code, on_day };
	struct lines l = { on_line, context };

	return run(database_url,
	    "select * from ref.catalog_export($1, $2, $3, coalesce($4::date, sys.business_date(now())))", 4,
	    values, take_line, &l, e);
}

struct catalogs {
	int (*on_catalog)(void *context, const char *name, struct slice lines, struct err *e);
	void *context;
};

static int
take_catalog(void *context, const PGresult *r, int row, struct err *e)
{
	const struct catalogs *c = context;
	struct slice lines = { PQgetvalue(r, row, 1), (size_t)PQgetlength(r, row, 1) };

	return c->on_catalog(c->context, PQgetvalue(r, row, 0), lines, e);
}

int
catalog_rules(const char *database_url, const char *tenant_code, const char *facility_code,
    const char *first_day, const char *last_day,
    int (*on_catalog)(void *context, const char *name, struct slice lines, struct err *e), void *context,
    struct err *e)
{
	const char *values[] = { tenant_code, facility_code, first_day, last_day };
	struct catalogs c = { on_catalog, context };

	return run(database_url,
	    "select c.* from ref.catalog_enter($1) t cross join lateral claim.catalog_all($2, $3::date, "
	    "$4::date) c",
	    4, values, take_catalog, &c, e);
}
