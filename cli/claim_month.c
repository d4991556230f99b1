/*
 * hmis claim judge: a month of a province judged again straight from the database, by all rules and with the
 * catalogues of each place: what each rule would find, and how much money is at risk.
 */
#include "cli/claim_month.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/time.h"
#include "cli/claim.h"
#include "cli/command.h"
#include "cli/rules.h"
#include "schema/database.h"

static const char usage[] =
    "usage: hmis claim judge --database URL --month yyyy-MM [--tenant CODE] [--facility CODE]\n"
    "                        [--rules FILE]… [--as-of DATE] [--alone] [--out FINDINGS.tsv] [--en]\n"
    "                        [--processes N] [--quiet]\n\n"
    "Judges the closed insured visits of a month again, by all rules; nothing is changed in the database.\n"
    "  --tenant, --facility  only these; default everything in the database\n"
    "  --rules      further rule files\n"
    "  --as-of      the day of judging; default now\n"
    "  --alone      without the rules that look at other claims\n"
    "  --out        also writes every finding: facility, ma_lk, rule, severity, place, message, at_risk\n"
    "  --processes  default one per processor, at most 16\n"
    "Prints a table: rule, severity, state, findings, claims, amount at risk, message. Exit 1 when a rule "
    "that\n"
    "is on found something critical.\n";

struct asked {
	struct month m;
	const char *tenant, *facility, *out_path;
	struct rule_set *set;
	struct arena *arena;
	bool quiet;
};

/* ---- places ---- */

static int
add_places(struct asked *a, PGconn *c, const char *tenant, struct err *e)
{
	const char *value[] = { a->m.wish.month, a->facility };
	struct export_wish wish = a->m.wish;
	PGresult *r;
	int64_t visits;

	wish.tenant = tenant;
	if (export_enter(c, &wish, e) < 0 ||
	    database_query(c,
		"select f.code, count(*) from org.facility f join care.visit v on v.tenant_id = f.tenant_id "
		"and v.facility_id = f.facility_id where f.tenant_id = sys.tenant() and v.status = 'closed' "
		"and v.coverage_id is not null and ($2::text is null or f.code = $2) "
		"and v.discharged_at >= ($1 || '-01')::timestamp at time zone 'Asia/Ho_Chi_Minh' "
		"and v.discharged_at < (($1 || '-01')::timestamp + interval '1 month') at time zone "
		"'Asia/Ho_Chi_Minh' group by f.code order by 2 desc, 1",
		2, value, &r, e) < 0)
		return e->code;
	for (int i = 0; i < PQntuples(r) && a->m.places < MONTH_PLACES_MAX; i++) {
		struct month_place *p = &a->m.place[a->m.places++];
		snprintf(p->tenant, sizeof(p->tenant), "%s", tenant);
		snprintf(p->facility, sizeof(p->facility), "%s", PQgetvalue(r, i, 0));
		visits = 0;
		slice_to_int64(slice_of(PQgetvalue(r, i, 1)), &visits);
		p->visits = (size_t)visits;
		a->m.visits += p->visits;
	}
	PQclear(r);
	return database_exec(c, "rollback", e);
}

static int
find_places(struct asked *a, struct err *e)
{
	const char *value[] = { a->tenant };
	PGresult *r;
	PGconn *c;

	if (database_connect(a->m.wish.url, &c, e) < 0)
		return e->code;
	if (database_query(c, "select code from org.tenant where $1::text is null or code = $1 order by code",
		1, value, &r, e) == 0) {
		if (PQntuples(r) == 0)
			err_set(e, ERR_NOT_FOUND, "--tenant", "there is no such tenant");
		for (int i = 0; i < PQntuples(r) && e->code == ERR_NONE; i++)
			add_places(a, c, PQgetvalue(r, i, 0), e);
		PQclear(r);
	}
	PQfinish(c);
	return e->code;
}

/* ---- processes ---- */

static void
show_progress(const struct asked *a, int64_t start)
{
	uint64_t done = atomic_load(&a->m.share->done);
	double seconds = (double)(time_monotonic_us() - start) / 1e6, rate = (double)done / seconds;
	if (a->quiet || done == 0)
		return;
	fprintf(stderr, "%s%llu of %zu claims, %.0f claims/s, %.0f s left%s",
	    isatty(STDERR_FILENO) ? "\r" : "", (unsigned long long)done, a->m.visits, rate,
	    (double)(a->m.visits - done) / rate, isatty(STDERR_FILENO) ? "   " : "\n");
	fflush(stderr);
}

static int
wait_parts(const struct asked *a, int64_t start)
{
	int worst = EXIT_GOOD, status, seconds = 0, each = isatty(STDERR_FILENO) ? 1 : 10;
	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0)
			break;
		if (pid > 0) {
			int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNUSABLE;
			worst = code > worst ? code : worst;
			continue;
		}
		usleep(200000);
		if (++seconds % (5 * each) == 0)
			show_progress(a, start);
	}
	if (isatty(STDERR_FILENO) && !a->quiet)
		fputc('\n', stderr);
	return worst;
}

