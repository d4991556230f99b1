/* hmis hl7: HL7 v2 messages from files, no database. */
#include "cli/hl7.h"

#include <stdio.h>

static int
worse(int a, int b)
{
	return a > b ? a : b;
}

/* A trailer: its count against ours. */
static int
check_count(const struct hl7_cli_message *m)
{
	if (m->part.said == -1 || m->part.said == m->part.seen)
		return EXIT_GOOD;
	fprintf(stderr, "hmis: %s: the trailer says %lld, there are %lld\n", m->file, (long long)m->part.said,
	    (long long)m->part.seen);
	return EXIT_FINDINGS;
}

static int
each_part(struct hl7_cli_message *m, hl7_cli_row *row, hl7_cli_row *trailer, void *context)
{
	struct hl7_limits limits = { .bytes = HL7_CLI_FILE_MAX };
	struct err e = { 0 };

	if (m->part.kind == HL7_PART_BATCH_END || m->part.kind == HL7_PART_FILE_END)
		return worse(check_count(m), trailer ? trailer(m, context) : EXIT_GOOD);
	m->number++;
	if (hl7_parse(&m->index, m->part.bytes, &limits, &e) < 0)
		return command_error(m->file, &e);
	return row(m, context);
}

int
hl7_cli_each(const char *file, hl7_cli_row *row, hl7_cli_row *trailer, void *context)
{
	struct hl7_cli_message m = { .file = file };
	struct hl7_batch batch;
	struct err e = { 0 };
	struct buf bytes;
	int code = EXIT_GOOD;

	buf_init(&bytes, HL7_CLI_FILE_MAX);
	hl7_message_init(&m.index);
	if (buf_read_file(&bytes, file, &e) < 0)
		code = command_error(file, &e);
	hl7_batch_begin(&batch, buf_slice(&bytes));
	while (code != EXIT_UNUSABLE && hl7_batch_next(&batch, &m.part))
		code = worse(code, each_part(&m, row, trailer, context));
	if (code == EXIT_GOOD && m.number == 0)
		code = command_fail("%s: no message: the file is empty", file);
	hl7_message_free(&m.index);
	buf_free(&bytes);
	return code;
}

static const struct command commands[] = {
	{ "parse", "FILE…: every value with its path [--format tsv|json]", hl7_cli_parse },
	{ "get", "FILE PATH…: values by path, e.g. PID-5.1 'OBX(*)-5'", hl7_cli_get },
	{ "rewrite", "IN OUT: parse and write again, byte for byte [--strict]", hl7_cli_rewrite },
	{ NULL, NULL, NULL },
};

int
command_hl7(int argc, char **argv)
{
	return command_group("hmis hl7", commands, argc, argv);
}
