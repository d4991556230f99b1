/* The district itself: departments, rooms, beds, machines, staff, what it offers and for how much. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/demo.h"
#include "schema/database.h"

#define BUSIEST 130
#define ROOM_VISITS 30    /* a room of the centre on a busy day */
#define STATION_VISITS 45 /* a room of a station */
#define BEDS_MAX 999
#define OPENED "2020-01-01"
#define WORKING_HOURS "2-8:0500-2230"

struct department_kind {
	const char *code, *name, *kind;
	bool at_station;
	int beds, beds_per_1000; /* fixed and per 1,000 visits a day */
	const char *bed_service;
	const char *scope; /* of its ward's doctor, PHAMVI_CM */
};
static const struct department_kind departments[DEMO_DEPARTMENTS] = {
	[DEMO_D_EXAM] = { "K01", "Khoa Khám bệnh", "exam", true, 0, 0, NULL, NULL },
	[DEMO_D_EMERGENCY] = { "K02", "Khoa Hồi sức cấp cứu", "clinical", false, 6, 60, "GCC", "101" },
	[DEMO_D_INTERNAL] = { "K03", "Khoa Nội tổng hợp", "clinical", false, 10, 300, "GNO", "102" },
	[DEMO_D_CHILDREN] = { "K18", "Khoa Nhi", "clinical", false, 8, 260, "GNH", "103" },
	[DEMO_D_SURGERY] = { "K19", "Khoa Ngoại tổng hợp", "clinical", false, 6, 140, "GNG", "110" },
	[DEMO_D_MATERNITY] = { "K27", "Khoa Phụ sản", "clinical", false, 6, 140, "GSA", "113" },
	[DEMO_D_LABORATORY] = { "K47", "Khoa Xét nghiệm", "paraclinical", false, 0, 0, NULL, NULL },
	[DEMO_D_IMAGING] = { "K39", "Khoa Chẩn đoán hình ảnh", "paraclinical", false, 0, 0, NULL, NULL },
	[DEMO_D_FUNCTION] = { "K40", "Thăm dò chức năng", "paraclinical", false, 0, 0, NULL, NULL },
	[DEMO_D_PHARMACY] = { "K44", "Khoa Dược", "pharmacy", true, 0, 0, NULL, NULL },
};

static const char *const room_scopes[DEMO_SPECIALTIES] = { [DEMO_S_INTERNAL] = "102",
	[DEMO_S_CHILDREN] = "103",
	[DEMO_S_SURGERY] = "110",
	[DEMO_S_WOMEN] = "113",
	[DEMO_S_EAR] = "115",
	[DEMO_S_TEETH] = "116",
	[DEMO_S_EYE] = "114",
	[DEMO_S_EMERGENCY] = "101",
	[DEMO_S_STATION] = "129" };

const char *
demo_department_code(enum demo_department d)
{
	return departments[d].code;
}

const char *
demo_bed_service(enum demo_department ward)
{
	return departments[ward].bed_service;
}

static void
facility_row(struct demo_place *p, struct demo_facility *f)
{
	struct demo_copy *c = &p->copy;
	f->id = demo_id(c, DEMO_FACILITY);
	if (f->is_centre)
		snprintf(f->name, sizeof(f->name), "Trung tâm Y tế Krông Pắc");
	else
		snprintf(f->name, sizeof(f->name), "Trạm Y tế %s", f->commune);
	snprintf(f->address, sizeof(f->address), "%s, tỉnh Đắk Lắk", f->commune);
	demo_row_begin(c, DEMO_FACILITY);
	demo_int(c, f->id);
	demo_text(c, f->code);
	demo_text(c, f->name);
	demo_text(c, f->is_centre ? "centre" : "station");
	demo_text(c, f->is_centre ? "basic" : "initial");
	demo_id_or_null(c, f->is_centre ? 0 : p->facility[0].id);
	demo_text(c, "66");
	demo_text(c, f->address);
	demo_text(c, p->staff[0].code);
	demo_text(c, "66900_BV");
	demo_dates(c, date_from_civil(2020, 1, 1), 0);
	demo_row_end(c);
}

/* Accepted by the fund since the district opened. */
static void
accepted_cells(struct demo_copy *c)
{
	demo_text(c, "accepted");
	demo_date(c, date_from_civil(2020, 1, 1));
}

