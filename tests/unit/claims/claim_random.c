#include "tests/unit/claims/claim_random.h"

#include "base/time.h"

#define TEXT_LETTERS_MAX 60

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do. */
static uint64_t
next(struct claim_random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t
claim_random_below(struct claim_random *r, uint64_t limit)
{
	return next(r) % limit;
}

static unsigned
smaller(unsigned limit, unsigned most)
{
	return limit == 0 || limit > most ? most : limit;
}

/* Text in NFC with everything that XML must escape; never blank at its ends, never only "NULL". */
static void
add_text(struct claim_random *r, struct buf *out, unsigned max)
{
	static const char *const letters[] = { "a", "B", "z", "0", "9", " ", "đ", "Đ", "ễ", "ơ", "ự", "ỹ",
		"é", "µ", "–", "…", "漢", "😀", "&", "<", ">", "\"", "'", "]]>", "&amp;", "<x/>", "\n", "\t",
		"\r", ";", "%", "=" };
	unsigned count = (unsigned)claim_random_below(r, smaller(max, TEXT_LETTERS_MAX)) / 4;

	buf_add_char(out, 'T');
	for (unsigned i = 0; i + 1 < count; i++)
		buf_add_text(out, letters[claim_random_below(r, sizeof(letters) / sizeof(letters[0]))]);
}

static void
add_code(struct claim_random *r, struct buf *out, unsigned max)
{
	static const char letters[] = "0123456789ABCXYZ.-_/Đ";
	unsigned count = 1 + (unsigned)claim_random_below(r, smaller(max, 12));

	for (unsigned i = 0; i < count; i++)
		buf_add_char(out, letters[claim_random_below(r, sizeof(letters) - 3)]);
}

static void
add_date(struct claim_random *r, struct buf *out, bool with_time)
{
	char text[TIME_TEXT_MAX];
	int32_t date = (int32_t)claim_random_below(r, 40000);

	buf_add(out, slice_from(text, date_print8(date, text)));
	if (with_time)
		buf_addf(out, "%02u%02u", (unsigned)claim_random_below(r, 24),
		    (unsigned)claim_random_below(r, 60));
}

static void
add_number(struct claim_random *r, struct buf *out, unsigned max, unsigned scale, bool fixed)
{
	unsigned digits = smaller(max, 10), decimals = 0;

	if (fixed)
		decimals = scale;
	else if (scale && digits > scale + 1)
		decimals = (unsigned)claim_random_below(r, scale + 1);
	digits -= decimals ? decimals + 1 : 0;
	uint64_t limit = 1;
	for (unsigned i = 0; i < digits; i++)
		limit *= 10;
	buf_addf(out, "%llu", (unsigned long long)claim_random_below(r, limit));
	if (decimals)
		buf_add_char(out, '.');
	for (unsigned i = 0; i < decimals; i++)
		buf_add_char(out, (char)('0' + claim_random_below(r, 10)));
}

static void
add_value(struct claim_random *r, struct buf *out, unsigned type, const struct claim_field_info *f)
{
	switch (type) {
	case CLAIM_STRING:
		if (f->type == CLAIM_LIST)
			add_code(r, out, f->write_max);
		else
			add_text(r, out, f->write_max);
		break;
	case CLAIM_CODE:
		add_code(r, out, f->write_max);
		break;
	case CLAIM_FLAG:
		buf_add_char(out, (char)('0' + claim_random_below(r, 2)));
		break;
	case CLAIM_DATE8:
		add_date(r, out, false);
		break;
	case CLAIM_DATE12:
		add_date(r, out, true);
		break;
	case CLAIM_DATE:
		add_date(r, out, f->write_max > 8 && claim_random_below(r, 2));
		break;
	default:
		add_number(r, out, f->write_max, f->scale, f->fixed);
	}
}

static void
add_list(struct claim_random *r, struct buf *out, const struct claim_field_info *f)
{
	size_t count = 1 + claim_random_below(r, 3);

	for (size_t i = 0; i < count; i++) {
		size_t before = out->len;

		if (i)
			buf_add_char(out, ';');
		add_value(r, out, f->item_type, f);
		if (i && f->write_max && out->len > f->write_max) {
			out->len = before;
			return;
		}
	}
}

static void
set_random(struct claim_random *r, struct claim_document *d, struct claim_row *row, enum claim_field f,
    struct buf *text)
{
	const struct claim_field_info *info = &claim_fields[f];
	struct err e;

	if (info->required != CLAIM_REQUIRED && claim_random_below(r, 2))
		return;
	buf_reset(text);
	if (info->type == CLAIM_LIST)
		add_list(r, text, info);
	else
		add_value(r, text, info->type, info);
	if (claim_set(d, row, f, buf_slice(text), &e) < 0)
		fatal("random %s: %s", e.field, e.detail);
}

static void
add_rows(struct claim_random *r, struct claim_document *d, enum claim_table t, size_t count, struct buf *text)
{
	for (size_t i = 0; i < count; i++) {
		struct claim_row *row = claim_row_add(d, t);

		for (unsigned k = 0; k < claim_tables[t].count; k++)
			set_random(r, d, row, (enum claim_field)(claim_tables[t].first + k), text);
	}
}

struct claim_document *
claim_random_document(struct claim_random *r, struct arena *a, unsigned rows, bool checkin)
{
	struct claim_document *d = claim_document_new(a);
	struct buf text;

	buf_init(&text, 1u << 16);
	if (checkin)
		add_rows(r, d, CLAIM_XML0, 1 + claim_random_below(r, rows), &text);
	for (enum claim_table t = CLAIM_XML1; !checkin && t < CLAIM_TABLES; t++) {
		const struct claim_table_info *info = &claim_tables[t];
		size_t most = info->list ? rows : 1;

		if (info->root)
			add_rows(r, d, t, t == CLAIM_XML1 ? 1 : claim_random_below(r, most + 1), &text);
	}
	buf_free(&text);
	return d;
}
