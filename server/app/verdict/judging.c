#include "server/app/verdict/judging.h"

#include <string.h>

#include "base/time.h"
#include "claims/check.h"
#include "claims/rules/verdict_json.h"
#include "server/app/claim/rows.h"

#define FACTS_MAX 20000u /* far more than claim.facts_near gives for a visit */

/* ---- the rows ---- */

static int64_t
number_field(const struct pg_batch *b, unsigned step, const char *column)
{
	int64_t value = 0;

	slice_to_int64(pg_field(b, step, 0, column), &value);
	return value;
}

static const char *
text_field(struct judging *j, const struct pg_batch *b, unsigned step, const char *column)
{
	struct slice text = pg_field(b, step, 0, column);

	return text.at ? arena_text(j->arena, text) : "";
}

void
judging_set_overridden(struct judging *j, struct slice array)
{
	struct slice *list = NULL, part;
	size_t capacity = 0;

	if (array.len < 2)
		return;
	/* "{A,B}": ids of rules need no quotes */
	array = arena_slice(j->arena, slice_from(array.at + 1, array.len - 2));
	while (slice_split(&array, ',', &part))
		*ARENA_PUSH(j->arena, list, j->overridden_count, capacity) = part;
	j->overridden = list;
}

static void
take_head(struct judging *j, const struct pg_batch *b, unsigned step)
{
	j->found = pg_rows(b, step) == 1 && pg_field(b, step, 0, "visit_id").at;
	if (!j->found)
		return;
	j->tenant = number_field(b, step, "tenant_id");
	j->epoch = number_field(b, step, "epoch");
	j->lists_epoch = number_field(b, step, "lists_epoch");
	j->version = (int)number_field(b, step, "version");
	j->status = text_field(j, b, step, "status");
	j->department = text_field(j, b, step, "department");
	j->practitioner = text_field(j, b, step, "practitioner");
	j->insured = slice_eq_text(pg_field(b, step, 0, "insured"), "t");
	j->stage = slice_eq_text(pg_field(b, step, 0, "settled"), "t")      ? RULE_STAGE_SETTLED
		   : slice_eq_text(pg_field(b, step, 0, "discharged"), "t") ? RULE_STAGE_CLOSED
									    : RULE_STAGE_OPEN;
	judging_set_overridden(j, pg_field(b, step, 0, "overridden"));
}

/* Copied, as the rules may come by another batch. */
static void
take_facts(struct judging *j, const struct pg_batch *b, unsigned step)
{
	size_t rows = pg_rows(b, step);
	struct slice *cell = ARENA_ARRAY(j->arena, rows * RULE_FACT_CELLS + 1, struct slice);

	j->fact = cell;
	j->facts = rows;
	for (size_t row = 0; row < rows; row++) {
		for (unsigned i = 0; i < RULE_FACT_CELLS; i++, cell++) {
			*cell = pg_cell(b, step, row, i);
			if (cell->at)
				*cell = arena_slice(j->arena, *cell);
		}
	}
}

int
judging_read(struct judging *j, struct arena *a, int64_t visit_id, const struct pg_batch *b, unsigned first,
    struct err *e)
{
	int bad = 0;

	*j = (struct judging){
		.arena = a, .visit_id = visit_id, .status = "", .department = "", .practitioner = ""
	};
	j->now = time_now();
	take_head(j, b, first);
	claim_chunk_init(&j->chunk, a, &visit_id, 1);
	j->chunk.keeps_keys = true;
	j->piece = &j->chunk.piece[0];
	for (unsigned i = 1; j->found && bad == 0 && i <= CLAIM_ROWS_TABLES; i++)
		bad = claim_rows_add(&j->chunk, b, first + i, (enum claim_table)(CLAIM_XML1 + (int)i - 1), e);
	take_facts(j, b, first + CLAIM_ROWS_TABLES + 1);
	return bad;
}

/* ---- the verdict ---- */

bool
judging_is_overridden(const struct judging *j, struct slice rule)
{
	for (size_t i = 0; i < j->overridden_count; i++)
		if (slice_eq(j->overridden[i], rule))
			return true;
	return false;
}

static bool
is_blocking(const struct judging *j, const struct rule_finding *f)
{
	return f->severity == RULE_CRITICAL && !f->is_shadow && !f->pending &&
	       !judging_is_overridden(j, slice_of(rule_at(j->rules->set, f->rule)->id));
}

/* What other visits say, in an index of this process that is filled for each verdict; NULL = it was not read.
 */
