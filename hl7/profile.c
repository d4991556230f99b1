#include "hl7/profile.h"

#include "base/tsv.h"
#include "base/utf8.h"
#include "hl7/escape.h"
#include "hl7/path.h"

enum rule { RULE_REQUIRED, RULE_FORBIDDEN, RULE_LENGTH, RULE_VALUES, RULE_IGNORE };
static const char *const rule_names[] = { "required", "forbidden", "length", "values", "ignore" };

struct profile_row {
	struct hl7_path path;
	enum rule rule;
	enum hl7_severity severity;
	char *value;
	int64_t length;
	struct profile_row *next;
};
struct hl7_profile {
	struct profile_row *first;
};

static int
read_rule(const struct tsv *t, struct profile_row *row, struct err *e)
{
	for (size_t i = 0; i < sizeof(rule_names) / sizeof(*rule_names); i++) {
		if (slice_eq_text(tsv_cell(t, "rule"), rule_names[i])) {
			row->rule = (enum rule)i;
			return 0;
		}
	}
	return tsv_fault(t, "rule", e, "one of required, forbidden, length, values, ignore");
}

static int
read_severity(const struct tsv *t, struct profile_row *row, struct err *e)
{
	struct slice s = tsv_cell(t, "severity");

	row->severity = HL7_SEVERITY_ERROR;
	if (s.len == 0)
		return 0;
	for (row->severity = HL7_SEVERITY_INFO; row->severity <= HL7_SEVERITY_ERROR; row->severity++)
		if (slice_eq_text(s, hl7_severity_name(row->severity)))
			return 0;
	return tsv_fault(t, "severity", e, "one of error, warning, info");
}

static int
read_row(struct arena *arena, const struct tsv *t, struct profile_row *row, struct err *e)
{
	struct slice value = tsv_cell(t, "value");
	int rc = read_rule(t, row, e);

	if (rc == 0)
		rc = read_severity(t, row, e);
	if (rc < 0)
		return rc;
	if (hl7_path_compile(tsv_cell(t, "path"), &row->path, NULL) < 0)
		return tsv_fault(t, "path", e, "not a path such as PID-3.1");
	if (row->rule == RULE_IGNORE && row->path.steps > 1)
		return tsv_fault(t, "path", e, "ignore takes a path without groups");
	row->value = arena_text(arena, value);
	if (row->rule == RULE_LENGTH && (slice_to_int64(value, &row->length) < 0 || row->length < 0))
		return tsv_fault(t, "value", e, "a number of characters is needed");
	if (row->rule == RULE_VALUES && value.len == 0)
		return tsv_fault(t, "value", e, "values separated by commas are needed");
	return 0;
}

int
hl7_profile_read(
    struct arena *arena, const char *name, struct slice text, struct hl7_profile **ret, struct err *e)
{
	static const char *const columns[] = { "path", "rule", "value", "severity", NULL };
	struct hl7_profile *profile = ARENA_NEW(arena, struct hl7_profile);
	struct profile_row **at = &profile->first;
	struct tsv t;
	int rc = tsv_open(&t, name, text, e);

	if (rc == 0)
		rc = tsv_need(&t, columns, e);
	while (rc == 0 && (rc = tsv_next(&t, e)) > 0) {
		*at = ARENA_NEW(arena, struct profile_row);
		rc = read_row(arena, &t, *at, e);
		at = &(*at)->next;
	}
	if (rc == 0)
		*ret = profile;
	return rc;
}

static bool
covers(unsigned rule, unsigned place)
{
	return rule == 0 || rule == HL7_EACH || rule == place;
}

bool
hl7_profile_ignores(const struct hl7_profile *profile, const struct hl7_place *p)
{
	for (const struct profile_row *r = profile ? profile->first : NULL; r; r = r->next) {
		const struct hl7_step *step = &r->path.step[0];

		if (r->rule != RULE_IGNORE || !slice_eq_text(p->name, step->name))
			continue;
		/* an ignored segment without number means all of that name */
		if ((step->nth == 1 || covers(step->nth, p->nth)) && covers(r->path.field, p->field) &&
		    covers(r->path.repetition, p->repetition) && covers(r->path.component, p->component))
			return true;
	}
	return false;
}

static bool
is_one_of(const char *values, struct slice text)
{
	struct slice rest = slice_of(values), one;

	while (slice_split(&rest, ',', &one))
		if (slice_eq(slice_trim(one), text))
			return true;
	return false;
}

struct judged {
	const struct hl7_message *m;
	enum hl7_charset charset;
	struct hl7_findings *list;
	struct buf bytes, text;
};

static void
judge_value(struct judged *j, const struct profile_row *r, const struct hl7_place *place, struct hl7_value v)
{
	bool said = v.state == HL7_VALUE || v.state == HL7_NULL;

	if (r->rule == RULE_REQUIRED && !said)
		hl7_finding_add(j->list, place, HL7_FINDING_PROFILE_REQUIRED, r->severity, "");
	if (r->rule == RULE_FORBIDDEN && said)
		hl7_finding_add(j->list, place, HL7_FINDING_PROFILE_FORBIDDEN, r->severity, "");
	if (v.state != HL7_VALUE || (r->rule != RULE_LENGTH && r->rule != RULE_VALUES))
		return;
	buf_reset(&j->text);
	hl7_decode_nfc(j->charset, hl7_unescape(v.raw, &j->m->delimiters, HL7_TEXT_EXACT, &j->bytes),
	    &j->text, NULL, NULL);
	if (r->rule == RULE_LENGTH && utf8_length(buf_slice(&j->text)) > (uint64_t)r->length)
		hl7_finding_add(j->list, place, HL7_FINDING_PROFILE_LENGTH, r->severity, r->value);
	if (r->rule == RULE_VALUES && !is_one_of(r->value, buf_slice(&j->text)))
		hl7_finding_add(j->list, place, HL7_FINDING_PROFILE_VALUES, r->severity, r->value);
}

static void
judge_row(struct judged *j, const struct profile_row *r)
{
	const struct hl7_step *last = &r->path.step[r->path.steps - 1];
	struct hl7_place place = {
		.name = slice_of(last->name), .field = r->path.field, .component = r->path.component
	};
	struct hl7_value absent = { HL7_ABSENT, { NULL, 0 } }, v;
	struct hl7_cursor c = { 0 };
	uint32_t counted = 0;

	while (hl7_each(j->m, &r->path, &c, &v)) {
		for (; counted <= c.segment; counted++)
			place.nth += slice_eq(hl7_segment_name(j->m, counted), place.name);
		place.segment = c.segment;
		judge_value(j, r, &place, v);
	}
	/* each of none is fine; one that is named must be there */
	if (!c.started && last->nth != HL7_EACH)
		judge_value(j, r, &place, absent);
}

void
hl7_profile_judge(const struct hl7_profile *profile, const struct hl7_message *m, enum hl7_charset c,
    struct hl7_findings *l)
{
	struct judged j = { .m = m, .charset = c, .list = l };

	buf_init(&j.bytes, HL7_BYTES_MAX);
	buf_init(&j.text, 4 * HL7_BYTES_MAX);
	for (const struct profile_row *r = profile ? profile->first : NULL; r; r = r->next)
		if (r->rule != RULE_IGNORE)
			judge_row(&j, r);
	buf_free(&j.bytes);
	buf_free(&j.text);
}
