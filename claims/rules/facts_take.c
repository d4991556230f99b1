/* Where facts come from: claim documents, and rows of the database. */
#include "base/time.h"
#include "claims/rules/facts_index.h"
#include "claims/rules/internal.h"

struct taker {
	struct rule_facts *facts;
	const struct claim_document *document;
	const struct claim_row *head; /* XML1 */
	uint32_t claim;
	struct slice person[2];
	struct err *e;
	int rc;
};

/* ---- values ---- */

/* yyyyMMddHHmm of a date field, 0 when it is missing or malformed. */
static int64_t
minute_of(const struct claim_row *r, enum claim_field f)
{
	return claim_date12(claim_number(r, f));
}

static int64_t
end_of_day(int64_t minute)
{
	return minute / 10000 * 10000 + 2359;
}

static struct slice
first_item(struct slice list)
{
	struct slice item;
	return slice_split(&list, ';', &item) ? slice_trim(item) : SLICE("");
}

void
fact_person(const struct claim_document *d, struct slice ret_key[2])
{
	ret_key[0] = ret_key[1] = SLICE("");
	if (claim_row_count(d, CLAIM_XML1) == 0)
		return;
	const struct claim_row *head = claim_row_at(d, CLAIM_XML1, 0);
	struct slice card = first_item(claim_text(head, XML1_MA_THE_BHYT));
	ret_key[0] = claim_text(head, XML1_SO_CCCD);
	if (card.len == 15) /* group, level, province, then the number of the insured person */
		ret_key[1] = slice_skip(card, 5);
	else if (card.len == 10)
		ret_key[1] = card;
}

static void
add(struct taker *t, struct rule_fact f)
{
	size_t len = 0;
	for (int i = 0; i < RULE_FACT_KEYS_MAX; i++)
		len += f.key[i].len + 1;
	if (t->rc < 0 || len > RULE_FACT_KEY_MAX)
		return; /* an over-long text is another rule's matter */
	if (f.to < f.from)
		f.to = f.from;
	t->rc = rule_facts_add(t->facts, t->claim, &f, t->e);
}

static void
add_of_person(
    struct taker *t, enum rule_fact_kind kind, int64_t from, int64_t to, struct slice code, int64_t value)
{
	add(t, (struct rule_fact){ .kind = (uint8_t)kind,
		   .key = { t->person[0], t->person[1] },
		   .from = from,
		   .to = to,
		   .code = code,
		   .value = value });
}

/* ---- the visit as a whole ---- */

static bool
is_inpatient(struct slice kind)
{
	static const char *const kinds[] = { "03", "04", "06", "09" };
	for (size_t i = 0; i < 4; i++)
		if (is_slice(kind, kinds[i]))
			return true;
	return false;
}

static void
take_visit(struct taker *t)
{
	struct slice kind = claim_text(t->head, XML1_MA_LOAI_KCB);
	int64_t from = minute_of(t->head, XML1_NGAY_VAO), to = minute_of(t->head, XML1_NGAY_RA);
	if (to == 0) /* who came for a day and was not discharged left that day */
		to = is_inpatient(kind) ? RULE_FACT_OPEN : end_of_day(from);
	add(t, (struct rule_fact){ .kind = RULE_FACT_DOSSIER,
		   .key = { claim_document_ma_lk(t->document) },
		   .from = from,
		   .to = to });
	add_of_person(t, RULE_FACT_STAY, from, to, kind, 0);
	int64_t at = to == RULE_FACT_OPEN ? from : to;
	if (claim_has(t->head, XML1_T_BNCCT))
		add_of_person(t, RULE_FACT_COPAY, at, at, claim_text(t->head, XML1_MA_DOITUONG_KCB),
		    claim_number(t->head, XML1_T_BNCCT));
}

static int64_t
dose_days(struct slice dose)
{
	bool overflow = false;
	struct rule_value v = { .at = dose.at, .len = (uint32_t)dose.len, .missing = dose.len == 0 };
	rule_call(CALL_DOSE_DAYS, &v, 0, NULL, &overflow);
	return v.missing ? 0 : (int64_t)(v.number / 1000);
}

/* The last minute of the day so many days after that of a minute. */
static int64_t
days_later(int64_t minute, int64_t days)
{
	struct rule_value v[2] = { { .number = minute }, { .number = days } };
	bool overflow = false;
	rule_call(CALL_ADD_DAYS, v, 0, NULL, &overflow);
	return v[0].missing ? minute : end_of_day((int64_t)v[0].number);
}

