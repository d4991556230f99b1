/*
 * hmis claim export: a month's claims of a facility, built and written straight from the database, for a
 * look, a transfer on a disk, or a measurement. What is sent to the gateway is made by the jobs process.
 */
#include "cli/claim_export.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "claims/signature.h"
#include "cli/claim.h"
#include "cli/command.h"
#include "schema/database.h"

#define FLUSH_BYTES ((size_t)256 * 1024) /* still in the processor's cache when the system copies it */
#define OUT_MAX ((size_t)1024 * 1024 * 1024)
#define PEM_FILE_MAX ((size_t)1024 * 1024)
#define PARTS_MAX 64
#define TAR_BLOCK 512
#define TAR_NAME_MAX 95 /* bytes of MA_LK beside ".xml" */

static const char usage[] =
    "usage: hmis claim export --database URL --tenant CODE --facility CODE --month yyyy-MM --out FILE|DIR\n"
    "                         (--unsigned | --key PEM --cert PEM) [--processes N]\n\n"
    "Builds the claims of a facility's closed insured visits of a month and writes them.\n"
    "  --out        an existing directory: one file per claim, MA_LK.xml; FILE.tar: the same in an archive;\n"
    "               else one envelope with all claims (unsigned only; a claim that cannot be built stops "
    "it)\n"
    "  --unsigned   without signatures\n"
    "  --key, --cert  sign with this key; needs a directory or an archive\n"
    "  --processes  how many build at once, unless into one envelope; default one per processor\n";

struct export
{
	struct export_wish wish;
	const char *out, *key, *cert;
	bool is_unsigned;
	enum { INTO_ENVELOPE, INTO_DIRECTORY, INTO_ARCHIVE } into;
	struct arena *rules_arena;
	const struct benefit_rules *rules;
	int32_t today;
	/* of one process */
	struct claim_writer *writer;
	struct buf plain, file, archive, signature, key_info;
	struct claim_signer signer;
	int fd;
	size_t written, failed;
};

/* ---- one claim ---- */

static void
say_problem(struct export *x, const struct claim_piece *p, const struct err *e)
{
	const struct claim_document *d = p->document;
	struct slice ma_lk = claim_row_count(d, CLAIM_XML1) ? claim_document_ma_lk(d) : SLICE("?");

	fprintf(stderr, "hmis: claim %.*s: %s: %s\n", SLICE_ARG(ma_lk), e->field, e->detail);
	x->failed++;
}

/* Everything of b to the output; b is empty afterwards. One write, so that processes do not mix their bytes.
 */
static int
flush(struct export *x, struct buf *b, struct err *e)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(x->fd, b->at + at, b->len - at);
		if (n < 0)
			return err_set(e, ERR_IO, x->out, "%s", strerror(errno));
		at += (size_t)n;
	}
	buf_reset(b);
	return 0;
}

static int
write_own_file(struct export *x, struct slice ma_lk, const struct buf *content, struct err *e)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%.*s.xml", x->out, SLICE_ARG(ma_lk)) >= (int)sizeof(path))
		return err_set(e, ERR_IO, "--out", "the path is too long");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0 || write(fd, content->at, content->len) != (ssize_t)content->len || close(fd) < 0)
		return err_set(e, ERR_IO, path, "%s", strerror(errno));
	return 0;
}

/* The head of an entry of a POSIX.1-1988 (ustar) archive, of len bytes. */
static void
entry_head(char head[TAR_BLOCK], struct slice ma_lk, size_t len)
{
	unsigned sum = 0;

	memset(head, 0, TAR_BLOCK);
	snprintf(head, 100, "%.*s.xml", SLICE_ARG(ma_lk));
	memcpy(head + 100,
	    "0000640\0"
	    "0000000\0"
	    "0000000",
	    24); /* mode, uid, gid */
	snprintf(head + 124, 12, "%011zo", len);
	snprintf(head + 136, 12, "%011llo", (unsigned long long)time_now());
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257,
	    "ustar\0"
	    "00",
	    8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
}

/* x->plain, signed, appended to out. */
static int
sign_written(struct export *x, struct buf *out, struct err *e)
{
	struct claim_signature_task task;

	buf_reset(&x->signature);
	if (claim_signature_prepare_written(buf_slice(&x->plain), &task, e) < 0 ||
	    x->signer.sign(x->signer.context, task.digest, &x->signature, e) < 0)
		return e->code;
	return claim_signature_finish_known(
	    buf_slice(&x->plain), &task, buf_slice(&x->signature), buf_slice(&x->key_info), out, e);
}

