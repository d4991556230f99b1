/*
 * Promises of base/json.h: the check, the skipper and the tree agree on what is JSON; what the writer makes
 * from a tree is JSON that reads back as the same tree; any bytes can be written as a string.
 */
#include <assert.h>

#include "base/json.h"
#include "base/utf8.h"
#include "tests/fuzz/fuzz.h"

#define NODES_MAX ((size_t)100000)
#define TEXT_MAX ((size_t)64 << 20)

static void
write_scalar(struct json_writer *w, const struct json_value *v)
{
	switch (v->type) {
	case JSON_STRING:
		json_write_string(w, v->text);
		break;
	case JSON_NUMBER:
		json_write_number(w, v->text);
		break;
	case JSON_NULL:
		json_write_null(w);
		break;
	default:
		assert(v->type == JSON_TRUE || v->type == JSON_FALSE);
		json_write_bool(w, v->type == JSON_TRUE);
	}
}

static void
write_tree(struct json_writer *w, const struct json_value *v)
{
	bool object = v->type == JSON_OBJECT;
	size_t count = 0;

	if (!object && v->type != JSON_ARRAY) {
		write_scalar(w, v);
		return;
	}
	if (object)
		json_write_object(w);
	else
		json_write_array(w);
	for (const struct json_value *m = v->first; m != NULL; m = m->next, count++) {
		if (object)
			json_write_key_slice(w, m->key);
		write_tree(w, m);
	}
	assert(count == v->count);
	if (object)
		json_write_object_end(w);
	else
		json_write_array_end(w);
}

static bool
same_tree(const struct json_value *a, const struct json_value *b)
{
	if (a->type != b->type || a->count != b->count || !slice_eq(a->text, b->text) ||
	    !slice_eq(a->key, b->key))
		return false;
	a = a->first;
	b = b->first;
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!same_tree(a, b))
			return false;
	return a == b;
}

static void
check_skip(struct slice input, int verdict)
{
	struct json_reader r;

	json_init(&r, input);
	if (json_skip(&r) == 0)
		assert((json_next(&r) == JSON_END) == (verdict == 0));
	else
		assert(verdict != 0);
	assert(r.position <= input.len);
}

static void
check_string(struct arena *a, struct slice bytes)
{
	struct json_writer w;
	struct json_reader r;
	struct slice text;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	json_write_init(&w, &b);
	json_write_string(&w, bytes);
	json_init(&r, buf_slice(&b));
	assert(json_next(&r) == JSON_STRING && json_text(&r, a, &text, NULL) == 0);
	assert(utf8_is_valid(text));
	assert(!utf8_is_valid(bytes) || slice_eq(text, bytes));
	assert(json_next(&r) == JSON_END);
	buf_free(&b);
}

static void
check_round_trip(struct arena *a, const struct json_value *tree)
{
	struct json_value *again;
	struct json_writer w;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	json_write_init(&w, &b);
	write_tree(&w, tree);
	assert(buf_ok(&b) && json_check(buf_slice(&b), NULL) == 0);
	assert(json_parse(a, buf_slice(&b), NODES_MAX, &again, NULL) == 0);
	assert(same_tree(tree, again));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from((const char *)data, size);
	struct arena *a = arena_new(0);
	struct json_value *tree = NULL;
	struct err e;
	int verdict = json_check(input, &e);
	int parsed = json_parse(a, input, NODES_MAX, &tree, &e);

	assert(verdict == parsed || (verdict == 0 && parsed == ERR_LIMIT));
	assert((parsed == 0) == (tree != NULL));
	check_skip(input, verdict);
	check_string(a, input);
	if (tree != NULL)
		check_round_trip(a, tree);
	arena_free(a);
	return 0;
}
