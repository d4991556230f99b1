/* Findings by the standard's tables. */
#include "hl7/validate.h"

#include <stdio.h>

#include "base/map.h"
#include "hl7/profile.h"
#include "hl7/tables.h"
#include "hl7/value.h"

static const struct {
	const char *name;
	enum hl7_severity severity;
	enum hl7_error_code error;
	const char *vi, *en; /* before the detail */
} texts[HL7_FINDING_COUNT] = {
	[HL7_FINDING_TOLERATED] = { "tolerated", HL7_SEVERITY_INFO, HL7_ERROR_NONE,
	    "Khác quy cách nhưng được chấp nhận", "Not as the standard wants it, tolerated" },
	[HL7_FINDING_VERSION] = { "version-unknown", HL7_SEVERITY_WARNING, HL7_ERROR_VERSION,
	    "Thiếu hoặc không nhận ra phiên bản, kiểm tra theo 2.5.1",
	    "Version missing or unknown, judged as 2.5.1" },
	[HL7_FINDING_SEGMENT_NAME] = { "segment-name", HL7_SEVERITY_WARNING, HL7_ERROR_SEQUENCE,
	    "Tên phân đoạn không phải ba chữ hoa hoặc số",
	    "The segment's name is not three capitals or digits" },
	[HL7_FINDING_SEGMENT_UNKNOWN] = { "segment-unknown", HL7_SEVERITY_WARNING, HL7_ERROR_SEQUENCE,
	    "Phân đoạn không có trong phiên bản", "The version does not have this segment:" },
	[HL7_FINDING_FIELD_BEYOND] = { "field-beyond", HL7_SEVERITY_WARNING, HL7_ERROR_TYPE,
	    "Trường không có trong phiên bản; số trường của phân đoạn là",
	    "The version does not have this field; fields of the segment:" },
	[HL7_FINDING_REQUIRED] = { "required-missing", HL7_SEVERITY_ERROR, HL7_ERROR_REQUIRED,
	    "Thiếu trường bắt buộc", "Required field missing:" },
	[HL7_FINDING_REPEATED] = { "repeated", HL7_SEVERITY_WARNING, HL7_ERROR_TYPE,
	    "Lặp lại quá số lần cho phép", "More repetitions than allowed:" },
	[HL7_FINDING_COMPONENT_BEYOND] = { "component-beyond", HL7_SEVERITY_WARNING, HL7_ERROR_TYPE,
	    "Nhiều thành phần hơn kiểu dữ liệu", "More components than the type has:" },
	[HL7_FINDING_TYPE] = { "type", HL7_SEVERITY_ERROR, HL7_ERROR_TYPE, "Giá trị không đúng kiểu dữ liệu",
	    "The value is not of type" },
	[HL7_FINDING_CODE] = { "code", HL7_SEVERITY_WARNING, HL7_ERROR_TABLE, "Mã không có trong bảng HL7",
	    "The code is not in HL7 table" },
	[HL7_FINDING_CODE_ADDED] = { "code-added", HL7_SEVERITY_INFO, HL7_ERROR_NONE,
	    "Mã không có trong bảng gợi ý HL7", "The code is not in the suggested HL7 table" },
	[HL7_FINDING_UNDECODABLE] = { "undecodable", HL7_SEVERITY_WARNING, HL7_ERROR_TYPE,
	    "Có byte không giải mã được theo bảng mã", "Bytes without meaning in character set" },
	[HL7_FINDING_PROFILE_REQUIRED] = { "profile-required", HL7_SEVERITY_ERROR, HL7_ERROR_REQUIRED,
	    "Thiếu giá trị mà thỏa thuận kết nối yêu cầu", "Missing, but the peer's profile requires it" },
	[HL7_FINDING_PROFILE_FORBIDDEN] = { "profile-forbidden", HL7_SEVERITY_ERROR, HL7_ERROR_TYPE,
	    "Có giá trị mà thỏa thuận kết nối không cho phép", "Present, but the peer's profile forbids it" },
	[HL7_FINDING_PROFILE_LENGTH] = { "profile-length", HL7_SEVERITY_ERROR, HL7_ERROR_TYPE,
	    "Dài hơn thỏa thuận kết nối, số ký tự tối đa",
	    "Longer than the peer's profile allows; characters:" },
	[HL7_FINDING_PROFILE_VALUES] = { "profile-values", HL7_SEVERITY_ERROR, HL7_ERROR_TABLE,
	    "Không thuộc các giá trị của thỏa thuận kết nối",
	    "Not one of the values in the peer's profile:" },
	[HL7_FINDING_MORE] = { "more", HL7_SEVERITY_INFO, HL7_ERROR_NONE,
	    "Còn nhiều phát hiện khác không liệt kê", "There are more findings than are listed" },
};

