/*
 * Catalogues given as rows: what a facility's catalogue says on a day is what a rule sees, and a wrong cell
 * is refused with its place. Expected values are worked out by hand from the texts given.
 */
#include "claims/rules/catalog_rows.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct rule_catalog_rows *rows;
static struct rule_catalog source;
static struct err e;

static void
setup(void)
{
	arena = arena_new(0);
	rows = rule_catalog_rows_new(arena);
	source = rule_catalog_rows_source(rows);
	e = (struct err){ 0 };
}

static void
teardown(void)
{
	arena_free(arena);
}

static unsigned
catalog(const char *name)
{
	int i = rule_catalog_find(slice_of(name));
	ck_assert_int_ge(i, 0);
	return (unsigned)i;
}

/* Attribute of the row with keys a (and b) on a day; -1000 is "no such row". */
static struct rule_value value;
static int
get(const char *name, const char *a, const char *b, int32_t day, const char *attribute)
{
	unsigned number = catalog(name);
	struct slice key[RULE_CATALOG_KEYS_MAX] = { slice_of(a), slice_of(b) };
	int which = attribute ? rule_attribute_find(number, slice_of(attribute)) : RULE_CATALOG_EXISTS;
	value = (struct rule_value){ 0 };
	ck_assert(!attribute || which >= 0);
	return source.get(source.context, number, key, day, which, &value);
}

static int
read_text(const char *name, const char *text)
{
	return rule_catalog_rows_read(rows, name, slice_of(text), &e);
}

START_TEST(absent_and_empty_catalogues_differ)
{
	ck_assert(!source.has(source.context, catalog("drug")));
	ck_assert(!source.has(source.context, catalog("service_disease")));
	ck_assert_int_lt(get("drug", "40.1", NULL, 0, NULL), 0);
	rule_catalog_rows_present(rows, catalog("drug"));
	ck_assert_int_eq(rule_catalog_rows_add_text(rows, SLICE("service_disease"), SLICE(""), &e), 0);
	ck_assert(source.has(source.context, catalog("drug")));
	ck_assert(source.has(source.context, catalog("service_disease")));
	ck_assert_int_eq(get("drug", "40.1", NULL, 0, NULL), 0);
}
END_TEST

START_TEST(the_row_valid_on_the_day_answers)
{
	ck_assert_int_eq(read_text("drug", "key1\tfrom\tto\tprice\tname\tis_controlled\n"
					   "40.1\t20250101\t20251231\t1250.5\tThuốc thử\tf\n"
					   "40.1\t2026-01-01\t\t1300\tThuốc thử\tt\n"
					   "40.2\t\t20251231\t\t\t\n"),
	    0);
	ck_assert_uint_eq(rule_catalog_rows_count(rows, catalog("drug")), 3);
	ck_assert_int_eq(get("drug", "40.1", NULL, 20241231, NULL), 0);
	ck_assert_int_eq(get("drug", "40.1", NULL, 20250101, "price"), 1);
	ck_assert(value.number == 1250500);
	ck_assert_int_eq(get("drug", "40.1", NULL, 20251231, "is_controlled"), 1);
	ck_assert(value.number == 0 && !value.missing);
	ck_assert_int_eq(get("drug", "40.1", NULL, 20260101, "price"), 1);
	ck_assert(value.number == 1300000);
	ck_assert_int_eq(get("drug", "40.1", NULL, 20991231, "name"), 1);
	ck_slice(slice_from(value.at, value.len), "Thuốc thử");
	ck_assert_int_eq(get("drug", "40.2", NULL, 20250704, "price"), 1);
	ck_assert(value.missing);
	ck_assert_int_eq(get("drug", "40.2", NULL, 20260101, NULL), 0);
	ck_assert_int_eq(get("drug", "40.2", NULL, 0, NULL), 1);
	ck_assert_int_eq(get("drug", "", NULL, 0, NULL), 0);
	ck_assert_int_eq(get("drug", "40.3", NULL, 0, NULL), 0);
}
END_TEST

