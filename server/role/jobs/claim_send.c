/*
 * claim_send: sends the current version of a claim. The attempt is in the database before the first byte
 * leaves; an attempt without a known outcome is sent again under the same MA_LK, which replaces (gateway API
 * §4.5).
 */
#include "server/role/jobs/sending.h"

#include "base/log.h"
#include "base/utf8.h"
#include "server/app/statements.h"
#include "server/loop/metrics.h"

#define NO_GATEWAY_DELAY_S 3600
#define MESSAGE_MAX 300 /* bytes of the gateway's words in the log of a job */

struct sending {
	struct job *job;
	int64_t claim_id;
	struct slice transmission;
	enum gateway_outcome outcome;
	struct slice code, message;
};

void
sending_wait_for_gateway(struct job *j)
{
	job_postpone(j, NO_GATEWAY_DELAY_S, "no gateway is configured");
}

struct slice
sending_text(struct arena *a, struct slice s)
{
	char *clean;
	size_t len = 0;

	if (!s.at)
		return s;
	clean = arena_alloc(a, s.len + 1);
	while (s.len > 0) {
		uint32_t c;
		size_t n = utf8_decode(s, &c);
		if (n == 0 || c == 0) {
			clean[len++] = '?';
			n = 1;
		} else {
			memcpy(clean + len, s.at, n);
			len += n;
		}
		s = slice_skip(s, n);
	}
	return slice_from(clean, len);
}

static void
on_held(struct job *j, const struct pg_batch *b)
{
	const struct sending *s = j->state;

	log_event(LOG_ERROR, "gateway-alarm", "code=%.*s held=%lld", SLICE_ARG(s->code),
	    (long long)job_cell_int(b, JOB_STEP, 0, "count"));
	metric_add(j->jobs->alarm_count, 1);
	job_postpone(
	    j, SENDING_ALARM_DELAY_S, "gateway: %.*s %.*s", SLICE_ARG(s->code), SLICE_ARG(s->message));
}

static void
on_written(struct job *j, const struct pg_batch *b)
{
	const struct sending *s = j->state;

	switch (s->outcome) {
	case GATEWAY_RECEIVED:
		if (slice_eq_text(pg_field(b, JOB_STEP, 0, "state"), "sent"))
			job_retry(j, -1, "the gateway answered with the receipt of another claim");
		else
			job_done(j);
		break;
	case GATEWAY_REFUSED:
		if (slice_eq_text(pg_field(b, JOB_STEP, 0, "state"), "sent"))
			job_retry(j, -1, "refused: %.*s %.*s", SLICE_ARG(s->code), SLICE_ARG(s->message));
		else
			job_done(j); /* the claim says so, with a finding: the job has done its work */
		break;
	case GATEWAY_ALARM: {
		const struct slice value[] = { job_slice_int(j->arena, s->claim_id),
			job_slice_int(j->arena, SENDING_ALARM_DELAY_S) };
		job_query_one(j, PG_WRITE, STMT(claim_send_hold), value, 2, on_held);
		break;
	}
	default:
		job_retry(j, -1, "%s: %.*s %.*s", gateway_outcome_name(s->outcome), SLICE_ARG(s->code),
		    SLICE_ARG(s->message));
	}
}

static void
on_sent(const struct gateway_answer *a, void *arg)
{
	struct sending *s = arg;
	struct job *j = s->job;

	s->outcome = a->outcome;
	s->code = sending_text(j->arena, a->code);
	s->message = utf8_cut(sending_text(j->arena, a->message), MESSAGE_MAX);
	const struct slice value[] = { s->transmission, slice_of(gateway_outcome_name(a->outcome)),
		job_slice_int(j->arena, a->http_status), sending_text(j->arena, a->code),
		sending_text(j->arena, a->transaction), sending_text(j->arena, a->received_at),
		sending_text(j->arena, a->message), sending_text(j->arena, a->raw) };
	job_query_one(j, PG_WRITE, STMT(claim_send_end), value, 8, on_written);
}

static void
on_begun(struct job *j, const struct pg_batch *b)
{
	struct sending *s = j->state;

	if (pg_rows(b, JOB_STEP) == 0) { /* received already, or opened again meanwhile */
		job_done(j);
		return;
	}
	s->transmission = arena_slice(j->arena, pg_field(b, JOB_STEP, 0, "transmission_id"));
	const struct gateway_field field[] = { { "loaiHoSo", SLICE("130") },
		{ "maTinh", pg_field(b, JOB_STEP, 0, "province_code") },
		{ "maCSKCB", pg_field(b, JOB_STEP, 0, "facility_code") },
		{ "fileHSBase64", pg_field(b, JOB_STEP, 0, "envelope") }, { NULL, { NULL, 0 } } };
	gateway_post(j->jobs->gateway, j->arena, arena_slice(j->arena, pg_field(b, JOB_STEP, 0, "username")),
	    "/api/qd130/guiHoSoXmlQD3176", GATEWAY_HEADERS, field, on_sent, s);
}

void
claim_send_job(struct job *j)
{
	struct sending *s = ARENA_NEW(j->arena, struct sending);

	if (!j->jobs->gateway) {
		sending_wait_for_gateway(j);
		return;
	}
	s->job = j;
	s->claim_id = job_number(j, "claim_id");
	j->state = s;
	const struct slice value[] = { job_slice_int(j->arena, s->claim_id) };
	job_query_one(j, PG_WRITE, STMT(claim_send_begin), value, 1, on_begun);
}
