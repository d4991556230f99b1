/* What operators and clients ask about the service itself. */
#include "server/app/app.h"
#include "server/loop/metrics.h"

#define METRICS_MAX (4u << 20)

static void
answer_text(struct app_request *r, int status, const char *type, struct slice body)
{
	r->reply = (struct app_reply){ .status = status, .type = type, .body = body };
	app_finish(r);
}

/* The process runs its loop: nothing else is asked, or a slow database would have it restarted. */
static void
health_live(struct app_request *r)
{
	answer_text(r, 200, "application/json", SLICE("{\"status\":\"live\"}"));
}

static void
health_ready(struct app_request *r)
{
	if (app_is_draining(r->app))
		app_problem(r, "busy.stopping", NULL, NULL);
	else if (!pg_is_ready(app_pool(r->app)))
		app_problem(r, "busy.database", NULL, NULL);
	else
		answer_text(r, 200, "application/json", SLICE("{\"status\":\"ready\"}"));
}

static void
metrics(struct app_request *r)
{
	struct buf b;
	buf_init(&b, METRICS_MAX);
	metrics_write(&b);
	answer_text(r, 200, METRICS_CONTENT_TYPE, buf_slice(&b));
	buf_free(&b);
}

static void
openapi(struct app_request *r)
{
	answer_text(r, 200, "application/json", app_openapi(r->app));
}

static const struct route system_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/health/live",
	    .handler = health_live,
	    .summary_vi = "Tiến trình còn hoạt động",
	    .summary_en = "The process is alive" },
	{ .method = HTTP_GET,
	    .pattern = "/health/ready",
	    .handler = health_ready,
	    .summary_vi = "Sẵn sàng phục vụ",
	    .summary_en = "Requests can be served: the database answers",
	    .text_en = "503 while the database cannot be reached or the service stops." },
	{ .method = HTTP_GET,
	    .pattern = "/metrics",
	    .handler = metrics,
	    .response = RESPONSE_TEXT,
	    .summary_vi = "Số liệu vận hành (Prometheus)",
	    .summary_en = "Metrics of all processes, Prometheus text format 0.0.4" },
	{ .method = HTTP_GET,
	    .pattern = "/openapi.json",
	    .handler = openapi,
	    .summary_vi = "Mô tả giao diện này",
	    .summary_en = "This description" },
};

const struct noun system_noun = {
	.name = "system",
	.title_vi = "Dịch vụ",
	.title_en = "The service itself",
	.route = system_routes,
	.route_count = sizeof(system_routes) / sizeof(system_routes[0]),
};
