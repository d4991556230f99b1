/* hmisd: the service. The table below says which processes it is made of. */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "server/role/jobs.h"
#include "server/role/signer.h"
#include "server/role/supervisor.h"
#include "server/role/worker.h"

#define DPKG_STATUS "/var/lib/dpkg/status"

/* In starting order. A row is added by whoever writes server/role/<name>.c. */
static const struct proc_role roles[] = {
	{ "worker", CONFIG_SERVER_WORKERS, PROC_LISTENS, worker_run, worker_check },
	{ "signer", CONFIG_SERVER_SIGNER, PROC_PRIVATE | PROC_SINGLE | PROC_LAST, signer_run, signer_check },
	{ "jobs", CONFIG_SERVER_JOBS, 0, jobs_run, jobs_check },
	{ NULL, 0, 0, NULL, NULL },
};

/*
 * Debian's libevent 2.1.12-stable-8 without +deb12u1 lacks the fixes of CVE-2026-63379…63388, and its version
 * string does not tell. hmisd uses only the event core of it; other programs of the machine may use more.
 */
static void
warn_libevent(void)
{
	FILE *f = fopen(DPKG_STATUS, "re");
	char line[512];
	int of_libevent = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Package: ", 9) == 0)
			of_libevent = strncmp(line + 9, "libevent-", 9) == 0;
		if (of_libevent && strcmp(line, "Version: 2.1.12-stable-8\n") == 0) {
			log_event(
			    LOG_WARN, "libevent", "version=2.1.12-stable-8 wanted=2.1.12-stable-8+deb12u1");
			break;
		}
	}
	if (f)
		fclose(f);
}

/*
 * Large blocks always go back to the system. glibc would raise its threshold to the largest block ever freed
 * (the 19 MiB of a password hash) and then keep such blocks: measured 45 MiB of a worker instead of 7.
 */
static void
give_memory_back(void)
{
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 512 * 1024);
	mallopt(M_ARENA_MAX, 2);
}

static int
check_config(const char *file)
{
	struct err e = { 0 };
	struct config *c;

	if (supervisor_check(file, roles, &c, &e) < 0) {
		fprintf(stderr, "hmisd: %s: %s\n",
		    e.field[0] ? e.field
		    : file     ? file
			       : "configuration",
		    e.detail);
		return 2;
	}
	config_free(c);
	fputs("configuration good\n", stdout);
	return 0;
}

/* All routes with their examples, as JSON: tests and tools read it. */
static int
dump_routes(void)
{
	struct buf out;

	buf_init(&out, 16 << 20);
	worker_dump_routes(&out);
	fwrite(out.at, 1, out.len, stdout);
	fputs("\n", stdout);
	buf_free(&out);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 2;
}

static int
usage(FILE *to, int code)
{
	fputs(
	    "usage: hmisd [--config FILE]\n"
	    "       hmisd [--config FILE] --check-config\n"
	    "       hmisd --dump-routes\n"
	    "       hmisd --version\n"
	    "Without FILE the defaults and HMIS_* variables hold; `hmis config --explain` lists the keys.\n",
	    to);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'k' },
		{ "dump-routes", no_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL;
	bool check = false;
	int c;

	give_memory_back();
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'r':
			return dump_routes();
		case 'v':
			fputs("hmisd " HMIS_VERSION "\n", stdout);
			return 0;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind < argc)
		return usage(stderr, 2);
	if (check)
		return check_config(file);
	warn_libevent();
	return supervisor_run(file, roles);
}
