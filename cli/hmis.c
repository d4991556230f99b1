/* hmis: the command line. One table of commands; each group is a file of its own. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct command commands[] = {
	{ "astm", "read what analyzers send (ASTM E1381, E1394; no database needed)", command_astm },
	{ "benefit", "who pays each line of the cases in a file", command_benefit },
	{ "catalog", "import a centre's own lists of drugs, services, prices, staff", command_catalog },
	{ "claim", "show, check, rewrite, compare, sign and verify claim files (no database needed)",
	    command_claim },
	{ "config", "the configuration keys explained, or a file checked", command_config },
	{ "demo", "a synthetic district for demonstrations and measurements", command_demo },
	{ "hl7", "read, check, rewrite and answer HL7 v2 messages (no database needed)", command_hl7 },
	{ "migrate", "bring a database to the state of the schema folder", command_migrate },
	{ "rules", "the rules that judge claims: check, list, explain, test, document", command_rules },
	{ "tenant", "make tenants with their first facility and administrator", command_tenant },
	{ "user", "create users and reset passwords", command_user },
	{ "vss", "stand in for the fund's gateway (training and tests)", command_vss },
	{ NULL, NULL, NULL },
};

/* A command whose output got lost on the way to a full disk or a closed pipe has not succeeded. */
static int
end(int code)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return command_fail("the output could not be written");
	return code;
}

int
main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf("hmis %s\n", HMIS_VERSION);
		return end(EXIT_GOOD);
	}
	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
		argv[1] = (char[]){ "help" };
	return end(command_group("hmis", commands, argc, argv));
}