static struct demo_staff *
staff_make(struct demo_place *p, struct demo_random *r, const char *title, const char *scope)
{
	struct demo_staff *s = &p->staff[p->staff_count++];
	struct demo_copy *c = &p->copy;
	demo_name_make(r, demo_chance(r, 5000) ? 1 : 2, demo_chance(r, 9000) ? "01" : "12", s->name);
	s->id = demo_id(c, DEMO_STAFF);
	snprintf(s->code, sizeof(s->code), "%06d/DL-CCHN", p->staff_count);
	snprintf(s->citizen_id, sizeof(s->citizen_id), "9990%08d", p->staff_count);
	demo_row_begin(c, DEMO_STAFF);
	demo_int(c, s->id);
	demo_text(c, s->code);
	demo_text(c, s->name);
	demo_text(c, title);
	demo_array(c, &scope, 1);
	demo_date(
	    c, date_from_civil(demo_between(r, 2012, 2019), demo_between(r, 1, 12), demo_between(r, 1, 28)));
	demo_text(c, s->citizen_id);
	demo_bool(c, p->staff_count == 1); /* the director */
	accepted_cells(c);
	demo_row_end(c);
	return s;
}

static struct demo_staff *
staff_post(struct demo_place *p, struct demo_random *r, const struct demo_facility *f, enum demo_department d,
    const char *title, const char *scope)
{
	struct demo_staff *s = staff_make(p, r, title, scope);
	struct demo_copy *c = &p->copy;
	demo_row_begin(c, DEMO_POST);
	demo_int(c, f->id);
	demo_int(c, demo_id(c, DEMO_POST));
	demo_int(c, s->id);
	demo_int(c, f->department[d]);
	demo_text(c, departments[d].bed_service ? "2-8:0000-2400" : WORKING_HOURS);
	demo_dates(c, date_from_civil(2020, 1, 1), 0);
	accepted_cells(c);
	demo_row_end(c);
	return s;
}

static int
beds_needed(const struct demo_facility *f, int d)
{
	int beds =
	    departments[d].beds + (int)((int64_t)departments[d].beds_per_1000 * f->visits_per_day / 1000);
	return beds < BEDS_MAX ? beds : BEDS_MAX;
}

static void
departments_make(struct demo_place *p, struct demo_facility *f)
{
	struct demo_copy *c = &p->copy;
	for (int d = 0; d < DEMO_DEPARTMENTS; d++) {
		if (!f->is_centre && !departments[d].at_station)
			continue;
		f->department[d] = demo_id(c, DEMO_DEPARTMENT);
		demo_row_begin(c, DEMO_DEPARTMENT);
		demo_int(c, f->id);
		demo_int(c, f->department[d]);
		demo_text(c, departments[d].code);
		demo_text(c, departments[d].name);
		demo_text(c, departments[d].kind);
		for (int i = 0; i < 2; i++) {
			if (departments[d].bed_service)
				demo_int(c, beds_needed(f, d));
			else
				demo_text(c, NULL);
		}
		demo_row_end(c);
	}
}

static int
rooms_needed(const struct demo_facility *f)
{
	int busy = f->visits_per_day * BUSIEST / 100;
	int rooms = (busy + (f->is_centre ? ROOM_VISITS : STATION_VISITS) - 1) /
		    (f->is_centre ? ROOM_VISITS : STATION_VISITS);
	int least = f->is_centre ? DEMO_S_STATION : 1;
	return rooms < least ? least : rooms;
}

/* The first rooms of a centre are one per specialty, then mostly internal medicine and children. */
static enum demo_specialty
room_specialty(const struct demo_facility *f, int i)
{
	static const enum demo_specialty more[] = { DEMO_S_INTERNAL, DEMO_S_INTERNAL, DEMO_S_CHILDREN,
		DEMO_S_INTERNAL, DEMO_S_EAR, DEMO_S_WOMEN, DEMO_S_CHILDREN, DEMO_S_SURGERY, DEMO_S_EMERGENCY,
		DEMO_S_EYE, DEMO_S_TEETH };
	if (!f->is_centre)
		return DEMO_S_STATION;
	if (i < DEMO_S_STATION)
		return (enum demo_specialty)i;
	return more[(i - DEMO_S_STATION) % (int)(sizeof(more) / sizeof(more[0]))];
}

