/* hmis migrate: bring a database to the state of the schema folder. */
#include <getopt.h>
#include <stdio.h>

#include "base/err.h"
#include "base/slice.h"
#include "cli/command.h"
#include "schema/migrate.h"

static const char usage[] =
    "usage: hmis migrate --database URL [--plan] [--schema DIR] [--node N] [--no-seeds] [--quiet]\n\n"
    "Applies new migrations, re-creates functions, views, policies and triggers, loads changed seeds.\n"
    "  --database URL  connection string; the role must be a superuser (it creates roles and extensions)\n"
    "  --plan          print what would be done, change nothing\n"
    "  --schema DIR    the schema folder (else HMIS_SCHEMA_DIR, the sources, the installed one)\n"
    "  --node N        number of this database in the ids it makes, 1 to 8191 (a new one has 1)\n"
    "  --no-seeds      leave the reference rows alone\n"
    "  --quiet         print only faults\n";

static void
print_line(void *context, const char *line)
{
	const bool *quiet = context;

	if (!*quiet)
		printf("%s\n", line);
	fflush(stdout);
}

static void
print_result(const struct migrate_result *result, bool plan)
{
	if (result->migrations == 0 && !result->code && result->seeds == 0)
		printf("nothing to do\n");
	else
		printf("%s: %zu migrations, code %s, %zu seed files (%zu rows)\n", plan ? "plan" : "done",
		    result->migrations, result->code ? "re-created" : "unchanged", result->seeds,
		    result->seed_rows);
}

static bool
parse_node(const char *text, int *ret_node)
{
	int64_t n;

	if (slice_to_int64(slice_of(text), &n) < 0 || n < 1 || n > MIGRATE_NODE_MAX)
		return false;
	*ret_node = (int)n;
	return true;
}

int
command_migrate(int argc, char **argv)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "schema", required_argument, NULL, 's' }, { "plan", no_argument, NULL, 'p' },
		{ "node", required_argument, NULL, 'N' }, { "no-seeds", no_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	bool quiet = false;
	struct migrate_options o = { .report = print_line, .context = &quiet };
	struct migrate_result result = { 0 };
	struct err e = { 0 };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'd':
			o.database_url = optarg;
			break;
		case 's':
			o.schema_dir = optarg;
			break;
		case 'N':
			if (!parse_node(optarg, &o.node))
				return command_fail("--node: a number from 1 to %d", MIGRATE_NODE_MAX);
			break;
		case 'p':
			o.plan = true;
			break;
		case 'n':
			o.skip_seeds = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'h':
			printf("%s", usage);
			return EXIT_GOOD;
		default:
			fprintf(stderr, "\n%s", usage);
			return EXIT_UNUSABLE;
		}
	}
	if (o.database_url == NULL || optind != argc) {
		fprintf(stderr, "%s", usage);
		return EXIT_UNUSABLE;
	}
	if (migrate_run(&o, &result, &e) < 0)
		return command_error("migrate", &e);
	if (!quiet)
		print_result(&result, o.plan);
	return EXIT_GOOD;
}
