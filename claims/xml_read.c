/*
 * Reading claim files: the envelope GIAMDINHHS claim by claim, and the check-in file. The structure is a
 * small table of parts per element; findings carry the place, and only what cannot be read at all is an
 * error.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "claims/xml.h"
#include "claims/xml_table.h"

#define HEADER_VALUE_MAX 64

struct read_state {
	struct xml_input outer, inner;
	struct arena *scratch;
	bool keep; /* scratch is the caller's: one claim, kept */
	struct claim_findings *file_findings;
	struct claim_findings claim_findings;
	struct claim_findings *findings; /* the list in use */
	struct claim_document *document;
	claim_read_fn each;
	void *context;
	struct claim_file file;
	bool has_declared;
	struct buf value, content, decoded;
	/* of the FILEHOSO being read */
	int table;
	bool is_read;
	uint32_t tables_seen;
	int last_table;
};

/* A child element that an element may have: in this order, once unless it repeats. */
struct part {
	const char *name;
	int (*read)(struct read_state *s);
	bool repeats;
};

static int
failed(struct read_state *s)
{
	return s->outer.err.code;
}

static void
find_here(struct read_state *s, enum claim_finding_code code, const char *detail)
{
	xml_finding(&s->outer, s->findings, code, -1, 0, -1, detail);
}

static void
find_name(struct read_state *s, enum claim_finding_code code)
{
	char name[HEADER_VALUE_MAX];
	struct slice n = xml_name(&s->outer);
	snprintf(name, sizeof(name), "%.*s", SLICE_ARG(n));
	find_here(s, code, name);
}

static int
read_part(struct read_state *s, const struct part *parts, unsigned *seen)
{
	unsigned i = 0;
	while (parts[i].name && !xml_is(&s->outer, parts[i].name))
		i++;
	if (!parts[i].name) {
		find_name(s, FINDING_ELEMENT_UNKNOWN);
		return xml_skip(&s->outer);
	}
	if (*seen & 1u << i && !parts[i].repeats) {
		find_name(s, FINDING_ELEMENT_DUPLICATE);
		return xml_skip(&s->outer);
	}
	if (*seen >> (i + 1))
		find_name(s, FINDING_ELEMENT_MISPLACED);
	*seen |= 1u << i;
	return parts[i].read(s);
}

/* The children of the element that has just begun, by its table of parts (ends with a nameless row). */
static int
read_parts(struct read_state *s, const struct part *parts)
{
	unsigned seen = 0;
	bool more = !xml_is_empty(&s->outer);
	while (more) {
		enum xml_event event = xml_child(&s->outer, s->findings, -1, 0);
		if (event == XML_FAILED || (event == XML_START && read_part(s, parts, &seen) < 0))
			return failed(s);
		more = event == XML_START;
	}
	for (unsigned i = 0; parts[i].name; i++)
		if (!(seen >> i & 1))
			find_here(s, FINDING_ELEMENT_MISSING, parts[i].name);
	return 0;
}

/* A header value into s->value, without blanks around it. */
static int
read_header(struct read_state *s, struct slice *ret)
{
	bool nested = false;
	int rc = xml_value(&s->outer, &s->value, &nested, &s->outer.err);
	if (rc < 0)
		return rc;
	if (nested)
		find_name(s, FINDING_ELEMENT_NESTED);
	*ret = slice_trim(buf_slice(&s->value));
	return 0;
}

static void
header_fault(struct read_state *s, const char *name, struct slice value)
{
	char detail[HEADER_VALUE_MAX + 16];
	snprintf(detail, sizeof(detail), "%s \"%.*s\"", name, value.len < 32 ? (int)value.len : 32,
	    value.len ? value.at : "");
	find_here(s, FINDING_HEADER_VALUE, detail);
}

static int
read_facility(struct read_state *s)
{
	struct slice value;
	if (read_header(s, &value) < 0)
		return failed(s);
	if (value.len != 5)
		header_fault(s, "MACSKCB", value);
	s->file.ma_cskcb =
	    arena_slice(s->file_findings->arena, slice_from(value.at, value.len < 32 ? value.len : 32));
	return 0;
}

static int
read_date(struct read_state *s)
{
	struct slice value;
	struct err why;
	if (read_header(s, &value) < 0)
		return failed(s);
	if (date_parse8(value, &s->file.ngay_lap, &why) < 0)
		header_fault(s, "NGAYLAP", value);
	return 0;
}

