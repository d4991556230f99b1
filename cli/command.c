/* What every command needs: the help of a table, error lines. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/command.h"

static void
command_help(FILE *to, const char *title, const struct command *table)
{
	fprintf(to, "usage: %s COMMAND [ARGUMENT…]\n\n", title);
	for (const struct command *c = table; c->name; c++)
		fprintf(to, "  %-10s %s\n", c->name, c->help);
	fprintf(to, "  %-10s %s\n", "help", "this text");
	fprintf(to, "\nExit status: 0 good, 1 findings, 2 unusable input or wrong usage.\n");
}

int
command_group(const char *title, const struct command *table, int argc, char **argv)
{
	if (argc < 2) {
		command_help(stderr, title, table);
		return EXIT_UNUSABLE;
	}
	for (const struct command *c = table; c->name; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return c->run(argc - 1, argv + 1);
	if (strcmp(argv[1], "help") == 0) {
		command_help(stdout, title, table);
		return EXIT_GOOD;
	}
	fprintf(stderr, "%s: no command \"%s\"\n\n", title, argv[1]);
	command_help(stderr, title, table);
	return EXIT_UNUSABLE;
}

int
command_fail(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fputs("hmis: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	return EXIT_UNUSABLE;
}

int
command_error(const char *file, const struct err *e)
{
	const char *detail = e->detail[0] ? e->detail : err_code_name(e->code);
	if (e->field[0])
		return command_fail("%s: %s: %s", file, e->field, detail);
	return command_fail("%s: %s", file, detail);
}
