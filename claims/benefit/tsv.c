#include "claims/benefit/tsv.h"

#include <stdio.h>

#include "base/map.h"
#include "base/time.h"

enum column {
	CASE_ID,
	LINE_NO,
	VISIT_DATE,
	CARD,
	OBJECT_CODE,
	CARE_TYPE,
	TABLE,
	GROUP,
	SCOPE,
	QUANTITY,
	PRICE_HOSPITAL,
	REQUIRED_COUNT,
	KIND = REQUIRED_COUNT,
	FACILITY,
	EXEMPT,
	EXEMPT_FROM,
	FIVE_YEARS,
	COPAY_PAID,
	COPAY_BEFORE,
	CARD_FROM,
	CARD_TO,
	PRICE_FUND,
	RATE_SERVICE,
	RATE_FUND,
	CEILING,
	PAYMENT_METHOD,
	SUPPORT,
	SOURCE_NSNN,
	SOURCE_VTNN,
	SOURCE_VTTN,
	SOURCE_OTHER,
	LEVEL,
	LINE_TIME,
	PACKAGE,
	PRICE_CEILING,
	WOUND,
	OPERATION,
	TEAM,
	BED_SHARERS,
	STRETCHER,
	COLUMN_COUNT
};

static const struct {
	const char *name;   /* in the header */
	const char *engine; /* in error fields of benefit_compute; NULL = never named there */
	bool of_case;       /* the same in all rows of a case */
} columns[COLUMN_COUNT] = {
	[CASE_ID] = { "case_id", NULL, false },
	[LINE_NO] = { "line_no", NULL, false },
	[VISIT_DATE] = { "visit_date", "admitted_at", true },
	[CARD] = { "card", "group", true },
	[OBJECT_CODE] = { "ma_doituong_kcb", "object_code", true },
	[CARE_TYPE] = { "ma_loai_kcb", "care_type", true },
	[TABLE] = { "table", "table", false },
	[GROUP] = { "ma_nhom", "group", false },
	[SCOPE] = { "pham_vi", "scope", false },
	[QUANTITY] = { "so_luong", "quantity", false },
	[PRICE_HOSPITAL] = { "don_gia_bv", "price_hospital", false },
	[KIND] = { "kind", NULL, false },
	[FACILITY] = { "facility", "facility", true },
	[EXEMPT] = { "copay_exempt", "exempt_from", true },
	[EXEMPT_FROM] = { "ngay_mien_cct", "exempt_from", true },
	[FIVE_YEARS] = { "nam_nam_lien_tuc", "five_years_from", true },
	[COPAY_PAID] = { "copay_paid", "copay_paid", true },
	[COPAY_BEFORE] = { "copay_paid_before_change", "copay_paid_before_change", true },
	[CARD_FROM] = { "gt_the_tu", NULL, true },
	[CARD_TO] = { "gt_the_den", "to", true },
	[PRICE_FUND] = { "don_gia_bh", "price_fund", false },
	[RATE_SERVICE] = { "tyle_tt_dv", "rate_service", false },
	[RATE_FUND] = { "tyle_tt_bh", "rate_fund", false },
	[CEILING] = { "t_trantt", "package_ceiling", false },
	[PAYMENT_METHOD] = { "ma_pttt", "payment_method", false },
	[SUPPORT] = { "nk_mode", "support", false },
	[SOURCE_NSNN] = { "nk_nsnn", "source", false },
	[SOURCE_VTNN] = { "nk_vtnn", NULL, false },
	[SOURCE_VTTN] = { "nk_vttn", NULL, false },
	[SOURCE_OTHER] = { "nk_cl", NULL, false },
	[LEVEL] = { "muc_huong", "given_level", false },
	[LINE_TIME] = { "ngay_yl", "at", false },
	[PACKAGE] = { "goi_vtyt", "package", false },
	[PRICE_CEILING] = { "gia_tran", "price_ceiling", false },
	[WOUND] = { "vet_thuong_tp", "wound", false },
	[OPERATION] = { "operation", "operation", false },
	[TEAM] = { "team", "team", false },
	[BED_SHARERS] = { "bed_sharers", "bed_sharers", false },
	[STRETCHER] = { "stretcher", "stretcher", false },
};

