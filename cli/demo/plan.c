/* From options to facilities, pools of people and ids that nobody else will take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/demo/demo.h"
#include "schema/database.h"

#define POOL_DAYS 20     /* days until a person of a pool comes again */
#define POOL_DAYS_MIN 15 /* longer than the longest stay */
#define BUSIEST 130      /* percent of an ordinary day that the busiest stays below */
#define STATION_PERSONS_MIN 20

static int
query_int(PGconn *db, const char *sql, int count, const char *const *values, int64_t *ret, struct err *e)
{
	PGresult *r;
	int bad = database_query(db, sql, count, values, &r, e);
	if (bad < 0)
		return bad;
	if (PQntuples(r) != 1 || slice_to_int64(slice_of(PQgetvalue(r, 0, 0)), ret) < 0)
		bad = err_set(e, ERR_NOT_FOUND, "database", "no answer to: %s", sql);
	PQclear(r);
	return bad;
}

static int
plan_tenant(struct demo_place *p, PGconn *db, struct err *e)
{
	const char *code[] = { p->options->tenant };
	int64_t known = 0;
	int bad = query_int(db,
	    "select (select count(*) from org.tenant where code = $1) + (select count(*) from org.facility "
	    "where code like '669%')",
	    1, code, &known, e);
	if (bad < 0)
		return bad;
	if (known > 0)
		return err_set(e, ERR_CONFLICT, "--tenant",
		    "tenant %s or a facility with a code 669xx is already there; nothing was changed",
		    code[0]);
	bad = query_int(db,
	    "insert into org.tenant (code, name) values ($1, 'Trung tâm Y tế Krông Pắc (giả lập)') returning "
	    "tenant_id",
	    1, code, &p->tenant, e);
	if (bad == 0)
		bad = query_int(db, "select sys.node()", 0, NULL, &p->node, e);
	return bad;
}

/* Real communes of Đắk Lắk since 2025-07-01, from Krông Pắc on. */
static int
plan_communes(struct demo_place *p, PGconn *db, struct err *e)
{
	PGresult *r;
	int bad = database_query(db,
	    "select code, name_vi from ref.admin_unit where level = 'commune' and province_code = '66' "
	    "and lower(valid) = '2025-07-01' order by code < '24490', code",
	    0, NULL, &r, e);
	if (bad < 0)
		return bad;
	if (PQntuples(r) < p->facility_count)
		bad = err_set(
		    e, ERR_NOT_FOUND, "ref.admin_unit", "only %d communes of province 66", PQntuples(r));
	for (int i = 0; bad == 0 && i < p->facility_count; i++) {
		snprintf(p->facility[i].commune_code, sizeof(p->facility[i].commune_code), "%.7s",
		    PQgetvalue(r, i, 0));
		snprintf(
		    p->facility[i].commune, sizeof(p->facility[i].commune), "%.63s", PQgetvalue(r, i, 1));
	}
	PQclear(r);
	return bad;
}

static void
plan_facilities(struct demo_place *p)
{
	const struct demo_options *o = p->options;
	int64_t stations = o->stations, centre = stations ? o->visits_per_day / 2 : o->visits_per_day;
	for (int i = 0; i < p->facility_count; i++) {
		struct demo_facility *f = &p->facility[i];
		int64_t rest = o->visits_per_day - centre;
		f->number = i;
		f->is_centre = i == 0;
		f->visits_per_day =
		    (int)(i == 0 || stations == 0 ? centre : rest / stations + (i <= rest % stations));
		snprintf(f->code, sizeof(f->code), "669%02d", i % 100);
	}
}

static int64_t
common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Near the golden ratio of the pool and without common divisor, so that neighbours come on different days. */
static int64_t
stride_of(int64_t people)
{
	int64_t stride = people * 618 / 1000 + 1;
	while (common_divisor(stride, people) != 1)
		stride++;
	return stride % people ? stride % people : 1;
}

static int64_t
share_of(const struct demo_facility *f, const struct demo_options *o, int64_t wanted)
{
	return wanted * f->visits_per_day / o->visits_per_day;
}

