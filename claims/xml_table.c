/* One table: its root, list and rows. Whatever does not belong is reported with its place and passed over. */
#include <stdio.h>

#include "base/utf8.h"
#include "claims/xml.h"
#include "claims/xml_table.h"

#define PATH_MAX_BYTES 256

struct claim_finding *
xml_finding(struct xml_input *in, struct claim_findings *l, enum claim_finding_code code, int table,
    uint32_t row, int field, const char *detail)
{
	struct claim_finding *f = claim_finding_add(l, code, table, row, field, "%s", detail);
	char path[PATH_MAX_BYTES];
	xml_path(in, path, sizeof(path));
	f->path = l->total <= CLAIM_FINDINGS_MAX ? arena_text(l->arena, slice_of(path)) : "";
	f->line = xml_line(in);
	return f;
}

static void
name_finding(struct xml_table_reader *t, enum claim_finding_code code, uint32_t row, int field)
{
	char name[64];
	struct slice n = utf8_cut(xml_name(t->in), sizeof(name) - 1);
	memcpy(name, n.at, n.len);
	name[n.len] = '\0';
	xml_finding(t->in, t->findings, code, (int)t->table, row, field, name);
}

enum xml_event
xml_child(struct xml_input *in, struct claim_findings *l, int table, uint32_t row)
{
	for (;;) {
		enum xml_event event = xml_next(in);
		if (event != XML_TEXT)
			return event == XML_AT_END ? XML_STOP : event;
		if (slice_trim(xml_text(in)).len)
			xml_finding(in, l, FINDING_TEXT_UNEXPECTED, table, row, -1, "");
	}
}

int
xml_value(struct xml_input *in, struct buf *value, bool *ret_nested, struct err *e)
{
	buf_reset(value);
	*ret_nested = false;
	if (xml_is_empty(in))
		return 0;
	for (;;) {
		switch (xml_next(in)) {
		case XML_FAILED:
			*e = in->err;
			return in->err.code;
		case XML_TEXT:
			buf_add(value, xml_text(in));
			if (!buf_ok(value))
				return err_set(
				    e, ERR_LIMIT, NULL, "a value is longer than %zu bytes", value->max);
			break;
		case XML_START:
			*ret_nested = true;
			if (xml_skip(in) < 0) {
				*e = in->err;
				return in->err.code;
			}
			break;
		default:
			return 0;
		}
	}
}

int
xml_signature_mark(struct xml_input *in, bool *ret_signed)
{
	if (xml_is_empty(in))
		return 0;
	for (;;) {
		switch (xml_next(in)) {
		case XML_FAILED:
			return in->err.code;
		case XML_TEXT:
			*ret_signed |= slice_trim(xml_text(in)).len > 0;
			break;
		case XML_START:
			*ret_signed = true;
			if (xml_skip(in) < 0)
				return in->err.code;
			break;
		default:
			return 0;
		}
	}
}

static bool
is_nothing(struct slice s)
{
	return s.len == 0 || slice_eq_text(s, "NULL") || slice_eq_text(s, "null");
}

/* Free text may begin or end with blanks; in everything else they are a fault that can be healed. */
static struct slice
heal(struct xml_table_reader *t, uint32_t row, enum claim_field f, struct slice s)
{
	struct slice trimmed = slice_trim(s);
	if (s.len && is_nothing(trimmed)) {
		xml_finding(t->in, t->findings, FINDING_VALUE_BLANK, (int)t->table, row, (int)f, "");
		return SLICE("");
	}
	if (trimmed.len == s.len || claim_fields[f].type == CLAIM_STRING)
		return s;
	xml_finding(t->in, t->findings, FINDING_VALUE_SPACES, (int)t->table, row, (int)f, "");
	return trimmed;
}

static void
check_length(struct xml_table_reader *t, uint32_t row, enum claim_field f, struct slice s)
{
	unsigned max = claim_fields[f].read_max;
	if (max == 0 || s.len <= max || utf8_length(s) <= max)
		return;
	char number[16];
	snprintf(number, sizeof(number), "%u", max);
	xml_finding(t->in, t->findings, FINDING_VALUE_LONG, (int)t->table, row, (int)f, number);
}

