#include "hl7/mllp.h"

void
mllp_init(struct mllp *m, size_t frame_max, bool bare_fs)
{
	*m = (struct mllp){ .frame_max = frame_max ? frame_max : MLLP_FRAME_DEFAULT, .bare_fs = bare_fs };
	buf_init(&m->held, m->frame_max);
}

void
mllp_free(struct mllp *m)
{
	buf_free(&m->held);
}

bool
mllp_is_inside(const struct mllp *m)
{
	return m->state != MLLP_OUTSIDE && m->state != MLLP_AFTER_BARE_FS;
}

static void
take(struct mllp *m, struct slice *input, size_t n)
{
	*input = slice_skip(*input, n);
	m->count.bytes += n;
}

static size_t
find_control(struct slice s)
{
	size_t fs = slice_find(s, MLLP_FS);

	return slice_find(slice_from(s.at, fs), MLLP_VT);
}

/* The frame's text is what was held and the first n bytes of the input. */
static void
finish(struct mllp *m, struct slice *input, size_t n)
{
	if (m->held.len == 0) {
		m->frame = slice_from(input->at, n);
	} else {
		buf_add(&m->held, slice_from(input->at, n));
		m->frame = buf_slice(&m->held);
	}
	take(m, input, n);
}

static enum mllp_event
end_with(struct mllp *m, enum mllp_state state, enum mllp_event event)
{
	m->state = state;
	if (event == MLLP_FRAME)
		m->count.frames++;
	return event;
}

static void
pass_outside(struct mllp *m, struct slice *input)
{
	size_t n = slice_find(*input, MLLP_VT);

	if (m->state == MLLP_AFTER_BARE_FS) {
		m->state = MLLP_OUTSIDE;
		if (input->len > 0 && input->at[0] == '\r') {
			take(m, input, 1);
			return;
		}
	}
	for (size_t i = 0; i < n; i++)
		m->count.junk += input->at[i] != '\r' && input->at[i] != '\n';
	take(m, input, n);
	if (input->len == 0)
		return;
	take(m, input, 1);
	buf_reset(&m->held);
	m->state = MLLP_INSIDE;
}

static enum mllp_event
too_long(struct mllp *m, struct slice *input)
{
	m->count.too_long++;
	finish(m, input, m->frame_max - m->held.len);
	return end_with(m, MLLP_SKIPPING, MLLP_TOO_LONG);
}

static enum mllp_event
read_inside(struct mllp *m, struct slice *input)
{
	size_t n = find_control(*input);

	if (n > m->frame_max - m->held.len)
		return too_long(m, input);
	if (n == input->len) {
		buf_add(&m->held, *input);
		take(m, input, n);
		return MLLP_MORE;
	}
	if (input->at[n] == MLLP_VT) {
		finish(m, input, n);
		m->count.resyncs++;
		return end_with(m, MLLP_OUTSIDE, MLLP_BROKEN);
	}
	if (m->bare_fs) {
		finish(m, input, n);
		take(m, input, 1);
		return end_with(m, MLLP_AFTER_BARE_FS, MLLP_FRAME);
	}
	if (n + 1 < input->len && input->at[n + 1] == '\r') {
		finish(m, input, n);
		take(m, input, 2);
		return end_with(m, MLLP_OUTSIDE, MLLP_FRAME);
	}
	buf_add(&m->held, slice_from(input->at, n));
	take(m, input, n + 1);
	m->state = MLLP_AFTER_FS;
	return MLLP_MORE;
}

static enum mllp_event
read_after_fs(struct mllp *m, struct slice *input)
{
	m->frame = buf_slice(&m->held);
	if (input->at[0] == '\r') {
		take(m, input, 1);
		return end_with(m, MLLP_OUTSIDE, MLLP_FRAME);
	}
	m->count.no_cr++;
	return end_with(m, MLLP_OUTSIDE, MLLP_BROKEN);
}

/* The rest of a frame that is too long. */
static void
skip(struct mllp *m, struct slice *input)
{
	size_t n = find_control(*input);

	take(m, input, n);
	if (input->len == 0)
		return;
	if (input->at[0] == MLLP_FS)
		take(m, input, 1);
	m->state = MLLP_AFTER_BARE_FS;
}

enum mllp_event
mllp_feed(struct mllp *m, struct slice *input)
{
	m->frame = (struct slice){ NULL, 0 };
	while (input->len > 0) {
		enum mllp_event event = MLLP_MORE;

		if (m->state == MLLP_INSIDE)
			event = read_inside(m, input);
		else if (m->state == MLLP_AFTER_FS)
			event = read_after_fs(m, input);
		else if (m->state == MLLP_SKIPPING)
			skip(m, input);
		else
			pass_outside(m, input);
		if (event != MLLP_MORE)
			return event;
	}
	return MLLP_MORE;
}

enum mllp_content
mllp_content(struct slice frame)
{
	if (frame.len == 1 && frame.at[0] == 6)
		return MLLP_COMMIT_ACK;
	return frame.len == 1 && frame.at[0] == 0x15 ? MLLP_COMMIT_NAK : MLLP_MESSAGE;
}

int
mllp_write(struct slice message, struct buf *out, struct err *e)
{
	if (find_control(message) < message.len)
		return err_set(e, ERR_INPUT, NULL, "the message holds a byte that only frames may have");
	buf_add_char(out, MLLP_VT);
	buf_add(out, message);
	buf_add_text(out, "\x1c\r");
	return buf_ok(out) ? 0 : err_set(e, ERR_LIMIT, NULL, "the frame is longer than its buffer may be");
}
