/* hmis tenant: legal units that share a patient registry, each with its first facility and administrator. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/user.h"
#include "schema/database.h"

static const char add_usage[] =
    "usage: hmis tenant add --database URL --code CODE --name NAME --facility CODE --facility-name NAME\n"
    "                       --username NAME --password-file FILE [--full-name NAME]\n"
    "                       [--kind KIND] [--level LEVEL] [--province CODE]\n\n"
    "Makes a tenant (a centre with its stations, sharing one patient registry), its first facility and a "
    "user with\n"
    "the role admin there; nothing when one of them cannot be made. The rest follows through `hmis catalog "
    "import`\n"
    "and the API.\n"
    "  --database URL       connection string of a superuser, as for `hmis migrate`\n"
    "  --code CODE          short code of the tenant, 1 to 32 letters, digits, - or _\n"
    "  --facility CODE      MA_CSKCB, five digits\n"
    "  --kind KIND          department centre polyclinic station; centre when absent\n"
    "  --level LEVEL        initial basic specialised; basic when absent\n"
    "  --province CODE      the facility code's first two digits when absent\n"
    "  --password-file FILE its first line is the password (10 to 128 bytes); - reads standard input\n"
    "  --full-name NAME     of the administrator; the user name when absent\n";

static const char list_usage[] =
    "usage: hmis tenant list --database URL\n\n"
    "The tenants as TSV: code, name, facilities today, active users, whether there are visits.\n";

enum value {
	CODE,
	NAME,
	FACILITY,
	FACILITY_NAME,
	KIND,
	LEVEL,
	PROVINCE,
	USERNAME,
	FULL_NAME,
	PASSWORD_HASH,
	VALUES
};

struct tenant_add {
	const char *database, *password_file;
	const char *value[VALUES];
};

/* Prints every fault of what is wanted; their number, or an error. */
static int
print_faults(PGconn *c, const struct tenant_add *t, struct err *e)
{
	PGresult *r;
	int rc = database_query(c,
	    "select f ->> 'pointer', f ->> 'code', f ->> 'detail' from "
	    "jsonb_array_elements(org.tenant_faults($1, $2, $3, "
	    "$4, $5, $6, $7, $8)) f",
	    USERNAME + 1, t->value, &r, e);
	if (rc < 0)
		return rc;
	int count = PQntuples(r);
	for (int i = 0; i < count; i++)
		fprintf(stderr, "hmis tenant add: %s: %s (%s)\n", PQgetvalue(r, i, 0), PQgetvalue(r, i, 2),
		    PQgetvalue(r, i, 1));
	PQclear(r);
	return count;
}

static int
make_tenant(PGconn *c, const struct tenant_add *t, struct err *e)
{
	PGresult *r;
	int rc = database_query(c,
	    "select tenant_id, facility_id, user_id from org.tenant_bootstrap($1, $2, $3, $4, $5, $6, $7, "
	    "$8, $9, $10)",
	    VALUES, t->value, &r, e);
	if (rc < 0)
		return rc;
	printf("tenant %s: id %s\nfacility %s: id %s\nuser %s: id %s\n", t->value[CODE], PQgetvalue(r, 0, 0),
	    t->value[FACILITY], PQgetvalue(r, 0, 1), t->value[USERNAME], PQgetvalue(r, 0, 2));
	PQclear(r);
	return 0;
}

/* 0, a negative error in e, or 1 when faults were printed. */
static int
add_tenant(struct tenant_add *t, struct err *e)
{
	char hash[SEC_PASSWORD_HASH_MAX];
	PGconn *c = NULL;
	int rc = user_read_password(t->password_file, hash, e);

	t->value[PASSWORD_HASH] = hash;
	if (rc == 0)
		rc = database_connect(t->database, &c, e);
	if (rc == 0)
		rc = print_faults(c, t, e);
	if (rc == 0)
		rc = make_tenant(c, t, e);
	PQfinish(c);
	return rc;
}

static bool
is_complete(const struct tenant_add *t)
{
	return t->database && t->password_file && t->value[CODE] && t->value[NAME] && t->value[FACILITY] &&
	       t->value[FACILITY_NAME] && t->value[USERNAME];
}

static int
command_tenant_add(int argc, char **argv)
{
	static const struct option options[] = { { "code", required_argument, NULL, CODE },
		{ "name", required_argument, NULL, NAME }, { "facility", required_argument, NULL, FACILITY },
		{ "facility-name", required_argument, NULL, FACILITY_NAME },
		{ "kind", required_argument, NULL, KIND }, { "level", required_argument, NULL, LEVEL },
		{ "province", required_argument, NULL, PROVINCE },
		{ "username", required_argument, NULL, USERNAME },
		{ "full-name", required_argument, NULL, FULL_NAME },
		{ "database", required_argument, NULL, 'd' },
		{ "password-file", required_argument, NULL, 'p' }, { "help", no_argument, NULL, 'h' },
		{ 0 } };
	struct tenant_add t = { .value = { [KIND] = "centre", [LEVEL] = "basic" } };
	struct err e = { 0 };
	char province[3] = "";

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'd')
			t.database = optarg;
		else if (c == 'p')
			t.password_file = optarg;
		else if (c >= CODE && c < PASSWORD_HASH)
			t.value[c] = optarg;
		else if (c == 'h')
			return fputs(add_usage, stdout) < 0 ? EXIT_UNUSABLE : EXIT_GOOD;
		else
			return EXIT_UNUSABLE;
	}
	if (optind < argc || !is_complete(&t))
		return command_fail("tenant add: something is missing\n%s", add_usage);
	snprintf(province, sizeof(province), "%.2s", t.value[FACILITY]);
	if (!t.value[PROVINCE])
		t.value[PROVINCE] = province;
	if (!t.value[FULL_NAME])
		t.value[FULL_NAME] = t.value[USERNAME];
	int rc = add_tenant(&t, &e);
	return rc < 0 ? command_error("tenant add", &e) : rc > 0 ? EXIT_UNUSABLE : EXIT_GOOD;
}

static int
list_tenants(const char *url, struct err *e)
{
	PGconn *c;
	PGresult *r;
	int rc = database_connect(url, &c, e);

	if (rc < 0)
		return rc;
	rc = database_query(
	    c, "select code, name, facilities, users, visits from org.tenant_list()", 0, NULL, &r, e);
	if (rc == 0) {
		puts("code\tname\tfacilities\tusers\tvisits");
		for (int i = 0; i < PQntuples(r); i++)
			printf("%s\t%s\t%s\t%s\t%s\n", PQgetvalue(r, i, 0), PQgetvalue(r, i, 1),
			    PQgetvalue(r, i, 2), PQgetvalue(r, i, 3), PQgetvalue(r, i, 4));
		PQclear(r);
	}
	PQfinish(c);
	return rc;
}

static int
command_tenant_list(int argc, char **argv)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	const char *database = NULL;
	struct err e = { 0 };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'h')
			return fputs(list_usage, stdout) < 0 ? EXIT_UNUSABLE : EXIT_GOOD;
		if (c != 'd')
			return EXIT_UNUSABLE;
		database = optarg;
	}
	if (optind < argc || !database)
		return command_fail("tenant list: something is missing\n%s", list_usage);
	return list_tenants(database, &e) < 0 ? command_error("tenant list", &e) : EXIT_GOOD;
}

int
command_tenant(int argc, char **argv)
{
	static const struct command table[] = {
		{ "add", "make a tenant with its first facility and administrator", command_tenant_add },
		{ "list", "the tenants of a database", command_tenant_list },
		{ 0 },
	};
	return command_group("hmis tenant", table, argc, argv);
}