struct row {
	struct slice text;
	size_t number; /* in the input, from 1 */
	struct row *next;
};

struct one_case {
	struct slice id;
	struct row *first, *last;
	size_t count;
};

struct reader {
	const struct benefit_rules *rules;
	enum benefit_tsv_why why;
	struct buf *out;
	struct err *err;
	size_t position[COLUMN_COUNT]; /* column of the input, SIZE_MAX = absent */
	size_t width;
	size_t number; /* of the row in cell */
	struct slice cell[BENEFIT_TSV_COLUMNS_MAX];
	struct arena *arena; /* of one case */
	struct row **rows;   /* of the case, by line index */
};

static int
fail(const struct reader *r, size_t number, enum column column, enum err_code code, const char *text)
{
	char field[128];
	int length = snprintf(field, sizeof(field), "%zu:%s", number, columns[column].name);
	(void)length;
	return err_set(r->err, code, field, "%s", text);
}

static int
bad(const struct reader *r, enum column column, const char *text)
{
	return fail(r, r->number, column, ERR_INPUT, text);
}

static struct slice
cell(const struct reader *r, enum column column)
{
	size_t at = r->position[column];
	return at == SIZE_MAX ? (struct slice){ "", 0 } : r->cell[at];
}

/* The cells of a row; blank cells at the end may be missing. */
static int
row_split(struct reader *r, struct slice text, size_t number)
{
	size_t count = 0;
	r->number = number;
	for (;;) {
		size_t tab = slice_find(text, '\t');
		if (count == BENEFIT_TSV_COLUMNS_MAX)
			return bad(r, CASE_ID, "the row has too many columns");
		r->cell[count++] = slice_trim(slice_from(text.at, tab));
		if (tab == text.len)
			break;
		text = slice_skip(text, tab + 1);
	}
	if (r->width != 0 && count > r->width)
		return bad(r, CASE_ID, "the row has more columns than the header");
	for (; count < r->width; count++)
		r->cell[count] = (struct slice){ "", 0 };
	if (r->width == 0)
		r->width = count;
	return 0;
}

static int
header_read(struct reader *r, struct slice text, size_t number)
{
	int rc = row_split(r, text, number);
	if (rc < 0)
		return rc;
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		r->position[c] = SIZE_MAX;
		for (size_t i = 0; i < r->width; i++) {
			if (!slice_eq_text(r->cell[i], columns[c].name))
				continue;
			if (r->position[c] != SIZE_MAX)
				return bad(r, (enum column)c, "the column appears twice in the header");
			r->position[c] = i;
		}
		if (c < REQUIRED_COUNT && r->position[c] == SIZE_MAX)
			return bad(r, (enum column)c, "the column is missing in the header");
	}
	return 0;
}

static int
get_int(const struct reader *r, enum column column, int64_t absent, int64_t min, int64_t max, int *ret)
{
	struct slice s = cell(r, column);
	int64_t value = absent;
	if (s.len > 0 && slice_to_int64(s, &value) < 0)
		return bad(r, column, "is not a whole number");
	if (s.len == 0 && column < REQUIRED_COUNT)
		return bad(r, column, "is empty");
	if (value < min || value > max)
		return bad(r, column, "is out of range");
	*ret = (int)value;
	return 0;
}

static int
get_flag(const struct reader *r, enum column column, bool *ret)
{
	int value = 0;
	int rc = get_int(r, column, 0, 0, 1, &value);
	if (rc == 0)
		*ret = value != 0;
	return rc;
}

