/*
 * Which route a request finds, and what its parameters may hold. Expected values: RFC 9110 (methods), RFC
 * 3339 (times), the ids of the schema (whole numbers below 2^53).
 */
#include "server/app/param.h"
#include "server/app/route.h"
#include "tests/unit/unit.h"

static void
nothing(struct app_request *r)
{
	(void)r;
}

#define R(method_, pattern_, ...)                                                                            \
	{                                                                                                    \
		.method = method_, .pattern = pattern_, .handler = nothing, .p = { __VA_ARGS__ }             \
	}

static const struct route routes[] = {
	R(HTTP_GET, "/v1/visits"),
	R(HTTP_POST, "/v1/visits"),
	R(HTTP_GET, "/v1/visits/{id:i8}", PATH("id")),
	R(HTTP_PATCH, "/v1/visits/{id:i8}", PATH("id")),
	R(HTTP_GET, "/v1/visits/today"),
	R(HTTP_GET, "/v1/visits/{id:i8}/claim.xml", PATH("id")),
	R(HTTP_GET, "/v1/catalogs/{name:code}/{on:date}", PATH("name"), PATH("on")),
	R(HTTP_GET, "/v1/claims/{month:month}", PATH("month")),
	R(HTTP_GET, "/v1/claims/{ma_lk:code}", PATH("ma_lk")),
};
static const struct noun noun = {
	.name = "test", .route = routes, .route_count = sizeof(routes) / sizeof(routes[0])
};
static const struct noun *const nouns[] = { &noun };

static struct arena *arena;
static struct route_map *map;

