#include "server/loop/http_parse.h"

#include "base/utf8.h"

static const struct {
	int status;
	const char *name, *text;
} reasons[HTTP_REASONS] = {
	[HTTP_OK] = { 0, "OK", "" },
#define HTTP_REASON(id, status, text) [HTTP_##id] = { status, #id, text },
#include "server/loop/close_reason.h"
#undef HTTP_REASON
};

int
http_reason_status(enum http_reason r)
{
	return reasons[r].status;
}

const char *
http_reason_text(enum http_reason r)
{
	return reasons[r].text;
}

const char *
http_reason_name(enum http_reason r)
{
	return reasons[r].name;
}

/* Methods we serve; then those we know and refuse with 405. All others are 501 (RFC 9110 §15.6.2). */
static const char *const method_names[HTTP_METHODS] = {
	[HTTP_GET] = "GET",
	[HTTP_HEAD] = "HEAD",
	[HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
};
static const char *const methods_refused[] = { "CONNECT", "TRACE" };

const char *
http_method_name(enum http_method m)
{
	return method_names[m];
}

enum class {
	C_TOKEN = 1, /* tchar, RFC 9110 §5.6.2 */
	C_PATH = 2,  /* pchar and '/', without '%', RFC 3986 §3.3 */
	C_QUERY = 4, /* what browsers leave unescaped in a query, without '%' */
	C_VALUE = 8, /* field-vchar, obs-text, SP, HTAB, RFC 9110 §5.5 */
	C_HOST = 16  /* of reg-name, IPv4, bracketed IPv6 and port */
};

static unsigned char classes[256];

static void
class_add(const char *chars, enum class c)
{
	for (; *chars; chars++)
		classes[(unsigned char)*chars] |= (unsigned char)c;
}

__attribute__((constructor)) static void
classes_init(void)
{
	for (int c = 0; c < 256; c++) {
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (alnum)
			classes[c] |= C_TOKEN | C_PATH | C_QUERY | C_HOST;
		if ((c >= 0x20 && c != 0x7f) || c == '\t')
			classes[c] |= C_VALUE;
	}
	class_add("!#$%&'*+-.^_`|~", C_TOKEN);
	class_add("-._~!$&'()*+,;=:@/", C_PATH);
	class_add("-._~!$&'()*+,;=:@/?[]|^`{}", C_QUERY);
	class_add("-._:[]", C_HOST);
}

static bool
all_of(struct slice s, enum class c)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(classes[(unsigned char)s.at[i]] & c))
			return false;
	return true;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* word is lower case. */
static bool
is_word(struct slice s, const char *word)
{
	size_t i = 0;

	for (; i < s.len && word[i]; i++)
		if (lower(s.at[i]) != word[i])
			return false;
	return i == s.len && !word[i];
}

