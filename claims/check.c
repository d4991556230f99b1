/* The structural check: fields by the catalogue, then small tables of what belongs together. */
#include <stdlib.h>

#include "base/utf8.h"
#include "claims/check_parts.h"

static struct claim_finding *
add(struct check *c, enum claim_finding_code code, enum claim_field f, uint32_t row, const char *detail)
{
	return claim_finding_add(c->findings, code, claim_fields[f].table, row, (int)f, "%s", detail);
}

/* ---- one value ---- */

static void
check_length(struct check *c, const struct claim_row *r, enum claim_field f, uint32_t row)
{
	struct buf text;
	unsigned soft = claim_field_write_max(f, c->date), hard = claim_fields[f].read_max;
	if (soft == 0)
		return;
	size_t length;
	if (claim_is_number(f) && !claim_is_raw(r, f)) {
		buf_init(&text, 64);
		claim_print(r, f, &text);
		length = text.len;
		buf_free(&text);
	} else {
		struct slice s = claim_text(r, f);
		length = s.len <= soft ? 0 : utf8_length(s);
	}
	if (hard && length > hard && !(c->options && c->options->from_reader))
		claim_finding_add(c->findings, FINDING_VALUE_LONG, r->table, row, (int)f, "%u", hard);
	else if (length > soft && (!hard || length <= hard))
		claim_finding_add(
		    c->findings, FINDING_VALUE_LONG_DISPUTED, r->table, row, (int)f, "%u", soft);
}

static void
check_code(struct check *c, enum claim_field f, uint32_t row, struct slice code)
{
	const char *catalogue = claim_fields[f].codes;
	if (claim_code_find(catalogue, code))
		return;
	struct slice shown = utf8_cut(code, 40);
	struct claim_finding *finding = claim_finding_add(
	    c->findings, FINDING_CODE_UNKNOWN, claim_fields[f].table, row, (int)f, "%.*s", SLICE_ARG(shown));
	if (!claim_codes_closed(catalogue))
		claim_finding_lower(c->findings, finding, CLAIM_WARNING);
}

static void
check_list(struct check *c, const struct claim_row *r, enum claim_field f, uint32_t row)
{
	struct slice rest = claim_text(r, f), item;
	bool blank = false, wrong = false;
	while (slice_split(&rest, ';', &item)) {
		blank |= item.len == 0 || slice_trim(item).len != item.len;
		wrong |= item.len && !claim_item_fits(f, slice_trim(item));
		if (item.len && claim_fields[f].codes)
			check_code(c, f, row, slice_trim(item));
	}
	if (blank)
		add(c, FINDING_LIST_BLANK, f, row, "");
	if (wrong)
		add(c, FINDING_VALUE_TYPE, f, row, claim_item_expected(f));
}

/* Called for every value of a claim: the lengths decide most. names ends with an empty one. */
static bool
field_in(const struct claim_field_info *f, const struct slice *names)
{
	for (; names->len; names++)
		if (names->len == f->name_len && memcmp(names->at, f->name, names->len) == 0)
			return true;
	return false;
}

