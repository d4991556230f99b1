/* hmis demo: a synthetic district, for demonstrations, training and measurements. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "cli/command.h"
#include "cli/demo/demo.h"

static const char usage[] =
    "usage: hmis demo load --database URL [--seed N] [--stations N] [--days N] [--visits-per-day N]\n"
    "                      [--until DATE] [--patients N | --patients-only N] [--tenant CODE]\n"
    "                      [--errors PERCENT] [--vss-dir DIR]\n\n"
    "Writes a district centre of Đắk Lắk with its commune stations, people, visits, bills and draft claims.\n"
    "Nobody in it exists: citizen ids begin with 999. The same options give the same rows.\n"
    "  --database URL      a superuser's connection: COPY FROM is refused under row-level security\n"
    "  --seed N            default 1\n"
    "  --stations N        0..99, default 10\n"
    "  --days N            1..3660, default 30\n"
    "  --visits-per-day N  of the whole district, 1..100000, default 300\n"
    "  --until DATE        last day, yyyy-MM-dd; default yesterday\n"
    "  --patients N        people to choose from; default 20 days of visits\n"
    "  --patients-only N   N people and no visits\n"
    "  --tenant CODE       must not exist yet; default DEMO\n"
    "  --errors PERCENT    insured visits with a mistake that the form check finds, default 1\n"
    "  --vss-dir DIR       also writes accounts.tsv, cards.tsv, staff.tsv, key.pem and cert.pem for\n"
    "                      `hmis vss` and the service's [gateway] and [signer] sections\n";

/* Options that are whole numbers. */
static const struct number_option {
	char letter;
	const char *name;
	int64_t low, high;
	size_t at;
} numbers[] = {
	{ 's', "--seed", 0, INT64_C(1) << 53, offsetof(struct demo_options, seed) },
	{ 'n', "--stations", 0, DEMO_STATIONS_MAX, offsetof(struct demo_options, stations) },
	{ 'd', "--days", 1, 3660, offsetof(struct demo_options, days) },
	{ 'v', "--visits-per-day", 1, 100000, offsetof(struct demo_options, visits_per_day) },
	{ 'p', "--patients", 1, 90000000, offsetof(struct demo_options, patients) },
	{ 'P', "--patients-only", 1, 90000000, offsetof(struct demo_options, only_patients) },
};

static int
number_take(struct demo_options *o, int letter, const char *text, struct err *e)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number_option *n = &numbers[i];
		int64_t value;
		if (n->letter != letter)
			continue;
		if (slice_to_int64(slice_of(text), &value) < 0 || value < n->low || value > n->high)
			return err_set(
			    e, ERR_INPUT, n->name, "takes %lld..%lld", (long long)n->low, (long long)n->high);
		memcpy((char *)o + n->at, &value, sizeof(value));
		return 0;
	}
	return err_set(e, ERR_INPUT, "", "unknown option");
}

static int
option_take(struct demo_options *o, int letter, const char *text, struct err *e)
{
	struct percent errors;
	switch (letter) {
	case 'D':
		o->database = text;
		return 0;
	case 't':
		o->tenant = text;
		return text[0] && strlen(text) <= 32
			   ? 0
			   : err_set(e, ERR_INPUT, "--tenant", "takes 1 to 32 characters");
	case 'V':
		o->vss_dir = text;
		return 0;
	case 'u':
		if (date_parse_iso(slice_of(text), &o->until, NULL) < 0 ||
		    o->until < date_from_civil(2024, 1, 1))
			return err_set(e, ERR_INPUT, "--until", "takes a date yyyy-MM-dd from 2024-01-01 on");
		return 0;
	case 'e':
		if (percent_parse(slice_of(text), &errors, NULL) < 0 || errors.hundredths < 0 ||
		    errors.hundredths > 10000)
			return err_set(e, ERR_INPUT, "--errors", "takes 0..100");
		o->errors = errors.hundredths;
		return 0;
	default:
		return number_take(o, letter, text, e);
	}
}

static int
options_check(const struct demo_options *o, struct err *e)
{
	struct stat there;
	if (o->patients && o->only_patients)
		return err_set(e, ERR_INPUT, "--patients", "goes without --patients-only");
	if (o->visits_per_day < o->stations + 1)
		return err_set(e, ERR_INPUT, "--visits-per-day", "fewer than there are facilities");
	if (o->only_patients && o->only_patients < o->stations + 1)
		return err_set(e, ERR_INPUT, "--patients-only", "fewer than there are facilities");
	if (o->vss_dir && (stat(o->vss_dir, &there) < 0 || !S_ISDIR(there.st_mode)))
		return err_set(e, ERR_INPUT, "--vss-dir", "%s is not a directory", o->vss_dir);
	return 0;
}

static int
command_demo_load(int argc, char **argv)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'D' },
		{ "seed", required_argument, NULL, 's' }, { "stations", required_argument, NULL, 'n' },
		{ "days", required_argument, NULL, 'd' }, { "visits-per-day", required_argument, NULL, 'v' },
		{ "until", required_argument, NULL, 'u' }, { "patients", required_argument, NULL, 'p' },
		{ "patients-only", required_argument, NULL, 'P' }, { "tenant", required_argument, NULL, 't' },
		{ "errors", required_argument, NULL, 'e' }, { "vss-dir", required_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct demo_options o = { .tenant = "DEMO",
		.seed = 1,
		.stations = 10,
		.days = 30,
		.visits_per_day = 300,
		.errors = 100,
		.until = time_business_date(time_now()) - 1 };
	struct err e = { 0 };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'h' || c == '?') {
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_GOOD : EXIT_UNUSABLE;
		}
		if (option_take(&o, c, optarg, &e) < 0)
			return command_error("demo load", &e);
	}
	if (!o.database || optind != argc) {
		fputs(usage, stderr);
		return EXIT_UNUSABLE;
	}
	if (options_check(&o, &e) < 0 || demo_load(&o, &e) < 0)
		return command_error("demo load", &e);
	return EXIT_GOOD;
}

int
command_demo(int argc, char **argv)
{
	static const struct command table[] = {
		{ "load", "write a synthetic district into a database", command_demo_load },
		{ 0 },
	};
	return command_group("hmis demo", table, argc, argv);
}