static int
read_declared(struct read_state *s)
{
	struct slice value;
	int64_t number;
	if (read_header(s, &value) < 0)
		return failed(s);
	if (slice_to_int64(value, &number) < 0 || number < 1 || number > CLAIM_READ_CLAIMS_MAX) {
		header_fault(s, "SOLUONGHOSO", value);
		return 0;
	}
	s->file.declared = (size_t)number;
	s->has_declared = true;
	return 0;
}

static int
read_kind(struct read_state *s)
{
	struct slice value;
	if (read_header(s, &value) < 0)
		return failed(s);
	int table = claim_table_find(value);
	if (table <= CLAIM_XML0 || !claim_tables[table].root) {
		char name[HEADER_VALUE_MAX];
		snprintf(name, sizeof(name), "%.*s", value.len < 32 ? (int)value.len : 32,
		    value.len ? value.at : "");
		find_here(s, FINDING_TABLE_UNKNOWN, name);
		return 0;
	}
	s->table = table;
	return 0;
}

/* Notes that a table is about to be read; false when it was there before. */
static bool
begin_table(struct read_state *s, int table)
{
	const char *name = claim_tables[table].name;
	s->is_read = true;
	if (s->tables_seen >> table & 1) {
		find_here(s, FINDING_TABLE_DUPLICATE, name);
		return false;
	}
	if (table < s->last_table)
		find_here(s, FINDING_TABLE_ORDER, name);
	s->last_table = table;
	s->tables_seen |= 1u << table;
	return true;
}

static int
table_of_root(struct xml_input *in)
{
	for (int t = CLAIM_XML1; t < CLAIM_TABLES; t++)
		if (claim_tables[t].root && xml_is(in, claim_tables[t].root))
			return t;
	return -1;
}

static int
read_table(struct read_state *s, struct xml_input *in, int table)
{
	struct xml_table_reader t = { .in = in,
		.document = s->document,
		.findings = s->findings,
		.table = (enum claim_table)table,
		.value = &s->value };
	return xml_table_read(&t);
}

/* NOIDUNGFILE with child elements: a table that a portal export has decoded. */
static int
read_decoded(struct read_state *s)
{
	int table = s->table >= 0 ? s->table : table_of_root(&s->outer);
	if (s->is_read || table < 0) {
		find_name(s, FINDING_ELEMENT_UNKNOWN);
		return xml_skip(&s->outer);
	}
	if (!begin_table(s, table))
		return xml_skip(&s->outer);
	find_here(s, FINDING_TABLE_DECODED, claim_tables[table].name);
	return read_table(s, &s->outer, table);
}

static int
read_content(struct read_state *s)
{
	buf_reset(&s->content);
	bool more = !xml_is_empty(&s->outer);
	while (more) {
		enum xml_event event = xml_next(&s->outer);
		if (event == XML_FAILED || (event == XML_START && read_decoded(s) < 0))
			return failed(s);
		if (event == XML_TEXT)
			buf_add(&s->content, xml_text(&s->outer));
		if (!buf_ok(&s->content))
			return err_set(
			    &s->outer.err, ERR_LIMIT, "NOIDUNGFILE", "longer than %zu bytes", s->content.max);
		more = event == XML_START || event == XML_TEXT;
	}
	return 0;
}

static void
broken(struct read_state *s, int table, const char *why)
{
	xml_finding(&s->outer, s->findings, FINDING_TABLE_BROKEN, table, 0, -1, why);
}

static struct slice
without_bom(struct slice s)
{
	if (slice_starts(s, SLICE("\xef\xbb\xbf")))
		s = slice_skip(s, 3);
	while (s.len && (s.at[0] == ' ' || (s.at[0] >= '\t' && s.at[0] <= '\r')))
		s = slice_skip(s, 1);
	return s;
}

static enum xml_event
first_element(struct xml_input *in)
{
	enum xml_event event;
	do
		event = xml_next(in);
	while (event == XML_TEXT);
	return event;
}

/* Reads on to the end: what follows a root is checked for well-formedness, too. */
static int
read_tail(struct xml_input *in)
{
	enum xml_event event;
	do
		event = xml_next(in);
	while (event != XML_FAILED && event != XML_AT_END);
	return event == XML_FAILED ? (int)in->err.code : 0;
}

