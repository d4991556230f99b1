/* People: names, ages, where they live, what cards they have. All a pure function of (seed, number). */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/demo.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define PICK(r, array) ((array)[demo_below((r), COUNT(array))])

/* ---- names ---- */

static const char *const kinh_families[] = { "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê",
	"Lê", "Phạm", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
	"Lý", "Đinh", "Trương", "Cao", "Mai", "Tạ", "Đoàn", "Lương", "Trịnh" };
static const char *const men_middle[] = { "Văn", "Văn", "Văn", "Đức", "Hữu", "Minh", "Quang", "Xuân", "Ngọc",
	"Công", "Thành", "Đình", "Quốc", "Gia", "Anh", "Trọng" };
static const char *const women_middle[] = { "Thị", "Thị", "Thị", "Thị", "Thị Ngọc", "Thị Thanh", "Thị Thu",
	"Ngọc", "Thanh", "Thùy", "Minh", "Bảo", "Kim", "Thị Mỹ", "Hồng" };
static const char *const men_given[] = { "Hùng", "Dũng", "Cường", "Tuấn", "Nam", "Long", "Hải", "Sơn",
	"Thắng", "Bình", "Phúc", "Khoa", "Huy", "Tâm", "Quân", "Đạt", "Kiên", "Hiếu", "Phong", "Tài", "Lộc",
	"Vinh", "Toàn", "Trung", "Nghĩa", "Thịnh", "Duy", "Khánh", "An", "Khôi" };
static const char *const women_given[] = { "Lan", "Hoa", "Hương", "Mai", "Hà", "Thảo", "Linh", "Trang", "Nga",
	"Hạnh", "Phượng", "Yến", "Loan", "Nhung", "Hiền", "Thủy", "Dung", "Oanh", "Vân", "Ngân", "Tuyết",
	"Diễm", "Trinh", "Quyên", "My", "Nhi", "Châu", "Uyên", "Thư", "An" };
static const char *const ede_families[] = { "Niê", "Niê Kdăm", "Ayŭn", "Mlô", "Êban", "Êñuôl", "Hmŏk", "Byă",
	"Kbuôr", "Buôn Yă", "Hwing", "Kpă" };
static const char *const ede_men[] = { "Y Blơ", "Y Bhem", "Y Djuăn", "Y Thăng", "Y Nguyên", "Y Sơn", "Y Bliă",
	"Y Wăn", "Y Lơn", "Y Duen", "Y Khôi", "Y Mon" };
static const char *const ede_women[] = { "H'Bla", "H'Loan", "H'Nga", "H'Mai", "H'Rơi", "H'Nuôn", "H'Djuă",
	"H'Lin", "H'Yar", "H'Bliă", "H'Wel", "H'Thảo" };
static const char *const mnong_families[] = { "Bkrông", "Rơ Yam", "Ông", "Ksơr", "Triêk", "Pang Ting", "Du",
	"Liêng" };
static const char *const jrai_families[] = { "Rơ Châm", "Ksor", "Siu", "Rơ Mah", "Kpuih", "Nay", "Rah Lan",
	"Rmah" };
static const char *const jrai_men[] = { "Djuan", "Thuk", "Hlơi", "Blơng", "Tơi", "Khang", "Bơt", "Wen" };
static const char *const jrai_women[] = { "H'Blit", "H'Uyên", "H'Nhơ", "H'Chuel", "H'Lan", "H'Phin", "H'Ber",
	"H'Kla" };
static const char *const tay_families[] = { "Nông", "Hoàng", "Lý", "Vi", "Triệu", "Đàm", "Ma", "Bế",
	"Lương" };

struct people_of { /* the main peoples of the province */
	const char *code;
	int share; /* per 10,000 */
};
static const struct people_of peoples[] = { { "01", 6400 }, { "12", 1900 }, { "07", 500 }, { "02", 350 },
	{ "20", 300 }, { "08", 250 }, { "10", 200 }, { "03", 100 } };