static bool
name_in(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool
is_facility(struct slice s)
{
	return s.len == 5 && slice_is_digits(s);
}

static bool
is_card(struct slice s)
{
	return s.len == 15 && s.at[0] >= 'A' && s.at[0] <= 'Z' && s.at[1] >= 'A' && s.at[1] <= 'Z' &&
	       s.at[2] >= '1' && s.at[2] <= '5' && slice_is_digits(slice_skip(s, 3));
}

/* A card of 15 characters (decision 1351/QĐ-BHXH); a bare BHXH number or citizen id may pass, nobody knows.
 */
static void
check_card(struct check *c, const struct claim_row *r, enum claim_field f, uint32_t row)
{
	struct slice rest = claim_text(r, f), item;
	while (slice_split(&rest, ';', &item)) {
		struct slice card = slice_trim(item);
		if (is_card(card))
			continue;
		struct claim_finding *finding = add(c, FINDING_CARD_FORMAT, f, row, "");
		if (slice_is_digits(card) && (card.len == 10 || card.len == 12))
			claim_finding_lower(c->findings, finding, CLAIM_WARNING);
	}
}

static void
check_facility(struct check *c, const struct claim_row *r, enum claim_field f, uint32_t row)
{
	struct slice rest = claim_text(r, f), item;
	while (slice_split(&rest, ';', &item))
		if (!is_facility(slice_trim(item)))
			add(c, FINDING_FACILITY_FORMAT, f, row, "");
}

static void
check_form(struct check *c, const struct claim_row *r, enum claim_field f, uint32_t row)
{
#define NAME(text)                                                                                           \
	{                                                                                                    \
		text, sizeof(text) - 1                                                                       \
	}
	static const struct slice facilities[] = { NAME("MA_CSKCB"), NAME("MA_DKBD"), NAME("MA_NOI_DI"),
		NAME("MA_NOI_DEN"), NAME("MA_CSKCB_DI"), NAME("MA_CSKCB_DEN"), { NULL, 0 } };
	static const struct slice cards[] = { NAME("MA_THE_BHYT"), { NULL, 0 } };
	static const struct slice percents[] = { NAME("TYLE_TT_BH"), NAME("TYLE_TT_DV"), NAME("MUC_HUONG"),
		{ NULL, 0 } };
#undef NAME
	const struct claim_field_info *info = &claim_fields[f];
	int64_t whole = info->scale ? 10000 : 100;
	if (field_in(info, facilities))
		check_facility(c, r, f, row);
	else if (field_in(info, cards))
		check_card(c, r, f, row);
	else if (field_in(info, percents) && claim_number(r, f) > whole)
		add(c, FINDING_PERCENT_RANGE, f, row, "");
}

static void
check_value(struct check *c, const struct claim_row *r, enum claim_field f, uint32_t row)
{
	const struct claim_field_info *info = &claim_fields[f];
	if (!claim_has(r, f)) {
		if (info->required == CLAIM_REQUIRED)
			add(c, FINDING_REQUIRED_MISSING, f, row, "");
		return;
	}
	check_length(c, r, f, row);
	if (claim_is_raw(r, f)) {
		if (!(c->options && c->options->from_reader))
			add(c, FINDING_VALUE_TYPE, f, row, claim_type_expected(f));
		return;
	}
	if (info->type == CLAIM_LIST)
		check_list(c, r, f, row);
	else if (info->codes)
		check_code(c, f, row, claim_text(r, f));
	check_form(c, r, f, row);
}

/* ---- what belongs together in one row ---- */

/* The first must not be after the second; compared by day when one of them has no time. */
static const struct {
	enum claim_field first, second;
} orders[] = {
	{ XML0_NGAY_SINH, XML0_NGAY_VAO },
	{ XML0_GT_THE_TU, XML0_GT_THE_DEN },
	{ XML0_NGAY_VAO, XML0_NGAY_VAO_NOI_TRU },
	{ XML1_NGAY_SINH, XML1_NGAY_VAO },
	{ XML1_NGAY_VAO, XML1_NGAY_VAO_NOI_TRU },
	{ XML1_NGAY_VAO, XML1_NGAY_RA },
	{ XML1_NGAY_VAO_NOI_TRU, XML1_NGAY_RA },
	{ XML1_NGAY_VAO, XML1_NGAY_TTOAN },
	{ XML2_NGAY_YL, XML2_NGAY_TH_YL },
	{ XML3_NGAY_YL, XML3_NGAY_TH_YL },
	{ XML3_NGAY_TH_YL, XML3_NGAY_KQ },
	{ XML6_NGAYBD_DTRI_LAO, XML6_NGAYKT_DTRI_LAO },
	{ XML6_NGAY_XN_TLVR, XML6_NGAY_KQ_XN_TLVR },
	{ XML6_NGAY_XN_PCR, XML6_NGAY_KQ_XN_PCR },
	{ XML6_NGAY_BAT_DAU_XU_TRI, XML6_NGAY_KET_THUC_XU_TRI },
	{ XML7_NGAY_VAO, XML7_NGAY_RA },
	{ XML7_NGOAITRU_TUNGAY, XML7_NGOAITRU_DENNGAY },
	{ XML8_NGAY_VAO, XML8_NGAY_RA },
	{ XML8_NGAY_SINHCON, XML8_NGAY_CONCHET },
	{ XML9_NGAYSINH_NND, XML9_NGAY_SINH_CON },
	{ XML10_TU_NGAY, XML10_DEN_NGAY },
	{ XML11_TU_NGAY, XML11_DEN_NGAY },
	{ XML14_NGAY_SINH, XML14_NGAY_VAO },
	{ XML14_NGAY_VAO, XML14_NGAY_VAO_NOI_TRU },
	{ XML14_NGAY_VAO, XML14_NGAY_RA },
	{ XML14_NGAY_RA, XML14_NGAY_HEN_KL },
	{ XML15_NGAYBD_DTRI_LAO, XML15_NGAYKT_DTRI_LAO },
};

static bool
is_after(int64_t a, int64_t b)
{
	bool by_day = a < 1000000000 || b < 1000000000;
	a = claim_date12(a);
	b = claim_date12(b);
	return by_day ? a / 10000 > b / 10000 : a > b;
}

static void
check_orders(struct check *c, const struct claim_row *r, uint32_t row)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		enum claim_field first = orders[i].first, second = orders[i].second;
		if (claim_fields[first].table != r->table)
			continue;
		int64_t a = claim_number(r, first), b = claim_number(r, second);
		if (a && b && is_after(a, b))
			claim_finding_add(c->findings, FINDING_DATE_ORDER, r->table, row, (int)second,
			    "%s > %s", claim_fields[first].name, claim_fields[second].name);
	}
}