/* The written claim as it is to be given away, appended to out. */
static int
add_content(struct export *x, struct buf *out, struct err *e)
{
	if (!x->is_unsigned)
		return sign_written(x, out, e);
	buf_add(out, buf_slice(&x->plain));
	return buf_ok(out) ? 0 : err_set(e, ERR_LIMIT, "--out", "the claim is too large");
}

/* The written claim as an entry of the archive, or nothing of it. */
static int
write_entry(struct export *x, struct slice ma_lk, struct err *e)
{
	static const char zeros[TAR_BLOCK];
	struct buf *a = &x->archive;
	size_t start = a->len, len;

	if (ma_lk.len > TAR_NAME_MAX)
		return err_set(e, ERR_LIMIT, "MA_LK", "too long for an archive; give a directory");
	buf_add(a, slice_from(zeros, TAR_BLOCK));
	if (add_content(x, a, e) < 0) {
		a->len = start;
		return e->code;
	}
	len = a->len - start - TAR_BLOCK;
	entry_head(a->at + start, ma_lk, len);
	buf_add(a, slice_from(zeros, (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK));
	if (!buf_ok(a))
		return err_set(e, ERR_LIMIT, "--out", "the claim is too large");
	return a->len > FLUSH_BYTES ? flush(x, a, e) : 0;
}

/* The envelope of p alone, signed or not: ERR_IO stops the export, other errors are the claim's. */
static int
write_alone(struct export *x, const struct claim_piece *p, struct err *e)
{
	struct slice ma_lk = claim_document_ma_lk(p->document);
	const struct claim_envelope head = { slice_of(x->wish.facility), x->today, 1 };

	buf_reset(&x->plain);
	if (claim_write(x->writer, &head, p->document, e) < 0)
		return e->code;
	if (x->into == INTO_ARCHIVE)
		return write_entry(x, ma_lk, e);
	if (x->is_unsigned)
		return write_own_file(x, ma_lk, &x->plain, e);
	buf_reset(&x->file);
	return sign_written(x, &x->file, e) < 0 ? (int)e->code : write_own_file(x, ma_lk, &x->file, e);
}

static int
write_piece(struct export *x, const struct claim_piece *p, struct err *e)
{
	struct err own = p->problem;

	if (own.code == ERR_NONE) {
		int bad = x->into != INTO_ENVELOPE ? write_alone(x, p, &own)
						   : claim_write_add(x->writer, p->document, &own);
		if (bad == 0) {
			x->written++;
			return x->plain.len > FLUSH_BYTES && x->into == INTO_ENVELOPE ? flush(x, &x->plain, e)
										      : 0;
		}
	}
	if (own.code == ERR_IO) {
		*e = own;
		return e->code;
	}
	say_problem(x, p, &own);
	return x->into != INTO_ENVELOPE
		   ? 0
		   : err_set(e, ERR_INPUT, "--out", "one envelope needs all claims; give a directory");
}

/* ---- all claims of a part ---- */

static int
export_part(struct export *x, struct err *e)
{
	struct export_lanes *lanes = NULL;
	struct claim_chunk *chunk;
	int more = export_lanes_open(&x->wish, &lanes, e);

	for (more = more < 0 ? more : 1; more == 1;) {
		more = export_lanes_next(lanes, &chunk, e);
		if (more != 1)
			break;
		claim_chunk_complete(chunk, x->rules);
		for (size_t i = 0; i < chunk->count && more == 1; i++)
			if (write_piece(x, &chunk->piece[i], e) < 0)
				more = e->code;
	}
	export_lanes_close(lanes);
	return more;
}

static int
load_signer(struct export *x, struct err *e)
{
	struct buf key, cert;
	int bad;

	buf_init(&key, PEM_FILE_MAX);
	buf_init(&cert, PEM_FILE_MAX);
	bad = buf_read_file(&key, x->key, e);
	if (bad == 0)
		bad = buf_read_file(&cert, x->cert, e);
	if (bad == 0)
		bad = claim_signer_pem_new(buf_slice(&key), buf_slice(&cert), &x->signer, e);
	if (bad == 0)
		bad = claim_signature_key_info(x->signer.certificate, &x->key_info, e);
	if (key.at)
		explicit_bzero(key.at, key.len);
	buf_free(&key);
	buf_free(&cert);
	return bad;
}

static int
part_open(struct export *x, struct err *e)
{
	buf_init(&x->plain, OUT_MAX);
	buf_init(&x->file, OUT_MAX);
	buf_init(&x->archive, OUT_MAX);
	buf_init(&x->signature, PEM_FILE_MAX);
	buf_init(&x->key_info, PEM_FILE_MAX);
	x->writer = claim_writer_new(&x->plain, NULL);
	x->rules_arena = arena_new(0);
	x->rules = benefit_rules_builtin(x->rules_arena);
	x->today = time_business_date(time_now());
	return x->is_unsigned ? 0 : load_signer(x, e);
}

static void
part_close(struct export *x)
{
	claim_writer_free(x->writer);
	buf_free(&x->plain);
	buf_free(&x->file);
	buf_free(&x->archive);
	buf_free(&x->signature);
	buf_free(&x->key_info);
	arena_free(x->rules_arena);
	if (!x->is_unsigned)
		claim_signer_pem_free(&x->signer);
}

/* ---- one envelope ---- */

static int
export_envelope(struct export *x, size_t count, struct err *e)
{
	const struct claim_envelope head = { slice_of(x->wish.facility), x->today, count };
	char path[4096];
	int bad;

	if (snprintf(path, sizeof(path), "%s.part", x->out) >= (int)sizeof(path))
		return err_set(e, ERR_IO, "--out", "the path is too long");
	x->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (x->fd < 0)
		return err_set(e, ERR_IO, path, "%s", strerror(errno));
	bad = claim_write_begin(x->writer, &head, e);
	if (bad == 0)
		bad = export_part(x, e);
	if (bad == 0)
		bad = claim_write_end(x->writer, e);
	if (bad == 0)
		bad = flush(x, &x->plain, e);
	if (close(x->fd) < 0 && bad == 0)
		bad = err_set(e, ERR_IO, path, "%s", strerror(errno));
	if (bad == 0 && rename(path, x->out) < 0)
		bad = err_set(e, ERR_IO, x->out, "%s", strerror(errno));
	if (bad < 0)
		unlink(path);
	return bad;
}

/* ---- each claim alone, by several processes ---- */

/* In the child: its part; the counts go through the pipe. */
static _Noreturn void
child_run(struct export *x, unsigned part, int out)
{
	struct err e = { 0 };
	size_t counts[2];
	int code = EXIT_GOOD;

	x->wish.part = part;
	if (part_open(x, &e) < 0 || export_part(x, &e) < 0 || flush(x, &x->archive, &e) < 0)
		code = command_error("export", &e);
	counts[0] = x->written;
	counts[1] = x->failed;
	if (write(out, counts, sizeof(counts)) != (ssize_t)sizeof(counts))
		code = EXIT_UNUSABLE;
	part_close(x);
	_exit(code);
}

static int
export_parts(struct export *x)
{
	int pipe_fd[2], worst = EXIT_GOOD, status;
	size_t counts[2];

	if (pipe(pipe_fd) < 0)
		return command_fail("pipe: %s", strerror(errno));
	fflush(stdout);
	for (unsigned i = 0; i < x->wish.parts; i++) {
		pid_t pid = fork();
		if (pid == 0)
			child_run(x, i, pipe_fd[1]);
		if (pid < 0)
			return command_fail("fork: %s", strerror(errno));
	}
	close(pipe_fd[1]);
	while (read(pipe_fd[0], counts, sizeof(counts)) == (ssize_t)sizeof(counts)) {
		x->written += counts[0];
		x->failed += counts[1];
	}
	close(pipe_fd[0]);
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) > worst)
			worst = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNUSABLE;
	return worst;
}

