/* Reading back what was received: days, one day, errors of a transaction (gateway API §4.6). */
#include <stdio.h>

#include "base/buf.h"
#include "base/time.h"
#include "cli/vss/vss.h"

/* dd/MM/yyyy. */
static bool
day_parse(struct slice s, int32_t *ret)
{
	char text[9];

	if (s.len != 10 || s.at[2] != '/' || s.at[5] != '/')
		return false;
	snprintf(text, sizeof(text), "%.4s%.2s%.2s", s.at + 6, s.at + 3, s.at);
	return date_parse8(slice_of(text), ret, NULL) == 0;
}

static void
day_print(int32_t day, char out[16])
{
	int y, m, d;

	date_to_civil(day, &y, &m, &d);
	snprintf(out, 16, "%02d/%02d/%04d", d, m, y);
}

static bool
receipt_counts(const struct vss_receipt *r, struct slice facility, int32_t day)
{
	return r->kind == 130 && slice_eq_text(facility, r->facility) && time_business_date(r->at) == day;
}

struct day_sum {
	int64_t total, good, bad;
	struct money fund;
};

/* In the day list, replaced ones are total − good − bad (gateway API §4.5). */
static struct day_sum
day_sum(const struct vss *v, struct slice facility, int32_t day)
{
	struct day_sum s = { 0 };

	for (size_t i = 0; i < v->log_count; i++) {
		const struct vss_receipt *r = v->log[i];
		if (!receipt_counts(r, facility, day))
			continue;
		s.total++;
		if (r->is_replaced)
			continue;
		s.good += r->code == 200;
		s.bad += r->code != 200;
		if (r->code == 200)
			s.fund.hundredths += r->fund.hundredths;
	}
	return s;
}

static void
write_money(struct json_writer *w, const char *key, struct money m)
{
	char text[DECIMAL_TEXT_MAX];

	money_print(m, text);
	json_write_key(w, key);
	json_write_number(w, slice_of(text));
}

/* The frame of a list: {"maKetQua":"200", key: [ … ]}. */
static void
list_begin(struct json_writer *w, struct buf *body, size_t max, const char *key)
{
	buf_init(body, max);
	json_write_init(w, body);
	json_write_object(w);
	json_write_member(w, "maKetQua", "200");
	json_write_key(w, key);
	json_write_array(w);
}

static void
list_reply(struct vss_call *c, struct json_writer *w, struct buf *body)
{
	json_write_array_end(w);
	json_write_object_end(w);
	vss_reply_json(c, 200, body);
}

/* The account may read lists of its facilities only; false after having answered. */
static bool
list_allowed(struct vss_call *c, struct slice facility)
{
	const struct vss_account *a = vss_authenticate(c, false);

	if (!a)
		return false;
	if (!vss_account_has(a, facility)) {
		vss_reply_code(c, "402", "Mã cơ sở KCB không thuộc tài khoản");
		return false;
	}
	return true;
}

void
vss_list_days(struct vss_call *c)
{
	struct slice facility = vss_field(c, "maCSKCB");
	int32_t from, to;
	struct buf body;
	struct json_writer w;

	if (!list_allowed(c, facility))
		return;
	if (!day_parse(vss_field(c, "tuNgay"), &from) || !day_parse(vss_field(c, "denNgay"), &to) ||
	    to < from || to - from > 366) {
		vss_reply_code(c, "205", "Sai tham số tuNgay, denNgay");
		return;
	}
	list_begin(&w, &body, 1024 * 1024, "dsKQGuiHosoNgay");
	for (int32_t day = from; day <= to; day++) {
		struct day_sum s = day_sum(c->vss, facility, day);
		char text[16];
		if (s.total == 0)
			continue;
		day_print(day, text);
		json_write_object(&w);
		json_write_member(&w, "ngayGui", text);
		json_write_member_int(&w, "tongSo", s.total);
		json_write_member_int(&w, "soHSThanhCong", s.good);
		json_write_member_int(&w, "soHSLoi", s.bad);
		write_money(&w, "tongTien", s.fund);
		json_write_object_end(&w);
	}
	list_reply(c, &w, &body);
}

void
vss_list_day(struct vss_call *c)
{
	struct slice facility = vss_field(c, "maCSKCB");
	int32_t day;
	struct buf body;
	struct json_writer w;

	if (!list_allowed(c, facility))
		return;
	if (!day_parse(vss_field(c, "ngayGui"), &day)) {
		vss_reply_code(c, "205", "Sai tham số ngayGui");
		return;
	}
	list_begin(&w, &body, (size_t)256 * 1024 * 1024, "dsHoSo");
	for (size_t i = 0; i < c->vss->log_count; i++) {
		const struct vss_receipt *r = c->vss->log[i];
		char text[16];
		if (!receipt_counts(r, facility, day))
			continue;
		day_print(day, text);
		json_write_object(&w);
		json_write_member(&w, "maGiaoDich", r->id);
		json_write_member(&w, "ngayGui", text);
		json_write_member_int(&w, "soLuongHoSo", 1);
		json_write_member_int(&w, "slHoSoDung", r->code == 200 && !r->is_replaced);
		json_write_member_int(&w, "slHoSoLoi", r->code != 200 && !r->is_replaced);
		write_money(&w, "tongTien", r->fund);
		json_write_member(&w, "mieuTa", r->is_replaced ? "Đã được thay thế" : "");
		json_write_object_end(&w);
	}
	list_reply(c, &w, &body);
}

void
vss_list_errors(struct vss_call *c)
{
	const struct vss_receipt *r = vss_store_find(c->vss, vss_field(c, "maGiaoDich"));
	struct buf body;
	struct json_writer w;

	if (!r) {
		if (vss_authenticate(c, false))
			vss_reply_code(c, "205", "Không có giao dịch này");
		return;
	}
	if (!list_allowed(c, slice_of(r->facility)))
		return;
	list_begin(&w, &body, 1024 * 1024, "dsLoi");
	for (size_t i = 0; i < r->error_count; i++) {
		json_write_object(&w);
		json_write_member(&w, "maLoi", r->error[i].code);
		json_write_member(&w, "moTaLoi", r->error[i].text);
		json_write_object_end(&w);
	}
	list_reply(c, &w, &body);
}
