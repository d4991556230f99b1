#include "claims/benefit/benefit.h"

#include <stdio.h>

#include "base/time.h"
#include "claims/benefit/builtin.h"
#include "claims/benefit/internal.h"

#define COLUMNS_MAX 24
#define ROWS_MAX 10000

struct loader {
	struct arena *arena;
	struct benefit_rules *rules;
	const char *table;
	struct err *err;
	size_t line;
	struct slice header[COLUMNS_MAX], cell[COLUMNS_MAX];
	size_t columns;
};

struct name {
	const char *text;
	int value;
};

static const struct name key_names[] = {
	{ "base_salary", BENEFIT_BASE_SALARY },
	{ "small_visit", BENEFIT_SMALL_VISIT },
	{ "copay_year_limit", BENEFIT_COPAY_YEAR_LIMIT },
	{ "supply_package_limit", BENEFIT_SUPPLY_PACKAGE_LIMIT },
	{ "level_decimals", BENEFIT_LEVEL_DECIMALS },
	{ "crossing_split", BENEFIT_CROSSING_SPLIT },
	{ "limit_on_change", BENEFIT_LIMIT_ON_CHANGE },
	{ "xml3_rate_groups", BENEFIT_XML3_RATE_GROUPS },
	{ "supply_groups", BENEFIT_SUPPLY_GROUPS },
	{ "inpatient_care", BENEFIT_INPATIENT_CARE },
	{ "chronic_drug_care", BENEFIT_CHRONIC_DRUG_CARE },
	{ "wound_ratio", BENEFIT_WOUND_RATIO },
	{ "card_grace_days", BENEFIT_CARD_GRACE_DAYS },
	{ "arv_source", BENEFIT_ARV_SOURCE },
	{ "fee_for_service", BENEFIT_FEE_FOR_SERVICE },
	{ NULL, 0 },
};
static const struct name step_names[] = {
	{ "reason.scope_outside", STEP_SCOPE_OUTSIDE },
	{ "reason.scope_covered", STEP_SCOPE_COVERED },
	{ "reason.scope_not_covered", STEP_SCOPE_NOT_COVERED },
	{ "reason.no_valid_card", STEP_NO_VALID_CARD },
	{ "reason.level_given", STEP_LEVEL_GIVEN },
	{ "reason.payment_ratio", STEP_PAYMENT_RATIO },
	{ "reason.ratio_not_applied", STEP_RATIO_NOT_APPLIED },
	{ "reason.item_ceiling", STEP_ITEM_CEILING },
	{ "reason.package_lowered", STEP_PACKAGE_LOWERED },
	{ "reason.package_ratio", STEP_PACKAGE_RATIO },
	{ "reason.exempt", STEP_EXEMPT },
	{ "reason.year_limit_before", STEP_YEAR_LIMIT_BEFORE },
	{ "reason.year_limit_after", STEP_YEAR_LIMIT_AFTER },
	{ "reason.year_limit_capped", STEP_YEAR_LIMIT_CAPPED },
	{ "reason.support_individual", STEP_SUPPORT_INDIVIDUAL },
	{ "reason.support_collective", STEP_SUPPORT_COLLECTIVE },
	{ "reason.transport_not_covered", STEP_TRANSPORT_NOT_COVERED },
	{ NULL, 0 },
};
static const struct name certainty_names[] = {
	{ "law", BENEFIT_LAW },
	{ "sheet", BENEFIT_SHEET },
	{ "secondary", BENEFIT_SECONDARY },
	{ "code", BENEFIT_CODE },
	{ "unverified", BENEFIT_UNVERIFIED },
	{ NULL, 0 },
};
static const struct name facility_names[] = {
	{ "*", BENEFIT_FACILITY_ANY },
	{ "station", BENEFIT_STATION },
	{ "basic", BENEFIT_BASIC },
	{ "specialised", BENEFIT_SPECIALISED },
	{ "district", BENEFIT_DISTRICT },
	{ "provincial", BENEFIT_PROVINCIAL },
	{ "central", BENEFIT_CENTRAL },
	{ NULL, 0 },
};
static const struct name setting_names[] = {
	{ "*", BENEFIT_SETTING_ANY },
	{ "outpatient", BENEFIT_OUTPATIENT },
	{ "inpatient", BENEFIT_INPATIENT },
	{ NULL, 0 },
};
static const struct name mode_names[] = {
	{ "factor", BENEFIT_FACTOR },
	{ "fixed", BENEFIT_FIXED },
	{ "none", BENEFIT_NONE },
	{ "manual", BENEFIT_MANUAL },
	{ NULL, 0 },
};
static const struct name condition_names[] = {
	{ "*", 0 },
	{ "chronic_drugs", 1 },
	{ NULL, 0 },
};

