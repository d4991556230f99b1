/*
 * JSON as RFC 8259 has it. The accept and reject tables follow JSONTestSuite (Nicolas Seriot, "Parsing
 * JSON is a minefield"): its y_ cases are accepted, its n_ cases refused; of the i_ cases, lone surrogates,
 * broken UTF-8 and a byte order mark are refused here, large numbers accepted because numbers stay text.
 */
#include "base/json.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Texts may hold zero bytes, so each carries its length. */
struct text {
	const char *at;
	size_t len;
};
#define T(literal)                                                                                           \
	{                                                                                                    \
		literal, sizeof(literal) - 1                                                                 \
	}

static const struct text accepted[] = {
	T("[[]   ]"),
	T("[]"),
	T("[\"\"]"),
	T("[\"a\"]"),
	T("[false]"),
	T("[null, 1, \"1\", {}]"),
	T("[1\n]"),
	T(" [1]"),
	T("[1,null,null,null,2]"),
	T("[2] "),
	T("[123e65]"),
	T("[0e+1]"),
	T("[0e1]"),
	T("[ 4]"),
	T("[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]"),
	T("[20e1]"),
	T("[-0]"),
	T("[-123]"),
	T("[-1]"),
	T("[1E22]"),
	T("[1E-2]"),
	T("[1E+2]"),
	T("[123.456e78]"),
	T("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
	T("{\"a\":\"b\",\"a\":\"c\"}"),
	T("{}"),
	T("{\"\":0}"),
	T("{\"foo\\u0000bar\": 42}"),
	T("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
	T("{\"a\":[]}"),
	T("{\n\"a\": \"b\"\n}"),
	T("[\"\\u0060\\u012a\\u12AB\"]"),
	T("[\"\\uD801\\udc37\"]"),
	T("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	T("[\"\\\\u0000\"]"),
	T("[\"a/*b*/c/*d//e\"]"),
	T("[\"\\uFFFF\"]"),
	T("[\"\\u0000\"]"),
	T("[\"\xef\xbf\xbf\"]"),
	T("[\"\xf4\x8f\xbf\xbf\"]"),
	T("[\"\xcf\x80\"]"),
	T("[\"\x7f\"]"),
	T("[\"\xe2\x80\xa8\"]"),
	T("\" \""),
	T("false"),
	T("42"),
	T("-0.1"),
	T("null"),
	T("\"asd\""),
	T("true"),
	T("\"\""),
	T("[\"a\"]\n"),
	T(" [] \r\n\t"),
	/* i_ cases accepted, because nothing here turns a number into a double */
	T("[0.4e00669999999999999999999999999999999999999999999999999999999999999999999999969999999006]"),
	T("[-1e+9999]"),
	T("[100000000000000000000]"),
};

START_TEST(valid_json_is_accepted)
{
	struct arena *a = arena_new(0);
	struct slice s = slice_from(accepted[_i].at, accepted[_i].len);
	struct json_value *v;
	struct err e = { 0 };

	ck_assert_msg(json_check(s, &e) == 0, "%s: %s", s.at, e.detail);
	ck_assert_int_eq(json_parse(a, s, 100, &v, &e), 0);
	arena_free(a);
}
END_TEST

static const struct text rejected[] = {
	T(""),
	T(" "),
	T("[1 true]"),
	T("[a\xe5]"),
	T("[\"\": 1]"),
	T("[\"\"],"),
	T("[,1]"),
	T("[1,,2]"),
	T("[\"x\",,]"),
	T("[\"x\"]]"),
	T("[\"\",]"),
	T("[\"x\""),
	T("[x"),
	T("[3[4]]"),
	T("[\xff]"),
	T("[1:2]"),
	T("[,]"),
	T("[-]"),
	T("[   , \"\"]"),
	T("[1,\n1\n,1"),
	T("[*]"),
	T("[1,]"),
	T("[\"\v\"]"),
	T("[1"),
	T("[nul]"),
	T("[tru]"),
	T("[fals]"),
	T("[truth]"),
	T("[++1234]"),
	T("[+1]"),
	T("[+Inf]"),
	T("[-01]"),
	T("[-1.0.]"),
	T("[-2.]"),
	T("[-NaN]"),
	T("[.-1]"),
	T("[.2e-3]"),
	T("[0.1.2]"),
	T("[0.3e+]"),
	T("[0.3e]"),
	T("[0.e1]"),
	T("[0E+]"),
	T("[0e]"),
	T("[1.0e+]"),
	T("[1 000.0]"),
	T("[1eE2]"),
	T("[2.e3]"),
	T("[9.e+]"),
	T("[Inf]"),
	T("[NaN]"),
	T("[\xef\xbc\x91]"),
	T("[1+2]"),
	T("[0x1]"),
	T("[0x42]"),
	T("[Infinity]"),
	T("[-foo]"),
	T("[- 1]"),
	T("[-012]"),
	T("[012]"),
	T("[-.123]"),
	T("[1ea]"),
	T("[1.]"),
	T("[.123]"),
	T("[1.2a-3]"),
	T("[1.8011670033376514H-308]"),
	T("[\"x\", truth]"),
	T("{[: \"x\"}"),
	T("{\"x\", null}"),
	T("{\"x\"::\"b\"}"),
	T("{\"a\":\"a\" 123}"),
	T("{key: 'value'}"),
	T("{\"a\" b}"),
	T("{:\"b\"}"),
	T("{\"a\" \"b\"}"),
	T("{\"a\":"),
	T("{\"a\""),
	T("{1:1}"),
	T("{9999E9999:1}"),
	T("{null:null,null:null}"),
	T("{\"id\":0,,,,,}"),
	T("{'a':0}"),
	T("{\"id\":0,}"),
	T("{\"a\":\"b\"}/**/"),
	T("{\"a\":\"b\"}//"),
	T("{\"a\":\"b\",,\"c\":\"d\"}"),
	T("{a: \"b\"}"),
	T("{\"a\":\"a"),
	T("{ \"foo\" : \"bar\", \"a\" }"),
	T("{\"a\":\"b\"}#"),
	T("[\"\\uD800\\u\"]"),
	T("[\"\\uD800\\u1\"]"),
	T("[\"\\uD800\\u1x\"]"),
	T("[\xc3\xa9]"),
	T("[\"\\a\"]"),
	T("[\"\\\0\"]"),
	T("[\"\\\\\\\"]"),
	T("[\"\\\t\"]"),
	T("[\"\\x00\"]"),
	T("[\"\\\"]"),
	T("[\"\\u00A\"]"),
	T("[\"\\uD834\\uDd\"]"),
	T("[\"\\uqqqq\"]"),
	T("[\"\\u-123\"]"),
	T("[\"\\u 123\"]"),
	T("[\"\\\xe5\"]"),
	T("[\\u0020\"asd\"]"),
	T("[\\n]"),
	T("\""),
	T("['single quote']"),
	T("abc"),
	T("[\"\\"),
	T("[\"a\0a\"]"),
	T("[\"new\nline\"]"),
	T("[\"\t\"]"),
	T("[\"\x1f\"]"),
	T("\"\\UA66D\""),
	T("\"\"x"),
	T("[\xe2\x81\xa0]"),
	T("<.>"),
	T("[<null>]"),
	T("[1]x"),
	T("[\"asd]"),
	T("aa\xc3\xa5"),
	T("[True]"),
	T("1]"),
	T("{\"x\": true,"),
	T("[][]"),
	T("]"),
	T("{]"),
	T("[}"),
	T("\xef\xbb\xbf{}"),
	T("[1]\0"),
	T("2@"),
	T("{}}"),
	T("{\"\":"),
	T("{\"a\":/*comment*/\"b\"}"),
	T("{\"a\": true} \"x\""),
	T("[\x0c]"),
	T("[\xc2\xa0]"),
	T("1 2"),
	T("-"),
	T("01"),
	/* i_ cases refused: lone surrogates and broken UTF-8 */
	T("[\"\\uD800\"]"),
	T("[\"\\uDADA\"]"),
	T("[\"\\ud800abc\"]"),
	T("[\"\\uDd1e\\uD834\"]"),
	T("[\"\\uDFAA\"]"),
	T("[\"\\ud800\\n\"]"),
	T("[\"\\uD888\\u1234\"]"),
	T("[\"\\uD800\\uDBFF\"]"),
	T("[\"\\uD800\\uE000\"]"),
	T("[\"\\uD800\\uD800\\uDC00\"]"),
	T("[\"\xe9\"]"),
	T("[\"\x81\"]"),
	T("[\"\xc0\xaf\"]"),
	T("[\"\xed\xa0\x80\"]"),
	T("[\"\xf4\xbf\xbf\xbf\"]"),
	T("[\"\xe6\x97\xa5\xd1\x88\xfa\"]"),
	T("{\"\xff\":1}"),
};

START_TEST(invalid_json_is_refused)
{
	struct arena *a = arena_new(0);
	struct slice s = slice_from(rejected[_i].at, rejected[_i].len);
	struct json_value *v = NULL;
	struct err e = { 0 };

	ck_assert_msg(json_check(s, &e) == ERR_INPUT, "accepted: %s", s.at);
	ck_assert_ptr_nonnull(strstr(e.detail, "at byte "));
	ck_assert_int_eq(json_parse(a, s, 100, &v, &e), ERR_INPUT);
	ck_assert_ptr_null(v);
	arena_free(a);
}
END_TEST

START_TEST(depth_is_limited)
{
	char text[2 * (JSON_DEPTH_MAX + 1)];
	struct err e;

	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		ck_assert_int_eq(
		    json_check(slice_from(text, 2 * depth), &e), depth == JSON_DEPTH_MAX ? 0 : ERR_LIMIT);
	}
}
END_TEST

START_TEST(nodes_are_limited)
{
	struct arena *a = arena_new(0);
	struct json_value *v = NULL;
	struct err e;

	ck_assert_int_eq(json_parse(a, SLICE("[1,{\"a\":2}]"), 3, &v, &e), ERR_LIMIT);
	ck_assert_ptr_null(v);
	ck_assert_int_eq(json_parse(a, SLICE("[1,{\"a\":2}]"), 4, &v, &e), 0);
	ck_assert_uint_eq(v->count, 2);
	arena_free(a);
}
END_TEST

START_TEST(the_reader_gives_one_token_at_a_time)
{
	static const enum json_token want[] = { JSON_OBJECT, JSON_KEY, JSON_ARRAY, JSON_NUMBER, JSON_TRUE,
		JSON_FALSE, JSON_NULL, JSON_STRING, JSON_ARRAY_END, JSON_KEY, JSON_OBJECT, JSON_OBJECT_END,
		JSON_OBJECT_END, JSON_END, JSON_END };
	struct json_reader r;

	json_init(&r, SLICE(" { \"a\" : [ -1.50e+2 , true, false, null, \"x\\ty\" ] , \"b\" : { } } "));
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ck_assert_int_eq(json_next(&r), want[i]);
		if (want[i] == JSON_NUMBER)
			ck_slice(r.text, "-1.50e+2"); /* numbers stay text */
		if (want[i] == JSON_STRING) {
			ck_slice(r.text, "x\\ty"); /* strings stay escaped until asked for */
			ck_assert(r.text_escaped);
		}
	}
}
END_TEST

START_TEST(an_error_stays_an_error)
{
	struct arena *a = arena_new(0);
	struct json_reader r;
	struct slice text;
	struct err e;

	json_init(&r, SLICE("[1,}"));
	ck_assert_int_eq(json_next(&r), JSON_ARRAY);
	ck_assert_int_eq(json_next(&r), JSON_NUMBER);
	ck_assert_int_eq(json_next(&r), JSON_ERROR);
	ck_assert_int_eq(json_next(&r), JSON_ERROR);
	ck_assert_int_eq(json_skip(&r), ERR_INPUT);
	ck_assert_int_eq(json_text(&r, a, &text, &e), ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.detail, "at byte 3"));
	arena_free(a);
}
END_TEST

