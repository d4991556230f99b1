/* From bytes to the index. */
#include "hl7/parse.h"

#include <stdio.h>
#include <stdlib.h>

#include "hl7/token.h"

#define VT '\v'
#define FS '\x1c'
#define SEGMENTS_FIRST 64u

const struct hl7_delimiters hl7_delimiters_usual = { '|', '^', '~', '\\', '&', 0 };

static const char *const flag_names[] = { "lf", "crlf", "bom", "leading", "framed", "blank-lines",
	"no-final-cr", "short-msh2", "long-msh2", "twice-msh2", "empty-msh2", "batch", "several", "astm" };

const char *
hl7_flag_name(enum hl7_flag flag)
{
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if ((unsigned)flag == 1u << i)
			return flag_names[i];
	return "unknown";
}

void
hl7_message_init(struct hl7_message *m)
{
	*m = (struct hl7_message){ 0 };
}

void
hl7_message_free(struct hl7_message *m)
{
	free(m->segment);
	free(m->block);
	*m = (struct hl7_message){ 0 };
}

size_t
hl7_index_size(const struct hl7_message *m)
{
	return m->block_count * sizeof(*m->block) + m->segment_count * sizeof(*m->segment);
}

int
hl7_fault(struct err *e, enum err_code code, size_t byte, const char *detail)
{
	char place[32];

	snprintf(place, sizeof(place), "byte %zu", byte);
	return err_set(e, code, place, "%s", detail);
}

bool
hl7_may_delimit(char c)
{
	if (c <= ' ' || c > '~' || c == '"')
		return false;
	return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == VT;
}

/* Takes FS, and line ends after it, off the end: an MLLP frame given with its trailer, or the rests of some.
 */
static void
cut_frame(struct hl7_message *m)
{
	const char *p = m->bytes.at;

	for (;;) {
		uint32_t end = m->end;

		while (end > m->begin && (p[end - 1] == '\r' || p[end - 1] == '\n'))
			end--;
		if (end == m->begin || p[end - 1] != FS)
			return;
		m->end = end - 1;
		m->flags |= HL7_FLAG_FRAMED;
	}
}

static bool
looks_like_utf16(struct slice s)
{
	return slice_starts(s, SLICE("\xff\xfe")) || slice_starts(s, SLICE("\xfe\xff")) ||
	       (s.len >= 2 && (s.at[0] == 0) != (s.at[1] == 0));
}

int
hl7_parse_begin(struct hl7_message *m, struct slice bytes, const struct hl7_limits *limits, struct err *e)
{
	size_t most = limits && limits->bytes ? limits->bytes : HL7_BYTES_DEFAULT;

	if (most > HL7_BYTES_MAX)
		most = HL7_BYTES_MAX;
	m->bytes = bytes;
	m->flags = m->begin = m->end = m->segment_count = m->block_count = m->shift = 0;
	m->delimiters = (struct hl7_delimiters){ 0 };
	if (bytes.len > most)
		return hl7_fault(e, ERR_LIMIT, most, "the message is longer than the limit");
	if (looks_like_utf16(bytes))
		return hl7_fault(e, ERR_INPUT, 0, "UTF-16 text: decode it before parsing");
	m->end = (uint32_t)bytes.len;
	if (slice_starts(bytes, SLICE("\xef\xbb\xbf"))) {
		m->flags |= HL7_FLAG_BOM;
		m->begin = 3;
	}
	while (m->begin < m->end && is_blank(bytes.at[m->begin])) {
		m->flags |= HL7_FLAG_LEADING;
		m->begin++;
	}
	cut_frame(m);
	if (m->begin == m->end)
		return hl7_fault(e, ERR_INPUT, 0, "no message: nothing but white space");
	return 0;
}

/* Does a segment begin here: two or three letters or digits and a separator or line end? */
static bool
is_segment_start(const struct hl7_message *m, uint32_t at)
{
	const char *p = m->bytes.at;
	uint32_t n = 0;

	while (n < 3 && at + n < m->end &&
	       ((p[at + n] >= 'A' && p[at + n] <= 'Z') || (p[at + n] >= '0' && p[at + n] <= '9')))
		n++;
	return n > 0 && (at + n == m->end || p[at + n] == m->delimiters.field || p[at + n] == '\n');
}

/* LF ends segments only where no CR comes before it and a segment (or the end) follows; else it is data. */
static bool
lines_end_with_lf(const struct hl7_message *m)
{
	struct slice text = slice_from(m->bytes.at + m->begin, m->end - m->begin);
	size_t lf = slice_find(text, '\n');
	uint32_t next = m->begin + (uint32_t)lf + 1;

	if (lf == text.len || memchr(text.at, '\r', lf) != NULL)
		return false;
	while (next < m->end && m->bytes.at[next] == '\n')
		next++;
	return next >= m->end || is_segment_start(m, next);
}