static int
fail(const struct loader *l, const char *column, const char *text)
{
	char field[128];
	int length = snprintf(field, sizeof(field), "%s:%zu:%s", l->table, l->line, column);
	(void)length;
	return err_set(l->err, ERR_INPUT, field, "%s", text);
}

static int
cell_get(const struct loader *l, const char *column, struct slice *ret)
{
	for (size_t i = 0; i < l->columns; i++) {
		if (slice_eq_text(l->header[i], column)) {
			*ret = l->cell[i];
			return 0;
		}
	}
	return fail(l, column, "the column is missing");
}

static int
cell_text(const struct loader *l, const char *column, bool required, const char **ret)
{
	struct slice s = { 0 };
	int rc = cell_get(l, column, &s);
	if (rc < 0)
		return rc;
	if (required && s.len == 0)
		return fail(l, column, "is empty");
	*ret = arena_text(l->arena, s);
	return 0;
}

static int
cell_name(const struct loader *l, const char *column, const struct name *names, int *ret)
{
	struct slice s = { 0 };
	int rc = cell_get(l, column, &s);
	if (rc < 0)
		return rc;
	for (; names->text; names++) {
		if (slice_eq_text(s, names->text)) {
			*ret = names->value;
			return 0;
		}
	}
	return fail(l, column, "is not a known name");
}

static int
cell_date(const struct loader *l, const char *column, bool open, int32_t *ret)
{
	struct slice s = { 0 };
	int rc = cell_get(l, column, &s);
	if (rc < 0)
		return rc;
	if (open && s.len == 0) {
		*ret = BENEFIT_DATE_OPEN;
		return 0;
	}
	if (date_parse_iso(s, ret, NULL) < 0)
		return fail(l, column, "is not a date yyyy-MM-dd");
	return 0;
}

static int
cell_value(const struct loader *l, const char *column, int64_t min, int64_t max, int64_t *ret)
{
	struct slice s = { 0 };
	int64_t value = 0;
	int rc = cell_get(l, column, &s);
	if (rc < 0)
		return rc;
	if (decimal_parse(s, BENEFIT_VALUE_SCALE, &value, NULL) < 0)
		return fail(l, column, "is not a number with at most 4 decimals");
	if (value < min || value > max)
		return fail(l, column, "is out of range");
	*ret = value;
	return 0;
}

static int
cell_percent(const struct loader *l, const char *column, struct percent *ret)
{
	int64_t value = 0;
	int rc = cell_value(l, column, 0, 100 * BENEFIT_VALUE_ONE, &value);
	if (rc < 0)
		return rc;
	if (value % 100 != 0)
		return fail(l, column, "has more than 2 decimals");
	ret->hundredths = (int32_t)(value / 100);
	return 0;
}

static int
cell_flag(const struct loader *l, const char *column, bool *ret)
{
	int64_t value = 0;
	int rc = cell_value(l, column, 0, BENEFIT_VALUE_ONE, &value);
	if (rc < 0)
		return rc;
	if (value % BENEFIT_VALUE_ONE != 0)
		return fail(l, column, "is not 0 or 1");
	*ret = value != 0;
	return 0;
}

