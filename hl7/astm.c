/* Records and frames. */
#include "hl7/astm.h"

#include "hl7/parse.h"

#define FRAME_DEFAULT ((size_t)64000)

static int
read_delimiters(struct hl7_message *m, struct slice text, struct err *e)
{
	struct hl7_delimiters *d = &m->delimiters;
	char *const place[] = { &d->repetition, &d->component, &d->escape };
	char seen[4] = { d->field };
	size_t count = 0;

	for (size_t i = 0; i < text.len && count < 3; i++) {
		if (!hl7_may_delimit(text.at[i]))
			return err_set(e, ERR_INPUT, "H-2", "byte 0x%02x cannot be a delimiter",
			    (unsigned)(unsigned char)text.at[i]);
		if (memchr(seen, text.at[i], count + 1) != NULL) {
			m->flags |= HL7_FLAG_TWICE_MSH2;
			continue;
		}
		*place[count++] = text.at[i];
		seen[count] = text.at[i];
	}
	m->flags |= count < 3 ? HL7_FLAG_SHORT_MSH2 : 0;
	return 0;
}

int
astm_parse(struct hl7_message *m, struct slice records, const struct hl7_limits *limits, struct err *e)
{
	int rc = hl7_parse_begin(m, records, limits, e);

	if (rc < 0)
		return rc;
	struct slice text = slice_from(records.at + m->begin, m->end - m->begin);
	m->flags |= HL7_FLAG_ASTM;
	m->shift = 1;
	if (text.len < 2 || text.at[0] != 'H' || !hl7_may_delimit(text.at[1]))
		return hl7_fault(e, ERR_INPUT, m->begin, "does not begin with an H record");
	m->delimiters.field = text.at[1];
	size_t end = 2;
	while (end < text.len && text.at[end] != text.at[1] && text.at[end] != '\r' && text.at[end] != '\n')
		end++;
	rc = read_delimiters(m, slice_from(text.at + 2, end - 2), e);
	if (rc == 0)
		rc = hl7_parse_index(m, limits, e);
	if (rc < 0)
		m->segment_count = 0;
	return rc;
}

void
astm_checksum(struct slice bytes, char out[3])
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned sum = 0;

	for (size_t i = 0; i < bytes.len; i++)
		sum += (unsigned char)bytes.at[i];
	out[0] = digits[sum >> 4 & 15];
	out[1] = digits[sum & 15];
	out[2] = 0;
}

void
astm_frames_init(struct astm_frames *f, size_t frame_max, bool no_lf)
{
	*f = (struct astm_frames){ .frame_max = frame_max ? frame_max : FRAME_DEFAULT, .no_lf = no_lf };
	buf_init(&f->held, f->frame_max + 2);
}

void
astm_frames_free(struct astm_frames *f)
{
	buf_free(&f->held);
}

static enum astm_token
bad(struct astm_frames *f, const char *fault)
{
	f->state = ASTM_BETWEEN;
	f->fault = fault;
	return ASTM_GOT_BAD;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
}

/* The frame is complete: is it right? */
static enum astm_token
finish(struct astm_frames *f)
{
	struct slice held = buf_slice(&f->held);
	char sum[3];

	f->state = ASTM_BETWEEN;
	if (f->too_long)
		return bad(f, "longer than the limit");
	astm_checksum(held, sum);
	if (sum[0] != upper(f->sum[0]) || sum[1] != upper(f->sum[1]))
		return bad(f, "wrong checksum");
	if (held.len < 2 || held.at[0] < '0' || held.at[0] > '7')
		return bad(f, "no frame number from 0 to 7");
	f->number = (unsigned)(held.at[0] - '0');
	f->text = slice_from(held.at + 1, held.len - 2);
	f->is_last = held.at[held.len - 1] == ASTM_ETX;
	return ASTM_GOT_FRAME;
}

static enum astm_token
between(struct astm_frames *f, char c)
{
	switch (c) {
	case ASTM_ENQ:
		return ASTM_GOT_ENQ;
	case ASTM_EOT:
		return ASTM_GOT_EOT;
	case ASTM_ACK:
		return ASTM_GOT_ACK;
	case ASTM_NAK:
		return ASTM_GOT_NAK;
	case ASTM_STX:
		buf_reset(&f->held);
		f->too_long = false;
		f->state = ASTM_TEXT;
		return ASTM_MORE;
	default:
		f->junk += c != '\r' && c != '\n';
		return ASTM_MORE;
	}
}

