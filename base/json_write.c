#include <assert.h>

#include "base/json.h"
#include "base/utf8.h"

void
json_write_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

/* Before a value: the comma that separates it from its elder sister. */
static void
begin_value(struct json_writer *w)
{
	if (w->comma && !w->after_key)
		buf_add_char(w->out, ',');
	w->after_key = false;
	w->comma = true;
}

static void
open_nest(struct json_writer *w, char c)
{
	begin_value(w);
	buf_add_char(w->out, c);
	w->depth++;
	w->comma = false;
}

static void
close_nest(struct json_writer *w, char c)
{
	assert(w->depth > 0 && !w->after_key);
	buf_add_char(w->out, c);
	w->depth--;
	w->comma = true;
}

void
json_write_object(struct json_writer *w)
{
	open_nest(w, '{');
}

void
json_write_object_end(struct json_writer *w)
{
	close_nest(w, '}');
}

void
json_write_array(struct json_writer *w)
{
	open_nest(w, '[');
}

void
json_write_array_end(struct json_writer *w)
{
	close_nest(w, ']');
}

static void
add_escaped(struct buf *out, char c)
{
	static const char special[] = "\"\\\b\f\n\r\t";
	static const char letter[] = "\"\\bfnrt";
	const char *hit = c == '\0' ? NULL : strchr(special, c);

	if (hit != NULL)
		buf_addf(out, "\\%c", letter[hit - special]);
	else
		buf_addf(out, "\\u%04x", (unsigned)(unsigned char)c);
}

/* Length of the run at the start of s that needs no change; *ret_broken when a broken byte follows. */
static size_t
plain_run(struct slice s, bool *ret_broken)
{
	size_t i = 0;

	*ret_broken = false;
	while (i < s.len) {
		unsigned char c = (unsigned char)s.at[i];
		uint32_t ignored;
		size_t n = 1;

		if (c < 0x20 || c == '"' || c == '\\')
			break;
		if (c >= 0x80)
			n = utf8_decode(slice_skip(s, i), &ignored);
		if (n == 0) {
			*ret_broken = true;
			break;
		}
		i += n;
	}
	return i;
}

static void
add_string(struct buf *out, struct slice s)
{
	buf_add_char(out, '"');
	while (s.len > 0) {
		bool broken;
		size_t n = plain_run(s, &broken);

		buf_add(out, slice_from(s.at, n));
		s = slice_skip(s, n);
		if (s.len == 0)
			break;
		if (broken)
			buf_add_text(out, "\xef\xbf\xbd");
		else
			add_escaped(out, s.at[0]);
		s = slice_skip(s, 1);
	}
	buf_add_char(out, '"');
}

void
json_write_key(struct json_writer *w, const char *key)
{
	json_write_key_slice(w, slice_of(key));
}

void
json_write_key_slice(struct json_writer *w, struct slice key)
{
	assert(w->depth > 0 && !w->after_key);
	if (w->comma)
		buf_add_char(w->out, ',');
	add_string(w->out, key);
	buf_add_char(w->out, ':');
	w->comma = true;
	w->after_key = true;
}

void
json_write_string(struct json_writer *w, struct slice s)
{
	begin_value(w);
	add_string(w->out, s);
}

void
json_write_text(struct json_writer *w, const char *text)
{
	if (text == NULL)
		json_write_null(w);
	else
		json_write_string(w, slice_of(text));
}

void
json_write_int(struct json_writer *w, long long value)
{
	begin_value(w);
	buf_add_int(w->out, value);
}

void
json_write_number(struct json_writer *w, struct slice number)
{
	json_write_raw(w, number);
}

void
json_write_bool(struct json_writer *w, bool value)
{
	json_write_raw(w, value ? SLICE("true") : SLICE("false"));
}

void
json_write_null(struct json_writer *w)
{
	json_write_raw(w, SLICE("null"));
}

void
json_write_raw(struct json_writer *w, struct slice json)
{
	begin_value(w);
	buf_add(w->out, json);
}

void
json_write_member(struct json_writer *w, const char *key, const char *text)
{
	json_write_key(w, key);
	json_write_text(w, text);
}

void
json_write_member_int(struct json_writer *w, const char *key, long long value)
{
	json_write_key(w, key);
	json_write_int(w, value);
}
