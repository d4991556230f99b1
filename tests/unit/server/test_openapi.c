/* The description made from the route tables: OpenAPI 3.1.0, chapters 4.8.8 to 4.8.16. */
#include "base/json.h"
#include "server/app/openapi.h"
#include "tests/unit/unit.h"

static void
nothing(struct app_request *r)
{
	(void)r;
}

static const struct route routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/things",
	    .handler = nothing,
	    .permission = "thing.read",
	    .p = { QUERY("q", PARAM_TEXT, .max = 40), QUERY("kind", PARAM_CHOICE, .choices = "a b"), PAGE } },
	{ .method = HTTP_POST,
	    .pattern = "/v1/things",
	    .handler = nothing,
	    .permission = "thing.write",
	    .p = { BODY },
	    .example = "{\"other_id\":\"@thing\",\"lines\":[{\"n\":1.5,\"on\":true}],\"note\":null}" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/things/{id:i8}",
	    .handler = nothing,
	    .permission = "thing.write",
	    .p = { PATH("id", .example = "@thing"), IF_MATCH, BODY },
	    .example = "{}" },
	{ .method = HTTP_DELETE,
	    .pattern = "/v1/things/{id:i8}",
	    .handler = nothing,
	    .permission = SIGNED_IN,
	    .status = 204,
	    .p = { PATH("id") } },
	{ .method = HTTP_GET, .pattern = "/open", .handler = nothing, .response = RESPONSE_CSV },
};
static const struct noun noun = { .name = "thing",
	.title_vi = "Vật",
	.title_en = "Things",
	.route = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]) };
static const struct noun *const nouns[] = { &noun };

static struct arena *arena;
static struct buf out;
static struct json_value *document;

static void
setup(void)
{
	arena = arena_new(0);
	buf_init(&out, 1 << 20);
	openapi_write(nouns, 1, &out);
	ck_assert(buf_ok(&out));
	ck_assert_int_eq(json_parse(arena, buf_slice(&out), 100000, &document, NULL), 0);
}

static void
teardown(void)
{
	buf_free(&out);
	arena_free(arena);
}

static const struct json_value *
operation(const char *path, const char *method)
{
	const struct json_value *o = json_member(json_member(json_member(document, "paths"), path), method);
	ck_assert_msg(o != NULL, "%s %s", method, path);
	return o;
}

static const struct json_value *
named(const struct json_value *list, const char *name)
{
	for (const struct json_value *v = list->first; v; v = v->next)
		if (slice_eq_text(json_member_text(v, "name"), name))
			return v;
	return NULL;
}

static bool
refers(const struct json_value *list, const char *to)
{
	for (const struct json_value *v = list->first; v; v = v->next)
		if (slice_eq_text(json_member_text(v, "$ref"), to))
			return true;
	return false;
}

START_TEST(paths_are_without_types_and_stand_once)
{
	const struct json_value *paths = json_member(document, "paths");
	ck_assert_uint_eq(paths->count, 3);
	ck_assert_uint_eq(json_member(paths, "/v1/things/{id}")->count, 2);
	ck_slice(json_member_text(document, "openapi"), "3.1.0");
}
END_TEST

START_TEST(parameters_have_place_type_and_limits)
{
	const struct json_value *p = json_member(operation("/v1/things", "get"), "parameters");
	ck_slice(json_member_text(json_member(named(p, "q"), "schema"), "maxLength"), "40");
	ck_slice(json_member_text(json_member(named(p, "limit"), "schema"), "maximum"), "200");
	ck_slice(json_member_text(json_member(named(p, "limit"), "schema"), "default"), "50");
	ck_assert_uint_eq(json_member(json_member(named(p, "kind"), "schema"), "enum")->count, 2);
	ck_slice(json_member_text(named(p, "kind"), "in"), "query");
	p = json_member(operation("/v1/things/{id}", "patch"), "parameters");
	ck_slice(json_member_text(json_member(named(p, "id"), "schema"), "format"), "int64");
	ck_assert_int_eq(json_member(named(p, "id"), "required")->type, JSON_TRUE);
	ck_assert(refers(p, "#/components/parameters/IfMatch"));
	ck_assert(!refers(p, "#/components/parameters/IdempotencyKey"));
	ck_assert(refers(json_member(operation("/v1/things", "post"), "parameters"),
	    "#/components/parameters/IdempotencyKey"));
}
END_TEST

START_TEST(bodies_have_example_and_schema)
{
	const struct json_value *body =
	    json_member(json_member(json_member(operation("/v1/things", "post"), "requestBody"), "content"),
		"application/json");
	const struct json_value *example = json_member(body, "example");
	/* a symbol of the tests is an id for clients */
	ck_assert_int_eq(json_member(example, "other_id")->type, JSON_NUMBER);
	const struct json_value *properties = json_member(json_member(body, "schema"), "properties");
	ck_slice(json_member_text(json_member(properties, "other_id"), "type"), "integer");
	const struct json_value *items = json_member(json_member(properties, "lines"), "items");
	ck_slice(json_member_text(json_member(json_member(items, "properties"), "n"), "type"), "number");
}
END_TEST

START_TEST(answers_and_security_are_said)
{
	ck_assert_ptr_nonnull(json_member(json_member(operation("/v1/things", "post"), "responses"), "201"));
	ck_assert_ptr_nonnull(
	    json_member(json_member(operation("/v1/things/{id}", "delete"), "responses"), "204"));
	ck_assert_ptr_nonnull(
	    json_member(json_member(operation("/v1/things", "get"), "responses"), "default"));
	ck_assert_uint_eq(json_member(operation("/open", "get"), "security")->count, 0);
	ck_assert_ptr_null(json_member(operation("/v1/things", "get"), "security"));
	ck_slice(json_member_text(operation("/v1/things", "get"), "x-permission"), "thing.read");
}
END_TEST

START_TEST(the_dump_keeps_symbols_for_the_tests)
{
	struct buf b;
	struct json_value *v;
	buf_init(&b, 1 << 20);
	openapi_dump_routes(nouns, 1, &b);
	ck_assert_int_eq(json_parse(arena, buf_slice(&b), 10000, &v, NULL), 0);
	ck_assert_uint_eq(v->count, 5);
	const struct json_value *post = v->first->next;
	ck_slice(json_member_text(json_member(post, "body"), "other_id"), "@thing");
	ck_assert_int_eq(json_member(post->next, "if_match")->type, JSON_TRUE);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("openapi");
	TCase *t = tcase_create("openapi");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, paths_are_without_types_and_stand_once);
	tcase_add_test(t, parameters_have_place_type_and_limits);
	tcase_add_test(t, bodies_have_example_and_schema);
	tcase_add_test(t, answers_and_security_are_said);
	tcase_add_test(t, the_dump_keeps_symbols_for_the_tests);
	suite_add_tcase(s, t);
	return unit_main(s);
}
