/* Inside of the HTTP server: what http_server.c, http_conn.c, http_reply.c, http_request.c and http_tls.c
 * share. */
#pragma once

#include <openssl/ssl.h>

#include "base/list.h"
#include "server/loop/http_parse.h"
#include "server/loop/loop.h"
#include "server/loop/metrics.h"

#define READ_BYTES (64 * 1024)     /* one read, shared by all connections */
#define PIPELINE_BYTES (64 * 1024) /* unread input or unsent output at which a connection is held */
#define FLUSH_BYTES (1024 * 1024)  /* written to one connection before the others have their turn */
#define JOIN_BYTES                                                                                           \
	(16 * 1024) /* bodies up to this are copied behind their head: one write, one TLS record             \
		     */
#define REPLY_HEADER_BYTES (16 * 1024) /* added by handlers */
#define LINGER_MS 2000                 /* a refused client may still be sending; see conn_linger */
#define LINGER_BYTES (1024 * 1024)
#define TICK_MS 100 /* granularity of all deadlines */
#define SPARE_ARENAS 16
#define ROUTES_MAX 256 /* cached histograms, by route pointer; a power of two */

enum conn_state {
	CONN_HANDSHAKE,
	CONN_HEAD,   /* between requests, or within a head */
	CONN_BODY,   /* a request's body is being read */
	CONN_HANDLE, /* the handler owes a reply */
	CONN_FLUSH,  /* last bytes, then close */
	CONN_LINGER, /* reply sent, reading what the client still sends */
	CONN_CLOSED  /* the descriptor is closed, memory goes at the end of the round */
};

/* Output waiting for the client. */
struct piece {
	struct piece *next;
	const char *at;
	size_t len, done;
	void (*release)(void *arg); /* may be NULL */
	void *arg;
	char copy[]; /* the bytes, when at points here */
};

struct http_conn {
	struct list_node node; /* in server->conns */
	struct http_server *server;
	int fd;
	SSL *ssl; /* NULL: plain */
	struct watch *watch;
	enum conn_state state;
	enum http_reason reason;      /* why it closes; counted once */
	struct http_request *request; /* being read or handled */

	struct buf in; /* bytes not yet consumed; no memory when empty */
	struct http_scan scan;
	struct http_chunks chunks;
	struct piece *out, **out_tail;
	size_t out_bytes;

	int64_t started_us;  /* accept, or first byte of the request: deadlines count from here */
	int64_t byte_us;     /* first byte of the request */
	int64_t idle_us;     /* since when nothing is under way */
	int64_t progress_us; /* last time the client took output */
	int64_t requests;
	size_t lingered;
	bool eof;                                /* the client sends no more (half-closed) */
	bool fatal;                              /* read or write failed */
	bool must_linger;                        /* unread input may be under way */
	bool advancing;                          /* conn_advance is on the stack */
	bool read_wants_write, write_wants_read; /* TLS */
	char peer[48];
};

struct http_request {
	struct list_node node;      /* in server->requests */
	struct http_server *server; /* NULL when it was freed */
	struct loop *loop;
	struct http_conn *conn; /* NULL when the client has gone */
	struct arena *arena;
	struct http_head head;
	struct buf body;
	struct slice id, peer;
	int64_t started_us;
	const char *route;
	void *context;
	void (*on_gone)(struct http_request *q, void *arg);
	void *gone_arg;
	void (*more)(struct http_request *q, void *arg);
	void *more_arg;
	struct buf reply_headers;
	size_t sent_bytes; /* of the reply's body */
	int status;
	bool secure;
	bool owed; /* handle() was entered: a reply is owed even when the client has gone */
	bool streaming, chunked, too_long, finished, kicked, close;
};

struct listener {
	struct list_node node;
	struct http_server *server;
	struct watch *watch;
	int fd;
	bool secure;
};

struct route_metric {
	const char *route;
	struct metric_histogram *histogram;
};

struct http_server {
	struct loop *loop;
	struct http_limits limits;
	struct http_hooks hooks;
	void *arg;
	SSL_CTX *tls;
	char *tls_certificate, *tls_key;
	struct list_node listeners, conns, requests;
	int64_t conn_count;
	int64_t owed_count; /* requests that handlers hold */
	bool resting;       /* listeners off: at the cap, out of descriptors */
	bool draining, ticking;
	int64_t rest_until_us, drain_until_us;
	void (*drained)(void *arg);
	void *drained_arg;
	struct timer *tick;
	char *scratch;   /* READ_BYTES */
	struct buf head; /* of the reply being composed */
	struct arena *spare[SPARE_ARENAS];
	size_t spare_count;
	uint64_t random[2];
	int64_t date_second;
	char date[32];
	struct route_metric routes[ROUTES_MAX];
	uint64_t *closes[HTTP_REASONS], *responses[6], *accepted, *bytes_in, *bytes_out;
	int64_t *conn_gauge, *active_gauge;
};

/* http_server.c */
void server_conn_gone(struct http_server *s);
void server_request_finish(struct http_request *q); /* frees it at the end of the round */
struct arena *server_arena(struct http_server *s);
struct metric_histogram *server_histogram(struct http_server *s, const char *route);
const char *server_date(struct http_server *s);
void server_random_id(struct http_server *s, char out[33]);

/* http_conn.c */
void conn_new(struct http_server *s, int fd, bool secure, const char *peer);
void conn_close(struct http_conn *c, enum http_reason reason);
/* The request's reply is composed; goes on with what is next on the connection. */
void conn_replied(struct http_conn *c);
void conn_advance(struct http_conn *c);
void conn_tick(struct http_conn *c, int64_t now_us);
void conn_drain(struct http_conn *c);
void conn_push_copy(struct http_conn *c, struct slice one, struct slice two);
void conn_push(struct http_conn *c, struct slice bytes, void (*release)(void *arg), void *arg);
/* Sends now, from outside conn_advance. */
void conn_send(struct http_conn *c);
/* Sends what the socket takes. False when the connection failed (it is closed). */
bool conn_flush(struct http_conn *c);

/* http_reply.c */
void reply_problem(struct http_conn *c, enum http_reason reason);
void request_kick(struct http_request *q);

/* http_tls.c */
int tls_context(const char *certificate, const char *key, SSL_CTX **ret, struct err *e);
SSL *tls_accept(SSL_CTX *ctx, int fd);
/* As read/write: > 0 bytes, 0 end of input, -1 with errno (EAGAIN: c->…_wants_… are set; EPROTO: TLS fault).
 */
ssize_t conn_read(struct http_conn *c, char *at, size_t len);
ssize_t conn_write(struct http_conn *c, const struct piece *p);
/* 1 done, 0 wait, -1 failed. */
int tls_handshake(struct http_conn *c);
