#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/slice.h"
#include "base/utf8.h"

static const struct {
	enum err_code code;
	int http;
	const char *name;
} err_table[] = {
	{ ERR_NONE, 200, "none" },
	{ ERR_INPUT, 422, "input" },
	{ ERR_LIMIT, 413, "limit" },
	{ ERR_OVERFLOW, 422, "overflow" },
	{ ERR_NOT_FOUND, 404, "not_found" },
	{ ERR_CONFLICT, 409, "conflict" },
	{ ERR_BUSY, 503, "busy" },
	{ ERR_DENIED, 403, "denied" },
	{ ERR_IO, 500, "io" },
	{ ERR_UNSUPPORTED, 501, "unsupported" },
};

/* Copies text into a zero-terminated field of size bytes, cut at a character border. */
static void
copy_cut(char *out, size_t size, struct slice text)
{
	text = utf8_cut(text, size - 1);
	if (text.len > 0)
		memmove(out, text.at, text.len);
	out[text.len] = '\0';
}

int
err_set(struct err *e, enum err_code code, const char *field, const char *fmt, ...)
{
	/* field and arguments may point into *e, so the text is made aside first. Four bytes of room
	 * beyond the field let copy_cut see whether the last character is whole. */
	char detail[sizeof(e->detail) + 4];
	va_list args;

	if (e == NULL)
		return code;
	va_start(args, fmt);
	if (vsnprintf(detail, sizeof(detail), fmt, args) < 0)
		detail[0] = '\0';
	va_end(args);
	e->code = code;
	e->http = 0;
	copy_cut(e->field, sizeof(e->field), slice_of(field));
	copy_cut(e->detail, sizeof(e->detail), slice_of(detail));
	return code;
}

void
err_prefix_field(struct err *e, const char *prefix)
{
	char joined[2 * sizeof(e->field) + 4];

	if (e == NULL)
		return;
	snprintf(joined, sizeof(joined), "%.*s%s", (int)sizeof(e->field), prefix, e->field);
	copy_cut(e->field, sizeof(e->field), slice_of(joined));
}

static size_t
err_row(enum err_code code)
{
	for (size_t i = 0; i < sizeof(err_table) / sizeof(err_table[0]); i++)
		if (err_table[i].code == code)
			return i;
	fatal("unknown error code %d", (int)code);
}

const char *
err_code_name(enum err_code code)
{
	return err_table[err_row(code)].name;
}

int
err_http_status(const struct err *e)
{
	return e->http != 0 ? e->http : err_table[err_row(e->code)].http;
}

void
fatal(const char *fmt, ...)
{
	char detail[512];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(detail, sizeof(detail), fmt, args) < 0)
		detail[0] = '\0';
	va_end(args);
	log_event(LOG_ERROR, "fatal", "detail=\"%s\"", detail);
	abort();
}
