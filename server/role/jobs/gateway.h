/*
 * Client of the fund's gateway (spec: gateway API): sessions per account, submission, card look-up, day
 * lists. One session is cached per account and renewed before its end; a 401 drops it, signs in once and
 * repeats the call once. Secrets are never logged, and never part of a URL that is.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/slice.h"

struct config;
struct gateway;
struct http_client;

/* What an answer means for a submission (table in gateway.c). */
enum gateway_outcome {
	GATEWAY_RECEIVED,
	GATEWAY_REFUSED, /* wrong data: mend it, do not send again */
	GATEWAY_RETRY,   /* later */
	GATEWAY_UNKNOWN, /* it may have been stored: send the same again later */
	GATEWAY_ALARM    /* wrong account, facility or certificate: stop and call a person */
};
const char *gateway_outcome_name(enum gateway_outcome o); /* as in claim.transmission.outcome */

/* What a result code of a submission means; a code that is not in the table is refused: a person must look.
 */
enum gateway_outcome gateway_code_outcome(struct slice code);

struct gateway_answer {
	enum gateway_outcome outcome;
	int http_status;               /* 0 when there was no answer */
	struct slice code;             /* maKetQua */
	struct slice transaction;      /* maGiaoDich */
	struct slice received_at;      /* thoiGianTiepNhan */
	struct slice message;          /* thongDiep or ghiChu */
	struct slice raw;              /* the body as it came, at most 64 KiB */
	const struct json_value *body; /* parsed, or NULL */
};

enum gateway_style {
	GATEWAY_QUERY,  /* style A: token, id_token, username, password in the form */
	GATEWAY_HEADERS /* style B: headers accessToken, tokenId, passwordHash */
};
struct gateway_field {
	const char *name;
	struct slice value;
};

/* Reads gateway.accounts_file (TSV: username, password). client is borrowed. ERR_IO, ERR_INPUT. */
int gateway_new(struct http_client *client, const struct config *c, struct gateway **ret, struct err *e);
void gateway_free(struct gateway *g); /* NULL is allowed */

typedef void gateway_done(const struct gateway_answer *a, void *arg);
/*
 * Posts a form to path with the account's session; done runs later, once. fields ends with a NULL name and is
 * copied, like everything the answer holds, into a, which must live until done. An account that is not in the
 * file answers GATEWAY_ALARM.
 */
void gateway_post(struct gateway *g, struct arena *a, struct slice username, const char *path,
    enum gateway_style style, const struct gateway_field *fields, gateway_done *done, void *arg);