START_TEST(several_keys_and_disease_codes_with_or_without_dot)
{
	ck_assert_int_eq(read_text("drug_against_disease", "key2\tkey1\tlevel\nN18.5\t40.1\tstrong\n"), 0);
	ck_assert_int_eq(read_text("service_part", "key1\tkey2\n02.1\t03.2\n"), 0);
	ck_assert_int_eq(get("drug_against_disease", "40.1", "N185", 20260101, "level"), 1);
	ck_slice(slice_from(value.at, value.len), "strong");
	ck_assert_int_eq(get("drug_against_disease", "40.1", "N18.5", 20260101, NULL), 1);
	ck_assert_int_eq(get("drug_against_disease", "40.1", "N18", 20260101, NULL), 0);
	ck_assert_int_eq(get("service_part", "02.1", "03.2", 0, NULL), 1);
	ck_assert_int_eq(get("service_part", "021", "032", 0, NULL), 0);
	ck_assert_int_eq(get("service_part", "03.2", "02.1", 0, NULL), 0);
}
END_TEST

START_TEST(built_in_catalogues_stay_until_replaced)
{
	ck_assert_int_eq(get("visit_type", "01", NULL, 20260101, NULL), 1);
	ck_assert_int_eq(get("icd10", "J02.9", NULL, 20260101, NULL), 1);
	ck_assert_int_eq(rule_catalog_rows_add_text(rows, SLICE("visit_type"), SLICE("99\t\t\tt\n"), &e), 0);
	ck_assert_int_eq(get("visit_type", "01", NULL, 20260101, NULL), 0);
	ck_assert_int_eq(get("visit_type", "99", NULL, 20260101, "is_inpatient"), 1);
	ck_assert(value.number == 1);
	ck_assert_int_eq(get("icd10", "J02.9", NULL, 20260101, NULL), 1);
}
END_TEST

START_TEST(a_licence_is_a_date)
{
	ck_assert_int_eq(rule_catalog_rows_add_text(rows, SLICE("staff"),
			     SLICE("001\t\t\t2020-05-04\t20301231\tt\tf\tdoctor\n"), &e),
	    0);
	ck_assert_int_eq(get("staff", "001", NULL, 20260101, "licence_from"), 1);
	ck_assert(value.number == 20200504);
	ck_assert_int_eq(get("staff", "001", NULL, 20260101, "licence_to"), 1);
	ck_assert(value.number == 20301231);
}
END_TEST

START_TEST(a_fault_is_refused_with_its_place)
{
	static const struct {
		const char *name, *text, *place;
		int rc;
	} wrong[] = {
		{ "medicine", "key1\n1\n", "catalog", ERR_NOT_FOUND },
		{ "drug", "", "drug:0", ERR_INPUT },
		{ "drug", "from\tto\n", "drug:1:key1", ERR_INPUT },
		{ "supply", "key1\tprice\n", "supply:1:key2", ERR_INPUT },
		{ "drug", "key1\tcost\n", "drug:1", ERR_INPUT },
		{ "drug", "key1\tprice\n1\t2\n1\t2\t3\n", "drug:3", ERR_INPUT },
		{ "drug", "key1\tprice\n1\t2\n1\t1.0005\n", "drug:3:price", ERR_INPUT },
		{ "drug", "key1\tprice\n1\t1,5\n", "drug:2:price", ERR_INPUT },
		{ "drug", "key1\tprice\n1\t99999999999999999999\n", "drug:2:price", ERR_OVERFLOW },
		{ "drug", "key1\tis_controlled\n1\tyes\n", "drug:2:is_controlled", ERR_INPUT },
		{ "drug", "key1\tname\n\tx\n", "drug:2:key1", ERR_INPUT },
		{ "drug", "key1\tfrom\n1\t20260231\n", "drug:2:from", ERR_INPUT },
		{ "drug", "key1\tto\n1\t2026\n", "drug:2:to", ERR_INPUT },
		{ "drug", "key1\tfrom\tto\n1\t20260102\t20260101\n", "drug:2:to", ERR_INPUT },
		{ "staff", "key1\tlicence_from\n1\tsoon\n", "staff:2:licence_from", ERR_INPUT },
		{ "drug", "key1\tname\n1\t\x01\n", "drug:2:name", ERR_INPUT },
		{ "service_disease", "key1\tkey2\n1\t..\n", "service_disease:2:key1", ERR_LIMIT },
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(read_text(wrong[i].name, wrong[i].text), wrong[i].rc);
		ck_assert_str_eq(e.field, wrong[i].place);
		ck_assert_str_ne(e.detail, "");
	}
}
END_TEST

