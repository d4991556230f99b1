/* hmis user: users from the command line, for the first administrator and for a forgotten password. */
#include <getopt.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/user.h"

#define PASSWORD_FILE_MAX 4096

static const char add_usage[] =
    "usage: hmis user add --database URL --tenant CODE --facility CODE --username NAME --roles ROLE[,ROLE…]\n"
    "                     --password-file FILE [--name FULL-NAME]\n\n"
    "Creates the user, or resets password and the grants at that facility when the name exists.\n"
    "  --database URL       connection string of a superuser, as for `hmis migrate`\n"
    "  --tenant CODE        tenant\n"
    "  --facility CODE      MA_CSKCB: where the roles hold, with everything below it\n"
    "  --roles ROLE,…       registrar clinician lab pharmacist cashier claims reporter admin integration\n"
    "  --password-file FILE its first line is the password (10 to 128 bytes); - reads standard input\n"
    "  --name FULL-NAME     shown on screens; the user name when absent\n";

struct user_add {
	const char *database, *tenant, *facility, *username, *roles, *password_file, *name;
};

int
user_read_password(const char *path, char hash[SEC_PASSWORD_HASH_MAX], struct err *e)
{
	static const struct sec_argon cost = { 19 * 1024, 2, 1 }; /* as the configuration's defaults */
	struct buf b;
	buf_init(&b, PASSWORD_FILE_MAX);
	int rc = buf_read_file(&b, path, e);
	struct slice line = slice_from(b.at, slice_find(buf_slice(&b), '\n'));
	if (!rc && line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (!rc)
		rc = sec_password_judge(line, e);
	if (!rc)
		rc = sec_password_hash(line, &cost, hash, e);
	if (b.at)
		memset(b.at, 0, b.len);
	buf_free(&b);
	return rc;
}

static int
call_bootstrap(PGconn *c, const struct user_add *u, const char *hash, struct err *e)
{
	char roles[512];
	if (strspn(u->roles, "abcdefghijklmnopqrstuvwxyz_,") != strlen(u->roles) ||
	    snprintf(roles, sizeof(roles), "{%s}", u->roles) >= (int)sizeof(roles))
		return err_set(e, ERR_INPUT, "--roles", "expected names separated by commas");
	const char *value[] = { u->tenant, u->facility, u->username, u->name ? u->name : u->username, roles,
		hash };
	PGresult *r = PQexecParams(
	    c, "select sec.user_bootstrap($1, $2, $3, $4, $5::text[], $6)", 6, NULL, value, NULL, NULL, 0);
	int rc = 0;
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
		const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
		rc = err_set(e, ERR_INPUT, "user", "%s %s", message ? message : PQerrorMessage(c),
		    detail ? detail : "");
	} else
		printf("user %s: id %s\n", u->username, PQgetvalue(r, 0, 0));
	PQclear(r);
	return rc;
}

static int
add_user(const struct user_add *u, struct err *e)
{
	char hash[SEC_PASSWORD_HASH_MAX];
	int rc = user_read_password(u->password_file, hash, e);
	if (rc)
		return rc;
	PGconn *c = PQconnectdb(u->database);
	if (PQstatus(c) != CONNECTION_OK)
		rc = err_set(e, ERR_IO, "--database", "%s", PQerrorMessage(c));
	else
		rc = call_bootstrap(c, u, hash, e);
	PQfinish(c);
	return rc;
}

static int
command_user_add(int argc, char **argv)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "tenant", required_argument, NULL, 't' }, { "facility", required_argument, NULL, 'f' },
		{ "username", required_argument, NULL, 'u' }, { "roles", required_argument, NULL, 'r' },
		{ "password-file", required_argument, NULL, 'p' }, { "name", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct user_add u = { 0 };
	struct err e = { 0 };
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'd':
			u.database = optarg;
			break;
		case 't':
			u.tenant = optarg;
			break;
		case 'f':
			u.facility = optarg;
			break;
		case 'u':
			u.username = optarg;
			break;
		case 'r':
			u.roles = optarg;
			break;
		case 'p':
			u.password_file = optarg;
			break;
		case 'n':
			u.name = optarg;
			break;
		case 'h':
			fputs(add_usage, stdout);
			return EXIT_GOOD;
		default:
			return EXIT_UNUSABLE;
		}
	}
	if (optind < argc || !u.database || !u.tenant || !u.facility || !u.username || !u.roles ||
	    !u.password_file)
		return command_fail("user add: something is missing\n%s", add_usage);
	if (add_user(&u, &e))
		return command_error(u.password_file, &e);
	return EXIT_GOOD;
}

int
command_user(int argc, char **argv)
{
	static const struct command table[] = {
		{ "add", "create a user, or reset one", command_user_add },
		{ 0 },
	};
	return command_group("hmis user", table, argc, argv);
}
