/*
 * Loading: the place and its people first, then two processes copy day after day, one the centre, one the
 * stations. They share no row that a foreign key would lock, so they do not wait for each other. Constraints,
 * foreign keys and audit triggers stay on. One transaction is one day.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/command.h"
#include "cli/demo/visit.h"
#include "schema/database.h"

#define PEOPLE_PIECE 5000
#define BAR 40

struct report { /* what a worker tells after each day, and at its end */
	int64_t people, visits, closed, stays, births, mistakes, rows;
};

/* ---- progress ---- */

static void
progress_show(const char *what, int64_t done, int64_t all)
{
	char bar[BAR + 1];
	int filled = all > 0 ? (int)(done * BAR / all) : 0;
	if (!isatty(STDERR_FILENO))
		return;
	if (filled > BAR)
		filled = BAR;
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)filled);
	bar[BAR] = '\0';
	fprintf(stderr, "\r%-7s [%s] %lld / %lld%s", what, bar, (long long)done, (long long)all,
	    done >= all ? "\n" : "");
}

/* ---- a connection for bulk loading ---- */

static int
load_connect(const char *url, PGconn **ret, struct err *e)
{
	PGresult *r;
	int bad = database_connect(url, ret, e);
	if (bad < 0)
		return bad;
	bad = database_query(
	    *ret, "select rolsuper from pg_roles where rolname = current_user", 0, NULL, &r, e);
	if (bad == 0 && strcmp(PQgetvalue(r, 0, 0), "t") != 0)
		bad = err_set(e, ERR_DENIED, "--database",
		    "a superuser's connection is needed: PostgreSQL refuses COPY FROM into tables with "
		    "row-level security");
	if (bad == 0)
		PQclear(r);
	/* setseed: reg.count_words throws dice; the same dice give the same counts */
	if (bad == 0)
		bad = database_exec(*ret,
		    "set synchronous_commit = off; set jit = off; set enable_seqscan = off; select "
		    "setseed(0.5)",
		    e);
	if (bad < 0)
		PQfinish(*ret);
	return bad;
}

/* Who we are, for the triggers that read as the owner of the tables, behind row-level security. */
static int
load_identity(const struct demo_place *p, PGconn *db, struct err *e)
{
	struct buf ids;
	char tenant[24];
	const char *values[] = { tenant, NULL };
	PGresult *r;
	snprintf(tenant, sizeof(tenant), "%lld", (long long)p->tenant);
	buf_init(&ids, 4096);
	for (int i = 0; i < p->facility_count; i++)
		buf_addf(&ids, "%s%lld", i ? "," : "{", (long long)p->facility[i].id);
	buf_add_char(&ids, '}');
	values[1] = ids.at;
	int bad = database_query(db,
	    "select set_config('hmis.tenant', $1, false), set_config('hmis.facilities', $2, false)", 2,
	    values, &r, e);
	if (bad == 0)
		PQclear(r);
	buf_free(&ids);
	return bad;
}

/* ---- people ---- */

static int
people_piece(
    const struct demo_place *p, struct demo_copy *c, PGconn *db, int64_t from, int64_t to, struct err *e)
{
	for (int64_t n = from; n < to; n++) {
		struct demo_person x;
		demo_person_make(p, n, &x);
		demo_person_rows(p, &x, c);
	}
	int bad = database_exec(db, "begin", e);
	if (bad == 0)
		bad = demo_copy_send(c, db, e);
	if (bad == 0)
		bad = database_exec(db, "commit", e);
	return bad;
}

static int
people_load(const struct demo_place *p, struct demo_copy *c, PGconn *db, int64_t from, int64_t to,
    void (*tell)(void *arg, int64_t done), void *arg, struct err *e)
{
	int bad = 0;
	for (int64_t n = from; bad == 0 && n < to; n += PEOPLE_PIECE) {
		int64_t end = n + PEOPLE_PIECE < to ? n + PEOPLE_PIECE : to;
		bad = people_piece(p, c, db, n, end, e);
		tell(arg, end - from);
	}
	return bad;
}

static void
tell_parent(void *arg, int64_t done)
{
	struct report r = { .people = done };
	const int *fd = arg;
	if (write(*fd, &r, sizeof(r)) != sizeof(r))
		_exit(EXIT_UNUSABLE);
}

