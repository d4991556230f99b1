/* hmis catalog export and rules-export: a centre's lists as files again. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "claims/rules/catalog.h"
#include "cli/catalog.h"
#include "cli/command.h"
#include "schema/catalog.h"

#define LINES_MAX ((size_t)1 << 30) /* bytes of one catalogue */

static const char usage_export[] =
    "usage: hmis catalog export KIND --database URL --tenant CODE [--facility CODE] [--on DATE]\n\n"
    "Prints the rows of a list that hold on a day (today) as CSV; importing them again changes nothing.\n";

static const char usage_rules[] =
    "usage: hmis catalog rules-export FOLDER --database URL --tenant CODE --facility CODE --from DATE --to "
    "DATE\n\n"
    "Writes what the rules look up in the lists of a facility, for claims of these days (at most 367), as "
    "one\n"
    "file NAME.tsv per catalogue; `hmis claim check --catalog FOLDER` judges with them. FOLDER is made if "
    "missing.\n"
    "  --from, --to   yyyy-mm-dd; every day that a claim names should lie between them\n";

struct options {
	const char *database, *tenant, *facility, *from, *to, *on;
};

/* False after printing the usage; then *ret_exit is what to return. */
static bool
read_options(int argc, char **argv, const char *usage, struct options *o, int *ret_exit)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "tenant", required_argument, NULL, 't' }, { "facility", required_argument, NULL, 'f' },
		{ "from", required_argument, NULL, 'F' }, { "to", required_argument, NULL, 'T' },
		{ "on", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char **where = c == 'd'   ? &o->database
				     : c == 't' ? &o->tenant
				     : c == 'f' ? &o->facility
				     : c == 'F' ? &o->from
				     : c == 'T' ? &o->to
				     : c == 'o' ? &o->on
						: NULL;
		if (!where) {
			fprintf(c == 'h' ? stdout : stderr, "%s", usage);
			*ret_exit = c == 'h' ? EXIT_GOOD : EXIT_UNUSABLE;
			return false;
		}
		*where = optarg;
	}
	return true;
}

static int
wrong_usage(const char *usage)
{
	fprintf(stderr, "%s", usage);
	return EXIT_UNUSABLE;
}

static void
print_line(void *context, const char *line)
{
	(void)context;
	printf("%s\n", line);
}

int
catalog_command_export(int argc, char **argv)
{
	struct options o = { 0 };
	struct err e = { 0 };
	int code;
	if (!read_options(argc, argv, usage_export, &o, &code))
		return code;
	if (optind + 1 != argc || !o.database || !o.tenant || o.from || o.to)
		return wrong_usage(usage_export);
	if (catalog_export(o.database, argv[optind], o.tenant, o.facility, o.on, print_line, NULL, &e) < 0)
		return command_error(argv[optind], &e);
	return EXIT_GOOD;
}

static void
add_header(const struct rule_catalog_info *c, struct buf *out)
{
	for (unsigned i = 1; i <= c->keys; i++)
		buf_add_text(out, "key"), buf_add_int(out, i), buf_add_char(out, '\t');
	buf_add_text(out, "from\tto");
	for (size_t i = 0; i < c->attributes; i++)
		buf_add_char(out, '\t'), buf_add_text(out, c->attribute[i].name);
	buf_add_char(out, '\n');
}

static int
write_catalog(void *context, const char *name, struct slice lines, struct err *e)
{
	const char *folder = context;
	char path[4096];
	struct buf out;
	int number = rule_catalog_find(slice_of(name)), rc;
	if (number < 0)
		return err_set(
		    e, ERR_UNSUPPORTED, name, "the database has a catalogue this program does not know");
	if (snprintf(path, sizeof(path), "%s/%s.tsv", folder, name) >= (int)sizeof(path))
		return err_set(e, ERR_LIMIT, folder, "the path is too long");
	buf_init(&out, LINES_MAX);
	add_header(&rule_catalogs[number], &out);
	buf_add(&out, lines);
	rc = buf_ok(&out) ? buf_write_file(&out, path, e)
			  : err_set(e, ERR_LIMIT, name, "the catalogue is larger than 1 GiB");
	buf_free(&out);
	if (rc == 0)
		printf("%s\n", path);
	return rc;
}

int
catalog_command_rules(int argc, char **argv)
{
	struct options o = { 0 };
	struct err e = { 0 };
	int code;
	if (!read_options(argc, argv, usage_rules, &o, &code))
		return code;
	if (optind + 1 != argc || !o.database || !o.tenant || !o.facility || !o.from || !o.to || o.on)
		return wrong_usage(usage_rules);
	if (mkdir(argv[optind], 0777) < 0 && errno != EEXIST)
		return command_fail("%s: %s", argv[optind], strerror(errno));
	if (catalog_rules(o.database, o.tenant, o.facility, o.from, o.to, write_catalog, argv[optind], &e) <
	    0)
		return command_error(argv[optind], &e);
	return EXIT_GOOD;
}
