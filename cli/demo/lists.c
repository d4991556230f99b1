/*
 * What the rules look up besides the price list: limits and indications of drugs and services, what excludes
 * what, scopes of practice, contracts, holidays, lists given from outside. Made to agree with what the
 * district does (condition.c): none of its visits breaks a rule by them. Medical facts are plausible, not
 * authoritative.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/demo.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define PAIRS_MAX 400

struct pair {
	const char *code;
	char category[4]; /* of an ICD-10 code */
};
struct pairs {
	struct pair at[PAIRS_MAX];
	int count;
};

/* A row of texts behind the tenant. */
static void
text_row(struct demo_place *p, enum demo_table t, const char *const *cells, int count)
{
	demo_row_begin(&p->copy, t);
	for (int i = 0; i < count; i++)
		demo_text(&p->copy, cells[i]);
	demo_row_end(&p->copy);
}
#define TEXT_ROW(p, t, ...)                                                                                  \
	text_row(p, t, (const char *const[]){ __VA_ARGS__ }, COUNT(((const char *const[]){ __VA_ARGS__ })))

/* ---- drugs ---- */

static const struct {
	const char *drug;
	int sex, age_min_days, day_limit, dose_max; /* 0: none; dose in 1/1000 units a day */
} limits[] = {
	{ "PARA5", 0, 0, 0, 8000 },
	{ "METFO", 0, 3650, 0, 3000 },
	{ "GLICL", 0, 6570, 0, 4000 },
	{ "ATORV", 0, 3650, 0, 4000 },
	{ "MELOX", 0, 5475, 0, 2000 },
	{ "FERRO", 2, 0, 0, 3000 },
	{ "KETOR", 0, 730, 5, 4000 },
	{ "ROTUN", 0, 365, 30, 4000 },
};

static void
limit_cell(struct demo_copy *c, int value)
{
	if (value)
		demo_int(c, value);
	else
		demo_text(c, NULL);
}

void
demo_drug_limits(struct demo_copy *c, const char *code)
{
	int i = 0;
	while (i < COUNT(limits) && strcmp(limits[i].drug, code) != 0)
		i++;
	bool has = i < COUNT(limits);
	limit_cell(c, has ? limits[i].sex : 0);
	limit_cell(c, has ? limits[i].age_min_days : 0);
	limit_cell(c, has ? limits[i].day_limit : 0);
	if (has && limits[i].dose_max)
		demo_decimal(c, limits[i].dose_max, 3);
	else
		demo_text(c, NULL);
}

static void
pair_add(struct demo_place *p, enum demo_table t, struct pairs *seen, const char *code, const char *icd)
{
	char category[4] = { icd[0], icd[1], icd[2], '\0' };
	for (int i = 0; i < seen->count; i++)
		if (strcmp(seen->at[i].code, code) == 0 && strcmp(seen->at[i].category, category) == 0)
			return;
	assert(seen->count < PAIRS_MAX);
	seen->at[seen->count].code = code;
	memcpy(seen->at[seen->count++].category, category, sizeof(category));
	TEXT_ROW(p, t, code, category);
}

/* Every drug is indicated for what the district gives it for; the infusion of the surgical ward for all it
 * takes. */
static void
indications_make(struct demo_place *p)
{
	static const char *const infusion[] = { "CEFAZ", "METRI" };
	struct pairs *seen = ARENA_NEW(p->arena, struct pairs);
	for (int i = 0; i < demo_condition_count; i++) {
		const struct demo_condition *k = &demo_conditions[i];
		for (int d = 0; d < DEMO_DOSES && k->doses[d].drug; d++)
			pair_add(p, DEMO_DRUG_INDICATION, seen,
			    demo_drugs[demo_drug_find(k->doses[d].drug)].drug_code, k->icd);
		bool surgical = k->specialty == DEMO_S_SURGERY || k->specialty == DEMO_S_EMERGENCY;
		for (int d = 0; surgical && d < COUNT(infusion); d++)
			pair_add(p, DEMO_DRUG_INDICATION, seen,
			    demo_drugs[demo_drug_find(infusion[d])].drug_code, k->icd);
	}
}

