/*
 * Submission of claims (loaiHoSo 130) and check-ins (loaiHoSo 0): parameters, account, base64, structure,
 * signature, facility and period are judged in this order, the first fault answers (gateway API §4.4).
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "claims/check.h"
#include "claims/signature.h"
#include "claims/xml.h"
#include "cli/vss/vss.h"

#define VSS_FILE_MAX ((size_t)100 * 1024 * 1024)       /* outside office hours */
#define VSS_FILE_MAX_OFFICE ((size_t)20 * 1024 * 1024) /* 08–11 and 14–19 h on working days */
#define VSS_PERIOD_LAST_DAY 5                          /* a month closes after the 5th of the next */

struct vss_file {
	const struct vss_account *account;
	struct slice facility;
	struct buf bytes;
	struct claim_document *document;
	struct claim_findings findings;
	struct claim_file head;
	int64_t now;
};

static bool
office_hours(int64_t now)
{
	struct civil c;
	int weekday;

	time_to_civil(now, &c);
	weekday = (int)((time_business_date(now) + 3) % 7); /* 1970-01-01 was a Thursday: 0 = Monday */
	return weekday < 5 && ((c.hour >= 8 && c.hour < 11) || (c.hour >= 14 && c.hour < 19));
}

/* Parameters, token, account and base64; false after having answered. */
static bool
submit_receive(struct vss_call *c, const char *kind, struct vss_file *f)
{
	struct slice content = vss_field(c, "fileHSBase64");
	struct slice province = vss_field(c, "maTinh");
	bool office;

	f->facility = vss_field(c, "maCSKCB");
	f->account = vss_authenticate(c, true);
	if (!f->account)
		return false;
	if (!slice_eq_text(vss_field(c, "loaiHoSo"), kind) || f->facility.len != 5 ||
	    !slice_is_digits(f->facility) || province.len != 2 || !slice_starts(f->facility, province)) {
		vss_reply_code(c, "205", "Sai tham số loaiHoSo, maTinh hoặc maCSKCB");
		return false;
	}
	if (!vss_account_has(f->account, f->facility)) {
		vss_reply_code(c, "402", "Mã cơ sở KCB không thuộc tài khoản");
		return false;
	}
	if (content.len == 0) {
		vss_reply_code(c, "204", "Tệp rỗng");
		return false;
	}
	office = c->vss->options.check_size_by_hour && office_hours(f->now);
	buf_init(&f->bytes, office ? VSS_FILE_MAX_OFFICE : VSS_FILE_MAX);
	if (buf_add_base64_decoded(&f->bytes, content) < 0) {
		vss_reply_code(c, "205", "Nội dung base64 không hợp lệ");
		return false;
	}
	if (!buf_ok(&f->bytes)) {
		vss_reply_code(c, "1001", "Dung lượng tệp vượt quá giới hạn của khung giờ");
		return false;
	}
	if (f->bytes.len == 0)
		vss_reply_code(c, "204", "Tệp rỗng");
	return f->bytes.len > 0;
}

/* The first error among findings as the text of an answer. */
static void
findings_text(const struct claim_findings *l, struct buf *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < l->count && shown < VSS_ERRORS_MAX; i++) {
		if (l->at[i].severity != CLAIM_ERROR)
			continue;
		if (shown++ > 0)
			buf_add_text(out, "; ");
		claim_finding_place(&l->at[i], out);
		buf_add_text(out, ": ");
		claim_finding_message(&l->at[i], true, out);
	}
}

static void
reply_findings(struct vss_call *c, const char *code, const struct claim_findings *l)
{
	struct buf text;

	buf_init(&text, 32 * 1024);
	findings_text(l, &text);
	buf_add_char(&text, '\0');
	vss_reply_code(c, code, text.at ? text.at : "");
	buf_free(&text);
}

/* Structure and signature; false after having answered. */
static bool
submit_open(struct vss_call *c, enum claim_file_kind kind, struct vss_file *f)
{
	struct claim_signature_report report;
	struct err e = { 0 };

	claim_findings_init(&f->findings, c->arena);
	if (claim_read_one(buf_slice(&f->bytes), c->arena, &f->findings, &f->document, &f->head, &e) < 0) {
		vss_reply_code(c, "123", e.detail);
		return false;
	}
	if (f->head.kind != kind) {
		vss_reply_code(c, "123", "Loại hồ sơ không đúng với loaiHoSo");
		return false;
	}
	if (f->findings.by_severity[CLAIM_ERROR] > 0) {
		reply_findings(c, "123", &f->findings);
		return false;
	}
	if (!f->head.is_signed) {
		vss_reply_code(c, "123", "Hồ sơ chưa được ký số");
		return false;
	}
	if (f->account->certificate.len == 0) {
		vss_reply_code(c, "125", "Chứng thư số chưa được đăng ký");
		return false;
	}
	if (claim_signature_verify(buf_slice(&f->bytes), f->account->certificate, f->now, &report, &e) < 0) {
		vss_reply_code(c, "125", claim_signature_fault_text(report.fault, true));
		return false;
	}
	return true;
}

