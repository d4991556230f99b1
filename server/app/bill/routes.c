/* What a visit costs, who pays which part and why; payments, deposits, refunds, receipts. */
#include "server/app/app.h"
#include "server/app/bill/pricing.h"
#include "server/app/statements.h"

#define VISIT PATH("id", .example = "@visit")
#define SMALL (16 * 1024)

static const struct route bill_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/visits/{id:i8}/bill",
	    .statement = STMT(bill_get),
	    .permission = "bill.read",
	    .p = { VISIT },
	    .summary_vi = "Bảng kê chi phí, phần quỹ và người bệnh trả, kèm lý do",
	    .summary_en = "The bill: every line's shares and the rules that decided them",
	    .text_en =
		"Priced anew when a line changed since. 409 bill.not_priceable says what the rules miss." },
	{ .method = HTTP_PUT,
	    .pattern = "/v1/visits/{id:i8}/charges/{charge_id:i8}/support",
	    .statement = STMT(charge_support),
	    .permission = "bill.write",
	    .p = { VISIT, PATH("charge_id", .example = "@charge"), BODY },
	    .unconditional = true,
	    .body_max = SMALL,
	    .summary_vi = "Ghi nguồn khác chi trả cho một khoản",
	    .summary_en = "Money from other sources for one line (T_NGUONKHAC)",
	    .example = "{\"mode\":\"individual\",\"domestic\":1000}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits/{id:i8}/payments",
	    .statement = STMT(payment_add),
	    .permission = "payment.write",
	    .p = { VISIT, BODY },
	    .idem = true,
	    .body_max = SMALL,
	    .summary_vi = "Thu tiền",
	    .summary_en = "Take a payment; at most what is due, once per settlement key",
	    .example = "{\"amount\":1000,\"method\":\"cash\",\"settlement_key\":\"@unique\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits/{id:i8}/deposits",
	    .statement = STMT(deposit_add),
	    .permission = "payment.write",
	    .p = { VISIT, BODY },
	    .idem = true,
	    .body_max = SMALL,
	    .summary_vi = "Thu tạm ứng",
	    .summary_en = "Take a deposit; used when the visit is closed",
	    .example = "{\"amount\":500000,\"method\":\"cash\",\"settlement_key\":\"@unique\"}" },
	{ .method = HTTP_POST,
	    .pattern = "/v1/visits/{id:i8}/payments/{payment_id:i8}/refunds",
	    .statement = STMT(refund_add),
	    .permission = "payment.refund",
	    .p = { VISIT, PATH("payment_id", .example = "@payment"), BODY },
	    .idem = true,
	    .body_max = SMALL,
	    .summary_vi = "Hoàn tiền",
	    .summary_en = "Give back a payment or deposit, or part of it",
	    .example = "{\"method\":\"cash\",\"reason\":\"Thu "
		       "nhầm\",\"amount\":100,\"settlement_key\":\"@unique\"}" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/visits/{id:i8}/receipts",
	    .statement = STMT(receipt_list),
	    .permission = "payment.read",
	    .p = { VISIT },
	    .summary_vi = "Biên lai của lượt khám",
	    .summary_en = "Receipts of a visit" },
};

static const struct app_followup bill_followups[] = {
	{ "price", pricing_followup },
	{ "share", pricing_followup },
	{ "priced", pricing_done_followup },
	{ "price_bill", pricing_bill_followup },
};

const struct noun bill_noun = {
	.name = "bill",
	.title_vi = "Viện phí",
	.title_en = "Bills and payments",
	.route = bill_routes,
	.route_count = sizeof(bill_routes) / sizeof(bill_routes[0]),
	.followup = bill_followups,
	.followup_count = sizeof(bill_followups) / sizeof(bill_followups[0]),
};
