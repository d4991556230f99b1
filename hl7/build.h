/*
 * Writing a message from the first byte to the last: separators appear when something follows, text is
 * escaped, segments end with CR. Nothing is kept but the position, so a message of any size streams into a
 * buffer.
 *
 *     hl7_build_begin(&b, &out, NULL);
 *     hl7_build_segment(&b, "MSH");
 *     hl7_build_text(&b, 3, 1, 1, 1, SLICE("HMIS"));
 *     hl7_build_segment(&b, "PID");
 *     hl7_build_text(&b, 5, 1, 1, 1, name);
 *     rc = hl7_build_end(&b, e);
 */
#pragma once

#include "hl7/hl7.h"

struct hl7_builder {
	struct buf *out;
	struct hl7_delimiters delimiters;
	unsigned field, repetition, component, subcomponent; /* where the next byte would go */
	bool open;
	enum err_code failed;
};

/* d may be NULL (the usual ones). out is appended to and belongs to the caller. */
void hl7_build_begin(struct hl7_builder *b, struct buf *out, const struct hl7_delimiters *d);
/* Ends the current segment and begins one; MSH, FHS and BHS get their first two fields at once. */
void hl7_build_segment(struct hl7_builder *b, const char *name);
/*
 * Puts text at a place of the current segment. Places come in ascending order (anything else is a bug); all
 * numbers count from 1. Empty text writes nothing. A text that cannot be escaped makes hl7_build_end fail.
 */
void hl7_build_text(struct hl7_builder *b, unsigned field, unsigned repetition, unsigned component,
    unsigned subcomponent, struct slice text);
/* The same with text that is encoded already: a whole field, repetition or component. */
void hl7_build_raw(struct hl7_builder *b, unsigned field, unsigned repetition, unsigned component,
    unsigned subcomponent, struct slice raw);
/* field 1.1.1 of a zero-terminated text; NULL and "" write nothing. */
void hl7_build_field(struct hl7_builder *b, unsigned field, const char *text);
/* Says "delete" ("") of a whole field. */
void hl7_build_null(struct hl7_builder *b, unsigned field);
/* Ends the last segment. ERR_LIMIT (the buffer's maximum) or ERR_INPUT (a text that needed escaping). */
int hl7_build_end(struct hl7_builder *b, struct err *e);
