/* Users and their grants. Passwords are hashed here, before the database sees the body without them. */
#include <string.h>

#include "base/json.h"
#include "server/app/app.h"
#include "server/app/session/session.h"
#include "server/app/statements.h"

#define USER_NODES_MAX 2000

/* Writes v again without the member "password". */
static void
write_value(struct json_writer *w, const struct json_value *v, bool top)
{
	switch (v->type) {
	case JSON_OBJECT:
		json_write_object(w);
		for (const struct json_value *m = v->first; m; m = m->next) {
			if (top && slice_eq_text(m->key, "password"))
				continue;
			struct buf key;
			buf_init(&key, 1 << 16);
			buf_add(&key, m->key);
			json_write_key(w, key.at ? key.at : "");
			buf_free(&key);
			write_value(w, m, false);
		}
		json_write_object_end(w);
		return;
	case JSON_ARRAY:
		json_write_array(w);
		for (const struct json_value *m = v->first; m; m = m->next)
			write_value(w, m, false);
		json_write_array_end(w);
		return;
	case JSON_STRING:
		json_write_string(w, v->text);
		return;
	case JSON_NUMBER:
		json_write_number(w, v->text);
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		json_write_bool(w, v->type == JSON_TRUE);
		return;
	default:
		json_write_null(w);
	}
}

struct user_write {
	const char *hash;
};

static void
on_hash(struct app_request *r)
{
	const struct user_write *u = r->state;
	app_param_set(r, "password_hash", slice_of(u->hash));
	app_run_route(r);
}

/* POST needs a password, PATCH may have one. */
static void
user_write(struct app_request *r)
{
	struct json_value *body;
	struct err e = { 0 };
	struct buf b;
	struct json_writer w;
	if (json_parse(r->arena, r->body, USER_NODES_MAX, &body, &e)) {
		app_problem(r, "value.malformed", e.field, arena_text(r->arena, slice_of(e.detail)));
		return;
	}
	const struct json_value *password = json_member(body, "password");
	bool given = password && password->type != JSON_NULL;
	if (!given && r->route->method == HTTP_POST) {
		app_problem(r, "value.missing", "/password", NULL);
		return;
	}
	if (given && (password->type != JSON_STRING || sec_password_judge(password->text, &e))) {
		app_problem(r, "password.weak", "/password",
		    e.detail[0] ? arena_text(r->arena, slice_of(e.detail)) : "expected text");
		return;
	}
	buf_init(&b, r->body.len * 6 + 64);
	json_write_init(&w, &b);
	write_value(&w, body, true);
	app_param_set(r, "body", slice_of(arena_text(r->arena, buf_slice(&b))));
	buf_free(&b);
	struct user_write *u = ARENA_NEW(r->arena, struct user_write);
	r->state = u;
	if (given)
		session_hash(r, password->text, &u->hash, on_hash);
	else
		app_run_route(r);
}

static const struct route user_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/users",
	    .statement = STMT(user_list),
	    .permission = "user.read",
	    .p = { QUERY("q", PARAM_TEXT, .max = 100,
		       .text_en = "Part of the full name (with or without diacritics), or beginning of the "
				  "user name",
		       .text_vi = "Một phần họ tên (có dấu hoặc không), hoặc đầu tên đăng nhập"),
		PAGE },
	    .summary_vi = "Danh sách người dùng",
	    .summary_en = "Users in your scope",
	    .reply_schema = "user_list" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/users",
	    .statement = STMT(user_create),
	    .handler = user_write,
	    .permission = "user.write",
	    .p = { BODY, COMPUTED("password_hash") },
	    .idem = true,
	    .body_max = 64 * 1024,
	    .summary_vi = "Tạo người dùng",
	    .summary_en = "Create a user with grants inside your scope",
	    .body_schema = "user_create",
	    .reply_schema = "user",
	    .example =
		"{\"username\":\"tran.binh\",\"full_name\":\"Trần Bình\",\"password\":\"mua xuan 2026\","
		"\"grants\":[{\"role\":\"registrar\",\"facility\":\"@facility_code\"}]}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/users/{id:i8}",
	    .statement = STMT(user_get),
	    .permission = "user.read",
	    .p = { PATH("id", .example = "@user") },
	    .summary_vi = "Xem người dùng",
	    .summary_en = "One user",
	    .reply_schema = "user" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/users/{id:i8}",
	    .statement = STMT(user_patch),
	    .handler = user_write,
	    .permission = "user.write",
	    .p = { PATH("id", .example = "@user"), IF_MATCH, BODY, COMPUTED("password_hash") },
	    .body_max = 64 * 1024,
	    .summary_vi = "Sửa người dùng",
	    .summary_en = "Change a user; a new password or a lock ends the user's sessions",
	    .body_schema = "user_patch",
	    .reply_schema = "user",
	    .example = "{\"full_name\":\"Trần Thị Bình\",\"is_active\":true}" },
};

const struct noun user_noun = {
	.name = "user",
	.title_vi = "Người dùng",
	.title_en = "Users and grants",
	.route = user_routes,
	.route_count = sizeof(user_routes) / sizeof(user_routes[0]),
};
