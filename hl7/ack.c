#include "hl7/ack.h"

#include <stdio.h>

#include "hl7/build.h"
#include "hl7/escape.h"

#define ACK_MAX ((size_t)1 << 20)
#define VERSION_DEFAULT "2.5.1"

/* HL7 table 0357. */
static const struct {
	enum hl7_error_code code;
	const char *name, *vi;
} errors[] = {
	{ HL7_ERROR_NONE, "Message accepted", "Đã nhận" },
	{ HL7_ERROR_SEQUENCE, "Segment sequence error", "Sai thứ tự hoặc thiếu phân đoạn" },
	{ HL7_ERROR_REQUIRED, "Required field missing", "Thiếu trường bắt buộc" },
	{ HL7_ERROR_TYPE, "Data type error", "Sai kiểu dữ liệu" },
	{ HL7_ERROR_TABLE, "Table value not found", "Giá trị không có trong danh mục" },
	{ HL7_ERROR_MESSAGE_TYPE, "Unsupported message type", "Loại thông điệp không được hỗ trợ" },
	{ HL7_ERROR_EVENT, "Unsupported event code", "Sự kiện không được hỗ trợ" },
	{ HL7_ERROR_PROCESSING, "Unsupported processing id", "Chế độ xử lý không được hỗ trợ" },
	{ HL7_ERROR_VERSION, "Unsupported version id", "Phiên bản HL7 không được hỗ trợ" },
	{ HL7_ERROR_UNKNOWN_KEY, "Unknown key identifier", "Không tìm thấy mã định danh" },
	{ HL7_ERROR_DUPLICATE_KEY, "Duplicate key identifier", "Mã định danh bị trùng" },
	{ HL7_ERROR_LOCKED, "Application record locked", "Hồ sơ đang bị khóa" },
	{ HL7_ERROR_INTERNAL, "Application internal error", "Lỗi nội bộ của hệ thống" },
};

static size_t
find_error(enum hl7_error_code code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].code == code)
			return i;
	return sizeof(errors) / sizeof(*errors) - 1;
}

const char *
hl7_error_name(enum hl7_error_code code)
{
	return errors[find_error(code)].name;
}

const char *
hl7_error_name_vi(enum hl7_error_code code)
{
	return errors[find_error(code)].vi;
}

/* Table 0155: when an acknowledgement is wanted, by outcome. Columns: done, error, rejected. */
static const struct {
	const char *code;
	bool wanted[3];
} conditions[] = {
	{ "AL", { true, true, true } }, { "NE", { false, false, false } }, { "ER", { false, true, true } },
	{ "SU", { true, false, false } },
	{ "", { false, false, false } }, /* enhanced by the other field only */
};

static bool
is_wanted(struct hl7_value condition, enum hl7_outcome outcome)
{
	struct slice code = condition.state == HL7_VALUE ? condition.raw : SLICE("");

	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		if (slice_eq_text(code, conditions[i].code))
			return conditions[i].wanted[outcome];
	return true;
}

struct hl7_ack_plan
hl7_ack_decide(const struct hl7_message *m, enum hl7_outcome outcome)
{
	struct hl7_value none = { HL7_ABSENT, { NULL, 0 } };
	struct hl7_value accept = m ? hl7_get_text(m, "MSH-15") : none;
	struct hl7_value application = m ? hl7_get_text(m, "MSH-16") : none;

	if (accept.state != HL7_VALUE && application.state != HL7_VALUE)
		return (struct hl7_ack_plan){ .application = true };
	return (struct hl7_ack_plan){ true, is_wanted(accept, outcome), is_wanted(application, outcome) };
}

const char *
hl7_ack_code(enum hl7_outcome outcome, bool accept)
{
	static const char *const codes[2][3] = { { "AA", "AE", "AR" }, { "CA", "CE", "CR" } };

	return codes[accept][outcome];
}

static struct slice
part(const struct hl7_message *m, const char *path)
{
	struct hl7_value v = m ? hl7_get_text(m, path) : (struct hl7_value){ 0 };

	return v.state == HL7_VALUE ? v.raw : SLICE("");
}

/* "2.3" and "2.4" come before "2.5". */
static bool
is_old(struct slice version)
{
	return version.len >= 3 && slice_starts(version, SLICE("2.")) && version.at[2] < '5';
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return false;
	return true;
}