/* The base64 table in s->content. Faults of its XML are findings; limits end the reading. */
static int
read_inner(struct read_state *s, int table)
{
	struct err why = { 0 };
	buf_reset(&s->decoded);
	if (buf_add_base64_decoded(&s->decoded, buf_slice(&s->content)) < 0) {
		broken(s, table, "base64");
		return 0;
	}
	struct slice text = without_bom(buf_slice(&s->decoded));
	int rc = xml_open_bytes(&s->inner, text, &why);
	if (rc == 0)
		rc = first_element(&s->inner) == XML_START ? 0 : (int)s->inner.err.code;
	if (rc == 0)
		rc = read_table(s, &s->inner, table);
	if (rc == 0)
		rc = read_tail(&s->inner);
	if (rc == 0)
		return 0;
	if (!why.code)
		why = s->inner.err;
	if (rc == ERR_LIMIT) {
		s->outer.err = why;
		return rc;
	}
	broken(s, table, why.detail);
	return 0;
}

static int
read_file(struct read_state *s)
{
	static const struct part parts[] = { { "LOAIHOSO", read_kind, false },
		{ "NOIDUNGFILE", read_content, false }, { 0 } };
	s->table = -1;
	s->is_read = false;
	buf_reset(&s->content);
	if (read_parts(s, parts) < 0)
		return failed(s);
	bool empty = slice_trim(buf_slice(&s->content)).len == 0;
	if (s->is_read && !empty)
		find_here(s, FINDING_TEXT_UNEXPECTED, "");
	if (s->is_read || s->table < 0)
		return 0;
	if (empty) {
		find_here(s, FINDING_TABLE_EMPTY, claim_tables[s->table].name);
		return 0;
	}
	return begin_table(s, s->table) ? read_inner(s, s->table) : 0;
}

static void
begin_claim(struct read_state *s)
{
	if (!s->keep)
		arena_reset(s->scratch);
	claim_findings_init(&s->claim_findings, s->scratch);
	s->claim_findings.claim = (uint32_t)s->file.count;
	s->findings = s->keep ? s->file_findings : &s->claim_findings;
	s->document = claim_document_new(s->scratch);
	s->tables_seen = 0;
	s->last_table = 0;
}

/* The document is complete: hands it over. */
static int
end_claim(struct read_state *s)
{
	struct err why = { 0 };
	int rc = s->each(s->context, s->document, s->findings, &why);
	if (rc < 0) {
		why.code = (enum err_code)rc;
		s->outer.err = why;
	}
	s->findings = s->file_findings;
	return rc;
}

static int
read_claim(struct read_state *s)
{
	static const struct part parts[] = { { "FILEHOSO", read_file, true }, { 0 } };
	if (s->file.count == CLAIM_READ_CLAIMS_MAX)
		return err_set(
		    &s->outer.err, ERR_LIMIT, "HOSO", "more than %u claims", CLAIM_READ_CLAIMS_MAX);
	s->file.count++;
	begin_claim(s);
	if (read_parts(s, parts) < 0)
		return failed(s);
	if (claim_row_count(s->document, CLAIM_XML1) == 0)
		find_here(s, FINDING_TABLE_MISSING, "XML1");
	return end_claim(s);
}

static int
read_claims(struct read_state *s)
{
	static const struct part parts[] = { { "HOSO", read_claim, true }, { 0 } };
	return read_parts(s, parts);
}

static int
read_unit(struct read_state *s)
{
	static const struct part parts[] = { { "MACSKCB", read_facility, false }, { 0 } };
	return read_parts(s, parts);
}

static int
read_info(struct read_state *s)
{
	static const struct part parts[] = { { "NGAYLAP", read_date, false },
		{ "SOLUONGHOSO", read_declared, false }, { "DANHSACHHOSO", read_claims, false }, { 0 } };
	return read_parts(s, parts);
}

static int
read_signature(struct read_state *s)
{
	return xml_signature_mark(&s->outer, &s->file.is_signed);
}

static int
read_envelope(struct read_state *s)
{
	static const struct part parts[] = { { "THONGTINDONVI", read_unit, false },
		{ "THONGTINHOSO", read_info, false }, { "CHUKYDONVI", read_signature, false }, { 0 } };
	s->file.kind = CLAIM_FILE_ENVELOPE;
	if (read_parts(s, parts) < 0)
		return failed(s);
	if (s->has_declared && s->file.declared != s->file.count) {
		char count[24];
		snprintf(count, sizeof(count), "%zu", s->file.count);
		claim_finding_add(s->findings, FINDING_CLAIMS_COUNT, -1, 0, -1, "%s", count)->path =
		    "GIAMDINHHS/THONGTINHOSO/SOLUONGHOSO";
	}
	return 0;
}

