/*
 * check_in_send: tells the fund that a person is being seen (XML0), after the first cost. Informational: it
 * never holds anything up, and after the last try it is left (gateway API §4.2).
 */
#include "base/utf8.h"
#include "claims/assemble/assemble.h"
#include "claims/signature.h"
#include "claims/xml.h"
#include "server/app/statements.h"
#include "server/role/jobs/sending.h"
#include "server/role/jobs/signer_client.h"

#define EMERGENCY "2" /* MA_DOITUONG_KCB: needs no check-in */
#define NO_SIGNER_DELAY_S 3600
#define COLUMNS_MAX 64
#define FILE_MAX ((size_t)1024 * 1024)

struct check_in {
	struct job *job;
	int64_t id;
	struct slice certificate, transmission, message;
	struct claim_signature_task task;
	enum gateway_outcome outcome;
	struct slice code;
};

static void
check_in_leave(struct job *j, job_next *next)
{
	const struct slice value[] = { job_slice_int(j->arena, job_number(j, "check_in_id")) };

	job_query_one(j, PG_WRITE, STMT(check_in_give_up), value, 1, next);
}

static void
on_left(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_done(j);
}

static void
on_failed(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_end_failure(j);
}

void
check_in_given_up(struct job *j)
{
	check_in_leave(j, on_failed);
}

/* ---- sending ---- */

static void
on_written(struct job *j, const struct pg_batch *b)
{
	const struct check_in *i = j->state;

	(void)b;
	if (i->outcome == GATEWAY_RECEIVED || i->outcome == GATEWAY_REFUSED)
		job_done(j);
	else
		job_retry(j, i->outcome == GATEWAY_ALARM ? SENDING_ALARM_DELAY_S : -1, "%s: %.*s %.*s",
		    gateway_outcome_name(i->outcome), SLICE_ARG(i->code), SLICE_ARG(i->message));
}

static void
on_sent(const struct gateway_answer *a, void *arg)
{
	struct check_in *i = arg;
	struct job *j = i->job;

	i->outcome = a->outcome;
	i->code = sending_text(j->arena, a->code);
	i->message = utf8_cut(sending_text(j->arena, a->message), 300);
	const struct slice value[] = { i->transmission, slice_of(gateway_outcome_name(a->outcome)),
		job_slice_int(j->arena, a->http_status), i->code, sending_text(j->arena, a->transaction),
		sending_text(j->arena, a->message), sending_text(j->arena, a->raw) };
	job_query_one(j, PG_WRITE, STMT(check_in_end), value, 7, on_written);
}

static void
on_begun(struct job *j, const struct pg_batch *b)
{
	struct check_in *i = j->state;
	struct buf base64;

	if (pg_rows(b, JOB_STEP) == 0) {
		job_done(j);
		return;
	}
	i->transmission = arena_slice(j->arena, pg_field(b, JOB_STEP, 0, "transmission_id"));
	buf_init(&base64, 2 * FILE_MAX);
	buf_add_base64(&base64, buf_slice(&j->file));
	const struct gateway_field field[] = { { "loaiHoSo", SLICE("0") },
		{ "maTinh", pg_field(b, JOB_STEP, 0, "province_code") },
		{ "maCSKCB", pg_field(b, JOB_STEP, 0, "facility_code") },
		{ "fileHSBase64", buf_slice(&base64) }, { NULL, { NULL, 0 } } };
	gateway_post(j->jobs->gateway, j->arena, arena_slice(j->arena, pg_field(b, JOB_STEP, 0, "username")),
	    "/api/qd130/checkInKcbQd3176", GATEWAY_HEADERS, field, on_sent, i);
	buf_free(&base64);
}

/* ---- signing ---- */

static void
on_signature(struct slice bytes, const struct err *e, void *arg)
{
	struct check_in *i = arg;
	struct job *j = i->job;
	struct err bad = { 0 };

	if (e->code != ERR_NONE) {
		job_retry(j, -1, "%s: %s", e->field, e->detail);
		return;
	}
	if (claim_signature_finish(buf_slice(&j->text), &i->task, bytes, i->certificate, &j->file, &bad) <
	    0) {
		job_fail(j, "%s: %s", bad.field, bad.detail);
		return;
	}
	const struct slice value[] = { job_slice_int(j->arena, i->id) };
	job_query_one(j, PG_WRITE, STMT(check_in_begin), value, 1, on_begun);
}

static void
on_certificate(struct slice bytes, const struct err *e, void *arg)
{
	struct check_in *i = arg;
	struct job *j = i->job;

	if (e->code == ERR_NOT_FOUND) {
		job_postpone(j, NO_SIGNER_DELAY_S, "the signer has no key of this tenant");
		return;
	}
	if (e->code != ERR_NONE) {
		job_retry(j, -1, "%s: %s", e->field, e->detail);
		return;
	}
	i->certificate = arena_slice(j->arena, bytes);
	signer_client_sign(j->jobs->signer, j->tenant_code, i->task.digest, on_signature, i);
}

/* ---- building ---- */

/* The check-in file of row 0 into j->text. */
static int
check_in_build(struct job *j, const struct pg_batch *b, struct err *e)
{
	const char *name[COLUMNS_MAX];
	struct slice cell[COLUMNS_MAX];
	unsigned columns = pg_columns(b, JOB_STEP);
	struct claim_document *d = claim_document_new(j->arena);
	struct claim_writer *w;
	struct claim_mapping m;
	int bad;

	if (columns > COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, "XML0", "too many columns");
	for (unsigned i = 0; i < columns; i++) {
		name[i] = pg_column_name(b, JOB_STEP, i);
		cell[i] = pg_cell(b, JOB_STEP, 0, i);
	}
	bad = claim_mapping_make(j->arena, CLAIM_XML0, name, columns, &m, e);
	if (bad == 0)
		bad = claim_mapping_add(&m, d, cell, e);
	if (bad < 0)
		return bad;
	claim_set_number(claim_row_at(d, CLAIM_XML0, 0), XML0_STT, 1);
	w = claim_writer_new(&j->text, NULL);
	bad = claim_write_checkin(w, d, e);
	claim_writer_free(w);
	return bad;
}

static void
on_row(struct job *j, const struct pg_batch *b)
{
	struct check_in *i = j->state;
	struct err e = { 0 };

	if (pg_rows(b, JOB_STEP) == 0) {
		job_done(j);
		return;
	}
	if (slice_eq_text(pg_field(b, JOB_STEP, 0, "ma_doituong_kcb"), EMERGENCY)) {
		check_in_leave(j, on_left);
		return;
	}
	if (check_in_build(j, b, &e) < 0 ||
	    claim_signature_prepare_written(buf_slice(&j->text), &i->task, &e) < 0) {
		job_fail(j, "%s: %s", e.field, e.detail);
		return;
	}
	signer_client_certificate(j->jobs->signer, j->tenant_code, on_certificate, i);
}

void
check_in_job(struct job *j)
{
	struct check_in *i = ARENA_NEW(j->arena, struct check_in);

	if (!j->jobs->gateway) {
		sending_wait_for_gateway(j);
		return;
	}
	if (!j->jobs->signer) {
		job_postpone(j, NO_SIGNER_DELAY_S, "no signer is configured");
		return;
	}
	i->job = j;
	i->id = job_number(j, "check_in_id");
	j->state = i;
	buf_init(&j->text, FILE_MAX);
	buf_init(&j->file, FILE_MAX);
	const struct slice value[] = { job_slice_int(j->arena, i->id) };
	job_query_one(j, PG_READ, STMT(check_in_row), value, 1, on_row);
}
