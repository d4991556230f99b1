/* What a finding says to people. */
#include "base/decimal.h"
#include "base/utf8.h"
#include "claims/rules/internal.h"

const char *
rule_severity_name(enum rule_severity s)
{
	return s == RULE_CRITICAL ? "critical" : "warning";
}

const char *
rule_state_name(enum rule_state s)
{
	static const char *const names[] = { "on", "shadow", "off" };
	return names[s];
}

void
rule_place(const struct rule_finding *f, struct buf *out)
{
	if (f->table < 0) {
		buf_add_text(out, f->reader && *f->reader->path ? f->reader->path : "claim");
		return;
	}
	buf_add_text(out, claim_tables[f->table].name);
	if (f->row && claim_tables[f->table].list)
		buf_addf(out, "[%u]", f->row);
	if (f->field >= 0)
		buf_addf(out, ".%s", claim_fields[f->field].name);
}

/* A date as people write it; anything else as it is. */
static void
print_value(const struct claim_row *row, enum claim_field field, struct buf *out)
{
	struct buf text;
	buf_init(&text, CLAIM_TEXT_MAX + DECIMAL_TEXT_MAX);
	claim_print(row, field, &text);
	struct slice s = buf_slice(&text);
	bool is_date = claim_fields[field].type >= CLAIM_DATE8 && !claim_is_raw(row, field);
	if (s.len == 0) {
		buf_add_text(out, "∅");
	} else if (is_date && s.len >= 8) {
		buf_addf(out, "%.2s/%.2s/%.4s", s.at + 6, s.at + 4, s.at);
		if (s.len == 12)
			buf_addf(out, " %.2s:%.2s", s.at + 8, s.at + 10);
	} else {
		struct slice shown = utf8_cut(s, 120);
		buf_add(out, shown);
		if (shown.len < s.len)
			buf_add_text(out, "…");
	}
	buf_free(&text);
}

static void
print_minute(int64_t minute, struct buf *out)
{
	int day = (int)(minute / 10000 % 100), month = (int)(minute / 1000000 % 100);
	buf_addf(out, "%02d/%02d/%04d %02d:%02d", day, month, (int)(minute / 100000000),
	    (int)(minute / 100 % 100), (int)(minute % 100));
}

static void
print_text(struct slice s, struct buf *out)
{
	if (s.len)
		buf_add(out, utf8_cut(s, 120));
	else
		buf_add_text(out, "∅");
}

/* What {other.…} stands for. */
static void
print_other(const struct rule_other *o, struct slice name, struct buf *out)
{
	char text[DECIMAL_TEXT_MAX];
	int attribute = fact_attribute_find(slice_skip(name, strlen(OTHER_PREFIX)));
	switch (o ? attribute : -1) {
	case FACT_MA_LK:
		print_text(o->ma_lk, out);
		break;
	case FACT_FACILITY:
		print_text(o->facility, out);
		break;
	case FACT_CODE:
		print_text(o->code, out);
		break;
	case FACT_FROM:
		print_minute(o->from, out);
		break;
	case FACT_TO:
		if (o->to == RULE_FACT_OPEN)
			buf_add_text(out, "…");
		else
			print_minute(o->to, out);
		break;
	case FACT_VALUE: {
		size_t len = decimal_print(o->value, rule_facts_infos[o->kind].value_scale, text);
		buf_add(out, slice_from(text, len));
		break;
	}
	default:
		buf_add_text(out, "∅");
		break;
	}
}

static void
print_place(const struct rule_info *r, const struct rule_finding *f, const struct claim_document *d,
    struct slice name, struct buf *out)
{
	int field = slice_find(name, '.') < name.len ? claim_field_parse(name)
		    : r->table >= 0                  ? claim_field_find((enum claim_table)r->table, name)
						     : -1;
	if (field < 0)
		return;
	int table = claim_fields[field].table;
	size_t row = table == f->table && f->row ? f->row - 1 : 0;
	if (row < claim_row_count(d, (enum claim_table)table))
		print_value(claim_row_at(d, (enum claim_table)table, row), (enum claim_field)field, out);
	else
		buf_add_text(out, "∅");
}

static void
fill(const struct rule_info *r, const struct rule_finding *f, const struct claim_document *d,
    const char *text, struct buf *out)
{
	struct slice rest = slice_of(text);
	while (rest.len) {
		size_t open = slice_find(rest, '{'), close = slice_find(rest, '}');
		buf_add(out, slice_from(rest.at, open));
		if (open == rest.len || close < open || close == rest.len)
			return;
		struct slice name = slice_from(rest.at + open + 1, close - open - 1);
		if (slice_starts(name, SLICE(OTHER_PREFIX)))
			print_other(f->other, name, out);
		else
			print_place(r, f, d, name, out);
		rest = slice_skip(rest, close + 1);
	}
}

void
rule_message(const struct rule_set *set, const struct rule_finding *f, const struct claim_document *d,
    bool vietnamese, struct buf *out)
{
	static const char *const why[][2] = {
		[RULE_HIT] = { "", "" },
		[RULE_OVERFLOW] = { "Không đánh giá được (số quá lớn): ",
		    "Not evaluated (a number is too large): " },
		[RULE_TOO_LONG] = { "Không đánh giá được (quá nhiều dòng): ",
		    "Not evaluated (too many steps): " },
		[RULE_NO_CATALOG] = { "Không đánh giá được (không đọc được danh mục): ",
		    "Not evaluated (a catalogue could not be read): " },
		[RULE_NO_FACTS] = { "Không đánh giá được (không xem được hết các hồ sơ khác): ",
		    "Not evaluated (other claims could not all be seen): " },
	};
	const struct rule_info *r = rule_at(set, f->rule);
	buf_add_text(out, why[f->outcome][!vietnamese]);
	fill(r, f, d, vietnamese ? r->vi : r->en, out);
	if (!f->reader)
		return;
	buf_add_text(out, " — ");
	claim_finding_message(f->reader, vietnamese, out);
}

void
rule_fix(const struct rule_set *set, const struct rule_finding *f, const struct claim_document *d,
    bool vietnamese, struct buf *out)
{
	const struct rule_info *r = rule_at(set, f->rule);
	fill(r, f, d, vietnamese ? r->fix_vi : r->fix_en, out);
}