static void
rooms_make(struct demo_place *p, struct demo_random *r, struct demo_facility *f)
{
	struct demo_copy *c = &p->copy;
	f->room_count = rooms_needed(f);
	f->room = ARENA_ARRAY(p->arena, (size_t)f->room_count, struct demo_room);
	for (int i = 0; i < f->room_count; i++) {
		struct demo_room *room = &f->room[i];
		enum demo_department d;
		char code[16];
		room->specialty = room_specialty(f, i);
		d = room->specialty == DEMO_S_EMERGENCY ? DEMO_D_EMERGENCY : DEMO_D_EXAM;
		room->id = demo_id(c, DEMO_ROOM);
		room->doctor = staff_post(p, r, f, d, "doctor", room_scopes[room->specialty]);
		snprintf(code, sizeof(code), "P%03d", i + 1);
		demo_row_begin(c, DEMO_EXAM_TABLE);
		demo_int(c, f->id);
		demo_int(c, demo_id(c, DEMO_EXAM_TABLE));
		demo_int(c, f->department[d]);
		demo_text(c, code);
		demo_text(c, departments[d].bed_service ? "2-8:0000-2400" : WORKING_HOURS);
		demo_dates(c, date_from_civil(2020, 1, 1), 0);
		demo_row_end(c);
		demo_row_begin(c, DEMO_ROOM);
		demo_int(c, f->id);
		demo_int(c, room->id);
		demo_int(c, f->department[d]);
		demo_text(c, code);
		demo_text(c, demo_services[demo_service_find(demo_consultations[room->specialty])].name);
		demo_row_end(c);
	}
}

static void
beds_make(struct demo_place *p, struct demo_facility *f)
{
	struct demo_copy *c = &p->copy;
	int total = 0;
	for (int d = 0; d < DEMO_DEPARTMENTS; d++)
		total += departments[d].bed_service && f->department[d] ? beds_needed(f, d) : 0;
	f->bed = ARENA_ARRAY(p->arena, (size_t)total, struct demo_bed);
	for (int d = 0; d < DEMO_DEPARTMENTS; d++) {
		int beds = departments[d].bed_service && f->department[d] ? beds_needed(f, d) : 0;
		for (int i = 0; i < beds; i++) {
			struct demo_bed *b = &f->bed[f->bed_count++];
			b->id = demo_id(c, DEMO_BED);
			b->ward = (enum demo_department)d;
			snprintf(b->code, sizeof(b->code), "H%03d", i + 1);
			demo_row_begin(c, DEMO_BED);
			demo_int(c, f->id);
			demo_int(c, b->id);
			demo_int(c, f->department[d]);
			demo_text(c, b->code);
			demo_text(c, departments[d].bed_service);
			demo_row_end(c);
		}
	}
}

static void
machines_make(struct demo_place *p, struct demo_facility *f)
{
	static const enum demo_department where[DEMO_MACHINES] = { DEMO_D_LABORATORY, DEMO_D_LABORATORY,
		DEMO_D_LABORATORY, DEMO_D_IMAGING, DEMO_D_IMAGING, DEMO_D_FUNCTION };
	struct demo_copy *c = &p->copy;
	for (int m = 0; m < DEMO_MACHINES; m++) {
		if (!f->is_centre && m != 2 &&
		    m != 5) /* stations: multi-function analyser, electrocardiograph */
			continue;
		f->machine[m] = demo_id(c, DEMO_MACHINE);
		snprintf(f->machine_code[m], sizeof(f->machine_code[m]), "%s.1.%s.%s%04d",
		    demo_machines[m].group, f->code, "SN", 1000 + f->number * DEMO_MACHINES + m);
		demo_row_begin(c, DEMO_MACHINE);
		demo_int(c, f->id);
		demo_int(c, f->machine[m]);
		demo_text(c, f->machine_code[m]);
		demo_text(c, demo_machines[m].name);
		demo_text(c, demo_machines[m].group);
		demo_int(c, f->is_centre ? f->department[where[m]] : f->department[DEMO_D_EXAM]);
		demo_int(c, 1000000);
		accepted_cells(c);
		demo_row_end(c);
	}
}

static void
people_of_facility(struct demo_place *p, struct demo_random *r, struct demo_facility *f)
{
	static const char *const technician_scopes[] = { "505", "118", "318" };
	f->nurse = staff_post(p, r, f, DEMO_D_EXAM, "nurse", "302");
	f->pharmacist = staff_post(p, r, f, DEMO_D_PHARMACY, "pharmacist", "802");
	for (int i = 0; i < 3; i++)
		f->technician[i] = f->is_centre
				       ? staff_post(p, r, f, (enum demo_department)(DEMO_D_LABORATORY + i),
					     i == 1 ? "doctor" : "technician", technician_scopes[i])
				       : f->nurse;
	for (int d = DEMO_D_EMERGENCY; d <= DEMO_D_MATERNITY; d++)
		if (f->is_centre)
			f->ward_doctor[d] =
			    staff_post(p, r, f, (enum demo_department)d, "doctor", departments[d].scope);
}