/* Drugs that an outpatient took home: the prescription that lasts longest. */
static void
take_supply(struct taker *t)
{
	int64_t from = 0, to = 0, days = 0;
	for (size_t i = 0; i < claim_row_count(t->document, CLAIM_XML2); i++) {
		const struct claim_row *r = claim_row_at(t->document, CLAIM_XML2, i);
		int64_t at = minute_of(r, XML2_NGAY_YL), n = dose_days(claim_text(r, XML2_LIEU_DUNG));
		int64_t last = at && n ? days_later(at, n - 1) : 0;
		if (last <= to)
			continue;
		from = at;
		to = last;
		days = n;
	}
	if (to && !is_inpatient(claim_text(t->head, XML1_MA_LOAI_KCB)))
		add_of_person(t, RULE_FACT_SUPPLY, from, to, claim_text(t->head, XML1_MA_BENH_CHINH), days);
}

static void
take_leave(struct taker *t, enum claim_table table, enum claim_field first, enum claim_field last,
    enum claim_field days)
{
	for (size_t i = 0; i < claim_row_count(t->document, table); i++) {
		const struct claim_row *r = claim_row_at(t->document, table, i);
		int64_t from = minute_of(r, first), to = minute_of(r, last);
		if (from && to)
			add_of_person(t, RULE_FACT_LEAVE, from, end_of_day(to),
			    slice_of(claim_tables[table].name), claim_number(r, days));
	}
}

static void
take_papers(struct taker *t)
{
	for (size_t i = 0; i < claim_row_count(t->document, CLAIM_XML9); i++) {
		const struct claim_row *r = claim_row_at(t->document, CLAIM_XML9, i);
		int64_t at = minute_of(t->head, XML1_NGAY_VAO);
		add(t, (struct rule_fact){ .kind = RULE_FACT_PAPER,
			   .key = { claim_text(r, XML9_SO), claim_text(r, XML9_QUYEN_SO) },
			   .from = at,
			   .to = at,
			   .code = slice_of(claim_tables[CLAIM_XML9].name) });
	}
}

/* ---- lines ---- */

/* Once for each practitioner and minute: only lines next to one another repeat it. */
static void
take_orders(struct taker *t, enum claim_table table, enum claim_field doctors, enum claim_field time)
{
	struct slice before = SLICE("");
	int64_t minute = 0;
	for (size_t i = 0; i < claim_row_count(t->document, table); i++) {
		const struct claim_row *r = claim_row_at(t->document, table, i);
		struct slice list = claim_text(r, doctors), item, all = list;
		int64_t at = minute_of(r, time);
		bool same = at == minute && slice_eq(list, before);
		while (!same && slice_split(&list, ';', &item))
			add(t,
			    (struct rule_fact){
				.kind = RULE_FACT_ORDER, .key = { slice_trim(item) }, .from = at, .to = at });
		before = all;
		minute = at;
	}
}

enum line_group { LINE_OTHER, LINE_TEST, LINE_WORK, LINE_CONSULTATION, LINE_BED };

/* Cost groups MA_NHOM (schema/seed/cost_group.tsv). */
static enum line_group
group_of(const struct claim_row *r, int64_t *ret_number)
{
	static const uint8_t groups[] = { [1] = LINE_TEST,
		[2] = LINE_WORK,
		[3] = LINE_WORK,
		[8] = LINE_WORK,
		[13] = LINE_CONSULTATION,
		[14] = LINE_BED,
		[15] = LINE_BED,
		[16] = LINE_BED,
		[18] = LINE_WORK,
		[19] = LINE_OTHER };
	int64_t n = 0;
	*ret_number = 0;
	if (slice_to_int64(claim_text(r, XML3_MA_NHOM), &n) < 0 || n < 1 || n > 19)
		return LINE_OTHER;
	*ret_number = n;
	return (enum line_group)groups[n];
}

static void
add_list(struct taker *t, struct rule_fact f, struct slice list, unsigned part)
{
	struct slice item;
	while (slice_split(&list, ';', &item)) {
		f.key[part] = slice_trim(item);
		add(t, f);
	}
}

