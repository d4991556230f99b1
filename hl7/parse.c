/* From bytes to the index. */
#include "hl7/parse.h"

#include <stdio.h>
#include <stdlib.h>

#include "hl7/token.h"

#define VT '\v'
#define FS '\x1c'
#define SEGMENTS_FIRST 128u

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
	m->end = (uint32_t)bytes.len;
	if (bytes.len > 2 && bytes.at[0] == 'M' && bytes.at[1] == 'S') { /* as nearly all begin */
		cut_frame(m);
		return 0;
	}
	if (looks_like_utf16(bytes))
		return hl7_fault(e, ERR_INPUT, 0, "UTF-16 text: decode it before parsing");
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
	size_t first = slice_find(text, '\r'), lf = slice_find(slice_from(text.at, first), '\n');
	uint32_t next = m->begin + (uint32_t)lf + 1;

	if (lf == first)
		return false;
	while (next < m->end && m->bytes.at[next] == '\n')
		next++;
	return next >= m->end || is_segment_start(m, next);
}

struct indexing {
	struct hl7_message *m;
	uint32_t start; /* of the segment whose end is looked for */
	uint32_t segments_max, fields_max;
	struct err *e;
};

static int
fault_segment(const struct indexing *x, uint32_t number, const char *detail)
{
	char place[32];

	snprintf(place, sizeof(place), "segment %u", number);
	return err_set(x->e, ERR_LIMIT, place, "%s", detail);
}

/* Room for 64 more segments: as many as one block can end. */
static void
make_room(struct hl7_message *m)
{
	if (m->segment_capacity - m->segment_count >= 64)
		return;
	uint32_t more = m->segment_capacity ? m->segment_capacity * 2 : SEGMENTS_FIRST;
	uint32_t *larger = realloc(m->segment, more * sizeof(*larger));

	if (larger == NULL)
		fatal("out of memory: %u segments", more);
	m->segment = larger;
	m->segment_capacity = more;
}

/* Only a segment with as many bytes can have too many fields. */
static int
check_fields(const struct indexing *x, uint32_t end)
{
	const struct hl7_message *m = x->m;
	uint32_t fields = 0;

	for (uint32_t i = x->start; i < end; i++)
		fields += m->bytes.at[i] == m->delimiters.field;
	return fields > x->fields_max ? fault_segment(x, m->segment_count + 1, "more fields than the limit")
				      : 0;
}

/* Behind the LFs that follow a CR. */
static uint32_t
pass_line_feeds(struct hl7_message *m, uint32_t at)
{
	const char *p = m->bytes.at;
	uint32_t next = at + 1;

	for (; p[at] == '\r' && next < m->end && p[next] == '\n'; next++)
		m->flags |= next == at + 1 ? HL7_FLAG_CRLF : HL7_FLAG_BLANK_LINES;
	return next;
}

/* The terminators of one block, whose first byte is at `first`. */
static int
end_segments(struct indexing *x, uint64_t bits, uint32_t first)
{
	struct hl7_message *m = x->m;
	const char *p = m->bytes.at;

	make_room(m);
	for (; bits; bits &= bits - 1) {
		uint32_t at = first + (uint32_t)__builtin_ctzll(bits);

		if (at < x->start)
			continue; /* before the message, or an LF that was passed over */
		if (at == x->start) {
			m->flags |= HL7_FLAG_BLANK_LINES;
		} else {
			if (at - x->start > x->fields_max && check_fields(x, at) < 0)
				return ERR_LIMIT;
			m->segment[m->segment_count++] = x->start;
		}
		x->start = at + 1;
		if (x->start < m->end && p[x->start] == '\n')
			x->start = pass_line_feeds(m, at);
	}
	return m->segment_count > x->segments_max
		   ? fault_segment(x, x->segments_max + 1, "more segments than the limit")
		   : 0;
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
	uint64_t line[HL7_SCAN_BLOCKS];
	int rc = 0;

	for (uint32_t i = 0; i < m->block_count && rc == 0; i += HL7_SCAN_BLOCKS) {
		size_t left = m->end - (size_t)i * 64, most = (size_t)HL7_SCAN_BLOCKS * 64;
		size_t len = left < most ? left : most;

		function(p + (size_t)i * 64, len, a, m->block + i, line);
		for (uint32_t n = 0; n < (len + 63) / 64 && rc == 0; n++)
			if (line[n])
				rc = end_segments(x, line[n], (i + n) * 64);
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
	if (m->end - x->start > x->fields_max && check_fields(x, m->end) < 0)
		return ERR_LIMIT;
	make_room(m);
	m->segment[m->segment_count++] = x->start;
	return m->segment_count > x->segments_max
		   ? fault_segment(x, x->segments_max + 1, "more segments than the limit")
		   : 0;
}

int
hl7_parse_index(struct hl7_message *m, const struct hl7_limits *limits, struct err *e)
{
	const struct hl7_delimiters *d = &m->delimiters;
	struct indexing x = { .m = m, .start = m->begin, .e = e };
	bool lf = lines_end_with_lf(m);
	struct hl7_alphabet a = { .field = (uint8_t)d->field, .line = { '\r', lf ? '\n' : '\r' } };
	const char inner[] = { d->component, d->repetition, d->escape, d->subcomponent };

	x.segments_max = limits && limits->segments ? limits->segments : HL7_SEGMENTS_DEFAULT;
	x.fields_max = limits && limits->fields ? limits->fields : HL7_FIELDS_DEFAULT;
	if (x.segments_max > (m->end - m->begin) / 4 + 1)
		x.segments_max = (m->end - m->begin) / 4 + 1;
	for (int i = 0; i < 4; i++)
		a.inner[i] = inner[i] ? (uint8_t)inner[i] : '\r';
	m->flags |= lf ? HL7_FLAG_LF : 0;
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
	size_t end = 4;

	if (slice_starts(text, SLICE("MSH|^~\\&|"))) {
		m->delimiters = hl7_delimiters_usual;
		return 0;
	}
	bool batch = slice_starts(text, SLICE("FHS")) || slice_starts(text, SLICE("BHS"));
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
	for (uint32_t i = 1; i < m->segment_count; i++)
		if (bytes.at[m->segment[i]] == 'M' && hl7_segment_find(m, i, "MSH") == i)
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
