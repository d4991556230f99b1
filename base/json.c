#include "base/json.h"

#include <assert.h>

#include "base/utf8.h"

/* What may come next. */
enum state {
	STATE_VALUE, /* a value: at the start, after a key or after a comma in an array */
	STATE_FIRST, /* just inside { or [ */
	STATE_AFTER, /* a comma or the closing mark */
	STATE_DONE,  /* nothing but white space */
	STATE_FAILED
};

void
json_init(struct json_reader *r, struct slice input)
{
	*r = (struct json_reader){ .input = input, .state = STATE_VALUE };
}

static enum json_token
fail_as(struct json_reader *r, enum err_code code, const char *what)
{
	err_set(&r->err, code, NULL, "JSON: %s at byte %zu", what, r->position);
	r->state = STATE_FAILED;
	return JSON_ERROR;
}

static enum json_token
fail(struct json_reader *r, const char *what)
{
	return fail_as(r, ERR_INPUT, what);
}

/* The next byte, or -1 at the end. */
static int
peek(const struct json_reader *r)
{
	return r->position < r->input.len ? (unsigned char)r->input.at[r->position] : -1;
}

static bool
take(struct json_reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->position++;
	return true;
}

static void
skip_blanks(struct json_reader *r)
{
	for (;;) {
		int c = peek(r);

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return;
		r->position++;
	}
}

static void
after_value(struct json_reader *r)
{
	r->state = r->depth > 0 ? STATE_AFTER : STATE_DONE;
}