static struct slice
trim_blank(struct slice s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = slice_skip(s, 1);
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

enum http_reason
http_scan_head(struct http_scan *scan, struct slice input, size_t *ret_head)
{
	*ret_head = 0;
	while (scan->at < input.len) {
		const char *lf = memchr(input.at + scan->at, '\n', input.len - scan->at);

		if (!lf) {
			scan->at = input.len;
			return HTTP_OK;
		}
		size_t end = (size_t)(lf - input.at);

		if (end == scan->line_start || input.at[end - 1] != '\r')
			return HTTP_BARE_LF;
		scan->at = end + 1;
		if (end - scan->line_start == 1) {
			*ret_head = scan->at;
			return HTTP_OK;
		}
		scan->line_start = scan->at;
	}
	return HTTP_OK;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes s; allowed: class of the bytes that may stand unescaped. False: malformed, control or not
 * UTF-8. */
static bool
decode(struct arena *a, struct slice s, enum class allowed, bool plus_is_blank, struct slice *ret)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1;
			int low = i + 2 < s.len ? hex_digit(s.at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (unsigned char)(high << 4 | low);
			i += 2;
			if (c < 0x20 || c == 0x7f)
				return false;
			if (allowed == C_PATH && (c == '/' || c == '\\'))
				return false; /* would change the path's segments after routing */
		} else if (!(classes[c] & allowed)) {
			return false;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		out[len++] = (char)c;
	}
	*ret = slice_from(out, len);
	return utf8_is_valid(*ret);
}

static bool
has_dot_segment(struct slice path)
{
	struct slice rest = slice_skip(path, 1), part;

	while (slice_split(&rest, '/', &part))
		if (slice_eq_text(part, ".") || slice_eq_text(part, ".."))
			return true;
	return false;
}

static enum http_reason
parse_query(struct slice query, const struct http_limits *limits, struct arena *a, struct http_head *ret)
{
	struct slice part;
	size_t count = 1;

	if (query.len == 0)
		return HTTP_OK;
	for (size_t i = 0; i < query.len; i++)
		count += query.at[i] == '&';
	if (count > limits->query_count)
		return HTTP_QUERY_COUNT;
	ret->query = ARENA_ARRAY(a, count, struct http_field);
	while (slice_split(&query, '&', &part)) {
		size_t eq = slice_find(part, '=');
		struct http_field *f = &ret->query[ret->query_count];

		if (part.len == 0)
			continue;
		if (!decode(a, slice_from(part.at, eq), C_QUERY, true, &f->name) ||
		    !decode(a, slice_skip(part, eq + 1), C_QUERY, true, &f->value))
			return HTTP_QUERY;
		ret->query_count++;
	}
	return HTTP_OK;
}

static enum http_reason
parse_target(struct slice target, const struct http_limits *limits, struct arena *a, struct http_head *ret)
{
	size_t mark = slice_find(target, '?');

	if (target.len > limits->target_bytes)
		return HTTP_TARGET_BYTES;
	if (target.len == 0 || target.at[0] != '/')
		return HTTP_TARGET_FORM;
	ret->target = target;
	if (!decode(a, slice_from(target.at, mark), C_PATH, false, &ret->path) || has_dot_segment(ret->path))
		return HTTP_TARGET;
	return parse_query(slice_skip(target, mark + 1), limits, a, ret);
}

static enum http_reason
parse_method(struct slice s, struct http_head *ret)
{
	for (int m = 0; m < HTTP_METHODS; m++) {
		if (slice_eq_text(s, method_names[m])) {
			ret->method = (enum http_method)m;
			return HTTP_OK;
		}
	}
	for (size_t i = 0; i < sizeof(methods_refused) / sizeof(methods_refused[0]); i++)
		if (slice_eq_text(s, methods_refused[i]))
			return HTTP_METHOD_REFUSED;
	return s.len > 0 && all_of(s, C_TOKEN) ? HTTP_METHOD_UNKNOWN : HTTP_REQUEST_LINE;
}

static enum http_reason
parse_request_line(
    struct slice line, const struct http_limits *limits, struct arena *a, struct http_head *ret)
{
	size_t one = slice_find(line, ' ');
	struct slice method = slice_from(line.at, one), rest = slice_skip(line, one + 1);
	size_t two = slice_find(rest, ' ');
	struct slice target = slice_from(rest.at, two), version = slice_skip(rest, two + 1);
	enum http_reason r;

	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < 0x20 || line.at[i] == 0x7f)
			return HTTP_CONTROL_BYTE;
	if (one == line.len || two == rest.len || target.len == 0)
		return HTTP_REQUEST_LINE;
	if (version.len != 8 || !slice_starts(version, SLICE("HTTP/")) || version.at[6] != '.')
		return HTTP_REQUEST_LINE;
	if (version.at[5] != '1' || (version.at[7] != '0' && version.at[7] != '1'))
		return version.at[5] >= '0' && version.at[5] <= '9' && version.at[7] >= '0' &&
			       version.at[7] <= '9'
			   ? HTTP_VERSION
			   : HTTP_REQUEST_LINE;
	ret->minor = version.at[7] - '0';
	if ((r = parse_method(method, ret)) != HTTP_OK)
		return r;
	return parse_target(target, limits, a, ret);
}

