/*
 * Recall across claims: a clean claim stands among clean claims of strangers; then one of these is made to
 * collide with it, and a rule must report that did not before. Each kind of fault is tried many times with a
 * fixed seed and its recall printed. The promise: 99 % of each kind, and nothing found among strangers.
 */
#include <stdio.h>

#include "claims/rules/rules.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1784178000) /* 2026-07-16 12:00 */
#define TRIES 400
#define STRANGERS 5

static uint64_t seed = 20260716;

static uint64_t
dice(uint64_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % sides;
}

static struct {
	struct rule_set *set;
	struct rule_judge *judge;
	struct rule_facts *facts;
	struct arena *arena; /* of one try */
} bench;

/* ---- claims ---- */

static enum claim_field
field_of(enum claim_table t, const char *name)
{
	int f = claim_field_of(t, name);
	ck_assert_int_ge(f, 0);
	return (enum claim_field)f;
}

static void
put(struct claim_document *d, struct claim_row *r, const char *field, const char *value)
{
	enum claim_field f = field_of((enum claim_table)r->table, field);
	ck_assert_int_eq(claim_set(d, r, f, slice_of(value), NULL), 0);
}

static const char *
text_of(const struct claim_row *r, const char *field)
{
	struct buf out;
	buf_init(&out, 1u << 16);
	claim_print(r, field_of((enum claim_table)r->table, field), &out);
	const char *text = arena_text(bench.arena, buf_slice(&out));
	buf_free(&out);
	return text;
}

static struct claim_row *
head(struct claim_document *d)
{
	return claim_row_at(d, CLAIM_XML1, 0);
}

/* A row of XML3 of one of these groups, NULL when there is none. */
static struct claim_row *
line_of(struct claim_document *d, const char *groups)
{
	for (size_t i = 0; i < claim_row_count(d, CLAIM_XML3); i++) {
		struct claim_row *r = claim_row_at(d, CLAIM_XML3, i);
		if (strstr(groups, arena_printf(bench.arena, " %s ", text_of(r, "MA_NHOM"))))
			return r;
	}
	return NULL;
}

static struct claim_document *
clean_claim(const char *base)
{
	struct claim_document *d;
	struct err e = { 0 };
	ck_assert_int_eq(rule_claim_build(bench.set, base, bench.arena, &d, &e), 0);
	return d;
}

/* Gives every row of a table its own code in a list of people or things. */
static void
rename_all(struct claim_document *d, enum claim_table t, const char *field, const char *form, uint64_t n)
{
	for (size_t i = 0; i < claim_row_count(d, t); i++) {
		struct claim_row *r = claim_row_at(d, t, i);
		if (claim_has(r, field_of(t, field)))
			put(d, r, field, arena_printf(bench.arena, form, (int)(n % 1000)));
	}
}

/* A clean claim of somebody else, treated by others with other machines. */
static struct claim_document *
stranger(const char *base, uint64_t n)
{
	struct claim_document *d = clean_claim(base);
	put(d, head(d), "MA_LK", arena_printf(bench.arena, "66001_0009%03d", (int)n));
	put(d, head(d), "SO_CCCD", arena_printf(bench.arena, "999185099%03d", (int)n));
	put(d, head(d), "MA_THE_BHYT", arena_printf(bench.arena, "GD4669990099%03d", (int)n));
	rename_all(d, CLAIM_XML2, "MA_BAC_SI", "9990001%03d", n);
	rename_all(d, CLAIM_XML3, "MA_BAC_SI", "9990001%03d", n);
	rename_all(d, CLAIM_XML3, "NGUOI_THUC_HIEN", "9990002%03d", n);
	rename_all(d, CLAIM_XML3, "MA_MAY", "CT.1.66001.SX%03d", n);
	rename_all(d, CLAIM_XML3, "MA_GIUONG", "H%03d", 100 + n);
	rename_all(d, CLAIM_XML9, "SO", "%03d", 500 + n);
	return d;
}