const char *
hl7_severity_name(enum hl7_severity s)
{
	static const char *const names[] = { "off", "info", "warning", "error" };

	return names[s];
}

const char *
hl7_finding_name(enum hl7_finding_code code)
{
	return texts[code].name;
}

void
hl7_finding_print(const struct hl7_finding *f, bool english, struct buf *out)
{
	buf_add_text(out, english ? texts[f->code].en : texts[f->code].vi);
	if (f->detail[0]) {
		buf_add_char(out, ' ');
		buf_add_text(out, f->detail);
	}
}

void
hl7_findings_init(struct hl7_findings *l, struct arena *arena)
{
	*l = (struct hl7_findings){ .arena = arena };
}

static void
keep(struct hl7_findings *l, const struct hl7_finding *f)
{
	if (l->count == HL7_FINDINGS_MAX)
		return;
	*ARENA_PUSH(l->arena, l->item, l->count, l->capacity) = *f;
	if (l->count == HL7_FINDINGS_MAX)
		l->item[l->count - 1] = (struct hl7_finding){
			.code = HL7_FINDING_MORE, .severity = HL7_SEVERITY_INFO, .path = "", .detail = ""
		};
	if (f->severity > l->worst)
		l->worst = f->severity;
}

static const char *
path_text(struct arena *arena, const struct hl7_place *p)
{
	struct buf text;

	buf_init(&text, 200);
	buf_add(&text, p->name.len > 16 ? slice_from(p->name.at, 16) : p->name);
	if (p->nth > 1)
		buf_addf(&text, "(%u)", p->nth);
	if (p->field)
		buf_addf(&text, "-%u", p->field);
	if (p->repetition > 1)
		buf_addf(&text, "(%u)", p->repetition);
	if (p->component)
		buf_addf(&text, ".%u", p->component);
	char *path = arena_text(arena, buf_slice(&text));
	buf_free(&text);
	return path;
}

void
hl7_finding_add(struct hl7_findings *l, const struct hl7_place *p, enum hl7_finding_code code,
    enum hl7_severity severity, const char *detail)
{
	struct hl7_finding f = { .code = code,
		.severity = severity == HL7_SEVERITY_OFF ? texts[code].severity : severity,
		.path = path_text(l->arena, p),
		.detail = arena_text(l->arena, slice_of(detail)),
		.segment = p->segment,
		.nth = p->nth,
		.field = p->field,
		.repetition = p->repetition,
		.component = p->component };

	keep(l, &f);
}

struct judging {
	const struct hl7_message *m;
	const struct hl7_profile *profile;
	struct hl7_findings *list;
	enum hl7_version version;
	struct hl7_place place;
};

static void
found(struct judging *j, enum hl7_finding_code code, const char *detail)
{
	if (!hl7_profile_ignores(j->profile, &j->place))
		hl7_finding_add(j->list, &j->place, code, HL7_SEVERITY_OFF, detail);
}

static void
found_number(struct judging *j, enum hl7_finding_code code, const char *format, unsigned n)
{
	char detail[64];

	snprintf(detail, sizeof(detail), format, n);
	found(j, code, detail);
}

