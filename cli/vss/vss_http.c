/* Routes of the stand-in, decoding of forms and flat JSON, and the faults that strike before the work. */
#include <stdio.h>
#include <string.h>

#include "cli/vss/vss.h"

struct vss_route {
	const char *path;
	void (*run)(struct vss_call *c);
};

/* Names of the API families differ by decision; all twins of one shape lead to one function. */
static const struct vss_route vss_routes[] = {
	{ "/api/token/take", vss_token_take },
	{ "/api/qd130/guiHoSoXmlQD3176", vss_submit_claim },
	{ "/api/qd130/guiHoSoXmlQD4750", vss_submit_claim },
	{ "/api/qd130/guiHoSoXmlQD130", vss_submit_claim },
	{ "/api/qd130/checkInKcbQd3176", vss_submit_check_in },
	{ "/api/qd130/checkInKcbQd4750", vss_submit_check_in },
	{ "/api/qd130/checkInKcbQd130", vss_submit_check_in },
	{ "/api/egw/KQNhanLichSuKCB2024", vss_card_lookup },
	{ "/api/egw/Lskcb2025", vss_card_history },
	{ "/api/TraCuuCCT/TraCuuTienMCCT", vss_card_copay },
	{ "/api/egw/nhanKQTiepNhanHS4210", vss_list_days },
	{ "/api/egw/nhanChiTietHSNgay4210", vss_list_day },
	{ "/api/egw/nhanChiTietLoiHS4210", vss_list_errors },
	{ "/admin/faults", vss_admin },
	{ "/admin/state", vss_admin },
	{ "/admin/receipts", vss_admin },
	{ "/admin/expire-tokens", vss_admin },
	{ "/admin/file", vss_admin },
};

#define VSS_BODY_MAX ((size_t)160 * 1024 * 1024) /* a 100 MB file in base64, form-encoded */

static const struct vss_route *
vss_route_find(struct slice path)
{
	for (size_t i = 0; i < sizeof(vss_routes) / sizeof(vss_routes[0]); i++)
		if (slice_eq_text(path, vss_routes[i].path))
			return &vss_routes[i];
	return NULL;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* application/x-www-form-urlencoded; false for a broken escape. */
static bool
form_decode(struct arena *a, struct slice s, struct slice *ret)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '+') {
			out[len++] = ' ';
		} else if (s.at[i] == '%') {
			int high = i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1;
			int low = i + 2 < s.len ? hex_digit(s.at[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			out[len++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[len++] = s.at[i];
		}
	}
	*ret = slice_from(out, len);
	return true;
}

static bool
call_read_form(struct vss_call *c, struct slice body)
{
	struct slice pair;

	while (body.len > 0 && slice_split(&body, '&', &pair)) {
		size_t eq = slice_find(pair, '=');
		if (c->count == VSS_FORM_FIELDS_MAX)
			return false;
		if (!form_decode(c->arena, slice_from(pair.at, eq), &c->name[c->count]) ||
		    !form_decode(c->arena, slice_skip(pair, eq + 1), &c->value[c->count]))
			return false;
		c->count++;
	}
	return true;
}

static bool
call_read_json(struct vss_call *c, struct slice body)
{
	struct json_value *object;

	if (json_parse(c->arena, body, 1000, &object, NULL) < 0 || object->type != JSON_OBJECT)
		return false;
	for (const struct json_value *m = object->first; m; m = m->next) {
		if (m->type != JSON_STRING && m->type != JSON_NUMBER)
			continue;
		if (c->count == VSS_FORM_FIELDS_MAX)
			return false;
		c->name[c->count] = m->key;
		c->value[c->count++] = m->text;
	}
	return true;
}

static bool
call_read(struct vss_call *c)
{
	struct slice body = slice_trim(http_body(c->q));

	/* PUT bodies are the administrator's, read by the route itself */
	if (body.len == 0 || http_method(c->q) != HTTP_POST)
		return true;
	return body.at[0] == '{' ? call_read_json(c, body) : call_read_form(c, body);
}

struct slice
vss_field(const struct vss_call *c, const char *name)
{
	struct slice from_query;

	for (size_t i = 0; i < c->count; i++)
		if (slice_eq_text(c->name[i], name))
			return c->value[i];
	from_query = http_query(c->q, name);
	return from_query.at ? from_query : SLICE("");
}

static void
call_cut(struct http_request *q)
{
	http_stream_begin(q, 200, "application/json", NULL, NULL);
	http_stream_end(q, false);
}

void
vss_reply_json(struct vss_call *c, int http_status, struct buf *body)
{
	if (c->drop_reply) {
		buf_free(body);
		call_cut(c->q);
		return;
	}
	http_reply(c->q, http_status, "application/json; charset=utf-8", body);
}

void
vss_reply_code(struct vss_call *c, const char *code, const char *text)
{
	struct buf body;
	struct json_writer w;

	buf_init(&body, 64 * 1024);
	json_write_init(&w, &body);
	json_write_object(&w);
	json_write_member(&w, "maKetQua", code);
	json_write_member(&w, "thongDiep", text);
	json_write_object_end(&w);
	vss_reply_json(c, 200, &body);
}

struct vss_delayed {
	struct vss_call *call;
	const struct vss_route *route;
	struct timer *timer;
};

static void
call_run_delayed(void *arg)
{
	struct vss_delayed *d = arg;

	timer_free(d->timer);
	d->route->run(d->call);
}

static void
call_answer_code(struct vss_call *c, int64_t code)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)code);
	vss_reply_code(c, arena_text(c->arena, slice_of(text)), "Lỗi theo yêu cầu");
}

