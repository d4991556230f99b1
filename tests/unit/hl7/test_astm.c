/*
 * ASTM E1381 lines and E1394 records. Checksums were added up outside this program; the dialogues follow
 * chapter 6 of E1381-95.
 */
#include "hl7/astm.h"
#include "tests/unit/unit.h"

static struct astm_link host, device;
static struct err e;
static uint64_t now;

#define F1                                                                                                   \
	"\x02"                                                                                               \
	"1H|\\^&\r\x03"                                                                                      \
	"E5\r\n"
#define F2                                                                                                   \
	"\x02"                                                                                               \
	"2P|1\r\x03"                                                                                         \
	"3F\r\n"
#define RECORDS "H|\\^&\rP|1\r"

/* What the link says, with control bytes as letters. */
static const char *
said(struct astm_link *link)
{
	static char text[500];
	size_t n = 0;

	for (size_t i = 0; i < link->output.len; i++) {
		static const char codes[] = { ASTM_STX, ASTM_ETX, ASTM_EOT, ASTM_ENQ, ASTM_ACK, ASTM_NAK,
			ASTM_ETB };
		static const char *const names[] = { "<STX>", "<ETX>", "<EOT>", "<ENQ>", "<ACK>", "<NAK>",
			"<ETB>" };
		char c = link->output.at[i];
		const char *at = memchr(codes, c, sizeof(codes));

		if (at)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", names[at - codes]);
		else
			text[n++] = c == '\r' ? '/' : c == '\n' ? '.' : c;
	}
	text[n] = 0;
	buf_reset(&link->output);
	return text;
}

static enum astm_event
feed(struct astm_link *link, const char *text)
{
	struct slice input = slice_of(text);

	return astm_link_feed(link, &input, now);
}

static enum astm_event
tick(struct astm_link *link, uint64_t later)
{
	now += later;
	return astm_link_tick(link, now);
}

START_TEST(a_transmission_is_received_frame_by_frame)
{
	ck_assert_int_eq(feed(&host, "\x05"), ASTM_IDLE);
	ck_assert_str_eq(said(&host), "<ACK>");
	ck_assert_int_eq(feed(&host, F1), ASTM_IDLE);
	ck_assert_str_eq(said(&host), "<ACK>");
	feed(&host, F1); /* our ACK was lost */
	ck_assert_str_eq(said(&host), "<ACK>");
	feed(&host, F2);
	ck_assert_str_eq(said(&host), "<ACK>");
	ck_assert_int_eq(feed(&host, "\x04"), ASTM_RECEIVED);
	ck_slice(buf_slice(&host.message), RECORDS);
	ck_assert_uint_eq(host.count.repeated, 1);
	ck_assert_uint_eq(host.count.frames, 2);
	ck_assert_uint_eq(host.deadline, UINT64_MAX);
}
END_TEST

START_TEST(broken_frames_are_refused_and_may_come_again)
{
	static const char *const broken[] = {
		"\x02"
		"1H|\\^&\r\x03"
		"E6\r\n", /* checksum */
		"\x02"
		"3H|\\^&\r\x03"
		"E7\r\n", /* number */
		"\x02"
		"9H|\\^&\r\x03"
		"ED\r\n",
		"\x02"
		"1H|\\\x02"
		"1H|\\^&\r\x03"
		"E4\r\n",
	};
	feed(&host, "\x05");
	said(&host);
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		feed(&host, broken[i]);
		ck_assert_str_eq(said(&host), i < 3 ? "<NAK>" : "<NAK><NAK>");
	}
	feed(&host, F1);
	ck_assert_str_eq(said(&host), "<ACK>");
	ck_assert_int_eq(feed(&host, "\x04"), ASTM_RECEIVED);
	ck_slice(buf_slice(&host.message), "H|\\^&\r");
}
END_TEST

START_TEST(a_record_may_be_spread_over_frames)
{
	feed(&host, "\x05\x02"
		    "1abc\x17"
		    "6E\r\n"
		    "\x02"
		    "2def\r\x03"
		    "71\r\n");
	ck_assert_int_eq(feed(&host, "\x04"), ASTM_RECEIVED);
	ck_slice(buf_slice(&host.message), "abcdef\r");
}
END_TEST

START_TEST(what_stops_in_the_middle_is_handed_over_and_the_line_is_free)
{
	feed(&host, "\x05" F1);
	ck_assert_uint_eq(host.deadline, now + 30000);
	ck_assert_int_eq(tick(&host, 29999), ASTM_IDLE);
	ck_assert_int_eq(tick(&host, 1), ASTM_ABANDONED);
	ck_slice(buf_slice(&host.message), "H|\\^&\r");
	said(&host);
	ck_assert_int_eq(feed(&host, "\x05" F1), ASTM_IDLE);
	ck_assert_int_eq(feed(&host, "\x05"), ASTM_ABANDONED);
	ck_assert_str_eq(said(&host), "<ACK><ACK><NAK>");
	feed(&host, "\x05");
	ck_assert_str_eq(said(&host), "<ACK>");
}
END_TEST