static void
drug_lists_make(struct demo_place *p)
{
	static const char *const against_disease[][3] = { { "METFO", "N18.5", "Nhiễm toan lactic" },
		{ "MELOX", "K25", "Xuất huyết tiêu hóa" }, { "MELOX", "K26", "Xuất huyết tiêu hóa" },
		{ "KETOR", "K25", "Xuất huyết tiêu hóa" }, { "KETOR", "N17", "Suy thận nặng thêm" },
		{ "GLICL", "E10", "Đái tháo đường phụ thuộc insulin" }, { "TELMI", "O10", "Độc cho thai" },
		{ "ATORV", "K72", "Suy gan nặng thêm" } };
	static const char *const against[][3] = { { "Ketorolac", "Meloxicam", "Xuất huyết tiêu hóa" },
		{ "Atorvastatin", "Itraconazol", "Tiêu cơ vân" },
		{ "Metronidazol", "Disulfiram", "Loạn thần cấp" },
		{ "Azithromycin", "Colchicin", "Ngộ độc colchicin" } };
	static const char *const wards[] = { "K02", "K03", "K19", "K27" };
	static const char *const routes[][2] = { { "1.01", "Uống" }, { "2.10", "Tiêm" },
		{ "2.15", "Tiêm truyền" }, { "3.05", "Dùng ngoài" }, { "4.02", "Đặt hậu môn" },
		{ "5.02", "Hít qua đường miệng" }, { "6.01", "Nhỏ mắt" } };
	for (int i = 0; i < COUNT(against_disease); i++)
		TEXT_ROW(p, DEMO_DRUG_DISEASE, demo_drugs[demo_drug_find(against_disease[i][0])].drug_code,
		    against_disease[i][1], "Chống chỉ định", against_disease[i][2]);
	for (int i = 0; i < COUNT(against); i++)
		TEXT_ROW(p, DEMO_DRUG_PAIR, against[i][0], against[i][1], "Chống chỉ định", against[i][2]);
	for (int i = 0; i < COUNT(wards); i++)
		TEXT_ROW(p, DEMO_DRUG_DEPARTMENT, demo_drugs[demo_drug_find("CEFAZ")].drug_code, wards[i]);
	for (int i = 0; i < COUNT(routes); i++)
		TEXT_ROW(p, DEMO_ROUTE, routes[i][0], routes[i][1]);
}

/* Enough of everything for the days of the district: what one year's tender brought. */
static void
purchase_row(struct demo_place *p, const char *kind, const char *code)
{
	struct demo_copy *c = &p->copy;
	int year, month, day;
	date_to_civil(p->first_day, &year, &month, &day);
	demo_row_begin(c, DEMO_PURCHASE);
	demo_text(c, kind);
	demo_text(c, code);
	demo_text(c, DEMO_TENDER);
	demo_int(c, 100000000);
	demo_dates(c, date_from_civil(year, 1, 1), date_from_civil(year + 12, 1, 1));
	demo_row_end(c);
}

static void
purchases_make(struct demo_place *p)
{
	for (int i = 0; i < demo_drug_count; i++) {
		int earlier = 0; /* several brands share a code */
		while (strcmp(demo_drugs[earlier].drug_code, demo_drugs[i].drug_code) != 0)
			earlier++;
		if (earlier == i)
			purchase_row(p, "drug", demo_drugs[i].drug_code);
	}
	for (int i = 0; i < demo_supply_count; i++)
		purchase_row(p, "supply", demo_supplies[i].supply_code);
}

/* ---- services ---- */

static void
service_indication(struct demo_place *p, struct pairs *seen, const char *code, const char *icd)
{
	pair_add(p, DEMO_SERVICE_DISEASE, seen, demo_services[demo_service_find(code)].service_code, icd);
}

static void
service_lists_make(struct demo_place *p)
{
	struct pairs *seen = ARENA_NEW(p->arena, struct pairs);
	for (int i = 0; i < demo_condition_count; i++) {
		const struct demo_condition *k = &demo_conditions[i];
		for (int t = 0; t < DEMO_TESTS && k->tests[t]; t++)
			service_indication(p, seen, k->tests[t], k->icd);
		if (k->procedure)
			service_indication(p, seen, k->procedure, k->icd);
		if (k->stay) /* the blood count of the third day */
			service_indication(p, seen, "CTM", k->icd);
	}
	TEXT_ROW(p, DEMO_SERVICE_PAIR, "exclusive", demo_services[demo_service_find("SAB")].service_code,
	    demo_services[demo_service_find("SAT")].service_code);
	TEXT_ROW(p, DEMO_SERVICE_PAIR, "part", demo_services[demo_service_find("RTH")].service_code,
	    demo_services[demo_service_find("CLV")].service_code);
}

static void
indicators_make(struct demo_place *p)
{
	struct demo_copy *c = &p->copy;
	for (int i = 0; i < demo_service_count; i++)
		for (int n = 0; n < demo_services[i].indicator_count; n++) {
			const struct demo_indicator *x = &demo_services[i].indicators[n];
			demo_row_begin(c, DEMO_LOCAL_INDICATOR);
			demo_text(c, demo_services[i].service_code);
			demo_text(c, x->code);
			demo_text(c, x->name);
			demo_text(c, x->unit);
			demo_bool(c, true);
			demo_int(c, 0);
			demo_decimal(c, (int64_t)x->high * 10, x->decimals); /* ten times what is usual */
			demo_row_end(c);
		}
}

/* ---- people ---- */