static int
cell_set(const struct loader *l, const char *column, uint64_t *ret)
{
	struct slice rest = { 0 }, part;
	uint64_t set = 0;
	int rc = cell_get(l, column, &rest);
	if (rc < 0)
		return rc;
	while (slice_split(&rest, ',', &part)) {
		int64_t n;
		if (slice_to_int64(slice_trim(part), &n) < 0 || n < 0 || n > 63)
			return fail(l, column, "is not a list of numbers 0..63 with commas");
		set |= UINT64_C(1) << n;
	}
	*ret = set;
	return 0;
}

static int
load_rule(const struct loader *l, struct benefit_rule *ret)
{
	struct benefit_rule rule = { 0 };
	int certainty = 0;
	int rc = cell_text(l, "id", true, &rule.id);
	if (rc == 0)
		rc = cell_date(l, "effective_from", false, &rule.from);
	if (rc == 0)
		rc = cell_date(l, "effective_to", true, &rule.to);
	if (rc == 0)
		rc = cell_name(l, "certainty", certainty_names, &certainty);
	if (rc == 0)
		rc = cell_text(l, "source", true, &rule.source);
	if (rc == 0)
		rc = cell_text(l, "text_vi", true, &rule.text_vi);
	if (rc == 0)
		rc = cell_text(l, "text_en", true, &rule.text_en);
	if (rc < 0)
		return rc;
	if (rule.to < rule.from)
		return fail(l, "effective_to", "is before effective_from");
	rule.certainty = (enum benefit_certainty)certainty;
	*ret = rule;
	return 0;
}

static int
load_parameter(struct loader *l, const struct benefit_rule *rule)
{
	struct benefit_parameter row = { .rule = *rule };
	struct slice unit = { 0 };
	int key = 0;
	int rc = cell_name(l, "key", key_names, &key);
	if (rc == 0)
		rc = cell_get(l, "unit", &unit);
	if (rc < 0)
		return rc;
	row.key = (enum benefit_key)key;
	if (slice_eq_text(unit, "set"))
		rc = cell_set(l, "value", &row.set);
	else
		rc = cell_value(l, "value", 0, INT64_MAX, &row.value);
	if (rc < 0)
		return rc;
	if (row.key == BENEFIT_LEVEL_DECIMALS && row.value > 2 * BENEFIT_VALUE_ONE)
		return fail(l, "value", "is out of range 0..2");
	if (row.key == BENEFIT_ARV_SOURCE &&
	    (row.value < BENEFIT_VALUE_ONE || row.value > 4 * BENEFIT_VALUE_ONE))
		return fail(l, "value", "is out of range 1..4");
	struct benefit_rules *r = l->rules;
	*ARENA_PUSH(l->arena, r->parameters, r->parameter_count, r->parameter_capacity) = row;
	return 0;
}

static int
load_card_level(struct loader *l, const struct benefit_rule *rule)
{
	struct benefit_card_level row = { .rule = *rule };
	struct slice group = { 0 };
	int64_t digit = 0;
	int rc = cell_get(l, "card_group", &group);
	if (rc == 0)
		rc = cell_value(l, "digit", BENEFIT_VALUE_ONE, 9 * BENEFIT_VALUE_ONE, &digit);
	if (rc == 0)
		rc = cell_percent(l, "level", &row.level);
	if (rc == 0)
		rc = cell_flag(l, "ratios_apply", &row.ratios_apply);
	if (rc == 0)
		rc = cell_flag(l, "outside_list", &row.outside_list);
	if (rc < 0)
		return rc;
	row.digit = (int)(digit / BENEFIT_VALUE_ONE);
	if (!slice_eq_text(group, "*")) {
		if (group.len != 2)
			return fail(l, "card_group", "is not * or two letters");
		memcpy(row.group, group.at, 2);
	}
	struct benefit_rules *r = l->rules;
	*ARENA_PUSH(l->arena, r->card_levels, r->card_level_count, r->card_level_capacity) = row;
	return 0;
}

