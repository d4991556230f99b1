/* Rules: the built-in ones, a centre's own with their versions, switches with dates, previews. */
#include "server/app/rule/rule.h"
#include "server/app/statements.h"

#define SMALL (16 * 1024)
#define TEXT (128 * 1024)
#define RULE_TEXT                                                                                                  \
	"rule TT-001 warning on XML3 field SO_LUONG\\n  when SO_LUONG > 20\\n  vi \\\"Số lượng lớn\\\" en " \
	"\\\"Large "                                                                                               \
	"quantity\\\"\\n  example outpatient\\n    set XML3[1].SO_LUONG = \\\"21\\\""

static const struct route rule_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/rules",
	    .handler = rule_list,
	    .permission = "rules.read",
	    .p = { QUERY("state", PARAM_CHOICE, .choices = "on shadow off", .text_en = "State today",
		       .text_vi = "Trạng thái hôm nay"),
		QUERY("table", PARAM_CODE, .text_en = "XML1 …, claim, other",
		    .text_vi = "XML1 …, claim, other"),
		QUERY("severity", PARAM_CHOICE, .choices = "critical warning"),
		QUERY("origin", PARAM_CHOICE, .choices = "built-in own"), PAGE },
	    .summary_vi = "Danh sách quy tắc kiểm tra",
	    .summary_en = "The rules that claims are judged by: text, citation, dates, state" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/rules/{id:code}",
	    .handler = rule_get,
	    .permission = "rules.read",
	    .p = { PATH("id", .example = "X1-054") },
	    .summary_vi = "Một quy tắc với các phiên bản và lần bật tắt",
	    .summary_en = "A rule with its versions and switches" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/rules/{id:code}/versions",
	    .statement = STMT(rule_version_add),
	    .handler = rule_version_post,
	    .permission = "rules.write",
	    .p = { PATH("id", .example = "TT-001"), BODY, COMPUTED("severity"), COMPUTED("table_name") },
	    .idem = true,
	    .body_max = TEXT,
	    .summary_vi = "Thêm phiên bản cho một quy tắc của đơn vị",
	    .summary_en = "A new version of a rule of the centre's own, from a day of arrival on",
	    .text_en =
		"The text is one rule in the language of docs/rules.md. 422 rule.not_compiled names line and "
		"column; the rule's examples must trigger it. Without from it holds from today; it takes its "
		"days away from earlier versions.",
	    .example = "{\"text\":\"" RULE_TEXT "\",\"from\":\"2026-01-01\",\"note\":\"Rà soát số lượng\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/rules/{id:code}/switches",
	    .statement = STMT(rule_switch_add),
	    .handler = rule_switch_post,
	    .permission = "rules.write",
	    .p = { PATH("id", .example = "X1-054"), BODY },
	    .idem = true,
	    .body_max = SMALL,
	    .summary_vi = "Bật, tắt hoặc cho chạy thử một quy tắc",
	    .summary_en = "Switch a rule on, off or to shadow for claims that arrived on some days",
	    .example = "{\"state\":\"shadow\",\"from\":\"2026-01-01\",\"reason\":\"Báo nhầm, chờ làm rõ\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/rules/preview",
	    .statement = STMT(rule_preview_add),
	    .handler = rule_preview_post,
	    .permission = "rules.preview",
	    .p = { BODY, COMPUTED("code") },
	    .idem = true,
	    .status = 202,
	    .body_max = TEXT,
	    .summary_vi = "Chạy thử một quy tắc trên hồ sơ các tháng trước",
	    .summary_en = "How many claims of the last months a rule would touch, and how much money",
	    .text_en = "Runs in the background; GET Location for the result. months: 1 to 24, 1 when absent.",
	    .example = "{\"text\":\"" RULE_TEXT "\",\"months\":3}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/rules/previews/{id:i8}",
	    .statement = STMT(rule_preview_get),
	    .permission = "rules.preview",
	    .p = { PATH("id", .example = "@rule_preview") },
	    .summary_vi = "Kết quả chạy thử quy tắc",
	    .summary_en = "A preview and its result" },
};

const struct noun rule_noun = {
	.name = "rule",
	.title_vi = "Quy tắc kiểm tra",
	.title_en = "Rules",
	.route = rule_routes,
	.route_count = sizeof(rule_routes) / sizeof(rule_routes[0]),
};