/* Fills in the receipt's errors from the check's findings. */
static void
receipt_take_findings(struct vss *v, struct vss_receipt *r, const struct claim_findings *l)
{
	struct buf text;
	size_t errors = l->by_severity[CLAIM_ERROR];

	if (errors == 0)
		return;
	buf_init(&text, 64 * 1024);
	r->code = 124;
	r->error = ARENA_ARRAY(v->arena, VSS_ERRORS_MAX, struct vss_error);
	for (size_t i = 0; i < l->count && r->error_count < VSS_ERRORS_MAX; i++) {
		struct vss_error *x = &r->error[r->error_count];
		if (l->at[i].severity != CLAIM_ERROR)
			continue;
		buf_reset(&text);
		claim_finding_place(&l->at[i], &text);
		buf_add_text(&text, ": ");
		claim_finding_message(&l->at[i], true, &text);
		snprintf(x->code, sizeof(x->code), "202");
		snprintf(x->text, sizeof(x->text), "%.*s", (int)sizeof(x->text) - 1, text.at ? text.at : "");
		r->error_count++;
	}
	buf_free(&text);
}

static void
receipt_name(struct vss *v, struct vss_receipt *r, struct slice facility, struct slice file)
{
	unsigned char digest[32];
	struct civil t;
	struct buf hex;

	time_to_civil(r->at, &t);
	snprintf(r->facility, sizeof(r->facility), "%.*s", SLICE_ARG(facility));
	snprintf(r->id, sizeof(r->id), "%.5s%04d%02d%02d%02d%02d%02d%06lld", r->facility, t.year, t.month,
	    t.day, t.hour, t.minute, t.second, (long long)(v->sequence % 1000000));
	if (EVP_Digest(file.at, file.len, digest, NULL, EVP_sha256(), NULL) != 1)
		fatal("vss: no SHA-256 in this OpenSSL");
	buf_init(&hex, 128);
	buf_add_hex(&hex, slice_from((const char *)digest, sizeof(digest)));
	snprintf(r->sha256, sizeof(r->sha256), "%s", hex.at);
	buf_free(&hex);
}

static void
reply_receipt(struct vss_call *c, const struct vss_receipt *r, const struct claim_findings *l)
{
	struct buf body, text;
	struct json_writer w;
	struct civil t;
	char code[16], when[32];

	time_to_civil(r->at, &t);
	snprintf(code, sizeof(code), "%d", r->code);
	snprintf(when, sizeof(when), "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute,
	    t.second);
	buf_init(&text, 32 * 1024);
	if (r->code == 200)
		buf_add_text(&text, "Tiếp nhận thành công");
	else
		findings_text(l, &text);
	buf_init(&body, 128 * 1024);
	json_write_init(&w, &body);
	json_write_object(&w);
	json_write_member(&w, "maKetQua", code);
	json_write_member(&w, "maGiaoDich", r->id);
	json_write_member(&w, "thoiGianTiepNhan", when);
	json_write_key(&w, "thongDiep");
	json_write_string(&w, buf_slice(&text));
	json_write_object_end(&w);
	buf_free(&text);
	vss_reply_json(c, 200, &body);
}

/* Stores and answers. */
static void
submit_keep(struct vss_call *c, struct vss_file *f, struct vss_receipt *r)
{
	struct vss *v = c->vss;
	const struct vss_receipt *before = v->log_count > 0 ? v->log[v->log_count - 1] : NULL;
	struct err e = { 0 };

	receipt_name(v, r, f->facility, buf_slice(&f->bytes));
	receipt_take_findings(v, r, &f->findings);
	if (vss_store_add(v, r, buf_slice(&f->bytes), &e) < 0)
		vss_reply_code(c, "500", "Lỗi lưu trữ");
	else
		reply_receipt(c, c->duplicate_reply && before ? before : r, &f->findings);
}

static void
field_copy(char *out, size_t size, const struct claim_row *row, enum claim_field field)
{
	struct buf text;

	buf_init(&text, 4096);
	claim_print(row, field, &text);
	snprintf(out, size, "%.*s", (int)text.len, text.at ? text.at : "");
	buf_free(&text);
}

/* True when claims of year-month may still be sent at now: inside that month, or up to the 5th of the next.
 */
static bool
period_is_open(int64_t now, int64_t year, int64_t month)
{
	struct civil c;
	int64_t distance;

	time_to_civil(now, &c);
	distance = (c.year - year) * 12 + (c.month - month);
	return distance == 0 || (distance == 1 && c.day <= VSS_PERIOD_LAST_DAY);
}

