/* Card register: look-up with its result table, treatment history, co-payment of the year (API §5). */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "base/tsv.h"
#include "base/utf8.h"
#include "cli/vss/vss.h"

#define CARDS_FILE_MAX ((size_t)512 * 1024 * 1024)

struct vss_result {
	const char *code, *text;
};

/* The texts are ours; the codes and meanings are the result table of gateway API §5. */
static const struct vss_result vss_results[] = {
	{ "000", "Thông tin thẻ chính xác" },
	{ "001", "Thẻ do BHXH Bộ Quốc phòng quản lý" },
	{ "002", "Thẻ do BHXH Bộ Công an quản lý" },
	{ "003", "Thẻ cũ hết giá trị sử dụng, đã được cấp thẻ mới" },
	{ "004", "Thẻ cũ còn giá trị sử dụng, đã được cấp thẻ mới" },
	{ "010", "Thẻ hết giá trị sử dụng" },
	{ "050", "Không tìm thấy thông tin thẻ" },
	{ "051", "Mã thẻ không đúng" },
	{ "054", "CCCD của cán bộ tra cứu chưa đăng ký" },
	{ "055", "Họ tên cán bộ tra cứu không khớp CCCD" },
	{ "060", "Sai họ tên" },
	{ "061", "Sai họ tên, đúng ký tự đầu" },
	{ "070", "Sai ngày sinh" },
	{ "100", "Lỗi khi lấy dữ liệu sổ thẻ" },
	{ "101", "Lỗi máy chủ" },
	{ "110", "Thẻ đã thu hồi" },
	{ "120", "Thẻ đã báo giảm" },
	{ "121", "Thẻ đã báo giảm, chuyển ngoại tỉnh" },
	{ "122", "Thẻ đã báo giảm, chuyển nội tỉnh" },
	{ "123", "Thẻ đã báo giảm, tăng lại tại cùng đơn vị" },
	{ "124", "Thẻ đã báo giảm, ngừng tham gia" },
	{ "130", "Trẻ em không xuất trình thẻ" },
	{ "205", "Sai tham số" },
};

static const char *
result_text(const char *code)
{
	for (size_t i = 0; i < sizeof(vss_results) / sizeof(vss_results[0]); i++)
		if (strcmp(code, vss_results[i].code) == 0)
			return vss_results[i].text;
	return "";
}

static int
card_row(const struct tsv *t, void *context, struct err *e)
{
	struct vss *v = context;
	struct vss_card *k = ARENA_NEW(v->arena, struct vss_card);
	struct slice paid = tsv_cell(t, "copay_paid");
	struct arena *a = v->arena;

	k->card_no = arena_slice(a, tsv_cell(t, "card_no"));
	k->bhxh_no = k->card_no.len == 15 ? slice_skip(k->card_no, 5) : SLICE("");
	k->citizen_id = arena_slice(a, tsv_cell(t, "citizen_id"));
	k->full_name = arena_slice(a, tsv_cell(t, "full_name"));
	k->born = arena_slice(a, tsv_cell(t, "born"));
	k->sex = arena_slice(a, tsv_cell(t, "sex"));
	k->address = arena_slice(a, tsv_cell(t, "address"));
	k->registered = arena_slice(a, tsv_cell(t, "registered"));
	k->valid_from = arena_slice(a, tsv_cell(t, "valid_from"));
	k->valid_to = arena_slice(a, tsv_cell(t, "valid_to"));
	k->area = arena_slice(a, tsv_cell(t, "area"));
	k->five_year_on = arena_slice(a, tsv_cell(t, "five_year_on"));
	k->result = arena_slice(a, tsv_cell(t, "result"));
	k->new_card = arena_slice(a, tsv_cell(t, "new_card"));
	if (k->card_no.len != 15)
		return tsv_fault(t, "card_no", e, "15 characters are needed");
	if (k->born.len != 8 && k->born.len != 4)
		return tsv_fault(t, "born", e, "yyyyMMdd or yyyy is needed");
	if (k->valid_from.len != 8 || (k->valid_to.len != 8 && k->valid_to.len != 0))
		return tsv_fault(t, "valid_from", e, "yyyyMMdd is needed");
	if (paid.len > 0 && money_parse(paid, &k->copay_paid, NULL) < 0)
		return tsv_fault(t, "copay_paid", e, "not an amount");
	map_put(v->card, k->card_no, k);
	map_put(v->card, k->bhxh_no, k);
	if (k->citizen_id.len > 0)
		map_put(v->card, k->citizen_id, k);
	return 0;
}

int
vss_cards_load(struct vss *v, const char *file, struct err *e)
{
	static const char *const columns[] = { "card_no", "citizen_id", "full_name", "born", "sex",
		"registered", "valid_from", "valid_to", "result", NULL };
	return tsv_read_file(file, file, CARDS_FILE_MAX, columns, card_row, v, e);
}

