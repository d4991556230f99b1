/*
 * A growing byte buffer with a maximum. Once an append would exceed the maximum the
 * buffer is `failed` and every later append does nothing, so a writer checks once at
 * the end. The content is always followed by a zero byte that is not counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf {
	char *at;
	size_t len;
	size_t capacity;
	size_t max;
	bool failed;
};

void buf_init(struct buf *b, size_t max); /* max bytes of content; no allocation yet */
void buf_free(struct buf *b);             /* may be used again after buf_init */
void buf_reset(struct buf *b);            /* empty, not failed, memory kept */

void buf_add(struct buf *b, struct slice s);
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, long long value);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Standard base64 with padding, one line. */
void buf_add_base64(struct buf *b, struct slice bytes);
/*
 * Decodes standard base64 (RFC 4648 §4, padding required, unused bits zero) into b; white space is
 * skipped. 0, ERR_INPUT (b then holds what was decoded before the fault) or ERR_LIMIT (b has failed).
 */
int buf_add_base64_decoded(struct buf *b, struct slice text);
/* Lower-case hexadecimal. */
void buf_add_hex(struct buf *b, struct slice bytes);

static inline bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){ b->at, b->len };
}
/*
 * Appends a whole file (or standard input for "-") up to b->max: 0, ERR_LIMIT or ERR_IO. After an error the
 * content is as before.
 */
struct err;
int buf_read_file(struct buf *b, const char *path, struct err *e);
/*
 * Writes to a temporary file beside path, syncs and renames: never a half-written file; the mode of an
 * existing file is kept. "-" (standard output), pipes and devices are written to directly. 0 or ERR_IO
 * (also when b has failed).
 */
int buf_write_file(const struct buf *b, const char *path, struct err *e);
