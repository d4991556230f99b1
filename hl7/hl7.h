/*
 * HL7 v2 messages (and ASTM E1394 records, hl7/astm.h) as an immutable run of bytes and an index of where its
 * delimiters are. Nothing is decoded, copied or thrown away while parsing, so an untouched message is written
 * by copying its bytes, and every accepted input comes back byte-identical. Values are cut out when asked
 * for.
 *
 * Rules: HL7 v2.5.1 and v2.8 chapter 2 (encoding rules, 2.5 message construction, 2.7 escape sequences).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* The message's own separators; 0 = it has none. truncation is MSH-2's fifth character (2.7 and later). */
struct hl7_delimiters {
	char field, component, repetition, escape, subcomponent, truncation;
};
/* What HL7 recommends and we send: | ^ ~ \ & and no truncation character. */
extern const struct hl7_delimiters hl7_delimiters_usual;

enum hl7_flag {                        /* what was tolerated on receipt; a sink decides what it means */
	HL7_FLAG_LF = 1 << 0,          /* segments end with LF, there is no CR before the first one */
	HL7_FLAG_CRLF = 1 << 1,        /* some segments end with CR LF */
	HL7_FLAG_BOM = 1 << 2,         /* began with the UTF-8 byte order mark */
	HL7_FLAG_LEADING = 1 << 3,     /* white space or VT before the first segment */
	HL7_FLAG_FRAMED = 1 << 4,      /* FS after the last segment: an MLLP frame was handed over whole */
	HL7_FLAG_BLANK_LINES = 1 << 5, /* empty lines between segments */
	HL7_FLAG_NO_FINAL_CR = 1 << 6, /* the last segment has no terminator */
	HL7_FLAG_SHORT_MSH2 = 1 << 7,  /* fewer than four encoding characters */
	HL7_FLAG_LONG_MSH2 = 1 << 8,   /* more than five; those after the fifth have no meaning */
	HL7_FLAG_TWICE_MSH2 = 1 << 9,  /* a character stands twice in MSH-2; it counts once */
	HL7_FLAG_EMPTY_MSH2 = 1 << 10, /* MSH-2 is empty: the usual characters are assumed */
	HL7_FLAG_BATCH = 1 << 11,      /* the first segment is FHS or BHS: see hl7/batch.h */
	HL7_FLAG_SEVERAL = 1 << 12,    /* a further MSH follows: see hl7/batch.h */
	HL7_FLAG_ASTM = 1 << 13        /* made by astm_parse() */
};
/* Stable lower-case name of a single flag ("lf", "no-final-cr"), for messages and tests; never NULL. */
const char *hl7_flag_name(enum hl7_flag flag);

/* Limits of what is accepted; 0 stands for the default. Offsets have 32 bits. */
#define HL7_BYTES_MAX ((size_t)1 << 30)         /* the most that limits.bytes may say */
#define HL7_BYTES_DEFAULT ((size_t)16 << 20)    /* 16 MiB */
#define HL7_SEGMENTS_DEFAULT ((uint32_t)100000) /* also never more than a quarter of the bytes + 1 */
#define HL7_FIELDS_DEFAULT ((uint32_t)2000)     /* in one segment */
struct hl7_limits {
	size_t bytes;
	uint32_t segments, fields;
};

enum hl7_tokeniser { HL7_TOKENISER_BEST, HL7_TOKENISER_SCALAR, HL7_TOKENISER_AVX2, HL7_TOKENISER_AVX512 };
/* Whether this machine can run it; BEST and SCALAR always can. */
bool hl7_tokeniser_usable(enum hl7_tokeniser t);
/* "scalar", "avx2", "avx512": what BEST stands for on this machine, or the name of t. */
const char *hl7_tokeniser_name(enum hl7_tokeniser t);

/*
 * A parsed message. It points into the caller's bytes, which must outlive it unchanged. Re-using one object
 * for many messages allocates nothing once it has seen the largest. Members are read-only for callers.
 *
 * The index is the set of delimiter offsets, two bits for each byte (ends a field; may end something
 * smaller), and the offset of each segment: at most 1.25 × the message's bytes + 20.
 */
struct hl7_message {
	struct slice bytes; /* all that was given, with mark, blank lines and frame */
	struct hl7_delimiters delimiters;
	unsigned flags;               /* of enum hl7_flag */
	uint32_t begin, end;          /* of the first segment, and behind the last one's text, in bytes */
	uint32_t segment_count;       /* at least 1 after success */
	uint32_t shift;               /* of segments other than MSH, FHS, BHS: 0 HL7, 1 ASTM */
	enum hl7_tokeniser tokeniser; /* may be set after hl7_message_init, for tests */
	uint32_t *segment;            /* where each begins */
	struct hl7_block *block;
	uint32_t segment_capacity, block_capacity, block_count;
};
struct hl7_block { /* 64 bytes of the message, bit 0 is the first */
	uint64_t field, inner;
};

void hl7_message_init(struct hl7_message *m);
void hl7_message_free(struct hl7_message *m); /* the index; may be used again after hl7_message_init */
/*
 * Indexes one message (or a batch as a whole). bytes is in a character set whose bytes below 0x80 are
 * ASCII's: UTF-16 and GB18030 are decoded first (hl7/charset.h). limits may be NULL. Lenient: names and order
 * of the segments are not judged here, see hl7/validate.h. ERR_INPUT (not HL7; e->field says "byte N" or
 * "MSH-2") or ERR_LIMIT ("byte N", "segment N").
 */