/* ---- times: yyyyMMddHHmm of July 2026 as minutes ---- */

static int64_t
minutes_of(const char *text)
{
	int day, hour, minute;
	ck_assert_int_eq(sscanf(text, "202607%2d%2d%2d", &day, &hour, &minute), 3);
	return (int64_t)day * 1440 + hour * 60 + minute;
}

static const char *
time_text(int64_t m)
{
	bool june = m < 1440; /* the days before 1 July */
	m += june ? 30 * 1440 : 0;
	return arena_printf(bench.arena, "2026%02d%02d%02d%02d", june ? 6 : 7, (int)(m / 1440),
	    (int)(m / 60 % 24), (int)(m % 60));
}

/* Sets two times of a row so that they overlap a span, at random: from before or inside, to inside or after.
 */
static void
overlap(struct claim_document *d, struct claim_row *r, const char *from, const char *to, int64_t low,
    int64_t high)
{
	int64_t start = low - 240 + (int64_t)dice((uint64_t)(high - low + 240));
	int64_t least = (start < low ? low : start) + 1;
	int64_t end = least + (int64_t)dice(600);
	put(d, r, from, time_text(start));
	put(d, r, to, time_text(end));
}

/* ---- faults: what makes the other claim collide ---- */

static void
same_person(struct claim_document *own, struct claim_document *other)
{
	bool by_citizen = dice(2);
	const char *field = by_citizen ? "SO_CCCD" : "MA_THE_BHYT";
	put(other, head(other), field, text_of(head(own), field));
}

static void
overlapping_visits(struct claim_document *own, struct claim_document *other)
{
	same_person(own, other);
	put(other, head(other), "MA_BENH_CHINH", "K29.7");
	overlap(other, head(other), "NGAY_VAO", "NGAY_RA", minutes_of(text_of(head(own), "NGAY_VAO")),
	    minutes_of(text_of(head(own), "NGAY_RA")));
}

static void
two_places(struct claim_document *own, struct claim_document *other)
{
	struct claim_row *mine = claim_row_at(own, CLAIM_XML2, dice(claim_row_count(own, CLAIM_XML2)));
	enum claim_table t = dice(2) ? CLAIM_XML2 : CLAIM_XML3;
	struct claim_row *r = claim_row_at(other, t, dice(claim_row_count(other, t)));
	put(other, head(other), "MA_CSKCB", dice(2) ? "66009" : "66002");
	put(other, r, "MA_BAC_SI", text_of(mine, "MA_BAC_SI"));
	put(other, r, "NGAY_YL", text_of(mine, "NGAY_YL"));
}

static void
collide(
    struct claim_document *own, struct claim_document *other, const char *groups, const char *const *fields)
{
	struct claim_row *mine = line_of(own, groups), *r = line_of(other, groups);
	ck_assert(mine && r);
	for (; *fields; fields++)
		put(other, r, *fields, text_of(mine, *fields));
	overlap(other, r, "NGAY_TH_YL", "NGAY_KQ", minutes_of(text_of(mine, "NGAY_TH_YL")),
	    minutes_of(text_of(mine, "NGAY_KQ")));
}

static void
two_interventions(struct claim_document *own, struct claim_document *other)
{
	static const char *const fields[] = { "NGUOI_THUC_HIEN", NULL };
	collide(own, other, " 8 18 ", fields);
}

static void
machine_twice(struct claim_document *own, struct claim_document *other)
{
	static const char *const fields[] = { "MA_MAY", NULL };
	collide(own, other, " 2 3 ", fields);
}

static void
bed_twice(struct claim_document *own, struct claim_document *other)
{
	static const char *const fields[] = { "MA_GIUONG", "MA_KHOA", NULL };
	collide(own, other, " 15 ", fields);
}