static int
get_decimal(const struct reader *r, enum column column, int scale, int64_t absent, int64_t *ret)
{
	struct slice s = cell(r, column);
	struct err why = { 0 };
	int64_t value = absent;
	if (s.len == 0 && column < REQUIRED_COUNT)
		return bad(r, column, "is empty");
	if (s.len > 0 && decimal_parse(s, scale, &value, &why) < 0)
		return fail(r, r->number, column, why.code,
		    why.code == ERR_OVERFLOW ? "is too large"
		    : scale == 3             ? "is not a number with at most 3 decimals"
					     : "is not a number with at most 2 decimals");
	if (s.len > 0 && value < 0)
		return bad(r, column, "is negative");
	*ret = value;
	return 0;
}

static int
get_percent(const struct reader *r, enum column column, int64_t absent, struct percent *ret)
{
	int64_t value = 0;
	int rc = get_decimal(r, column, 2, absent, &value);
	if (rc < 0)
		return rc;
	if (value > 10000)
		return bad(r, column, "is above 100");
	ret->hundredths = (int32_t)value;
	return 0;
}

/* yyyy-MM-dd, yyyyMMdd or yyyyMMddHHmm. Empty: 0. */
static int
get_instant(const struct reader *r, enum column column, int64_t *ret)
{
	struct slice s = cell(r, column);
	struct civil c = { 0 };
	int64_t instant = 0;
	int32_t date = 0;
	int rc;
	if (s.len == 0) {
		*ret = 0;
		return 0;
	}
	if (s.len == 12)
		rc = time_parse12(s, &instant, NULL);
	else
		rc = s.len == 8 ? date_parse8(s, &date, NULL) : date_parse_iso(s, &date, NULL);
	if (rc < 0)
		return bad(r, column, "is not a date yyyy-MM-dd, yyyyMMdd or yyyyMMddHHmm");
	if (s.len != 12) {
		date_to_civil(date, &c.year, &c.month, &c.day);
		instant = time_from_civil(&c);
	}
	*ret = instant;
	return 0;
}

static int
card_dates(const struct reader *r, enum column column, struct benefit_card *cards, size_t count)
{
	struct slice rest = cell(r, column), part;
	for (size_t i = 0; i < count && slice_split(&rest, ';', &part); i++) {
		int32_t date = 0;
		part = slice_trim(part);
		if (part.len > 0 && date_parse8(part, &date, NULL) < 0)
			return bad(r, column, "is not a list of dates yyyyMMdd with semicolons");
		*(column == CARD_FROM ? &cards[i].from : &cards[i].to) = date;
	}
	return 0;
}

/* "DN4", a full 15-character code, or several with semicolons. */
static int
get_cards(const struct reader *r, struct benefit_visit *visit)
{
	struct slice rest = cell(r, CARD), part;
	struct benefit_card *cards = ARENA_ARRAY(r->arena, BENEFIT_CARDS_MAX, struct benefit_card);
	size_t count = 0;
	while (slice_split(&rest, ';', &part)) {
		part = slice_trim(part);
		if (count == BENEFIT_CARDS_MAX)
			return bad(r, CARD, "names too many cards");
		if ((part.len != 3 && part.len != 15) || part.at[2] < '1' || part.at[2] > '9')
			return bad(r, CARD, "is not a card such as DN4 or a code of 15 characters");
		memcpy(cards[count].group, part.at, 2);
		cards[count++].digit = part.at[2] - '0';
	}
	visit->cards = cards;
	visit->card_count = count;
	int rc = card_dates(r, CARD_FROM, cards, count);
	return rc < 0 ? rc : card_dates(r, CARD_TO, cards, count);
}

static enum benefit_facility
get_facility(const struct reader *r)
{
	static const char *const names[] = { NULL, "station", "basic", "specialised", "district",
		"provincial", "central" };
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_text(cell(r, FACILITY), names[i]))
			return (enum benefit_facility)i;
	return BENEFIT_FACILITY_ANY;
}

