#include "hl7/batch.h"

#include "hl7/parse.h"

static bool
is_line_end(const struct hl7_batch *b, char c)
{
	return c == '\r' || (c == '\n' && b->lf);
}

/* What a line that begins here with its name opens; HL7_PART_OTHER when nothing. */
static enum hl7_part_kind
kind_at(const struct hl7_batch *b, size_t at)
{
	struct slice s = slice_skip(b->bytes, at);
	char next = s.len > 3 ? s.at[3] : '\r';

	if (s.len < 3 || s.at[2] != (s.at[0] == 'M' ? 'H' : 'S'))
		return HL7_PART_OTHER;
	if (slice_starts(s, SLICE("MSH")) && hl7_may_delimit(next))
		return HL7_PART_MESSAGE;
	if (slice_starts(s, SLICE("BHS")) && hl7_may_delimit(next))
		return HL7_PART_BATCH;
	if (slice_starts(s, SLICE("FHS")) && hl7_may_delimit(next))
		return HL7_PART_FILE;
	if (next != '\r' && next != '\n' && next != b->field)
		return HL7_PART_OTHER;
	if (slice_starts(s, SLICE("BTS")))
		return HL7_PART_BATCH_END;
	return slice_starts(s, SLICE("FTS")) ? HL7_PART_FILE_END : HL7_PART_OTHER;
}

/* Over what may stand before a segment's name: frame, mark, blanks, the LF of a CR LF. */
static size_t
skip_leading(const struct hl7_batch *b, size_t at)
{
	struct slice s = slice_skip(b->bytes, at);

	if (at == 0 && slice_starts(s, SLICE("\xef\xbb\xbf")))
		at += 3;
	while (at < b->bytes.len && memchr(" \t\n\v", b->bytes.at[at], 4) != NULL)
		at++;
	return at;
}

void
hl7_batch_begin(struct hl7_batch *b, struct slice bytes)
{
	size_t lf = slice_find(bytes, '\n');

	*b = (struct hl7_batch){ .bytes = bytes, .field = '|' };
	b->lf = lf < bytes.len && (lf == 0 || memchr(bytes.at, '\r', lf) == NULL);
}

/* The part's own end: where the next line that opens one begins. */
static size_t
find_end(const struct hl7_batch *b, size_t at)
{
	for (; at < b->bytes.len; at++) {
		if (!is_line_end(b, b->bytes.at[at]))
			continue;
		if (kind_at(b, skip_leading(b, at + 1)) != HL7_PART_OTHER)
			return at + 1 +
			       (b->bytes.at[at] == '\r' && at + 1 < b->bytes.len &&
				   b->bytes.at[at + 1] == '\n');
	}
	return b->bytes.len;
}

/* The number in a trailer's first field, or -1. */
static int64_t
count_said(const struct hl7_batch *b, size_t name)
{
	struct slice s = slice_skip(b->bytes, name + 4);
	size_t n = 0;
	int64_t value;

	while (n < s.len && s.at[n] >= '0' && s.at[n] <= '9')
		n++;
	return slice_to_int64(slice_from(s.at, n), &value) == 0 ? value : -1;
}

static void
count(struct hl7_batch *b, struct hl7_part_of_file *part, size_t name)
{
	part->said = part->seen = -1;
	if (part->kind == HL7_PART_MESSAGE || part->kind == HL7_PART_BATCH || part->kind == HL7_PART_FILE)
		b->field = b->bytes.at[name + 3];
	if (part->kind == HL7_PART_MESSAGE)
		b->messages++;
	if (part->kind == HL7_PART_BATCH) {
		b->messages = 0;
		b->batches++;
	}
	if (part->kind == HL7_PART_BATCH_END || part->kind == HL7_PART_FILE_END) {
		part->said = count_said(b, name);
		part->seen = part->kind == HL7_PART_BATCH_END ? b->messages : b->batches;
	}
}

bool
hl7_batch_next(struct hl7_batch *b, struct hl7_part_of_file *ret)
{
	size_t begin = b->at, name = skip_leading(b, begin);

	if (begin >= b->bytes.len)
		return false;
	while (begin == 0 && name < b->bytes.len && b->bytes.at[name] == '\r')
		name = skip_leading(b, name + 1);
	ret->kind = kind_at(b, name);
	count(b, ret, name);
	b->at = find_end(b, name);
	ret->bytes = slice_from(b->bytes.at + begin, b->at - begin);
	return true;
}

static bool
is_named(const struct hl7_message *m, uint32_t i, const char *name)
{
	return hl7_segment_find(m, i, name) == i;
}

/* The text of an ADD segment: all its fields, from the first separator on. */
static struct slice
added_text(const struct hl7_message *m, uint32_t i)
{
	return slice_skip(hl7_segment(m, i), 4);
}

void
hl7_join_added(const struct hl7_message *m, struct buf *out)
{
	uint32_t i = hl7_segment_find(m, 1, "ADD"), copied = 0;

	for (; i < m->segment_count; i = hl7_segment_find(m, i + 1, "ADD")) {
		struct slice before = hl7_segment(m, i - 1);
		uint32_t end = (uint32_t)(before.at + before.len - m->bytes.at);

		if (is_named(m, i - 1, "ADD")) /* its text is out, only its terminator is not */
			copied = end;
		buf_add(out, slice_from(m->bytes.at + copied, end - copied));
		buf_add(out, added_text(m, i));
		copied = m->segment[i] + (uint32_t)hl7_segment(m, i).len;
	}
	buf_add(out, slice_skip(m->bytes, copied));
}

struct hl7_value
hl7_continuation(const struct hl7_message *m)
{
	return hl7_get_text(m, "DSC-1");
}

/* Segments without the DSC at the end and an empty ADD before it. */
static uint32_t
count_without_tail(const struct hl7_message *m)
{
	uint32_t n = m->segment_count;

	if (n > 1 && is_named(m, n - 1, "DSC"))
		n--;
	if (n > 1 && is_named(m, n - 1, "ADD") && added_text(m, n - 1).len == 0)
		n--;
	return n;
}

int
hl7_join_continued(
    const struct hl7_message *first, const struct hl7_message *next, struct buf *out, struct err *e)
{
	struct hl7_value pointer = hl7_continuation(first), given = hl7_get_text(next, "MSH-14");

	if (memcmp(&first->delimiters, &next->delimiters, sizeof(first->delimiters)) != 0)
		return err_set(e, ERR_INPUT, "MSH-2", "the continuation has other delimiters");
	if (pointer.state != HL7_VALUE || !slice_eq(pointer.raw, given.raw))
		return err_set(e, ERR_CONFLICT, "MSH-14", "not the continuation that DSC-1 announces");
	for (uint32_t i = 0; i < count_without_tail(first); i++) {
		buf_add(out, hl7_segment(first, i));
		buf_add_char(out, '\r');
	}
	for (uint32_t i = 1; i < next->segment_count; i++) {
		buf_add(out, hl7_segment(next, i));
		buf_add_char(out, '\r');
	}
	return 0;
}
