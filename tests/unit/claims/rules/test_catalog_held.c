/* Held catalogues: nobody is judged by lists of another facility, another state or other days. */
#include "claims/rules/catalog_held.h"
#include "tests/unit/unit.h"

static struct rule_catalog_held *held;

static void
setup(void)
{
	held = rule_catalog_held_new();
}

static void
teardown(void)
{
	rule_catalog_held_free(held);
}

static const struct rule_catalog_want august = { 1, 11, 5, 20260801, 20260831 };

static void
fill(struct rule_catalog_want want, const char *route)
{
	struct err e = { 0 };
	struct rule_catalog_rows *rows = rule_catalog_held_start(held, &want);
	char line[64];
	snprintf(line, sizeof(line), "%s\t\t\n", route);
	ck_assert_int_eq(rule_catalog_rows_add_text(rows, SLICE("drug_route"), slice_of(line), &e), 0);
	ck_assert_ptr_nonnull(rule_catalog_held_keep(held));
}

/* -1 not held, else whether the route is in the list. */
static int
ask(struct rule_catalog_want want, const char *route)
{
	const struct rule_catalog *c = rule_catalog_held_find(held, &want);
	struct slice key[RULE_CATALOG_KEYS_MAX] = { slice_of(route) };
	struct rule_value v;
	if (!c)
		return -1;
	return c->get(
	    c->context, (unsigned)rule_catalog_find(SLICE("drug_route")), key, 0, RULE_CATALOG_EXISTS, &v);
}

START_TEST(only_the_same_lists_answer)
{
	struct rule_catalog_want want = august;
	ck_assert_int_eq(ask(august, "1.01"), -1);
	fill(august, "1.01");
	ck_assert_int_eq(ask(august, "1.01"), 1);
	ck_assert_int_eq(ask(august, "2.10"), 0);
	want.first_day = 20260810;
	ck_assert_int_eq(ask(want, "1.01"), 1);
	want.first_day = 20260731;
	ck_assert_int_eq(ask(want, "1.01"), -1);
	want = august, want.last_day = 20260901;
	ck_assert_int_eq(ask(want, "1.01"), -1);
	want = august, want.epoch = 6;
	ck_assert_int_eq(ask(want, "1.01"), -1);
	want = august, want.facility = 12;
	ck_assert_int_eq(ask(want, "1.01"), -1);
	want = august, want.tenant = 2;
	ck_assert_int_eq(ask(want, "1.01"), -1);
}
END_TEST

START_TEST(a_new_state_replaces_the_old_one)
{
	struct rule_catalog_want next = august, other = august;
	next.epoch = 6;
	other.facility = 12;
	fill(august, "1.01");
	fill(other, "1.01");
	fill(next, "2.10");
	ck_assert_int_eq(ask(august, "1.01"), -1);
	ck_assert_int_eq(ask(next, "1.01"), 0);
	ck_assert_int_eq(ask(next, "2.10"), 1);
	ck_assert_int_eq(ask(other, "1.01"), 1);
}
END_TEST

START_TEST(what_was_not_finished_is_never_used)
{
	rule_catalog_held_start(held, &august);
	ck_assert_int_eq(ask(august, "1.01"), -1);
	fill(august, "2.10");
	ck_assert_int_eq(ask(august, "2.10"), 1);
}
END_TEST

START_TEST(the_least_used_go_first)
{
	struct rule_catalog_want want = august;
	for (unsigned i = 0; i < RULE_CATALOG_HELD_MAX; i++) {
		want.facility = 100 + i;
		fill(want, "1.01");
	}
	want.facility = 100;
	ck_assert_int_eq(ask(want, "1.01"), 1); /* used again: 101 is now the oldest */
	want.facility = 999;
	fill(want, "1.01");
	want.facility = 100;
	ck_assert_int_eq(ask(want, "1.01"), 1);
	want.facility = 101;
	ck_assert_int_eq(ask(want, "1.01"), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("catalog held");
	TCase *c = tcase_create("catalog held");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, only_the_same_lists_answer);
	tcase_add_test(c, a_new_state_replaces_the_old_one);
	tcase_add_test(c, what_was_not_finished_is_never_used);
	tcase_add_test(c, the_least_used_go_first);
	suite_add_tcase(s, c);
	return unit_main(s);
}