struct indexing {
	struct hl7_message *m;
	uint32_t start, segments_max, fields_max;
	bool lf;
	struct err *e;
};

static int
fault_segment(const struct indexing *x, const char *detail)
{
	char place[32];

	snprintf(place, sizeof(place), "segment %u", x->m->segment_count + 1);
	return err_set(x->e, ERR_LIMIT, place, "%s", detail);
}

static int
add_segment(struct indexing *x, uint32_t end)
{
	struct hl7_message *m = x->m;

	if (m->segment_count == x->segments_max)
		return fault_segment(x, "more segments than the limit");
	if (m->segment_count == m->segment_capacity) {
		uint32_t more = m->segment_capacity ? m->segment_capacity * 2 : SEGMENTS_FIRST;
		uint32_t *larger = realloc(m->segment, more * sizeof(*larger));

		if (larger == NULL)
			fatal("out of memory: %u segments", more);
		m->segment = larger;
		m->segment_capacity = more;
	}
	m->segment[m->segment_count] = x->start;
	if (end - x->start > x->fields_max) {
		uint32_t fields = 0;

		for (uint32_t i = x->start; i < end; i++)
			fields += m->bytes.at[i] == m->delimiters.field;
		if (fields > x->fields_max)
			return fault_segment(x, "more fields than the limit");
	}
	m->segment_count++;
	return 0;
}

/* A terminator at `at`: ends the current segment and finds where the next one begins. */
static int
end_segment(struct indexing *x, uint32_t at)
{
	struct hl7_message *m = x->m;
	const char *p = m->bytes.at;

	if (at < x->start)
		return 0; /* the LF of a CR LF, already passed over */
	if (at > x->start) {
		int rc = add_segment(x, at);

		if (rc < 0)
			return rc;
	} else {
		m->flags |= HL7_FLAG_BLANK_LINES;
	}
	x->start = at + 1;
	for (; p[at] == '\r' && x->start < m->end && p[x->start] == '\n'; x->start++)
		m->flags |= x->start == at + 1 ? HL7_FLAG_CRLF : HL7_FLAG_BLANK_LINES;
	return 0;
}

