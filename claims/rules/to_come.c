/* What an unfinished claim lacks but will still get: findings about it are pending. */
#include "claims/rules/internal.h"

/* Fields that are empty until a stage of the visit is over (schema/code/claim_rows.sql says what fills them).
 */
static const struct {
	int16_t field;
	uint8_t by; /* enum rule_pending: what fills it */
} to_come[] = {
	/* the discharge */
	{ XML1_NGAY_RA, RULE_PENDING_DISCHARGE },
	{ XML1_SO_NGAY_DTRI, RULE_PENDING_DISCHARGE },
	{ XML1_PP_DIEU_TRI, RULE_PENDING_DISCHARGE },
	{ XML1_KET_QUA_DTRI, RULE_PENDING_DISCHARGE },
	{ XML1_MA_LOAI_RV, RULE_PENDING_DISCHARGE },
	{ XML1_NAM_QT, RULE_PENDING_DISCHARGE },
	{ XML1_THANG_QT, RULE_PENDING_DISCHARGE },
	{ XML1_NGAY_VAO_NOI_TRU, RULE_PENDING_WORK },
	{ XML1_LY_DO_VNT, RULE_PENDING_WORK },
	/* closing refuses a visit without them */
	{ XML1_CHAN_DOAN_VAO, RULE_PENDING_WORK },
	{ XML1_CHAN_DOAN_RV, RULE_PENDING_WORK },
	{ XML1_MA_BENH_CHINH, RULE_PENDING_WORK },
	{ XML1_CAN_NANG, RULE_PENDING_WORK },
	/* performing an order, dispensing a prescription, reporting a result */
	{ XML2_NGAY_TH_YL, RULE_PENDING_WORK },
	{ XML3_NGAY_TH_YL, RULE_PENDING_WORK },
	{ XML3_NGAY_KQ, RULE_PENDING_WORK },
	{ XML3_NGUOI_THUC_HIEN, RULE_PENDING_WORK },
	{ XML3_MA_MAY, RULE_PENDING_WORK },
	{ XML3_PP_VO_CAM, RULE_PENDING_WORK },
	{ XML4_NGAY_KQ, RULE_PENDING_WORK },
	{ XML4_MA_BS_DOC_KQ, RULE_PENDING_WORK },
	{ XML4_GIA_TRI, RULE_PENDING_WORK },
	{ XML4_KET_LUAN, RULE_PENDING_WORK },
	/* paying */
	{ XML1_NGAY_TTOAN, RULE_PENDING_PAYMENT },
};

/* Tables whose rows are added until the visit is closed: what a rule on another table misses in them may
 * come. */
static const uint32_t rows_to_come = 1u << CLAIM_XML4 | 1u << CLAIM_XML5;
/* Tables whose first row may still come. */
static const uint32_t first_row_to_come = 1u << CLAIM_XML2 | 1u << CLAIM_XML3;
/* Papers that follow from the discharge (claims/assemble/papers.h). */
static const uint32_t discharge_papers = 1u << CLAIM_XML7 | 1u << CLAIM_XML14;
/*
 * The other papers (summary, birth, sick leave …): claims/assemble does not make them of a visit's rows, so
 * that a claim never has them here. What asks for them stays pending at every stage, for people to see; a
 * claim file that is checked as it came is not settled and is judged in full.
 */
static const uint32_t papers = 1u << CLAIM_XML6 | 1u << CLAIM_XML8 | 1u << CLAIM_XML9 | 1u << CLAIM_XML10 |
			       1u << CLAIM_XML11 | 1u << CLAIM_XML12 | 1u << CLAIM_XML13 | 1u << CLAIM_XML15;

/* ---- what a condition asks for ---- */

static int
field_at_slot(int table, unsigned slot)
{
	for (int f = 0; f < CLAIM_FIELDS; f++)
		if (claim_fields[f].table == table && claim_fields[f].index == slot)
			return f;
	return -1;
}

/*
 * Can the condition hold because some field is empty, without asking for that with "is missing"? Comparisons
 * with a missing value are false, so only a negation, a count or the number of items can turn it into a hit.
 */
static bool
is_negative(const struct program *p)
{
	for (size_t k = 0; k < p->count; k++) {
		const struct code *c = &p->code[k];
		bool of_has = k > 0 && p->code[k - 1].op == OP_HAS;
		if ((c->op == OP_NOT && !of_has) || c->op == OP_MISSING || c->op == OP_LOOP_COUNT ||
		    (c->op == OP_CALL && c->a == CALL_ITEMS))
			return true;
		k += c->op == OP_LOOP_ROWS; /* its second word holds the index */
	}
	return false;
}

/* A field that only gives the day to look a catalogue up on. */
static bool
is_lookup_day(const struct program *p, size_t k)
{
	return k + 1 < p->count && p->code[k + 1].op == OP_CATALOG && p->code[k + 1].c != 0;
}

