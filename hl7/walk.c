/* From a place in a message to its bytes, by the index. */
#include "hl7/hl7.h"

static inline uint64_t
from_bit(uint32_t at)
{
	return ~UINT64_C(0) << (at & 63);
}

/* Position of the n-th (from 1) field separator in at … end, or end. */
static uint32_t
find_separator(const struct hl7_message *m, uint32_t at, uint32_t end, unsigned n)
{
	uint32_t i = at / 64;
	uint64_t bits = at < end ? m->block[i].field & from_bit(at) : 0;

	while (at < end) {
		for (; bits; bits &= bits - 1) {
			if (--n == 0) {
				uint32_t found = i * 64 + (uint32_t)__builtin_ctzll(bits);
				return found < end ? found : end;
			}
		}
		if (++i >= (end + 63) / 64)
			break;
		bits = m->block[i].field;
	}
	return end;
}

/* Position of the n-th (from 1) `delimiter` among the inner ones in at … end, or end. */
static uint32_t
find_inner(const struct hl7_message *m, uint32_t at, uint32_t end, char delimiter, unsigned n)
{
	if (at >= end || delimiter == 0)
		return end;
	uint32_t i = at / 64;
	uint64_t bits = m->block[i].inner & from_bit(at);

	for (;;) {
		for (; bits; bits &= bits - 1) {
			uint32_t found = i * 64 + (uint32_t)__builtin_ctzll(bits);

			if (found >= end)
				return end;
			if (m->bytes.at[found] == delimiter && --n == 0)
				return found;
		}
		if (++i >= (end + 63) / 64)
			return end;
		bits = m->block[i].inner;
	}
}

/* Where segment i's text ends: before the terminator in front of the next one. */
static uint32_t
segment_end(const struct hl7_message *m, uint32_t i)
{
	const char *p = m->bytes.at;
	uint32_t begin = m->segment[i];
	uint32_t end = i + 1 < m->segment_count ? m->segment[i + 1] : m->end;
	bool lf = m->flags & HL7_FLAG_LF;

	while (end > begin) {
		uint32_t text = end;

		while (text > begin && p[text - 1] == '\n')
			text--;
		if (text > begin && p[text - 1] == '\r')
			end = text - 1;
		else if (lf && text < end)
			end = text;
		else
			break;
	}
	return end;
}

struct slice
hl7_segment(const struct hl7_message *m, uint32_t i)
{
	return slice_from(m->bytes.at + m->segment[i], segment_end(m, i) - m->segment[i]);
}

struct slice
hl7_segment_name(const struct hl7_message *m, uint32_t i)
{
	struct slice s = hl7_segment(m, i);

	s.len = slice_find(s, m->delimiters.field);
	return s;
}

static bool
is_name(const struct hl7_message *m, uint32_t i, const char *name, uint32_t len)
{
	uint32_t at = m->segment[i];
	const char *p = m->bytes.at + at;

	if (m->end - at < len || memcmp(p, name, len) != 0)
		return false;
	return m->end - at == len || p[len] == m->delimiters.field || segment_end(m, i) - at == len;
}

uint32_t
hl7_segment_find(const struct hl7_message *m, uint32_t i, const char *name)
{
	uint32_t len = (uint32_t)strlen(name);

	while (i < m->segment_count && !is_name(m, i, name, len))
		i++;
	return i;
}

static bool
is_header(const struct hl7_message *m, uint32_t i)
{
	if (m->flags & HL7_FLAG_ASTM)
		return is_name(m, i, "H", 1);
	return is_name(m, i, "MSH", 3) || is_name(m, i, "FHS", 3) || is_name(m, i, "BHS", 3);
}

bool
hl7_is_header_field(const struct hl7_message *m, uint32_t i, unsigned n)
{
	return n <= 2 && is_header(m, i);
}

static enum hl7_state
state_of(struct slice s)
{
	if (s.len == 0)
		return HL7_EMPTY;
	return s.len == 2 && s.at[0] == '"' && s.at[1] == '"' ? HL7_NULL : HL7_VALUE;
}

static struct hl7_value
value_of(const struct hl7_message *m, uint32_t at, uint32_t end)
{
	struct slice s = slice_from(m->bytes.at + at, end - at);

	return (struct hl7_value){ state_of(s), s };
}