static enum http_reason
parse_field(char *at, size_t len, struct http_field *ret)
{
	struct slice line = { at, len };
	size_t colon = slice_find(line, ':');

	if (at[0] == ' ' || at[0] == '\t' || colon == len)
		return HTTP_HEADER_LINE;
	ret->name = slice_from(at, colon);
	ret->value = trim_blank(slice_skip(line, colon + 1));
	if (colon == 0 || !all_of(ret->name, C_TOKEN))
		return HTTP_HEADER_NAME;
	if (!all_of(ret->value, C_VALUE))
		return HTTP_CONTROL_BYTE;
	for (size_t i = 0; i < colon; i++)
		at[i] = lower(at[i]);
	return HTTP_OK;
}

static const struct http_field *
find_once(const struct http_head *h, const char *name, size_t *ret_count)
{
	const struct http_field *found = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < h->field_count; i++) {
		if (!slice_eq_text(h->field[i].name, name))
			continue;
		if ((*ret_count)++ == 0)
			found = &h->field[i];
	}
	return found;
}

static enum http_reason
judge_host(const struct http_head *h)
{
	size_t count;
	const struct http_field *host = find_once(h, "host", &count);

	if (count == 0)
		return h->minor == 0 ? HTTP_OK : HTTP_HOST_MISSING;
	if (count > 1)
		return HTTP_HOST_REPEATED;
	return host->value.len > 0 && host->value.len <= 262 && all_of(host->value, C_HOST) ? HTTP_OK
											    : HTTP_HOST;
}

/* The framing of the body, RFC 9112 §6: whatever a second reader could frame differently is refused. */
static enum http_reason
judge_framing(struct http_head *h)
{
	size_t lengths, codings;
	const struct http_field *length = find_once(h, "content-length", &lengths);
	const struct http_field *coding = find_once(h, "transfer-encoding", &codings);

	if (lengths > 0 && codings > 0)
		return HTTP_LENGTH_AND_CODING;
	if (lengths > 1)
		return HTTP_LENGTH_REPEATED;
	if (lengths == 1) {
		if (!slice_is_digits(length->value) || length->value.len > 18 ||
		    slice_to_int64(length->value, &h->length) < 0)
			return HTTP_LENGTH;
		return HTTP_OK;
	}
	if (codings == 0)
		return HTTP_OK;
	if (codings > 1)
		return HTTP_CODING_REPEATED;
	if (h->minor == 0)
		return HTTP_CODING_VERSION;
	if (!is_word(coding->value, "chunked"))
		return HTTP_CODING;
	h->chunked = true;
	return HTTP_OK;
}

static enum http_reason
judge_connection(struct http_head *h)
{
	h->close = h->minor == 0;
	for (size_t i = 0; i < h->field_count; i++) {
		struct slice rest = h->field[i].value, part;

		if (slice_eq_text(h->field[i].name, "connection")) {
			while (slice_split(&rest, ',', &part))
				h->close = h->close || is_word(trim_blank(part), "close");
		} else if (slice_eq_text(h->field[i].name, "expect") && h->minor == 1) {
			if (h->expect_continue || !is_word(rest, "100-continue"))
				return HTTP_EXPECTATION;
			h->expect_continue = true;
		}
	}
	return HTTP_OK;
}