int hl7_parse(struct hl7_message *m, struct slice bytes, const struct hl7_limits *limits, struct err *e);
/* Bytes that the index of the current message takes. */
size_t hl7_index_size(const struct hl7_message *m);

/* The text of segment i (from 0; i < segment_count) without its terminator. */
struct slice hl7_segment(const struct hl7_message *m, uint32_t i);
/* Its name: what stands before the first field separator, "PID". */
struct slice hl7_segment_name(const struct hl7_message *m, uint32_t i);
/* The next segment of that name from i on, or segment_count. */
uint32_t hl7_segment_find(const struct hl7_message *m, uint32_t i, const char *name);

/*
 * What a place holds. Absent and empty mean "nothing said", HL7's "" means "delete what you have"
 * (2.5.3.1): whoever mixes them up destroys data on an update.
 */
enum hl7_state { HL7_ABSENT, HL7_EMPTY, HL7_NULL, HL7_VALUE };
struct hl7_value {
	enum hl7_state state;
	struct slice raw; /* still escaped, in the message's character set; in the message's bytes */
};

/*
 * Field n (from 1) of segment i with all its repetitions. MSH-1 is the separator itself, MSH-2 the encoding
 * characters; the same for FHS and BHS. In ASTM records the type counts as field 1, as in the standard.
 */
struct hl7_value hl7_field(const struct hl7_message *m, uint32_t i, unsigned n);
/* How many fields segment i has. */
unsigned hl7_field_count(const struct hl7_message *m, uint32_t i);
/*
 * A part of a field that hl7_field gave: repetition, component, subcomponent, each from 1; 0 = not cut at
 * this level, except that a component without a repetition is the first repetition's. A part of a "" is "".
 */
struct hl7_value hl7_part(const struct hl7_message *m, struct hl7_value field, unsigned repetition,
    unsigned component, unsigned subcomponent);
/* True for field 1 and 2 of MSH, FHS, BHS (and H of ASTM), which have no parts and no escapes. */
bool hl7_is_header_field(const struct hl7_message *m, uint32_t i, unsigned n);

/* Walks the fields of a segment, the first being field 1, without counting anew for each. */
struct hl7_walk {
	const struct hl7_message *m;
	uint32_t at, end; /* of what is left */
	unsigned field;   /* number of the field that hl7_walk_next gave last */
	unsigned left;    /* more to give: 0 no, 1 yes, 2 at a header's separator */
};
void hl7_walk_begin(struct hl7_walk *w, const struct hl7_message *m, uint32_t i);
bool hl7_walk_next(struct hl7_walk *w, struct hl7_value *ret);

/*
 * A compiled path:  [NAME[(n)]/]… NAME[(n)|(*)] [-FIELD [(r)|(*)] [.COMPONENT [.SUBCOMPONENT]]]
 *
 *     PID-5(2).1.1      first subcomponent of the second repetition
 *     OBX(3)-5          the third OBX of the message
 *     OBX(*)-5          of each OBX (hl7_each)
 *     OBR(2)/OBX(1)-5   the first OBX between the second OBR and the next one: a segment group
 *
 * n and r count from 1; left out they are 1, but a field without (r) and component is the whole field. "."
 * and
 * "-" may stand for one another. At most HL7_PATH_STEPS names.
 */
#define HL7_PATH_STEPS 4
#define HL7_EACH UINT16_MAX
struct hl7_path {
	struct hl7_step {
		char name[4]; /* 1..3 letters or digits, zero-terminated */
		uint16_t nth; /* HL7_EACH only in the last step */
	} step[HL7_PATH_STEPS];
	uint16_t steps;
	uint16_t field, repetition, component, subcomponent; /* 0 = not given */
};
/* ERR_INPUT with the position in e->field ("character N"). */
int hl7_path_compile(struct slice text, struct hl7_path *ret, struct err *e);
/* The canonical text of a path, as accepted by hl7_path_compile. */
void hl7_path_print(const struct hl7_path *p, struct buf *out);
/* The first place that the path names. */
struct hl7_value hl7_get(const struct hl7_message *m, const struct hl7_path *p);
/* hl7_path_compile and hl7_get; HL7_ABSENT for a text that is no path. */
struct hl7_value hl7_get_text(const struct hl7_message *m, const char *path);

/* Goes through all places of a path with (*). Start with a zeroed cursor. */
struct hl7_cursor {
	uint32_t segment, stop; /* the current one; end of the group */
	struct slice rest;      /* of the field, when the path has (*) there and more repetitions follow */
	bool started;
};
bool hl7_each(
    const struct hl7_message *m, const struct hl7_path *p, struct hl7_cursor *c, struct hl7_value *ret);
/*
 * Takes the next piece of a field, repetition or component off *rest (start with its raw text): for loops
 * over many, as counting each anew takes quadratic time. An empty text is one empty piece. delimiter 0: one
 * piece. False when rest->at is NULL, which the last piece makes it.
 */
bool hl7_piece_next(struct slice *rest, char delimiter, struct hl7_value *ret);

/* Appends the message as it came: a copy of all its bytes. */
void hl7_write(const struct hl7_message *m, struct buf *out);
/*
 * Appends the message as HL7 wants it sent: the segments, each ended by CR; no mark, blank lines, frame, LF.
 */
void hl7_write_strict(const struct hl7_message *m, struct buf *out);