static struct rule_facts *
facts_of(const struct judging *j)
{
	static struct rule_facts *facts;

	if (!j->fact)
		return NULL;
	if (!facts)
		facts = rule_facts_new(FACTS_MAX);
	rule_facts_clear(facts);
	for (size_t i = 0; i < j->facts; i++)
		if (rule_facts_add_row(facts, j->fact + i * RULE_FACT_CELLS, NULL) < 0)
			rule_facts_cut(facts, UINT32_MAX);
	return facts;
}

/* Does a critical finding of a rule speak about what the structural check found? */
static bool
is_said(const struct judging *j, const struct claim_finding *said)
{
	for (size_t i = 0; i < j->verdict.count; i++) {
		const struct rule_finding *f = &j->verdict.at[i];
		bool same = f->table == said->table && f->row == said->row && f->field == said->field &&
			    f->field >= 0;
		bool counts = f->severity == RULE_CRITICAL && !f->is_shadow && !f->pending;
		if (counts && (f->reader == said || same))
			return true;
	}
	return false;
}

static void
find_loose(struct judging *j)
{
	size_t capacity = 0;

	for (size_t i = 0; j->stage != RULE_STAGE_OPEN && i < j->reader.count; i++) {
		const struct claim_finding *said = &j->reader.at[i];
		if (said->severity != CLAIM_ERROR || is_said(j, said))
			continue;
		*ARENA_PUSH(j->arena, j->loose, j->loose_count, capacity) = said;
		j->verdict.critical++;
		j->blocking += !judging_is_overridden(j, slice_of(claim_finding_infos[said->code].name));
	}
}

void
judging_judge(struct judging *j)
{
	const struct claim_check_options check = { 0 };
	const struct rule_options options = { .now = j->now, .reader = &j->reader, .facts = facts_of(j) };
	const struct claim_piece *p = j->piece;

	claim_findings_init(&j->reader, j->arena);
	j->verdict.arena = j->arena;
	if (p->problem.code != ERR_NONE) {
		j->verdict.critical = 1;
		j->blocking = !judging_is_overridden(j, SLICE(JUDGING_CANNOT_BUILD));
		return;
	}
	claim_check(p->document, &check, &j->reader);
	struct rule_options with_lists = options;
	with_lists.catalog = j->catalog;
	rule_judge_claim(j->rules->judge, p->document, &with_lists, &j->verdict);
	rule_verdict_settle(j->rules->set, p->document, j->stage, &j->verdict);
	for (size_t i = 0; i < j->verdict.count; i++) {
		const struct rule_finding *f = &j->verdict.at[i];
		j->blocking += is_blocking(j, f);
		j->unfinished += f->severity == RULE_CRITICAL && f->pending == RULE_PENDING_WORK;
	}
	find_loose(j);
}

void
judging_run(struct judging *j)
{
	struct claim_piece *p = &j->chunk.piece[0];

	if (p->completion.discharged_at == 0) /* as if the visit ended now */
		p->completion.discharged_at =
		    j->now > p->completion.admitted_at ? j->now : p->completion.admitted_at;
	claim_chunk_complete(&j->chunk, held_benefit());
	judging_judge(j);
}

/* ---- writing ---- */

static void
write_money(struct json_writer *w, const char *key, int64_t hundredths)
{
	char text[DECIMAL_TEXT_MAX];
	size_t len = decimal_print(hundredths, 2, text);

	json_write_key(w, key);
	json_write_number(w, slice_from(text, len));
}

static const struct claim_row *
head_row(const struct judging *j)
{
	const struct claim_document *d = j->piece->document;

	return claim_row_count(d, CLAIM_XML1) ? claim_row_at(d, CLAIM_XML1, 0) : NULL;
}

static const struct claim_row *
finding_row(const struct judging *j, const struct rule_finding *f)
{
	const struct claim_document *d = j->piece->document;
	bool is_one = f->table >= 0 && f->row > 0 && f->row <= claim_row_count(d, (enum claim_table)f->table);

	return is_one ? claim_row_at(d, (enum claim_table)f->table, f->row - 1) : NULL;
}

/* First of the codes in a list field; empty when there is none. */
static struct slice
first_code(const struct claim_row *row, enum claim_field field)
{
	struct slice list = claim_text(row, field), part = { NULL, 0 };

	(void)slice_split(&list, ';', &part);
	return slice_trim(part);
}

