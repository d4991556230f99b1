/* hmis benefit: the fund's and the patient's part of cases in a file, without a database. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "claims/benefit/tsv.h"
#include "cli/command.h"

#define INPUT_MAX ((size_t)64 << 20)
#define OUTPUT_MAX ((size_t)256 << 20)

static int
usage(void)
{
	fprintf(stderr, "usage: hmis benefit [--why id|vi|en] FILE.tsv\n"
			"Reads cases (one row per XML2/XML3 line, columns by name; - is standard input) and "
			"writes who pays\n"
			"each line and the totals. --why adds a column with the rules that were applied.\n"
			"Exit 0 done, 2 the file cannot be used.\n");
	return EXIT_UNUSABLE;
}

static int
why_parse(const char *text, enum benefit_tsv_why *ret)
{
	static const char *const names[] = { "", "id", "vi", "en" };
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*ret = (enum benefit_tsv_why)i;
		return 0;
	}
	return -1;
}

/* FILE:LINE: COLUMN: sentence */
static int
report(const char *path, const struct err *e)
{
	const char *column = strchr(e->field, ':');
	if (!column)
		return command_error(path, e);
	fprintf(stderr, "%s:%.*s: %s: %s\n", path, (int)(column - e->field), e->field, column + 1, e->detail);
	return EXIT_UNUSABLE;
}

static int
run(const char *path, enum benefit_tsv_why why)
{
	struct err e = { 0 };
	struct buf in, out;
	struct arena *a = arena_new(0);
	int rc;
	buf_init(&in, INPUT_MAX);
	buf_init(&out, OUTPUT_MAX);
	rc = buf_read_file(&in, path, &e);
	if (rc == 0)
		rc = benefit_tsv(benefit_rules_builtin(a), buf_slice(&in), why, &out, &e);
	rc = rc < 0 ? report(path, &e) : EXIT_GOOD;
	if (rc == EXIT_GOOD && (fwrite(out.at, 1, out.len, stdout) != out.len || fflush(stdout) != 0))
		rc = command_fail("benefit: the result could not be written");
	buf_free(&out);
	buf_free(&in);
	arena_free(a);
	return rc;
}

int
command_benefit(int argc, char **argv)
{
	enum benefit_tsv_why why = BENEFIT_WHY_NONE;
	int at = 1;
	if (at + 1 < argc && strcmp(argv[at], "--why") == 0) {
		if (why_parse(argv[at + 1], &why) < 0)
			return usage();
		at += 2;
	}
	if (argc != at + 1 || (argv[at][0] == '-' && argv[at][1] != '\0'))
		return usage();
	return run(argv[at], why);
}
