/* Inside cli/ only: what the `hmis hl7` and `hmis astm` commands share. */
#pragma once

#include "cli/command.h"
#include "hl7/batch.h"
#include "hl7/charset.h"

#define HL7_CLI_FILE_MAX ((size_t)256 << 20)

/* A message of a file: its bytes as given, and as indexed. */
struct hl7_cli_message {
	const char *file;
	unsigned number; /* in the file, from 1 */
	struct hl7_part_of_file part;
	struct hl7_message index; /* not of a trailer */
	enum hl7_charset charset; /* of the values */
	enum hl7_charset whole;   /* of the file, when it had to be decoded before parsing; else NONE */
	bool tell_all;            /* of hl7_cli_each_lenient */
	bool not_hl7;             /* index is empty; reason says why */
	struct err reason;
};

/*
 * Reads a file and gives each of its messages (of a batch, or several in a row) to row(), and each trailer to
 * trailer() (which may be NULL); a file that is not HL7 (see hl7_cli_each_lenient), and row() returning
 * EXIT_UNUSABLE, gives EXIT_UNUSABLE; else the worst of what row() returned.
 */
typedef int hl7_cli_row(struct hl7_cli_message *m, void *context);
int hl7_cli_each(const char *file, hl7_cli_row *row, hl7_cli_row *trailer, void *context);

/* The same, but what is not HL7 is given to row(), too, with not_hl7 set; the result is EXIT_UNUSABLE then.
 */
int hl7_cli_each_lenient(const char *file, hl7_cli_row *row, void *context);
/* Reads a whole file; what cannot be parsed as it is (UTF-16) is decoded to UTF-8, *ret_whole says from what.
 */
int hl7_cli_read(const char *file, struct buf *ret, enum hl7_charset *ret_whole, struct err *e);
/* The text of a value in UTF-8, NFC; in work, which is emptied first. */
struct slice hl7_cli_text(
    const struct hl7_message *m, enum hl7_charset c, struct slice raw, struct buf *work);

/* Prints the leaves of a message: one line "path TAB state TAB text" each, or a JSON object on one line. */
void hl7_cli_print_tsv(const struct hl7_message *m, enum hl7_charset c);
void hl7_cli_print_json(const char *file, const struct hl7_message *m, enum hl7_charset c);
/* Tab, line ends and backslash as \t \n \r \\; other control bytes as \xNN. */
void hl7_cli_print_cell(struct slice s);

int hl7_cli_parse(int argc, char **argv);
int hl7_cli_get(int argc, char **argv);
int hl7_cli_rewrite(int argc, char **argv);
int hl7_cli_validate(int argc, char **argv);
int hl7_cli_ack(int argc, char **argv);
int hl7_cli_frames(int argc, char **argv);
