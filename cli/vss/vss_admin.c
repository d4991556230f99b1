/* The administrator's endpoints, for tests and training: faults, state, receipts, expiry of tokens. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/vss/vss.h"

static bool
admin_allowed(const struct vss_call *c)
{
	struct slice key = http_header(c->q, "x-admin-key");

	return key.len == 64 && CRYPTO_memcmp(key.at, c->vss->admin_key, 64) == 0;
}

static void
admin_state(struct vss_call *c, struct json_writer *w)
{
	int64_t claims = 0, check_ins = 0, live = 0, with_errors = 0;

	for (size_t i = 0; i < c->vss->log_count; i++) {
		const struct vss_receipt *r = c->vss->log[i];
		claims += r->kind == 130;
		check_ins += r->kind == 0;
		live += r->kind == 130 && !r->is_replaced;
		with_errors += r->code != 200;
	}
	json_write_object(w);
	json_write_member_int(w, "requests", c->vss->requests);
	json_write_member_int(w, "claims", claims);
	json_write_member_int(w, "claims_live", live);
	json_write_member_int(w, "check_ins", check_ins);
	json_write_member_int(w, "with_errors", with_errors);
	json_write_key(w, "faults");
	vss_faults_print(c->vss, w);
	json_write_object_end(w);
}

/* All receipts, oldest first; ?ma_lk= narrows. */
static void
admin_receipts(struct vss_call *c, struct json_writer *w)
{
	struct slice ma_lk = vss_field(c, "ma_lk");
	char fund[DECIMAL_TEXT_MAX];

	json_write_array(w);
	for (size_t i = 0; i < c->vss->log_count; i++) {
		const struct vss_receipt *r = c->vss->log[i];
		if (ma_lk.len > 0 && !slice_eq_text(ma_lk, r->ma_lk))
			continue;
		money_print(r->fund, fund);
		json_write_object(w);
		json_write_member(w, "id", r->id);
		json_write_member_int(w, "kind", r->kind);
		json_write_member(w, "ma_lk", r->ma_lk);
		json_write_member(w, "facility", r->facility);
		json_write_member(w, "month", r->month);
		json_write_member(w, "sha256", r->sha256);
		json_write_member_int(w, "code", r->code);
		json_write_key(w, "replaced");
		json_write_bool(w, r->is_replaced);
		json_write_member(w, "fund", fund);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

/* The stored file of ?id=. */
static void
admin_file(struct vss_call *c)
{
	const struct vss_receipt *r = vss_store_find(c->vss, vss_field(c, "id"));
	char path[4096];
	struct buf file;

	buf_init(&file, (size_t)128 * 1024 * 1024);
	if (!r ||
	    snprintf(path, sizeof(path), "%s/files/%s.xml", c->vss->options.data_dir, r->id) >=
		(int)sizeof(path) ||
	    buf_read_file(&file, path, NULL) < 0) {
		buf_free(&file);
		http_reply_slice(c->q, 404, "text/plain", SLICE("no such transaction\n"));
		return;
	}
	http_reply(c->q, 200, "application/xml", &file);
}

static void
admin_set_faults(struct vss_call *c)
{
	struct err e = { 0 };

	if (vss_faults_set(c->vss, http_body(c->q), &e) < 0) {
		char text[600];
		int len = snprintf(text, sizeof(text), "%s%s%s\n", e.field, e.field[0] ? ": " : "", e.detail);
		http_reply_slice(c->q, 422, "text/plain", slice_from(text, (size_t)len));
		return;
	}
	http_reply_slice(c->q, 204, NULL, SLICE(""));
}

void
vss_admin(struct vss_call *c)
{
	struct slice path = http_path(c->q);
	struct buf body;
	struct json_writer w;

	if (!admin_allowed(c)) {
		http_reply_slice(c->q, 403, "text/plain", SLICE("X-Admin-Key is missing or wrong\n"));
		return;
	}
	if (slice_eq_text(path, "/admin/file")) {
		admin_file(c);
		return;
	}
	if (slice_eq_text(path, "/admin/faults") && http_method(c->q) == HTTP_PUT) {
		admin_set_faults(c);
		return;
	}
	if (slice_eq_text(path, "/admin/expire-tokens")) {
		vss_tokens_expire(c->vss);
		http_reply_slice(c->q, 204, NULL, SLICE(""));
		return;
	}
	buf_init(&body, (size_t)512 * 1024 * 1024);
	json_write_init(&w, &body);
	if (slice_eq_text(path, "/admin/state"))
		admin_state(c, &w);
	else if (slice_eq_text(path, "/admin/receipts"))
		admin_receipts(c, &w);
	else
		vss_faults_print(c->vss, &w);
	http_reply(c->q, 200, "application/json", &body);
}
