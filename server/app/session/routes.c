#include "server/app/app.h"
#include "server/app/session/session.h"
#include "server/app/statements.h"

static const struct route session_routes[] = {
	{ .method = HTTP_POST,
	    .pattern = "/v1/sessions",
	    .handler = session_login,
	    .p = { BODY },
	    .body_max = 4096,
	    .summary_vi = "Đăng nhập",
	    .summary_en = "Sign in",
	    .text_en = "The token goes into `Authorization: Bearer`. `tenant` (code) is needed only when the "
		       "same user "
		       "name exists in several tenants. After several wrong passwords a name is locked for a "
		       "growing "
		       "time (429 with Retry-After).",
	    .body_schema = "session_open",
	    .reply_schema = "session",
	    .example = "{\"username\":\"@username\",\"password\":\"@password\"}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/sessions/current",
	    .statement = STMT(session_current),
	    .permission = SIGNED_IN,
	    .summary_vi = "Phiên làm việc hiện tại",
	    .summary_en = "The caller's session, grants and permissions",
	    .reply_schema = "session" },
	{ .method = HTTP_DELETE,
	    .pattern = "/v1/sessions/current",
	    .statement = STMT(session_close),
	    .permission = SIGNED_IN,
	    .status = 204,
	    .summary_vi = "Đăng xuất",
	    .summary_en = "Sign out" },
	{ .method = HTTP_PUT,
	    .pattern = "/v1/sessions/current/password",
	    .handler = session_password,
	    .permission = SIGNED_IN,
	    .p = { BODY },
	    .unconditional = true,
	    .body_max = 4096,
	    .status = 204,
	    .summary_vi = "Đổi mật khẩu",
	    .summary_en = "Change the caller's password; ends the other sessions",
	    .body_schema = "password_change",
	    .example = "{\"old\":\"@password\",\"new\":\"@new_password\"}" },
};

const struct noun session_noun = {
	.name = "session",
	.title_vi = "Phiên làm việc",
	.title_en = "Sessions",
	.route = session_routes,
	.route_count = sizeof(session_routes) / sizeof(session_routes[0]),
};
