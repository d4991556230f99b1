/*
 * HTTP client on the loop (libcurl multi): the jobs role and tools only. TLS is verified unless the
 * caller names another CA file; redirects are not followed; proxies come from the call alone, never from the
 * environment.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "server/loop/loop.h"

struct http_client;
struct http_exchange; /* one request under way */

struct http_client_limits {
	int connections;          /* in all; further requests wait in line */
	int connections_per_host; /* */
	int queue;                /* requests under way or waiting; above: ERR_BUSY */
};

struct http_call {
	const char *method;               /* "GET", "POST" … */
	const char *url;                  /* http:// or https:// */
	const char *const *header;        /* "Name: value", NULL-terminated; may be NULL */
	struct slice body;                /* copied */
	int64_t connect_ms, total_ms;     /* deadlines; 0 = 10 s and 60 s */
	size_t response_bytes;            /* 0 = 16 MiB; above: ERR_LIMIT */
	const char *ca_file;              /* NULL = the system's */
	const char *cert_file, *key_file; /* client certificate, PEM; may be NULL */
	const char *proxy;                /* may be NULL */
};

/* What is known of the far side's deed; a sender that must not send twice asks this. */
enum http_outcome {
	HTTP_ANSWERED, /* a complete answer with a status */
	HTTP_NOT_SENT, /* it surely did not see a complete request: name, connect or handshake failed */
	HTTP_UNKNOWN   /* it may have acted: deadline, reset or broken answer after the request left */
};

struct http_answer {
	enum http_outcome outcome;
	int status;        /* 0 unless HTTP_ANSWERED */
	struct slice body; /* whole body, or what came of it */
	struct slice head; /* raw header lines */
	int64_t took_us;
	struct err err; /* of the two failures: code and one sentence */
};
/* Value of a header in a->head (name in lower case), at == NULL when absent. */
struct slice http_answer_header(const struct http_answer *a, const char *name);

struct http_client *http_client_new(struct loop *l, const struct http_client_limits *limits);
/* Cancels what is under way (its done is not called). NULL is allowed. Not from within done. */
void http_client_free(struct http_client *c);
/*
 * Starts a request; done(answer, arg) runs later on the loop, once; answer is valid during the call.
 * ret_exchange may be NULL. 0, ERR_BUSY (queue full), ERR_INPUT (URL, method or header not usable).
 */
int http_client_send(struct http_client *c, const struct http_call *call,
    void (*done)(const struct http_answer *answer, void *arg), void *arg, struct http_exchange **ret_exchange,
    struct err *e);
/* Gives up; done is not called. Not after done. */
void http_exchange_cancel(struct http_exchange *x);
