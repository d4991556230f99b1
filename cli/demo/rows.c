/* COPY streams: one buffer per table in PostgreSQL's text format, sent in the order of the foreign keys. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/visit.h"
#include "schema/database.h"

#define BUFFER_MAX ((size_t)1 << 30)
#define SEND_PIECE (1 << 20)

const struct demo_table_info demo_tables[DEMO_TABLES] = {
	[DEMO_FACILITY] = { "org.facility",
	    "tenant_id,facility_id,code,name,kind,level,parent_id,province_code,address,head_code,gateway_"
	    "username,valid",
	    "org.facility_seq", 0 },
	[DEMO_DEPARTMENT] = { "org.department",
	    "tenant_id,facility_id,department_id,code,name,kind,beds_planned,beds_actual",
	    "org.department_seq", 0 },
	[DEMO_ROOM] = { "org.room", "tenant_id,facility_id,room_id,department_id,code,name", "org.room_seq",
	    0 },
	[DEMO_BED] = { "org.bed", "tenant_id,facility_id,bed_id,department_id,code,service_code",
	    "org.bed_seq", 0 },
	[DEMO_MACHINE] = { "org.machine",
	    "tenant_id,facility_id,machine_id,code,name,group_code,department_id,quarter_norm,fund_state,"
	    "accepted_"
	    "on",
	    "org.machine_seq", 0 },
	[DEMO_STAFF] = { "org.staff",
	    "tenant_id,staff_id,code,full_name,title,scopes,licensed_on,citizen_id,may_sign,fund_state,"
	    "accepted_on",
	    "org.staff_seq", 0 },
	[DEMO_POST] = { "org.staff_post",
	    "tenant_id,facility_id,staff_post_id,staff_id,department_id,hours,valid,fund_state,accepted_on",
	    "org.staff_post_seq", 0 },
	[DEMO_EXAM_TABLE] = { "org.exam_table",
	    "tenant_id,facility_id,exam_table_id,department_id,code,hours,valid", "org.exam_table_seq", 0 },
	[DEMO_CONTRACT] = { "org.contract",
	    "tenant_id,facility_id,contract_id,number,visit_kinds,registration_codes,works_saturday,works_"
	    "sunday,"
	    "works_holiday,valid",
	    "org.contract_seq", 0 },
	[DEMO_DRUG] = { "ref.local_drug",
	    "tenant_id,local_drug_id,code,drug_code,name_vi,ingredient,strength,unit_vi,route_code,form_vi,"
	    "registration_no,tender,tender_price,sex_limit,age_min_days,day_limit,dose_max,fund_state,"
	    "accepted_"
	    "on",
	    "ref.local_drug_seq", 0 },
	[DEMO_SUPPLY] = { "ref.local_supply",
	    "tenant_id,local_supply_id,code,supply_code,name_vi,unit_vi,tender,tender_price,fund_state,"
	    "accepted_"
	    "on",
	    "ref.local_supply_seq", 0 },
	[DEMO_SERVICE] = { "ref.local_service",
	    "tenant_id,local_service_id,code,service_code,name_vi,unit_vi,cost_group,needs_machine,sex_limit,"
	    "minimum_minutes,max_per_visit,fund_state,accepted_on",
	    "ref.local_service_seq", 0 },
	[DEMO_PRICE] = { "ref.item_price",
	    "tenant_id,item_price_id,facility_id,item_kind,item_code,valid,price_hospital,decision",
	    "ref.item_price_seq", 0 },
	[DEMO_SCOPE_SERVICE] = { "ref.local_scope_service", "tenant_id,scope_code,service_code", NULL, 0 },
	[DEMO_STAFF_SERVICE] = { "ref.local_staff_service", "tenant_id,staff_code,service_code,document",
	    NULL, 0 },
	[DEMO_HOLIDAY] = { "ref.local_holiday", "tenant_id,name,valid", NULL, 0 },
	[DEMO_DRUG_INDICATION] = { "ref.local_drug_indication", "tenant_id,drug_code,icd_code", NULL, 0 },
	[DEMO_DRUG_DISEASE] = { "ref.local_drug_disease", "tenant_id,drug_code,icd_code,level,note", NULL,
	    0 },
	[DEMO_DRUG_PAIR] = { "ref.local_drug_pair", "tenant_id,substance,other_substance,level,note", NULL,
	    0 },
	[DEMO_DRUG_DEPARTMENT] = { "ref.local_drug_department", "tenant_id,drug_code,department_code", NULL,
	    0 },
	[DEMO_SERVICE_PAIR] = { "ref.local_service_pair", "tenant_id,relation,service_code,other_code", NULL,
	    0 },
	[DEMO_SERVICE_DISEASE] = { "ref.local_service_disease", "tenant_id,service_code,icd_code", NULL, 0 },
	[DEMO_PURCHASE] = { "ref.local_purchase", "tenant_id,item_kind,item_code,tender,quantity,valid", NULL,
	    0 },
	[DEMO_KNOWN_FACILITY] = { "ref.local_facility", "tenant_id,code,name_vi,level,province_code", NULL,
	    0 },
	[DEMO_ROUTE] = { "ref.local_route", "tenant_id,code,name_vi", NULL, 0 },
	[DEMO_TRADITIONAL] = { "ref.local_traditional", "tenant_id,code,name_vi,icd_code", NULL, 0 },
	[DEMO_ICD_FLAG] = { "ref.local_icd_flag", "tenant_id,flag,icd_code,note", NULL, 0 },
	[DEMO_LOCAL_INDICATOR] = { "ref.local_indicator",
	    "tenant_id,service_code,code,name_vi,unit,is_numeric,low,high", NULL, 0 },
	[DEMO_ACCOUNT] = { "bill.account", "tenant_id,facility_id,code,name", NULL, 0 },
	[DEMO_BOOK] = { "bill.receipt_book", "tenant_id,facility_id,receipt_book_id,code,kind",
	    "bill.receipt_book_seq", 0 },
	[DEMO_PATIENT] = { "reg.patient",
	    "tenant_id,patient_id,code,full_name,born_on,birth_precision,born_at_minute,sex,citizen_id,phone,"
	    "ethnic_code,"
	    "occupation_code,address,province_code,commune_code,guardian_name,guardian_relation,created_at",
	    "reg.patient_seq", 1 },
	[DEMO_COVERAGE] = { "reg.coverage",
	    "tenant_id,coverage_id,patient_id,card_no,registered_code,area_code,valid,five_year_on,paid_"
	    "copay,"
	    "paid_copay_year,created_at",
	    "reg.coverage_seq", 1 },
	[DEMO_VISIT] = { "care.visit",
	    "tenant_id,facility_id,visit_id,patient_id,ma_lk,kind_code,object_code,coverage_id,department_id,"
	    "room_id,"
	    "practitioner_id,priority,reason,admission_reason,referred_from_code,referral_no,referred_to_"
	    "code,"
	    "accident_code,weight_kg,arrived_at,admitted_at,discharged_at,treatment,result_code,outcome_code,"
	    "follow_up_on,status,closed_at,settled_at,coverage_state,exempt_at,is_priced,pricing_version,"
	    "created_at",
	    "care.visit_seq", 1 },
	[DEMO_QUEUE_COUNTER] = { "care.queue_counter", "tenant_id,facility_id,room_id,on_date,last_no", NULL,
	    0 },
	[DEMO_TICKET] = { "care.queue_ticket",
	    "tenant_id,facility_id,queue_ticket_id,room_id,on_date,number,visit_id,called_at",
	    "care.queue_ticket_seq", 1 },
	[DEMO_CHECK] = { "reg.coverage_check",
	    "tenant_id,facility_id,coverage_check_id,patient_id,visit_id,card_key,full_name,born_text,state,"
	    "asked_at,"
	    "answered_at,result_code,verdict,attempts",
	    "reg.coverage_check_seq", 1 },
	[DEMO_MOVEMENT] = { "care.movement",
	    "tenant_id,facility_id,movement_id,visit_id,department_id,bed_id,during", "care.movement_seq",
	    DEMO_MOVES_MAX },
	[DEMO_VITALS] = { "care.vitals",
	    "tenant_id,facility_id,vitals_id,visit_id,taken_at,taken_by_id,pulse,temperature,systolic,"
	    "diastolic,"
	    "respiration,spo2,weight_kg",
	    "care.vitals_seq", 1 },
	[DEMO_DIAGNOSIS] = { "care.diagnosis",
	    "tenant_id,facility_id,diagnosis_id,visit_id,role,icd_code,position,made_by_id,made_at",
	    "care.diagnosis_seq", DEMO_DIAGNOSES_MAX },
	[DEMO_ORDER] = { "care.service_order",
	    "tenant_id,facility_id,service_order_id,visit_id,local_code,service_code,department_id,ordered_"
	    "by_id,"
	    "ordered_at,status,performer_ids,machine_id,performed_at,result_at,operation_no,anaesthesia_code",
	    "care.service_order_seq", DEMO_ORDERS_MAX },
	[DEMO_RESULT] = { "care.result",
	    "tenant_id,facility_id,result_id,visit_id,service_order_id,indicator_code,indicator_name,value,"
	    "unit,"
	    "description,conclusion,resulted_at,read_by_id",
	    "care.result_seq", DEMO_RESULTS_MAX },
	[DEMO_NOTE] = { "care.note",
	    "tenant_id,facility_id,note_id,visit_id,progress,written_by_id,written_at", "care.note_seq",
	    DEMO_NOTES_MAX },
	[DEMO_PRESCRIPTION] = { "care.prescription",
	    "tenant_id,facility_id,prescription_id,visit_id,department_id,prescribed_by_id,prescribed_at,"
	    "status,"
	    "dispensed_at,dispensed_by_id,advice",
	    "care.prescription_seq", DEMO_PRESCRIPTIONS_MAX },
	[DEMO_PRESCRIPTION_LINE] = { "care.prescription_line",
	    "tenant_id,facility_id,prescription_line_id,prescription_id,local_code,dose,times_per_day,days,"
	    "quantity,"
	    "usage_text",
	    "care.prescription_line_seq", DEMO_LINES_MAX },
	[DEMO_SUPPLY_USE] = { "care.supply_use",
	    "tenant_id,facility_id,supply_use_id,visit_id,local_code,service_order_id,quantity,department_id,"
	    "used_by_id,"
	    "used_at",
	    "care.supply_use_seq", DEMO_SUPPLIES_MAX },
	[DEMO_CHARGE] = { "bill.charge",
	    "tenant_id,facility_id,charge_id,visit_id,claim_table,source_kind,source_id,split_no,coverage_id,"
	    "item_code,"
	    "service_code,item_name,group_code,unit,strength,route_code,form,dose_text,usage_text,"
	    "registration_no,tender,"
	    "scope_code,quantity,price_hospital,price_insurance,price_applied,rate_service_applied,rate_"
	    "insurance,ceiling,"
	    "amount_hospital,amount_insurance,benefit_level,fund_share,copay_share,self_share,other_share,"
	    "rules_applied,"
	    "department_id,practitioner_codes,performer_codes,machine_code,bed_codes,anaesthesia_code,"
	    "procedure_codes,"
	    "ordered_at,performed_at,result_at,created_at,"
	    "scope_listed,rate_insurance_listed",
	    "bill.charge_seq", DEMO_ORDERS_MAX + DEMO_LINES_MAX + DEMO_SUPPLIES_MAX + 40 },
	[DEMO_PAYMENT] = { "bill.payment",
	    "tenant_id,facility_id,payment_id,visit_id,kind,method,amount,settlement_key,receipt_book_id,"
	    "receipt_no,"
	    "refunds_id,reason,paid_at",
	    "bill.payment_seq", 4 },
	[DEMO_ENTRY] = { "bill.entry",
	    "tenant_id,facility_id,entry_id,posting_id,account_code,visit_id,payment_id,amount,posted_at",
	    "bill.entry_seq", 24 },
	[DEMO_CLAIM] = { "claim.claim", "tenant_id,facility_id,claim_id,visit_id,ma_lk,month,updated_at",
	    "claim.claim_seq", 1 },
};

void
demo_copy_init(struct demo_copy *c, int64_t tenant)
{
	memset(c, 0, sizeof(*c));
	c->tenant = tenant;
	for (int t = 0; t < DEMO_TABLES; t++)
		buf_init(&c->rows[t], BUFFER_MAX);
}

void
demo_copy_free(struct demo_copy *c)
{
	for (int t = 0; t < DEMO_TABLES; t++)
		buf_free(&c->rows[t]);
}

int64_t
demo_id(struct demo_copy *c, enum demo_table t)
{
	assert(c->next_id[t] > 0);
	return c->next_id[t]++;
}

static int
send_table(struct demo_copy *c, enum demo_table t, PGconn *db, struct err *e)
{
	struct buf sql;
	int bad;

	if (!buf_ok(&c->rows[t]))
		return err_set(e, ERR_LIMIT, demo_tables[t].name, "a day's rows do not fit");
	buf_init(&sql, 8192);
	buf_addf(&sql, "copy %s (%s) from stdin", demo_tables[t].name, demo_tables[t].columns);
	bad = database_copy(db, sql.at, buf_slice(&c->rows[t]), NULL, e);
	if (bad < 0)
		err_prefix_field(e, demo_tables[t].name);
	buf_free(&sql);
	buf_reset(&c->rows[t]);
	return bad;
}

int
demo_copy_send(struct demo_copy *c, PGconn *db, struct err *e)
{
	for (enum demo_table t = 0; t < DEMO_TABLES; t++) {
		int bad = c->rows[t].len > 0 ? send_table(c, t, db, e) : 0;
		if (bad < 0)
			return bad;
	}
	return 0;
}

/* ---- cells ---- */

