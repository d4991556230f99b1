/* hmis catalog: a centre's own lists from CSV or TSV files. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/catalog.h"
#include "cli/command.h"
#include "schema/catalog.h"

static const char usage_import[] =
    "usage: hmis catalog import KIND FILE --database URL --tenant CODE [--facility CODE]\n"
    "                           [--from DATE] [--keep-missing] [--diff | --apply]\n\n"
    "Judges the whole file, shows what would change, and with --apply changes it in one transaction.\n"
    "  --facility CODE  the list of one facility; else of the whole tenant\n"
    "  --from DATE      yyyy-mm-dd, business date from which the list holds (today)\n"
    "  --keep-missing   rows that the file does not name stay in force (else they end)\n"
    "  --diff           only show (the default); exit status 1 when something would change\n"
    "  --apply          apply; nothing is written when the file has a single fault\n";

static void
print_fault(void *context, const struct catalog_fault *f)
{
	const char *path = context;

	if (*f->column)
		fprintf(stderr, "%s:%s: %s: %s\n", path, f->line, f->column, f->message);
	else
		fprintf(stderr, "%s:%s: %s\n", path, f->line, f->message);
}

static void
print_difference(void *context, const struct catalog_difference *d)
{
	(void)context;
	if (strcmp(d->action, "changed") == 0)
		printf("~ %s  %s: %s -> %s\n", d->key, d->column, d->before, d->after);
	else if (strcmp(d->action, "added") == 0)
		printf("+ %s  (line %s)\n", d->key, d->line);
	else
		printf("- %s  %s: %s -> %s\n", d->key, d->column, d->before, d->after);
}

static int
print_result(const struct catalog_options *o, const struct catalog_result *r)
{
	if (r->faults > 0) {
		if (r->faults > CATALOG_SHOWN_MAX)
			fprintf(stderr, "… and %zu more\n", r->faults - CATALOG_SHOWN_MAX);
		fprintf(
		    stderr, "%s: %zu faults in %zu rows, nothing was written\n", o->path, r->faults, r->rows);
		return EXIT_UNUSABLE;
	}
	size_t changes = r->added + r->changed + r->removed;
	if (changes > CATALOG_SHOWN_MAX)
		printf("… only the first %d lines are shown\n", CATALOG_SHOWN_MAX);
	printf("%s: %zu rows: %zu added, %zu changed, %zu removed%s\n", o->kind, r->rows, r->added,
	    r->changed, r->removed,
	    changes == 0 ? ""
	    : r->applied ? "; applied"
			 : "; not applied");
	return changes > 0 && !r->applied ? EXIT_FINDINGS : EXIT_GOOD;
}

static int
catalog_command_import(int argc, char **argv)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "tenant", required_argument, NULL, 't' }, { "facility", required_argument, NULL, 'f' },
		{ "from", required_argument, NULL, 'F' }, { "keep-missing", no_argument, NULL, 'k' },
		{ "apply", no_argument, NULL, 'a' }, { "diff", no_argument, NULL, 'D' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct catalog_options o = { .on_fault = print_fault, .on_difference = print_difference };
	struct catalog_result result = { 0 };
	struct err e = { 0 };
	bool diff = false;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'd':
			o.database_url = optarg;
			break;
		case 't':
			o.tenant_code = optarg;
			break;
		case 'f':
			o.facility_code = optarg;
			break;
		case 'F':
			o.effective_on = optarg;
			break;
		case 'k':
			o.keep_missing = true;
			break;
		case 'a':
			o.apply = true;
			break;
		case 'D':
			diff = true;
			break;
		case 'h':
			printf("%s", usage_import);
			return EXIT_GOOD;
		default:
			fprintf(stderr, "\n%s", usage_import);
			return EXIT_UNUSABLE;
		}
	}
	if (optind + 2 != argc || !o.database_url || !o.tenant_code || (diff && o.apply)) {
		fprintf(stderr, "%s", usage_import);
		return EXIT_UNUSABLE;
	}
	o.kind = argv[optind];
	o.path = argv[optind + 1];
	o.context = argv[optind + 1];
	if (catalog_import(&o, &result, &e) < 0)
		return command_error(o.path, &e);
	return print_result(&o, &result);
}

static void
print_row(void *context, int count, const char *const *cells)
{
	(void)context;
	for (int i = 0; i < count; i++)
		printf("%s%s", i ? "\t" : "", cells[i]);
	printf("\n");
}

/* `hmis catalog kinds --database URL` and `hmis catalog columns KIND --database URL`. */
static int
describe(int argc, char **argv, int names)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' }, { 0 } };
	const char *url = NULL;
	struct err e = { 0 };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c != 'd')
			return EXIT_UNUSABLE;
		url = optarg;
	}
	if (url == NULL || optind + names != argc)
		return command_fail("usage: hmis catalog %s%s --database URL", argv[0], names ? " KIND" : "");
	if (catalog_describe(url, names ? argv[optind] : NULL, print_row, NULL, &e) < 0)
		return command_error("catalog", &e);
	return EXIT_GOOD;
}

static int
catalog_command_kinds(int argc, char **argv)
{
	return describe(argc, argv, 0);
}

static int
catalog_command_columns(int argc, char **argv)
{
	return describe(argc, argv, 1);
}

int
command_catalog(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "import", "judge, compare and apply a file", catalog_command_import },
		{ "export", "print a list as a file to import", catalog_command_export },
		{ "rules-export", "write what the rules look up in the lists", catalog_command_rules },
		{ "kinds", "kinds of files that can be imported", catalog_command_kinds },
		{ "columns", "columns of one kind of file", catalog_command_columns },
		{ NULL, NULL, NULL },
	};

	return command_group("hmis catalog", commands, argc, argv);
}