/* Four hexadecimal digits at s, or -1. */
static int
hex4(struct slice s)
{
	int value = 0;

	if (s.len < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		char c = s.at[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* Decodes the \u escape (or surrogate pair of escapes) at s: its length, or 0. */
static size_t
decode_unicode(struct slice s, uint32_t *ret)
{
	int high = hex4(slice_skip(s, 2));

	if (high < 0 || (high >= 0xdc00 && high <= 0xdfff))
		return 0;
	if (high < 0xd800 || high > 0xdbff) {
		*ret = (uint32_t)high;
		return 6;
	}
	s = slice_skip(s, 6);
	if (!slice_starts(s, SLICE("\\u")))
		return 0;
	int low = hex4(slice_skip(s, 2));

	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*ret = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 12;
}

/* Decodes the escape at s, which begins with a backslash: its length, or 0. */
static size_t
decode_escape(struct slice s, uint32_t *ret)
{
	static const char letter[] = "\"\\/bfnrt";
	static const char meaning[] = "\"\\/\b\f\n\r\t";

	if (s.len < 2)
		return 0;
	if (s.at[1] == 'u')
		return decode_unicode(s, ret);
	for (size_t i = 0; i + 1 < sizeof(letter); i++) {
		if (s.at[1] == letter[i]) {
			*ret = (unsigned char)meaning[i];
			return 2;
		}
	}
	return 0;
}

/* Reads the string that starts here into r->text; false after a failure. */
static bool
read_string(struct json_reader *r)
{
	size_t start = ++r->position;
	bool escaped = false;

	for (;;) {
		int c = peek(r);

		while (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
			r->position++;
			c = peek(r);
		}
		struct slice rest = slice_skip(r->input, r->position);
		uint32_t ignored;
		size_t n = 1;

		if (c < 0)
			return fail(r, "string without end"), false;
		if (c == '"')
			break;
		if (c < 0x20)
			return fail(r, "control character in a string"), false;
		if (c == '\\')
			n = decode_escape(rest, &ignored);
		else if (c >= 0x80)
			n = utf8_decode(rest, &ignored);
		if (n == 0)
			return fail(r, c == '\\' ? "bad escape" : "not UTF-8"), false;
		escaped |= c == '\\';
		r->position += n;
	}
	r->text = slice_from(r->input.at + start, r->position - start);
	r->text_escaped = escaped;
	r->position++;
	return true;
}

static bool
take_digits(struct json_reader *r)
{
	size_t start = r->position;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->position++;
	return r->position > start;
}

static enum json_token
read_number(struct json_reader *r)
{
	size_t start = r->position;

	take(r, '-');
	/* A number that starts with 0 has no further digits before its point. */
	if (!take(r, '0') && !take_digits(r))
		return fail(r, "number without digits");
	if (take(r, '.') && !take_digits(r))
		return fail(r, "number without decimals after its point");
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			take(r, '-');
		if (!take_digits(r))
			return fail(r, "number without exponent");
	}
	r->text = slice_from(r->input.at + start, r->position - start);
	r->text_escaped = false;
	after_value(r);
	return JSON_NUMBER;
}

static enum json_token
read_word(struct json_reader *r, struct slice word, enum json_token token)
{
	if (!slice_starts(slice_skip(r->input, r->position), word))
		return fail(r, "value expected");
	r->position += word.len;
	after_value(r);
	return token;
}

static enum json_token
open_nest(struct json_reader *r, enum json_token token)
{
	if (r->depth == JSON_DEPTH_MAX)
		return fail_as(r, ERR_LIMIT, "nested too deeply");
	r->position++;
	r->nesting[++r->depth] = (unsigned char)token;
	r->state = STATE_FIRST;
	return token;
}

static enum json_token
read_value(struct json_reader *r)
{
	int c = peek(r);

	switch (c) {
	case '{':
		return open_nest(r, JSON_OBJECT);
	case '[':
		return open_nest(r, JSON_ARRAY);
	case '"':
		if (!read_string(r))
			return JSON_ERROR;
		after_value(r);
		return JSON_STRING;
	case 't':
		return read_word(r, SLICE("true"), JSON_TRUE);
	case 'f':
		return read_word(r, SLICE("false"), JSON_FALSE);
	case 'n':
		return read_word(r, SLICE("null"), JSON_NULL);
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return read_number(r);
		return fail(r, "value expected");
	}
}

static enum json_token
read_key(struct json_reader *r)
{
	if (peek(r) != '"')
		return fail(r, "member name expected");
	if (!read_string(r))
		return JSON_ERROR;
	skip_blanks(r);
	if (!take(r, ':'))
		return fail(r, "colon expected");
	r->state = STATE_VALUE;
	return JSON_KEY;
}

/* Inside an object or array: the closing mark, or the next key or element. */
static enum json_token
read_inside(struct json_reader *r, bool first)
{
	bool object = r->nesting[r->depth] == JSON_OBJECT;

	if (take(r, object ? '}' : ']')) {
		r->depth--;
		after_value(r);
		return object ? JSON_OBJECT_END : JSON_ARRAY_END;
	}
	if (!first) {
		if (!take(r, ','))
			return fail(r, "comma or closing bracket expected");
		skip_blanks(r);
	}
	return object ? read_key(r) : read_value(r);
}

enum json_token
json_next(struct json_reader *r)
{
	if (r->state == STATE_FAILED)
		return JSON_ERROR;
	skip_blanks(r);
	if (r->state == STATE_DONE)
		return peek(r) < 0 ? JSON_END : fail(r, "text after the value");
	if (r->state == STATE_VALUE)
		return read_value(r);
	return read_inside(r, r->state == STATE_FIRST);
}

int
json_skip(struct json_reader *r)
{
	int outside = r->depth;

	if (r->state == STATE_FIRST)
		outside--;
	else if (r->state == STATE_VALUE)
		json_next(r);
	while (r->state != STATE_FAILED && r->depth > outside)
		json_next(r);
	return r->state == STATE_FAILED ? (int)r->err.code : 0;
}

/* Takes the next character of a string that read_string has accepted off *rest. */
static uint32_t
next_character(struct slice *rest)
{
	uint32_t c = 0;
	size_t n = rest->at[0] == '\\' ? decode_escape(*rest, &c) : utf8_decode(*rest, &c);

	assert(n > 0);
	*rest = slice_skip(*rest, n);
	return c;
}

int
json_text(const struct json_reader *r, struct arena *a, struct slice *ret, struct err *e)
{
	struct slice rest = r->text;
	size_t len = 0;

	if (r->state == STATE_FAILED) {
		if (e != NULL)
			*e = r->err;
		return r->err.code;
	}
	if (!r->text_escaped) {
		*ret = r->text;
		return 0;
	}
	/* An escape is never shorter than what it stands for. */
	char *out = arena_alloc(a, rest.len + 1);

	while (rest.len > 0) {
		char bytes[4];
		size_t n = utf8_encode(next_character(&rest), bytes);

		memcpy(out + len, bytes, n);
		len += n;
	}
	*ret = slice_from(out, len);
	return 0;
}

bool
json_key_is(const struct json_reader *r, const char *name)
{
	struct slice rest = r->text, wanted = slice_of(name);

	if (!r->text_escaped)
		return slice_eq(rest, wanted);
	while (rest.len > 0) {
		char bytes[4];
		size_t n = utf8_encode(next_character(&rest), bytes);

		if (!slice_starts(wanted, slice_from(bytes, n)))
			return false;
		wanted = slice_skip(wanted, n);
	}
	return wanted.len == 0;
}

int
json_check(struct slice input, struct err *e)
{
	struct json_reader r;
	enum json_token token;

	json_init(&r, input);
	do
		token = json_next(&r);
	while (token != JSON_END && token != JSON_ERROR);
	if (token == JSON_END)
		return 0;
	if (e != NULL)
		*e = r.err;
	return r.err.code;
}

/* A tree under construction. */
struct builder {
	struct arena *arena;
	struct json_reader reader;
	size_t nodes, max_nodes;
	struct slice key; /* of the next value */
	struct json_value *open[JSON_DEPTH_MAX + 1];
	struct json_value *last[JSON_DEPTH_MAX + 1]; /* last child of open[] */
};

/* Adds a value of this kind below the innermost open one; depth is that of the open one. */
static int
add_value(struct builder *b, enum json_token token, int depth)
{
	struct json_value *v;

	if (b->nodes >= b->max_nodes)
		return err_set(&b->reader.err, ERR_LIMIT, NULL, "JSON: more than %zu values", b->max_nodes);
	b->nodes++;
	v = ARENA_NEW(b->arena, struct json_value);
	v->type = token;
	v->key = b->key;
	b->key = slice_from(NULL, 0);
	if (b->last[depth] == NULL)
		b->open[depth]->first = v;
	else
		b->last[depth]->next = v;
	b->last[depth] = v;
	b->open[depth]->count++;
	if (token == JSON_OBJECT || token == JSON_ARRAY) {
		b->open[depth + 1] = v;
		b->last[depth + 1] = NULL;
	}
	if (token != JSON_STRING && token != JSON_NUMBER)
		return 0;
	return json_text(&b->reader, b->arena, &v->text, NULL);
}

/* Takes one token into the tree; *ret_done at the end of the document. */
static int
build_step(struct builder *b, bool *ret_done)
{
	int depth = b->reader.depth;
	enum json_token token = json_next(&b->reader);

	*ret_done = token == JSON_END;
	switch (token) {
	case JSON_ERROR:
		return b->reader.err.code;
	case JSON_KEY:
		return json_text(&b->reader, b->arena, &b->key, NULL);
	case JSON_END:
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		return 0;
	default:
		return add_value(b, token, depth);
	}
}

int
json_parse(struct arena *a, struct slice input, size_t max_nodes, struct json_value **ret, struct err *e)
{
	struct json_value root = { .type = JSON_ARRAY };
	struct builder b = { .arena = a, .max_nodes = max_nodes, .open = { &root } };
	bool done = false;

	json_init(&b.reader, input);
	while (!done) {
		int rc = build_step(&b, &done);

		if (rc != 0) {
			if (e != NULL)
				*e = b.reader.err;
			return rc;
		}
	}
	*ret = root.first;
	return 0;
}

const struct json_value *
json_member(const struct json_value *v, const char *key)
{
	const struct json_value *found = NULL;

	if (v == NULL || v->type != JSON_OBJECT)
		return NULL;
	for (const struct json_value *m = v->first; m != NULL; m = m->next)
		if (slice_eq_text(m->key, key))
			found = m;
	return found;
}

struct slice
json_member_text(const struct json_value *v, const char *key)
{
	const struct json_value *m = json_member(v, key);

	if (m == NULL || (m->type != JSON_STRING && m->type != JSON_NUMBER))
		return slice_from(NULL, 0);
	return m->text;
}