static void
take_service(struct taker *t, const struct claim_row *r)
{
	struct rule_fact f = { .code = claim_text(r, XML3_MA_DICH_VU) };
	enum line_group group = group_of(r, &f.value);
	f.from = minute_of(r, XML3_NGAY_TH_YL);
	if (f.from == 0)
		f.from = minute_of(r, XML3_NGAY_YL);
	f.to = minute_of(r, XML3_NGAY_KQ);
	if (group == LINE_TEST || group == LINE_WORK)
		add_of_person(t, RULE_FACT_SERVICE, f.from, f.from, f.code, f.value);
	if (group == LINE_WORK || group == LINE_CONSULTATION) {
		struct slice by = claim_text(r, XML3_NGUOI_THUC_HIEN);
		f.kind = RULE_FACT_WORK;
		add_list(t, f, by.len || group == LINE_WORK ? by : claim_text(r, XML3_MA_BAC_SI), 0);
	}
	if (group == LINE_WORK) {
		f.kind = RULE_FACT_MACHINE;
		add_list(t, f, claim_text(r, XML3_MA_MAY), 0);
	}
	if (group == LINE_BED) {
		f.kind = RULE_FACT_BED;
		f.value = claim_number(r, XML3_TYLE_TT_DV);
		f.key[0] = claim_text(t->head, XML1_MA_CSKCB);
		f.key[1] = claim_text(r, XML3_MA_KHOA);
		add_list(t, f, claim_text(r, XML3_MA_GIUONG), 2);
	}
}

int
rule_facts_take(
    struct rule_facts *x, uint32_t batch, const struct claim_document *d, uint32_t *ret_claim, struct err *e)
{
	struct taker t = { .facts = x, .document = d, .e = e };
	static const struct claim_row *const none;
	t.head = claim_row_count(d, CLAIM_XML1) ? claim_row_at(d, CLAIM_XML1, 0) : none;
	struct slice facility = t.head ? claim_text(t.head, XML1_MA_CSKCB) : SLICE("");
	int rc = rule_facts_claim(x, batch, claim_document_ma_lk(d), facility, &t.claim, e);
	if (rc < 0)
		return rc;
	fact_person(d, t.person);
	if (t.head) {
		take_visit(&t);
		take_supply(&t);
		take_leave(&t, CLAIM_XML7, XML7_NGOAITRU_TUNGAY, XML7_NGOAITRU_DENNGAY, XML7_SO_NGAY_NGHI);
		take_leave(&t, CLAIM_XML11, XML11_TU_NGAY, XML11_DEN_NGAY, XML11_SO_NGAY_NGHI);
		take_papers(&t);
		take_orders(&t, CLAIM_XML2, XML2_MA_BAC_SI, XML2_NGAY_YL);
		take_orders(&t, CLAIM_XML3, XML3_MA_BAC_SI, XML3_NGAY_YL);
		for (size_t i = 0; i < claim_row_count(d, CLAIM_XML3); i++)
			take_service(&t, claim_row_at(d, CLAIM_XML3, i));
	}
	if (t.rc < 0) {
		rule_facts_remove(x, t.claim);
		return t.rc;
	}
	*ret_claim = t.claim;
	return 0;
}

/* ---- rows of the database ---- */

static int
cell_fail(struct err *e, const char *name, const char *detail)
{
	return err_set(e, ERR_INPUT, name, "%s", detail);
}

static int
cell_number(struct slice cell, const char *name, int64_t otherwise, int64_t *ret, struct err *e)
{
	if (!cell.at)
		*ret = otherwise;
	else if (slice_to_int64(cell, ret) < 0)
		return cell_fail(e, name, "a whole number is expected");
	return 0;
}

int
rule_facts_add_row(struct rule_facts *x, const struct slice cell[RULE_FACT_CELLS], struct err *e)
{
	struct rule_fact f = { .code = cell[RULE_FACT_CELL_CODE] };
	struct slice ma_lk = cell[RULE_FACT_CELL_MA_LK];
	int kind = rule_fact_find(cell[RULE_FACT_CELL_KIND]), rc;
	if (kind < 0)
		return cell_fail(e, "kind", "there is no such kind of fact");
	if (slice_eq_text(cell[RULE_FACT_CELL_IS_CUT], "t"))
		rule_facts_cut(x, UINT32_C(1) << kind);
	f.kind = (uint8_t)kind;
	for (int i = 0; i < RULE_FACT_KEYS_MAX; i++)
		f.key[i] = cell[RULE_FACT_CELL_KEY1 + i];
	if ((rc = cell_number(cell[RULE_FACT_CELL_FROM], "from", 0, &f.from, e)) < 0 ||
	    (rc = cell_number(cell[RULE_FACT_CELL_TO], "to", RULE_FACT_OPEN, &f.to, e)) < 0 ||
	    (rc = cell_number(cell[RULE_FACT_CELL_VALUE], "value", 0, &f.value, e)) < 0)
		return rc;
	if (f.from == 0) /* only says that something was cut */
		return 0;
	uint32_t claim = fact_claim_find(x, ma_lk);
	if (claim == 0 && (rc = rule_facts_claim(x, 0, ma_lk, cell[RULE_FACT_CELL_FACILITY], &claim, e)) < 0)
		return rc;
	return rule_facts_add(x, claim, &f, e);
}
