#include "server/role/jobs/gateway.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "base/tsv.h"
#include "server/loop/config.h"
#include "server/loop/http_client.h"

#define RENEW_BEFORE_S 45 /* spec: 30–60 s before the end */
#define SESSION_FALLBACK_S                                                                                   \
	540 /* when expires_in cannot be read: the server's 10 minutes, less the margin                      \
	     */
#define RAW_MAX 65536
#define FORM_MAX ((size_t)200 * 1024 * 1024)

struct gateway_account {
	struct slice username, password_hash;
	char *access, *id; /* session tokens, NULL = none */
	int64_t renew_at;
	bool signing_in;
	struct list_node waiting; /* calls that wait for the session */
};

struct gateway {
	struct arena *arena;
	struct http_client *client;
	const struct config *config;
	struct map *account;
};

struct gateway_call {
	struct list_node node;
	struct gateway *gateway;
	struct gateway_account *account;
	struct arena *arena;
	const char *path;
	enum gateway_style style;
	struct gateway_field field[12];
	size_t field_count;
	gateway_done *done;
	void *arg;
	bool repeated; /* after a 401 */
};

struct gateway_code {
	const char *code;
	enum gateway_outcome outcome;
};

/* Result codes of submission (gateway API §4.4). A code that is not here is refused: a person must look. */
static const struct gateway_code gateway_codes[] = {
	{ "200", GATEWAY_RECEIVED },
	{ "123", GATEWAY_REFUSED },
	{ "124", GATEWAY_REFUSED }, /* stored with errors: the claim comes back for correction */
	{ "125", GATEWAY_ALARM },
	{ "201", GATEWAY_REFUSED },
	{ "202", GATEWAY_REFUSED },
	{ "204", GATEWAY_REFUSED },
	{ "205", GATEWAY_REFUSED },
	{ "401", GATEWAY_RETRY },
	{ "402", GATEWAY_ALARM },
	{ "403", GATEWAY_ALARM },
	{ "408", GATEWAY_RETRY },
	{ "500", GATEWAY_RETRY },
	{ "701", GATEWAY_REFUSED },
	{ "1001", GATEWAY_RETRY },
};

const char *
gateway_outcome_name(enum gateway_outcome o)
{
	static const char *const name[] = { "received", "refused", "retry", "unknown", "alarm" };

	return name[o];
}

enum gateway_outcome
gateway_code_outcome(struct slice code)
{
	for (size_t i = 0; i < sizeof(gateway_codes) / sizeof(gateway_codes[0]); i++)
		if (slice_eq_text(code, gateway_codes[i].code))
			return gateway_codes[i].outcome;
	return GATEWAY_REFUSED;
}

/* ---- accounts ---- */

static struct slice
password_hash(struct arena *a, struct slice password, bool upper)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;
	char *hex = arena_alloc(a, 2 * EVP_MAX_MD_SIZE + 1);

	if (EVP_Digest(password.at, password.len, digest, &len, EVP_md5(), NULL) != 1)
		fatal("gateway: no MD5 in this OpenSSL");
	for (unsigned int i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, upper ? "%02X" : "%02x", digest[i]);
	return slice_from(hex, 2 * (size_t)len);
}

static int
account_row(const struct tsv *t, void *context, struct err *e)
{
	struct gateway *g = context;
	struct gateway_account *a = ARENA_NEW(g->arena, struct gateway_account);

	a->username = arena_slice(g->arena, tsv_cell(t, "username"));
	a->password_hash = password_hash(
	    g->arena, tsv_cell(t, "password"), config_bool(g->config, CONFIG_GATEWAY_MD5_UPPER));
	list_init(&a->waiting);
	if (map_put(g->account, a->username, a))
		return tsv_fault(t, "username", e, "the account stands twice");
	return 0;
}

int
gateway_new(struct http_client *client, const struct config *c, struct gateway **ret, struct err *e)
{
	static const char *const columns[] = { "username", "password", NULL };
	struct arena *arena = arena_new(0);
	struct gateway *g = ARENA_NEW(arena, struct gateway);
	int bad;

	*g = (struct gateway){ arena, client, c, map_new(arena) };
	bad = tsv_read_file(config_text(c, CONFIG_GATEWAY_ACCOUNTS_FILE), "gateway.accounts_file",
	    (size_t)1024 * 1024, columns, account_row, g, e);
	if (bad < 0) {
		arena_free(arena);
		return bad;
	}
	*ret = g;
	return 0;
}

static void
session_drop(struct gateway_account *a)
{
	free(a->access);
	free(a->id);
	a->access = a->id = NULL;
}

void
gateway_free(struct gateway *g)
{
	size_t cursor = 0;
	struct slice name;
	void *account;

	if (!g)
		return;
	while (map_next(g->account, &cursor, &name, &account))
		session_drop(account);
	arena_free(g->arena);
}

/* ---- calls ---- */

static void
form_escape(struct buf *out, struct slice s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
		    c == '_' || c == '.') {
			buf_add_char(out, (char)c);
		} else {
			buf_add_char(out, '%');
			buf_add_char(out, hex[c >> 4]);
			buf_add_char(out, hex[c & 15]);
		}
	}
}