void
rule_asks(const struct rule_set *set, size_t i, rule_asked *see, void *context)
{
	assert(i < set->count);
	const struct rule *r = &set->rule[i];
	const struct program *p = &r->when;
	int table[RULE_FRAMES] = { r->info.table, -1, -1, -1, -1 };
	bool negative = is_negative(p);
	for (size_t k = 0; k < p->count; k++) {
		const struct code *c = &p->code[k];
		if (c->op == OP_LOOP_ROWS) {
			table[c->a] = c->b & 15;
			see(context, table[c->a], -1);
			k++;
		} else if (c->op == OP_LOOP_ITEMS || c->op == OP_LOOP_FACTS) {
			table[c->a] = -1;
		} else if (c->op == OP_HAS ||
			   (negative && c->op >= OP_FIELD_NUMBER && c->op <= OP_MALFORMED)) {
			int of = c->a >= RULE_HEAD ? c->a - RULE_HEAD : table[c->a];
			int field = of < 0 || is_lookup_day(p, k) ? -1 : field_at_slot(of, c->b);
			if (field >= 0)
				see(context, of, field);
		}
	}
}

/* ---- settling ---- */

struct settling {
	const struct claim_document *document;
	enum rule_stage stage;
	const struct rule_finding *finding;
	enum rule_pending pending;
};

const char *
rule_pending_name(enum rule_pending p)
{
	static const char *const names[] = { "", "work", "discharge", "payment", "paper" };
	return names[p];
}

static bool
is_over(enum rule_pending by, enum rule_stage stage)
{
	static const enum rule_stage last[] = { RULE_STAGE_OPEN, RULE_STAGE_OPEN, RULE_STAGE_OPEN,
		RULE_STAGE_CLOSED, RULE_STAGE_SETTLED };
	return stage > last[by];
}

static enum rule_pending
waits_for(int field, enum rule_stage stage)
{
	for (size_t i = 0; i < sizeof(to_come) / sizeof(to_come[0]); i++)
		if (to_come[i].field == field)
			return is_over(to_come[i].by, stage) ? RULE_PENDING_NOT : to_come[i].by;
	return RULE_PENDING_NOT;
}

/* Work somebody has to do weighs more than what comes by itself. */
static void
wait_for(struct settling *s, enum rule_pending what)
{
	if (what != RULE_PENDING_NOT && (s->pending == RULE_PENDING_NOT || what < s->pending))
		s->pending = what;
}

/* Is the field empty where the finding stands: in its row, or in any row of another table. */
static bool
is_empty(const struct settling *s, int table, int field)
{
	const struct claim_rows *rows = &s->document->rows[table];
	const struct rule_finding *f = s->finding;
	if (table == f->table && f->row && f->row <= rows->count)
		return !claim_has(rows->at[f->row - 1], (enum claim_field)field);
	for (size_t i = 0; i < rows->count; i++)
		if (!claim_has(rows->at[i], (enum claim_field)field))
			return true;
	return false;
}

static void
see_rows(struct settling *s, int table)
{
	bool none = claim_row_count(s->document, (enum claim_table)table) == 0;
	if (papers >> table & 1)
		wait_for(s, RULE_PENDING_PAPER);
	else if (s->stage == RULE_STAGE_OPEN && discharge_papers >> table & 1)
		wait_for(s, RULE_PENDING_DISCHARGE);
	else if (s->stage == RULE_STAGE_OPEN &&
		 (rows_to_come >> table & 1 || (none && first_row_to_come >> table & 1)))
		wait_for(s, RULE_PENDING_WORK);
}

static void
see(void *context, int table, int field)
{
	struct settling *s = context;
	if (field < 0 && table != s->finding->table)
		see_rows(s, table);
	else if (field >= 0 && is_empty(s, table, field))
		wait_for(s, waits_for(field, s->stage));
}

static enum rule_pending
pending_of(const struct rule_set *set, struct settling *s)
{
	const struct rule_finding *f = s->finding;
	if (!f->reader)
		rule_asks(set, f->rule, see, s);
	else if (f->field >= 0)
		see(s, f->table, f->field);
	else if (f->table >= 0 && claim_row_count(s->document, (enum claim_table)f->table) == 0)
		see_rows(s, f->table); /* a whole table is missing */
	return s->pending;
}

void
rule_verdict_settle(
    const struct rule_set *set, const struct claim_document *d, enum rule_stage stage, struct rule_verdict *v)
{
	int64_t risk = 0;
	for (size_t i = 0; i < v->count; i++) {
		struct rule_finding *f = &v->at[i];
		struct settling s = { .document = d, .stage = stage, .finding = f };
		if (f->is_shadow || f->outcome != RULE_HIT)
			continue;
		f->pending = (uint8_t)pending_of(set, &s);
		if (f->pending) {
			v->pending++;
			v->critical -= f->severity == RULE_CRITICAL;
			v->warning -= f->severity == RULE_WARNING;
		}
	}
	for (size_t i = 0; i < v->count; i++) {
		const struct rule_finding *f = &v->at[i];
		if (!f->is_shadow && !f->pending && f->severity == RULE_CRITICAL && f->at_risk > risk)
			risk = f->at_risk;
	}
	v->at_risk = risk;
}