/* One value that has no parts. */
static void
judge_value(struct judging *j, const char *type, unsigned table, struct hl7_value v)
{
	if (v.state != HL7_VALUE)
		return;
	if (!hl7_value_fits(type, v.raw))
		found(j, HL7_FINDING_TYPE, type);
	if (table == 0 || (strcmp(type, "ID") != 0 && strcmp(type, "IS") != 0))
		return;
	enum hl7_code_answer answer = hl7_table_code(table, v.raw);
	if (answer == HL7_CODE_WRONG)
		found_number(j, HL7_FINDING_CODE, "%04u", table);
	else if (answer == HL7_CODE_ADDED)
		found_number(j, HL7_FINDING_CODE_ADDED, "%04u", table);
}

static void
judge_repetition(struct judging *j, const char *type, unsigned table, struct hl7_value v)
{
	struct slice rest = v.raw;
	struct hl7_value part;

	j->place.component = 0;
	if (v.state != HL7_VALUE)
		return;
	if (hl7_table_component(j->version, type, 1) == NULL) {
		judge_value(j, type, table, v);
		return;
	}
	for (unsigned c = 1; hl7_piece_next(&rest, j->m->delimiters.component, &part); c++) {
		const struct hl7_type_row *row = hl7_table_component(j->version, type, c);

		j->place.component = c;
		if (row == NULL && part.state != HL7_EMPTY) {
			found(j, HL7_FINDING_COMPONENT_BEYOND, type);
			break;
		}
		const char *of = c == 1 && strcmp(type, "TS") == 0 ? "DTM" : row ? row->of : "";
		if (row && hl7_table_component(j->version, of, 1) == NULL)
			judge_value(j, of, row->table, part);
	}
	j->place.component = 0;
}

/* OBX-5 has the type that OBX-2 names. */
static const char *
type_of(struct judging *j, const struct hl7_field_row *row, char *own, size_t size)
{
	struct hl7_value v;

	if (strcmp(row->type, "varies") != 0 || strcmp(row->segment, "OBX") != 0)
		return row->type;
	v = hl7_part(j->m, hl7_field(j->m, j->place.segment, 2), 1, 1, 1);
	if (v.state != HL7_VALUE || v.raw.len >= size)
		return row->type;
	memcpy(own, v.raw.at, v.raw.len);
	own[v.raw.len] = 0;
	return own;
}

static void
judge_field(struct judging *j, const struct hl7_field_row *row, struct hl7_value field)
{
	struct slice rest = field.raw;
	struct hl7_value one;
	char own[16];
	const char *type = type_of(j, row, own, sizeof(own));

	if (hl7_is_header_field(j->m, j->place.segment, row->field) || field.state != HL7_VALUE)
		return;
	for (unsigned r = 1; hl7_piece_next(&rest, j->m->delimiters.repetition, &one); r++) {
		j->place.repetition = r;
		if (r == row->max + 1u && row->max > 0) {
			found_number(j, HL7_FINDING_REPEATED, "%u", row->max);
			break;
		}
		judge_repetition(j, type, row->table, one);
	}
	j->place.repetition = 0;
}

static void
judge_fields(struct judging *j, unsigned known)
{
	struct hl7_walk w;
	struct hl7_value v;

	hl7_walk_begin(&w, j->m, j->place.segment);
	while (hl7_walk_next(&w, &v)) {
		const struct hl7_field_row *row = hl7_table_field(j->version, j->place.name, w.field);

		j->place.field = w.field;
		if (w.field > known && v.state != HL7_EMPTY) {
			found_number(j, HL7_FINDING_FIELD_BEYOND, "%u", known);
			break;
		}
		if (row && row->min && v.state == HL7_EMPTY)
			found(j, HL7_FINDING_REQUIRED, row->name);
		if (row)
			judge_field(j, row, v);
	}
	for (unsigned n = w.field + 1; n <= known; n++) {
		const struct hl7_field_row *row = hl7_table_field(j->version, j->place.name, n);

		j->place.field = n;
		if (row && row->min)
			found(j, HL7_FINDING_REQUIRED, row->name);
	}
	j->place.field = 0;
}