static void
form_add(struct buf *out, const char *name, struct slice value)
{
	if (out->len > 0)
		buf_add_char(out, '&');
	buf_add_text(out, name);
	buf_add_char(out, '=');
	form_escape(out, value);
}

static int
gateway_send(struct gateway *g, const char *path, struct slice body, const char *const *header,
    void (*done)(const struct http_answer *a, void *arg), void *arg, struct err *e)
{
	char url[1024];
	const char *base = config_text(g->config, CONFIG_GATEWAY_URL);
	const char *ca = config_text(g->config, CONFIG_GATEWAY_CA_FILE);
	struct http_call call = { .method = "POST",
		.url = url,
		.header = header,
		.body = body,
		.connect_ms = config_int(g->config, CONFIG_GATEWAY_CONNECT_TIMEOUT),
		.total_ms = config_int(g->config, CONFIG_GATEWAY_TIMEOUT),
		.ca_file = ca[0] ? ca : NULL };

	if (snprintf(url, sizeof(url), "%s%s", base, path) >= (int)sizeof(url))
		return err_set(e, ERR_LIMIT, "gateway.url", "the URL is too long");
	return http_client_send(g->client, &call, done, arg, NULL, e);
}

static void
call_finish(struct gateway_call *c, enum gateway_outcome outcome, const char *message)
{
	const struct gateway_answer a = { .outcome = outcome, .message = slice_of(message) };

	c->done(&a, c->arg);
}

static void account_sign_in(struct gateway_call *c);
static void call_start(struct gateway_call *c);

/* What is known when there is no complete answer. */
static bool
call_unanswered(struct gateway_call *c, const struct http_answer *h)
{
	if (h->outcome == HTTP_ANSWERED)
		return false;
	call_finish(c, h->outcome == HTTP_NOT_SENT ? GATEWAY_RETRY : GATEWAY_UNKNOWN,
	    arena_text(c->arena, slice_of(h->err.detail)));
	return true;
}

static struct slice
member_any(const struct json_value *o, const char *name, const char *other)
{
	struct slice text = json_member_text(o, name);

	return text.at ? text : json_member_text(o, other);
}

static void
on_answer(const struct http_answer *h, void *arg)
{
	struct gateway_call *c = arg;
	struct gateway_answer a = { .http_status = h->status };
	struct json_value *o = NULL;

	if (call_unanswered(c, h))
		return;
	a.raw = arena_slice(c->arena, slice_from(h->body.at, h->body.len < RAW_MAX ? h->body.len : RAW_MAX));
	if (json_parse(c->arena, arena_slice(c->arena, h->body), 1000000, &o, NULL) < 0 ||
	    o->type != JSON_OBJECT)
		o = NULL;
	a.body = o;
	a.code = member_any(o, "maKetQua", "MaKetQua");
	a.transaction = member_any(o, "maGiaoDich", "MaGD");
	a.received_at = member_any(o, "thoiGianTiepNhan", "ThoiGianTiepNhan");
	a.message = member_any(o, "thongDiep", "ghiChu");
	if ((h->status == 401 || slice_eq_text(a.code, "401")) && !c->repeated) {
		c->repeated = true;
		session_drop(c->account);
		call_start(c);
		return;
	}
	if (h->status != 200 || !a.code.at)
		/* a 5xx before the work and one after it look alike */
		a.outcome = h->status >= 500 || h->status == 200 ? GATEWAY_UNKNOWN : GATEWAY_RETRY;
	else
		a.outcome = gateway_code_outcome(a.code);
	if (a.outcome == GATEWAY_RECEIVED && a.transaction.len == 0)
		a.outcome = GATEWAY_UNKNOWN;
	c->done(&a, c->arg);
}

static void
call_send(struct gateway_call *c)
{
	const struct gateway_account *a = c->account;
	char access[600], id[600], password[100];
	const char *header[5] = { "Content-Type: application/x-www-form-urlencoded", NULL };
	struct buf body;
	struct err e = { 0 };

	buf_init(&body, FORM_MAX);
	form_add(&body, "username", a->username);
	for (size_t i = 0; i < c->field_count; i++)
		form_add(&body, c->field[i].name, c->field[i].value);
	if (c->style == GATEWAY_HEADERS) {
		snprintf(access, sizeof(access), "accessToken: %s", a->access);
		snprintf(id, sizeof(id), "tokenId: %s", a->id);
		snprintf(password, sizeof(password), "passwordHash: %.*s", SLICE_ARG(a->password_hash));
		header[1] = access;
		header[2] = id;
		header[3] = password;
		header[4] = NULL;
	} else {
		form_add(&body, "token", slice_of(a->access));
		form_add(&body, "id_token", slice_of(a->id));
		form_add(&body, "password", a->password_hash);
	}
	if (!buf_ok(&body))
		call_finish(c, GATEWAY_REFUSED, "the file is too large to be sent");
	else if (gateway_send(c->gateway, c->path, buf_slice(&body), header, on_answer, c, &e) < 0)
		call_finish(c, GATEWAY_RETRY, arena_text(c->arena, slice_of(e.detail)));
	buf_free(&body);
}

