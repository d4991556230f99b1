/*
 * Analyzers: the records of ASTM E1394-97 (LIS2-A2) and the line protocol of ASTM E1381-95 (LIS1-A), both
 * without I/O and clock. A message of records is a struct hl7_message: paths, walks and escapes work as for
 * HL7, with the record's type as field 1 ("R-4" is the value of a result, as in the standard and the
 * manuals).
 */
#pragma once

#include "hl7/hl7.h"

/*
 * Indexes the records of one transmission. The delimiters are the H record's own: field, then repetition,
 * component, escape; a character that stands twice counts once. ERR_INPUT (no H record first) or ERR_LIMIT.
 */
int astm_parse(struct hl7_message *m, struct slice records, const struct hl7_limits *limits, struct err *e);

#define ASTM_STX '\x02'
#define ASTM_ETX '\x03'
#define ASTM_EOT '\x04'
#define ASTM_ENQ '\x05'
#define ASTM_ACK '\x06'
#define ASTM_NAK '\x15'
#define ASTM_ETB '\x17'

/* Two hexadecimal digits: the sum of the bytes after STX up to and with ETX or ETB, modulo 256. */
void astm_checksum(struct slice bytes, char out[3]);

/* --- frames: STX number text ETX|ETB checksum CR LF ------------------------------------------------- */

enum astm_token {
	ASTM_MORE, /* the input is used up */
	ASTM_GOT_ENQ,
	ASTM_GOT_EOT,
	ASTM_GOT_ACK,
	ASTM_GOT_NAK,
	ASTM_GOT_FRAME, /* number, text, is_last are set */
	ASTM_GOT_BAD    /* a frame with a wrong checksum or number, cut off, or too long; fault says why */
};
struct astm_frames {
	size_t frame_max;
	bool no_lf; /* this device ends frames with the checksum, or CR alone: they are complete there */
	enum astm_frame_state {
		ASTM_BETWEEN,
		ASTM_TEXT,
		ASTM_SUM_1,
		ASTM_SUM_2,
		ASTM_END_CR,
		ASTM_END_LF
	} state;
	struct buf held; /* number, text, terminator */
	char sum[2];
	bool too_long;
	/* of the last frame; text is valid until the next call */
	unsigned number;
	struct slice text;
	bool is_last; /* ETX: ends a record; ETB: the record goes on */
	const char *fault;
	uint64_t junk; /* bytes between frames that mean nothing */
};
/* frame_max: bytes of text, 0 = 64,000 (LIS1-A; the 240 of E1381 is kept by hardly any device). */
void astm_frames_init(struct astm_frames *f, size_t frame_max, bool no_lf);
void astm_frames_free(struct astm_frames *f);
/* Takes bytes off the front of *input up to the next token. */
enum astm_token astm_frames_feed(struct astm_frames *f, struct slice *input);
/*
 * Appends text as frames of at most text_max bytes, from number 1: each record in frames of its own, all but
 * its last ending with ETB. ERR_INPUT when it holds a control byte other than CR, which frames cannot
 * carry (so no TCVN 5712 or VISCII on these lines).
 */
int astm_frame_write(struct slice records, size_t text_max, struct buf *out, struct err *e);
/*
 * The records in a capture of a line (or plain records): frames joined, control bytes passed over. *ret_bad
 * counts frames with faults; their text is left out. ERR_INPUT when there are neither frames nor an H record.
 */
int astm_unframe(struct slice capture, struct buf *out, size_t *ret_bad, struct err *e);

/* --- the line: who may send, acknowledgements, timers ------------------------------------------------ */

enum astm_event {
	ASTM_IDLE,      /* nothing for the caller */
	ASTM_RECEIVED,  /* link->message holds the records of a transmission that ended with EOT */
	ASTM_ABANDONED, /* the peer stopped in the middle; link->message holds what came */
	ASTM_SENT,      /* our message was taken */
	ASTM_NOT_SENT   /* given up: no answer, or six times NAK */
};
struct astm_options {                  /* 0 = the standard's value */
	size_t frame_max, message_max; /* of what is received; message_max 16 MiB */
	size_t text_max;               /* of frames that we send, 240 */
	bool no_lf, is_instrument; /* we are the host unless is_instrument: who yields when both send ENQ */
	/* ms: answer 15,000; next frame 30,000; after NAK to ENQ 10,000; host after contention 20,000,
	 * instrument 1,000 */
	uint32_t answer_ms, frame_ms, busy_ms, yield_ms;
};
struct astm_counters {
	uint64_t messages, frames, repeated, bad_frames, contentions, retries, timeouts;
};
struct astm_link {
	struct astm_options options;
	struct astm_frames frames;
	struct astm_counters count;
	enum astm_state { ASTM_NEUTRAL, ASTM_RECEIVING, ASTM_ASKED, ASTM_SENDING, ASTM_WAITING } state;
	unsigned expected;   /* number of the next frame */
	bool has_last, open; /* a frame came; its record goes on */
	unsigned last;
	uint64_t deadline;          /* when astm_link_tick is due, in the caller's ms; UINT64_MAX = never */
	struct buf message;         /* what is received */
	struct buf output;          /* what the caller has to send; it empties it with buf_reset */
	struct buf queue;           /* frames of our message */
	size_t frame_at, frame_len; /* the one that is on its way */
	unsigned tries;
};
void astm_link_init(struct astm_link *link, const struct astm_options *options); /* options may be NULL */
void astm_link_free(struct astm_link *link);
/* Takes bytes off the front of *input up to the next event (ASTM_IDLE: all of it). now_ms never goes back. */
enum astm_event astm_link_feed(struct astm_link *link, struct slice *input, uint64_t now_ms);
/* To be called when link->deadline has come. */
enum astm_event astm_link_tick(struct astm_link *link, uint64_t now_ms);
/*
 * Sends records as soon as the line is free. ERR_BUSY while another message is on its way, ERR_INPUT as
 * astm_frame_write.
 */
int astm_link_send(struct astm_link *link, struct slice records, uint64_t now_ms, struct err *e);