static bool
is_good_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!((name.at[i] >= 'A' && name.at[i] <= 'Z') ||
			(i > 0 && name.at[i] >= '0' && name.at[i] <= '9')))
			return false;
	return name.len == 3;
}

static void
judge_segment(struct judging *j)
{
	unsigned known = hl7_table_field_count(j->version, j->place.name);

	if (!is_good_name(j->place.name))
		found(j, HL7_FINDING_SEGMENT_NAME, "");
	else if (known > 0)
		judge_fields(j, known);
	else if (j->place.name.at[0] != 'Z')
		found(j, HL7_FINDING_SEGMENT_UNKNOWN, hl7_version_name(j->version));
}

static void
judge_segments(struct judging *j)
{
	struct map *seen = map_new(j->list->arena);

	for (uint32_t i = 0; i < j->m->segment_count; i++) {
		struct slice name = hl7_segment_name(j->m, i);
		unsigned *nth = map_get(seen, name);

		if (nth == NULL)
			map_put(seen, name, nth = ARENA_NEW(j->list->arena, unsigned));
		j->place = (struct hl7_place){ .segment = i, .name = name, .nth = ++*nth };
		judge_segment(j);
	}
}

static void
judge_whole(struct judging *j, enum hl7_charset c)
{
	struct slice version = hl7_get_text(j->m, "MSH-12.1").raw;
	struct hl7_decoded d = { 0 };
	struct buf text;

	for (unsigned flag = 1; flag < HL7_FLAG_BATCH; flag <<= 1)
		if (j->m->flags & flag)
			found(j, HL7_FINDING_TOLERATED, hl7_flag_name((enum hl7_flag)flag));
	j->version = hl7_version_of(version);
	if (j->version == HL7_VERSION_COUNT && hl7_segment_find(j->m, 0, "MSH") == j->m->segment_count) {
		j->version = HL7_V2_5_1; /* a batch's header has none */
	} else if (j->version == HL7_VERSION_COUNT) {
		j->place = (struct hl7_place){ .name = SLICE("MSH"), .nth = 1, .field = 12 };
		found(j, HL7_FINDING_VERSION, "");
		j->version = HL7_V2_5_1;
	}
	j->place = (struct hl7_place){ .name = SLICE("") };
	buf_init(&text, 4 * HL7_BYTES_MAX);
	hl7_decode(c, j->m->bytes, &text, &d, NULL);
	buf_free(&text);
	if (d.undecodable)
		found(j, HL7_FINDING_UNDECODABLE, hl7_charset_name(c));
}

void
hl7_validate(const struct hl7_message *m, enum hl7_charset c, const struct hl7_profile *profile,
    struct hl7_findings *l)
{
	struct judging j = { .m = m, .profile = profile, .list = l, .place = { .name = SLICE("") } };

	judge_whole(&j, c);
	judge_segments(&j);
	hl7_profile_judge(profile, m, c, l);
}

struct hl7_ack_error
hl7_finding_error(const struct hl7_message *m, const struct hl7_finding *f, struct arena *arena)
{
	struct hl7_ack_error error = { .code = texts[f->code].error, .severity = "IIWE"[f->severity] };
	struct buf text;

	if (f->path[0]) {
		error.segment = arena_text(arena, hl7_segment_name(m, f->segment));
		error.nth = f->nth;
		error.field = f->field;
		error.repetition = f->repetition;
		error.component = f->component;
	}
	buf_init(&text, 4096);
	hl7_finding_print(f, false, &text);
	error.text = arena_text(arena, buf_slice(&text));
	buf_free(&text);
	return error;
}