static struct buf *
cell(struct demo_copy *c)
{
	struct buf *b = &c->rows[c->table];
	if (!c->at_start)
		buf_add_char(b, '\t');
	c->at_start = false;
	return b;
}

void
demo_row_begin(struct demo_copy *c, enum demo_table t)
{
	c->table = t;
	c->at_start = true;
	demo_int(c, c->tenant);
}

void
demo_row_end(struct demo_copy *c)
{
	buf_add_char(&c->rows[c->table], '\n');
	c->count[c->table]++;
}

static void
add_number(struct buf *b, int64_t v)
{
	char text[24];
	char *p = text + sizeof(text);
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (v < 0)
		*--p = '-';
	buf_add(b, slice_from(p, (size_t)(text + sizeof(text) - p)));
}

void
demo_int(struct demo_copy *c, int64_t v)
{
	add_number(cell(c), v);
}

static void
add_null(struct demo_copy *c)
{
	buf_add(cell(c), SLICE("\\N"));
}

void
demo_id_or_null(struct demo_copy *c, int64_t id)
{
	if (id == 0)
		add_null(c);
	else
		demo_int(c, id);
}

/* Our own words hold no tab, line end or backslash, so that nothing needs escaping. */
static void
add_plain(struct buf *b, const char *text)
{
	assert(!strpbrk(text, "\t\n\r\\"));
	buf_add_text(b, text);
}