void
demo_name_make(struct demo_random *r, int sex, const char *ethnic, char ret[80])
{
	bool man = sex == 1;
	if (strcmp(ethnic, "12") == 0)
		snprintf(
		    ret, 80, "%s %s", man ? PICK(r, ede_men) : PICK(r, ede_women), PICK(r, ede_families));
	else if (strcmp(ethnic, "20") == 0)
		snprintf(
		    ret, 80, "%s %s", man ? PICK(r, ede_men) : PICK(r, ede_women), PICK(r, mnong_families));
	else if (strcmp(ethnic, "10") == 0)
		snprintf(
		    ret, 80, "%s %s", PICK(r, jrai_families), man ? PICK(r, jrai_men) : PICK(r, jrai_women));
	else {
		bool north = strcmp(ethnic, "01") != 0;
		snprintf(ret, 80, "%s %s %s", north ? PICK(r, tay_families) : PICK(r, kinh_families),
		    man ? PICK(r, men_middle) : PICK(r, women_middle),
		    man ? PICK(r, men_given) : PICK(r, women_given));
	}
}

/* ---- ages ---- */

struct age_band {
	int from, to, share; /* years, per 10,000 */
};
/* Who comes to a district health centre: small children and older people more than their share. */
static const struct age_band ages[] = { { 0, 0, 250 }, { 1, 5, 1250 }, { 6, 14, 1350 }, { 15, 24, 950 },
	{ 25, 34, 1250 }, { 35, 44, 1350 }, { 45, 54, 1300 }, { 55, 64, 1200 }, { 65, 74, 750 },
	{ 75, 92, 350 } };

static int32_t
birth_make(struct demo_random *r, int32_t date)
{
	int pick = demo_below(r, 10000), i = 0, year, month, day;
	while (i + 1 < COUNT(ages) && pick >= ages[i].share)
		pick -= ages[i++].share;
	date_to_civil(date, &year, &month, &day);
	int32_t end = date_from_civil(year - ages[i].from, month, day);
	int32_t start = date_from_civil(year - ages[i].to - 1, month, day) + 1;
	int32_t born = start + demo_below(r, (int)(end - start));
	return born ? born : 1; /* 0 is no date */
}

int
demo_age(int32_t born, int32_t date)
{
	int by, bm, bd, y, m, d;
	date_to_civil(born, &by, &bm, &bd);
	date_to_civil(date, &y, &m, &d);
	return y - by - (m < bm || (m == bm && d < bd));
}

/* ---- cards ---- */

struct card_kind {
	const char *group;
	int digit, age_from, age_to;
	bool minority; /* only for minorities */
	int share;     /* weight among the kinds that fit */
	bool remote;   /* area K1 or K2 is printed */
};
static const struct card_kind kinds[] = {
	{ "TE", 1, 0, 5, false, 1000, true },
	{ "HS", 4, 6, 22, false, 900, false },
	{ "GD", 4, 16, 92, false, 420, false },
	{ "DN", 4, 18, 60, false, 210, false },
	{ "HC", 4, 22, 60, false, 60, false },
	{ "HT", 3, 56, 92, false, 180, false },
	{ "BT", 2, 60, 92, false, 110, false },
	{ "HN", 2, 6, 92, false, 90, true },
	{ "CN", 3, 6, 92, false, 80, true },
	{ "DT", 2, 6, 92, true, 700, true },
	{ "DK", 2, 6, 92, true, 300, true },
	{ "CC", 1, 70, 92, false, 12, false },
	{ "CK", 2, 40, 92, false, 15, false },
	{ "KC", 2, 70, 92, false, 15, false },
	{ "NO", 4, 25, 70, false, 40, false },
};

static const struct card_kind *
kind_pick(struct demo_random *r, int age, bool minority)
{
	int total = 0, fits[COUNT(kinds)];
	for (int i = 0; i < COUNT(kinds); i++) {
		const struct card_kind *k = &kinds[i];
		bool good = age >= k->age_from && age <= k->age_to && (minority || !k->minority);
		fits[i] = good ? k->share : 0;
		total += fits[i];
	}
	int pick = demo_below(r, total), i = 0;
	while (pick >= fits[i])
		pick -= fits[i++];
	return &kinds[i];
}

static void
card_number(struct demo_card *k, const struct card_kind *kind, const struct demo_person *x)
{
	memcpy(k->group, kind->group, 3);
	k->digit = kind->digit;
	snprintf(k->number, sizeof(k->number), "%s%d66%.10s", kind->group, kind->digit, x->insurance_no);
}

