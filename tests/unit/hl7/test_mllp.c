/* MLLP frames, however the network cuts them. */
#include "hl7/mllp.h"
#include "tests/unit/unit.h"

static struct mllp m;

/* Feeds text in pieces and appends each event: "F(frame)", "B(broken)", "L(too long)". */
static void
feed(struct slice text, size_t piece, struct buf *log)
{
	for (size_t at = 0; at < text.len; at += piece) {
		size_t n = text.len - at < piece ? text.len - at : piece;
		char *copy = malloc(n); /* gone after the call: nothing may be kept by reference */
		struct slice input = { copy, n };
		enum mllp_event event;

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text.at + at, n);
		while ((event = mllp_feed(&m, &input)) != MLLP_MORE) {
			buf_addf(log, "%c(", "?FBL"[event]);
			buf_add(log, m.frame);
			buf_add_char(log, ')');
		}
		ck_assert_uint_eq(input.len, 0);
		free(copy);
	}
}

static const struct {
	const char *text, *want;
	bool bare;
	uint64_t frames, junk, resyncs, no_cr, too_long;
} rows[] = {
	{ "\vMSH|1\r\x1c\r", "F(MSH|1\r)", false, 1, 0, 0, 0, 0 },
	{ "\vA\x1c\r\vB\x1c\r\vC\x1c\r", "F(A)F(B)F(C)", false, 3, 0, 0, 0, 0 },
	{ "\v\x1c\r", "F()", false, 1, 0, 0, 0, 0 },
	{ "junk\r\n\vA\x1c\r\r\nmore\vB\x1c\r", "F(A)F(B)", false, 2, 8, 0, 0, 0 },
	{ "\vlost\vA\x1c\r", "B(lost)F(A)", false, 1, 0, 1, 0, 0 },
	{ "\vA\x1c\vB\x1c\r", "B(A)F(B)", false, 1, 0, 0, 1, 0 },
	{ "\vA\x1cx\vB\x1c\r", "B(A)F(B)", false, 1, 1, 0, 1, 0 },
	{ "\vA\x1c\vB\x1c\r\vC\x1c", "F(A)F(B)F(C)", true, 3, 0, 0, 0, 0 },
	{ "\v0123456789\x1c\r\vA\x1c\r", "F(0123456789)F(A)", false, 2, 0, 0, 0, 0 },
	{ "\v0123456789X\x1c\r\vA\x1c\r", "L(0123456789)F(A)", false, 1, 0, 0, 0, 1 },
	{ "\v0123456789XYZ\vA\x1c\r", "L(0123456789)F(A)", false, 1, 0, 0, 0, 1 },
	{ "\vA\x1c\r\vnever ends", "F(A)", false, 1, 0, 0, 0, 0 },
};

START_TEST(frames_are_found_alike_however_they_arrive)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
			struct buf log;

			buf_init(&log, 1000);
			mllp_init(&m, 10, rows[i].bare);
			feed(slice_of(rows[i].text), piece, &log);
			ck_slice(buf_slice(&log), rows[i].want);
			ck_assert_uint_eq(m.count.frames, rows[i].frames);
			ck_assert_uint_eq(m.count.junk, rows[i].junk);
			ck_assert_uint_eq(m.count.resyncs, rows[i].resyncs);
			ck_assert_uint_eq(m.count.no_cr, rows[i].no_cr);
			ck_assert_uint_eq(m.count.too_long, rows[i].too_long);
			ck_assert_uint_eq(m.count.bytes, strlen(rows[i].text));
			mllp_free(&m);
			buf_free(&log);
		}
	}
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
	struct buf out, log;
	struct err e;

	buf_init(&out, 100);
	buf_init(&log, 100);
	ck_assert_int_eq(mllp_write(SLICE("MSH|1\r"), &out, &e), 0);
	ck_slice(buf_slice(&out), "\vMSH|1\r\x1c\r");
	mllp_init(&m, 0, false);
	ck_assert(!mllp_is_inside(&m));
	feed(slice_from(out.at, 4), 4, &log);
	ck_assert(mllp_is_inside(&m));
	feed(slice_from(out.at + 4, out.len - 4), 9, &log);
	ck_assert(!mllp_is_inside(&m));
	ck_slice(buf_slice(&log), "F(MSH|1\r)");
	ck_assert_int_eq(mllp_write(SLICE("a\x1c"), &out, &e), ERR_INPUT);
	ck_assert_int_eq(mllp_content(SLICE("\x06")), MLLP_COMMIT_ACK);
	ck_assert_int_eq(mllp_content(SLICE("\x15")), MLLP_COMMIT_NAK);
	ck_assert_int_eq(mllp_content(SLICE("MSH")), MLLP_MESSAGE);
	mllp_free(&m);
	buf_free(&out);
	buf_free(&log);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hl7_mllp");
	TCase *c = tcase_create("mllp");

	tcase_add_test(c, frames_are_found_alike_however_they_arrive);
	tcase_add_test(c, what_is_written_is_read_again);
	suite_add_tcase(s, c);
	return unit_main(s);
}
