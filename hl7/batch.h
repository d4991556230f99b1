/*
 * Files and batches: FHS { BHS { MSH … } BTS } FTS, any of the envelopes left out, or messages one after
 * another (v2.5.1 2.10.3). Works on bytes, so that each message may have its own delimiters. Also what is
 * spread over segments (ADD) and messages (DSC), 2.10.2.
 */
#pragma once

#include "hl7/hl7.h"

enum hl7_part_kind {
	HL7_PART_FILE,      /* FHS, with segments that follow it without MSH */
	HL7_PART_BATCH,     /* BHS, likewise */
	HL7_PART_MESSAGE,   /* MSH and its segments */
	HL7_PART_BATCH_END, /* BTS */
	HL7_PART_FILE_END,  /* FTS */
	HL7_PART_OTHER      /* bytes before the first of these */
};
struct hl7_part_of_file {
	enum hl7_part_kind kind;
	struct slice bytes; /* the parts in a row are the whole input */
	/* Of the ends: messages in the batch, batches in the file; said is -1 when the trailer gives no
	 * number. */
	int64_t said, seen;
};
struct hl7_batch {
	struct slice bytes;
	size_t at;
	char field; /* separator of the header seen last */
	bool lf;    /* LF ends lines */
	int64_t messages, batches;
};

/* Goes through the parts of bytes, which must outlive the walk. */
void hl7_batch_begin(struct hl7_batch *b, struct slice bytes);
bool hl7_batch_next(struct hl7_batch *b, struct hl7_part_of_file *ret);

/*
 * Appends m with every ADD segment's text put at the end of the segment before it, otherwise as it is. A
 * message without ADD is copied.
 */
void hl7_join_added(const struct hl7_message *m, struct buf *out);
/* DSC-1, the pointer to where the message goes on; HL7_ABSENT when it ends here. */
struct hl7_value hl7_continuation(const struct hl7_message *m);
/*
 * Appends first without its DSC (and an empty ADD before that), then the segments of next after its MSH: the
 * message that was sent in two. To be parsed again, then hl7_join_added. MSH-14 of next should be first's
 * DSC-1; ERR_CONFLICT when it is not, ERR_INPUT when the delimiters differ.
 */
int hl7_join_continued(
    const struct hl7_message *first, const struct hl7_message *next, struct buf *out, struct err *e);