static void
store(struct xml_table_reader *t, struct claim_row *r, uint32_t row, enum claim_field f, struct slice s)
{
	struct err why = { 0 };
	s = heal(t, row, f, s);
	if (s.len == 0)
		return;
	check_length(t, row, f, s);
	if (claim_set(t->document, r, f, s, &why) == 0) {
		if (!claim_is_number(f) && claim_has(r, f) && !slice_eq(claim_text(r, f), s))
			xml_finding(
			    t->in, t->findings, FINDING_VALUE_NOT_NFC, (int)t->table, row, (int)f, "");
		return;
	}
	if (claim_is_number(f) && utf8_clean(t->document->arena, s, &s, &why) == 0) {
		claim_set_raw(t->document, r, f, s);
		xml_finding(t->in, t->findings, FINDING_VALUE_TYPE, (int)t->table, row, (int)f,
		    claim_type_expected(f));
		return;
	}
	xml_finding(t->in, t->findings, FINDING_VALUE_TEXT, (int)t->table, row, (int)f, "");
}

struct row_state {
	struct claim_row *row;
	uint32_t number;
	unsigned expected; /* index of the field that should come next */
	uint64_t seen[2];
};

static bool
mark_seen(struct row_state *s, unsigned i)
{
	uint64_t bit = UINT64_C(1) << i % 64;
	bool before = s->seen[i / 64] & bit;
	s->seen[i / 64] |= bit;
	return before;
}

/* The field of the element that has just begun, or -1 after a finding; the element is then to be skipped. */
static int
find_field(struct xml_table_reader *t, struct row_state *s)
{
	const struct claim_table_info *info = &claim_tables[t->table];
	int f;
	if (s->expected < info->count && xml_is(t->in, claim_fields[info->first + s->expected].name))
		f = (int)(info->first + s->expected);
	else
		f = xmlTextReaderConstNamespaceUri(t->in->reader)
			? -1
			: claim_field_find(t->table, xml_name(t->in));
	if (f < 0) {
		name_finding(t, FINDING_ELEMENT_UNKNOWN, s->number, -1);
		return -1;
	}
	unsigned i = claim_fields[f].index;
	if (mark_seen(s, i)) {
		name_finding(t, FINDING_ELEMENT_DUPLICATE, s->number, f);
		return -1;
	}
	if (i < s->expected)
		name_finding(t, FINDING_ELEMENT_MISPLACED, s->number, f);
	else
		s->expected = i + 1;
	return f;
}

static bool
is_too_much(struct xml_table_reader *t)
{
	if (arena_used(t->document->arena) <= CLAIM_READ_MEMORY_MAX)
		return false;
	err_set(&t->in->err, ERR_LIMIT, claim_tables[t->table].name,
	    "the claim needs more than %u MiB of memory", CLAIM_READ_MEMORY_MAX / 1024 / 1024);
	return true;
}

static int
read_field(struct xml_table_reader *t, struct row_state *s)
{
	int f = find_field(t, s);
	if (f < 0)
		return xml_skip(t->in);
	if (xmlTextReaderHasAttributes(t->in->reader) == 1)
		name_finding(t, FINDING_ATTRIBUTE_UNKNOWN, s->number, f);
	bool nested = false;
	int rc = is_too_much(t) ? (int)t->in->err.code : xml_value(t->in, t->value, &nested, &t->in->err);
	if (rc < 0)
		return rc;
	if (nested)
		xml_finding(t->in, t->findings, FINDING_ELEMENT_NESTED, (int)t->table, s->number, f,
		    claim_fields[f].name);
	store(t, s->row, s->number, (enum claim_field)f, buf_slice(t->value));
	return 0;
}

static void
report_missing(struct xml_table_reader *t, const struct row_state *s, unsigned line)
{
	const struct claim_table_info *info = &claim_tables[t->table];
	for (unsigned i = 0; i < info->count; i++) {
		if (s->seen[i / 64] >> i % 64 & 1)
			continue;
		int f = (int)(info->first + i);
		claim_finding_add(t->findings, FINDING_ELEMENT_MISSING, (int)t->table, s->number, f, "%s",
		    claim_fields[f].name)
		    ->line = line;
	}
}