static int
load_route_factor(struct loader *l, const struct benefit_rule *rule)
{
	struct benefit_route_factor row = { .rule = *rule };
	int facility = 0, setting = 0, mode = 0, condition = 0;
	int rc = cell_text(l, "code", true, &row.code);
	if (rc == 0)
		rc = cell_name(l, "facility", facility_names, &facility);
	if (rc == 0)
		rc = cell_name(l, "setting", setting_names, &setting);
	if (rc == 0)
		rc = cell_name(l, "condition", condition_names, &condition);
	if (rc == 0)
		rc = cell_name(l, "mode", mode_names, &mode);
	if (rc == 0)
		rc = cell_percent(l, "value", &row.value);
	if (rc < 0)
		return rc;
	row.facility = (enum benefit_facility)facility;
	row.setting = (enum benefit_setting)setting;
	row.chronic_drugs = condition != 0;
	row.mode = (enum benefit_mode)mode;
	struct benefit_rules *r = l->rules;
	*ARENA_PUSH(l->arena, r->route_factors, r->route_factor_count, r->route_factor_capacity) = row;
	return 0;
}

static int
load_rate(struct loader *l, const struct benefit_rule *rule)
{
	struct benefit_rate row = { .rule = *rule };
	int rc = cell_text(l, "kind", true, &row.kind);
	if (rc == 0)
		rc = cell_text(l, "selector", false, &row.selector);
	if (rc == 0)
		rc = cell_value(l, "value", 0, INT64_C(1000000) * BENEFIT_VALUE_ONE, &row.value);
	if (rc < 0)
		return rc;
	struct benefit_rules *r = l->rules;
	*ARENA_PUSH(l->arena, r->rates, r->rate_count, r->rate_capacity) = row;
	return 0;
}

static int
load_reason(struct loader *l, const struct benefit_rule *rule)
{
	struct benefit_reason row = { .rule = *rule };
	int rc = cell_name(l, "id", step_names, &row.kind);
	if (rc < 0)
		return rc;
	struct benefit_rules *r = l->rules;
	*ARENA_PUSH(l->arena, r->reasons, r->reason_count, r->reason_capacity) = row;
	return 0;
}

static const struct table {
	const char *name;
	int (*load)(struct loader *l, const struct benefit_rule *rule);
} tables[] = {
	{ "benefit_parameter", load_parameter },
	{ "benefit_card_level", load_card_level },
	{ "benefit_route_factor", load_route_factor },
	{ "benefit_rate", load_rate },
	{ "benefit_reason", load_reason },
};

