/* Accounts and session tokens: bound to account and caller address, with an end. */
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "base/tsv.h"
#include "cli/vss/vss.h"

/* Reads a PEM certificate into DER, owned by the arena. */
static int
certificate_read(struct arena *a, const char *file, struct slice *ret_der, struct err *e)
{
	FILE *f = fopen(file, "re");
	X509 *x;
	unsigned char *der = NULL;
	int len;

	if (!f)
		return err_set(e, ERR_IO, file, "the certificate file cannot be opened");
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	len = x ? i2d_X509(x, &der) : -1;
	X509_free(x);
	if (len <= 0)
		return err_set(e, ERR_INPUT, file, "not a PEM certificate");
	*ret_der = arena_slice(a, slice_from((const char *)der, (size_t)len));
	OPENSSL_free(der);
	return 0;
}

static struct slice
md5_hex(struct arena *a, struct slice text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	struct buf hex;
	struct slice out;

	if (EVP_Digest(text.at, text.len, digest, &len, EVP_md5(), NULL) != 1)
		fatal("vss: no MD5 in this OpenSSL");
	buf_init(&hex, 64);
	buf_add_hex(&hex, slice_from((const char *)digest, len));
	out = arena_slice(a, buf_slice(&hex));
	buf_free(&hex);
	return out;
}

static int
account_read(const struct tsv *t, void *context, struct err *e)
{
	struct vss *v = context;
	struct vss_account *a = ARENA_NEW(v->arena, struct vss_account);
	struct slice file = tsv_cell(t, "certificate_file");

	a->username = arena_slice(v->arena, tsv_cell(t, "username"));
	a->password_md5 = md5_hex(v->arena, tsv_cell(t, "password"));
	a->facilities = arena_slice(v->arena, tsv_cell(t, "facilities"));
	a->is_locked = slice_eq_text(tsv_cell(t, "state"), "locked");
	if (a->username.len == 0 || a->facilities.len == 0)
		return tsv_fault(t, "username", e, "username and facilities must not be empty");
	if (file.len > 0 && certificate_read(v->arena, arena_text(v->arena, file), &a->certificate, e) < 0)
		return e->code;
	if (map_put(v->account, a->username, a))
		return tsv_fault(t, "username", e, "the account stands twice");
	return 0;
}

int
vss_accounts_load(struct vss *v, const char *file, struct err *e)
{
	static const char *const columns[] = { "username", "password", "facilities", "certificate_file",
		NULL };

	return tsv_read_file(file, file, (size_t)16 * 1024 * 1024, columns, account_read, v, e);
}

static bool
same_hex(struct slice a, struct slice b)
{
	unsigned different = a.len != b.len || a.len == 0;

	for (size_t i = 0; !different && i < a.len; i++)
		different |= (unsigned)(tolower((unsigned char)a.at[i]) ^ tolower((unsigned char)b.at[i]));
	return !different;
}

static void
random_hex(char out[65])
{
	unsigned char bytes[32];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		fatal("vss: no random numbers");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* A free or expired slot; when all are in use, the one that ends first. */
static struct vss_token *
token_slot(struct vss *v, int64_t now)
{
	struct vss_token *best = &v->token[0];

	for (size_t i = 0; i < VSS_TOKENS_MAX; i++) {
		if (v->token[i].expires_at <= now)
			return &v->token[i];
		if (v->token[i].expires_at < best->expires_at)
			best = &v->token[i];
	}
	return best;
}

static void
token_reply(struct vss_call *c, const struct vss_token *t)
{
	struct buf body;
	struct json_writer w;
	struct civil utc;
	char when[40];

	time_to_civil(t->expires_at - BUSINESS_OFFSET_SECONDS, &utc);
	snprintf(when, sizeof(when), "%04d-%02d-%02dT%02d:%02d:%02d.0000000Z", utc.year, utc.month, utc.day,
	    utc.hour, utc.minute, utc.second);
	buf_init(&body, 4096);
	json_write_init(&w, &body);
	json_write_object(&w);
	json_write_member(&w, "maKetQua", "200");
	json_write_key(&w, "APIKey");
	json_write_object(&w);
	json_write_member(&w, "access_token", t->access);
	json_write_member(&w, "id_token", t->id);
	json_write_member(&w, "token_type", "Bearer");
	json_write_key(&w, "username");
	json_write_string(&w, t->account->username);
	json_write_member(&w, "expires_in", when);
	json_write_object_end(&w);
	json_write_object_end(&w);
	vss_reply_json(c, 200, &body);
}

void
vss_token_take(struct vss_call *c)
{
	const struct vss_account *a = map_get(c->vss->account, vss_field(c, "username"));
	int64_t now = time_now();
	struct vss_token *t;

	if (!a || !same_hex(a->password_md5, vss_field(c, "password"))) {
		vss_reply_code(c, "401", "Sai tài khoản hoặc mật khẩu");
		return;
	}
	if (a->is_locked) {
		vss_reply_code(c, "403", "Tài khoản bị khóa");
		return;
	}
	t = token_slot(c->vss, now);
	*t = (struct vss_token){ .account = a, .expires_at = now + c->vss->options.token_seconds };
	random_hex(t->access);
	random_hex(t->id);
	snprintf(t->peer, sizeof(t->peer), "%.*s", SLICE_ARG(c->peer));
	token_reply(c, t);
}

const struct vss_account *
vss_authenticate(struct vss_call *c, bool style_b)
{
	struct slice access = style_b ? http_header(c->q, "accesstoken") : vss_field(c, "token");
	struct slice id = style_b ? http_header(c->q, "tokenid") : vss_field(c, "id_token");
	struct slice password = style_b ? http_header(c->q, "passwordhash") : vss_field(c, "password");
	int64_t now = time_now();

	for (size_t i = 0; i < VSS_TOKENS_MAX; i++) {
		const struct vss_token *t = &c->vss->token[i];
		if (!t->account || !slice_eq_text(access, t->access))
			continue;
		if (t->expires_at <= now || !slice_eq_text(id, t->id) || !slice_eq_text(c->peer, t->peer) ||
		    !slice_eq(vss_field(c, "username"), t->account->username) ||
		    !same_hex(password, t->account->password_md5))
			break;
		if (!t->account->is_locked)
			return t->account;
		vss_reply_code(c, "403", "Tài khoản bị khóa");
		return NULL;
	}
	vss_reply_code(c, "401", "Phiên làm việc không hợp lệ hoặc đã hết hạn");
	return NULL;
}

bool
vss_account_has(const struct vss_account *a, struct slice facility)
{
	struct slice rest = a->facilities, code;

	while (rest.len > 0 && slice_split(&rest, ';', &code))
		if (slice_eq(code, facility))
			return true;
	return false;
}

void
vss_tokens_expire(struct vss *v)
{
	for (size_t i = 0; i < VSS_TOKENS_MAX; i++)
		v->token[i].expires_at = 0;
}