void
demo_text(struct demo_copy *c, const char *text)
{
	if (!text)
		add_null(c);
	else
		add_plain(cell(c), text);
}

void
demo_bool(struct demo_copy *c, bool v)
{
	buf_add_char(cell(c), v ? 't' : 'f');
}

void
demo_decimal(struct demo_copy *c, int64_t v, int scale)
{
	char text[DECIMAL_TEXT_MAX];
	size_t length = decimal_print(v, scale, text);
	buf_add(cell(c), slice_from(text, length));
}

static void
add_two(char *at, int v)
{
	at[0] = (char)('0' + v / 10);
	at[1] = (char)('0' + v % 10);
}

static void
add_date(struct buf *b, int year, int month, int day)
{
	char text[10];
	add_two(text, year / 100);
	add_two(text + 2, year % 100);
	text[4] = text[7] = '-';
	add_two(text + 5, month);
	add_two(text + 8, day);
	buf_add(b, slice_from(text, sizeof(text)));
}

static void
add_time(struct buf *b, int64_t instant)
{
	struct civil t;
	char text[12] = " hh:mm:ss+07";
	time_to_civil(instant, &t);
	add_date(b, t.year, t.month, t.day);
	add_two(text + 1, t.hour);
	add_two(text + 4, t.minute);
	add_two(text + 7, t.second);
	buf_add(b, slice_from(text, sizeof(text)));
}