START_TEST(a_message_is_sent_and_repeated_when_refused)
{
	ck_assert_int_eq(astm_link_send(&host, SLICE(RECORDS), now, &e), 0);
	ck_assert_str_eq(said(&host), "<ENQ>");
	ck_assert_int_eq(astm_link_send(&host, SLICE(RECORDS), now, &e), ERR_BUSY);
	feed(&host, "\x06");
	ck_assert_str_eq(said(&host), "<STX>1H|\\^&/<ETX>E5/.");
	feed(&host, "\x15");
	ck_assert_str_eq(said(&host), "<STX>1H|\\^&/<ETX>E5/.");
	feed(&host, "\x06");
	ck_assert_str_eq(said(&host), "<STX>2P|1/<ETX>3F/.");
	ck_assert_int_eq(feed(&host, "\x06"), ASTM_SENT);
	ck_assert_str_eq(said(&host), "<EOT>");
	ck_assert_uint_eq(host.count.retries, 1);
}
END_TEST

START_TEST(after_six_refusals_or_no_answer_sending_is_given_up)
{
	astm_link_send(&host, SLICE(RECORDS), now, &e);
	feed(&host, "\x06");
	said(&host);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(feed(&host, "\x15"), ASTM_IDLE);
	said(&host);
	ck_assert_int_eq(feed(&host, "\x15"), ASTM_NOT_SENT);
	ck_assert_str_eq(said(&host), "<EOT>");
	astm_link_send(&host, SLICE(RECORDS), now, &e);
	said(&host);
	ck_assert_int_eq(tick(&host, 14999), ASTM_IDLE);
	ck_assert_int_eq(tick(&host, 1), ASTM_NOT_SENT);
	ck_assert_str_eq(said(&host), "<EOT>");
}
END_TEST

START_TEST(a_busy_peer_is_asked_again_after_ten_seconds)
{
	astm_link_send(&host, SLICE(RECORDS), now, &e);
	said(&host);
	feed(&host, "\x15");
	ck_assert_int_eq(tick(&host, 9999), ASTM_IDLE);
	ck_assert_str_eq(said(&host), "");
	tick(&host, 1);
	ck_assert_str_eq(said(&host), "<ENQ>");
}
END_TEST

START_TEST(when_both_ask_the_instrument_goes_first)
{
	astm_link_send(&host, SLICE(RECORDS), now, &e);
	astm_link_send(&device, SLICE("H|\\^&|||D\r"), now, &e);
	ck_assert_str_eq(said(&host), "<ENQ>");
	ck_assert_str_eq(said(&device), "<ENQ>");
	feed(&host, "\x05");
	feed(&device, "\x05");
	ck_assert_str_eq(said(&host), "");
	ck_assert_uint_eq(device.deadline, now + 1000);
	ck_assert_uint_eq(host.deadline, now + 20000);
	now += 1000;
	astm_link_tick(&device, now);
	ck_assert_int_eq(astm_link_tick(&host, now), ASTM_IDLE);
	ck_assert_str_eq(said(&device), "<ENQ>");
	feed(&host, "\x05");
	ck_assert_str_eq(said(&host), "<ACK>");
}
END_TEST

/* Two links talk until both are quiet; every byte alone. */
static void
talk(enum astm_event *ret_host, enum astm_event *ret_device)
{
	struct astm_link *const side[] = { &host, &device };
	enum astm_event *const result[] = { ret_host, ret_device };
	char line[4096];

	for (int quiet = 0, turn = 0; quiet < 2; turn ^= 1) {
		struct astm_link *from = side[turn], *to = side[!turn];
		size_t n = from->output.len;

		ck_assert_uint_lt(n, sizeof(line));
		memcpy(line, from->output.at ? from->output.at : "", n);
		buf_reset(&from->output);
		quiet = n ? 0 : quiet + 1;
		for (size_t i = 0; i < n; i++) {
			struct slice one = slice_from(line + i, 1);
			enum astm_event event = astm_link_feed(to, &one, now);
			if (event != ASTM_IDLE)
				*result[!turn] = event;
		}
	}
}

