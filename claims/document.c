/* The document in memory: rows of 8-byte slots, texts in a pool of small blocks. */
#include "claims/document.h"
#include "base/decimal.h"
#include "base/time.h"
#include "base/utf8.h"

#define POOL_BLOCK 4080u /* a page less the arena's own words */
#define POOL_LARGE 1024u /* longer texts are allocated alone */

struct claim_document *
claim_document_new(struct arena *a)
{
	struct claim_document *d = ARENA_NEW(a, struct claim_document);
	d->arena = a;
	return d;
}

struct claim_row *
claim_row_add(struct claim_document *d, enum claim_table table)
{
	struct claim_rows *rows = &d->rows[table];
	assert(rows->count < CLAIM_ROWS_MAX);
	size_t slots = sizeof(union claim_slot) * claim_tables[table].count;
	struct claim_row *r = arena_alloc(d->arena, sizeof(*r) + slots);
	r->table = (uint8_t)table;
	*ARENA_PUSH(d->arena, rows->at, rows->count, rows->capacity) = r;
	return r;
}

static void
mark_present(struct claim_row *r, unsigned i)
{
	r->present[i / 64] |= UINT64_C(1) << i % 64;
	r->raw[i / 64] &= ~(UINT64_C(1) << i % 64);
}

void
claim_clear(struct claim_row *r, enum claim_field f)
{
	unsigned i = claim_slot_of(r, f);
	r->present[i / 64] &= ~(UINT64_C(1) << i % 64);
	r->raw[i / 64] &= ~(UINT64_C(1) << i % 64);
	r->slot[i].number = 0;
}

int64_t
claim_number(const struct claim_row *r, enum claim_field f)
{
	assert(claim_is_number(f));
	if (!claim_has(r, f) || claim_is_raw(r, f))
		return 0;
	return r->slot[claim_slot_of(r, f)].number;
}

struct slice
claim_text(const struct claim_row *r, enum claim_field f)
{
	if (!claim_has(r, f))
		return SLICE("");
	assert(!claim_is_number(f) || claim_is_raw(r, f));
	const struct claim_text *t = r->slot[claim_slot_of(r, f)].text;
	return slice_from(t->at, t->len);
}

void
claim_set_number(struct claim_row *r, enum claim_field f, int64_t value)
{
	assert(claim_is_number(f) && value >= 0);
	unsigned i = claim_slot_of(r, f);
	mark_present(r, i);
	r->slot[i].number = value;
}

static const struct claim_text *
pool_text(struct claim_document *d, struct slice s)
{
	size_t size = (sizeof(struct claim_text) + s.len + 3) & ~(size_t)3;
	struct claim_text *t;
	if (size > POOL_LARGE) {
		t = arena_alloc(d->arena, size);
	} else {
		if (size > d->pool_left) {
			d->pool = arena_alloc(d->arena, POOL_BLOCK);
			d->pool_left = POOL_BLOCK;
		}
		t = (struct claim_text *)(void *)d->pool;
		d->pool += size;
		d->pool_left -= size;
	}
	t->len = (uint32_t)s.len;
	memcpy(t->at, s.at, s.len);
	return t;
}

/*
 * The text of the same field one row above when it is equal, else NULL: keys, departments and practitioners
 * repeat from line to line, and texts are never changed in place.
 */
static const struct claim_text *
text_above(const struct claim_document *d, const struct claim_row *r, unsigned i, struct slice s)
{
	const struct claim_rows *rows = &d->rows[r->table];
	if (rows->count < 2 || rows->at[rows->count - 1] != r)
		return NULL;
	const struct claim_row *above = rows->at[rows->count - 2];
	const struct claim_text *t = above->present[i / 64] >> i % 64 & 1 ? above->slot[i].text : NULL;
	return t && t->len == s.len && memcmp(t->at, s.at, s.len) == 0 ? t : NULL;
}

static void
put_text(struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s)
{
	unsigned i = claim_slot_of(r, f);
	mark_present(r, i);
	const struct claim_text *same = claim_is_number(f) ? NULL : text_above(d, r, i, s);
	r->slot[i].text = same ? same : pool_text(d, s);
}

void
claim_set_raw(struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s)
{
	unsigned i = claim_slot_of(r, f);
	put_text(d, r, f, s);
	if (claim_is_number(f))
		r->raw[i / 64] |= UINT64_C(1) << i % 64;
}

static int
field_error(struct err *e, enum err_code code, enum claim_field f, const char *detail)
{
	err_set(e, code, NULL, "%s", detail);
	if (e) {
		err_prefix_field(e, claim_fields[f].name);
		err_prefix_field(e, ".");
		err_prefix_field(e, claim_tables[claim_fields[f].table].name);
	}
	return code;
}

static bool
is_blank(struct slice s)
{
	return s.len == 0 || (s.at[0] <= ' ' && slice_trim(s).len == 0);
}

int
claim_set_text(
    struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s, struct err *e)
{
	assert(!claim_is_number(f));
	if (s.len > CLAIM_TEXT_MAX)
		return field_error(e, ERR_LIMIT, f, "the text is too long");
	struct err why = { 0 };
	if (utf8_clean(d->arena, s, &s, &why) < 0)
		return field_error(e, ERR_INPUT, f, why.detail);
	if (is_blank(s))
		claim_clear(r, f);
	else
		put_text(d, r, f, s);
	return 0;
}