static struct slice
or_else(struct slice s, const char *fallback)
{
	return s.len ? s : slice_of(fallback);
}

/* Whose finding it is: of the line, else of the visit. */
static void
write_owner(const struct judging *j, const struct rule_finding *f, struct json_writer *w)
{
	const struct claim_row *row = finding_row(j, f);
	struct slice department = { NULL, 0 }, practitioner = { NULL, 0 };

	if (row && f->table == CLAIM_XML2) {
		department = claim_text(row, XML2_MA_KHOA);
		practitioner = first_code(row, XML2_MA_BAC_SI);
	} else if (row && f->table == CLAIM_XML3) {
		department = claim_text(row, XML3_MA_KHOA);
		practitioner = first_code(row, XML3_MA_BAC_SI);
	} else if (row && f->table == CLAIM_XML4) {
		practitioner = claim_text(row, XML4_MA_BS_DOC_KQ);
	} else if (row && f->table == CLAIM_XML5) {
		practitioner = first_code(row, XML5_NGUOI_THUC_HIEN);
	}
	json_write_key(w, "department");
	json_write_string(w, or_else(department, j->department));
	json_write_key(w, "practitioner");
	json_write_string(w, or_else(practitioner, j->practitioner));
}

static const struct claim_row_key *
finding_key(const struct judging *j, const struct rule_finding *f)
{
	return finding_row(j, f) && j->piece->key[f->table] ? &j->piece->key[f->table][f->row - 1] : NULL;
}

static bool
is_charge(const struct rule_finding *f)
{
	return f->table == CLAIM_XML2 || f->table == CLAIM_XML3;
}

/* The visit's own ids of the row: what a screen marks. */
static void
write_key(const struct judging *j, const struct rule_finding *f, struct json_writer *w)
{
	const struct claim_row_key *key = finding_key(j, f);

	if (!key || f->table < CLAIM_XML2 || f->table > CLAIM_XML5)
		return;
	json_write_member_int(w,
	    is_charge(f)             ? "charge_id"
	    : f->table == CLAIM_XML4 ? "result_id"
				     : "note_id",
	    key->id);
	if (!*key->source_kind)
		return;
	json_write_key(w, "source");
	json_write_object(w);
	json_write_member(w, "kind", key->source_kind);
	json_write_member_int(w, "id", key->source_id);
	json_write_object_end(w);
}

static void
write_finding(const struct judging *j, const struct rule_finding *f, struct json_writer *w)
{
	json_write_object(w);
	rule_finding_write(w, j->rules->set, f, j->piece->document);
	write_owner(j, f, w);
	write_key(j, f, w);
	json_write_key(w, "overridden");
	json_write_bool(w, judging_is_overridden(j, slice_of(rule_at(j->rules->set, f->rule)->id)));
	json_write_object_end(w);
}

/* What the structural check alone found wrong, as a finding under its code. */
static void
write_loose(const struct judging *j, const struct claim_finding *f, struct json_writer *w, bool stored)
{
	struct buf text;

	buf_init(&text, 1u << 20);
	json_write_object(w);
	json_write_member(w, "rule", claim_finding_infos[f->code].name);
	json_write_member(w, "severity", "critical");
	if (!stored)
		json_write_member(w, "outcome", "hit");
	json_write_member(
	    w, stored ? "table_name" : "table", f->table < 0 ? NULL : claim_tables[f->table].name);
	if (f->row || !stored)
		json_write_member_int(w, stored ? "row_no" : "row", f->row);
	json_write_member(w, "field", f->field < 0 ? NULL : claim_fields[f->field].name);
	claim_finding_message(f, true, &text);
	json_write_key(w, stored ? "message_vi" : "message");
	json_write_string(w, buf_slice(&text));
	buf_reset(&text);
	claim_finding_message(f, false, &text);
	json_write_key(w, "message_en");
	json_write_string(w, buf_slice(&text));
	write_money(w, stored ? "amount" : "at_risk", 0);
	if (!stored) {
		json_write_key(w, "overridden");
		json_write_bool(w, judging_is_overridden(j, slice_of(claim_finding_infos[f->code].name)));
	}
	json_write_object_end(w);
	buf_free(&text);
}

