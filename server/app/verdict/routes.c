/* The verdict of the rules on a visit, and what they find over a month. */
#include "server/app/statements.h"
#include "server/app/verdict/verdict.h"

#define VISIT PATH("id", .example = "@insured_visit")

static const struct route verdict_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/visits/{id:i8}/verdict",
	    .handler = verdict_get,
	    .permission = "visit.read",
	    .p = { VISIT },
	    .reply_schema = "verdict",
	    .summary_vi = "Kiểm tra hồ sơ của lượt khám ngay lúc này",
	    .summary_en = "What the rules find in the visit's claim as it stands",
	    .text_en = "Findings name the rule, the claim row and the visit's own charge, order, result or "
		       "note. What an open "
		       "visit will only have at its end is pending, not critical. Without insurance there is "
		       "no claim: "
		       "insured is false." },
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits/{id:i8}/verdict",
	    .handler = verdict_what_if,
	    .permission = "visit.read",
	    .p = { PATH("id", .example = "@draft_visit"), BODY },
	    .reads = true,
	    .status = 200,
	    .body_max = 256 * 1024,
	    .body_schema = "visit_draft",
	    .reply_schema = "verdict",
	    .summary_vi = "Thử: nếu thêm các dòng này thì sao (không lưu)",
	    .summary_en = "What if these lines were added: priced and judged, nothing is saved",
	    .text_en =
		"Lines are given as in POST /v1/visits; whoever may read the visit may ask. A main "
		"diagnosis takes the place of the one there is. The answer is the verdict, and the lines "
		"with their "
		"shares. Receipt and queue numbers are not used up.",
	    .example = "{\"orders\":[{\"code\":\"@service_code\"}],\"prescriptions\":[{\"lines\":[{\"code\":"
		       "\"@drug_code\","
		       "\"dose\":1,\"times_per_day\":2,\"days\":5}]}]}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/claims/findings",
	    .statement = STMT(finding_report),
	    .permission = "claim.read",
	    .p = { QUERY("month", PARAM_MONTH, .required = true, .example = "2026-11",
		       .text_en = "Settlement month: month of discharge", .text_vi = "Tháng quyết toán"),
		QUERY("facility", PARAM_CODE, .text_en = "Facility code; it and those below",
		    .text_vi = "Mã cơ sở; tính cả các cơ sở trực thuộc"),
		QUERY("by", PARAM_CHOICE, .choices = "rule department practitioner", .fallback = "rule",
		    .text_en = "What the list adds up by", .text_vi = "Cộng theo"),
		QUERY("practitioner", PARAM_TEXT, .max = 255,
		    .text_en = "Licence code: the findings of this practitioner one by one",
		    .text_vi = "Mã người hành nghề: từng lỗi của người này"),
		QUERY("rule", PARAM_CODE, .text_en = "Findings of this rule one by one",
		    .text_vi = "Từng lỗi của quy tắc này"),
		QUERY("state", PARAM_CHOICE, .choices = "open shadow", .fallback = "open",
		    .text_en = "Findings that count, or those of shadow rules",
		    .text_vi = "Lỗi có hiệu lực, hoặc lỗi chạy thử"),
		PAGE },
	    .reply_schema = "finding_report",
	    .summary_vi = "Lỗi của một tháng theo quy tắc, khoa, người hành nghề",
	    .summary_en = "Findings of a month by rule, department or practitioner with amounts, costliest "
			  "first; or one by one",
	    .text_en = "Without practitioner and rule the answer adds up; with one of them it lists the "
		       "findings, paged." },
};

static const struct app_followup verdict_followups[] = {
	{ "verdict", verdict_followup },
};

const struct noun verdict_noun = {
	.name = "verdict",
	.title_vi = "Kiểm tra hồ sơ",
	.title_en = "Verdicts of the rules",
	.route = verdict_routes,
	.route_count = sizeof(verdict_routes) / sizeof(verdict_routes[0]),
	.followup = verdict_followups,
	.followup_count = sizeof(verdict_followups) / sizeof(verdict_followups[0]),
};