/* Lists that go in parallel; the second may be empty as a whole where it says so. */
static const struct {
	enum claim_field first, second;
	bool may_be_empty;
} parallels[] = {
	{ XML1_MA_THE_BHYT, XML1_MA_DKBD, false },
	{ XML1_MA_THE_BHYT, XML1_GT_THE_TU, false },
	{ XML1_MA_THE_BHYT, XML1_GT_THE_DEN, true },
	{ XML13_MA_THE_BHYT, XML13_GT_THE_DEN, true },
	{ XML13_NGAY_VAO, XML13_NGAY_RA, false },
	{ XML14_MA_THE_BHYT, XML14_GT_THE_DEN, true },
};

static size_t
list_count(struct slice s)
{
	struct slice item;
	size_t count = 0;
	while (slice_split(&s, ';', &item))
		count++;
	return count;
}

static void
check_parallels(struct check *c, const struct claim_row *r, uint32_t row)
{
	for (size_t i = 0; i < sizeof(parallels) / sizeof(parallels[0]); i++) {
		enum claim_field first = parallels[i].first, second = parallels[i].second;
		if (claim_fields[first].table != r->table ||
		    (!claim_has(r, second) && parallels[i].may_be_empty))
			continue;
		size_t a = list_count(claim_text(r, first)), b = list_count(claim_text(r, second));
		if (a != b)
			claim_finding_add(c->findings, FINDING_LIST_PARALLEL, r->table, row, (int)second,
			    "%s: %zu, %s: %zu", claim_fields[first].name, a, claim_fields[second].name, b);
	}
}

/* XML2 carries drugs and blood, XML3 everything else (decision 4750, MA_NHOM). */
static void
check_group(struct check *c, const struct claim_row *r, uint32_t row)
{
	static const char *const drugs[] = { "4", "5", "6", "7", "17", NULL };
	enum claim_field f = r->table == CLAIM_XML2 ? XML2_MA_NHOM : XML3_MA_NHOM;
	struct slice group = claim_text(r, f);
	bool is_drug = false;
	for (const char *const *g = drugs; *g; g++)
		is_drug |= slice_eq_text(group, *g);
	if (group.len && is_drug != (r->table == CLAIM_XML2))
		claim_finding_add(c->findings, FINDING_GROUP_TABLE, r->table, row, (int)f, "%.*s",
		    SLICE_ARG(utf8_cut(group, 8)));
}

/* A line of XML3 is a service or a supply (or a supply of a service); a check-in names exactly one item. */
static void
check_item(struct check *c, const struct claim_row *r, uint32_t row)
{
	int count;
	if (r->table == CLAIM_XML0) {
		count = claim_has(r, XML0_MA_DICH_VU) + claim_has(r, XML0_MA_THUOC) +
			claim_has(r, XML0_MA_VAT_TU);
		if (count != 1)
			claim_finding_add(
			    c->findings, FINDING_ITEM_NONE, CLAIM_XML0, row, XML0_MA_DICH_VU, "%d", count);
		return;
	}
	if (!claim_has(r, XML3_MA_DICH_VU) && !claim_has(r, XML3_MA_VAT_TU))
		claim_finding_add(
		    c->findings, FINDING_ITEM_MISSING, CLAIM_XML3, row, XML3_MA_DICH_VU, "%s", "");
}

static void
check_row(struct check *c, const struct claim_row *r, uint32_t row)
{
	const struct claim_table_info *t = &claim_tables[r->table];
	for (unsigned i = 0; i < t->count; i++)
		check_value(c, r, (enum claim_field)(t->first + i), row);
	check_orders(c, r, row);
	check_parallels(c, r, row);
	if (r->table == CLAIM_XML2 || r->table == CLAIM_XML3) {
		check_group(c, r, row);
		check_line(c, r, row);
	}
	if (r->table == CLAIM_XML0 || r->table == CLAIM_XML3)
		check_item(c, r, row);
}

