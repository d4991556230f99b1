/*
 * Every allocation of reading and writing a claim fails in turn, ours and libxml2's. The policy
 * (base/arena.h): the process ends by fatal(), which logs and aborts, or an error is returned. Never a crash,
 * a leak or a wrong document. Linked with --wrap, so that it sees malloc, calloc and realloc of our
 * libraries; each failure happens in a child.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "claims/finding.h"
#include "claims/xml.h"

#define FILE_MAX ((size_t)1 << 20)
#define FAILURES_MAX 200000
enum ending { DONE = 0, REFUSED = 3, DIFFERENT = 4 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long left = -1; /* allocations that succeed before one fails; < 0: all do */
static bool failed;
static int last_status;

static bool
must_fail(void)
{
	if (left < 0 || left-- > 0)
		return false;
	failed = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return must_fail() ? NULL : __real_realloc(old, size);
}

/* Reads a claim and writes it again; how that ended. out is what was written. */
static enum ending
round_trip(struct slice file, struct buf *out)
{
	struct arena *a = arena_new(0);
	struct claim_findings findings;
	struct claim_file head = { 0 };
	struct claim_document *d = NULL;
	struct err e = { 0 };
	claim_findings_init(&findings, a);
	int rc = claim_read_one(file, a, &findings, &d, &head, &e);
	struct claim_writer *w = rc == 0 ? claim_writer_new(out, NULL) : NULL;
	const struct claim_envelope h = { head.ma_cskcb, head.ngay_lap, 1 };
	if (rc == 0)
		rc = claim_write(w, &h, d, &e);
	claim_writer_free(w);
	arena_free(a);
	return rc == 0 && buf_ok(out) ? DONE : REFUSED;
}

/* In a child: the n-th allocation fails. */
static void
child_run(struct slice file, struct slice wanted, long n)
{
	struct buf out;
	buf_init(&out, FILE_MAX);
	left = n;
	enum ending ending = round_trip(file, &out);
	left = -1;
	if (ending == DONE && !slice_eq(buf_slice(&out), wanted))
		ending = DIFFERENT;
	buf_free(&out);
	exit(ending == DONE && failed ? 10
				      : (int)ending); /* 10: survived the failure, with the right document */
}

/* False when the n-th failure broke a promise; *ret_over when there are not so many allocations. */
static bool
try_failure(struct slice file, struct slice wanted, long n, bool *ret_over)
{
	int status = 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		child_run(file, wanted, n);
	waitpid(pid, &status, 0);
	last_status = status;
	*ret_over = WIFEXITED(status) && WEXITSTATUS(status) == DONE;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGABRT;
	return *ret_over || WEXITSTATUS(status) == REFUSED || WEXITSTATUS(status) == 10;
}

int
main(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++) {
		struct buf file, wanted;
		struct err e = { 0 };
		bool over = false;
		long n = 0;
		buf_init(&file, FILE_MAX);
		buf_init(&wanted, FILE_MAX);
		if (buf_read_file(&file, argv[i], &e) < 0 || round_trip(buf_slice(&file), &wanted) != DONE)
			return 2;
		for (; !over && n < FAILURES_MAX; n++)
			if (!try_failure(buf_slice(&file), buf_slice(&wanted), n, &over)) {
				fprintf(stderr, "%s: allocation %ld ended with status %d\n", argv[i], n,
				    last_status);
				bad++;
			}
		printf("%s: %ld allocations failed in turn\n", argv[i], n - 1);
		buf_free(&file);
		buf_free(&wanted);
	}
	return bad > 0;
}
