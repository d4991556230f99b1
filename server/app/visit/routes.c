/* Visits and what is inside them. */
#include "server/app/visit/visit.h"

#include "server/app/bill/pricing.h"
#include "server/app/statements.h"

#define VISIT PATH("id", .example = "@visit")
#define SMALL (16 * 1024)
#define LARGE (256 * 1024)

/* A POST below a visit that adds one thing. */
#define ADD(pattern_, statement_, permission_, vi, en, example_)                                             \
	{                                                                                                    \
		.method = HTTP_POST, .pattern = "/v1/visits/{id:i8}/" pattern_,                              \
		.statement = STMT(statement_), .permission = permission_, .p = { VISIT, BODY },              \
		.idem = true, .body_max = LARGE, .summary_vi = vi, .summary_en = en, .example = example_     \
	}

static const struct route visit_routes[] = {
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits",
	    .statement = STMT(visit_open),
	    .more = pricing_share,
	    .later = STMT(charge_opened),
	    .permission = "visit.open",
	    .p = { BODY },
	    .idem = true,
	    .body_max = LARGE,
	    .summary_vi = "Tiếp đón: mở lượt khám",
	    .summary_en = "Open a visit, with vitals, diagnoses, orders, prescriptions and supplies when "
			  "they are known",
	    .text_en =
		"Without coverage_id the card in force on the day is taken. Lines need the permission of "
		"their own routes. queue_number counts from 1 per room and day.",
	    .example = "{\"patient_id\":\"@clinic_patient\",\"kind_code\":\"01\",\"object_code\":\"1.1\","
		       "\"department_id\":\"@department\",\"room_id\":\"@room\",\"practitioner_id\":\"@"
		       "practitioner\","
		       "\"reason\":\"Sốt, ho 2 ngày\",\"priority\":\"normal\"}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/visits",
	    .statement = STMT(visit_list),
	    .permission = "visit.read",
	    .p = { QUERY("date", PARAM_DATE, .text_en = "Day of arrival; today when absent",
		       .text_vi = "Ngày vào; mặc định hôm nay"),
		QUERY("status", PARAM_CHOICE, .choices = "arrived in_exam admitted done closed"),
		QUERY("room", PARAM_I8, .text_en = "Room id", .text_vi = "Mã phòng"), PAGE },
	    .summary_vi = "Danh sách lượt khám trong ngày",
	    .summary_en = "Visits of a day at your facility, in the order they were opened" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/visits/{id:i8}",
	    .statement = STMT(visit_get),
	    .permission = "visit.read",
	    .p = { VISIT },
	    .summary_vi = "Xem lượt khám với mọi nội dung",
	    .summary_en = "One visit with everything in it" },
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/visits/{id:i8}",
	    .statement = STMT(visit_patch),
	    .permission = "visit.write",
	    .p = { VISIT, IF_MATCH, BODY },
	    .body_max = SMALL,
	    .summary_vi = "Sửa lượt khám",
	    .summary_en = "Change a visit; a change of card, object or kind prices it anew",
	    .example = "{\"status\":\"in_exam\",\"weight_kg\":54.5}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits/{id:i8}/close",
	    .statement = STMT(visit_close),
	    .permission = "visit.close",
	    .p = { VISIT, BODY },
	    .idem = true,
	    .status = 200,
	    .body_max = SMALL,
	    .summary_vi = "Ra viện và đóng lượt khám",
	    .summary_en = "Discharge and close: prices the visit with its bed days and drafts its claim",
	    .text_en = "422 visit.not_ready lists everything that is missing. 422 visit.critical_findings "
		       "lists what "
		       "the rules found wrong in the claim and leaves the visit as it was; it is closed all "
		       "the same "
		       "with {\"override\":{\"reason\":…}} from somebody with the permission visit.override.",
	    .example = "{\"result_code\":\"1\",\"outcome_code\":\"1\",\"remark\":\"Tái khám khi cần\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits/{id:i8}/reopen",
	    .statement = STMT(visit_reopen),
	    .permission = "visit.reopen",
	    .p = { PATH("id", .example = "@closed_visit"), BODY },
	    .idem = true,
	    .status = 200,
	    .body_max = SMALL,
	    .summary_vi = "Mở lại lượt khám đã đóng",
	    .summary_en = "Reopen a closed visit whose claim is not under way",
	    .example = "{\"reason\":\"Bổ sung kết quả xét nghiệm\"}" },
	ADD("vitals", vitals_add, "clinical.write", "Ghi dấu hiệu sinh tồn", "Add vital signs",
	    "{\"pulse\":82,\"temperature\":37.8,\"systolic\":120,\"diastolic\":80,\"spo2\":98,\"weight_kg\":"
	    "54.5}"),
	{ .method = HTTP_GET,
	    .pattern = "/v1/visits/{id:i8}/diagnoses",
	    .statement = STMT(diagnosis_list),
	    .permission = "clinical.read",
	    .p = { VISIT },
	    .summary_vi = "Chẩn đoán của lượt khám",
	    .summary_en = "Diagnoses with their names" },
	ADD("diagnoses", diagnosis_add, "clinical.write", "Ghi chẩn đoán",
	    "Add a diagnosis (ICD-10, or traditional)", "{\"role\":\"secondary\",\"icd_code\":\"J02.9\"}"),
	{ .method = HTTP_DELETE,
	    .pattern = "/v1/visits/{id:i8}/diagnoses/{diagnosis_id:i8}",
	    .statement = STMT(diagnosis_remove),
	    .permission = "clinical.write",
	    .p = { VISIT, PATH("diagnosis_id", .example = "@diagnosis") },
	    .status = 204,
	    .summary_vi = "Bỏ một chẩn đoán",
	    .summary_en = "Take a diagnosis off" },
	ADD("orders", order_add, "order.write", "Chỉ định dịch vụ",
	    "Order a service; with status done it is charged",
	    "{\"code\":\"@service_code\",\"quantity\":1,\"note\":\"Sốt\"}"),
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/visits/{id:i8}/orders/{order_id:i8}",
	    .statement = STMT(order_patch),
	    .permission = "order.perform",
	    .p = { VISIT, PATH("order_id", .example = "@order"), IF_MATCH, BODY },
	    .body_max = SMALL,
	    .summary_vi = "Tiếp nhận, thực hiện hoặc huỷ chỉ định",
	    .summary_en =
		"Accept, perform or cancel an order: done charges it, cancelled takes the charge back",
	    .example = "{\"status\":\"done\",\"performer_ids\":[\"@practitioner\"]}" },
	ADD("results", result_add, "result.write", "Trả kết quả",
	    "Results of an order; replaces_id corrects an earlier one",
	    "{\"order_id\":\"@order\",\"read_by_id\":\"@practitioner\",\"items\":[{\"indicator_name\":"
	    "\"WBC\","
	    "\"value\":\"7.2\",\"unit\":\"G/L\"}]}"),
	ADD("prescriptions", prescription_add, "prescription.write", "Kê đơn thuốc",
	    "Write a prescription; its drugs are charged at once",
	    "{\"lines\":[{\"code\":\"@drug_code\",\"dose\":1,\"times_per_day\":2,\"days\":5,"
	    "\"usage_text\":\"Uống sau ăn\"}]}"),
	{ .method = HTTP_PATCH,
	    .pattern = "/v1/visits/{id:i8}/prescriptions/{prescription_id:i8}",
	    .statement = STMT(prescription_patch),
	    .permission = "prescription.dispense",
	    .p = { VISIT, PATH("prescription_id", .example = "@prescription"), IF_MATCH, BODY },
	    .body_max = SMALL,
	    .summary_vi = "Cấp phát hoặc huỷ đơn thuốc",
	    .summary_en = "Dispense or cancel a prescription; cancelling takes its charges back",
	    .example = "{\"status\":\"done\"}" },
	ADD("supplies", supply_add, "order.perform", "Ghi vật tư đã dùng",
	    "Record a supply that was used; it is charged", "{\"code\":\"@supply_code\",\"quantity\":2}"),
	{ .method = HTTP_DELETE,
	    .pattern = "/v1/visits/{id:i8}/supplies/{supply_id:i8}",
	    .statement = STMT(supply_remove),
	    .permission = "order.perform",
	    .p = { VISIT, PATH("supply_id", .example = "@supply") },
	    .status = 204,
	    .summary_vi = "Bỏ vật tư ghi nhầm",
	    .summary_en = "Take back a supply entered by mistake" },
	ADD("transports", transport_add, "order.perform", "Ghi vận chuyển người bệnh",
	    "Record a journey to another facility; it is charged by the litre of fuel, once per vehicle and "
	    "departure",
	    "{\"code\":\"@fuel_code\",\"km\":60,\"own_vehicle\":true,\"vehicle_no\":\"@plate\","
	    "\"to_code\":\"66005\"}"),
	{ .method = HTTP_DELETE,
	    .pattern = "/v1/visits/{id:i8}/transports/{transport_id:i8}",
	    .statement = STMT(transport_remove),
	    .permission = "order.perform",
	    .p = { VISIT, PATH("transport_id", .example = "@transport") },
	    .status = 204,
	    .summary_vi = "Bỏ chuyến vận chuyển ghi nhầm",
	    .summary_en = "Take back a journey entered by mistake" },
	ADD("notes", note_add, "clinical.write", "Ghi diễn biến bệnh", "Add a progress note",
	    "{\"progress\":\"Tỉnh, tiếp xúc tốt. Bụng mềm.\"}"),
	ADD("movements", movement_add, "clinical.write", "Chuyển khoa, xếp giường",
	    "Move the patient to a department and bed; the first move of an in-patient visit admits",
	    "{\"department_id\":\"@department\"}"),
};

static const struct app_followup visit_followups[] = {
	{ "close", visit_close_followup },
};

const struct noun visit_noun = {
	.name = "visit",
	.title_vi = "Lượt khám",
	.title_en = "Visits",
	.route = visit_routes,
	.route_count = sizeof(visit_routes) / sizeof(visit_routes[0]),
	.followup = visit_followups,
	.followup_count = sizeof(visit_followups) / sizeof(visit_followups[0]),
};