START_TEST(values_are_skipped_whole)
{
	struct json_reader r;

	json_init(&r, SLICE("{\"a\":[1,[2,{}],3],\"b\":{\"c\":[]},\"d\":7,\"e\":[4,[5],6]}"));
	ck_assert_int_eq(json_next(&r), JSON_OBJECT);
	ck_assert_int_eq(json_next(&r), JSON_KEY); /* a: skipped before its value */
	ck_assert_int_eq(json_skip(&r), 0);
	ck_assert_int_eq(json_next(&r), JSON_KEY); /* b: skipped after its opening */
	ck_assert_int_eq(json_next(&r), JSON_OBJECT);
	ck_assert_int_eq(json_skip(&r), 0);
	ck_assert_int_eq(json_next(&r), JSON_KEY); /* d: a scalar already read has nothing left */
	ck_assert_int_eq(json_next(&r), JSON_NUMBER);
	ck_assert_int_eq(json_skip(&r), 0);
	ck_assert_int_eq(json_next(&r), JSON_KEY);
	ck_assert(json_key_is(&r, "e"));
	ck_assert_int_eq(json_next(&r), JSON_ARRAY);
	/* a loop over elements may skip after each token, whatever it was */
	int elements = 0;

	while (json_next(&r) != JSON_ARRAY_END) {
		ck_assert_int_eq(json_skip(&r), 0);
		elements++;
	}
	ck_assert_int_eq(elements, 3);
	ck_assert_int_eq(json_next(&r), JSON_OBJECT_END);
	json_init(&r, SLICE("[[[]]]"));
	ck_assert_int_eq(json_skip(&r), 0);
	ck_assert_int_eq(json_next(&r), JSON_END);
}
END_TEST