static void
too_early(struct claim_document *own, struct claim_document *other)
{
	struct claim_row *mine = line_of(own, " 1 2 3 8 18 "), *r = line_of(other, " 1 2 3 8 18 ");
	same_person(own, other);
	put(other, head(other), "NGAY_VAO", "202606010700");
	put(other, head(other), "NGAY_RA", "202606011700");
	put(other, head(other), "MA_BENH_CHINH", "K29.7");
	put(other, r, "MA_DICH_VU", text_of(mine, "MA_DICH_VU"));
	put(other, r, "NGAY_TH_YL",
	    time_text(
		minutes_of(text_of(mine, "NGAY_TH_YL")) - 1440 * (int64_t)dice(7) - (int64_t)dice(600)));
}

static void
duplicate_claim(struct claim_document *own, struct claim_document *other)
{
	put(other, head(other), "MA_LK", text_of(head(own), "MA_LK"));
}

static void
drugs_left(struct claim_document *own, struct claim_document *other)
{
	int64_t came = minutes_of(text_of(head(own), "NGAY_VAO"));
	same_person(own, other);
	int64_t before = came - 1440 * (1 + (int64_t)dice(2));
	put(other, head(other), "MA_BENH_CHINH", text_of(head(own), "MA_BENH_CHINH"));
	put(other, head(other), "NGAY_VAO", time_text(before));
	put(other, head(other), "NGAY_RA", time_text(before + 120));
	for (size_t i = 0; i < claim_row_count(other, CLAIM_XML2); i++) {
		put(other, claim_row_at(other, CLAIM_XML2, i), "NGAY_YL", time_text(before + 60));
		put(other, claim_row_at(other, CLAIM_XML2, i), "LIEU_DUNG",
		    "1 viên/lần * 2 lần/ngày * 7 ngày [2 viên/ngày]");
	}
}

static void
two_leaves(struct claim_document *own, struct claim_document *other)
{
	struct claim_row *mine = claim_row_at(own, CLAIM_XML11, 0), *r = claim_row_at(other, CLAIM_XML11, 0);
	same_person(own, other);
	put(other, head(other), "NGAY_VAO", "202607010700");
	put(other, head(other), "NGAY_RA", "202607010900");
	put(other, head(other), "MA_BENH_CHINH", "K29.7");
	put(other, r, dice(2) ? "TU_NGAY" : "DEN_NGAY", text_of(mine, dice(2) ? "TU_NGAY" : "DEN_NGAY"));
}

static void
number_used(struct claim_document *own, struct claim_document *other)
{
	struct claim_row *mine = claim_row_at(own, CLAIM_XML9, 0), *r = claim_row_at(other, CLAIM_XML9, 0);
	put(other, r, "SO", text_of(mine, "SO"));
	put(other, r, "QUYEN_SO", text_of(mine, "QUYEN_SO"));
}

static const char *const any_base[] = { "outpatient", "inpatient", "papers", "birth", "referral", NULL };
static const char *const test_bases[] = { "outpatient", "papers", NULL };
static const char *const ward_bases[] = { "inpatient", "birth", "referral", NULL };
static const char *const paper_bases[] = { "papers", NULL };
static const char *const birth_bases[] = { "birth", NULL };

static const struct {
	const char *name;
	void (*change)(struct claim_document *own, struct claim_document *other);
	const char *const *own, *const *other; /* base claims */
} kinds[] = {
	{ "overlapping visits", overlapping_visits, any_base, any_base },
	{ "practitioner in two places", two_places, any_base, any_base },
	{ "two interventions at once", two_interventions, ward_bases, ward_bases },
	{ "machine overlap", machine_twice, test_bases, test_bases },
	{ "bed overlap", bed_twice, ward_bases, ward_bases },
	{ "repeated service too early", too_early, any_base, any_base },
	{ "duplicate claim", duplicate_claim, any_base, any_base },
	{ "drugs still there", drugs_left, test_bases, test_bases },
	{ "overlapping leave", two_leaves, paper_bases, paper_bases },
	{ "certificate number used", number_used, birth_bases, birth_bases },
};