static void
tell_screen(void *arg, int64_t done)
{
	const struct demo_place *p = arg;
	progress_show("people", done, p->people);
}

/* ---- a worker ---- */

static int64_t
rows_of(const struct demo_copy *c)
{
	int64_t rows = 0;
	for (int t = 0; t < DEMO_TABLES; t++)
		rows += c->count[t];
	return rows;
}

/* The year limit of co-payment counts from 1 January, and anew when the base salary changes. */
static void
year_turn(struct demo_worker *w)
{
	size_t size = (size_t)w->people * sizeof(*w->copay);
	int year, month, day;
	date_to_civil(w->today, &year, &month, &day);
	if (month == 1 && day == 1) {
		memset(w->copay, 0, size);
		memset(w->copay_before, 0, size);
		w->salary_changed = false;
	}
	int32_t january = date_from_civil(year, 1, 1);
	for (size_t i = 0; i < w->place->rules->parameter_count; i++) {
		const struct benefit_parameter *x = &w->place->rules->parameters[i];
		if (x->key != BENEFIT_BASE_SALARY || x->rule.from <= january || x->rule.from > w->today)
			continue;
		if (x->rule.from == w->today)
			memcpy(w->copay_before, w->copay, size);
		w->salary_changed = true;
	}
}

static int
books_update(const struct demo_worker *w, PGconn *db, const struct demo_facility *f, struct err *e)
{
	const int64_t book[2] = { f->account_book, f->refund_book },
		      last[2] = { f->last_receipt, f->last_refund };
	int bad = 0;
	(void)w;
	for (int i = 0; bad == 0 && i < 2; i++) {
		char id[24], number[24];
		const char *values[] = { id, number };
		PGresult *r;
		snprintf(id, sizeof(id), "%lld", (long long)book[i]);
		snprintf(number, sizeof(number), "%lld", (long long)last[i]);
		bad = database_query(db,
		    "update bill.receipt_book set last_no = $2::bigint where receipt_book_id = $1::bigint "
		    "and last_no <> $2::bigint",
		    2, values, &r, e);
		if (bad == 0)
			PQclear(r);
	}
	return bad;
}

static bool
is_mine(const struct demo_facility *f, int part)
{
	return (part == 0) == f->is_centre;
}

static int
worker_day(struct demo_worker *w, PGconn *db, int part, struct err *e)
{
	int bad = 0;
	year_turn(w);
	for (int i = 0; bad == 0 && i < w->place->facility_count; i++)
		if (is_mine(&w->place->facility[i], part))
			bad = demo_day(w, &w->place->facility[i], e);
	if (bad == 0)
		bad = database_exec(db, "begin", e);
	if (bad == 0)
		bad = demo_copy_send(&w->copy, db, e);
	for (int i = 0; bad == 0 && i < w->place->facility_count; i++)
		if (is_mine(&w->place->facility[i], part))
			bad = books_update(w, db, &w->place->facility[i], e);
	return bad < 0 ? bad : database_exec(db, "commit", e);
}

/*
 * Foreign-key checks keep the plan of their first use. Made while the tables are empty, it may walk an index
 * of the tenant alone; new statistics make PostgreSQL plan again. The other worker's checks profit, too.
 */
static int
statistics_renew(const struct demo_worker *w, PGconn *db, int part, struct err *e)
{
	int32_t day = w->today - w->place->first_day;
	if (part != 0 || (day != 0 && day != 3))
		return 0;
	return database_exec(db,
	    "analyze care.visit, care.service_order, care.prescription, bill.payment, bill.entry, "
	    "bill.charge, bill.account",
	    e);
}

static void
worker_begin(struct demo_worker *w, const struct demo_place *p, int part)
{
	int64_t centre = p->facility[0].people;
	memset(w, 0, sizeof(*w));
	w->place = p;
	w->arena = arena_new(0);
	w->lasting = arena_new(0);
	demo_copy_init(&w->copy, p->tenant);
	memcpy(w->copy.next_id, p->first_id[part], sizeof(w->copy.next_id));
	w->first_person = part == 0 ? 0 : centre;
	w->people = part == 0 ? centre : p->people - centre;
	w->next_baby = p->people;
	w->copay = ARENA_ARRAY(w->lasting, (size_t)w->people + 1, int64_t);
	w->copay_before = ARENA_ARRAY(w->lasting, (size_t)w->people + 1, int64_t);
}