/* By how many a segment's field numbers differ from the number of separators before the field. */
static unsigned
shift_of(const struct hl7_message *m, uint32_t i)
{
	return m->shift || is_header(m, i) ? 1 : 0;
}

struct hl7_value
hl7_field(const struct hl7_message *m, uint32_t i, unsigned n)
{
	const struct hl7_value absent = { HL7_ABSENT, { NULL, 0 } };
	uint32_t at = m->segment[i], end = segment_end(m, i);
	unsigned skip = n - shift_of(m, i);

	if (n == 0)
		return absent;
	if (n == 1 && skip == 0 && !m->shift) { /* MSH-1 */
		at = find_separator(m, at, end, 1);
		return at < end ? value_of(m, at, at + 1) : absent;
	}
	if (skip > 0) {
		at = find_separator(m, at, end, skip);
		if (at++ == end)
			return absent;
	}
	return value_of(m, at, find_separator(m, at, end, 1));
}

unsigned
hl7_field_count(const struct hl7_message *m, uint32_t i)
{
	struct hl7_walk w;
	struct hl7_value v;

	hl7_walk_begin(&w, m, i);
	while (hl7_walk_next(&w, &v))
		;
	return w.field;
}

void
hl7_walk_begin(struct hl7_walk *w, const struct hl7_message *m, uint32_t i)
{
	*w = (struct hl7_walk){ .m = m, .at = m->segment[i], .end = segment_end(m, i), .left = 1 };
	if (m->shift)
		return;
	w->at = find_separator(m, w->at, w->end, 1);
	w->left = w->at < w->end;
	if (w->left && !is_header(m, i))
		w->at++;
	else if (w->left)
		w->left = 2; /* at the separator that is the first field */
}

bool
hl7_walk_next(struct hl7_walk *w, struct hl7_value *ret)
{
	if (!w->left)
		return false;
	w->field++;
	if (w->left == 2) {
		*ret = value_of(w->m, w->at, w->at + 1);
		w->at++;
		w->left = 1;
		return true;
	}
	uint32_t end = find_separator(w->m, w->at, w->end, 1);
	*ret = value_of(w->m, w->at, end);
	w->left = end < w->end;
	w->at = end + 1;
	return true;
}

/* Narrows *at … *end to its n-th piece between delimiters; false when there are fewer. */
static bool
cut(const struct hl7_message *m, char delimiter, unsigned n, uint32_t *at, uint32_t *end)
{
	if (n > 1) {
		uint32_t found = find_inner(m, *at, *end, delimiter, n - 1);

		if (found == *end)
			return false;
		*at = found + 1;
	}
	*end = find_inner(m, *at, *end, delimiter, 1);
	return true;
}

struct hl7_value
hl7_part(const struct hl7_message *m, struct hl7_value field, unsigned repetition, unsigned component,
    unsigned subcomponent)
{
	const struct hl7_value absent = { HL7_ABSENT, { NULL, 0 } };

	if (field.state == HL7_ABSENT || field.state == HL7_NULL)
		return repetition > 1 ? absent : field;
	uint32_t at = (uint32_t)(field.raw.at - m->bytes.at), end = at + (uint32_t)field.raw.len;
	if (subcomponent && !component)
		component = 1;
	if (component && !repetition)
		repetition = 1;
	if (repetition && !cut(m, m->delimiters.repetition, repetition, &at, &end))
		return absent;
	struct hl7_value v = value_of(m, at, end);
	if (v.state == HL7_NULL)
		return v;
	if (component && !cut(m, m->delimiters.component, component, &at, &end))
		return absent;
	v = value_of(m, at, end);
	if (v.state == HL7_NULL)
		return v;
	if (subcomponent && !cut(m, m->delimiters.subcomponent, subcomponent, &at, &end))
		return absent;
	return value_of(m, at, end);
}

bool
hl7_piece_next(struct slice *rest, char delimiter, struct hl7_value *ret)
{
	if (rest->at == NULL)
		return false;
	size_t end = delimiter ? slice_find(*rest, delimiter) : rest->len;
	struct slice piece = slice_from(rest->at, end);

	*rest = end < rest->len ? slice_skip(*rest, end + 1) : (struct slice){ NULL, 0 };
	*ret = (struct hl7_value){ state_of(piece), piece };
	return true;
}
