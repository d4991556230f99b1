/*
 * JSON pull reader (RFC 8259) over one slice. Strings and numbers come back as slices of the input:
 * numbers stay text, strings stay escaped until asked for. Nothing is allocated while reading.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#define JSON_DEPTH_MAX 32

enum json_token {
	JSON_END,    /* the document is complete */
	JSON_OBJECT, /* { */
	JSON_OBJECT_END,
	JSON_ARRAY, /* [ */
	JSON_ARRAY_END,
	JSON_KEY, /* member name; then its value follows */
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_ERROR /* see err; every later call returns it again */
};

struct json_reader {
	struct slice input;
	size_t position;
	int depth;
	unsigned char state;
	unsigned char nesting[JSON_DEPTH_MAX + 1];
	struct slice text; /* of the last key, string (raw, without quotes) or number */
	bool text_escaped; /* the last key or string holds a backslash */
	struct err err;
};

/*
 * Strict: no byte order mark, comments, trailing commas, leading zeros or control characters; strings must
 * be UTF-8 with whole surrogate pairs. Errors are ERR_INPUT with the byte offset, and ERR_LIMIT beyond
 * JSON_DEPTH_MAX. Duplicate keys are not detected here.
 */
void json_init(struct json_reader *r, struct slice input);
enum json_token json_next(struct json_reader *r);
/*
 * After a JSON_KEY, or at the start: reads past the whole value that follows. After JSON_OBJECT or
 * JSON_ARRAY: reads past the rest of it, its end included. After any other token: nothing to skip.
 * 0 or the error's code.
 */
int json_skip(struct json_reader *r);
/*
 * The last key or string decoded to UTF-8; the input's own bytes when it has no escapes. Broken escapes
 * and lone surrogates were already refused by json_next, so this fails only after JSON_ERROR, with that
 * error. The text may hold U+0000 (written \u0000), which PostgreSQL's jsonb refuses.
 */
int json_text(const struct json_reader *r, struct arena *a, struct slice *ret, struct err *e);
/* True when the last key equals name (escapes are decoded). */
bool json_key_is(const struct json_reader *r, const char *name);
/* Whole-document check: one value, depth, UTF-8 strings, no trailing bytes. */
int json_check(struct slice input, struct err *e);

/*
 * A small tree for code that needs random access: built in an arena, at most max_nodes values
 * (ERR_LIMIT). Keys and strings are decoded; numbers stay text.
 */
struct json_value {
	enum json_token type; /* OBJECT, ARRAY, STRING, NUMBER, TRUE, FALSE, NULL */
	struct slice text;    /* of STRING and NUMBER */
	struct slice key;     /* when a member of an object */
	struct json_value *first, *next;
	size_t count; /* members or elements */
};
int json_parse(struct arena *a, struct slice input, size_t max_nodes, struct json_value **ret, struct err *e);
/*
 * The member's value, or NULL; v may be NULL or not an object. Of duplicate keys the last counts, as in
 * PostgreSQL's jsonb.
 */
const struct json_value *json_member(const struct json_value *v, const char *key);
/* The text of a member that is a string or a number, else an empty slice with at == NULL. */
struct slice json_member_text(const struct json_value *v, const char *key);

/* JSON writer over a bounded buffer: commas are placed for you. */
struct json_writer {
	struct buf *out;
	int depth;
	bool comma;
	bool after_key;
};
void json_write_init(struct json_writer *w, struct buf *out);
void json_write_object(struct json_writer *w);
void json_write_object_end(struct json_writer *w);
void json_write_array(struct json_writer *w);
void json_write_array_end(struct json_writer *w);
void json_write_key(struct json_writer *w, const char *key);
void json_write_key_slice(struct json_writer *w, struct slice key);
void json_write_string(struct json_writer *w, struct slice s); /* invalid UTF-8 becomes U+FFFD */
void json_write_text(struct json_writer *w, const char *text); /* NULL writes null */
void json_write_int(struct json_writer *w, long long value);
void json_write_number(struct json_writer *w, struct slice number); /* already valid JSON number text */
void json_write_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);
void json_write_raw(struct json_writer *w, struct slice json); /* one complete value */
/* key + value in one call */
void json_write_member(struct json_writer *w, const char *key, const char *text);
void json_write_member_int(struct json_writer *w, const char *key, long long value);
