/* hmis claim: work on claim files, offline. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/claim.h"
#include "cli/command.h"

int
claim_cli_read(const char *file, struct claim_findings *l, claim_read_fn each, void *context,
    struct claim_file *ret, struct err *e)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_IO, NULL, "cannot open: %s", strerror(errno));
	int rc = claim_read_fd(fd, l, each, context, ret, e);
	if (!is_stdin)
		close(fd);
	return rc;
}

void
claim_cli_print_findings(FILE *to, const char *file, const struct claim_findings *l, bool english)
{
	struct buf text;
	buf_init(&text, 1u << 16);
	for (size_t i = 0; i < l->count; i++) {
		const struct claim_finding *f = &l->at[i];
		buf_reset(&text);
		buf_addf(&text, "%s:", file);
		if (f->claim > 0)
			buf_addf(&text, "%u:", f->claim);
		if (f->line)
			buf_addf(&text, "%u:", f->line);
		buf_addf(&text, " %s: ", claim_severity_name((enum claim_severity)f->severity));
		claim_finding_place(f, &text);
		buf_add_text(&text, ": ");
		claim_finding_message(f, !english, &text);
		buf_addf(&text, " [%s]\n", claim_finding_infos[f->code].name);
		fwrite(text.at, 1, text.len, to);
	}
	if (l->total > l->count)
		fprintf(to, "%s: %zu more findings are not shown\n", file, l->total - l->count);
	buf_free(&text);
}

int
claim_cli_exit(const struct claim_findings *l)
{
	return l->by_severity[CLAIM_WARNING] + l->by_severity[CLAIM_ERROR] ? EXIT_FINDINGS : EXIT_GOOD;
}

/* ---- arguments ---- */

static int
take_option(struct claim_arguments *a, int argc, char **argv, int *i)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = { { "--en", &a->english }, { "--json", &a->json }, { "--all", &a->all },
		{ "--cdata", &a->cdata }, { "--xmlns", &a->xmlns } };
	for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
		if (strcmp(argv[*i], flags[k].name) == 0) {
			*flags[k].flag = true;
			return 0;
		}
	}
	const char **value = strcmp(argv[*i], "--key") == 0    ? &a->key
			     : strcmp(argv[*i], "--cert") == 0 ? &a->cert
							       : NULL;
	if (!value)
		return command_fail("unknown option %s", argv[*i]);
	if (++*i == argc)
		return command_fail("%s needs a file", argv[*i - 1]);
	*value = argv[*i];
	return 0;
}

int
claim_cli_arguments(int argc, char **argv, int files, const char *usage, struct claim_arguments *a)
{
	*a = (struct claim_arguments){ 0 };
	for (int i = 1; i < argc; i++) {
		int rc = 0;
		if (argv[i][0] == '-' && argv[i][1])
			rc = take_option(a, argc, argv, &i);
		else if (a->files == (int)(sizeof(a->file) / sizeof(a->file[0])))
			rc = command_fail("at most %zu files at once", sizeof(a->file) / sizeof(a->file[0]));
		else
			a->file[a->files++] = argv[i];
		if (rc)
			return rc;
	}
	if (a->files == files || (files < 0 && a->files))
		return 0;
	return command_fail("usage: hmis claim %s", usage);
}

static const struct command commands[] = {
	{ "show", "print a file for people, or as JSON", claim_cli_show },
	{ "check", "structure, amounts and the rules over files", claim_cli_check },
	{ "rewrite", "read a file and write it in our canonical form", claim_cli_rewrite },
	{ "diff", "compare two claims field by field", claim_cli_diff },
	{ "verify", "verify a file's signature", claim_cli_verify },
	{ "sign", "sign a file with a PEM key", claim_cli_sign },
	{ "judge", "judge a month again from the database, by all rules", claim_cli_judge },
	{ "export", "build a month's claims from the database into files", claim_cli_export },
	{ NULL, NULL, NULL },
};

int
command_claim(int argc, char **argv)
{
	return command_group("hmis claim", commands, argc, argv);
}
