/*
 * Whatever document the field table allows: written, read and written again it gives the same bytes, without
 * a finding, in both ways of carrying text; its JSON form gives it back; compared with itself it has no
 * difference.
 */
#include "claims/diff.h"
#include "claims/document_json.h"
#include "claims/signature.h"
#include "claims/xml.h"
#include "tests/unit/claims/claim_random.h"
#include "tests/unit/unit.h"

#define DOCUMENTS 300
#define FILE_BYTES_MAX ((size_t)16 << 20)

static const struct claim_envelope envelope = { { "66001", 5 }, 20454, 1 };

static void
show_findings(const struct claim_findings *l)
{
	struct buf b;

	buf_init(&b, 1u << 16);
	for (size_t i = 0; i < l->count && i < 10; i++) {
		claim_finding_place(&l->at[i], &b);
		buf_add_text(&b, ": ");
		claim_finding_message(&l->at[i], false, &b);
		buf_add_char(&b, '\n');
	}
	ck_assert_msg(l->total == 0, "%s", b.at ? b.at : "");
	buf_free(&b);
}

static void
write_file(
    struct buf *out, const struct claim_document *d, const struct claim_write_options *options, bool checkin)
{
	struct err e = { 0 };
	struct claim_writer *w = claim_writer_new(out, options);
	int rc = checkin ? claim_write_checkin(w, d, &e) : claim_write(w, &envelope, d, &e);

	ck_assert_msg(rc == 0, "%s: %s", e.field, e.detail);
	claim_writer_free(w);
}

static struct claim_document *
read_file(struct arena *a, const struct buf *file)
{
	struct claim_document *d;
	struct claim_findings l;
	struct claim_file info;
	struct err e = { 0 };

	claim_findings_init(&l, a);
	int rc = claim_read_one(buf_slice(file), a, &l, &d, &info, &e);
	ck_assert_msg(rc == 0, "%s: %s", e.field, e.detail);
	show_findings(&l);
	ck_assert(!info.is_signed);
	return d;
}

static void
same_bytes(const struct buf *a, const struct buf *b, int seed)
{
	ck_assert_msg(slice_eq(buf_slice(a), buf_slice(b)), "seed %d: the second writing differs", seed);
}

/* The quick way to prepare a signature says what the parsing one says. */
static void
same_task(const struct buf *file)
{
	struct claim_signature_task parsed, quick;
	struct err e = { 0 };

	ck_assert_msg(claim_signature_prepare(buf_slice(file), &parsed, &e) == 0, "%s", e.detail);
	ck_assert_msg(claim_signature_prepare_written(buf_slice(file), &quick, &e) == 0, "%s", e.detail);
	ck_assert_mem_eq(parsed.document_digest, quick.document_digest, sizeof(parsed.document_digest));
	ck_assert_mem_eq(parsed.digest, quick.digest, sizeof(parsed.digest));
	ck_assert_uint_eq(parsed.insert_from, quick.insert_from);
	ck_assert_uint_eq(parsed.insert_to, quick.insert_to);
}

static void
round_of_files(int seed, bool checkin)
{
	struct claim_random r = { (uint64_t)seed };
	struct claim_write_options cdata = { .cdata = true, .xmlns = true }, xmlns = { .xmlns = true };
	struct arena *a = arena_new(0);
	struct claim_document *d = claim_random_document(&r, a, 4, checkin), *again;
	struct buf first, second;

	buf_init(&first, FILE_BYTES_MAX);
	buf_init(&second, FILE_BYTES_MAX);
	write_file(&first, d, &xmlns, checkin);
	same_task(&first);
	buf_reset(&first);
	write_file(&first, d, NULL, checkin);
	same_task(&first);
	again = read_file(a, &first);
	write_file(&second, again, NULL, checkin);
	same_bytes(&first, &second, seed);
	/* the same content as CDATA */
	buf_reset(&second);
	write_file(&second, d, &cdata, checkin);
	again = read_file(a, &second);
	buf_reset(&second);
	write_file(&second, again, NULL, checkin);
	same_bytes(&first, &second, seed);
	buf_free(&first);
	buf_free(&second);
	arena_free(a);
}

START_TEST(a_claim_survives_writing_and_reading)
{
	round_of_files(_i, false);
}
END_TEST

START_TEST(a_checkin_survives_writing_and_reading)
{
	round_of_files(_i, true);
}
END_TEST

START_TEST(a_document_survives_json)
{
	struct claim_random r = { (uint64_t)_i };
	struct arena *a = arena_new(0);
	struct claim_document *d = claim_random_document(&r, a, 4, false), *again;
	struct claim_diff *differences;
	struct json_writer w;
	struct buf json;
	struct err e = { 0 };
	size_t count;

	buf_init(&json, FILE_BYTES_MAX);
	json_write_init(&w, &json);
	claim_json_write(&w, d);
	ck_assert(buf_ok(&json));
	ck_assert_int_eq(json_check(buf_slice(&json), NULL), 0);
	ck_assert_msg(claim_json_read(a, buf_slice(&json), &again, &e) == 0, "%s: %s", e.field, e.detail);
	claim_document_diff(a, d, again, &differences, &count);
	ck_assert_uint_eq(count, 0);
	buf_free(&json);
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("claim round trips");
	TCase *c = tcase_create("random documents");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, a_claim_survives_writing_and_reading, 0, DOCUMENTS);
	tcase_add_loop_test(c, a_checkin_survives_writing_and_reading, 0, DOCUMENTS);
	tcase_add_loop_test(c, a_document_survives_json, 0, DOCUMENTS);
	suite_add_tcase(s, c);
	return unit_main(s);
}
