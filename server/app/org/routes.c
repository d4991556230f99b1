#include "server/app/app.h"
#include "server/app/statements.h"

#define ON                                                                                                   \
	QUERY("on", PARAM_DATE, .text_vi = "Ngày hiệu lực; mặc định hôm nay",                                \
	    .text_en = "Rows valid on this day; today when absent")

/* Departments, rooms, beds and machines have the same four routes. */
#define PART_ROUTES(part, plural, vi, en, patch_example, create_example)                                     \
	{ .method = HTTP_GET,                                                                                \
		.pattern = "/v1/facilities/{id:i8}/" plural,                                                 \
		.statement = STMT(part##_list),                                                              \
		.permission = "facility.read",                                                               \
		.p = { PATH("id", .example = "@facility"), ON, PAGE },                                       \
		.summary_vi = "Danh sách " vi,                                                               \
		.summary_en = "The " plural " of a facility that are in use on a day",                       \
		.reply_schema = #part "_list" },                                                             \
	    { .method = HTTP_POST,                                                                           \
		    .pattern = "/v1/facilities/{id:i8}/" plural,                                             \
		    .statement = STMT(part##_create),                                                        \
		    .permission = "facility.write",                                                          \
		    .p = { PATH("id", .example = "@facility"), BODY },                                       \
		    .idem = true,                                                                            \
		    .body_max = 16 * 1024,                                                                   \
		    .summary_vi = "Thêm " vi,                                                                \
		    .summary_en = "Add a " en,                                                               \
		    .body_schema = #part "_create",                                                          \
		    .reply_schema = #part,                                                                   \
		    .example = create_example },                                                             \
	    { .method = HTTP_GET,                                                                            \
		    .pattern = "/v1/" plural "/{id:i8}",                                                     \
		    .statement = STMT(part##_get),                                                           \
		    .permission = "facility.read",                                                           \
		    .p = { PATH("id", .example = "@" #part) },                                               \
		    .summary_vi = "Xem " vi,                                                                 \
		    .summary_en = "One " en,                                                                 \
		    .reply_schema = #part },                                                                 \
	{                                                                                                    \
		.method = HTTP_PATCH, .pattern = "/v1/" plural "/{id:i8}", .statement = STMT(part##_patch),  \
		.permission = "facility.write", .p = { PATH("id", .example = "@" #part), IF_MATCH, BODY },   \
		.body_max = 16 * 1024, .summary_vi = "Sửa " vi, .summary_en = "Change or end a " en,         \
		.body_schema = #part "_patch", .reply_schema = #part, .example = patch_example               \
	}

static const struct route org_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/facilities",
	    .statement = STMT(facility_list),
	    .permission = "facility.read",
	    .p = { QUERY("scope", PARAM_CHOICE, .choices = "mine tenant", .fallback = "mine",
		       .text_vi = "mine: trong phạm vi của mình; tenant: cả đơn vị",
		       .text_en = "mine: where you have the right; tenant: all, for referrals"),
		ON, PAGE },
	    .summary_vi = "Cây cơ sở",
	    .summary_en = "The tree of facilities as a list with parent_id and depth",
	    .reply_schema = "facility_list" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/facilities",
	    .statement = STMT(facility_create),
	    .permission = "facility.write",
	    .p = { BODY },
	    .idem = true,
	    .body_max = 16 * 1024,
	    .summary_vi = "Thêm cơ sở",
	    .summary_en = "Add a facility below one of yours",
	    .body_schema = "facility_create",
	    .reply_schema = "facility",
	    .example = "{\"code\":\"66987\",\"name\":\"Trạm y tế xã Hòa "
		       "Bình\",\"kind\":\"station\",\"level\":\"initial\","
		       "\"parent_id\":\"@facility\"}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/facilities/{id:i8}",
	    .statement = STMT(facility_get),
	    .permission = "facility.read",
	    .p = { PATH("id", .example = "@facility") },
	    .summary_vi = "Xem cơ sở",
	    .summary_en = "One facility of the tenant",
	    .reply_schema = "facility" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/facilities/{id:i8}",
	    .statement = STMT(facility_patch),
	    .permission = "facility.write",
	    .p = { PATH("id", .example = "@facility"), IF_MATCH, BODY },
	    .body_max = 16 * 1024,
	    .summary_vi = "Sửa cơ sở",
	    .summary_en = "Change a facility, its place in the tree, or end it",
	    .body_schema = "facility_patch",
	    .reply_schema = "facility",
	    .example = "{\"address\":\"01 Phan Chu Trinh\"}" },
	PART_ROUTES(department, "departments", "khoa", "department",
	    "{\"name\":\"Khoa Khám bệnh - Cấp cứu\"}",
	    "{\"code\":\"K11\",\"name\":\"Khoa Truyền "
	    "nhiễm\",\"kind\":\"clinical\",\"valid_from\":\"2026-01-01\"}"),
	PART_ROUTES(room, "rooms", "phòng", "room", "{\"name\":\"Phòng khám 2\"}",
	    "{\"department_id\":\"@department\",\"code\":\"P987\",\"name\":\"Phòng khám Nội\"}"),
	PART_ROUTES(bed, "beds", "giường", "bed", "{\"valid_to\":\"2099-12-31\"}",
	    "{\"department_id\":\"@department\",\"code\":\"H987\"}"),
	PART_ROUTES(machine, "machines", "máy", "machine", "{\"name\":\"Máy xét nghiệm sinh hoá\"}",
	    "{\"code\":\"SH.1.66001.987\",\"name\":\"Máy sinh hoá\",\"group_code\":\"SH\"}"),
	{ .method = HTTP_GET,
	    .pattern = "/v1/staff",
	    .statement = STMT(staff_list),
	    .permission = "staff.read",
	    .p = { QUERY("q", PARAM_TEXT, .max = 100, .text_vi = "Họ tên hoặc đầu số chứng chỉ",
		       .text_en = "Words of the name, or beginning of the licence number"),
		QUERY("facility", PARAM_I8, .text_vi = "Làm việc tại cơ sở",
		    .text_en = "Who works at this facility (id)"),
		QUERY("title", PARAM_CHOICE,
		    .choices = "doctor assistant_doctor nurse midwife technician pharmacist clerk"),
		ON, PAGE },
	    .tag = "staff",
	    .summary_vi = "Nhân viên",
	    .summary_en = "People who work here",
	    .reply_schema = "staff_list" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/staff",
	    .statement = STMT(staff_create),
	    .permission = "staff.write",
	    .p = { BODY },
	    .idem = true,
	    .body_max = 64 * 1024,
	    .tag = "staff",
	    .summary_vi = "Thêm nhân viên",
	    .summary_en = "Add a person with licence, scopes and posts",
	    .body_schema = "staff_create",
	    .reply_schema = "staff",
	    .example =
		"{\"code\":\"099987/DL-CCHN\",\"full_name\":\"Trần Thị "
		"Bình\",\"title\":\"doctor\",\"scopes\":[\"101\"],"
		"\"posts\":[{\"department_id\":\"@department\",\"hours\":\"2-6:0700-1130,1330-1700\"}]}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/staff/{id:i8}",
	    .statement = STMT(staff_get),
	    .permission = "staff.read",
	    .p = { PATH("id", .example = "@staff") },
	    .tag = "staff",
	    .summary_vi = "Xem nhân viên",
	    .summary_en = "One person",
	    .reply_schema = "staff" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/staff/{id:i8}",
	    .statement = STMT(staff_patch),
	    .permission = "staff.write",
	    .p = { PATH("id", .example = "@staff"), IF_MATCH, BODY },
	    .body_max = 16 * 1024,
	    .tag = "staff",
	    .summary_vi = "Sửa nhân viên",
	    .summary_en = "Change a person",
	    .body_schema = "staff_patch",
	    .reply_schema = "staff",
	    .example = "{\"full_name\":\"Trần Thị Thanh Bình\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/staff/{id:i8}/posts",
	    .statement = STMT(staff_post_create),
	    .permission = "staff.write",
	    .p = { PATH("id", .example = "@staff"), BODY },
	    .idem = true,
	    .body_max = 4096,
	    .tag = "staff",
	    .summary_vi = "Thêm nơi làm việc",
	    .summary_en = "Say where else a person works",
	    .body_schema = "staff_post_create",
	    .reply_schema = "staff_post",
	    .example = "{\"department_id\":\"@department\",\"valid_from\":\"2095-01-01\"}" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/staff/{id:i8}/posts/{post_id:i8}",
	    .statement = STMT(staff_post_patch),
	    .permission = "staff.write",
	    .p = { PATH("id", .example = "@staff"), PATH("post_id", .example = "@staff_post"), IF_MATCH,
		BODY },
	    .body_max = 4096,
	    .tag = "staff",
	    .summary_vi = "Sửa hoặc kết thúc nơi làm việc",
	    .summary_en = "Change or end a post",
	    .body_schema = "staff_post_patch",
	    .reply_schema = "staff_post",
	    .example = "{\"valid_to\":\"2099-12-31\"}" },
};

const struct noun org_noun = {
	.name = "org",
	.title_vi = "Tổ chức",
	.title_en = "Facilities and staff",
	.route = org_routes,
	.route_count = sizeof(org_routes) / sizeof(org_routes[0]),
};
