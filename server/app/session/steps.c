/* Signing in: brake → count the attempt → judge the password on a thread → open the session. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "server/app/session/session.h"
#include "server/app/statements.h"
#include "server/loop/config.h"

#define BODY_NODES_MAX 16
#define USERNAME_MAX 64
#define PASSWORD_MAX 128
#define BRAKE_SLOTS 16384

/* One password to judge, or to hash, or both; work() runs on a thread and touches nothing else. */
struct hashing {
	struct app_request *request;
	struct sec_argon cost;
	struct slice given, fresh; /* at == NULL: not asked for */
	const char *known;         /* hash that `given` is judged by */
	bool right;
	bool broken;
	char made[SEC_PASSWORD_HASH_MAX];
	void (*next)(struct app_request *r, struct hashing *h);
	const char **ret_hash; /* session_hash */
	void (*after)(struct app_request *r);
};

static void
hashing_work(void *arg)
{
	struct hashing *h = arg;
	struct err e = { 0 };
	if (h->given.at) {
		int rc = sec_password_verify(h->known, h->given, &e);
		h->right = rc == 0;
		h->broken = rc == ERR_IO;
	}
	if (h->fresh.at && !h->broken)
		h->broken = sec_password_hash(h->fresh, &h->cost, h->made, &e) != 0;
}

static void
hashing_done(void *arg)
{
	struct hashing *h = arg;
	if (h->broken)
		app_problem(h->request, "internal", NULL, "the password could not be judged");
	else
		h->next(h->request, h);
}

static struct sec_argon
argon_cost(const struct config *c)
{
	return (
	    struct sec_argon){ .memory_kib = (uint32_t)(config_int(c, CONFIG_SESSION_ARGON_MEMORY) / 1024),
		.passes = (uint32_t)config_int(c, CONFIG_SESSION_ARGON_PASSES),
		.lanes = 1 };
}

static struct hashing *
hashing_new(struct app_request *r, void (*next)(struct app_request *r, struct hashing *h))
{
	struct hashing *h = ARENA_NEW(r->arena, struct hashing);
	h->request = r;
	h->next = next;
	h->cost = argon_cost(app_config_of(r->app));
	return h;
}

static void
hashing_run(struct hashing *h)
{
	if (offload_run(app_offload(h->request->app), hashing_work, hashing_done, h))
		app_problem(h->request, "busy.database", NULL, "too many passwords are being judged");
}

static void
on_hash(struct app_request *r, struct hashing *h)
{
	*h->ret_hash = h->made;
	h->after(r);
}

void
session_hash(
    struct app_request *r, struct slice password, const char **ret_hash, void (*next)(struct app_request *r))
{
	struct hashing *h = hashing_new(r, on_hash);
	h->fresh = password;
	h->ret_hash = ret_hash;
	h->after = next;
	hashing_run(h);
}

/* --- the body --- */

/* A member that is a string of 1..max bytes; false when the request was answered. */
static bool
take_text(struct app_request *r, const struct json_value *body, const char *name, size_t max, bool required,
    struct slice *ret)
{
	char pointer[32];
	snprintf(pointer, sizeof(pointer), "/%s", name);
	const struct json_value *v = json_member(body, name);
	*ret = (struct slice){ NULL, 0 };
	if (!v || v->type == JSON_NULL) {
		if (required)
			app_problem(r, "value.missing", pointer, NULL);
		return !required;
	}
	if (v->type != JSON_STRING || v->text.len == 0 || memchr(v->text.at, 0, v->text.len)) {
		app_problem(r, "value.malformed", pointer, "expected text");
		return false;
	}
	if (v->text.len > max) {
		app_problem(r, "value.too_long", pointer, NULL);
		return false;
	}
	*ret = v->text;
	return true;
}

