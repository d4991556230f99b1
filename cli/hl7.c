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

static enum hl7_charset
charset_of(const struct hl7_cli_message *m)
{
	struct hl7_value announced = hl7_get_text(&m->index, "MSH-18(1)");

	if (m->whole != HL7_CHARSET_NONE)
		return HL7_CHARSET_UTF8;
	return hl7_charset_choose(
	    HL7_CHARSET_NONE, hl7_charset_by_name(announced.raw), m->index.bytes, HL7_CHARSET_NONE);
}

static int
each_part(struct hl7_cli_message *m, hl7_cli_row *row, hl7_cli_row *trailer, void *context)
{
	struct hl7_limits limits = { .bytes = HL7_CLI_FILE_MAX };

	if (m->part.kind == HL7_PART_BATCH_END || m->part.kind == HL7_PART_FILE_END)
		return worse(check_count(m), trailer ? trailer(m, context) : EXIT_GOOD);
	m->number++;
	m->not_hl7 = hl7_parse(&m->index, m->part.bytes, &limits, &m->reason) < 0;
	if (m->not_hl7) {
		int code = command_error(m->file, &m->reason);
		return m->tell_all ? worse(code, row(m, context)) : code;
	}
	m->charset = charset_of(m);
	return row(m, context);
}

int
hl7_cli_read(const char *file, struct buf *ret, enum hl7_charset *ret_whole, struct err *e)
{
	int rc = buf_read_file(ret, file, e);

	*ret_whole = HL7_CHARSET_NONE;
	if (rc < 0)
		return rc;
	enum hl7_charset c =
	    hl7_charset_choose(HL7_CHARSET_NONE, HL7_CHARSET_NONE, buf_slice(ret), HL7_CHARSET_NONE);
	if (hl7_charset_is_parsable(c))
		return 0;
	struct buf utf8;
	buf_init(&utf8, ret->max);
	rc = hl7_decode(c, buf_slice(ret), &utf8, NULL, e);
	buf_free(ret);
	*ret = utf8;
	*ret_whole = c;
	return rc;
}

static int
each(struct hl7_cli_message *m, hl7_cli_row *row, hl7_cli_row *trailer, void *context)
{
	struct hl7_batch batch;
	struct err e = { 0 };
	struct buf bytes;
	int code = EXIT_GOOD;

	buf_init(&bytes, HL7_CLI_FILE_MAX);
	hl7_message_init(&m->index);
	if (hl7_cli_read(m->file, &bytes, &m->whole, &e) < 0)
		code = command_error(m->file, &e);
	hl7_batch_begin(&batch, buf_slice(&bytes));
	while ((code != EXIT_UNUSABLE || m->not_hl7) && hl7_batch_next(&batch, &m->part) &&
	       (m->tell_all || !m->not_hl7))
		code = worse(code, each_part(m, row, trailer, context));
	if (code == EXIT_GOOD && m->number == 0)
		code = command_fail("%s: no message: the file is empty", m->file);
	hl7_message_free(&m->index);
	buf_free(&bytes);
	return code;
}

int
hl7_cli_each(const char *file, hl7_cli_row *row, hl7_cli_row *trailer, void *context)
{
	struct hl7_cli_message m = { .file = file };

	return each(&m, row, trailer, context);
}

int
hl7_cli_each_lenient(const char *file, hl7_cli_row *row, void *context)
{
	struct hl7_cli_message m = { .file = file, .tell_all = true };

	return each(&m, row, NULL, context);
}

static const struct command commands[] = {
	{ "parse", "FILE…: every value with its path [--format tsv|json]", hl7_cli_parse },
	{ "get", "FILE PATH…: values by path, e.g. PID-5.1 'OBX(*)-5'", hl7_cli_get },
	{ "rewrite", "IN OUT: parse and write again, byte for byte [--strict]", hl7_cli_rewrite },
	{ "validate", "FILE…: findings by HL7's tables [--profile FILE] [--en]", hl7_cli_validate },
	{ "ack", "FILE: the answers our engine gives, on standard output", hl7_cli_ack },
	{ "frames", "FILE: the messages of a captured MLLP stream [--out FOLDER]", hl7_cli_frames },
	{ NULL, NULL, NULL },
};

int
command_hl7(int argc, char **argv)
{
	return command_group("hmis hl7", commands, argc, argv);
}
