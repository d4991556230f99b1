/*
 * Reading an HTTP/1.1 request from bytes, without sockets: head scanner, head parser, chunk decoder
 * (RFC 9112, RFC 9110). Strict: what two implementations could read differently is refused, because a proxy
 * in front of us might be the other one.
 */
#pragma once

#include "server/loop/http.h"

enum http_reason {
	HTTP_OK,
#define HTTP_REASON(id, status, text) HTTP_##id,
#include "server/loop/close_reason.h"
#undef HTTP_REASON
	HTTP_REASONS
};
int http_reason_status(enum http_reason r);       /* 0 = none */
const char *http_reason_text(enum http_reason r); /* for people */
const char *http_reason_name(enum http_reason r); /* "bare_lf" */

/* Finds the end of a head in bytes that arrive piecemeal. Start with {0}. */
struct http_scan {
	size_t at;         /* bytes already judged */
	size_t line_start; /* of the line that `at` is in */
};
/* HTTP_OK with *ret_head > 0 = complete (its length, blank line included), 0 = more bytes are needed; or
 * HTTP_BARE_LF. */
enum http_reason http_scan_head(struct http_scan *scan, struct slice input, size_t *ret_head);

struct http_field {
	struct slice name; /* lower case; of a query parameter as sent, decoded */
	struct slice value;
};

struct http_head {
	enum http_method method;
	int minor; /* HTTP/1.minor: 0 or 1 */
	struct slice target, path;
	struct http_field *field;
	size_t field_count;
	struct http_field *query;
	size_t query_count;
	int64_t length; /* Content-Length, or -1 */
	bool chunked;
	bool close;           /* no further request on this connection */
	bool expect_continue; /* the client waits for 100 before it sends the body */
};
/*
 * Parses a complete head (blank line included). The bytes are changed (names to lower case) and must live as
 * long as *ret; decoded text and tables go to the arena. HTTP_OK or the reason of the refusal.
 */
enum http_reason http_parse_head(
    char *head, size_t len, const struct http_limits *limits, struct arena *a, struct http_head *ret);

/* Decoder of a chunked body. Start with {0}. */
struct http_chunks {
	enum {
		CHUNK_SIZE,
		CHUNK_EXTENSION,
		CHUNK_SIZE_LF,
		CHUNK_DATA,
		CHUNK_DATA_CR,
		CHUNK_DATA_LF,
		CHUNK_END_CR,
		CHUNK_END_LF,
		CHUNK_DONE
	} state;
	uint64_t left;   /* of the chunk */
	unsigned digits; /* of its size */
	unsigned line;   /* bytes of the size line */
};
/*
 * Feeds bytes; body data is appended to out (whose max is the limit). *ret_used = bytes taken; the body is
 * complete when state == CHUNK_DONE. HTTP_OK, HTTP_CHUNK, HTTP_TRAILER or HTTP_BODY_BYTES.
 */
enum http_reason http_chunks_feed(
    struct http_chunks *k, struct slice input, struct buf *out, size_t *ret_used);
