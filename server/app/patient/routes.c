#include "server/app/app.h"
#include "server/app/statements.h"

static const struct route patient_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/patients",
	    .statement = STMT(patient_search),
	    .permission = "patient.read",
	    .p = { QUERY("q", PARAM_TEXT, .required = true, .max = 200, .example = "nguyen hai 1980",
		       .text_vi =
			   "Họ tên (có dấu hoặc không, theo thứ tự bất kỳ), ngày sinh, số định danh, mã thẻ, "
			   "điện thoại, mã người bệnh",
		       .text_en =
			   "Name (with or without diacritics, in any order, the last word may be cut short), "
			   "birth date (dd/MM/yyyy, MM/yyyy, yyyy), citizen id, card, telephone, patient "
			   "code"),
		PAGE },
	    .summary_vi = "Tìm người bệnh",
	    .summary_en = "Find patients, best match first, then the newest",
	    .reply_schema = "patient_list" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/patients",
	    .statement = STMT(patient_create),
	    .permission = "patient.write",
	    .p = { BODY },
	    .idem = true,
	    .body_max = 64 * 1024,
	    .summary_vi = "Đăng ký người bệnh",
	    .summary_en = "Register a patient",
	    .text_en = "A citizen id of another patient is refused (patient.citizen_id_taken). The same "
		       "words of the "
		       "name with a birth date that may be the same are refused with the candidates' ids "
		       "(patient.possible_duplicate) until `accept_duplicate` says that somebody has looked.",
	    .body_schema = "patient_create",
	    .reply_schema = "patient",
	    .example = "{\"full_name\":\"Nguyễn Văn "
		       "Hải\",\"born_on\":\"1980-05-02\",\"sex\":\"1\",\"phone\":\"0912 345 678\","
		       "\"address\":\"12 Lê "
		       "Duẩn\",\"province_code\":\"66\",\"commune_code\":\"24133\",\"coverages\":["
		       "{\"card_no\":\"GD 4 66 "
		       "9990000001\",\"registered_code\":\"66001\",\"valid_from\":\"2026-01-01\","
		       "\"valid_to\":\"2026-12-31\"}],\"accept_duplicate\":true}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/patients/{id:i8}",
	    .statement = STMT(patient_get),
	    .permission = "patient.read",
	    .p = { PATH("id", .example = "@patient") },
	    .summary_vi = "Xem hồ sơ người bệnh",
	    .summary_en = "One patient; a merged id gives the record it was merged into",
	    .reply_schema = "patient" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/patients/{id:i8}",
	    .statement = STMT(patient_patch),
	    .permission = "patient.write",
	    .p = { PATH("id", .example = "@patient"), IF_MATCH, BODY },
	    .body_max = 64 * 1024,
	    .summary_vi = "Sửa hồ sơ người bệnh",
	    .summary_en = "Change a patient; null clears a member",
	    .body_schema = "patient_patch",
	    .reply_schema = "patient",
	    .example = "{\"phone\":\"+84 912 345 679\",\"occupation_code\":\"61\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/patients/{id:i8}/merge",
	    .statement = STMT(patient_merge),
	    .permission = "patient.merge",
	    .p = { PATH("id", .example = "@patient"), BODY },
	    .idem = true,
	    .body_max = 4096,
	    .status = 200,
	    .summary_vi = "Gộp hồ sơ trùng",
	    .summary_en = "Merge another record of the same person into this one",
	    .text_en =
		"Nothing is rewritten: the merged id stands for this patient from now on, until an unmerge.",
	    .body_schema = "patient_merge",
	    .reply_schema = "patient",
	    .example = "{\"merged_id\":\"@patient_twin\",\"reason\":\"Đăng ký hai lần\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/patients/{id:i8}/unmerge",
	    .statement = STMT(patient_unmerge),
	    .permission = "patient.merge",
	    .p = { PATH("id", .example = "@patient"), BODY },
	    .idem = true,
	    .body_max = 4096,
	    .status = 200,
	    .summary_vi = "Huỷ gộp hồ sơ",
	    .summary_en = "Undo a merge",
	    .body_schema = "patient_unmerge",
	    .reply_schema = "patient",
	    .example = "{\"merged_id\":\"@patient_merged\",\"reason\":\"Hai người khác nhau\"}" },
};

const struct noun patient_noun = {
	.name = "patient",
	.title_vi = "Người bệnh",
	.title_en = "Patients",
	.route = patient_routes,
	.route_count = sizeof(patient_routes) / sizeof(patient_routes[0]),
};