/* ---- services with an interval between two ---- */

static bool
service_has(void *context, unsigned catalog)
{
	(void)context;
	return rule_catalog_builtin.has(NULL, catalog) || strcmp(rule_catalogs[catalog].name, "service") == 0;
}

static int
service_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	(void)context;
	if (strcmp(rule_catalogs[catalog].name, "service") != 0)
		return rule_catalog_builtin.get(NULL, catalog, key, date, attribute, ret);
	*ret = (struct rule_value){ .missing = true };
	if (attribute >= 0 && strcmp(rule_catalogs[catalog].attribute[attribute].name, "repeat_days") == 0)
		*ret = (struct rule_value){ .number = 30 };
	return 1;
}

static const struct rule_catalog catalog = { NULL, service_has, service_get };

/* ---- counting ---- */

/* Findings of rules across claims; what else a claim has does not count. */
static size_t
judge(const struct claim_document *d, uint32_t claim)
{
	struct rule_verdict v = { .arena = bench.arena };
	struct rule_options o = {
		.now = NOW, .catalog = &catalog, .facts = bench.facts, .facts_claim = claim
	};
	size_t found = 0;
	rule_judge_claim(bench.judge, d, &o, &v);
	for (size_t i = 0; i < v.count; i++)
		found += rule_at(bench.set, v.at[i].rule)->facts != 0 && v.at[i].outcome == RULE_HIT;
	return found;
}

static const char *
pick(const char *const *names)
{
	size_t n = 0;
	while (names[n])
		n++;
	return names[dice(n)];
}

static uint32_t
take(const struct claim_document *d)
{
	uint32_t claim;
	ck_assert_int_eq(rule_facts_take(bench.facts, 1, d, &claim, NULL), 0);
	return claim;
}

/* One try of a kind: what is found among strangers, and when one of them collides. */
static void
attempt(int kind, size_t *ret_before, size_t *ret_after)
{
	arena_reset(bench.arena);
	rule_facts_clear(bench.facts);
	struct claim_document *own = clean_claim(pick(kinds[kind].own)), *other[STRANGERS];
	uint32_t claim = take(own), number[STRANGERS];
	for (uint64_t i = 0; i < STRANGERS; i++) {
		other[i] = stranger(pick(kinds[kind].other), i + STRANGERS * dice(20));
		number[i] = take(other[i]);
	}
	*ret_before = judge(own, claim);
	size_t bad = dice(STRANGERS);
	rule_facts_remove(bench.facts, number[bad]);
	kinds[kind].change(own, other[bad]);
	take(other[bad]);
	*ret_after = judge(own, claim);
}

START_TEST(collisions_of_every_kind_are_found)
{
	size_t found = 0, false_alarms = 0;
	for (int i = 0; i < TRIES; i++) {
		size_t before, after;
		attempt(_i, &before, &after);
		false_alarms += before;
		found += after > before;
	}
	printf("recall across claims: %-28s %5.1f %%\n", kinds[_i].name, 100.0 * (double)found / TRIES);
	fflush(stdout);
	ck_assert_uint_eq(false_alarms, 0);
	ck_assert_msg(found * 100 >= TRIES * 99, "%s: %zu of %d", kinds[_i].name, found, TRIES);
}
END_TEST

static void
setup(void)
{
	struct err e = { 0 };
	bench.set = rule_set_new(arena_new(0));
	ck_assert_int_eq(rule_set_load_builtin(bench.set, &e), 0);
	bench.judge = rule_judge_new(bench.set);
	bench.facts = rule_facts_new(10000);
	bench.arena = arena_new(0);
}

int
main(void)
{
	Suite *s = suite_create("rules across claims");
	TCase *c = tcase_create("collisions");
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, collisions_of_every_kind_are_found, 0, sizeof(kinds) / sizeof(kinds[0]));
	suite_add_tcase(s, c);
	return unit_main(s);
}