static int
run_parts(const struct asked *a, int64_t start)
{
	fflush(stdout);
	for (unsigned i = 0; i < a->m.wish.parts; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return command_fail("fork: %s", strerror(errno));
		if (pid == 0) {
			struct err e = { 0 };
			_exit(month_judge_part(&a->m, i, &e) < 0 ? command_error("judge", &e) : EXIT_GOOD);
		}
	}
	return wait_parts(a, start);
}

/* ---- the report ---- */

struct line {
	const struct rule_info *rule;
	struct month_sum sum;
};

static int
line_compare(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	bool critical_a = a->rule->severity == RULE_CRITICAL && a->rule->state == RULE_ON;
	bool critical_b = b->rule->severity == RULE_CRITICAL && b->rule->state == RULE_ON;
	if (critical_a != critical_b)
		return critical_a ? -1 : 1;
	if (a->sum.findings != b->sum.findings)
		return a->sum.findings > b->sum.findings ? -1 : 1;
	return strcmp(a->rule->id, b->rule->id);
}

/* Sums over all processes into part 0. */
static struct month_part *
add_up(const struct month *m)
{
	struct month_part *to = &m->share->part[0];
	for (unsigned i = 1; i < m->wish.parts; i++) {
		const struct month_part *from = &m->share->part[i];
		to->judged += from->judged;
		to->clean += from->clean;
		to->critical_claims += from->critical_claims;
		to->problems += from->problems;
		to->not_evaluated += from->not_evaluated;
		to->catalogs_needed |= from->catalogs_needed;
		for (size_t k = 0; k < rule_count(m->set); k++) {
			to->sum[k].findings += from->sum[k].findings;
			to->sum[k].claims += from->sum[k].claims;
			to->sum[k].at_risk += from->sum[k].at_risk;
		}
	}
	return to;
}

static void
print_lines(const struct asked *a, const struct month_part *all)
{
	struct line *line = ARENA_ARRAY(a->arena, rule_count(a->set), struct line);
	char amount[DECIMAL_TEXT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < rule_count(a->set); i++)
		if (all->sum[i].findings)
			line[count++] = (struct line){ rule_at(a->set, i), all->sum[i] };
	qsort(line, count, sizeof(*line), line_compare);
	printf("rule\tseverity\tstate\tfindings\tclaims\tat_risk\tmessage\n");
	for (size_t i = 0; i < count; i++) {
		const struct rule_info *r = line[i].rule;
		size_t len = decimal_print(line[i].sum.at_risk, 2, amount);
		printf("%s\t%s\t%s\t%llu\t%llu\t%.*s\t%s\n", r->id,
		    rule_severity_name((enum rule_severity)r->severity),
		    rule_state_name((enum rule_state)r->state), (unsigned long long)line[i].sum.findings,
		    (unsigned long long)line[i].sum.claims, (int)len, amount, a->m.english ? r->en : r->vi);
	}
}

static void
print_needs(const struct asked *a, uint64_t needed)
{
	for (unsigned i = 0; i < rule_catalog_count; i++)
		if (needed >> i & 1)
			fprintf(stderr, "off: rules that need catalogue %s (%s)\n", rule_catalogs[i].name,
			    rule_catalogs[i].about);
	(void)a;
}