static enum astm_token
in_text(struct astm_frames *f, char c)
{
	if (c == ASTM_STX) { /* the first one was not finished */
		buf_reset(&f->held);
		f->too_long = false;
		f->fault = "cut off by another frame";
		return ASTM_GOT_BAD;
	}
	if (c == ASTM_EOT || c == ASTM_ENQ) {
		f->state = ASTM_BETWEEN;
		return between(f, c);
	}
	buf_add_char(&f->held, c);
	if (!buf_ok(&f->held)) {
		buf_reset(&f->held);
		f->too_long = true;
	}
	if (c == ASTM_ETX || c == ASTM_ETB)
		f->state = ASTM_SUM_1;
	return ASTM_MORE;
}

/* What follows the checksum; *ret_again when c belongs to what comes next. */
static enum astm_token
after_sum(struct astm_frames *f, char c, bool *ret_again)
{
	if (f->state == ASTM_END_CR && c == '\r' && !f->no_lf) {
		f->state = ASTM_END_LF;
		return ASTM_MORE;
	}
	*ret_again = c != '\n' && c != '\r';
	return finish(f);
}

enum astm_token
astm_frames_feed(struct astm_frames *f, struct slice *input)
{
	while (input->len > 0) {
		enum astm_token token = ASTM_MORE;
		char c = input->at[0];
		bool again = false;

		switch (f->state) {
		case ASTM_BETWEEN:
			token = between(f, c);
			break;
		case ASTM_TEXT:
			token = in_text(f, c);
			break;
		case ASTM_SUM_1:
			f->sum[0] = c;
			f->state = ASTM_SUM_2;
			break;
		case ASTM_SUM_2:
			f->sum[1] = c;
			f->state = ASTM_END_CR;
			if (f->no_lf)
				token = finish(f);
			break;
		case ASTM_END_CR:
		case ASTM_END_LF:
			token = after_sum(f, c, &again);
			break;
		}
		if (!again)
			*input = slice_skip(*input, 1);
		if (token != ASTM_MORE)
			return token;
	}
	return ASTM_MORE;
}

static void
add_frame(struct buf *out, unsigned number, struct slice text, char end)
{
	char sum[3];
	size_t begin = out->len + 1;

	buf_add_char(out, ASTM_STX);
	buf_add_char(out, (char)('0' + number % 8));
	buf_add(out, text);
	buf_add_char(out, end);
	if (!buf_ok(out))
		return;
	astm_checksum(slice_from(out->at + begin, out->len - begin), sum);
	buf_add_text(out, sum);
	buf_add_text(out, "\r\n");
}

int
astm_frame_write(struct slice records, size_t text_max, struct buf *out, struct err *e)
{
	unsigned number = 1;

	for (size_t i = 0; i < records.len; i++)
		if ((unsigned char)records.at[i] < 0x20 && records.at[i] != '\r')
			return hl7_fault(e, ERR_INPUT, i, "a control byte that frames cannot carry");
	while (records.len > 0) {
		size_t len = slice_find(records, '\r');
		struct slice record = slice_from(records.at, len < records.len ? len + 1 : len);

		records = slice_skip(records, record.len);
		while (record.len > text_max) {
			add_frame(out, number++, slice_from(record.at, text_max), ASTM_ETB);
			record = slice_skip(record, text_max);
		}
		add_frame(out, number++, record, ASTM_ETX);
	}
	return buf_ok(out) ? 0
			   : err_set(e, ERR_LIMIT, NULL, "the frames are longer than their buffer may be");
}

int
astm_unframe(struct slice capture, struct buf *out, size_t *ret_bad, struct err *e)
{
	struct astm_frames f;
	enum astm_token token;
	size_t bad_frames = 0;

	if (memchr(capture.at, ASTM_STX, capture.len) == NULL) {
		buf_add(out, capture);
		*ret_bad = 0;
		return buf_ok(out) ? 0 : err_set(e, ERR_LIMIT, NULL, "longer than the limit");
	}
	astm_frames_init(&f, HL7_BYTES_DEFAULT, false);
	struct slice ended = SLICE("\n"); /* a last frame without line end is judged all the same */
	for (int i = 0; i < 2; i++, capture = ended) {
		if (i == 1 && f.state != ASTM_END_CR && f.state != ASTM_END_LF)
			break;
		while ((token = astm_frames_feed(&f, &capture)) != ASTM_MORE) {
			bad_frames += token == ASTM_GOT_BAD;
			if (token != ASTM_GOT_FRAME)
				continue;
			buf_add(out, f.text);
			if (f.is_last && f.text.len > 0 && f.text.at[f.text.len - 1] != '\r')
				buf_add_char(out, '\r');
		}
	}
	bad_frames += f.state != ASTM_BETWEEN;
	astm_frames_free(&f);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, NULL, "longer than the limit");
	*ret_bad = bad_frames;
	if (out->len == 0)
		return err_set(e, ERR_INPUT, NULL, "no whole frame: STX, number, text, ETX or ETB, checksum");
	return 0;
}