static int
staff_row(const struct tsv *t, void *context, struct err *e)
{
	struct vss *v = context;

	(void)e;
	map_put(v->staff, tsv_cell(t, "citizen_id"), arena_text(v->arena, tsv_cell(t, "full_name")));
	return 0;
}

int
vss_staff_load(struct vss *v, const char *file, struct err *e)
{
	static const char *const columns[] = { "citizen_id", "full_name", NULL };

	v->staff = map_new(v->arena);
	return tsv_read_file(file, file, CARDS_FILE_MAX, columns, staff_row, v, e);
}

/* dd/MM/yyyy, MM/yyyy or yyyy against yyyyMMdd or yyyy; a year alone on either side is enough. */
static bool
born_matches(struct slice asked, struct slice born)
{
	char text[16];

	if (asked.len == 4 || born.len == 4)
		return asked.len >= 4 && memcmp(asked.at + asked.len - 4, born.at, 4) == 0;
	snprintf(text, sizeof(text), "%.2s/%.2s/%.4s", born.at + 6, born.at + 4, born.at);
	if (asked.len == 7)
		return memcmp(asked.at, text + 3, 7) == 0;
	return slice_eq_text(asked, text);
}

static struct slice
name_form(struct arena *a, struct slice name)
{
	struct slice clean;

	return utf8_clean(a, slice_trim(name), &clean, NULL) == 0 ? clean : name;
}

static bool
same_initials(struct arena *a, struct slice x, struct slice y)
{
	struct slice left = utf8_fold(a, x), right = utf8_fold(a, y), p, q;
	bool more_left, more_right;

	for (;;) {
		more_left = left.len > 0 && slice_split(&left, ' ', &p);
		more_right = right.len > 0 && slice_split(&right, ' ', &q);
		if (!more_left || !more_right)
			return more_left == more_right;
		if (p.len == 0 || q.len == 0 || p.at[0] != q.at[0])
			return false;
	}
}

static const char *
staff_result(const struct vss_call *c)
{
	struct slice name = vss_field(c, "hoTenCb");
	const char *known;

	if (name.len == 0)
		return "205";
	if (!c->vss->staff)
		return NULL;
	known = map_get(c->vss->staff, vss_field(c, "cccdCb"));
	if (!known)
		return "054";
	return slice_eq(utf8_fold(c->arena, name), utf8_fold(c->arena, slice_of(known))) ? NULL : "055";
}

/* The look-up's result code; *ret_card is set when a card was found. */
static const char *
card_result(struct vss_call *c, struct slice key, const struct vss_card **ret_card)
{
	const struct vss_card *k = map_get(c->vss->card, key);
	struct slice name = vss_field(c, "hoTen");
	char today[TIME_TEXT_MAX];

	if (key.len != 15 && key.len != 12 && key.len != 10)
		return "051";
	if (!k)
		return "050";
	*ret_card = k;
	if (!slice_eq(utf8_fold(c->arena, name), utf8_fold(c->arena, k->full_name)) ||
	    utf8_length(name_form(c->arena, name)) != utf8_length(name_form(c->arena, k->full_name)))
		return same_initials(c->arena, name, k->full_name) ? "061" : "060";
	if (!born_matches(vss_field(c, "ngaySinh"), k->born))
		return "070";
	if (k->result.len > 0 && !slice_eq_text(k->result, "000"))
		return arena_text(c->arena, k->result);
	date_print8(time_business_date(time_now()), today);
	if (k->valid_to.len == 8 && memcmp(k->valid_to.at, today, 8) < 0)
		return "010";
	return "000";
}

/* yyyyMMdd as dd/MM/yyyy; a null when empty. */
static void
write_date(struct json_writer *w, const char *key, struct slice date)
{
	char text[16];

	if (date.len == 8)
		snprintf(text, sizeof(text), "%.2s/%.2s/%.4s", date.at + 6, date.at + 4, date.at);
	else
		snprintf(text, sizeof(text), "%.*s", SLICE_ARG(utf8_cut(date, 10)));
	json_write_member(w, key, date.len > 0 ? text : NULL);
}

static void
write_slice(struct json_writer *w, const char *key, struct slice s)
{
	json_write_key(w, key);
	if (s.len > 0)
		json_write_string(w, s);
	else
		json_write_null(w);
}