/* The parts append to one file; two empty blocks end an archive. */
static int
export_archive(struct export *x)
{
	static const char end[2 * TAR_BLOCK];
	int code;

	x->fd = open(x->out, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
	if (x->fd < 0)
		return command_fail("%s: %s", x->out, strerror(errno));
	code = export_parts(x);
	if (write(x->fd, end, sizeof(end)) != (ssize_t)sizeof(end) || close(x->fd) < 0)
		code = command_fail("%s: %s", x->out, strerror(errno));
	return code;
}

/* ---- the command ---- */

static int
parse(int argc, char **argv, struct export *x)
{
	static const struct option options[] = { { "database", required_argument, NULL, 'd' },
		{ "tenant", required_argument, NULL, 't' }, { "facility", required_argument, NULL, 'f' },
		{ "month", required_argument, NULL, 'm' }, { "out", required_argument, NULL, 'o' },
		{ "unsigned", no_argument, NULL, 'u' }, { "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' }, { "processes", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	int64_t processes = sysconf(_SC_NPROCESSORS_ONLN);

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		const char **text = c == 'd'   ? &x->wish.url
				    : c == 't' ? &x->wish.tenant
				    : c == 'f' ? &x->wish.facility
				    : c == 'm' ? &x->wish.month
				    : c == 'o' ? &x->out
				    : c == 'k' ? &x->key
				    : c == 'c' ? &x->cert
					       : NULL;
		if (text)
			*text = optarg;
		else if (c == 'u')
			x->is_unsigned = true;
		else if (c != 'p' || slice_to_int64(slice_of(optarg), &processes) < 0) {
			fprintf(c == 'h' ? stdout : stderr, "%s", usage);
			return c == 'h' ? -1 : EXIT_UNUSABLE;
		}
	}
	x->wish.parts = (unsigned)(processes < 1 ? 1 : processes > PARTS_MAX ? PARTS_MAX : processes);
	return 0;
}

static int
judge(struct export *x)
{
	char first[12];
	int32_t day;
	struct stat st;

	if (!x->wish.url || !x->wish.tenant || !x->wish.facility || !x->wish.month || !x->out ||
	    x->is_unsigned == (x->key != NULL) || (x->key != NULL) != (x->cert != NULL)) {
		fprintf(stderr, "%s", usage);
		return EXIT_UNUSABLE;
	}
	if (strlen(x->wish.month) != 7 || snprintf(first, sizeof(first), "%s-01", x->wish.month) != 10 ||
	    date_parse_iso(slice_of(first), &day, NULL) < 0)
		return command_fail("--month: expected yyyy-MM");
	x->into = stat(x->out, &st) == 0 && S_ISDIR(st.st_mode) ? INTO_DIRECTORY
		  : slice_ends(slice_of(x->out), SLICE(".tar")) ? INTO_ARCHIVE
								: INTO_ENVELOPE;
	if (!x->is_unsigned && x->into == INTO_ENVELOPE)
		return command_fail(
		    "--out: signed claims need an existing directory or a file.tar, each its own file");
	return 0;
}

/* Holds the snapshot that all connections read. */
static int
snapshot_open(struct export *x, PGconn **ret, struct err *e)
{
	PGresult *r;

	if (database_connect(x->wish.url, ret, e) < 0 ||
	    database_exec(*ret, "begin isolation level repeatable read read only", e) < 0 ||
	    database_query(*ret, "select pg_export_snapshot()", 0, NULL, &r, e) < 0)
		return e->code;
	x->wish.snapshot = strdup(PQgetvalue(r, 0, 0));
	PQclear(r);
	return 0;
}

static int
export_run(struct export *x)
{
	PGconn *snapshot = NULL;
	struct err e = { 0 };
	size_t count = 0;
	int code = EXIT_GOOD;

	if (snapshot_open(x, &snapshot, &e) < 0 || export_count(&x->wish, &count, &e) < 0) {
		code = command_error("export", &e);
	} else if (count == 0) {
		fprintf(
		    stderr, "hmis: no closed insured visits of %s in %s\n", x->wish.facility, x->wish.month);
		code = EXIT_FINDINGS;
	} else if (x->into != INTO_ENVELOPE) {
		code = x->into == INTO_ARCHIVE ? export_archive(x) : export_parts(x);
	} else {
		x->wish.parts = 1;
		if (part_open(x, &e) < 0 || export_envelope(x, count, &e) < 0)
			code = command_error("export", &e);
		part_close(x);
	}
	PQfinish(snapshot);
	free((char *)x->wish.snapshot);
	return code;
}

int
claim_cli_export(int argc, char **argv)
{
	struct export x = { 0 };
	int64_t start = time_monotonic_us(), took;
	int code = parse(argc, argv, &x);

	if (code == 0)
		code = judge(&x);
	if (code != 0)
		return code < 0 ? EXIT_GOOD : code;
	code = export_run(&x);
	took = time_monotonic_us() - start;
	if (code != EXIT_UNUSABLE)
		printf("%zu claims written, %zu not, %lld ms, %lld claims/s\n", x.written, x.failed,
		    (long long)(took / 1000),
		    (long long)x.written * 1000000 / (long long)(took > 0 ? took : 1));
	return code == EXIT_GOOD && x.failed > 0 ? EXIT_FINDINGS : code;
}