static const struct table *
table_find(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

/* Cells of one line; a carriage return at its end is dropped. Returns the number or -1 when too many. */
static int
cells_split(struct slice line, struct slice cells[COLUMNS_MAX])
{
	int count = 0;
	if (slice_ends(line, SLICE("\r")))
		line.len--;
	for (;;) {
		size_t tab = slice_find(line, '\t');
		if (count == COLUMNS_MAX)
			return -1;
		cells[count++] = slice_from(line.at, tab);
		if (tab == line.len)
			return count;
		line = slice_skip(line, tab + 1);
	}
}

static int
load_line(struct loader *l, const struct table *table, struct slice line)
{
	struct benefit_rule rule;
	int count = cells_split(line, l->line == 1 ? l->header : l->cell);
	if (count < 0)
		return fail(l, "*", "has too many columns");
	if (l->line == 1) {
		l->columns = (size_t)count;
		return 0;
	}
	if ((size_t)count != l->columns)
		return fail(l, "*", "has another number of columns than the header");
	int rc = load_rule(l, &rule);
	if (rc < 0)
		return rc;
	return table->load(l, &rule);
}

struct benefit_rules *
benefit_rules_new(struct arena *a)
{
	return ARENA_NEW(a, struct benefit_rules);
}

int
benefit_rules_load(
    struct arena *a, struct benefit_rules *rules, const char *table, struct slice tsv, struct err *e)
{
	struct loader l = { .arena = a, .rules = rules, .table = table, .err = e };
	const struct table *t = table_find(table);
	struct slice rest = tsv, line;
	if (!t)
		return err_set(e, ERR_NOT_FOUND, "table", "there is no benefit table of this name");
	if (tsv.len == 0)
		return err_set(e, ERR_INPUT, table, "the table is empty");
	while (slice_split(&rest, '\n', &line)) {
		if (line.len == 0 && rest.len == 0)
			break;
		if (++l.line > ROWS_MAX)
			return err_set(e, ERR_LIMIT, table, "more than %d rows", ROWS_MAX);
		int rc = load_line(&l, t, line);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool
overlap(const struct benefit_rule *a, const struct benefit_rule *b)
{
	return a->from <= b->to && b->from <= a->to;
}

static int
overlap_error(struct err *e, const struct benefit_rule *a, const struct benefit_rule *b)
{
	return err_set(e, ERR_INPUT, b->id, "is valid at the same time as %s", a->id);
}

static int
check_parameters(const struct benefit_rules *r, struct err *e)
{
	for (size_t i = 0; i < r->parameter_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct benefit_parameter *a = &r->parameters[j], *b = &r->parameters[i];
			if (a->key == b->key && overlap(&a->rule, &b->rule))
				return overlap_error(e, &a->rule, &b->rule);
		}
	return 0;
}

static int
check_card_levels(const struct benefit_rules *r, struct err *e)
{
	for (size_t i = 0; i < r->card_level_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct benefit_card_level *a = &r->card_levels[j], *b = &r->card_levels[i];
			if (a->digit == b->digit && strcmp(a->group, b->group) == 0 &&
			    overlap(&a->rule, &b->rule))
				return overlap_error(e, &a->rule, &b->rule);
		}
	return 0;
}

static int
check_route_factors(const struct benefit_rules *r, struct err *e)
{
	for (size_t i = 0; i < r->route_factor_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct benefit_route_factor *a = &r->route_factors[j],
							  *b = &r->route_factors[i];
			if (strcmp(a->code, b->code) == 0 && a->facility == b->facility &&
			    a->setting == b->setting && a->chronic_drugs == b->chronic_drugs &&
			    overlap(&a->rule, &b->rule))
				return overlap_error(e, &a->rule, &b->rule);
		}
	return 0;
}

static int
check_rates(const struct benefit_rules *r, struct err *e)
{
	for (size_t i = 0; i < r->rate_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct benefit_rate *a = &r->rates[j], *b = &r->rates[i];
			if (strcmp(a->kind, b->kind) == 0 && strcmp(a->selector, b->selector) == 0 &&
			    overlap(&a->rule, &b->rule))
				return overlap_error(e, &a->rule, &b->rule);
		}
	return 0;
}

static int
check_reasons(const struct benefit_rules *r, struct err *e)
{
	for (const struct name *n = step_names; n->text; n++) {
		size_t found = 0;
		for (size_t i = 0; i < r->reason_count; i++)
			found += r->reasons[i].kind == n->value;
		if (found != 1)
			return err_set(e, ERR_INPUT, n->text, "has %zu rows instead of one", found);
	}
	return 0;
}

int
benefit_rules_check(const struct benefit_rules *rules, struct err *e)
{
	int (*const checks[])(const struct benefit_rules *, struct err *) = { check_parameters,
		check_card_levels, check_route_factors, check_rates, check_reasons };
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		int rc = checks[i](rules, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct benefit_rules *
benefit_rules_builtin(struct arena *a)
{
	struct err e = { 0 };
	struct benefit_rules *rules = benefit_rules_new(a);
	for (size_t i = 0; i < benefit_builtin_count; i++) {
		const struct benefit_builtin *b = &benefit_builtin[i];
		if (benefit_rules_load(a, rules, b->table, slice_from(b->tsv, b->length), &e) < 0)
			fatal("built-in benefit rules: %s %s", e.field, e.detail);
	}
	if (benefit_rules_check(rules, &e) < 0)
		fatal("built-in benefit rules: %s %s", e.field, e.detail);
	return rules;
}
