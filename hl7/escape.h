/*
 * HL7 escape sequences, both ways (v2.5.1 2.7, v2.7 2.7.6). In a field's raw text
 * \F\ \S\ \R\ \E\ \T\ \P\ stand for the message's own delimiters and \Xhh…\ for bytes. Everything else that
 * looks like a sequence is kept as it is, and so is a lone escape character (a Windows path in a comment).
 */
#pragma once

#include "hl7/hl7.h"

enum hl7_text_mode {
	/* Only delimiters and bytes: unescape(escape(x)) is x for every x. */
	HL7_TEXT_EXACT,
	/*
	 * For people: \.br\ \.ce\ and \.sp<n>\ are line ends (LF), \.sk<n>\ blanks (both at most 99); \H\ \N\
	 * \.in\ \.ti\ \.fi\ \.nf\ vanish. Escaping writes LF as \.br\.
	 */
	HL7_TEXT_PLAIN
};

/* The text of raw: raw itself when there is nothing to do, else in *work, which is emptied first. */
struct slice hl7_unescape(
    struct slice raw, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *work);
/* The same, appended to out. */
void hl7_unescape_add(
    struct slice raw, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *out);
/*
 * Appends text so that it can stand in a field: no delimiter except in its sequences' escape characters, no
 * control byte (below 0x20, 0x7f); a text "" is not taken for "delete". ERR_INPUT, with nothing
 * appended, when text needs escaping and d has no escape character.
 */
int hl7_escape(struct slice text, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *out,
    struct err *e);
/*
 * Length of the sequence at the start of s (both escape characters included), 0 when there is none. Those
 * known: a letter of FSRETPHN, X and pairs of hexadecimal digits, C and four, M and four or six, Z and
 * anything, "." and two letters and perhaps a signed number.
 */
size_t hl7_escape_length(struct slice s, char escape);