static int
plan_people(struct demo_place *p, struct err *e)
{
	const struct demo_options *o = p->options;
	int64_t wanted = o->only_patients ? o->only_patients : o->patients, at_stations = 0;
	for (int i = 1; i < p->facility_count; i++)
		at_stations += share_of(&p->facility[i], o, wanted);
	for (int i = 0; i < p->facility_count; i++) {
		struct demo_facility *f = &p->facility[i];
		int64_t least = (int64_t)f->visits_per_day * POOL_DAYS_MIN + STATION_PERSONS_MIN;
		f->people = (int64_t)f->visits_per_day * POOL_DAYS + STATION_PERSONS_MIN;
		if (wanted)
			f->people = i == 0 ? wanted - at_stations : share_of(f, o, wanted);
		if (!o->only_patients && f->people < least)
			return err_set(e, ERR_INPUT, "--patients", "too few: %s needs %lld for its visits",
			    f->code, (long long)least);
		if (f->people < 1)
			f->people = 1;
		f->first_person = p->people;
		f->stride = stride_of(f->people);
		p->people += f->people;
	}
	return 0;
}

static int64_t
visits_at_most(const struct demo_place *p, int part)
{
	int64_t visits = 0;
	for (int i = 0; i < p->facility_count; i++)
		if ((part == 0) == p->facility[i].is_centre)
			visits +=
			    ((int64_t)p->facility[i].visits_per_day * BUSIEST / 100 + 2) * p->options->days;
	return p->options->only_patients ? 0 : visits;
}

/* Takes `count` numbers of a sequence at once; *ret_first is the first id. */
static int
take_ids(const struct demo_place *p, PGconn *db, const char *sequence, int64_t count, int64_t *ret_first,
    struct err *e)
{
	char last[24];
	const char *name[] = { sequence }, *end[] = { sequence, last };
	int64_t first = 0, now;
	int bad = query_int(db, "select nextval($1::regclass)", 1, name, &first, e);
	if (bad < 0)
		return bad;
	int64_t end_id = first + (count > 1 ? count - 1 : 0);
	snprintf(last, sizeof(last), "%lld", (long long)end_id);
	bad = query_int(db, "select setval($1::regclass, $2::bigint)", 2, end, &now, e);
	*ret_first = (p->node << DEMO_NODE_BITS) + first;
	return bad;
}

#define PLACE_ROWS_MAX INT64_C(100000) /* of one table of the place */

static int
plan_ids(struct demo_place *p, PGconn *db, struct err *e)
{
	int bad = 0;
	for (enum demo_table t = 0; bad == 0 && t < DEMO_TABLES; t++) {
		const struct demo_table_info *info = &demo_tables[t];
		int64_t part[DEMO_PARTS], total = 0;
		if (!info->sequence)
			continue;
		for (int i = 0; i < DEMO_PARTS; i++) {
			part[i] = visits_at_most(p, i) * info->per_visit;
			total += part[i];
		}
		if (info->per_visit == 0)
			total = PLACE_ROWS_MAX;
		if (t == DEMO_PATIENT || t == DEMO_COVERAGE) /* two cards for each; room for the newborn */
			total = (p->people + part[0]) * (t == DEMO_COVERAGE ? 2 : 1);
		bad = take_ids(p, db, info->sequence, total, &p->first_id[0][t], e);
		p->first_id[1][t] = p->first_id[0][t] + part[0];
		p->copy.next_id[t] = p->first_id[0][t];
	}
	p->person_id = p->first_id[0][DEMO_PATIENT];
	p->coverage_id = p->first_id[0][DEMO_COVERAGE];
	return bad;
}

int
demo_plan(struct demo_place *p, PGconn *db, struct err *e)
{
	int bad = plan_tenant(p, db, e);
	if (bad < 0)
		return bad;
	p->facility_count = (int)p->options->stations + 1;
	p->facility = ARENA_ARRAY(p->arena, (size_t)p->facility_count, struct demo_facility);
	p->rules = benefit_rules_builtin(p->arena);
	p->first_day = p->options->until - (int32_t)p->options->days + 1;
	demo_copy_init(&p->copy, p->tenant);
	plan_facilities(p);
	bad = plan_communes(p, db, e);
	if (bad == 0)
		bad = plan_people(p, e);
	if (bad == 0)
		bad = plan_ids(p, db, e);
	return bad;
}