static void
write_card(struct json_writer *w, const struct vss_call *c, const struct vss_card *k)
{
	const struct vss_card *renewed = k->new_card.len > 0 ? map_get(c->vss->card, k->new_card) : NULL;

	write_slice(w, "maThe", k->card_no);
	write_slice(w, "hoTen", k->full_name);
	write_date(w, "ngaySinh", k->born);
	json_write_member(w, "gioiTinh", slice_eq_text(k->sex, "2") ? "Nữ" : "Nam");
	write_slice(w, "diaChi", k->address);
	write_slice(w, "maDKBD", k->registered);
	write_date(w, "gtTheTu", k->valid_from);
	write_date(w, "gtTheDen", k->valid_to);
	write_slice(w, "maKV", k->area);
	write_date(w, "ngayDu5Nam", k->five_year_on);
	write_slice(w, "maSoBHXH", k->bhxh_no);
	write_slice(w, "maTheMoi", k->new_card);
	write_date(w, "gtTheTuMoi", renewed ? renewed->valid_from : SLICE(""));
	write_date(w, "gtTheDenMoi", renewed ? renewed->valid_to : SLICE(""));
	write_slice(w, "maDKBDMoi", renewed ? renewed->registered : SLICE(""));
}

void
vss_card_lookup(struct vss_call *c)
{
	const struct vss_card *k = NULL;
	const char *code;
	struct buf body;
	struct json_writer w;

	if (!vss_authenticate(c, false))
		return;
	code = staff_result(c);
	if (!code)
		code = card_result(c, vss_field(c, "maThe"), &k);
	buf_init(&body, 64 * 1024);
	json_write_init(&w, &body);
	json_write_object(&w);
	json_write_member(&w, "maKetQua", code);
	json_write_member(&w, "ghiChu", result_text(code));
	/* an answer about another person's card must not tell who it is */
	if (k && code[0] == '0' && (code[1] == '0' || code[1] == '1'))
		write_card(&w, c, k);
	json_write_key(&w, "dsLichSuKCB2018");
	json_write_null(&w);
	json_write_key(&w, "dsLichSuKT2018");
	json_write_array(&w);
	json_write_array_end(&w);
	json_write_object_end(&w);
	vss_reply_json(c, 200, &body);
}

#define VSS_HISTORY_MAX 100

void
vss_card_history(struct vss_call *c)
{
	const struct vss_card *k = NULL;
	const char *code;
	struct buf body;
	struct json_writer w;
	size_t shown = 0;

	if (!vss_authenticate(c, false))
		return;
	code = card_result(c, vss_field(c, "maThe"), &k);
	buf_init(&body, 256 * 1024);
	json_write_init(&w, &body);
	json_write_object(&w);
	json_write_member(&w, "maKetQua", code);
	json_write_member(&w, "ghiChu", result_text(code));
	json_write_key(&w, "dsLichSuKCB2025");
	json_write_array(&w);
	for (size_t i = c->vss->log_count;
	     i-- > 0 && k && strcmp(code, "000") == 0 && shown < VSS_HISTORY_MAX;) {
		const struct vss_receipt *r = c->vss->log[i];
		if (r->kind != 130 || r->is_replaced || !slice_eq_text(k->card_no, r->card_no))
			continue;
		json_write_object(&w);
		json_write_member(&w, "maHoSo", r->id);
		json_write_member(&w, "maCSKCB", r->facility);
		json_write_member(&w, "ngayVao", r->arrived);
		json_write_member(&w, "ngayRa", r->discharged);
		json_write_member(&w, "tenBenh", r->icd);
		json_write_object_end(&w);
		shown++;
	}
	json_write_array_end(&w);
	json_write_object_end(&w);
	vss_reply_json(c, 200, &body);
}

void
vss_card_copay(struct vss_call *c)
{
	const struct vss_card *k = NULL;
	const char *code;
	struct buf body;
	struct json_writer w;
	char paid[DECIMAL_TEXT_MAX];

	if (!vss_authenticate(c, true))
		return;
	code = card_result(c, vss_field(c, "maThe"), &k);
	buf_init(&body, 16 * 1024);
	json_write_init(&w, &body);
	json_write_object(&w);
	if (!k || strcmp(code, "000") != 0 || k->copay_paid.hundredths == 0) {
		json_write_member(&w, "MaKetQua", "204");
		json_write_member(&w, "GhiChu", "Không có dữ liệu cùng chi trả");
		json_write_key(&w, "DataCCT");
		json_write_null(&w);
		json_write_key(&w, "ThongTinSoThe");
		json_write_null(&w);
	} else {
		money_print(k->copay_paid, paid);
		json_write_member(&w, "MaKetQua", "200");
		json_write_member(&w, "GhiChu", "");
		json_write_key(&w, "DataCCT");
		json_write_array(&w);
		json_write_object(&w);
		write_slice(&w, "maThe", k->card_no);
		json_write_key(&w, "tBNCCTLuyKe");
		json_write_number(&w, slice_of(paid));
		json_write_object_end(&w);
		json_write_array_end(&w);
		json_write_key(&w, "ThongTinSoThe");
		json_write_object(&w);
		write_slice(&w, "hoTen", k->full_name);
		write_date(&w, "ngaySinh", k->born);
		write_date(&w, "ngayKetThuc", k->valid_to);
		write_slice(&w, "maBhxh", k->bhxh_no);
		json_write_object_end(&w);
	}
	json_write_object_end(&w);
	vss_reply_json(c, 200, &body);
}