/* ---- sessions ---- */

/* Ends the sign-in: every waiting call goes on, or is told why not. */
static void
account_signed_in(struct gateway_account *a, enum gateway_outcome outcome, const char *why)
{
	struct list_node calls;

	a->signing_in = false;
	list_init(&calls);
	LIST_FOREACH(node, &a->waiting)
	{
		list_remove(node);
		list_append(&calls, node);
	}
	LIST_FOREACH(node, &calls)
	{
		struct gateway_call *c = LIST_ITEM(node, struct gateway_call, node);
		list_remove(node);
		if (a->access)
			call_send(c);
		else
			call_finish(c, outcome, why);
	}
}

/* expires_in: ISO text, whole seconds, or /Date(ms)/ (gateway API §2). Instant of the end, or 0. */
static int64_t
expiry_parse(struct slice text, int64_t now)
{
	int64_t number, instant;

	if (slice_to_int64(text, &number) == 0)
		return number > 1000000000 ? number : now + number;
	if (slice_starts(text, SLICE("/Date(")) && slice_ends(text, SLICE(")/")) &&
	    slice_to_int64(slice_from(text.at + 6, text.len - 8), &number) == 0)
		return number / 1000;
	return time_parse_rfc3339(text, &instant, NULL) == 0 ? instant : 0;
}

static void
session_take(struct gateway_account *a, const struct json_value *key)
{
	int64_t now = time_now();
	int64_t end = expiry_parse(json_member_text(key, "expires_in"), now);
	struct slice access = json_member_text(key, "access_token"), id = json_member_text(key, "id_token");

	session_drop(a);
	if (access.len == 0 || access.len > 512 || id.len > 512)
		return;
	a->access = strndup(access.at, access.len);
	a->id = strndup(id.at ? id.at : "", id.len);
	if (!a->access || !a->id)
		fatal("gateway: no memory");
	a->renew_at = end > now ? end - RENEW_BEFORE_S : now + SESSION_FALLBACK_S - RENEW_BEFORE_S;
	if (a->renew_at <= now) /* a session shorter than the margin is used to its end */
		a->renew_at = end > now ? end : now + 1;
}

static void
on_session(const struct http_answer *h, void *arg)
{
	struct gateway_account *a = arg;
	struct arena *arena = arena_new(1024 * 1024);
	struct json_value *o = NULL;
	struct slice code = SLICE("");

	if (h->outcome == HTTP_ANSWERED && h->body.len < 65536 &&
	    json_parse(arena, h->body, 1000, &o, NULL) == 0) {
		code = json_member_text(o, "maKetQua");
		if (slice_eq_text(code, "200"))
			session_take(a, json_member(o, "APIKey"));
	}
	if (slice_eq_text(code, "401") || slice_eq_text(code, "402") || slice_eq_text(code, "403")) {
		log_event(LOG_ERROR, "gateway-account", "code=%.*s", SLICE_ARG(code));
		account_signed_in(a, GATEWAY_ALARM, "the gateway refuses the account");
	} else {
		account_signed_in(a, GATEWAY_RETRY, "no session at the gateway");
	}
	arena_free(arena);
}

static void
account_sign_in(struct gateway_call *c)
{
	static const char *const header[] = { "Content-Type: application/x-www-form-urlencoded", NULL };
	struct gateway_account *a = c->account;
	struct buf body;
	struct err e = { 0 };

	list_append(&a->waiting, &c->node);
	if (a->signing_in)
		return;
	a->signing_in = true;
	buf_init(&body, 4096);
	form_add(&body, "username", a->username);
	form_add(&body, "password", a->password_hash);
	if (gateway_send(c->gateway, "/api/token/take", buf_slice(&body), header, on_session, a, &e) < 0)
		account_signed_in(a, GATEWAY_RETRY, "the request could not be sent");
	buf_free(&body);
}

static void
call_start(struct gateway_call *c)
{
	const struct gateway_account *a = c->account;

	if (a->access && time_now() < a->renew_at)
		call_send(c);
	else
		account_sign_in(c);
}

void
gateway_post(struct gateway *g, struct arena *a, struct slice username, const char *path,
    enum gateway_style style, const struct gateway_field *fields, gateway_done *done, void *arg)
{
	struct gateway_call *c = ARENA_NEW(a, struct gateway_call);

	*c = (struct gateway_call){
		.gateway = g, .arena = a, .path = path, .style = style, .done = done, .arg = arg
	};
	list_init(&c->node);
	for (; fields->name; fields++) {
		if (c->field_count == sizeof(c->field) / sizeof(c->field[0]))
			fatal("gateway: too many form fields");
		c->field[c->field_count++] =
		    (struct gateway_field){ fields->name, arena_slice(a, fields->value) };
	}
	c->account = map_get(g->account, username);
	if (c->account)
		call_start(c);
	else
		call_finish(c, GATEWAY_ALARM, "the facility's account is not in gateway.accounts_file");
}