void
demo_time(struct demo_copy *c, int64_t instant)
{
	if (instant == 0)
		add_null(c);
	else
		add_time(cell(c), instant);
}

void
demo_during(struct demo_copy *c, int64_t from, int64_t to)
{
	struct buf *b = cell(c);
	buf_add_char(b, '[');
	add_time(b, from);
	buf_add_char(b, ',');
	if (to)
		add_time(b, to);
	buf_add_char(b, ')');
}

static void
add_day(struct buf *b, int32_t date)
{
	int year, month, day;
	date_to_civil(date, &year, &month, &day);
	add_date(b, year, month, day);
}

void
demo_date(struct demo_copy *c, int32_t date)
{
	if (date == 0)
		add_null(c);
	else
		add_day(cell(c), date);
}

void
demo_dates(struct demo_copy *c, int32_t from, int32_t after)
{
	struct buf *b = cell(c);
	buf_add_char(b, '[');
	add_day(b, from);
	buf_add_char(b, ',');
	if (after)
		add_day(b, after);
	buf_add_char(b, ')');
}

void
demo_array(struct demo_copy *c, const char *const *items, int count)
{
	struct buf *b = cell(c);
	buf_add_char(b, '{');
	for (int i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(b, ',');
		buf_add_char(b, '"');
		add_plain(b, items[i]);
		buf_add_char(b, '"');
	}
	buf_add_char(b, '}');
}