/* Copies a part of the message, which is in its character set (decoded already if that cannot be parsed). */
static void
put_part(
    struct hl7_builder *b, const struct hl7_ack *ack, unsigned field, unsigned component, struct slice raw)
{
	struct buf utf8;

	if (is_ascii(raw)) {
		hl7_build_raw(b, field, 1, component, 1, raw);
		return;
	}
	buf_init(&utf8, ACK_MAX);
	hl7_decode(
	    hl7_charset_is_parsable(ack->charset) ? ack->charset : HL7_CHARSET_UTF8, raw, &utf8, NULL, NULL);
	hl7_build_raw(b, field, 1, component, 1, buf_slice(&utf8));
	buf_free(&utf8);
}

static void
write_header(struct hl7_builder *b, const struct hl7_message *m, const struct hl7_ack *ack, bool ascii)
{
	struct slice event = part(m, "MSH-9.2"), version = part(m, "MSH-12");

	hl7_build_segment(b, "MSH");
	if (part(m, "MSH-5").len)
		put_part(b, ack, 3, 1, part(m, "MSH-5"));
	else
		hl7_build_field(b, 3, ack->application);
	if (part(m, "MSH-6").len)
		put_part(b, ack, 4, 1, part(m, "MSH-6"));
	else
		hl7_build_field(b, 4, ack->facility);
	put_part(b, ack, 5, 1, part(m, "MSH-3"));
	put_part(b, ack, 6, 1, part(m, "MSH-4"));
	hl7_build_field(b, 7, ack->time);
	hl7_build_raw(b, 9, 1, 1, 1, SLICE("ACK"));
	put_part(b, ack, 9, 2, event);
	if (event.len && !is_old(version))
		hl7_build_raw(b, 9, 1, 3, 1, SLICE("ACK"));
	hl7_build_field(b, 10, ack->control_id);
	put_part(b, ack, 11, 1, part(m, "MSH-11").len ? part(m, "MSH-11") : SLICE("P"));
	put_part(b, ack, 12, 1, version.len ? version : SLICE(VERSION_DEFAULT));
	if (!ascii)
		hl7_build_field(b, 18, hl7_charset_name(ack->charset));
}

static const char *
text_of(const struct hl7_ack_error *error)
{
	return error->text ? error->text : hl7_error_name_vi(error->code);
}

static void
put_number(struct hl7_builder *b, unsigned field, unsigned component, unsigned subcomponent, unsigned n)
{
	char digits[16];
	int len = snprintf(digits, sizeof(digits), "%u", n);

	if (n > 0)
		hl7_build_raw(b, field, 1, component, subcomponent, slice_from(digits, (size_t)len));
}

/* 2.5 and later: ERR-2 where (ERL), ERR-3 what (CWE), ERR-4 severity, ERR-8 text for people. */
static void
write_error(struct hl7_builder *b, const struct hl7_ack_error *error)
{
	char severity[2] = { error->severity ? error->severity : 'E', 0 };

	hl7_build_segment(b, "ERR");
	if (error->segment) {
		hl7_build_text(b, 2, 1, 1, 1, slice_of(error->segment));
		put_number(b, 2, 2, 1, error->nth ? error->nth : 1);
		put_number(b, 2, 3, 1, error->field);
		put_number(b, 2, 4, 1, error->repetition ? error->repetition : error->field ? 1 : 0);
		put_number(b, 2, 5, 1, error->component);
		put_number(b, 2, 6, 1, error->subcomponent);
	}
	put_number(b, 3, 1, 1, error->code);
	if (error->code == 0)
		hl7_build_raw(b, 3, 1, 1, 1, SLICE("0"));
	hl7_build_text(b, 3, 1, 2, 1, slice_of(hl7_error_name(error->code)));
	hl7_build_raw(b, 3, 1, 3, 1, SLICE("HL70357"));
	hl7_build_field(b, 4, severity);
	hl7_build_text(b, 8, 1, 1, 1, slice_of(text_of(error)));
}

/* Before 2.5: ERR-1 segment, sequence, field, and code as subcomponents (ELD). */
static void
write_old_error(struct hl7_builder *b, const struct hl7_ack_error *error)
{
	hl7_build_segment(b, "ERR");
	if (error->segment) {
		hl7_build_text(b, 1, 1, 1, 1, slice_of(error->segment));
		put_number(b, 1, 2, 1, error->nth ? error->nth : 1);
		put_number(b, 1, 3, 1, error->field);
	}
	put_number(b, 1, 4, 1, error->code);
	hl7_build_text(b, 1, 1, 4, 2, slice_of(hl7_error_name(error->code)));
	hl7_build_raw(b, 1, 1, 4, 3, SLICE("HL70357"));
}