static bool
refuse_unknown(struct app_request *r, const struct json_value *body, const char *const *known)
{
	if (body->type != JSON_OBJECT) {
		app_problem(r, "value.malformed", "", "expected an object");
		return false;
	}
	for (const struct json_value *m = body->first; m; m = m->next) {
		const char *const *k = known;
		while (*k && !slice_eq_text(m->key, *k))
			k++;
		if (!*k) {
			app_problem(r, "value.unknown_member",
			    arena_printf(
				r->arena, "/%.*s", (int)(m->key.len < 64 ? m->key.len : 64), m->key.at),
			    NULL);
			return false;
		}
	}
	return true;
}

static struct json_value *
take_object(struct app_request *r, const char *const *known)
{
	struct json_value *body;
	struct err e = { 0 };
	if (json_parse(r->arena, r->body, BODY_NODES_MAX, &body, &e)) {
		app_problem(r, "value.malformed", e.field, arena_text(r->arena, slice_of(e.detail)));
		return NULL;
	}
	return refuse_unknown(r, body, known) ? body : NULL;
}

/* --- signing in --- */

struct login {
	struct slice username, tenant, password;
	struct slice tenant_id, user_id, hash;
	char token[SEC_TOKEN_TEXT + 1];
	unsigned char token_hash[SEC_HASH_BYTES];
};

static bool
brake_passes(struct app_request *r, struct sec_brake *brake, struct slice key)
{
	int wait = sec_brake_take(brake, key, time_monotonic_us());
	struct problem p;
	if (wait == 0)
		return true;
	problem_from_code(&p, "session.too_many", 429);
	p.retry_after_s = wait;
	app_problem_send(r, &p);
	return false;
}

/* Guesses are counted in the database; the brakes keep floods from the hashing threads. */
static bool
login_may_try(struct app_request *r, const struct login *l)
{
	static struct sec_brake *by_address, *by_name; /* of this process */
	const struct config *c = app_config_of(r->app);
	if (!by_address) {
		unsigned burst = (unsigned)config_int(c, CONFIG_SESSION_LOGIN_BURST);
		unsigned every = (unsigned)config_int(c, CONFIG_SESSION_LOGIN_EVERY);
		by_address = sec_brake_new(BRAKE_SLOTS, burst, every);
		by_name = sec_brake_new(BRAKE_SLOTS, burst / 3 + 1, every);
	}
	return brake_passes(r, by_address, http_peer(r->http)) && brake_passes(r, by_name, l->username);
}

static void
on_session_open(struct app_request *r, const struct pg_batch *b)
{
	struct login *l = r->state;
	app_read_reply(r, b);
	/* The database never sees the token: it is put before the other members here. */
	if (r->reply.status == 201 && r->reply.body.len > 2)
		r->reply.body = slice_of(arena_printf(r->arena, "{\"token\": \"%s\", %.*s", l->token,
		    (int)(r->reply.body.len - 1), r->reply.body.at + 1));
	app_finish(r);
}

static struct slice
seconds_of(struct app_request *r, enum config_key key)
{
	return slice_of(
	    arena_printf(r->arena, "%lld", (long long)(config_int(app_config_of(r->app), key) / 1000)));
}

static void
on_judged(struct app_request *r, struct hashing *h)
{
	struct login *l = r->state;
	if (!h->right || !l->user_id.at) {
		app_problem(r, "session.wrong_password", NULL, NULL);
		return;
	}
	sec_token_new(l->token, l->token_hash);
	const struct slice value[] = { l->tenant_id, l->user_id, l->hash,
		slice_from((const char *)l->token_hash, SEC_HASH_BYTES), seconds_of(r, CONFIG_SESSION_IDLE),
		seconds_of(r, CONFIG_SESSION_LIFETIME), http_peer(r->http),
		http_header(r->http, "user-agent"), l->username, l->tenant };
	app_query_public(r, PG_WRITE, STMT(session_open), value, 10, on_session_open);
}

/* A hash of no password, of today's cost, so that an unknown name takes as long as a known one. */
static const char *
dummy_hash(const struct sec_argon *cost)
{
	static char text[SEC_PASSWORD_HASH_MAX];
	if (!text[0] && sec_password_hash(SLICE("-"), cost, text, NULL))
		return NULL;
	return text;
}