/* Why no claim can be built, in the place of a finding. */
static void
write_problem(const struct judging *j, struct json_writer *w)
{
	const struct err *e = &j->piece->problem;
	const char *detail = arena_printf(j->arena, "%s: %s", e->field, e->detail);

	json_write_object(w);
	json_write_member(w, "rule", JUDGING_CANNOT_BUILD);
	json_write_member(w, "severity", "critical");
	json_write_member(w, "outcome", "hit");
	json_write_member(w, "message", arena_printf(j->arena, "Chưa lập được hồ sơ: %s", detail));
	json_write_member(w, "message_en", arena_printf(j->arena, "No claim can be built: %s", detail));
	write_money(w, "at_risk", 0);
	json_write_object_end(w);
}

static void
write_sums(const struct judging *j, struct json_writer *w)
{
	static const struct {
		const char *name;
		enum claim_field field;
	} sums[] = { { "hospital", XML1_T_TONGCHI_BV }, { "insurance", XML1_T_TONGCHI_BH },
		{ "fund", XML1_T_BHTT }, { "copay", XML1_T_BNCCT }, { "self_pay", XML1_T_BNTT },
		{ "other", XML1_T_NGUONKHAC } };
	const struct claim_row *row = head_row(j);

	json_write_key(w, "sums");
	json_write_object(w);
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		write_money(w, sums[i].name, row ? claim_number(row, sums[i].field) : 0);
	json_write_object_end(w);
}