static const struct {
	const char *json, *text;
} strings[] = {
	{ "\"plain\"", "plain" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
	{ "\"Nguy\\u1ec5n\"", "Nguy\xe1\xbb\x85n" },
	{ "\"\\u0110\\u00E0o\"", "\xc4\x90\xc3\xa0o" },
	{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
	{ "\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf" },
	{ "\"\\uffff\"", "\xef\xbf\xbf" },
};

START_TEST(escapes_are_decoded)
{
	struct arena *a = arena_new(0);
	struct json_reader r;
	struct slice text;

	json_init(&r, slice_of(strings[_i].json));
	ck_assert_int_eq(json_next(&r), JSON_STRING);
	ck_assert_int_eq(json_text(&r, a, &text, NULL), 0);
	ck_slice(text, strings[_i].text);
	ck_assert(json_key_is(&r, strings[_i].text));
	ck_assert(!json_key_is(&r, "other"));
	ck_assert(!json_key_is(&r, ""));
	arena_free(a);
}
END_TEST

START_TEST(a_key_matches_whatever_its_escapes)
{
	struct json_reader r;

	json_init(&r, SLICE("{\"m\\u00e3\":1}"));
	json_next(&r);
	ck_assert_int_eq(json_next(&r), JSON_KEY);
	ck_assert(json_key_is(&r, "m\xc3\xa3"));
	ck_assert(!json_key_is(&r, "m"));
	ck_assert(!json_key_is(&r, "m\xc3\xa3i"));
}
END_TEST

START_TEST(a_tree_is_searched_by_member)
{
	struct arena *a = arena_new(0);
	struct json_value *v;

	ck_assert_int_eq(
	    json_parse(a,
		SLICE("{\"name\":\"\\u0110\\u00e0o\",\"amount\":15300.50,\"list\":[1,2,3],\"none\":null,"
		      "\"twice\":1,\"twice\":2}"),
		100, &v, NULL),
	    0);
	ck_assert_uint_eq(v->count, 6);
	ck_slice(json_member_text(v, "name"), "\xc4\x90\xc3\xa0o");
	ck_slice(json_member_text(v, "amount"), "15300.50");
	ck_slice(json_member_text(v, "twice"), "2"); /* as jsonb has it */
	ck_assert_ptr_null(json_member_text(v, "none").at);
	ck_assert_ptr_null(json_member_text(v, "list").at);
	ck_assert_ptr_null(json_member(v, "missing"));
	ck_assert_ptr_null(json_member(NULL, "x"));
	ck_assert_ptr_null(json_member(json_member(v, "list"), "x"));
	ck_assert_uint_eq(json_member(v, "list")->count, 3);
	ck_slice(json_member(v, "list")->first->next->next->text, "3");
	arena_free(a);
}
END_TEST

START_TEST(the_writer_places_commas_and_escapes)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, 1000);
	json_write_init(&w, &b);
	json_write_object(&w);
	json_write_member(&w, "text", "\"\\/\b\f\n\r\t\x01\x7f\xc4\x91");
	json_write_member(&w, "nothing", NULL);
	json_write_member_int(&w, "int", -7);
	json_write_key(&w, "list");
	json_write_array(&w);
	json_write_number(&w, SLICE("15300.50"));
	json_write_bool(&w, true);
	json_write_bool(&w, false);
	json_write_null(&w);
	json_write_raw(&w, SLICE("{\"x\":1}"));
	json_write_array(&w);
	json_write_array_end(&w);
	json_write_object(&w);
	json_write_object_end(&w);
	json_write_int(&w, 9);
	json_write_array_end(&w);
	json_write_key(&w, "k\"");
	json_write_string(&w, slice_from("a\0\xff", 3));
	json_write_object_end(&w);
	ck_slice(buf_slice(&b),
	    "{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\xc4\x91\",\"nothing\":null,\"int\":-7,"
	    "\"list\":[15300.50,true,false,null,{\"x\":1},[],{},9],\"k\\\"\":\"a\\u0000\xef\xbf\xbd\"}");
	ck_assert_int_eq(json_check(buf_slice(&b), NULL), 0);
	buf_free(&b);
}
END_TEST

START_TEST(the_writer_keeps_to_the_buffers_limit)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, 10);
	json_write_init(&w, &b);
	json_write_array(&w);
	for (int i = 0; i < 100; i++)
		json_write_text(&w, "\x01");
	json_write_array_end(&w);
	ck_assert(!buf_ok(&b));
	ck_assert_uint_le(b.len, 10);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_loop_test(tc, valid_json_is_accepted, 0, COUNT(accepted));
	tcase_add_loop_test(tc, invalid_json_is_refused, 0, COUNT(rejected));
	tcase_add_test(tc, depth_is_limited);
	tcase_add_test(tc, nodes_are_limited);
	tcase_add_test(tc, the_reader_gives_one_token_at_a_time);
	tcase_add_test(tc, an_error_stays_an_error);
	tcase_add_test(tc, values_are_skipped_whole);
	tcase_add_loop_test(tc, escapes_are_decoded, 0, COUNT(strings));
	tcase_add_test(tc, a_key_matches_whatever_its_escapes);
	tcase_add_test(tc, a_tree_is_searched_by_member);
	tcase_add_test(tc, the_writer_places_commas_and_escapes);
	tcase_add_test(tc, the_writer_keeps_to_the_buffers_limit);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