static void
scopes_make(struct demo_place *p)
{
	static const char *const doctors[] = { "101", "102", "103", "110", "113", "114", "115", "116",
		"129" };
	static const char *const treatments[] = { "01.*", "02.*", "03.*", "10.*", "13.*" };
	static const char *const others[][2] = { { "505", "22.*" }, { "505", "23.*" }, { "505", "24.*" },
		{ "505", "01.0281.*" }, { "118", "18.*" }, { "318", "02.0085.*" }, { "302", "03.*" } };
	static const char *const station[] = { "23.0206.1596", "01.0281.1510", "24.0183.1637",
		"02.0085.1778" };
	for (int i = 0; i < COUNT(doctors); i++)
		for (int k = 0; k < COUNT(treatments); k++)
			TEXT_ROW(p, DEMO_SCOPE_SERVICE, doctors[i], treatments[k]);
	for (int i = 0; i < COUNT(others); i++)
		TEXT_ROW(p, DEMO_SCOPE_SERVICE, others[i][0], others[i][1]);
	for (int f = 1; f < p->facility_count; f++) /* the nurse of a station does its tests */
		for (int k = 0; k < COUNT(station); k++)
			TEXT_ROW(p, DEMO_STAFF_SERVICE, p->facility[f].nurse->code, station[k],
			    "12/QĐ-TTYT (giả lập)");
}

/* ---- contracts and days ---- */

void
demo_contract_make(struct demo_place *p, const struct demo_facility *f)
{
	static const char *const kinds[] = { "01", "02", "03", "04", "05", "06", "07", "08", "09" };
	struct demo_copy *c = &p->copy;
	const char *served[] = { f->code };
	int year, month, day;
	char number[32];
	date_to_civil(p->first_day, &year, &month, &day);
	snprintf(number, sizeof(number), "%s/HĐKCB-BHYT-%d", f->code, year);
	demo_row_begin(c, DEMO_CONTRACT);
	demo_int(c, f->id);
	demo_int(c, demo_id(c, DEMO_CONTRACT));
	demo_text(c, number);
	demo_array(c, kinds, f->is_centre ? 9 : 1);
	demo_array(c, served, 1);
	for (int i = 0; i < 3; i++)
		demo_bool(c, true); /* the district works every day */
	demo_dates(c, date_from_civil(year, 1, 1), date_from_civil(year + 2, 1, 1));
	demo_row_end(c);
}

/* Days off by the labour code that stand still in the calendar, for the years of the district. */
static void
holidays_make(struct demo_place *p)
{
	static const struct {
		const char *name;
		int month, day, days;
	} fixed[] = { { "Tết Dương lịch", 1, 1, 1 }, { "Ngày Chiến thắng", 4, 30, 1 },
		{ "Quốc tế Lao động", 5, 1, 1 }, { "Quốc khánh", 9, 2, 1 } };
	struct demo_copy *c = &p->copy;
	int first, last, month, day;
	date_to_civil(p->first_day, &first, &month, &day);
	date_to_civil(p->options->until, &last, &month, &day);
	for (int year = first; year <= last; year++)
		for (int i = 0; i < COUNT(fixed); i++) {
			char name[64];
			int32_t at = date_from_civil(year, fixed[i].month, fixed[i].day);
			snprintf(name, sizeof(name), "%s %d", fixed[i].name, year);
			demo_row_begin(c, DEMO_HOLIDAY);
			demo_text(c, name);
			demo_dates(c, at, at + fixed[i].days);
			demo_row_end(c);
		}
}

static void
given_lists_make(struct demo_place *p)
{
	static const char *const facilities[][3] = { { "66001", "Bệnh viện đa khoa tỉnh (giả lập)",
							 "specialised" },
		{ "66002", "Bệnh viện đa khoa khu vực (giả lập)", "basic" },
		{ "66003", "Bệnh viện phụ sản (giả lập)", "specialised" } };
	static const char *const traditional[][3] = { { "U99.901", "Yêu thống (giả lập)", "M54.5" },
		{ "U99.902", "Thất miên (giả lập)", "G47.0" }, { "U99.903", "Đầu thống (giả lập)", "R51" } };
	static const char *const forbidden[] = { "U07.0", "Z99.9" };
	for (int i = 0; i < COUNT(facilities); i++)
		TEXT_ROW(p, DEMO_KNOWN_FACILITY, facilities[i][0], facilities[i][1], facilities[i][2], "66");
	for (int i = 0; i < COUNT(traditional); i++)
		TEXT_ROW(p, DEMO_TRADITIONAL, traditional[i][0], traditional[i][1], traditional[i][2]);
	for (int i = 0; i < COUNT(forbidden); i++)
		TEXT_ROW(p, DEMO_ICD_FLAG, "forbidden", forbidden[i], "Giả lập");
}

void
demo_lists_make(struct demo_place *p)
{
	indications_make(p);
	drug_lists_make(p);
	purchases_make(p);
	service_lists_make(p);
	indicators_make(p);
	scopes_make(p);
	holidays_make(p);
	given_lists_make(p);
}