static bool
rows_full(struct xml_table_reader *t)
{
	char number[16];
	if (claim_row_count(t->document, t->table) < CLAIM_READ_ROWS_MAX)
		return false;
	snprintf(number, sizeof(number), "%u", CLAIM_READ_ROWS_MAX);
	xml_finding(t->in, t->findings, FINDING_ROWS_LIMIT, (int)t->table, 0, -1, number);
	return true;
}

/* The children of the element that has just begun are a row's fields. */
static int
read_row(struct xml_table_reader *t)
{
	struct row_state s = { .row = claim_row_add(t->document, t->table),
		.number = (uint32_t)claim_row_count(t->document, t->table) };
	unsigned line = s.row->line = xml_line(t->in);
	bool more = !xml_is_empty(t->in);
	if (is_too_much(t))
		return t->in->err.code;
	while (more) {
		enum xml_event event = xml_child(t->in, t->findings, (int)t->table, s.number);
		if (event == XML_FAILED || (event == XML_START && read_field(t, &s) < 0))
			return t->in->err.code;
		more = event == XML_START;
	}
	report_missing(t, &s, line);
	return 0;
}

static int
read_list(struct xml_table_reader *t)
{
	if (xml_is_empty(t->in))
		return 0;
	for (;;) {
		enum xml_event event = xml_child(t->in, t->findings, (int)t->table, 0);
		int rc = 0;
		if (event != XML_START)
			return event == XML_FAILED ? (int)t->in->err.code : 0;
		if (!xml_is(t->in, claim_tables[t->table].row)) {
			name_finding(t, FINDING_ELEMENT_UNKNOWN, 0, -1);
			rc = xml_skip(t->in);
		} else {
			rc = rows_full(t) ? xml_skip(t->in) : read_row(t);
		}
		if (rc < 0)
			return rc;
	}
}

static void
report_no_list(struct xml_table_reader *t, bool seen)
{
	const char *list = claim_tables[t->table].list;
	if (!seen)
		xml_finding(t->in, t->findings, FINDING_ELEMENT_MISSING, (int)t->table, 0, -1, list);
}

/* A child of the root of a table with a list: the list itself, or CHUKYDONVI after it in a check-in file. */
static int
read_root_child(struct xml_table_reader *t, bool *seen)
{
	if (xml_is(t->in, claim_tables[t->table].list)) {
		if (*seen)
			name_finding(t, FINDING_ELEMENT_DUPLICATE, 0, -1);
		bool again = *seen;
		*seen = true;
		return again ? xml_skip(t->in) : read_list(t);
	}
	if (t->table == CLAIM_XML0 && xml_is(t->in, "CHUKYDONVI")) {
		if (!*seen)
			name_finding(t, FINDING_ELEMENT_MISPLACED, 0, -1);
		return xml_signature_mark(t->in, &t->is_signed);
	}
	name_finding(t, FINDING_ELEMENT_UNKNOWN, 0, -1);
	return xml_skip(t->in);
}

static int
read_listed(struct xml_table_reader *t)
{
	bool seen = false, more = !xml_is_empty(t->in);
	while (more) {
		enum xml_event event = xml_child(t->in, t->findings, (int)t->table, 0);
		if (event == XML_FAILED || (event == XML_START && read_root_child(t, &seen) < 0))
			return t->in->err.code;
		more = event == XML_START;
	}
	report_no_list(t, seen);
	return 0;
}

int
xml_table_read(struct xml_table_reader *t)
{
	const struct claim_table_info *info = &claim_tables[t->table];
	if (!xml_is(t->in, info->root)) {
		char detail[160];
		snprintf(detail, sizeof(detail), "<%s> expected as its root", info->root);
		xml_finding(t->in, t->findings, FINDING_TABLE_BROKEN, (int)t->table, 0, -1, detail);
		return xml_skip(t->in);
	}
	return info->list ? read_listed(t) : read_row(t);
}