static enum http_reason
parse_fields(char *at, size_t len, const struct http_limits *limits, struct arena *a, struct http_head *ret)
{
	size_t capacity = 0;
	enum http_reason r;

	while (len > 2) { /* the blank line is left */
		char *lf = memchr(at, '\n', len);
		size_t line = (size_t)(lf - at) - 1;

		if (ret->field_count == limits->header_count)
			return HTTP_HEADER_COUNT;
		if ((r = parse_field(at, line, ARENA_PUSH(a, ret->field, ret->field_count, capacity))) !=
		    HTTP_OK)
			return r;
		at += line + 2;
		len -= line + 2;
	}
	return HTTP_OK;
}

enum http_reason
http_parse_head(
    char *head, size_t len, const struct http_limits *limits, struct arena *a, struct http_head *ret)
{
	char *lf = memchr(head, '\n', len);
	size_t line = (size_t)(lf - head) - 1;
	enum http_reason r;

	*ret = (struct http_head){ .length = -1 };
	if ((r = parse_request_line(slice_from(head, line), limits, a, ret)) != HTTP_OK)
		return r;
	if ((r = parse_fields(head + line + 2, len - line - 2, limits, a, ret)) != HTTP_OK)
		return r;
	if ((r = judge_host(ret)) != HTTP_OK)
		return r;
	if ((r = judge_framing(ret)) != HTTP_OK)
		return r;
	return judge_connection(ret);
}

#define CHUNK_LINE_MAX 256 /* size and extensions */

/* One byte of a size line or of the line ends. */
static enum http_reason
chunk_byte(struct http_chunks *k, char c)
{
	switch (k->state) {
	case CHUNK_SIZE:
		if (hex_digit(c) >= 0) {
			if (++k->digits > 15)
				return HTTP_CHUNK;
			k->left = k->left << 4 | (uint64_t)hex_digit(c);
			return HTTP_OK;
		}
		if (k->digits == 0 || (c != '\r' && c != ';'))
			return HTTP_CHUNK;
		k->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
		return HTTP_OK;
	case CHUNK_EXTENSION: /* ignored, RFC 9112 §7.1.1 */
		if (c == '\r')
			k->state = CHUNK_SIZE_LF;
		else if (!(classes[(unsigned char)c] & C_VALUE) || ++k->line > CHUNK_LINE_MAX)
			return HTTP_CHUNK;
		return HTTP_OK;
	case CHUNK_SIZE_LF:
		k->state = k->left > 0 ? CHUNK_DATA : CHUNK_END_CR;
		k->digits = k->line = 0;
		return c == '\n' ? HTTP_OK : HTTP_CHUNK;
	case CHUNK_DATA_CR:
		k->state = CHUNK_DATA_LF;
		return c == '\r' ? HTTP_OK : HTTP_CHUNK;
	case CHUNK_DATA_LF:
		k->state = CHUNK_SIZE;
		return c == '\n' ? HTTP_OK : HTTP_CHUNK;
	case CHUNK_END_CR:
		k->state = CHUNK_END_LF;
		return c == '\r' ? HTTP_OK : HTTP_TRAILER;
	case CHUNK_END_LF:
		k->state = CHUNK_DONE;
		return c == '\n' ? HTTP_OK : HTTP_CHUNK;
	default:
		return HTTP_CHUNK;
	}
}

enum http_reason
http_chunks_feed(struct http_chunks *k, struct slice input, struct buf *out, size_t *ret_used)
{
	size_t at = 0;

	while (at < input.len && k->state != CHUNK_DONE) {
		enum http_reason r;

		if (k->state != CHUNK_DATA) {
			if ((r = chunk_byte(k, input.at[at++])) != HTTP_OK)
				return r;
			if (k->state == CHUNK_DATA && k->left > out->max - out->len)
				return HTTP_BODY_BYTES;
			continue;
		}
		size_t take = input.len - at < k->left ? input.len - at : (size_t)k->left;

		buf_add(out, slice_from(input.at + at, take));
		at += take;
		k->left -= take;
		if (k->left == 0)
			k->state = CHUNK_DATA_CR;
	}
	*ret_used = at;
	return HTTP_OK;
}