/* Does what the fault says; true when the request has been dealt with. */
static bool
call_suffer(struct vss_call *c, const struct vss_route *route, const struct vss_fault *f)
{
	struct vss_delayed *d;

	switch (f->kind) {
	case VSS_FAULT_DELAY:
		d = ARENA_NEW(c->arena, struct vss_delayed);
		*d = (struct vss_delayed){ c, route, NULL };
		d->timer = timer_new(c->vss->loop, call_run_delayed, d);
		timer_start(d->timer, f->ms);
		return true;
	case VSS_FAULT_DROP_BEFORE:
		call_cut(c->q);
		return true;
	case VSS_FAULT_HTTP_500:
		http_reply_slice(c->q, 500, "text/html", SLICE("<html><body>Server Error</body></html>"));
		return true;
	case VSS_FAULT_CODE_500:
		vss_reply_code(c, "500", "Lỗi hệ thống");
		return true;
	case VSS_FAULT_CODE:
		call_answer_code(c, f->code);
		return true;
	case VSS_FAULT_EXPIRED_TOKEN:
		vss_tokens_expire(c->vss);
		vss_reply_code(c, "401", "Phiên làm việc đã hết hạn");
		return true;
	case VSS_FAULT_MAINTENANCE:
		http_reply_slice(c->q, 503, "text/html",
		    SLICE("<html><body>Hệ thống đang bảo trì, vui lòng quay lại sau</body></html>"));
		return true;
	case VSS_FAULT_GARBAGE:
		http_reply_slice(c->q, 200, "application/json", SLICE("{\"maKetQua\":"));
		return true;
	case VSS_FAULT_DROP_AFTER:
		c->drop_reply = true;
		return false;
	case VSS_FAULT_DUPLICATE:
		c->duplicate_reply = true;
		return false;
	case VSS_FAULT_KINDS:
		break;
	}
	fatal("vss: no such fault %d", (int)f->kind);
}

static void
vss_handle(struct http_request *q, void *arg)
{
	struct vss *v = arg;
	const struct vss_route *route = vss_route_find(http_path(q));
	struct vss_call *c = ARENA_NEW(http_arena(q), struct vss_call);
	struct vss_fault *fault;

	*c = (struct vss_call){ .vss = v, .q = q, .arena = http_arena(q), .peer = http_peer(q) };
	v->requests++;
	fault = slice_starts(http_path(q), SLICE("/admin")) ? NULL : vss_fault_pick(v, http_path(q));
	if (!call_read(c))
		vss_reply_code(c, "205", "Sai định dạng tham số");
	else if (!fault || !call_suffer(c, route, fault))
		route->run(c);
}

static void
vss_admit(struct http_request *q, size_t *body_bytes, void *arg)
{
	(void)arg;
	if (!vss_route_find(http_path(q)))
		http_reply_slice(q, 404, "text/plain", SLICE("no such service\n"));
	else
		*body_bytes = VSS_BODY_MAX;
}

const struct http_hooks vss_hooks = { .admit = vss_admit, .handle = vss_handle };
