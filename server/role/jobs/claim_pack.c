/* What a run makes of complete documents: findings, envelopes, and the decision about each. */
#include "base/json.h"
#include "base/time.h"
#include "server/role/jobs/claim_run.h"

#define FINDINGS_KEPT 100 /* rows per claim; a claim with more has one cause */
#define TEXT_MAX 2000

static bool
is_unchanged(const struct run_item *i)
{
	struct buf hex;
	bool same;

	buf_init(&hex, 80);
	buf_add_hex(&hex, slice_from((const char *)i->packed.content, sizeof(i->packed.content)));
	same = slice_eq(buf_slice(&hex), i->last_sha256);
	buf_free(&hex);
	return same && (i->last_is_signed || i->lane->run->certificate.len == 0);
}

static void
item_problem(struct run_item *i, const struct err *e)
{
	struct claim_finding *f = claim_finding_add(&i->findings, FINDING_CANNOT_BUILD, -1, 0,
	    claim_field_parse(slice_of(e->field)), "%s: %s", e->field, e->detail);

	if (f->field >= 0)
		f->table = (int8_t)claim_fields[f->field].table;
}

static void
item_judge(struct run_item *i, struct rule_judge *judge, struct held_rules *rules)
{
	const struct claim_document *d = i->piece->document;

	rules->judge = judge;
	i->judging = (struct judging){ .arena = i->lane->arena,
		.visit_id = i->visit_id,
		.insured = true,
		.status = "",
		.department = "",
		.practitioner = "",
		.piece = i->piece,
		.rules = rules,
		.now = time_now(),
		.stage = claim_has(claim_row_at(d, CLAIM_XML1, 0), XML1_NGAY_TTOAN) ? RULE_STAGE_SETTLED
										    : RULE_STAGE_CLOSED };
	judging_set_overridden(&i->judging, i->overridden);
	judging_judge(&i->judging);
}

void
run_judge(struct run_lane *l)
{
	struct held_rules *rules = &l->run->rules;
	struct rule_judge *judge = rule_judge_new(rules->set);

	for (size_t i = 0; i < l->count; i++) {
		struct run_item *item = &l->item[i];

		claim_findings_init(&item->findings, l->arena);
		if (item->piece->problem.code != ERR_NONE)
			item_problem(item, &item->piece->problem);
		else
			item_judge(item, judge, rules);
	}
	rule_judge_free(judge);
	rules->judge = NULL;
}

static void
item_pack(struct run_item *i, struct claim_writer *w, struct buf *out, int32_t today)
{
	bool sign = i->lane->run->certificate.len > 0;
	struct err e = { 0 };

	i->action = RUN_REJECT;
	if (i->piece->problem.code != ERR_NONE || i->judging.blocking > 0)
		return;
	if (claim_pack(w, out, i->facility_code, today, i->piece->document, &i->packed, &e) < 0) {
		item_problem(i, &e);
		return;
	}
	i->action = is_unchanged(i) ? RUN_KEEP : RUN_NEW;
	if (i->action == RUN_NEW && sign &&
	    claim_signature_prepare_written(
		slice_from(out->at + i->packed.at, i->packed.length), &i->task, &e) < 0) {
		i->action = RUN_REJECT;
		item_problem(i, &e);
	}
}

void
run_pack(struct run_lane *l, struct buf *out)
{
	struct claim_writer *w = claim_writer_new(out, NULL);
	int32_t today = time_business_date(time_now());

	for (size_t i = 0; i < l->count; i++)
		item_pack(&l->item[i], w, out, today);
	claim_writer_free(w);
}

/* ---- as JSON ---- */

static void
write_message(struct json_writer *w, const char *key, const struct claim_finding *f, bool vietnamese)
{
	struct buf text;

	buf_init(&text, 64 * 1024);
	claim_finding_message(f, vietnamese, &text);
	json_write_key(w, key);
	json_write_string(w, slice_from(text.at, text.len < TEXT_MAX ? text.len : TEXT_MAX));
	buf_free(&text);
}

static void
write_finding(struct json_writer *w, const struct claim_finding *f)
{
	json_write_object(w);
	json_write_member(w, "rule", claim_finding_infos[f->code].name);
	json_write_member(w, "severity", f->severity == CLAIM_ERROR ? "critical" : "warning");
	if (f->table >= 0)
		json_write_member(w, "table_name", claim_tables[f->table].name);
	if (f->row > 0)
		json_write_member_int(w, "row_no", f->row);
	if (f->field >= 0)
		json_write_member(w, "field", claim_fields[f->field].name);
	write_message(w, "message_vi", f, true);
	write_message(w, "message_en", f, false);
	json_write_object_end(w);
}

/* What could not be built has its own findings, the rest those of the rules. */
static void
write_findings(struct json_writer *w, const struct run_item *item)
{
	const struct claim_findings *l = &item->findings;
	size_t kept = 0;

	json_write_key(w, "findings");
	if (l->count == 0) {
		judging_write_findings(&item->judging, w);
		return;
	}
	json_write_array(w);
	for (size_t i = 0; i < l->count && kept < FINDINGS_KEPT; i++) {
		if (l->at[i].severity == CLAIM_INFO)
			continue;
		write_finding(w, &l->at[i]);
		kept++;
	}
	json_write_array_end(w);
}

static void
write_money(struct json_writer *w, const char *key, struct money m)
{
	char text[DECIMAL_TEXT_MAX];

	money_print(m, text);
	json_write_key(w, key);
	json_write_number(w, slice_of(text));
}

static void
write_packed(struct json_writer *w, const struct claim_packed *p)
{
	struct buf hex;

	buf_init(&hex, 80);
	buf_add_hex(&hex, slice_from((const char *)p->content, sizeof(p->content)));
	json_write_member(w, "sha256", hex.at);
	buf_free(&hex);
	json_write_member_int(w, "at", (long long)p->at);
	json_write_member_int(w, "length", (long long)p->length);
	json_write_member_int(w, "lines", p->lines);
	write_money(w, "hospital", p->hospital);
	write_money(w, "insurance", p->insurance);
	write_money(w, "fund", p->fund);
}

void
run_items_write(const struct run_lane *l, struct buf *out)
{
	static const char *const action[] = { "reject", "keep", "new" };
	struct json_writer w;

	json_write_init(&w, out);
	json_write_array(&w);
	for (size_t i = 0; i < l->count; i++) {
		const struct run_item *item = &l->item[i];
		json_write_object(&w);
		json_write_member_int(&w, "claim", item->claim_id);
		json_write_member(&w, "do", action[item->action]);
		if (item->action == RUN_NEW)
			write_packed(&w, &item->packed);
		if (item->action != RUN_KEEP)
			write_findings(&w, item);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
}