static int
end_segments(struct indexing *x, const uint64_t *line, size_t count, uint32_t first)
{
	for (size_t i = 0; i < count; i++) {
		for (uint64_t bits = line[i]; bits; bits &= bits - 1) {
			uint32_t at = first + (uint32_t)i * 64 + (uint32_t)__builtin_ctzll(bits);
			int rc = at < x->m->begin || at >= x->m->end ? 0 : end_segment(x, at);

			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static void
make_blocks(struct hl7_message *m)
{
	m->block_count = (m->end + 63) / 64;
	if (m->block_count <= m->block_capacity)
		return;
	free(m->block);
	m->block = malloc(m->block_count * sizeof(*m->block));
	if (m->block == NULL)
		fatal("out of memory: index of %u blocks", m->block_count);
	m->block_capacity = m->block_count;
}

static int
scan(struct indexing *x, const struct hl7_alphabet *a)
{
	struct hl7_message *m = x->m;
	hl7_scan *function = hl7_scan_of(m->tokeniser);
	const uint8_t *p = (const uint8_t *)m->bytes.at;
	uint32_t whole = m->end / 64;
	uint64_t line[HL7_SCAN_BLOCKS];
	int rc = 0;

	for (uint32_t i = 0; i < whole && rc == 0; i += HL7_SCAN_BLOCKS) {
		size_t count = whole - i < HL7_SCAN_BLOCKS ? whole - i : HL7_SCAN_BLOCKS;

		function(p + (size_t)i * 64, count, a, m->block + i, line);
		rc = end_segments(x, line, count, i * 64);
	}
	if (rc == 0 && m->end % 64 != 0) {
		uint8_t last[64] = { 0 };

		memcpy(last, p + (size_t)whole * 64, m->end % 64);
		function(last, 1, a, m->block + whole, line);
		rc = end_segments(x, line, 1, whole * 64);
	}
	return rc;
}

/* Text behind the last terminator. */
static int
end_message(struct indexing *x)
{
	struct hl7_message *m = x->m;

	if (x->start >= m->end)
		return 0;
	m->flags |= HL7_FLAG_NO_FINAL_CR;
	return add_segment(x, m->end);
}

int
hl7_parse_index(struct hl7_message *m, const struct hl7_limits *limits, struct err *e)
{
	const struct hl7_delimiters *d = &m->delimiters;
	struct indexing x = { .m = m, .start = m->begin, .e = e, .lf = lines_end_with_lf(m) };
	struct hl7_alphabet a = { .field = (uint8_t)d->field, .line = { '\r', x.lf ? '\n' : '\r' } };
	const char inner[] = { d->component, d->repetition, d->escape, d->subcomponent };

	x.segments_max = limits && limits->segments ? limits->segments : HL7_SEGMENTS_DEFAULT;
	x.fields_max = limits && limits->fields ? limits->fields : HL7_FIELDS_DEFAULT;
	if (x.segments_max > (m->end - m->begin) / 4 + 1)
		x.segments_max = (m->end - m->begin) / 4 + 1;
	for (int i = 0; i < 4; i++)
		a.inner[i] = inner[i] ? (uint8_t)inner[i] : '\r';
	m->flags |= x.lf ? HL7_FLAG_LF : 0;
	make_blocks(m);
	int rc = scan(&x, &a);
	if (rc == 0)
		rc = end_message(&x);
	return rc;
}

/* Reads MSH-2. */
static int
read_encoding(struct hl7_message *m, struct slice text, struct err *e)
{
	char *const place[] = { &m->delimiters.component, &m->delimiters.repetition, &m->delimiters.escape,
		&m->delimiters.subcomponent, &m->delimiters.truncation };
	char seen[6] = { m->delimiters.field };
	size_t count = 0;

	if (text.len == 0) {
		char field = m->delimiters.field;
		m->delimiters = hl7_delimiters_usual;
		m->delimiters.field = field;
		m->flags |= HL7_FLAG_EMPTY_MSH2;
		return field == '|' ? 0 : err_set(e, ERR_INPUT, "MSH-2", "no encoding characters");
	}
	for (size_t i = 0; i < text.len; i++) {
		if (!hl7_may_delimit(text.at[i]))
			return err_set(e, ERR_INPUT, "MSH-2", "byte 0x%02x cannot be an encoding character",
			    (unsigned)(unsigned char)text.at[i]);
		if (memchr(seen, text.at[i], count + 1) != NULL) {
			m->flags |= HL7_FLAG_TWICE_MSH2;
		} else if (count == 5) {
			m->flags |= HL7_FLAG_LONG_MSH2;
			break;
		} else {
			*place[count++] = text.at[i];
			seen[count] = text.at[i];
		}
	}
	m->flags |= count < 4 ? HL7_FLAG_SHORT_MSH2 : 0;
	return 0;
}

static int
read_header(struct hl7_message *m, struct err *e)
{
	struct slice text = slice_from(m->bytes.at + m->begin, m->end - m->begin);
	bool batch = slice_starts(text, SLICE("FHS")) || slice_starts(text, SLICE("BHS"));
	size_t end = 4;

	if (!batch && !slice_starts(text, SLICE("MSH")))
		return hl7_fault(e, ERR_INPUT, m->begin, "does not begin with MSH, FHS or BHS");
	if (text.len < 4 || !hl7_may_delimit(text.at[3]))
		return hl7_fault(
		    e, ERR_INPUT, m->begin + 3, "no field separator after the first three letters");
	m->flags |= batch ? HL7_FLAG_BATCH : 0;
	m->delimiters.field = text.at[3];
	while (end < text.len && text.at[end] != text.at[3] && text.at[end] != '\r' && text.at[end] != '\n')
		end++;
	return read_encoding(m, slice_from(text.at + 4, end - 4), e);
}

int
hl7_parse(struct hl7_message *m, struct slice bytes, const struct hl7_limits *limits, struct err *e)
{
	int rc = hl7_parse_begin(m, bytes, limits, e);

	if (rc == 0)
		rc = read_header(m, e);
	if (rc == 0)
		rc = hl7_parse_index(m, limits, e);
	if (rc < 0) {
		m->segment_count = 0;
		return rc;
	}
	if (hl7_segment_find(m, 1, "MSH") < m->segment_count)
		m->flags |= HL7_FLAG_SEVERAL;
	return 0;
}

void
hl7_write(const struct hl7_message *m, struct buf *out)
{
	buf_add(out, m->bytes);
}

void
hl7_write_strict(const struct hl7_message *m, struct buf *out)
{
	for (uint32_t i = 0; i < m->segment_count; i++) {
		buf_add(out, hl7_segment(m, i));
		buf_add_char(out, '\r');
	}
}