static void
setup(void)
{
	arena = arena_new(0);
	map = route_map_new(arena, nouns, 1);
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *
found(enum http_method method, const char *path)
{
	struct route_match m;
	enum route_result r = route_find(map, method, slice_of(path), &m);
	return r == ROUTE_FOUND ? m.name : r == ROUTE_NO_METHOD ? "405" : "404";
}

START_TEST(a_request_finds_its_route)
{
	ck_assert_str_eq(found(HTTP_GET, "/v1/visits"), "GET /v1/visits");
	ck_assert_str_eq(found(HTTP_POST, "/v1/visits"), "POST /v1/visits");
	ck_assert_str_eq(found(HTTP_HEAD, "/v1/visits"), "GET /v1/visits");
	ck_assert_str_eq(found(HTTP_PATCH, "/v1/visits/7"), "PATCH /v1/visits/{id}");
	ck_assert_str_eq(found(HTTP_GET, "/v1/visits/7/claim.xml"), "GET /v1/visits/{id}/claim.xml");
	ck_assert_str_eq(found(HTTP_GET, "/v1/visits/today"), "GET /v1/visits/today");
}
END_TEST

START_TEST(a_value_that_does_not_fit_its_type_is_no_path)
{
	static const char *const wrong[] = { "/v1/visits/x", "/v1/visits/0", "/v1/visits/-1",
		"/v1/visits/01x", "/v1/visits/9007199254740992", "/v1/visits/", "/v1/visits//claim.xml",
		"/v1/visits/7/", "/v1", "/", "", "v1/visits", "/v1/visits/7/claim.xml/x",
		"/v1/catalogs/icd10/2026-02-30", "/v1/catalogs/a b/2026-01-01" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(strcmp(found(HTTP_GET, wrong[i]), "404") == 0, "%s", wrong[i]);
	ck_assert_str_eq(found(HTTP_GET, "/v1/visits/9007199254740991"), "GET /v1/visits/{id}");
}
END_TEST

START_TEST(the_first_type_that_fits_wins_and_others_are_tried)
{
	ck_assert_str_eq(found(HTTP_GET, "/v1/claims/2026-11"), "GET /v1/claims/{month}");
	ck_assert_str_eq(found(HTTP_GET, "/v1/claims/2026-13"), "GET /v1/claims/{ma_lk}");
}
END_TEST

START_TEST(values_come_in_the_order_of_the_pattern)
{
	struct route_match m;
	ck_assert_int_eq(route_find(map, HTTP_GET, SLICE("/v1/catalogs/icd10/2026-11-22"), &m), ROUTE_FOUND);
	ck_slice(m.value[0], "icd10");
	ck_slice(m.value[1], "2026-11-22");
	struct slice name;
	enum param_type type;
	ck_assert(route_pattern_param(m.route->pattern, 1, &name, &type));
	ck_slice(name, "on");
	ck_assert_int_eq(type, PARAM_DATE);
	ck_assert(!route_pattern_param(m.route->pattern, 2, &name, &type));
}
END_TEST

START_TEST(a_known_path_says_its_methods)
{
	struct route_match m;
	ck_assert_int_eq(route_find(map, HTTP_DELETE, SLICE("/v1/visits/7"), &m), ROUTE_NO_METHOD);
	ck_assert_uint_eq(m.allowed, 1u << HTTP_GET | 1u << HTTP_HEAD | 1u << HTTP_PATCH);
}
END_TEST

START_TEST(parameters_are_judged)
{
	static const struct {
		struct param p;
		const char *value;
		bool good;
	} row[] = {
		{ { .type = PARAM_INT, .min = 1, .max = 200 }, "200", true },
		{ { .type = PARAM_INT, .min = 1, .max = 200 }, "201", false },
		{ { .type = PARAM_INT, .min = 1, .max = 200 }, "0", false },
		{ { .type = PARAM_INT, .min = 1, .max = 200 }, "99999999999999999999", false },
		{ { .type = PARAM_INT, .min = -5, .max = 5 }, "-5", true },
		{ { .type = PARAM_INT, .min = 1, .max = 200 }, "1 ", false },
		{ { .type = PARAM_DATE }, "2024-02-29", true },
		{ { .type = PARAM_DATE }, "2025-02-29", false },
		{ { .type = PARAM_DATE }, "20250228", false },
		{ { .type = PARAM_TIME }, "2026-11-22T08:00:00+07:00", true },
		{ { .type = PARAM_TIME }, "2026-11-22 08:00", false },
		{ { .type = PARAM_MONTH }, "2026-12", true },
		{ { .type = PARAM_MONTH }, "2026-00", false },
		{ { .type = PARAM_BOOL }, "true", true },
		{ { .type = PARAM_BOOL }, "1", false },
		{ { .type = PARAM_CODE }, "A09.9", true },
		{ { .type = PARAM_CODE }, "A09;drop", false },
		{ { .type = PARAM_CHOICE, .choices = "json csv" }, "csv", true },
		{ { .type = PARAM_CHOICE, .choices = "json csv" }, "cs", false },
		{ { .type = PARAM_CHOICE, .choices = "json csv" }, "json csv", false },
		{ { .type = PARAM_TEXT, .max = 3 }, "ánh", true }, /* characters, not bytes */
		{ { .type = PARAM_TEXT, .max = 3 }, "ánhh", false },
		{ { .type = PARAM_TEXT, .max = 3 }, "", false },
		{ { .type = PARAM_TEXT, .max = 9 }, "a\x01", false },
		{ { .type = PARAM_TEXT, .max = 9 }, "a\xff", false },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct slice got;
		const char *wrong = param_check(&row[i].p, arena, slice_of(row[i].value), &got);
		ck_assert_msg((wrong == NULL) == row[i].good, "row %zu: \"%s\" gave %s", i, row[i].value,
		    wrong ? wrong : "good");
	}
}
END_TEST

START_TEST(text_is_normalised)
{
	struct param p = { .type = PARAM_TEXT, .max = 20 };
	struct slice got;
	/* a + combining acute (NFD) is one letter in NFC: Unicode 15, chapter 3.11 */
	ck_assert_ptr_null(param_check(&p, arena, SLICE("a\xcc\x81nh"), &got));
	ck_slice(got, "\xc3\xa1nh");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("route");
	TCase *t = tcase_create("route");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_request_finds_its_route);
	tcase_add_test(t, a_value_that_does_not_fit_its_type_is_no_path);
	tcase_add_test(t, the_first_type_that_fits_wins_and_others_are_tried);
	tcase_add_test(t, values_come_in_the_order_of_the_pattern);
	tcase_add_test(t, a_known_path_says_its_methods);
	tcase_add_test(t, parameters_are_judged);
	tcase_add_test(t, text_is_normalised);
	suite_add_tcase(s, t);
	return unit_main(s);
}