START_TEST(what_one_link_sends_another_receives)
{
	enum astm_event at_host = ASTM_IDLE, at_device = ASTM_IDLE;
	char records[1000] = "H|\\^&\r";
	size_t len = 6;

	for (int i = 0; i < 20; i++)
		len +=
		    (size_t)snprintf(records + len, sizeof(records) - len, "R|%d|^^^GLU|5.%d|mmol/L\r", i, i);
	device.options.text_max = 15;
	ck_assert_int_eq(astm_link_send(&device, slice_from(records, len), now, &e), 0);
	talk(&at_host, &at_device);
	ck_assert_int_eq(at_host, ASTM_RECEIVED);
	ck_assert_int_eq(at_device, ASTM_SENT);
	ck_slice(buf_slice(&host.message), records);
	ck_assert_uint_eq(host.count.bad_frames, 0);
}
END_TEST

START_TEST(text_that_frames_cannot_carry_is_refused)
{
	ck_assert_int_eq(astm_link_send(&host, SLICE("H|\\^&|\x02\r"), now, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "byte 6");
	ck_assert_int_eq(astm_link_send(&host, SLICE(""), now, &e), ERR_INPUT);
	ck_assert_str_eq(said(&host), "");
}
END_TEST

START_TEST(devices_that_leave_out_line_ends_are_understood)
{
	struct astm_frames f;
	struct slice input = SLICE("\x02"
				   "1H|\\^&\r\x03"
				   "E5\x02"
				   "2P|1\r\x03"
				   "3F\r");

	astm_frames_init(&f, 0, true);
	ck_assert_int_eq(astm_frames_feed(&f, &input), ASTM_GOT_FRAME);
	ck_slice(f.text, "H|\\^&\r");
	ck_assert_int_eq(astm_frames_feed(&f, &input), ASTM_GOT_FRAME);
	ck_assert_int_eq(astm_frames_feed(&f, &input), ASTM_MORE);
	ck_assert_uint_eq(f.junk, 0);
	astm_frames_free(&f);
}
END_TEST

START_TEST(records_are_read_with_the_delimiters_of_h)
{
	struct hl7_message m;

	hl7_message_init(&m);
	ck_assert_int_eq(astm_parse(&m, SLICE("H|@^\\|ID|||GX\rR|1|^A^^B|x\\F\\y@z\rL|1|N\r"), NULL, &e), 0);
	ck_slice(hl7_get_text(&m, "H-1").raw, "H");
	ck_slice(hl7_get_text(&m, "H-2").raw, "@^\\");
	ck_slice(hl7_get_text(&m, "H-3").raw, "ID");
	ck_slice(hl7_get_text(&m, "R-3.4").raw, "B");
	ck_slice(hl7_get_text(&m, "R-4(2)").raw, "z");
	ck_slice(hl7_get_text(&m, "L-3").raw, "N");
	ck_assert_int_eq(astm_parse(&m, SLICE("H|\\\\^&|||V\rR|1|HB&F&T\r"), NULL, &e), 0);
	ck_assert(m.flags & HL7_FLAG_TWICE_MSH2);
	ck_assert_int_eq(m.delimiters.escape, '&');
	ck_assert_int_eq(astm_parse(&m, SLICE("P|1\r"), NULL, &e), ERR_INPUT);
	ck_assert_int_eq(astm_parse(&m, SLICE("H"), NULL, &e), ERR_INPUT);
	hl7_message_free(&m);
}
END_TEST

static void
begin(void)
{
	const struct astm_options instrument = { .is_instrument = true };

	now = 5;
	astm_link_init(&host, NULL);
	astm_link_init(&device, &instrument);
}

static void
end(void)
{
	astm_link_free(&host);
	astm_link_free(&device);
}

int
main(void)
{
	Suite *s = suite_create("hl7_astm");
	TCase *c = tcase_create("astm");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, a_transmission_is_received_frame_by_frame);
	tcase_add_test(c, broken_frames_are_refused_and_may_come_again);
	tcase_add_test(c, a_record_may_be_spread_over_frames);
	tcase_add_test(c, what_stops_in_the_middle_is_handed_over_and_the_line_is_free);
	tcase_add_test(c, a_message_is_sent_and_repeated_when_refused);
	tcase_add_test(c, after_six_refusals_or_no_answer_sending_is_given_up);
	tcase_add_test(c, a_busy_peer_is_asked_again_after_ten_seconds);
	tcase_add_test(c, when_both_ask_the_instrument_goes_first);
	tcase_add_test(c, what_one_link_sends_another_receives);
	tcase_add_test(c, text_that_frames_cannot_carry_is_refused);
	tcase_add_test(c, devices_that_leave_out_line_ends_are_understood);
	tcase_add_test(c, records_are_read_with_the_delimiters_of_h);
	suite_add_tcase(s, c);
	return unit_main(s);
}