static void
five_years(struct demo_random *r, const struct demo_place *p, struct demo_card *k)
{
	int year, month, day;
	if (!demo_chance(r, 6500))
		return;
	k->five_year_on = p->first_day + demo_between(r, -900, 1500);
	if (k->five_year_on > p->first_day || !demo_chance(r, 400))
		return;
	date_to_civil(p->first_day, &year, &month, &day);
	k->paid_year = year; /* much was paid elsewhere this year: near or above the limit */
	k->paid_copay = (int64_t)demo_between(r, 12000, 15600) * 100000;
}

static void
cards_make(struct demo_random *r, const struct demo_place *p, struct demo_person *x)
{
	int age = demo_age(x->born, p->first_day), year, month, day;
	bool minority = strcmp(x->ethnic, "01") != 0;
	const struct card_kind *kind = kind_pick(r, age > 92 ? 92 : age, minority);
	struct demo_card *k = &x->card[0];
	int32_t middle = p->first_day + (int32_t)p->options->days / 2;

	if (demo_chance(r, 800)) /* not insured */
		return;
	date_to_civil(p->first_day, &year, &month, &day);
	card_number(k, kind, x);
	k->id = p->coverage_id + 2 * x->number;
	k->from = date_from_civil(year, 1, 1);
	if (k->from < x->born)
		k->from = x->born;
	k->to = date_from_civil(year + 2, 12, 31);
	if (strcmp(kind->group, "TE") == 0) {
		int by, bm, bd;
		date_to_civil(x->born, &by, &bm, &bd);
		k->to = date_from_civil(by + 6, bm, bd) - 1;
		if (k->to < p->first_day + p->options->days + 30)
			k->to = p->first_day + (int32_t)p->options->days + 60;
	}
	k->area = kind->remote && demo_chance(r, 6000) ? demo_chance(r, 4000) ? "K1" : "K2" : NULL;
	snprintf(k->registered, sizeof(k->registered), "%.5s",
	    x->home->is_centre && p->facility_count > 1 && demo_chance(r, 5500)
		? p->facility[1 + demo_below(r, p->facility_count - 1)].code
		: x->home->code);
	five_years(r, p, k);
	x->card_count = 1;
	if (age < 16 || !demo_chance(r, 300))
		return;
	x->card[1] = *k; /* renewed within the time shown */
	k->to = middle + demo_between(r, -5, 5);
	x->card[1].id = k->id + 1;
	x->card[1].from = k->to + 1;
	x->card_count = 2;
}

/* ---- a person ---- */

static const struct demo_facility *
home_of(const struct demo_place *p, int64_t n)
{
	int i = 0;
	while (i + 1 < p->facility_count && n >= p->facility[i + 1].first_person)
		i++;
	return &p->facility[i];
}

static void
address_make(struct demo_random *r, const struct demo_facility *f, struct demo_person *x)
{
	bool minority = strcmp(x->ethnic, "01") != 0;
	snprintf(x->address, sizeof(x->address), "%s %d, %s, tỉnh Đắk Lắk", minority ? "Buôn" : "Thôn",
	    demo_between(r, 1, 18), f->commune);
}

static const char *
occupation_of(struct demo_random *r, int age)
{
	static const char *const work[] = { "63000", "61000", "92000", "52000", "71000", "00000" };
	return age < 16 || age > 65 ? "00000" : work[demo_below(r, COUNT(work))];
}

/*
 * Well-formed (century and sex, year of birth, six digits of Decree 137/2015), but of the impossible province
 * 999. The digits are the person's number; people beyond the first million have none.
 */
static void
citizen_id_make(int64_t n, struct demo_person *x)
{
	int year, month, day;

	date_to_civil(x->born, &year, &month, &day);
	if (n < 1000000)
		snprintf(x->citizen_id, sizeof(x->citizen_id), "999%d%02d%06d",
		    (year - 1900) / 100 * 2 + (x->sex == 2), year % 100, (int)n);
}