static void
worker_tell(const struct demo_worker *w, int fd)
{
	struct report r = { .visits = w->visits,
		.closed = w->closed,
		.stays = w->stays,
		.births = w->births,
		.mistakes = w->mistakes,
		.rows = rows_of(&w->copy) };
	if (write(fd, &r, sizeof(r)) != sizeof(r))
		_exit(EXIT_UNUSABLE);
}

static int
worker_run(const struct demo_place *p, int part, int fd, struct err *e)
{
	static struct demo_worker w;
	PGconn *db;
	int bad = load_connect(p->options->database, &db, e);
	if (bad < 0)
		return bad;
	worker_begin(&w, p, part);
	bad = load_identity(p, db, e);
	if (bad == 0 && p->options->only_patients) {
		int64_t middle = p->people / 2;
		bad = people_load(p, &w.copy, db, part == 0 ? 0 : middle, part == 0 ? middle : p->people,
		    tell_parent, &fd, e);
	}
	for (w.today = p->first_day; bad == 0 && !p->options->only_patients && w.today <= p->options->until;
	     w.today++) {
		bad = worker_day(&w, db, part, e);
		if (bad == 0)
			bad = statistics_renew(&w, db, part, e);
		worker_tell(&w, fd);
	}
	PQfinish(db);
	demo_copy_free(&w.copy);
	arena_free(w.arena);
	arena_free(w.lasting);
	demo_diaries_free(&w);
	return bad;
}

/* ---- the parent ---- */

struct child {
	pid_t pid;
	int fd;
	struct report last;
};

static int
child_start(const struct demo_place *p, int part, struct child *ret, struct err *e)
{
	int ends[2];
	pid_t parent = getpid();
	if (pipe(ends) < 0)
		return err_set(e, ERR_IO, "pipe", "%s", strerror(errno));
	fflush(NULL);
	ret->pid = fork();
	if (ret->pid < 0)
		return err_set(e, ERR_IO, "fork", "%s", strerror(errno));
	if (ret->pid == 0) {
		struct err fault = { 0 };
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(ends[0]);
		if (getppid() != parent)
			_exit(EXIT_UNUSABLE);
		_exit(worker_run(p, part, ends[1], &fault) < 0 ? command_error("demo load", &fault)
							       : EXIT_GOOD);
	}
	close(ends[1]);
	ret->fd = ends[0];
	return 0;
}

static int64_t
done_of(const struct child *c, bool people)
{
	int64_t done = 0;
	for (int i = 0; i < DEMO_PARTS; i++)
		done += people ? c[i].last.people : c[i].last.visits;
	return done;
}

