/* Reports straight from the detail rows. */
#include "server/app/app.h"
#include "server/app/statements.h"

static const struct route report_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/reports/daily-activity",
	    .statement = STMT(daily_activity),
	    .permission = "report.read",
	    .p = { QUERY("from", PARAM_DATE, .required = true, .example = "2026-08-01",
		       .text_en = "First day of arrival", .text_vi = "Từ ngày vào"),
		QUERY("to", PARAM_DATE, .required = true, .example = "2026-08-31",
		    .text_en = "Last day of arrival, at most 366 days later", .text_vi = "Đến ngày vào"),
		QUERY("facility", PARAM_CODE, .text_en = "Facility code; it and those below are reported",
		    .text_vi = "Mã cơ sở; tính cả các cơ sở trực thuộc"),
		QUERY("format", PARAM_CHOICE, .choices = "json csv", .fallback = "json") },
	    .response = RESPONSE_FORMAT,
	    .summary_vi = "Hoạt động khám chữa bệnh theo ngày",
	    .summary_en =
		"Daily activity: visits, insured or not, in-patients, amounts, by day, kind and facility" },
};

const struct noun report_noun = {
	.name = "report",
	.title_vi = "Báo cáo",
	.title_en = "Reports",
	.route = report_routes,
	.route_count = sizeof(report_routes) / sizeof(report_routes[0]),
};
