/* A verdict as JSON: the same for the command line and the service. */
#include "claims/rules/verdict_json.h"
#include "base/decimal.h"

static void
member_of_text(struct json_writer *w, const char *key, struct buf *text)
{
	json_write_key(w, key);
	json_write_string(w, buf_slice(text));
	buf_reset(text);
}

static void
member_of_money(struct json_writer *w, const char *key, int64_t hundredths)
{
	char text[DECIMAL_TEXT_MAX];
	size_t len = decimal_print(hundredths, 2, text);
	json_write_key(w, key);
	json_write_number(w, slice_from(text, len));
}

static const char *
outcome_name(uint8_t outcome)
{
	static const char *const names[] = { "hit", "not-evaluated: overflow", "not-evaluated: too long",
		"not-evaluated: catalogue", "not-evaluated: other claims" };
	return names[outcome];
}

static void
write_minute(struct json_writer *w, const char *key, int64_t minute)
{
	char text[DECIMAL_TEXT_MAX];
	size_t len = decimal_print(minute, 0, text);
	json_write_key(w, key);
	if (minute == RULE_FACT_OPEN)
		json_write_null(w);
	else
		json_write_string(w, slice_from(text, len));
}

/* The other claim that a rule across claims found. */
static void
write_other(struct json_writer *w, const struct rule_other *o)
{
	json_write_key(w, "other");
	json_write_object(w);
	json_write_member(w, "what", rule_facts_infos[o->kind].name);
	json_write_key(w, "ma_lk");
	json_write_string(w, o->ma_lk);
	json_write_key(w, "facility");
	json_write_string(w, o->facility);
	write_minute(w, "from", o->from);
	write_minute(w, "to", o->to);
	json_write_object_end(w);
}

void
rule_finding_write(struct json_writer *w, const struct rule_set *set, const struct rule_finding *f,
    const struct claim_document *d)
{
	const struct rule_info *r = rule_at(set, f->rule);
	struct buf text;
	buf_init(&text, 1u << 20);
	json_write_member(w, "rule", r->id);
	json_write_member(w, "severity", rule_severity_name((enum rule_severity)f->severity));
	json_write_key(w, "pending");
	json_write_bool(w, f->pending != RULE_PENDING_NOT);
	if (f->pending)
		json_write_member(w, "waits_for", rule_pending_name((enum rule_pending)f->pending));
	json_write_key(w, "shadow");
	json_write_bool(w, f->is_shadow);
	json_write_member(w, "outcome", outcome_name(f->outcome));
	json_write_member(w, "table", f->table < 0 ? NULL : claim_tables[f->table].name);
	json_write_member_int(w, "row", f->row);
	json_write_member(w, "field", f->field < 0 ? NULL : claim_fields[f->field].name);
	rule_message(set, f, d, true, &text);
	member_of_text(w, "message", &text);
	rule_message(set, f, d, false, &text);
	member_of_text(w, "message_en", &text);
	rule_fix(set, f, d, true, &text);
	member_of_text(w, "fix", &text);
	rule_fix(set, f, d, false, &text);
	member_of_text(w, "fix_en", &text);
	json_write_member(w, "citation", r->cite);
	json_write_member(w, "certainty", r->certainty);
	member_of_money(w, "at_risk", f->at_risk);
	if (f->other)
		write_other(w, f->other);
	buf_free(&text);
}

void
rule_verdict_write_head(struct json_writer *w, const struct rule_set *set, const struct rule_verdict *v)
{
	json_write_member(w, "rule_set", rule_set_version(set));
	json_write_member_int(w, "critical", (long long)v->critical);
	json_write_member_int(w, "warning", (long long)v->warning);
	json_write_member_int(w, "pending", (long long)v->pending);
	json_write_member_int(w, "shadow", (long long)v->shadow);
	json_write_member_int(w, "not_evaluated", (long long)v->not_evaluated);
	json_write_member_int(w, "hidden", (long long)v->hidden);
	member_of_money(w, "at_risk", v->at_risk);
	json_write_key(w, "needs_catalogs");
	json_write_array(w);
	for (size_t i = 0; i < rule_catalog_count; i++)
		if (v->catalogs_needed >> i & 1)
			json_write_text(w, rule_catalogs[i].name);
	json_write_array_end(w);
	json_write_key(w, "needs_index");
	json_write_array(w);
	for (size_t i = 0; i < RULE_FACT_KINDS; i++)
		if (v->facts_needed >> i & 1)
			json_write_text(w, rule_facts_infos[i].name);
	json_write_array_end(w);
}

void
rule_verdict_write(struct json_writer *w, const struct rule_set *set, const struct rule_verdict *v,
    const struct claim_document *d)
{
	json_write_object(w);
	rule_verdict_write_head(w, set, v);
	json_write_key(w, "findings");
	json_write_array(w);
	for (size_t i = 0; i < v->count; i++) {
		json_write_object(w);
		rule_finding_write(w, set, &v->at[i], d);
		json_write_object_end(w);
	}
	json_write_array_end(w);
	json_write_object_end(w);
}
