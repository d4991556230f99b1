/*
 * The commands of `hmis`. Each command group is one file with one function, declared here and listed in the
 * table of cli/hmis.c. Arguments start at argv[1] after the command's own name in argv[0].
 */
#pragma once

enum command_exit {
	EXIT_GOOD = 0,     /* done, nothing found */
	EXIT_FINDINGS = 1, /* done, with findings or differences */
	EXIT_UNUSABLE = 2  /* wrong usage or input that cannot be used */
};

struct command {
	const char *name;
	const char *help; /* one line */
	int (*run)(int argc, char **argv);
};

/*
 * Runs the sub-command named argv[1] of a group's table (ends with a row without name); prints the group's
 * help for "help", a missing or an unknown name. title is the words typed so far, e.g. "hmis claim".
 */
int command_group(const char *title, const struct command *table, int argc, char **argv);
/* Prints "hmis …: message" on standard error and returns EXIT_UNUSABLE. */
int command_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct err;
/* Prints what went wrong (file, field, sentence) and returns EXIT_UNUSABLE. */
int command_error(const char *file, const struct err *e);

int command_astm(int argc, char **argv);
int command_benefit(int argc, char **argv);
int command_catalog(int argc, char **argv);
int command_claim(int argc, char **argv);
int command_config(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_hl7(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_tenant(int argc, char **argv);
int command_user(int argc, char **argv);
int command_vss(int argc, char **argv);