START_TEST(limits_are_stated_and_kept)
{
	char key[RULE_CATALOG_KEY_MAX + 2];
	struct slice keys[1] = { { key, sizeof(key) - 1 } };
	memset(key, 'x', sizeof(key));
	unsigned c = catalog("drug_route");
	rule_catalog_rows_present(rows, c);
	ck_assert_int_eq(rule_catalog_rows_add(rows, c, keys, 0, 0, NULL, &e), ERR_LIMIT);
	ck_assert_int_eq(source.get(source.context, c, keys, 0, RULE_CATALOG_EXISTS, &value), 0);
	keys[0].len = RULE_CATALOG_KEY_MAX;
	for (unsigned i = 0; i < RULE_CATALOG_PERIODS_MAX; i++)
		ck_assert_int_eq(rule_catalog_rows_add(rows, c, keys, 0, 0, NULL, &e), 0);
	ck_assert_int_eq(source.get(source.context, c, keys, 0, RULE_CATALOG_EXISTS, &value), 1);
	ck_assert_int_eq(rule_catalog_rows_add(rows, c, keys, 0, 0, NULL, &e), ERR_LIMIT);
	ck_assert_str_eq(e.field, "drug_route:key1");
}
END_TEST

START_TEST(a_star_finds_any_row_with_the_other_keys)
{
	struct rule_value v;
	struct slice drug[] = { SLICE("40.1"), SLICE("*"), SLICE("*") },
		     registration[] = { SLICE("40.1"), SLICE("VD-1"), SLICE("*") },
		     other[] = { SLICE("40.1"), SLICE("VD-2"), SLICE("*") };
	read_text("drug_item", "key1\tkey2\tkey3\tfrom\tto\tprice\n40.1\tVD-1\tT1\t20260101\t20260630\t5\n"
			       "40.1\tVD-1\tT2\t20260901\t\t6\n");
	unsigned c = catalog("drug_item");
	int price = rule_attribute_find(c, SLICE("price"));
	ck_assert_int_eq(source.get(source.context, c, drug, 20260301, RULE_CATALOG_EXISTS, &v), 1);
	ck_assert_int_eq(source.get(source.context, c, drug, 20260801, RULE_CATALOG_EXISTS, &v), 0);
	ck_assert_int_eq(source.get(source.context, c, registration, 20261001, RULE_CATALOG_EXISTS, &v), 1);
	ck_assert_int_eq(source.get(source.context, c, other, 0, RULE_CATALOG_EXISTS, &v), 0);
	ck_assert_int_eq(source.get(source.context, c, registration, 20261001, price, &v), 1);
	ck_assert(v.missing);
	ck_assert_uint_eq(rule_catalog_rows_count(rows, c), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("catalog rows");
	TCase *c = tcase_create("catalog rows");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, absent_and_empty_catalogues_differ);
	tcase_add_test(c, the_row_valid_on_the_day_answers);
	tcase_add_test(c, several_keys_and_disease_codes_with_or_without_dot);
	tcase_add_test(c, built_in_catalogues_stay_until_replaced);
	tcase_add_test(c, a_licence_is_a_date);
	tcase_add_test(c, a_fault_is_refused_with_its_place);
	tcase_add_test(c, limits_are_stated_and_kept);
	tcase_add_test(c, a_star_finds_any_row_with_the_other_keys);
	suite_add_tcase(s, c);
	return unit_main(s);
}
