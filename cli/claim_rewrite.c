/* hmis claim rewrite: the file's content in our canonical form. Findings go to standard error. */
#include <errno.h>
#include <string.h>

#include "cli/claim.h"
#include "cli/command.h"

struct rewrite {
	const struct claim_arguments *arguments;
	struct claim_writer *writer;
	struct arena *arena;
	enum claim_file_kind kind;
	int exit;
};

/* First reading: what does the file hold, and what is wrong with it? */
static int
look(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct rewrite *run = context;
	(void)d, (void)e;
	claim_cli_print_findings(stderr, run->arguments->file[0], l, run->arguments->english);
	if (claim_cli_exit(l))
		run->exit = EXIT_FINDINGS;
	return 0;
}

static int
add(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct rewrite *run = context;
	(void)l;
	if (run->kind == CLAIM_FILE_CHECKIN)
		return claim_write_checkin(run->writer, d, e);
	return claim_write_add(run->writer, d, e);
}

/* Second reading, writing as it goes. */
static int
write_again(struct rewrite *run, struct slice in, const struct claim_file *info, struct err *e)
{
	struct claim_envelope h = { info->ma_cskcb, info->ngay_lap, info->count };
	struct claim_file ignored;
	struct claim_findings again;
	int rc = 0;
	claim_findings_init(&again, run->arena);
	if (info->kind == CLAIM_FILE_ENVELOPE) {
		if (info->ngay_lap == 0)
			return err_set(e, ERR_INPUT, "NGAYLAP", "a date yyyyMMdd is needed");
		rc = claim_write_begin(run->writer, &h, e);
	}
	if (rc == 0)
		rc = claim_read_bytes(in, &again, add, run, &ignored, e);
	if (rc == 0 && info->kind == CLAIM_FILE_ENVELOPE)
		rc = claim_write_end(run->writer, e);
	return rc;
}

static int
write_out(const char *file, const struct buf *out, struct err *e)
{
	if (strcmp(file, "-") != 0)
		return buf_write_file(out, file, e);
	if (fwrite(out->at, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
		return err_set(e, ERR_IO, NULL, "cannot write: %s", strerror(errno));
	return 0;
}

static int
rewrite(const struct claim_arguments *a, struct slice in, struct buf *out, struct arena *arena)
{
	struct claim_write_options options = { .cdata = a->cdata, .xmlns = a->xmlns };
	struct rewrite run = { .arguments = a, .arena = arena };
	struct claim_findings l;
	struct claim_file info;
	struct err e = { 0 };
	claim_findings_init(&l, arena);
	if (claim_read_bytes(in, &l, look, &run, &info, &e) < 0)
		return command_error(a->file[0], &e);
	look(&run, NULL, &l, NULL);
	if (info.is_signed)
		fprintf(stderr, "hmis: %s: the signature is left out; sign the new file\n", a->file[0]);
	run.kind = info.kind;
	run.writer = claim_writer_new(out, &options);
	int rc = write_again(&run, in, &info, &e);
	claim_writer_free(run.writer);
	if (rc < 0)
		return command_error(a->file[0], &e);
	return write_out(a->file[1], out, &e) < 0 ? command_error(a->file[1], &e) : run.exit;
}

int
claim_cli_rewrite(int argc, char **argv)
{
	struct claim_arguments a;
	struct err e = { 0 };
	struct buf in, out;
	int rc = claim_cli_arguments(argc, argv, 2, "rewrite [--cdata] [--xmlns] [--en] IN OUT", &a);
	if (rc)
		return rc;
	buf_init(&in, CLI_FILE_MAX);
	buf_init(&out, 2u * CLI_FILE_MAX);
	if (buf_read_file(&in, a.file[0], &e) < 0) {
		rc = command_error(a.file[0], &e);
	} else {
		struct arena *arena = arena_new(0);
		rc = rewrite(&a, buf_slice(&in), &out, arena);
		arena_free(arena);
	}
	buf_free(&in);
	buf_free(&out);
	return rc;
}
