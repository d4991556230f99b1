/*
 * MLLP framing (HL7 Minimal Lower Layer Protocol: VT, message, FS, CR) as a state machine without I/O. It is
 * fed whatever arrived and finds many frames in one read and one frame in many reads, in time linear in the
 * bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define MLLP_FRAME_DEFAULT ((size_t)16 << 20)
#define MLLP_VT '\x0b'
#define MLLP_FS '\x1c'

enum mllp_event {
	MLLP_MORE,    /* the input is used up; no frame is complete */
	MLLP_FRAME,   /* a whole frame */
	MLLP_BROKEN,  /* a frame that did not end: VT within it, or FS without CR; what came of it is given */
	MLLP_TOO_LONG /* a frame beyond the limit, once: its beginning is given, the rest is passed over */
};
enum mllp_content { MLLP_MESSAGE, MLLP_COMMIT_ACK, MLLP_COMMIT_NAK }; /* the latter of MLLP release 2 */

struct mllp_counters { /* for the operator, since mllp_init */
	uint64_t bytes, frames;
	uint64_t junk;    /* bytes outside frames, the usual CR and LF between them not counted */
	uint64_t resyncs; /* VT inside a frame */
	uint64_t no_cr;   /* FS without CR */
	uint64_t too_long;
};
struct mllp {
	size_t frame_max;
	bool bare_fs; /* this peer ends frames with FS alone: they end there, a CR after it is passed over */
	struct mllp_counters count;
	struct slice frame; /* of the last event other than MLLP_MORE; valid until the next call */
	struct buf held;    /* the part of a frame that came with earlier input */
	enum mllp_state { MLLP_OUTSIDE, MLLP_INSIDE, MLLP_AFTER_FS, MLLP_AFTER_BARE_FS, MLLP_SKIPPING } state;
};

/* frame_max: bytes between VT and FS, 0 = MLLP_FRAME_DEFAULT. */
void mllp_init(struct mllp *m, size_t frame_max, bool bare_fs);
void mllp_free(struct mllp *m);
/*
 * Takes bytes off the front of *input up to the next event. Call until it gives MLLP_MORE. A frame that lies
 * whole in the input is not copied: m->frame then points into it.
 */
enum mllp_event mllp_feed(struct mllp *m, struct slice *input);
/* True when a frame has begun and not ended: for the idle limit. */
bool mllp_is_inside(const struct mllp *m);
/* What a frame is. */
enum mllp_content mllp_content(struct slice frame);
/* Appends message in a frame. ERR_INPUT when it holds VT or FS, which no frame can carry. */
int mllp_write(struct slice message, struct buf *out, struct err *e);