static int
report(const struct asked *a, int64_t start)
{
	const struct month_part *all = add_up(&a->m);
	int64_t took = time_monotonic_us() - start;
	struct rusage used = { 0 };

	getrusage(RUSAGE_CHILDREN, &used);
	print_lines(a, all);
	print_needs(a, all->catalogs_needed);
	fprintf(stderr,
	    "%llu claims judged by %zu rules (version %s), %llu without a finding, %llu with something "
	    "critical, "
	    "%llu not built, %llu findings not evaluated; %lld ms, %lld claims/s, CPU %lld ms, largest "
	    "process %ld "
	    "MiB\n",
	    (unsigned long long)all->judged, rule_count(a->set), rule_set_version(a->set),
	    (unsigned long long)all->clean, (unsigned long long)all->critical_claims,
	    (unsigned long long)all->problems, (unsigned long long)all->not_evaluated,
	    (long long)(took / 1000), (long long)((int64_t)all->judged * 1000000 / (took > 0 ? took : 1)),
	    (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
		(long long)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000,
	    used.ru_maxrss / 1024);
	return all->critical_claims || all->problems ? EXIT_FINDINGS : EXIT_GOOD;
}

/* ---- the command ---- */

static int
take_rules(struct asked *a, const char *file)
{
	struct err e = { 0 };
	if (rules_cli_load(a->set, file, &e) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", e.field, e.detail);
	return EXIT_UNUSABLE;
}

static int
take_day(struct asked *a, const char *text)
{
	int32_t day;
	if (date_parse_iso(slice_of(text), &day, NULL) < 0)
		return command_fail("--as-of needs a date, such as 2026-07-31");
	a->m.now = ((int64_t)day + 1) * 86400 - BUSINESS_OFFSET_SECONDS - 60;
	return 0;
}

static int
take_processes(struct asked *a, const char *text)
{
	int64_t n = sysconf(_SC_NPROCESSORS_ONLN);
	if (text && (slice_to_int64(slice_of(text), &n) < 0 || n < 1 || n > MONTH_PARTS_MAX))
		return command_fail("--processes takes 1..%d", MONTH_PARTS_MAX);
	a->m.wish.parts = (unsigned)(n < 1 ? 1 : n > MONTH_PARTS_MAX ? MONTH_PARTS_MAX : n);
	return 0;
}

static int
take_option(struct asked *a, int c)
{
	const char **text = c == 'd'   ? &a->m.wish.url
			    : c == 't' ? &a->tenant
			    : c == 'f' ? &a->facility
			    : c == 'm' ? &a->m.wish.month
			    : c == 'o' ? &a->out_path
				       : NULL;
	if (text)
		*text = optarg;
	else if (c == 'r')
		return take_rules(a, optarg);
	else if (c == 'a')
		return take_day(a, optarg);
	else if (c == 'p')
		return take_processes(a, optarg);
	else if (c == 'e')
		a->m.english = true;
	else if (c == 'l')
		a->m.alone = true;
	else if (c == 'q')
		a->quiet = true;
	else {
		fprintf(c == 'h' ? stdout : stderr, "%s", usage);
		return c == 'h' ? -1 : EXIT_UNUSABLE;
	}
	return 0;
}

static int
parse(struct asked *a, int argc, char **argv)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "tenant", required_argument, NULL, 't' }, { "facility", required_argument, NULL, 'f' },
		{ "month", required_argument, NULL, 'm' }, { "out", required_argument, NULL, 'o' },
		{ "rules", required_argument, NULL, 'r' }, { "as-of", required_argument, NULL, 'a' },
		{ "processes", required_argument, NULL, 'p' }, { "en", no_argument, NULL, 'e' },
		{ "alone", no_argument, NULL, 'l' }, { "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	char first[12];
	int32_t day;
	int code = take_processes(a, NULL);

	for (int c; code == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		code = take_option(a, c);
	if (code != 0)
		return code;
	if (!a->m.wish.url || !a->m.wish.month || optind < argc) {
		fprintf(stderr, "%s", usage);
		return EXIT_UNUSABLE;
	}
	if (strlen(a->m.wish.month) != 7 || snprintf(first, sizeof(first), "%s-01", a->m.wish.month) != 10 ||
	    date_parse_iso(slice_of(first), &day, NULL) < 0)
		return command_fail("--month: expected yyyy-MM");
	return 0;
}

static int
open_out(struct asked *a)
{
	static const char head[] = "facility\tma_lk\trule\tseverity\tplace\tmessage\tat_risk\n";
	if (!a->out_path)
		return 0;
	a->m.out = open(a->out_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
	if (a->m.out < 0 || write(a->m.out, head, sizeof(head) - 1) != (ssize_t)sizeof(head) - 1)
		return command_fail("%s: %s", a->out_path, strerror(errno));
	return 0;
}

static int
judge(struct asked *a)
{
	int64_t start = time_monotonic_us();
	struct err e = { 0 };
	int code = open_out(a);

	if (code != 0)
		return code;
	if (find_places(a, &e) < 0)
		return command_error("judge", &e);
	if (a->m.visits == 0) {
		fprintf(stderr, "hmis: no closed insured visits in %s\n", a->m.wish.month);
		return EXIT_FINDINGS;
	}
	code = run_parts(a, start);
	if (code == EXIT_GOOD && a->m.out >= 0 && close(a->m.out) < 0)
		code = command_fail("%s: %s", a->out_path, strerror(errno));
	return code == EXIT_GOOD ? report(a, start) : code;
}

int
claim_cli_judge(int argc, char **argv)
{
	struct err e = { 0 };
	struct asked a = { .arena = arena_new(0), .m = { .now = time_now(), .out = -1 } };
	int code;

	a.m.set = a.set = rule_set_new(a.arena);
	a.m.place = ARENA_ARRAY(a.arena, MONTH_PLACES_MAX, struct month_place);
	a.m.share = mmap(NULL, sizeof(*a.m.share), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a.m.share == MAP_FAILED)
		fatal("out of memory: judge");
	code = rule_set_load_builtin(a.set, &e) < 0 ? command_error("rules", &e) : parse(&a, argc, argv);
	if (code == 0)
		code = judge(&a);
	munmap(a.m.share, sizeof(*a.m.share));
	arena_free(a.arena);
	return code < 0 ? EXIT_GOOD : code;
}