/* Reads reports in turn until both have ended; a report is smaller than a pipe's atomic write. */
static void
children_watch(struct child *c, const char *what, bool people, int64_t all)
{
	int open = DEMO_PARTS;
	while (open > 0) {
		for (int i = 0; i < DEMO_PARTS; i++) {
			struct report r;
			if (c[i].fd < 0)
				continue;
			if (read(c[i].fd, &r, sizeof(r)) == (ssize_t)sizeof(r)) {
				c[i].last = r;
				continue;
			}
			close(c[i].fd);
			c[i].fd = -1;
			open--;
		}
		int64_t done = done_of(c, people);
		progress_show(what, open > 0 && done >= all ? all - 1 : done, all);
	}
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

static int
children_run(const struct demo_place *p, struct report *ret, struct err *e)
{
	struct child c[DEMO_PARTS] = { 0 };
	bool people = p->options->only_patients > 0;
	int bad = 0, status;
	for (int i = 0; i < DEMO_PARTS; i++)
		if (child_start(p, i, &c[i], e) < 0)
			return e->code;
	children_watch(c, people ? "people" : "visits", people,
	    people ? p->people : p->options->days * p->options->visits_per_day);
	for (int i = 0; i < DEMO_PARTS; i++)
		if (waitpid(c[i].pid, &status, 0) != c[i].pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != EXIT_GOOD)
			bad = err_set(e, ERR_IO, "",
			    "a loading process failed; the days committed before stay in the database");
	for (int i = 0; i < DEMO_PARTS; i++) {
		ret->people += c[i].last.people;
		ret->visits += c[i].last.visits;
		ret->closed += c[i].last.closed;
		ret->stays += c[i].last.stays;
		ret->births += c[i].last.births;
		ret->mistakes += c[i].last.mistakes;
		ret->rows += c[i].last.rows;
	}
	return bad;
}

static int
place_and_people(struct demo_place *p, struct err *e)
{
	PGconn *db;
	int bad = load_connect(p->options->database, &db, e);
	if (bad < 0)
		return bad;
	bad = database_exec(db, "begin", e);
	if (bad == 0)
		bad = demo_plan(p, db, e);
	if (bad == 0)
		bad = demo_place_load(p, db, e);
	if (bad == 0)
		bad = database_exec(db, "commit", e);
	if (bad == 0 && !p->options->only_patients)
		bad = people_load(p, &p->copy, db, 0, p->people, tell_screen, p, e);
	if (bad == 0)
		bad = database_exec(db,
		    "analyze reg.patient, reg.coverage; analyze org.facility; analyze org.department; "
		    "analyze org.staff; analyze org.room; analyze org.bed; analyze org.machine",
		    e);
	PQfinish(db);
	return bad;
}

static int
finish(const struct demo_place *p, const struct report *r, struct err *e)
{
	char tenant[24], last[24];
	const char *values[] = { tenant, last };
	int64_t people = p->people + r->births;
	PGconn *db;
	PGresult *result;
	int bad = load_connect(p->options->database, &db, e);
	if (bad < 0)
		return bad;
	snprintf(tenant, sizeof(tenant), "%lld", (long long)p->tenant);
	snprintf(last, sizeof(last), "%lld", (long long)people);
	bad = database_query(db,
	    "insert into reg.number_series (tenant_id, series, last_no) values ($1::bigint, 'patient', "
	    "$2::bigint)",
	    2, values, &result, e);
	if (bad == 0) {
		PQclear(result);
		bad = database_exec(db, "analyze", e);
	}
	PQfinish(db);
	return bad;
}

static void
summary(const struct demo_place *p, const struct report *r, int64_t people_us, int64_t load_us)
{
	int64_t ms = load_us / 1000 > 0 ? load_us / 1000 : 1;
	printf("district   %s: %d facilities, %lld people", p->options->tenant, p->facility_count,
	    (long long)p->people);
	if (!p->options->only_patients)
		printf(" in %.1f s", (double)people_us / 1e6);
	printf("\n");
	if (p->options->only_patients) {
		printf("rate       %lld people/s (%.1f s, %d processes)\n",
		    (long long)(p->people * 1000 / ms), (double)load_us / 1e6, DEMO_PARTS);
		return;
	}
	printf("visits     %lld: %lld closed, %lld stays, %lld births, %lld with a mistake\n",
	    (long long)r->visits, (long long)r->closed, (long long)r->stays, (long long)r->births,
	    (long long)r->mistakes);
	printf("rate       %lld visits/s, %lld rows/s (%.1f s, %d processes)\n",
	    (long long)(r->visits * 1000 / ms), (long long)(r->rows * 1000 / ms), (double)load_us / 1e6,
	    DEMO_PARTS);
}

int
demo_load(const struct demo_options *o, struct err *e)
{
	struct demo_place p = { .options = o, .arena = arena_new(0) };
	struct report r = { 0 };
	int64_t started = time_monotonic_us(), people_done, visits_done;
	int bad = place_and_people(&p, e);
	people_done = time_monotonic_us();
	if (bad == 0)
		bad = children_run(&p, &r, e);
	visits_done = time_monotonic_us();
	if (bad == 0)
		bad = finish(&p, &r, e);
	if (bad == 0 && o->vss_dir)
		bad = demo_vss_files(&p, e);
	if (bad == 0)
		summary(&p, &r, people_done - started, visits_done - people_done);
	demo_copy_free(&p.copy);
	arena_free(p.arena);
	return bad;
}