static int
get_visit(const struct reader *r, struct benefit_visit *v)
{
	bool exempt = false;
	int64_t five_years = 0;
	int rc = get_instant(r, VISIT_DATE, &v->admitted_at);
	if (rc == 0 && v->admitted_at == 0)
		rc = bad(r, VISIT_DATE, "is empty");
	if (rc == 0)
		rc = get_cards(r, v);
	if (rc == 0)
		rc = get_int(r, CARE_TYPE, 0, 1, 63, &v->care_type);
	if (rc == 0)
		rc = get_flag(r, EXEMPT, &exempt);
	if (rc == 0)
		rc = get_instant(r, EXEMPT_FROM, &v->exempt_from);
	if (rc == 0)
		rc = get_instant(r, FIVE_YEARS, &five_years);
	if (rc == 0)
		rc = get_decimal(r, COPAY_PAID, 2, 0, &v->copay_paid.hundredths);
	if (rc == 0)
		rc = get_decimal(r, COPAY_BEFORE, 2, 0, &v->copay_paid_before_change.hundredths);
	if (rc < 0)
		return rc;
	v->object_code = cell(r, OBJECT_CODE);
	v->facility = get_facility(r);
	if (exempt)
		v->exempt_from = v->admitted_at;
	if (five_years != 0)
		v->five_years_from = time_business_date(five_years);
	return 0;
}

static int
get_support(const struct reader *r, enum benefit_support *ret)
{
	struct slice s = cell(r, SUPPORT);
	if (s.len == 0 || slice_eq_text(s, "individual"))
		*ret = BENEFIT_INDIVIDUAL;
	else if (slice_eq_text(s, "facility"))
		*ret = BENEFIT_COLLECTIVE;
	else if (slice_eq_text(s, "arv"))
		*ret = BENEFIT_ARV;
	else
		return bad(r, SUPPORT, "is not individual, facility or arv");
	return 0;
}

static int
get_table(const struct reader *r, enum benefit_table *ret)
{
	struct slice s = cell(r, TABLE);
	if (slice_eq_text(s, "XML2"))
		*ret = BENEFIT_XML2;
	else if (slice_eq_text(s, "XML3"))
		*ret = BENEFIT_XML3;
	else
		return bad(r, TABLE, "is not XML2 or XML3");
	return 0;
}

static int
get_prices(const struct reader *r, struct benefit_line *l)
{
	int rc = get_decimal(r, QUANTITY, 3, 0, &l->quantity.thousandths);
	if (rc == 0)
		rc = get_decimal(r, PRICE_HOSPITAL, 3, 0, &l->price_hospital.thousandths);
	if (rc == 0)
		rc = get_decimal(r, PRICE_FUND, 3, l->price_hospital.thousandths, &l->price_fund.thousandths);
	if (rc == 0)
		rc = get_decimal(r, PRICE_CEILING, 3, 0, &l->price_ceiling.thousandths);
	if (rc == 0)
		rc = get_decimal(r, CEILING, 2, 0, &l->package_ceiling.hundredths);
	if (rc == 0)
		rc = get_percent(r, RATE_SERVICE, -1, &l->rate_service);
	if (rc == 0)
		rc = get_percent(r, RATE_FUND, l->scope == 2 ? 0 : 10000, &l->rate_fund);
	for (size_t i = 0; rc == 0 && i < BENEFIT_SOURCES; i++)
		rc = get_decimal(r, (enum column)(SOURCE_NSNN + i), 2, 0, &l->source[i].hundredths);
	if (rc < 0)
		return rc;
	/* without a package label, lines with the same ceiling are one package */
	l->package = cell(r, PACKAGE);
	if (l->package.len == 0)
		l->package = cell(r, CEILING);
	return 0;
}