static void
book_row(struct demo_place *p, const struct demo_facility *f, const char *prefix, const char *kind,
    int64_t *ret_id)
{
	struct demo_copy *c = &p->copy;
	int year, month, day;
	char code[16];
	date_to_civil(p->first_day, &year, &month, &day);
	snprintf(code, sizeof(code), "%s%d", prefix, year);
	*ret_id = demo_id(c, DEMO_BOOK);
	demo_row_begin(c, DEMO_BOOK);
	demo_int(c, f->id);
	demo_int(c, *ret_id);
	demo_text(c, code);
	demo_text(c, kind);
	demo_row_end(c);
}

static void
accounts_make(struct demo_place *p, struct demo_facility *f)
{
	static const char *const accounts[][2] = { { "cash", "Tiền mặt" }, { "bank", "Ngân hàng" },
		{ "patient", "Phải thu người bệnh" }, { "deposit", "Tạm ứng của người bệnh" },
		{ "revenue", "Doanh thu viện phí" } };
	struct demo_copy *c = &p->copy;
	for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
		demo_row_begin(c, DEMO_ACCOUNT);
		demo_int(c, f->id);
		demo_text(c, accounts[i][0]);
		demo_text(c, accounts[i][1]);
		demo_row_end(c);
	}
	book_row(p, f, "BL", "payment", &f->account_book);
	book_row(p, f, "HT", "refund", &f->refund_book);
}

/* ---- the price list ---- */

static void
price_row(struct demo_place *p, int64_t facility, const char *kind, const char *code, struct price price)
{
	struct demo_copy *c = &p->copy;
	demo_row_begin(c, DEMO_PRICE);
	demo_int(c, demo_id(c, DEMO_PRICE));
	demo_id_or_null(c, facility);
	demo_text(c, kind);
	demo_text(c, code);
	demo_dates(c, date_from_civil(2020, 1, 1), 0);
	demo_decimal(c, price.thousandths, 3);
	demo_text(c, "Nghị quyết giả lập 01/2026");
	demo_row_end(c);
}

/* Name, newest price and ICD-9-CM codes of a service of the national list. */
static int
service_read(struct demo_place *p, int i, PGconn *db, struct err *e)
{
	const struct demo_service *s = &demo_services[i];
	struct demo_service_row *row = &p->service[i];
	const char *code[] = { s->service_code };
	PGresult *r;
	int bad = database_query(db,
	    "select s.name_vi, (select x.price from ref.service_price x where x.service_code = s.code "
	    "order by lower(x.valid) desc nulls last limit 1), (select string_agg(x.icd9_code, ';' order by "
	    "x.icd9_code) "
	    "from ref.service_icd9 x where x.service_code = s.code) from ref.service s where s.code = $1 "
	    "order by upper(s.valid) desc nulls first limit 1",
	    1, code, &r, e);
	if (bad < 0)
		return bad;
	if (PQntuples(r) != 1 || PQgetisnull(r, 0, 1))
		bad = err_set(e, ERR_NOT_FOUND, "ref.service", "%s has no name or price; run hmis migrate",
		    s->service_code);
	if (bad == 0) {
		struct slice rest = slice_of(arena_text(p->arena, slice_of(PQgetvalue(r, 0, 2)))), part;
		row->name = s->name ? s->name : arena_text(p->arena, slice_of(PQgetvalue(r, 0, 0)));
		bad = price_parse(slice_of(PQgetvalue(r, 0, 1)), &row->price, e);
		while (s->group == 8 || s->group == 18) {
			if (row->procedure_count == 4 || !slice_split(&rest, ';', &part))
				break;
			row->procedures[row->procedure_count++] = arena_text(p->arena, part);
		}
	}
	PQclear(r);
	return bad;
}

/* Shortest time a service keeps its performer. */
static int
hands_on_minutes(int group)
{
	return group == 8 ? 20 : group == 18 ? 3 : group == 2 || group == 3 ? 2 : 0;
}