static void
on_login_begin(struct app_request *r, const struct pg_batch *b)
{
	struct login *l = r->state;
	struct problem p;
	unsigned step = app_query_step(b);
	int64_t wait = 0;
	slice_to_int64(pg_field(b, step, 0, "wait_s"), &wait);
	if (wait > 0) {
		problem_from_code(&p, "session.locked", 429);
		p.retry_after_s = (int)wait;
		app_problem_send(r, &p);
		return;
	}
	struct slice hash = pg_field(b, step, 0, "hash");
	struct hashing *h = hashing_new(r, on_judged);
	if (hash.at) {
		l->hash = slice_of(arena_text(r->arena, hash));
		l->tenant_id = slice_of(arena_text(r->arena, pg_field(b, step, 0, "tenant_id")));
		l->user_id = slice_of(arena_text(r->arena, pg_field(b, step, 0, "user_id")));
	}
	h->known = hash.at ? l->hash.at : dummy_hash(&h->cost);
	if (!h->known) {
		app_problem(r, "internal", NULL, NULL);
		return;
	}
	h->given = l->password;
	hashing_run(h);
}

void
session_login(struct app_request *r)
{
	static const char *const known[] = { "username", "password", "tenant", NULL };
	const struct config *c = app_config_of(r->app);
	struct login *l = ARENA_NEW(r->arena, struct login);
	const struct json_value *body = take_object(r, known);
	if (!body || !take_text(r, body, "username", USERNAME_MAX, true, &l->username) ||
	    !take_text(r, body, "password", PASSWORD_MAX, true, &l->password) ||
	    !take_text(r, body, "tenant", USERNAME_MAX, false, &l->tenant) || !login_may_try(r, l))
		return;
	r->state = l;
	const struct slice value[] = { l->username, l->tenant,
		slice_of(
		    arena_printf(r->arena, "%lld", (long long)config_int(c, CONFIG_SESSION_LOGIN_FAILURES))),
		seconds_of(r, CONFIG_SESSION_LOCK_DELAY) };
	app_query_public(r, PG_WRITE, STMT(login_begin), value, 4, on_login_begin);
}

/* --- one's own password --- */

struct password_change {
	struct slice old, fresh;
	const char *old_hash;
};

static void
on_changed(struct app_request *r, const struct pg_batch *b)
{
	app_read_reply(r, b);
	app_finish(r);
}

static void
on_old_judged(struct app_request *r, struct hashing *h)
{
	if (!h->right) {
		app_problem(r, "password.wrong_old", "/old", NULL);
		return;
	}
	const struct slice value[] = { slice_of(h->known), slice_of(h->made) };
	app_query(r, PG_WRITE, STMT(password_change), value, 2, on_changed);
}

static void
on_own_password(struct app_request *r, const struct pg_batch *b)
{
	struct password_change *p = r->state;
	struct hashing *h = hashing_new(r, on_old_judged);
	h->given = p->old;
	h->fresh = p->fresh;
	h->known = arena_text(r->arena, pg_cell(b, app_query_step(b), 0, 0));
	hashing_run(h);
}

void
session_password(struct app_request *r)
{
	static const char *const known[] = { "old", "new", NULL };
	struct password_change *p = ARENA_NEW(r->arena, struct password_change);
	const struct json_value *body = take_object(r, known);
	struct err e = { 0 };
	if (!body || !take_text(r, body, "old", PASSWORD_MAX, true, &p->old) ||
	    !take_text(r, body, "new", PASSWORD_MAX, true, &p->fresh))
		return;
	if (sec_password_judge(p->fresh, &e)) {
		app_problem(r, "password.weak", "/new", arena_text(r->arena, slice_of(e.detail)));
		return;
	}
	/* A guess at the old password is a guess: the brake counts it under the session. */
	struct slice key = slice_from((const char *)r->token_hash, SEC_HASH_BYTES);
	static struct sec_brake *brake;
	if (!brake)
		brake = sec_brake_new(BRAKE_SLOTS, 5, 10000);
	if (!brake_passes(r, brake, key))
		return;
	r->state = p;
	app_query(r, PG_READ, STMT(own_password), NULL, 0, on_own_password);
}