static int
write_utf8(const struct hl7_message *m, const struct hl7_ack *ack, bool ascii, struct buf *out, struct err *e)
{
	struct hl7_delimiters d = m ? m->delimiters : hl7_delimiters_usual;
	bool old = is_old(part(m, "MSH-12"));
	struct hl7_builder b;

	if (d.escape == 0 || d.component == 0 || d.repetition == 0 || d.subcomponent == 0) {
		char field = d.field;
		d = hl7_delimiters_usual; /* enough of them to say what is wrong */
		d.field = field == '^' || field == '~' || field == '\\' || field == '&' ? '|' : field;
	}
	hl7_build_begin(&b, out, &d);
	write_header(&b, m, ack, ascii);
	hl7_build_segment(&b, "MSA");
	hl7_build_raw(&b, 1, 1, 1, 1, slice_of(hl7_ack_code(ack->outcome, ack->accept)));
	put_part(&b, ack, 2, 1, part(m, "MSH-10"));
	if (old && ack->error_count > 0)
		hl7_build_field(&b, 3, text_of(&ack->errors[0]));
	for (size_t i = 0; i < ack->error_count; i++)
		(old ? write_old_error : write_error)(&b, &ack->errors[i]);
	return hl7_build_end(&b, e);
}

int
hl7_ack_write(const struct hl7_message *m, const struct hl7_ack *ack, struct buf *out, struct err *e)
{
	struct buf utf8;

	buf_init(&utf8, ACK_MAX);
	int rc = write_utf8(m, ack, true, &utf8, e);
	if (rc == 0 && !is_ascii(buf_slice(&utf8))) {
		buf_reset(&utf8);
		rc = write_utf8(m, ack, ack->charset == HL7_CHARSET_ASCII, &utf8, e);
	}
	if (rc == 0)
		rc = hl7_encode(ack->charset, buf_slice(&utf8), out, NULL, e);
	buf_free(&utf8);
	return rc;
}

static enum hl7_outcome
reject(struct hl7_ack_error *ret, enum hl7_error_code code, unsigned field)
{
	*ret = (struct hl7_ack_error){
		.code = code, .severity = 'E', .segment = "MSH", .nth = 1, .field = field
	};
	return HL7_OUTCOME_REJECTED;
}

enum hl7_outcome
hl7_ack_check_header(const struct hl7_message *m, struct hl7_ack_error *ret)
{
	static const char *const versions[] = { "2.1", "2.2", "2.3", "2.3.1", "2.3.2", "2.4", "2.5", "2.5.1",
		"2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2" };
	struct slice processing = part(m, "MSH-11.1"), version = part(m, "MSH-12.1");
	bool known = false;

	if (part(m, "MSH-9.1").len == 0)
		return reject(ret, HL7_ERROR_REQUIRED, 9);
	if (part(m, "MSH-10").len == 0)
		return reject(ret, HL7_ERROR_REQUIRED, 10);
	if (processing.len == 0)
		return reject(ret, HL7_ERROR_REQUIRED, 11);
	if (processing.len != 1 || memchr("PTD", processing.at[0], 3) == NULL)
		return reject(ret, HL7_ERROR_PROCESSING, 11);
	if (version.len == 0)
		return reject(ret, HL7_ERROR_REQUIRED, 12);
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		known |= slice_eq_text(version, versions[i]);
	return known ? HL7_OUTCOME_DONE : reject(ret, HL7_ERROR_VERSION, 12);
}

struct hl7_ack_error
hl7_ack_error_of(const struct err *e)
{
	struct hl7_ack_error error = { .code = HL7_ERROR_SEQUENCE, .severity = 'E' };

	if (strcmp(e->field, "MSH-2") == 0) {
		error = (struct hl7_ack_error){
			.code = HL7_ERROR_TYPE, .severity = 'E', .segment = "MSH", .field = 2
		};
	} else if (e->code == ERR_LIMIT) {
		error.code = HL7_ERROR_INTERNAL;
		error.text = "Thông điệp vượt quá giới hạn cho phép";
	} else {
		error.text = "Không phải thông điệp HL7 phiên bản 2";
	}
	return error;
}