void
demo_person_make(const struct demo_place *p, int64_t n, struct demo_person *ret)
{
	struct demo_random r;
	struct demo_person *x = ret;
	int pick, i = 0, age;

	memset(x, 0, sizeof(*x));
	demo_random_start(&r, p->options->seed, DEMO_FOR_PERSON, n);
	x->number = n;
	x->id = p->person_id + n;
	x->home = home_of(p, n);
	snprintf(x->code, sizeof(x->code), "%08lld", (long long)n + 1);
	snprintf(x->insurance_no, sizeof(x->insurance_no), "99%08lld", (long long)(n + 1) % 100000000);
	for (pick = demo_below(&r, 10000); i + 1 < COUNT(peoples) && pick >= peoples[i].share; i++)
		pick -= peoples[i].share;
	x->ethnic = peoples[i].code;
	x->sex = demo_chance(&r, 5300) ? 2 : 1;
	x->born = birth_make(&r, p->first_day);
	age = demo_age(x->born, p->first_day);
	demo_name_make(&r, x->sex, x->ethnic, x->name);
	address_make(&r, x->home, x);
	if (age >= 14 || demo_chance(&r, 5000))
		citizen_id_make(n, x);
	if (age >= 16 && demo_chance(&r, 8500))
		snprintf(x->phone, sizeof(x->phone), "09%08d", demo_below(&r, 100000000));
	if (age < 6)
		demo_name_make(&r, 2, x->ethnic, x->guardian);
	x->occupation = occupation_of(&r, age);
	cards_make(&r, p, x);
	if (age >= 40 && demo_chance(&r, 2600))
		x->chronic = demo_chance(&r, 6500) ? DEMO_HYPERTENSION : DEMO_DIABETES;
}

const struct demo_card *
demo_person_card(const struct demo_person *x, int32_t date)
{
	for (int i = 0; i < x->card_count; i++)
		if (x->card[i].from <= date && date <= x->card[i].to)
			return &x->card[i];
	return NULL;
}

void
demo_baby_make(const struct demo_place *p, const struct demo_person *mother, int64_t number, int64_t born_at,
    int sex, struct demo_person *ret)
{
	struct demo_person *x = ret;
	struct demo_card *k = &x->card[0];
	int year, month, day;

	memset(x, 0, sizeof(*x));
	x->number = number;
	x->id = p->person_id + number;
	x->home = mother->home;
	snprintf(x->code, sizeof(x->code), "%08lld", (long long)number + 1);
	snprintf(x->insurance_no, sizeof(x->insurance_no), "99%08lld", (long long)(number + 1) % 100000000);
	x->ethnic = mother->ethnic;
	x->sex = sex;
	x->born = time_business_date(born_at);
	x->occupation = "00000";
	snprintf(x->name, sizeof(x->name), "Con bà %.60s", mother->name);
	snprintf(x->address, sizeof(x->address), "%s", mother->address);
	snprintf(x->guardian, sizeof(x->guardian), "%s", mother->name);
	date_to_civil(x->born, &year, &month, &day);
	card_number(k, &kinds[0], x);
	k->id = p->coverage_id + 2 * number;
	k->from = x->born;
	k->to = date_from_civil(year + 6, month, day) - 1;
	snprintf(k->registered, sizeof(k->registered), "%.5s", mother->home->code);
	x->card_count = 1;
}

static const char *
or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static void
card_row(const struct demo_person *x, const struct demo_card *k, int64_t made, struct demo_copy *c)
{
	demo_row_begin(c, DEMO_COVERAGE);
	demo_int(c, k->id);
	demo_int(c, x->id);
	demo_text(c, k->number);
	demo_text(c, k->registered);
	demo_text(c, k->area);
	demo_dates(c, k->from, k->to + 1);
	demo_date(c, k->five_year_on);
	demo_decimal(c, k->paid_copay, 2);
	demo_id_or_null(c, k->paid_year);
	demo_time(c, made);
	demo_row_end(c);
}

void
demo_person_rows(const struct demo_place *p, const struct demo_person *x, struct demo_copy *c)
{
	int64_t made = (int64_t)(p->first_day - 1) * 86400;
	if (x->born >= p->first_day)
		made = (int64_t)x->born * 86400 + 16 * 3600;
	demo_row_begin(c, DEMO_PATIENT);
	demo_int(c, x->id);
	demo_text(c, x->code);
	demo_text(c, x->name);
	demo_date(c, x->born);
	demo_text(c, "day");
	demo_text(c, NULL);
	demo_int(c, x->sex);
	demo_text(c, or_null(x->citizen_id));
	demo_text(c, or_null(x->phone));
	demo_text(c, x->ethnic);
	demo_text(c, x->occupation);
	demo_text(c, x->address);
	demo_text(c, "66");
	demo_text(c, x->home->commune_code);
	demo_text(c, or_null(x->guardian));
	demo_text(c, x->guardian[0] ? "mẹ" : NULL);
	demo_time(c, made);
	demo_row_end(c);
	for (int i = 0; i < x->card_count; i++)
		card_row(x, &x->card[i], made, c);
}
