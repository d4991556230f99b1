#include "server/app/locate.h"

#include "base/buf.h"
#include "base/json.h"

#define NODES_MAX 5000
#define POINTER_MAX 512

struct search {
	struct slice value;
	char at[POINTER_MAX]; /* pointer of the value looked at */
	size_t len;
	char found[POINTER_MAX];
	unsigned matches;
};

struct slice
locate_quoted(struct slice message)
{
	size_t open = slice_find(message, '"');
	if (message.len < 2 || open + 1 >= message.len || message.at[message.len - 1] != '"')
		return (struct slice){ NULL, 0 };
	return slice_from(message.at + open + 1, message.len - open - 2);
}

static void
append(struct search *s, char c)
{
	if (s->len + 1 < sizeof(s->at))
		s->at[s->len++] = c;
}

/* "~" and "/" inside a name are written ~0 and ~1 (RFC 6901, 3). */
static void
append_name(struct search *s, struct slice name)
{
	append(s, '/');
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == '~' || name.at[i] == '/') {
			append(s, '~');
			append(s, name.at[i] == '~' ? '0' : '1');
		} else
			append(s, name.at[i]);
	}
}

static void
append_index(struct search *s, size_t index)
{
	char digit[24];
	int n = 0;
	do
		digit[n++] = (char)('0' + index % 10);
	while ((index /= 10) > 0);
	append(s, '/');
	while (n > 0)
		append(s, digit[--n]);
}

/* The depth is bounded by JSON_DEPTH_MAX. */
static void
search_value(struct search *s, const struct json_value *v)
{
	size_t len = s->len, index = 0;
	if ((v->type == JSON_STRING || v->type == JSON_NUMBER) && slice_eq(v->text, s->value)) {
		s->matches++;
		memcpy(s->found, s->at, s->len);
		s->found[s->len] = '\0';
	}
	for (const struct json_value *m = v->first; m; m = m->next) {
		if (v->type == JSON_OBJECT)
			append_name(s, m->key);
		else
			append_index(s, index++);
		search_value(s, m);
		s->len = len;
	}
}

const char *
locate_value(struct arena *a, struct slice json, struct slice value)
{
	struct search s = { .value = value };
	struct json_value *v;
	if (!json.at || !value.at || json_parse(a, json, NODES_MAX, &v, NULL))
		return NULL;
	search_value(&s, v);
	return s.matches == 1 ? arena_text(a, slice_of(s.found)) : NULL;
}
