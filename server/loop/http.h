/*
 * HTTP/1.1 server. The server checks a request completely (framing, limits, UTF-8 of the target) before a
 * handler sees it, answers pipelined requests in order, and gives each request an arena and an id.
 *
 * Life of a request: admit() when the head is complete → the body is read → handle() → exactly one reply,
 * at once or later from any callback. Between handle() and the reply the request and its arena are valid even
 * when the client has gone; the reply is then dropped silently. After the call that completes the reply the
 * request may be read until the current callback returns, not longer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct loop;
struct config;
struct http_server;
struct http_request;

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHODS
};
/* "GET"; never NULL. */
const char *http_method_name(enum http_method m);

/* All limits; http_limits_read fills them from the configuration table (section [http]). */
struct http_limits {
	size_t header_bytes;       /* request line and header fields together; above: 431 */
	size_t header_count;       /* above: 431 */
	size_t target_bytes;       /* request target; above: 414 */
	size_t query_count;        /* query parameters; above: 400 */
	size_t body_bytes;         /* default for routes that state none; above: 413 */
	size_t arena_bytes;        /* per request */
	size_t response_bytes;     /* one reply; a longer one ends the connection */
	size_t stream_queue_bytes; /* bytes waiting in a streaming reply before the producer is held */
	int64_t requests_per_connection;
	int64_t connections;        /* at the cap the listeners rest; queued connections wait in the kernel */
	int64_t tls_handshake_ms;   /* from accept */
	int64_t header_deadline_ms; /* from accept, or from the first byte of a later request */
	int64_t body_deadline_ms;   /* from accept or first byte, to the last byte of the body */
	int64_t idle_ms;            /* keep-alive without a request */
	bool log_requests;          /* one log line each */
	int64_t write_stall_ms;     /* the client takes no byte of a reply for so long */
};
void http_limits_default(struct http_limits *ret);
void http_limits_read(struct http_limits *ret, const struct config *c);

/* PEM files; session tickets off, TLS 1.2 or later, no renegotiation. */
struct http_tls {
	const char *certificate_file; /* chain, leaf first */
	const char *key_file;
};

struct http_hooks {
	/*
	 * Head complete, body not yet read (method, path, query, headers are there). Sets *body_bytes (preset
	 * to the default limit) for the route and may reply at once (404, 405, 401): the body is then never
	 * read. May be NULL.
	 */
	void (*admit)(struct http_request *q, size_t *body_bytes, void *arg);
	void (*handle)(struct http_request *q, void *arg);
	/* Body of an error the server answers itself (400, 408, 413 …) into out; sets the content type. May
	 * be NULL. */
	void (*problem)(int status, const char *reason, struct buf *out, const char **ret_type, void *arg);
};

/* A server without listeners. tls may be NULL; then no listener may be secure. ERR_IO: certificate or key
 * unusable. */
int http_server_new(struct loop *l, const struct http_limits *limits, const struct http_tls *tls,
    const struct http_hooks *hooks, void *arg, struct http_server **ret, struct err *e);
/* Accepts from a listening, non-blocking socket (TCP or Unix); the server does not own or close fd. */
int http_server_listen(struct http_server *s, int fd, bool secure, struct err *e);
/* Reads certificate and key again; new connections use them. On error the old ones stay. */
int http_server_reload_tls(struct http_server *s, struct err *e);
/*
 * Graceful stop: accepts nothing more, closes idle connections, finishes requests whose first byte came
 * (their replies carry Connection: close), then calls done(arg) once; after deadline_ms the rest is cut
 * first.
 */
void http_server_drain(struct http_server *s, int64_t deadline_ms, void (*done)(void *arg), void *arg);
/* Cuts every connection. Requests that handlers still hold stay valid until they reply. Not from within a
 * handler. */
void http_server_free(struct http_server *s);
int64_t http_server_connections(const struct http_server *s);

/* What the client sent. Slices live as long as the request. */
enum http_method http_method(const struct http_request *q);
struct slice http_path(
    const struct http_request *q); /* decoded; begins with '/'; UTF-8; no "." or ".." segment */
struct slice http_target(const struct http_request *q); /* as sent */
/* Decoded value of the first (or the index-th) query parameter of that name; at == NULL when absent. */
struct slice http_query(const struct http_request *q, const char *name);
size_t http_query_count(const struct http_request *q);
void http_query_at(
    const struct http_request *q, size_t index, struct slice *ret_name, struct slice *ret_value);
/* Value of a header field without outer blanks; name in lower case; of repeated fields the first; at == NULL
 * when absent. */
struct slice http_header(const struct http_request *q, const char *name);
size_t http_header_count(const struct http_request *q, const char *name); /* how often it was sent */
struct slice http_body(const struct http_request *q);
struct slice http_peer(const struct http_request *q); /* "192.0.2.1", "2001:db8::1" or "unix" */
bool http_is_secure(const struct http_request *q);
/* The client's X-Request-Id when it is 8..64 of [A-Za-z0-9._-], else 32 hex digits made here. Always in the
 * reply. */
struct slice http_request_id(const struct http_request *q);
struct arena *http_arena(struct http_request *q);
int64_t http_started_us(const struct http_request *q); /* monotonic, first byte */
void http_set_context(struct http_request *q, void *context);
void *http_context(const struct http_request *q);
/* Names the route in metrics and log ("GET /v1/visits/{id}"); a string literal or process-lived. */
void http_set_route(struct http_request *q, const char *route);
bool http_is_gone(const struct http_request *q);
/*
 * fn(q, arg) once if the connection fails before the reply is complete: a hint to stop working; a reply is
 * still owed. A client that closes in the usual way is not noticed: it could have finished sending only
 * (half-close).
 */
void http_on_gone(struct http_request *q, void (*fn)(struct http_request *q, void *arg), void *arg);

/*
 * Adds a reply header before the reply starts. name and value are copied; control characters in value are a
 * bug of the caller (fatal). Content-Length, Connection, Date, Transfer-Encoding and X-Request-Id are the
 * server's.
 */
void http_reply_header(struct http_request *q, const char *name, struct slice value);
/* Complete replies. type may be NULL without body. For HEAD the length is sent and the bytes are not. */
void http_reply(struct http_request *q, int status, const char *type,
    struct buf
	*body); /* takes the bytes; *body is empty after; may be NULL; a failed one ends the connection */
void http_reply_slice(struct http_request *q, int status, const char *type, struct slice body); /* copies */
/* Borrows: release(arg) is called exactly once when the bytes are no longer needed (also when the client has
 * gone). */
void http_reply_borrowed(struct http_request *q, int status, const char *type, struct slice body,
    void (*release)(void *arg), void *arg);
/*
 * Streaming reply (chunked, or until close for HTTP/1.0). more(q, arg) is called from the loop whenever fewer
 * than stream_queue_bytes wait; it writes some, or nothing when its source is not ready and then writes later
 * from elsewhere (more is called again after that drains). http_stream_end completes the reply; complete ==
 * false cuts the connection so that the client sees a broken reply and not a short one. After the client has
 * gone more is called once more, so that the producer ends.
 */
void http_stream_begin(struct http_request *q, int status, const char *type,
    void (*more)(struct http_request *q, void *arg), void *arg);
/* 0, ERR_BUSY: written, now wait for more(); ERR_IO: the client has gone or the reply is over response_bytes:
 * call http_stream_end. */
int http_stream_write(struct http_request *q, struct slice bytes);
void http_stream_end(struct http_request *q, bool complete);

/* "Not Found" for 404; never NULL. */
const char *http_status_text(int status);