static int
get_line(const struct reader *r, struct benefit_line *l)
{
	int rc = get_table(r, &l->table);
	if (rc == 0)
		rc = get_int(r, GROUP, 0, 1, 63, &l->group);
	if (rc == 0)
		rc = get_int(r, SCOPE, 0, 1, 3, &l->scope);
	if (rc == 0)
		rc = get_int(r, PAYMENT_METHOD, 1, 1, 63, &l->payment_method);
	if (rc == 0)
		rc = get_int(r, TEAM, 0, 0, 1000, &l->team);
	if (rc == 0)
		rc = get_int(r, BED_SHARERS, 0, 0, 1000, &l->bed_sharers);
	if (rc == 0)
		rc = get_flag(r, STRETCHER, &l->stretcher);
	if (rc == 0)
		rc = get_flag(r, WOUND, &l->wound);
	if (rc == 0)
		rc = get_instant(r, LINE_TIME, &l->at);
	if (rc == 0)
		rc = get_support(r, &l->support);
	if (rc == 0)
		rc = get_percent(r, LEVEL, -1, &l->given_level);
	if (rc == 0)
		rc = get_prices(r, l);
	l->operation = cell(r, OPERATION);
	return rc;
}

/* Fields of the case must be the same in all its rows. */
static int
check_same(const struct reader *r, const struct slice *first)
{
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		if (columns[c].of_case && !slice_eq(cell(r, (enum column)c), first[c]))
			return bad(r, (enum column)c, "differs from the first row of the case");
	return 0;
}

/* Keeps the given levels only where the input may give them (see tsv.h). */
static int
given_levels(const struct reader *r, const struct benefit_visit *v, struct benefit_line *lines)
{
	size_t filled = 0, in_scope = 0;
	int32_t first = -1;
	bool keep = v->card_count > 1;
	bool dated = cell(r, CARD_FROM).len > 0 || cell(r, CARD_TO).len > 0;
	for (size_t i = 0; i < v->line_count; i++) {
		int32_t level = lines[i].given_level.hundredths;
		if (lines[i].scope == 2)
			continue;
		in_scope++;
		if (level < 0)
			continue;
		filled++;
		keep = keep || (first >= 0 && level != first);
		first = level;
	}
	keep = keep || (filled > 0 && filled < in_scope);
	for (size_t i = 0; i < v->line_count; i++) {
		if (!keep)
			lines[i].given_level = BENEFIT_NO_LEVEL;
		if (v->card_count > 1 && !dated && lines[i].scope != 2 && lines[i].given_level.hundredths < 0)
			return fail(r, r->rows[i]->number, LEVEL, ERR_INPUT,
			    "must be given: the card changes and gt_the_tu, gt_the_den are not known");
	}
	return 0;
}

/* Points an error of the engine at the row and column of the input. */
static int
engine_error(const struct reader *r, const struct one_case *one)
{
	char field[sizeof(r->err->field)];
	const char *name = strrchr(r->err->field, '/');
	int64_t index = -1;
	size_t number = one->first->number;
	struct slice digits = slice_of(r->err->field);
	if (slice_starts(digits, SLICE("/lines/"))) {
		digits = slice_skip(digits, 7);
		digits.len = slice_find(digits, '/');
	}
	if (slice_to_int64(digits, &index) == 0 && index >= 0 && (size_t)index < one->count)
		number = r->rows[index]->number;
	else
		index = -1;
	if (strncmp(r->err->field, "/cards/", 7) == 0)
		name = strcmp(name + 1, "to") == 0 ? "/to" : "/group";
	name = name ? name + 1 : r->err->field;
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		bool level = index < 0 ? columns[c].of_case : !columns[c].of_case;
		if (level && columns[c].engine && strcmp(columns[c].engine, name) == 0) {
			name = columns[c].name;
			break;
		}
	}
	int length = snprintf(field, sizeof(field), "%zu:%.80s", number, name);
	(void)length;
	memcpy(r->err->field, field, sizeof(field));
	return r->err->code;
}

