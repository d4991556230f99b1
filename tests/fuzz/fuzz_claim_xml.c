/*
 * Promises of the claim file reader: any bytes give documents and findings or an error; what was read without
 * a finding can be written, and reading that again gives the same bytes; the check, the JSON form and the
 * comparison take any document that the reader makes.
 */
#include <assert.h>

#include "claims/check.h"
#include "claims/diff.h"
#include "claims/document_json.h"
#include "claims/xml.h"
#include "tests/fuzz/fuzz.h"

#define FILE_MAX ((size_t)64 << 20)

struct run {
	struct arena *arena;
	size_t findings;
};

static void
check_json(struct arena *a, const struct claim_document *d)
{
	struct claim_document *again;
	struct claim_diff *list;
	struct json_writer w;
	struct buf b;
	struct err e;
	size_t count;

	buf_init(&b, FILE_MAX);
	json_write_init(&w, &b);
	claim_json_write(&w, d);
	assert(buf_ok(&b) && json_check(buf_slice(&b), NULL) == 0);
	/* a value kept as read because it did not fit its type is refused */
	if (claim_json_read(a, buf_slice(&b), &again, &e) == 0) {
		claim_document_diff(a, d, again, &list, &count);
		assert(count == 0);
	}
	buf_free(&b);
}

static void
write_file(struct buf *out, const struct claim_document *d, bool cdata)
{
	struct claim_write_options options = { .cdata = cdata };
	struct claim_envelope h = { SLICE("66001"), 20454, 1 };
	struct claim_writer *w = claim_writer_new(out, &options);
	struct err e;
	bool checkin = claim_row_count(d, CLAIM_XML0) > 0;
	int rc = checkin ? claim_write_checkin(w, d, &e) : claim_write(w, &h, d, &e);

	assert(rc == 0 || claim_row_count(d, CLAIM_XML1) != 1);
	claim_writer_free(w);
}

static void
check_round(struct arena *a, const struct claim_document *d)
{
	struct buf first, second;
	struct claim_document *again;
	struct claim_findings l;
	struct claim_file info;
	struct err e;

	buf_init(&first, FILE_MAX);
	buf_init(&second, FILE_MAX);
	write_file(&first, d, false);
	write_file(&second, d, true);
	claim_findings_init(&l, a);
	assert(claim_read_one(buf_slice(&second), a, &l, &again, &info, &e) == 0);
	buf_reset(&second);
	write_file(&second, again, false);
	assert(slice_eq(buf_slice(&first), buf_slice(&second)));
	buf_free(&first);
	buf_free(&second);
}

static bool
is_complete(const struct claim_document *d)
{
	return claim_row_count(d, CLAIM_XML1) == 1 || claim_row_count(d, CLAIM_XML0) > 0;
}

static int
each(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct run *run = context;
	struct claim_check_options options = { .from_reader = true,
		.checkin = claim_row_count(d, CLAIM_XML0) > 0 };

	(void)e;
	arena_reset(run->arena);
	check_json(run->arena, d);
	if (is_complete(d))
		check_round(run->arena, d);
	claim_check(d, &options, l);
	run->findings += l->total;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = { .arena = arena_new(0) };
	struct arena *a = arena_new(0);
	struct claim_findings l;
	struct claim_file info;
	struct buf text;
	struct err e;

	claim_findings_init(&l, a);
	if (claim_read_bytes(slice_from((const char *)data, size), &l, each, &run, &info, &e) == 0) {
		buf_init(&text, FILE_MAX);
		for (size_t i = 0; i < l.count; i++) {
			claim_finding_place(&l.at[i], &text);
			claim_finding_message(&l.at[i], true, &text);
		}
		buf_free(&text);
	}
	arena_free(a);
	arena_free(run.arena);
	return 0;
}
