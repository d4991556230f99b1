/* Inside cli/ only: what the `hmis claim` commands share. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "claims/finding.h"
#include "claims/xml.h"

#define CLI_FILE_MAX (256u * 1024u * 1024u) /* bytes of a file that must be held in memory */

/* Options common to the commands, taken out of the arguments; the rest are files. */
struct claim_arguments {
	bool english; /* --en */
	bool json;    /* --json */
	bool all;     /* --all */
	bool cdata;   /* --cdata */
	bool xmlns;   /* --xmlns */
	const char *key, *cert;
	char *file[64];
	int files;
};

/* Reads a file as a stream ("-" is standard input): 0 or the error's code. */
int claim_cli_read(const char *file, struct claim_findings *l, claim_read_fn each, void *context,
    struct claim_file *ret, struct err *e);
/* One line per finding: "file:claim:line: error: XML3[5].SO_LUONG: …". */
void claim_cli_print_findings(FILE *to, const char *file, const struct claim_findings *l, bool english);
/* EXIT_FINDINGS when there are warnings or errors, else EXIT_GOOD. */
int claim_cli_exit(const struct claim_findings *l);

/*
 * Sorts argv into options and files; files: how many are needed, −1 = one or more. 0, or EXIT_UNUSABLE after
 * the usage was printed.
 */
int claim_cli_arguments(int argc, char **argv, int files, const char *usage, struct claim_arguments *ret);

/* The commands that have files of their own. */
int claim_cli_check(int argc, char **argv);
int claim_cli_show(int argc, char **argv);
int claim_cli_rewrite(int argc, char **argv);
int claim_cli_diff(int argc, char **argv);
int claim_cli_verify(int argc, char **argv);
int claim_cli_sign(int argc, char **argv);
int claim_cli_export(int argc, char **argv);
int claim_cli_judge(int argc, char **argv);
