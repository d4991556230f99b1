/*
 * reconcile: closed = sent = received, per facility and day, with the differences; and the gateway's own list
 * of the day, when it can be read (responses §5). Payload: {facility_id, day}, or {} for all facilities and
 * yesterday and today.
 */
#include "base/buf.h"
#include "base/decimal.h"
#include "base/time.h"
#include "server/app/statements.h"
#include "server/role/jobs/sending.h"

#define LIST_MAX ((size_t)64 * 1024 * 1024)

struct target {
	struct slice facility_id, facility_code, username, day;
};

struct reconcile {
	struct job *job;
	struct target *target;
	size_t count, at;
};

static void reconcile_next(struct reconcile *r);

static void
on_reconciled(struct job *j, const struct pg_batch *b)
{
	struct reconcile *r = j->state;

	(void)b;
	job_hold(j);
	r->at++;
	reconcile_next(r);
}

/* gateway: JSON, or absent when it was not asked or did not say. */
static void
reconcile_store(struct reconcile *r, struct slice gateway)
{
	const struct target *t = &r->target[r->at];
	const struct slice value[] = { t->facility_id, t->day, gateway };

	job_query_one(r->job, PG_WRITE, STMT(reconcile_day), value, 3, on_reconciled);
}

/* One row of dsHoSo: true when it counts as received and not replaced. */
static bool
row_counts(const struct json_value *row, struct slice *ret_id, struct money *ret_amount)
{
	int64_t good = 0;

	*ret_id = json_member_text(row, "maGiaoDich");
	return slice_to_int64(json_member_text(row, "slHoSoDung"), &good) == 0 && good > 0 &&
	       ret_id->len > 0 && money_parse(json_member_text(row, "tongTien"), ret_amount, NULL) == 0;
}

/* {"count", "amount", "transactions"} of the day list, for claim.reconcile; absent when it makes no sense. */
static struct slice
list_summary(struct arena *a, const struct json_value *list)
{
	struct money sum = { 0 };
	struct json_writer w;
	struct buf out;
	struct slice summary = { NULL, 0 };
	char amount[DECIMAL_TEXT_MAX];
	long long count = 0;
	bool good = list && list->type == JSON_ARRAY;

	buf_init(&out, LIST_MAX);
	json_write_init(&w, &out);
	json_write_object(&w);
	json_write_key(&w, "transactions");
	json_write_array(&w);
	for (const struct json_value *row = good ? list->first : NULL; row && good; row = row->next) {
		struct slice id;
		struct money m;
		if (!row_counts(row, &id, &m))
			continue;
		json_write_string(&w, id);
		good = money_add(sum, m, &sum) == 0;
		count++;
	}
	json_write_array_end(&w);
	json_write_member_int(&w, "count", count);
	money_print(sum, amount);
	json_write_key(&w, "amount");
	json_write_number(&w, slice_of(amount));
	json_write_object_end(&w);
	if (good && buf_ok(&out))
		summary = arena_slice(a, buf_slice(&out));
	buf_free(&out);
	return summary;
}

static void
on_list(const struct gateway_answer *a, void *arg)
{
	struct reconcile *r = arg;
	struct slice summary = { NULL, 0 };

	if (a->http_status == 200 && slice_eq_text(a->code, "200"))
		summary = list_summary(r->job->arena, json_member(a->body, "dsHoSo"));
	reconcile_store(r, summary);
}

static void
reconcile_next(struct reconcile *r)
{
	struct job *j = r->job;
	const struct target *t = &r->target[r->at];

	if (r->at == r->count) {
		job_done(j);
		return;
	}
	if (!j->jobs->gateway || t->username.len == 0) {
		reconcile_store(r, (struct slice){ NULL, 0 });
		return;
	}
	/* yyyy-MM-dd → dd/MM/yyyy */
	const struct slice day =
	    slice_of(arena_printf(j->arena, "%.2s/%.2s/%.4s", t->day.at + 8, t->day.at + 5, t->day.at));
	const struct gateway_field field[] = { { "loaiHoSo", SLICE("130") }, { "maCSKCB", t->facility_code },
		{ "ngayGui", day }, { NULL, { NULL, 0 } } };
	gateway_post(j->jobs->gateway, j->arena, t->username, "/api/egw/nhanChiTietHSNgay4210", GATEWAY_QUERY,
	    field, on_list, r);
}

static void
on_targets(struct job *j, const struct pg_batch *b)
{
	struct reconcile *r = j->state;

	r->count = pg_rows(b, JOB_STEP);
	r->target = ARENA_ARRAY(j->arena, r->count, struct target);
	for (size_t i = 0; i < r->count; i++) {
		struct target *t = &r->target[i];
		t->facility_id = arena_slice(j->arena, pg_field(b, JOB_STEP, i, "facility_id"));
		t->facility_code = arena_slice(j->arena, pg_field(b, JOB_STEP, i, "facility_code"));
		t->username = arena_slice(j->arena, pg_field(b, JOB_STEP, i, "username"));
		t->day = arena_slice(j->arena, pg_field(b, JOB_STEP, i, "day"));
	}
	reconcile_next(r);
}

void
reconcile_job(struct job *j)
{
	struct reconcile *r = ARENA_NEW(j->arena, struct reconcile);
	int64_t facility = job_number(j, "facility_id");
	const struct slice none = { NULL, 0 };
	const struct slice value[] = { facility ? job_slice_int(j->arena, facility) : none,
		job_text(j, "day") };

	r->job = j;
	j->state = r;
	job_query_one(j, PG_READ, STMT(reconcile_targets), value, 2, on_targets);
}