void
vss_submit_claim(struct vss_call *c)
{
	struct vss_file f = { .now = time_now() };
	const struct claim_row *x1;
	struct vss_receipt *r;
	int64_t year, month;

	if (!submit_receive(c, "130", &f) || !submit_open(c, CLAIM_FILE_ENVELOPE, &f)) {
		buf_free(&f.bytes);
		return;
	}
	claim_check(f.document, NULL, &f.findings);
	x1 = claim_row_count(f.document, CLAIM_XML1) > 0 ? claim_row_at(f.document, CLAIM_XML1, 0) : NULL;
	year = x1 ? claim_number(x1, XML1_NAM_QT) : 0;
	month = x1 ? claim_number(x1, XML1_THANG_QT) : 0;
	if (!x1 || claim_document_ma_lk(f.document).len == 0) {
		vss_reply_code(c, "123", "Không có XML1 hoặc MA_LK");
	} else if (!slice_eq(f.head.ma_cskcb, f.facility) ||
		   !slice_eq(claim_text(x1, XML1_MA_CSKCB), f.facility)) {
		vss_reply_code(c, "402", "MACSKCB trong hồ sơ khác mã cơ sở gửi");
	} else if (c->vss->options.check_period && !period_is_open(f.now, year, month)) {
		vss_reply_code(c, "701", "Ngoài thời gian gửi dữ liệu của kỳ quyết toán");
	} else {
		r = ARENA_NEW(c->vss->arena, struct vss_receipt);
		*r = (struct vss_receipt){ .kind = 130, .at = f.now, .code = 200 };
		r->fund.hundredths = claim_number(x1, XML1_T_BHTT);
		snprintf(r->month, sizeof(r->month), "%04d%02d", (int)(year % 10000), (int)(month % 100));
		field_copy(r->ma_lk, sizeof(r->ma_lk), x1, XML1_MA_LK);
		field_copy(r->card_no, sizeof(r->card_no), x1, XML1_MA_THE_BHYT);
		field_copy(r->icd, sizeof(r->icd), x1, XML1_MA_BENH_CHINH);
		field_copy(r->arrived, sizeof(r->arrived), x1, XML1_NGAY_VAO);
		field_copy(r->discharged, sizeof(r->discharged), x1, XML1_NGAY_RA);
		submit_keep(c, &f, r);
	}
	buf_free(&f.bytes);
}

/* Exactly one of service, drug and supply is given, with its name (gateway API §4.2). */
static bool
check_in_has_one_cost(const struct claim_row *r)
{
	int codes =
	    claim_has(r, XML0_MA_DICH_VU) + claim_has(r, XML0_MA_THUOC) + claim_has(r, XML0_MA_VAT_TU);
	bool named = claim_has(r, XML0_MA_DICH_VU) == claim_has(r, XML0_TEN_DICH_VU) &&
		     claim_has(r, XML0_MA_THUOC) == claim_has(r, XML0_TEN_THUOC) &&
		     claim_has(r, XML0_MA_VAT_TU) == claim_has(r, XML0_TEN_VAT_TU);

	return codes == 1 && named;
}

void
vss_submit_check_in(struct vss_call *c)
{
	static const struct claim_check_options options = { .checkin = true };
	struct vss_file f = { .now = time_now() };
	const struct claim_row *x0;
	struct vss_receipt *r;

	if (!submit_receive(c, "0", &f) || !submit_open(c, CLAIM_FILE_CHECKIN, &f)) {
		buf_free(&f.bytes);
		return;
	}
	claim_check(f.document, &options, &f.findings);
	x0 = claim_row_count(f.document, CLAIM_XML0) > 0 ? claim_row_at(f.document, CLAIM_XML0, 0) : NULL;
	if (!x0 || !slice_eq(claim_text(x0, XML0_MA_CSKCB), f.facility)) {
		vss_reply_code(c, "402", "MA_CSKCB trong hồ sơ khác mã cơ sở gửi");
	} else if (!check_in_has_one_cost(x0)) {
		vss_reply_code(c, "202", "Phải có đúng một chi phí đầu tiên cùng tên của nó");
	} else if (claim_has(x0, XML0_NGAY_VAO_NOI_TRU) && !claim_has(x0, XML0_LY_DO_VNT)) {
		vss_reply_code(c, "202", "Thiếu LY_DO_VNT");
	} else {
		r = ARENA_NEW(c->vss->arena, struct vss_receipt);
		*r = (struct vss_receipt){ .kind = 0, .at = f.now, .code = 200 };
		field_copy(r->ma_lk, sizeof(r->ma_lk), x0, XML0_MA_LK);
		field_copy(r->card_no, sizeof(r->card_no), x0, XML0_MA_THE_BHYT);
		field_copy(r->arrived, sizeof(r->arrived), x0, XML0_NGAY_VAO);
		submit_keep(c, &f, r);
	}
	buf_free(&f.bytes);
}