static void
write_broken(const struct judging *j, struct json_writer *w)
{
	json_write_key(w, "broken_rules");
	json_write_array(w);
	for (size_t i = 0; i < j->rules->faults; i++) {
		json_write_object(w);
		json_write_member(w, "rule", j->rules->fault[i].code);
		json_write_member(w, "problem", j->rules->fault[i].problem);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

void
judging_write(const struct judging *j, struct json_writer *w)
{
	static const char *const stage[] = { "open", "closed", "settled" };
	char judged_at[TIME_TEXT_MAX];
	bool built = j->insured && j->piece->problem.code == ERR_NONE;

	json_write_object(w);
	json_write_member_int(w, "visit_id", j->visit_id);
	json_write_member_int(w, "version", j->version);
	json_write_member(w, "status", j->status);
	json_write_key(w, "insured");
	json_write_bool(w, j->insured);
	json_write_member(w, "stage", stage[j->stage]);
	json_write_key(w, "judged_at");
	json_write_string(w, slice_from(judged_at, time_print_rfc3339(j->now, judged_at)));
	json_write_key(w, "may_close");
	json_write_bool(w, j->blocking == 0 && j->unfinished == 0);
	if (j->insured) {
		rule_verdict_write_head(w, j->rules->set, &j->verdict);
		write_broken(j, w);
		write_sums(j, w);
	}
	json_write_key(w, "findings");
	json_write_array(w);
	for (size_t i = 0; built && i < j->verdict.count; i++)
		write_finding(j, &j->verdict.at[i], w);
	for (size_t i = 0; i < j->loose_count; i++)
		write_loose(j, j->loose[i], w, false);
	if (j->insured && !built)
		write_problem(j, w);
	json_write_array_end(w);
	json_write_object_end(w);
}

void
judging_write_sums(const struct judging *j, struct json_writer *w)
{
	const struct claim_row *row = head_row(j);

	json_write_object(w);
	rule_verdict_write_head(w, j->rules->set, &j->verdict);
	write_money(w, "fund", row ? claim_number(row, XML1_T_BHTT) : 0);
	json_write_object_end(w);
}

static void
write_stored(const struct judging *j, const struct rule_finding *f, struct json_writer *w)
{
	const struct rule_info *r = rule_at(j->rules->set, f->rule);
	const struct claim_row_key *key = finding_key(j, f);
	struct buf text;

	buf_init(&text, 1u << 20);
	json_write_object(w);
	json_write_member(w, "rule", r->id);
	json_write_member(w, "severity", rule_severity_name((enum rule_severity)f->severity));
	json_write_key(w, "is_shadow");
	json_write_bool(w, f->is_shadow);
	json_write_member(w, "table_name", f->table < 0 ? NULL : claim_tables[f->table].name);
	if (f->row)
		json_write_member_int(w, "row_no", f->row);
	json_write_member(w, "field", f->field < 0 ? NULL : claim_fields[f->field].name);
	rule_message(j->rules->set, f, j->piece->document, true, &text);
	json_write_key(w, "message_vi");
	json_write_string(w, buf_slice(&text));
	buf_reset(&text);
	rule_message(j->rules->set, f, j->piece->document, false, &text);
	json_write_key(w, "message_en");
	json_write_string(w, buf_slice(&text));
	buf_free(&text);
	write_money(w, "amount", f->at_risk);
	write_owner(j, f, w);
	if (key && is_charge(f))
		json_write_member_int(w, "charge_id", key->id);
	json_write_object_end(w);
}

static void
write_stored_problem(const struct judging *j, struct json_writer *w)
{
	const char *detail =
	    arena_printf(j->arena, "%s: %s", j->piece->problem.field, j->piece->problem.detail);

	json_write_object(w);
	json_write_member(w, "rule", JUDGING_CANNOT_BUILD);
	json_write_member(w, "severity", "critical");
	json_write_member(w, "message_vi", arena_printf(j->arena, "Chưa lập được hồ sơ: %s", detail));
	json_write_member(w, "message_en", arena_printf(j->arena, "No claim can be built: %s", detail));
	json_write_object_end(w);
}

void
judging_write_findings(const struct judging *j, struct json_writer *w)
{
	json_write_array(w);
	for (size_t i = 0; i < j->verdict.count; i++)
		if (!j->verdict.at[i].pending)
			write_stored(j, &j->verdict.at[i], w);
	for (size_t i = 0; i < j->loose_count; i++)
		write_loose(j, j->loose[i], w, true);
	if (j->piece->problem.code != ERR_NONE)
		write_stored_problem(j, w);
	json_write_array_end(w);
}

void
judging_write_blocking(const struct judging *j, struct buf *out)
{
	char before = '{';

	for (size_t i = 0; i < j->verdict.count; i++) {
		const struct rule_finding *f = &j->verdict.at[i];
		bool again = i > 0 && j->verdict.at[i - 1].rule == f->rule;
		if (again || !is_blocking(j, f))
			continue;
		buf_add_char(out, before);
		buf_add_text(out, rule_at(j->rules->set, f->rule)->id);
		before = ',';
	}
	for (size_t i = 0; i < j->loose_count; i++, before = ',')
		buf_addf(out, "%c%s", before, claim_finding_infos[j->loose[i]->code].name);
	if (j->piece->problem.code != ERR_NONE && j->blocking)
		buf_addf(out, "%c%s", before, JUDGING_CANNOT_BUILD);
	else if (before == '{')
		buf_add_char(out, '{');
	buf_add_char(out, '}');
}

static void
write_error(const struct judging *j, const struct rule_finding *f, struct json_writer *w)
{
	const struct claim_row_key *key = finding_key(j, f);
	struct buf text;

	buf_init(&text, 1u << 20);
	if (key && *key->source_kind)
		buf_addf(&text, "/lines/%s/%lld", key->source_kind, (long long)key->source_id);
	json_write_object(w);
	json_write_key(w, "pointer");
	json_write_string(w, buf_slice(&text));
	json_write_member(w, "code", rule_at(j->rules->set, f->rule)->id);
	buf_reset(&text);
	rule_place(f, &text);
	buf_add_text(&text, ": ");
	rule_message(j->rules->set, f, j->piece->document, true, &text);
	json_write_key(w, "detail");
	json_write_string(w, buf_slice(&text));
	json_write_object_end(w);
	buf_free(&text);
}

static void
write_loose_error(const struct judging *j, const struct claim_finding *f, struct json_writer *w)
{
	struct buf text;

	(void)j;
	buf_init(&text, 1u << 20);
	claim_finding_place(f, &text);
	buf_add_text(&text, ": ");
	claim_finding_message(f, true, &text);
	json_write_object(w);
	json_write_member(w, "pointer", "");
	json_write_member(w, "code", claim_finding_infos[f->code].name);
	json_write_key(w, "detail");
	json_write_string(w, buf_slice(&text));
	json_write_object_end(w);
	buf_free(&text);
}

void
judging_write_errors(const struct judging *j, struct json_writer *w)
{
	json_write_array(w);
	for (size_t i = 0; i < j->verdict.count; i++)
		if (is_blocking(j, &j->verdict.at[i]))
			write_error(j, &j->verdict.at[i], w);
	for (size_t i = 0; i < j->loose_count; i++)
		write_loose_error(j, j->loose[i], w);
	if (j->piece->problem.code != ERR_NONE) {
		json_write_object(w);
		json_write_member(w, "pointer", "");
		json_write_member(w, "code", JUDGING_CANNOT_BUILD);
		json_write_member(w, "detail",
		    arena_printf(j->arena, "%s: %s", j->piece->problem.field, j->piece->problem.detail));
		json_write_object_end(w);
	}
	json_write_array_end(w);
}