/* ---- what belongs together in the document ---- */

static bool
is_key(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char ch = s.at[i];
		bool good = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
			    (ch >= 'a' && ch <= 'z') || ch == '_' || ch == '-';
		if (!good)
			return false;
	}
	return true;
}

static void
check_key(struct check *c, enum claim_table t, struct slice key)
{
	int f = claim_field_of(t, "MA_LK");
	for (size_t i = 0; f >= 0 && i < claim_row_count(c->d, t); i++) {
		const struct claim_row *r = claim_row_at(c->d, t, i);
		struct slice own = claim_text(r, (enum claim_field)f);
		if (t != CLAIM_XML0 && own.len && key.len && !slice_eq(own, key))
			add(c, FINDING_KEY_DIFFERS, (enum claim_field)f, (uint32_t)i + 1, "");
		if (t <= CLAIM_XML1 && !is_key(own))
			add(c, FINDING_KEY_FORMAT, (enum claim_field)f, (uint32_t)i + 1, "");
	}
}

static int
compare_numbers(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return a < b ? -1 : a > b;
}

static void
check_stt(struct check *c, enum claim_table t)
{
	int f = claim_field_of(t, "STT");
	size_t count = claim_row_count(c->d, t);
	if (f < 0 || count < 2)
		return;
	int64_t *numbers = ARENA_ARRAY(c->findings->arena, count, int64_t);
	for (size_t i = 0; i < count; i++)
		numbers[i] = claim_number(claim_row_at(c->d, t, i), (enum claim_field)f);
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 1; i < count; i++)
		if (numbers[i] && numbers[i] == numbers[i - 1] && (i == 1 || numbers[i] != numbers[i - 2]))
			claim_finding_add(
			    c->findings, FINDING_STT_DUPLICATE, (int)t, 0, f, "%lld", (long long)numbers[i]);
}

/* SO_NGAY_DTRI by kind of care (benefit-rules.md §10); kinds that are not listed are not judged. */
static void
check_days(struct check *c)
{
	static const char *const none[] = { "01", "07", "09", NULL }, *const stay[] = { "02", "03", "04",
		"06", NULL };
	const struct claim_row *r = claim_row_at(c->d, CLAIM_XML1, 0);
	struct slice kind = claim_text(r, XML1_MA_LOAI_KCB);
	int32_t in = claim_date_days(claim_number(r, XML1_NGAY_VAO)),
		out = claim_date_days(claim_number(r, XML1_NGAY_RA));
	char name[8] = "";
	if (kind.len >= sizeof(name) || !in || !out || !claim_has(r, XML1_SO_NGAY_DTRI))
		return;
	memcpy(name, kind.at, kind.len);
	int64_t right;
	if (name_in(name, none))
		right = 0;
	else if (name_in(name, stay))
		right = out - in + 1;
	else
		return;
	if (claim_number(r, XML1_SO_NGAY_DTRI) != right)
		claim_finding_add(c->findings, FINDING_DAYS_DIFFER, CLAIM_XML1, 1, XML1_SO_NGAY_DTRI,
		    "%lld ≠ %lld", (long long)claim_number(r, XML1_SO_NGAY_DTRI), (long long)right);
}

static void
check_table(struct check *c, enum claim_table t, struct slice key)
{
	size_t count = claim_row_count(c->d, t);
	if (count > 1 && claim_tables[t].root && !claim_tables[t].list)
		claim_finding_add(c->findings, FINDING_ROWS_SEVERAL, (int)t, 0, -1, "%zu", count);
	for (size_t i = 0; i < count; i++)
		check_row(c, claim_row_at(c->d, t, i), (uint32_t)i + 1);
	check_key(c, t, key);
	check_stt(c, t);
}

void
claim_check(
    const struct claim_document *d, const struct claim_check_options *options, struct claim_findings *l)
{
	struct check c = { .d = d, .options = options, .findings = l, .date = claim_document_date(d) };
	enum claim_table head = options && options->checkin ? CLAIM_XML0 : CLAIM_XML1;
	struct slice key = claim_document_ma_lk(d);
	for (enum claim_table t = CLAIM_XML0; t < CLAIM_TABLES; t++)
		check_table(&c, t, key);
	if (claim_row_count(d, head) == 0) {
		if (!(options && options->from_reader))
			claim_finding_add(
			    l, FINDING_TABLE_MISSING, (int)head, 0, -1, "%s", claim_tables[head].name);
	} else if (head == CLAIM_XML1) {
		check_totals(&c);
		check_days(&c);
	}
}