static int
read_checkin(struct read_state *s)
{
	s->file.kind = CLAIM_FILE_CHECKIN;
	s->file.count = s->file.declared = 1;
	begin_claim(s);
	struct xml_table_reader t = { .in = &s->outer,
		.document = s->document,
		.findings = s->findings,
		.table = CLAIM_XML0,
		.value = &s->value };
	if (xml_table_read(&t) < 0)
		return failed(s);
	s->file.is_signed = t.is_signed;
	if (claim_row_count(s->document, CLAIM_XML0) == 0)
		find_here(s, FINDING_TABLE_MISSING, "XML0");
	return end_claim(s);
}

static int
read_root(struct read_state *s)
{
	struct xml_input *in = &s->outer;
	enum xml_event event = first_element(in);
	if (event == XML_FAILED)
		return failed(s);
	if (event != XML_START)
		return err_set(&in->err, ERR_INPUT, NULL, "the document has no root element");
	const xmlNode *root = xmlTextReaderCurrentNode(in->reader);
	s->file.xmlns = root && root->nsDef;
	if (xml_is(in, "GIAMDINHHS"))
		return read_envelope(s);
	if (xml_is(in, claim_tables[CLAIM_XML0].root))
		return read_checkin(s);
	return err_set(&in->err, ERR_INPUT, NULL,
	    "the root element is neither GIAMDINHHS nor CHI_TIEU_TRANG_THAI_KCB (without a namespace)");
}

static int
read_all(struct read_state *s, struct claim_file *ret_file, struct err *e)
{
	s->findings = s->file_findings;
	buf_init(&s->value, CLAIM_READ_VALUE_MAX);
	buf_init(&s->content, CLAIM_READ_VALUE_MAX);
	buf_init(&s->decoded, CLAIM_READ_VALUE_MAX);
	int rc = read_root(s);
	if (rc == 0)
		rc = read_tail(&s->outer);
	if (rc == 0)
		*ret_file = s->file;
	else if (e)
		*e = s->outer.err;
	buf_free(&s->value);
	buf_free(&s->content);
	buf_free(&s->decoded);
	xml_close(&s->outer);
	xml_close(&s->inner);
	return rc;
}

static int
read_streaming(struct read_state *s, struct claim_findings *file_findings, claim_read_fn each, void *context,
    struct claim_file *ret_file, struct err *e)
{
	s->scratch = arena_new(0);
	s->file_findings = file_findings;
	s->each = each;
	s->context = context;
	int rc = read_all(s, ret_file, e);
	arena_free(s->scratch);
	return rc;
}

int
claim_read_bytes(struct slice file, struct claim_findings *file_findings, claim_read_fn each, void *context,
    struct claim_file *ret_file, struct err *e)
{
	struct read_state s = { 0 };
	int rc = xml_open_bytes(&s.outer, file, e);
	return rc < 0 ? rc : read_streaming(&s, file_findings, each, context, ret_file, e);
}

int
claim_read_fd(int fd, struct claim_findings *file_findings, claim_read_fn each, void *context,
    struct claim_file *ret_file, struct err *e)
{
	struct read_state s = { 0 };
	int rc = xml_open_fd(&s.outer, fd, e);
	return rc < 0 ? rc : read_streaming(&s, file_findings, each, context, ret_file, e);
}

static int
keep_one(void *context, struct claim_document *d, struct claim_findings *findings, struct err *e)
{
	struct claim_document **kept = context;
	(void)findings;
	if (*kept)
		return err_set(e, ERR_INPUT, "HOSO", "the file holds more than one claim");
	*kept = d;
	return 0;
}

int
claim_read_one(struct slice file, struct arena *a, struct claim_findings *findings,
    struct claim_document **ret, struct claim_file *ret_file, struct err *e)
{
	struct claim_document *kept = NULL;
	struct read_state s = {
		.scratch = a, .keep = true, .file_findings = findings, .each = keep_one, .context = &kept
	};
	struct claim_file info = { 0 };
	int rc = xml_open_bytes(&s.outer, file, e);
	if (rc == 0)
		rc = read_all(&s, &info, e);
	if (rc < 0)
		return rc;
	if (!kept)
		return err_set(e, ERR_INPUT, "HOSO", "the file holds no claim");
	*ret = kept;
	*ret_file = info;
	return 0;
}