static int
service_make(struct demo_place *p, int i, PGconn *db, struct err *e)
{
	const struct demo_service *s = &demo_services[i];
	struct demo_service_row *row = &p->service[i];
	struct demo_copy *c = &p->copy;
	int bad = 0;
	row->name = s->name;
	row->price = (struct price){ (int64_t)s->price * 1000 };
	if (s->price == 0)
		bad = service_read(p, i, db, e);
	row->station_price = row->price;
	if (bad == 0 && s->at_station && s->group != 13)
		bad = benefit_station_price(p->rules, p->first_day, row->price, &row->station_price, e);
	if (bad < 0)
		return bad;
	demo_row_begin(c, DEMO_SERVICE);
	demo_int(c, demo_id(c, DEMO_SERVICE));
	demo_text(c, s->code);
	demo_text(c, s->service_code);
	demo_text(c, row->name);
	demo_text(c, s->group == 15 ? "Ngày" : "Lần");
	demo_int(c, s->group);
	demo_bool(c, s->machine >= 0);
	if (strcmp(s->code, "SAT") == 0 || strcmp(s->code, "DDE") == 0)
		demo_int(c, 2); /* women */
	else
		demo_text(c, NULL);
	demo_int(c, hands_on_minutes(s->group));
	if (strcmp(s->code, "DDE") == 0)
		demo_int(c, 1); /* paid once in a visit */
	else
		demo_text(c, NULL);
	accepted_cells(c);
	demo_row_end(c);
	price_row(p, 0, "service", s->code, row->price);
	for (int f = 1; s->at_station && s->group != 13 && f < p->facility_count; f++)
		price_row(p, p->facility[f].id, "service", s->code, row->station_price);
	return 0;
}

static void
drugs_make(struct demo_place *p)
{
	struct demo_copy *c = &p->copy;
	for (int i = 0; i < demo_drug_count; i++) {
		const struct demo_drug *d = &demo_drugs[i];
		demo_row_begin(c, DEMO_DRUG);
		demo_int(c, demo_id(c, DEMO_DRUG));
		demo_text(c, d->code);
		demo_text(c, d->drug_code);
		demo_text(c, d->name);
		demo_text(c, d->ingredient);
		demo_text(c, d->strength);
		demo_text(c, d->unit);
		demo_text(c, d->route);
		demo_text(c, d->form);
		demo_text(c, d->registration);
		demo_text(c, DEMO_TENDER);
		demo_decimal(c, d->price, 3);
		demo_drug_limits(c, d->code);
		accepted_cells(c);
		demo_row_end(c);
		price_row(p, 0, "drug", d->code, (struct price){ d->price });
	}
	for (int i = 0; i < demo_supply_count; i++) {
		const struct demo_supply *s = &demo_supplies[i];
		demo_row_begin(c, DEMO_SUPPLY);
		demo_int(c, demo_id(c, DEMO_SUPPLY));
		demo_text(c, s->code);
		demo_text(c, s->supply_code);
		demo_text(c, s->name);
		demo_text(c, s->unit);
		demo_text(c, DEMO_TENDER);
		demo_decimal(c, (int64_t)s->price * 1000, 3);
		accepted_cells(c);
		demo_row_end(c);
		price_row(p, 0, "supply", s->code, (struct price){ (int64_t)s->price * 1000 });
	}
}

static size_t
staff_needed(const struct demo_place *p)
{
	size_t staff = 1; /* the director */
	for (int i = 0; i < p->facility_count; i++)
		staff += (size_t)rooms_needed(&p->facility[i]) + 10;
	return staff;
}

int
demo_place_load(struct demo_place *p, PGconn *db, struct err *e)
{
	struct demo_random r;
	int bad = 0;
	demo_random_start(&r, p->options->seed, DEMO_FOR_PLACE, 0);
	p->staff = ARENA_ARRAY(p->arena, staff_needed(p), struct demo_staff);
	p->service = ARENA_ARRAY(p->arena, (size_t)demo_service_count, struct demo_service_row);
	staff_make(p, &r, "doctor", "102"); /* the director: every claim names the head */
	for (int i = 0; i < p->facility_count; i++) {
		struct demo_facility *f = &p->facility[i];
		facility_row(p, f);
		departments_make(p, f);
		rooms_make(p, &r, f);
		beds_make(p, f);
		machines_make(p, f);
		people_of_facility(p, &r, f);
		demo_contract_make(p, f);
		accounts_make(p, f);
	}
	drugs_make(p);
	demo_lists_make(p);
	for (int i = 0; bad == 0 && i < demo_service_count; i++)
		bad = service_make(p, i, db, e);
	assert(p->staff_count <= (int)staff_needed(p));
	if (bad == 0)
		bad = demo_copy_send(&p->copy, db, e);
	return bad;
}