static void
add_money(struct buf *out, struct money m)
{
	char text[DECIMAL_TEXT_MAX];
	size_t length = decimal_print_fixed(m.hundredths, 2, text);
	buf_add_char(out, '\t');
	buf_add(out, slice_from(text, length));
}

static void
add_why(const struct reader *r, const struct benefit_share *s)
{
	buf_add_char(r->out, '\t');
	for (size_t i = 0; i < s->why_count; i++) {
		const struct benefit_rule *rule = s->why[i];
		if (i > 0)
			buf_add_text(r->out, "; ");
		buf_add_text(r->out, r->why == BENEFIT_WHY_VI   ? rule->text_vi
				     : r->why == BENEFIT_WHY_EN ? rule->text_en
								: rule->id);
	}
}

static void
add_share(struct reader *r, const struct one_case *one, const struct benefit_share *s)
{
	char level[DECIMAL_TEXT_MAX];
	size_t length = decimal_print(s->level.hundredths, 2, level);
	struct buf *out = r->out;
	const struct row *row = r->rows[s->source_line];
	/* the header kept every row's width: only line_no is needed again */
	(void)row_split(r, row->text, row->number);
	buf_add(out, one->id);
	buf_add_char(out, '\t');
	buf_add(out, cell(r, LINE_NO));
	if (s->part > 0)
		buf_addf(out, ".%d", s->part);
	add_money(out, s->hospital);
	add_money(out, s->in_scope);
	buf_add_char(out, '\t');
	buf_add(out, slice_from(level, length));
	const struct money rest[] = { s->fund, s->copay, s->self_pay, s->other, s->fund_fee, s->drug,
		s->supply };
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		add_money(out, rest[i]);
	if (r->why != BENEFIT_WHY_NONE)
		add_why(r, s);
	buf_add_char(out, '\n');
}

static void
add_total(struct reader *r, const struct one_case *one, const struct benefit_totals *t)
{
	struct buf *out = r->out;
	const struct money rest[] = { t->fund, t->copay, t->self_pay, t->other, t->fund_fee, t->drug,
		t->supply };
	buf_add(out, one->id);
	buf_add_text(out, "\ttotal");
	add_money(out, t->hospital);
	add_money(out, t->in_scope);
	buf_add_char(out, '\t');
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		add_money(out, rest[i]);
	if (r->why != BENEFIT_WHY_NONE)
		buf_add_char(out, '\t');
	buf_add_char(out, '\n');
}

static int
read_case(struct reader *r, const struct one_case *one, struct benefit_visit *v)
{
	struct benefit_line *lines = ARENA_ARRAY(r->arena, one->count, struct benefit_line);
	struct map *numbers = map_new(r->arena);
	struct slice first[COLUMN_COUNT];
	size_t i = 0;
	r->rows = ARENA_ARRAY(r->arena, one->count, struct row *);
	for (struct row *row = one->first; row; row = row->next, i++) {
		int rc = row_split(r, row->text, row->number);
		for (size_t c = 0; i == 0 && c < COLUMN_COUNT; c++)
			first[c] = cell(r, (enum column)c);
		if (rc == 0)
			rc = i == 0 ? get_visit(r, v) : check_same(r, first);
		if (rc == 0)
			rc = get_line(r, &lines[i]);
		if (rc == 0 && cell(r, LINE_NO).len == 0)
			rc = bad(r, LINE_NO, "is empty");
		if (rc == 0 && map_put(numbers, cell(r, LINE_NO), row))
			rc = bad(r, LINE_NO, "appears twice in the case");
		if (rc < 0)
			return rc;
		r->rows[i] = row;
	}
	v->lines = lines;
	v->line_count = one->count;
	return given_levels(r, v, lines);
}

