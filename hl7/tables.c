#include "hl7/tables.h"

static const struct {
	const char *name;
	enum hl7_version version;
} versions[] = {
	{ "2.3", HL7_V2_3 },
	{ "2.3.1", HL7_V2_3_1 },
	{ "2.4", HL7_V2_4 },
	{ "2.5", HL7_V2_5 },
	{ "2.5.1", HL7_V2_5_1 },
	{ "2.6", HL7_V2_6 },
	{ "2.7", HL7_V2_7 },
	{ "2.8", HL7_V2_8 },
	{ "2.1", HL7_V2_3 },
	{ "2.2", HL7_V2_3 },
	{ "2.3.2", HL7_V2_3_1 },
	{ "2.7.1", HL7_V2_7 },
	{ "2.8.1", HL7_V2_8 },
	{ "2.8.2", HL7_V2_8 },
};

enum hl7_version
hl7_version_of(struct slice text)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (slice_eq_text(text, versions[i].name))
			return versions[i].version;
	return HL7_VERSION_COUNT;
}

const char *
hl7_version_name(enum hl7_version v)
{
	return versions[v].name;
}

/* The first row that is not before (segment, field). */
static size_t
first_row(struct slice segment, unsigned field)
{
	size_t low = 0, high = hl7_field_row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct hl7_field_row *r = &hl7_field_rows[middle];
		int order = slice_compare(slice_of(r->segment), segment);

		if (order < 0 || (order == 0 && r->field < field))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_segment(size_t row, struct slice segment)
{
	return row < hl7_field_row_count && slice_eq_text(segment, hl7_field_rows[row].segment);
}

const struct hl7_field_row *
hl7_table_segment(struct slice name)
{
	size_t row = first_row(name, 0);

	return is_segment(row, name) ? &hl7_field_rows[row] : NULL;
}

const struct hl7_field_row *
hl7_table_field(enum hl7_version v, struct slice segment, unsigned field)
{
	for (size_t i = first_row(segment, field); is_segment(i, segment); i++) {
		const struct hl7_field_row *r = &hl7_field_rows[i];

		if (r->field != field)
			break;
		if (r->from <= v && v <= r->to)
			return r;
	}
	return NULL;
}

unsigned
hl7_table_field_count(enum hl7_version v, struct slice segment)
{
	unsigned count = 0;

	for (size_t i = first_row(segment, 0); is_segment(i, segment); i++) {
		const struct hl7_field_row *r = &hl7_field_rows[i];

		if (r->from <= v && v <= r->to && r->field > count)
			count = r->field;
	}
	return count;
}

const struct hl7_type_row *
hl7_table_component(enum hl7_version v, const char *type, unsigned component)
{
	size_t low = 0, high = hl7_type_row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct hl7_type_row *r = &hl7_type_rows[middle];
		int order = strcmp(r->type, type);

		if (order < 0 || (order == 0 && r->component < component))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < hl7_type_row_count; low++) {
		const struct hl7_type_row *r = &hl7_type_rows[low];

		if (strcmp(r->type, type) != 0 || r->component != component)
			break;
		if (r->from <= v && v <= r->to)
			return r;
	}
	return NULL;
}

enum hl7_code_answer
hl7_table_code(unsigned table, struct slice code)
{
	size_t low = 0, high = hl7_code_row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (hl7_code_rows[middle].table < table)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == hl7_code_row_count || hl7_code_rows[low].table != table)
		return HL7_CODE_NO_TABLE;
	bool fixed = hl7_code_rows[low].is_fixed;
	for (; low < hl7_code_row_count && hl7_code_rows[low].table == table; low++)
		if (slice_eq_text(code, hl7_code_rows[low].code))
			return HL7_CODE_KNOWN;
	return fixed ? HL7_CODE_WRONG : HL7_CODE_ADDED;
}