void
claim_share_text(struct claim_row *to, enum claim_field f, const struct claim_row *from, enum claim_field g)
{
	assert(!claim_is_number(f) && !claim_is_number(g));
	if (!claim_has(from, g)) {
		claim_clear(to, f);
		return;
	}
	unsigned i = claim_slot_of(to, f);
	mark_present(to, i);
	to->slot[i].text = from->slot[claim_slot_of(from, g)].text;
}

/* The number of n digits at p, or -1. */
static int
digits(const char *p, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value;
}

static int
month_days(int year, int month)
{
	static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

/* yyyyMMdd; with birth, month or day may be 00 when unknown (a known day needs a month). */
static bool
is_date(int year, int month, int day, bool birth)
{
	if (year < 1800)
		return false;
	if (birth && month == 0)
		return day == 0;
	if (month < 1 || month > 12)
		return false;
	if (birth && day == 0)
		return true;
	return day >= 1 && day <= month_days(year, month);
}

static bool
parse_date(struct slice s, bool birth, int64_t *ret)
{
	if (s.len != 8 && s.len != 12)
		return false;
	int year = digits(s.at, 4), month = digits(s.at + 4, 2), day = digits(s.at + 6, 2);
	if (month < 0 || day < 0 || !is_date(year, month, day, birth))
		return false;
	int64_t value = (int64_t)year * 10000 + month * 100 + day;
	if (s.len == 12) {
		int hour = digits(s.at + 8, 2), minute = digits(s.at + 10, 2);
		if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
			return false;
		value = value * 10000 + hour * 100 + minute;
	}
	*ret = value;
	return true;
}

static bool
parse_number(const struct claim_field_info *info, unsigned type, struct slice s, int64_t *ret)
{
	switch (type) {
	case CLAIM_DATE8:
		return s.len == 8 && parse_date(s, info->is_birth, ret);
	case CLAIM_DATE12:
		return s.len == 12 && parse_date(s, info->is_birth, ret);
	case CLAIM_DATE:
		return parse_date(s, info->is_birth, ret);
	default: {
		struct err ignored;
		return decimal_parse(s, info->scale, ret, &ignored) == 0 && *ret >= 0 && s.at[0] != '-';
	}
	}
}

int
claim_set(struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s, struct err *e)
{
	if (!claim_is_number(f))
		return claim_set_text(d, r, f, s, e);
	if (s.len == 0) {
		claim_clear(r, f);
		return 0;
	}
	int64_t value;
	if (!parse_number(&claim_fields[f], claim_fields[f].type, s, &value)) {
		field_error(e, ERR_INPUT, f, "");
		return err_set(e, ERR_INPUT, e ? e->field : NULL, "a value of the form %s is expected",
		    claim_type_expected(f));
	}
	claim_set_number(r, f, value);
	return 0;
}

bool
claim_item_fits(enum claim_field f, struct slice item)
{
	const struct claim_field_info *info = &claim_fields[f];
	int64_t ignored;
	if (info->item_type < CLAIM_INT)
		return item.len > 0;
	return parse_number(info, info->item_type, item, &ignored);
}

static const char *
expected(unsigned type, unsigned scale)
{
	switch (type) {
	case CLAIM_INT:
		return "123";
	case CLAIM_DECIMAL:
		return scale == 3 ? "123.456" : "123.45";
	case CLAIM_DATE8:
		return "yyyyMMdd";
	case CLAIM_DATE12:
		return "yyyyMMddHHmm";
	case CLAIM_DATE:
		return "yyyyMMdd, yyyyMMddHHmm";
	default:
		return "text";
	}
}

const char *
claim_type_expected(enum claim_field f)
{
	return expected(claim_fields[f].type, claim_fields[f].scale);
}

const char *
claim_item_expected(enum claim_field f)
{
	return expected(claim_fields[f].item_type, claim_fields[f].scale);
}

void
claim_print(const struct claim_row *r, enum claim_field f, struct buf *out)
{
	if (!claim_has(r, f))
		return;
	if (!claim_is_number(f) || claim_is_raw(r, f)) {
		buf_add(out, claim_text(r, f));
		return;
	}
	const struct claim_field_info *info = &claim_fields[f];
	int64_t value = r->slot[info->index].number;
	char text[DECIMAL_TEXT_MAX];
	size_t len;
	if (info->fixed)
		len = decimal_print_fixed(value, info->scale, text);
	else
		len = decimal_print(value, info->scale, text);
	buf_add(out, slice_from(text, len));
}

int64_t
claim_date12(int64_t value)
{
	return value < 1000000000 ? value * 10000 : value;
}

int32_t
claim_date_days(int64_t value)
{
	int64_t date = claim_date12(value) / 10000;
	int year = (int)(date / 10000), month = (int)(date / 100 % 100), day = (int)(date % 100);
	if (month == 0 || day == 0)
		return 0;
	return date_from_civil(year, month, day);
}

int32_t
claim_document_date(const struct claim_document *d)
{
	if (claim_row_count(d, CLAIM_XML1))
		return claim_date_days(claim_number(claim_row_at(d, CLAIM_XML1, 0), XML1_NGAY_VAO));
	if (claim_row_count(d, CLAIM_XML0))
		return claim_date_days(claim_number(claim_row_at(d, CLAIM_XML0, 0), XML0_NGAY_VAO));
	return 0;
}

struct slice
claim_document_ma_lk(const struct claim_document *d)
{
	if (claim_row_count(d, CLAIM_XML1))
		return claim_text(claim_row_at(d, CLAIM_XML1, 0), XML1_MA_LK);
	if (claim_row_count(d, CLAIM_XML0))
		return claim_text(claim_row_at(d, CLAIM_XML0, 0), XML0_MA_LK);
	return SLICE("");
}