static int
run_case(struct reader *r, const struct one_case *one)
{
	struct benefit_visit visit = { 0 };
	struct benefit_result result;
	int rc = read_case(r, one, &visit);
	if (rc < 0)
		return rc;
	rc = benefit_compute(r->rules, &visit, &result, r->arena, r->err);
	if (rc < 0)
		return engine_error(r, one);
	for (size_t i = 0; i < result.line_count; i++)
		add_share(r, one, &result.lines[i]);
	add_total(r, one, &result.total);
	return 0;
}

/* Puts a row into its case; rows of totals are left out. */
static int
row_add(struct reader *r, struct arena *a, struct map *cases, struct slice text)
{
	struct slice id = cell(r, CASE_ID);
	struct one_case *one;
	struct row *row;
	if (id.len == 0)
		return bad(r, CASE_ID, "is empty");
	if (slice_eq_text(cell(r, KIND), "total") || slice_eq_text(cell(r, TABLE), "XML1"))
		return 0;
	if (cell(r, KIND).len > 0 && !slice_eq_text(cell(r, KIND), "line"))
		return bad(r, KIND, "is not line or total");
	one = map_get(cases, id);
	if (!one) {
		one = ARENA_NEW(a, struct one_case);
		one->id = id;
		map_put(cases, id, one);
	}
	if (one->count == BENEFIT_LINES_MAX)
		return fail(r, r->number, CASE_ID, ERR_LIMIT, "the case has too many lines");
	row = ARENA_NEW(a, struct row);
	row->text = text;
	row->number = r->number;
	*(one->last ? &one->last->next : &one->first) = row;
	one->last = row;
	one->count++;
	return 0;
}

static int
read_rows(struct reader *r, struct arena *a, struct slice input, struct map *cases)
{
	struct slice line;
	size_t number = 0;
	if (slice_starts(input, SLICE("\xEF\xBB\xBF")))
		input = slice_skip(input, 3);
	while (slice_split(&input, '\n', &line)) {
		int rc;
		number++;
		if (slice_ends(line, SLICE("\r")))
			line.len--;
		if (line.len == 0)
			continue;
		if (number > BENEFIT_TSV_ROWS_MAX)
			return fail(r, number, CASE_ID, ERR_LIMIT, "the file has too many rows");
		if (r->width == 0) {
			rc = header_read(r, line, number);
		} else {
			rc = row_split(r, line, number);
			if (rc == 0)
				rc = row_add(r, a, cases, line);
		}
		if (rc < 0)
			return rc;
	}
	return r->width == 0 ? fail(r, 1, CASE_ID, ERR_INPUT, "the file has no header line") : 0;
}

static int
run_all(struct reader *r, struct arena *a, struct slice input)
{
	struct map *cases = map_new(a);
	struct slice id;
	void *one;
	size_t cursor = 0;
	int rc = read_rows(r, a, input, cases);
	if (rc < 0)
		return rc;
	buf_add_text(r->out,
	    "case_id\tline_no\tthanh_tien_bv\tthanh_tien_bh\tmuc_huong\tt_bhtt\tt_bncct\tt_bntt\t"
	    "t_nguonkhac\tt_bhtt_gdv\tt_thuoc\tt_vtyt");
	buf_add_text(r->out, r->why == BENEFIT_WHY_NONE ? "\n" : "\twhy\n");
	while (map_next(cases, &cursor, &id, &one)) {
		rc = run_case(r, one);
		if (rc < 0)
			return rc;
		arena_reset(r->arena);
	}
	if (!buf_ok(r->out))
		return err_set(r->err, ERR_LIMIT, "1:case_id", "the result is larger than the output may be");
	return 0;
}

int
benefit_tsv(const struct benefit_rules *rules, struct slice input, enum benefit_tsv_why why, struct buf *out,
    struct err *e)
{
	struct err own = { 0 };
	struct reader r = { .rules = rules, .why = why, .out = out, .err = e ? e : &own };
	struct arena *a = arena_new(0);
	r.arena = arena_new(0);
	int rc = run_all(&r, a, input);
	arena_free(r.arena);
	arena_free(a);
	return rc;
}
